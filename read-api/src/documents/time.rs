//! Times: microseconds in views, RFC 3339 in UTC for callers.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use orderflow_engine::Timestamp;
use orderflow_http::Problem;

/// With as many decimals of a second as are needed: `2009-12-01T07:45:00Z`.
pub(crate) fn rfc3339(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

pub(super) fn from_micros(micros: i64) -> String {
    rfc3339(DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<Utc>::MAX_UTC))
}

/// A time of RFC 3339, or a date for its first moment in UTC.
pub(crate) fn parse_time(parameter: &'static str, text: &str) -> Result<Timestamp, Problem> {
    let date = || Some(text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc());
    DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).ok().or_else(date).ok_or_else(|| {
        Problem::invalid_parameter(parameter, "send a time of RFC 3339 such as 2009-12-01T07:45:00Z, or a date")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_short_as_they_can_be() {
        assert_eq!(from_micros(1_259_653_500_000_000), "2009-12-01T07:45:00Z");
        assert_eq!(from_micros(1_259_653_500_250_000), "2009-12-01T07:45:00.250Z");
    }

    #[test]
    fn a_date_is_its_first_moment() {
        let time = parse_time("placed_after", "2009-12-01").unwrap();
        assert_eq!(time, parse_time("placed_after", "2009-12-01T01:00:00+01:00").unwrap());
        for text in ["", "yesterday", "2009-12", "2009-13-01", "2009-12-01T07:45:00"] {
            assert!(parse_time("placed_after", text).is_err(), "{text}");
        }
    }
}
