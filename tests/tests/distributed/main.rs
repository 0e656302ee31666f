//! One process per role, on real servers.

mod cluster;
mod equivalence;
mod faults;
mod load;
mod operations;
