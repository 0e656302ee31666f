//! What to do when a connection cannot be accepted.

use std::{
    io::{Error, ErrorKind},
    time::Duration,
};

const FIRST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_secs(1);

/// Doubles the pause with every failure in a row.
#[derive(Default)]
pub(super) struct Backoff {
    last: Option<Duration>,
}

impl Backoff {
    pub(super) fn reset(&mut self) {
        self.last = None;
    }

    /// How long to wait before accepting again: not at all when only the one connection went wrong, longer and longer
    /// when the process or the machine is short of something. An error is given back when waiting will not help.
    pub(super) fn after(&mut self, error: &Error) -> Result<Duration, Error> {
        match error.kind() {
            ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted => Ok(Duration::ZERO),
            // The listening socket is no listening socket (EINVAL, ENOTSUP).
            kind @ (ErrorKind::InvalidInput | ErrorKind::Unsupported) => Err(Error::new(kind, error.to_string())),
            _ => {
                let pause = self.last.map_or(FIRST, |last| (last * 2).min(LONGEST));
                self.last = Some(pause);
                Ok(pause)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMFILE: i32 = 24;

    #[test]
    fn a_lost_connection_does_not_slow_the_others() {
        assert_eq!(Backoff::default().after(&ErrorKind::ConnectionAborted.into()).unwrap(), Duration::ZERO);
    }

    #[test]
    fn a_shortage_is_waited_out_with_growing_patience() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> =
            (0..10).map(|_| backoff.after(&Error::from_raw_os_error(EMFILE)).unwrap().as_millis()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
        backoff.reset();
        assert_eq!(backoff.after(&Error::from_raw_os_error(EMFILE)).unwrap(), FIRST);
    }

    #[test]
    fn a_broken_listener_ends_the_loop() {
        assert!(Backoff::default().after(&ErrorKind::InvalidInput.into()).is_err());
    }
}
