//! The projector as a whole, over a small bank.

mod bank;
mod following;
mod interrupted;
mod once;
mod poison;
mod rebuilding;
mod redis;
mod sharing;
mod versions;
