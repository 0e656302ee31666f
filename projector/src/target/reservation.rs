//! What one worker of many has to itself for a while.

use std::{any::Any, fmt};

/// What can be reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserve {
    /// Building views anew: not to be had while another worker has it.
    Rebuild,
    /// That no worker writes to what serves: waits until those that are writing have finished.
    Standstill,
}

/// Ends when it is dropped, and with the worker that holds it.
pub struct Reservation(#[expect(dead_code, reason = "it is only held")] Option<Box<dyn Any + Send>>);

impl Reservation {
    /// For a target with one worker, who has everything to itself.
    #[must_use]
    pub const fn alone() -> Self {
        Self(None)
    }

    /// Lasts as long as `held` is there.
    pub fn of(held: impl Any + Send) -> Self {
        Self(Some(Box::new(held)))
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reservation")
    }
}
