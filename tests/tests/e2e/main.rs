//! The real binary, end to end.

mod bad_input;
mod load;
mod order;
