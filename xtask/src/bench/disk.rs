//! What the disk can do: 4 KiB appended and synced, again and again.

use std::{
    fs::File,
    io::Write,
    time::{Duration, Instant},
};

use super::{Bench, samples::Samples};

pub(super) fn measure(bench: &Bench, samples: &mut Samples) -> anyhow::Result<()> {
    let directory = bench.scratch()?;
    let mut file = File::create(directory.path().join("log"))?;
    let block = [b'x'; 4096];
    let until = Duration::from_secs_f64(bench.seconds);
    let started = Instant::now();
    let mut syncs = 0_u32;
    while started.elapsed() < until {
        file.write_all(&block)?;
        file.sync_data()?;
        syncs += 1;
    }
    samples.add("disk.syncs_per_s", f64::from(syncs) / started.elapsed().as_secs_f64());
    Ok(())
}
