//! What was measured, round by round.

use std::collections::BTreeMap;

use serde_json::Value;

/// The values of each measurement, by a name such as `http.place_1_line.p99_ms`.
#[derive(Default)]
pub(super) struct Samples(BTreeMap<String, Vec<f64>>);

/// A measurement over all rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Samples {
    pub(super) fn add(&mut self, name: impl Into<String>, value: f64) {
        self.0.entry(name.into()).or_default().push(value);
    }

    /// Adds every number of a JSON object.
    pub(super) fn add_all(&mut self, prefix: &str, object: &Value) {
        for (name, value) in object.as_object().into_iter().flatten() {
            if let Some(value) = value.as_f64() {
                self.add(format!("{prefix}.{name}"), value);
            }
        }
    }

    pub(super) fn spread(&self, name: &str) -> Option<Spread> {
        let mut values = self.0.get(name)?.clone();
        values.sort_unstable_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) };
        Some(Spread { median, least: *values.first()?, most: *values.last()? })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[f64])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        let mut samples = Samples::default();
        for value in [5.0, 1.0, 3.0] {
            samples.add_all("a", &serde_json::json!({"b": value, "note": "x"}));
        }
        assert_eq!(samples.spread("a.b"), Some(Spread { median: 3.0, least: 1.0, most: 5.0 }));
        samples.add("a.b", 4.0);
        assert_eq!(samples.spread("a.b").unwrap().median, 3.5);
        assert_eq!(samples.iter().count(), 1);
        assert_eq!(samples.spread("a.note"), None);
    }
}
