//! The names of keys.

use orderflow_engine::projection::Value;

use super::{super::Generation, row};

/// Makes the names of one installation's keys.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    /// Only characters that mean themselves in a pattern of `SCAN`.
    pub(super) fn allows(prefix: &str) -> bool {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:{}".contains(&byte);
        !prefix.is_empty() && prefix.bytes().all(allowed)
    }

    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    fn named(&self, name: &str) -> String {
        format!("{}:{name}", self.prefix)
    }

    pub(super) fn writer(&self) -> String {
        self.named("writer")
    }

    pub(super) fn term(&self) -> String {
        self.named("term")
    }

    pub(super) fn views(&self) -> String {
        self.named("views")
    }

    pub(super) fn retired(&self) -> String {
        self.named("retired")
    }

    pub(super) fn followers(&self) -> String {
        self.named("followers")
    }

    /// The channel that changes are announced on.
    pub(super) fn changes(&self) -> String {
        self.named("changes")
    }

    pub(super) fn view(&self, view: &str) -> String {
        self.named(view)
    }

    /// What all keys of a generation begin with.
    pub(super) fn generation(&self, view: &str, generation: Generation) -> String {
        format!("{}:{view}:g{}", self.prefix, generation.0)
    }

    pub(super) fn state(&self, view: &str, generation: Generation) -> String {
        self.generation(view, generation) + ":state"
    }

    pub(super) fn parked(&self, view: &str, generation: Generation) -> String {
        self.generation(view, generation) + ":parked"
    }
}

/// The name of a row, or of a set of rows: no two lists of values give the same one.
pub(super) fn of_values(generation: &str, index: Option<&str>, values: &[Value]) -> String {
    let mut name = String::with_capacity(generation.len() + 64);
    name.push_str(generation);
    if let Some(index) = index {
        name.push(':');
        name.push_str(index);
    }
    name.push(':');
    row::push(&mut name, values);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unambiguous() {
        let keys = Keys::new("shop");
        let generation = keys.generation("orders", Generation(3));
        let key = |values: &[Value]| of_values(&generation, None, values);
        assert_eq!(key(&["default".into(), "a\"b".into()]), r#"shop:orders:g3:["default","a\"b"]"#);
        assert_ne!(key(&["a,b".into()]), key(&["a".into(), "b".into()]));
        assert_ne!(key(&["1".into()]), key(&[1.into()]));
        assert_eq!(of_values(&generation, Some("by_customer"), &["c".into()]), r#"shop:orders:g3:by_customer:["c"]"#);
    }

    #[test]
    fn a_prefix_is_no_pattern() {
        assert!(Keys::allows("orderflow") && Keys::allows("{shop}:eu-1"));
        for prefix in ["", "a*", "a?", "[a]", "a\\", "a b", "ä"] {
            assert!(!Keys::allows(prefix), "{prefix}");
        }
    }
}
