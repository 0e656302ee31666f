//! `orderflow`: one binary, every role.

mod admin;
mod backends;
mod cli;
mod client;
mod demo;
mod doctor;
mod events;
mod health;
mod home;
mod load;
mod logging;
mod openapi;
mod process;
mod projection;
mod serve;
mod settings;
mod stream;

use std::process::ExitCode;

use clap::Parser;

/// Allocation is a tenth of the work of a small request with the system's allocator, and half of that with this one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            // The whole chain, outermost first, on one line each.
            eprintln!("error: {error}");
            error.chain().skip(1).for_each(|cause| eprintln!("  because: {cause}"));
            ExitCode::FAILURE
        }
    }
}
