//! Books of a few rows.

use super::Books;
use crate::load::{input::unpack, progress::Counter, row::HEADER};

/// The rows below the header, which have to be right.
pub(in crate::load) fn books(rows: &[&str]) -> Books {
    read(&csv(rows)).unwrap()
}

pub(super) fn csv(rows: &[&str]) -> Vec<u8> {
    let mut file = HEADER.join(",");
    for row in rows {
        file.push('\n');
        file.push_str(row);
    }
    file.into_bytes()
}

pub(super) fn read(file: &[u8]) -> anyhow::Result<Books> {
    Books::read(unpack("the file".to_owned(), Box::new(std::io::Cursor::new(file.to_vec())))?, &Counter::idle())
}
