//! The file as bytes: found, and unpacked if it is gzipped.

use std::{
    fs::File,
    io::{BufRead, BufReader, Cursor, Read},
};

use anyhow::{Context, ensure};
use flate2::bufread::MultiGzDecoder;

use super::{SAMPLE, Source};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const BUFFER: usize = 256 * 1024;

pub(super) struct Input {
    /// What messages call it.
    pub(super) name: String,
    pub(super) bytes: Box<dyn Read + Send>,
}

pub(super) fn open(source: &Source) -> anyhow::Result<Input> {
    match source {
        Source::Sample => unpack("the sample".to_owned(), Box::new(Cursor::new(SAMPLE))),
        Source::File(path) => {
            let name = path.display().to_string();
            let cannot = || format!("{name} cannot be read: name a CSV file of invoices, gzipped or not");
            let file = File::open(path).with_context(cannot)?;
            ensure!(!file.metadata().with_context(cannot)?.is_dir(), "{name} is a directory: name a file in it");
            unpack(name, Box::new(file))
        }
    }
}

/// Tells gzip by its first bytes and not by the name, which says nothing certain.
pub(super) fn unpack(name: String, bytes: Box<dyn Read + Send>) -> anyhow::Result<Input> {
    let mut bytes = BufReader::with_capacity(BUFFER, bytes);
    let beginning = bytes.fill_buf().with_context(|| format!("{name} cannot be read"))?;
    ensure!(!beginning.is_empty(), "{name} is empty: name a CSV file of invoices");
    let bytes: Box<dyn Read + Send> =
        if beginning.starts_with(&GZIP) { Box::new(MultiGzDecoder::new(bytes)) } else { Box::new(bytes) };
    Ok(Input { name, bytes })
}
