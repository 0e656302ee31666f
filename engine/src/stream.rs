//! Streams and the numbers that place an event: tenant, category, name, version, position.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The kind of aggregate a stream belongs to: the part of its name before the first `-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Category(&'static str);

impl Category {
    /// # Panics
    ///
    /// When the name is not made of lower-case letters and `_`; used in constants, so at compile time.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        assert!(!bytes.is_empty(), "a category has a name");
        let mut index = 0;
        while index < bytes.len() {
            assert!(
                bytes[index].is_ascii_lowercase() || bytes[index] == b'_',
                "a category is lower-case letters and '_'"
            );
            index += 1;
        }
        Self(name)
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// An organisation. Its slug is part of the name of every stream it owns, so no stream is shared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Arc<str>", into = "Arc<str>")]
pub struct Tenant(Arc<str>);

impl Tenant {
    /// The slug of the tenant that a single-tenant installation uses.
    pub const DEFAULT: &str = "default";

    pub fn new(slug: impl Into<Arc<str>>) -> Result<Self, InvalidName> {
        let slug = slug.into();
        let valid = !slug.is_empty()
            && slug.len() <= 40
            && slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if valid { Ok(Self(slug)) } else { Err(InvalidName::Tenant(slug.to_string())) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_default(&self) -> bool {
        &*self.0 == Self::DEFAULT
    }
}

impl Default for Tenant {
    fn default() -> Self {
        Self(Arc::from(Self::DEFAULT))
    }
}

impl TryFrom<Arc<str>> for Tenant {
    type Error = InvalidName;
    fn try_from(slug: Arc<str>) -> Result<Self, InvalidName> {
        Self::new(slug)
    }
}

impl From<Tenant> for Arc<str> {
    fn from(tenant: Tenant) -> Self {
        tenant.0
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a stream: `{category}-{id}`, and `{category}-{id}@{tenant}` for every tenant but the default one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName(Arc<str>);

impl StreamName {
    /// The longest name, in bytes, that every store keeps.
    pub const MAX_BYTES: usize = 240;

    /// # Panics
    ///
    /// When the id is empty, too long, or has an `@` or a control character: ids are checked where they are made.
    #[must_use]
    pub fn new(tenant: &Tenant, category: Category, id: impl fmt::Display) -> Self {
        let name = if tenant.is_default() { format!("{category}-{id}") } else { format!("{category}-{id}@{tenant}") };
        match Self::parse(name) {
            Ok(name) if name.id().len() + category.0.len() < name.0.len() && name.tenant() == *tenant => name,
            Ok(name) => panic!("{name} does not keep its tenant apart"),
            Err(invalid) => panic!("{invalid}"),
        }
    }

    pub fn parse(name: impl Into<Arc<str>>) -> Result<Self, InvalidName> {
        let name = name.into();
        let invalid = || InvalidName::Stream(name.to_string());
        let (category, rest) = name.split_once('-').ok_or_else(invalid)?;
        let id = match rest.split_once('@') {
            Some((id, tenant)) if tenant != Tenant::DEFAULT => {
                Tenant::new(tenant)?;
                id
            }
            Some(_) => return Err(invalid()),
            None => rest,
        };
        let category_valid = !category.is_empty() && category.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let id_valid = !id.is_empty() && !id.chars().any(char::is_control);
        if category_valid && id_valid && name.len() <= Self::MAX_BYTES { Ok(Self(name)) } else { Err(invalid()) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn category(&self) -> &str {
        self.0.split_once('-').map_or("", |(category, _)| category)
    }

    #[must_use]
    pub fn id(&self) -> &str {
        let rest = self.0.split_once('-').map_or("", |(_, rest)| rest);
        rest.split_once('@').map_or(rest, |(id, _)| id)
    }

    #[must_use]
    pub fn tenant(&self) -> Tenant {
        self.0.split_once('@').map_or_else(Tenant::default, |(_, tenant)| Tenant(Arc::from(tenant)))
    }

    /// The id of the stream's event at a version (RFC 9562, version 5), so that it need not be stored.
    #[must_use]
    pub fn event_id(&self, version: Version) -> Uuid {
        Uuid::new_v5(&Uuid::new_v5(&Uuid::NAMESPACE_OID, self.0.as_bytes()), &version.0.to_be_bytes())
    }

    /// The tenant's slug, without making a [`Tenant`] of it.
    #[must_use]
    pub fn tenant_str(&self) -> &str {
        self.0.split_once('@').map_or(Tenant::DEFAULT, |(_, tenant)| tenant)
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    #[error("'{0}' is not a stream name: it should look like category-id or category-id@tenant")]
    Stream(String),
    #[error("'{0}' is not a tenant: use up to 40 lower-case letters, digits and hyphens")]
    Tenant(String),
}

/// The number of events in a stream; an event's own version is its place in the stream, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u64);

impl Version {
    pub const ZERO: Self = Self(0);

    #[must_use]
    pub const fn plus(self, events: usize) -> Self {
        Self(self.0 + events as u64)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event's place in the order of all events of a store, counted from 1; 0 is before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    pub const START: Self = Self(0);
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a writer believes the version of a stream to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedVersion {
    Any,
    NoStream,
    Exists,
    Exactly(Version),
}

impl ExpectedVersion {
    /// The belief of a writer that has seen the stream at `version`.
    #[must_use]
    pub fn at(version: Version) -> Self {
        if version == Version::ZERO { Self::NoStream } else { Self::Exactly(version) }
    }

    #[must_use]
    pub fn admits(self, actual: Version) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => actual == Version::ZERO,
            Self::Exists => actual > Version::ZERO,
            Self::Exactly(expected) => actual == expected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THING: Category = Category::new("thing");

    #[test]
    fn a_name_carries_category_id_and_tenant() {
        let plain = StreamName::new(&Tenant::default(), THING, "a-1");
        assert_eq!((plain.as_str(), plain.category(), plain.id()), ("thing-a-1", "thing", "a-1"));
        assert_eq!(plain.tenant(), Tenant::default());
        let acme = Tenant::new("acme").unwrap();
        let theirs = StreamName::new(&acme, THING, "a-1");
        assert_eq!((theirs.as_str(), theirs.id(), theirs.tenant()), ("thing-a-1@acme", "a-1", acme));
    }

    #[test]
    fn names_that_would_mix_tenants_are_refused() {
        for name in ["thing", "thing-", "Thing-1", "thing-1@", "thing-1@default", "thing-1@A", "-1", "thing-\u{0}"] {
            assert!(StreamName::parse(name).is_err(), "{name}");
        }
        let crossing = std::panic::catch_unwind(|| StreamName::new(&Tenant::default(), THING, "1@acme"));
        assert!(crossing.is_err(), "an id must not choose its tenant");
    }
}
