//! What other programs and later versions of this one rely on: every stored event decodes for ever, and its schema is
//! known.

use std::{collections::BTreeMap, fs, path::PathBuf};

use orderflow_core::{AnyEvent, Country, Currency, Money, Quantity, Sku, UnitPrice, schemas, views};
use orderflow_engine::{
    DecodeError, EventCodec, Position, Recorded, Rows, StreamName, Version,
    projection::{Op, Value as Cell},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The golden bodies, by event type. A file is never edited: a new shape is a new version with a file of its own.
fn fixtures() -> BTreeMap<String, Vec<u8>> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schemas/fixtures");
    let files = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let kind = name.strip_suffix(".json").unwrap_or_else(|| panic!("{name} is not a fixture"));
            (kind.to_owned(), fs::read(&path).unwrap())
        })
        .collect()
}

fn value(json: &[u8]) -> Value {
    serde_json::from_slice(json).unwrap()
}

#[test]
fn every_event_type_has_a_golden_body_and_every_body_a_type() {
    let mut kinds: Vec<_> = AnyEvent::KINDS.to_vec();
    kinds.sort_unstable();
    assert_eq!(fixtures().into_keys().collect::<Vec<_>>(), kinds);
}

#[test]
fn golden_bodies_decode_for_ever_and_are_written_as_they_were() {
    for (kind, body) in fixtures() {
        let event = AnyEvent::decode(&kind, &body).unwrap_or_else(|error| panic!("{kind}: {error:?}"));
        if event.kind() == kind {
            assert_eq!(value(&event.encode()), value(&body), "{kind}");
        }
    }
}

#[test]
fn a_body_that_lacks_anything_does_not_decode() {
    for (kind, body) in fixtures() {
        for (key, field) in value(&body).as_object().unwrap().clone() {
            let mut without = value(&body);
            without.as_object_mut().unwrap().remove(&key);
            let decoded = AnyEvent::decode(&kind, &serde_json::to_vec(&without).unwrap());
            let optional = AnyEvent::decode(&kind, &serde_json::to_vec(&nulled(&body, &key)).unwrap()).is_ok();
            if optional {
                assert!(decoded.is_ok(), "{kind} without {key}");
            } else {
                assert!(matches!(decoded, Err(DecodeError::Body { .. })), "{kind} without {key}: {field}");
            }
        }
    }
}

fn nulled(body: &[u8], key: &str) -> Value {
    let mut nulled = value(body);
    nulled[key] = Value::Null;
    nulled
}

#[test]
fn an_unknown_type_says_so() {
    for kind in ["order.placed.v0", "order.", "parcel.sent.v1", ""] {
        assert!(
            matches!(AnyEvent::decode(kind, b"{}"), Err(DecodeError::UnknownKind { kind: named }) if named == kind)
        );
    }
}

#[test]
fn every_event_type_has_one_schema_that_names_the_fields_of_its_golden_body() {
    let schemas = schemas();
    let fixtures = fixtures();
    let mut kinds: Vec<_> = schemas.iter().map(|(kind, _)| *kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, fixtures.keys().collect::<Vec<_>>());
    for (kind, schema) in schemas {
        let schema = schema.as_value();
        let fields = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default();
        let described: Vec<String> = fields(&schema["properties"]);
        let written: Vec<String> = fields(&value(&fixtures[kind]));
        assert_eq!(described, written, "{kind}");
        let floats = schema.to_string().contains("\"number\"");
        assert!(!floats, "{kind} lets an amount be a number");
    }
}

#[test]
fn a_schema_says_that_an_amount_is_a_string() {
    let schemas: BTreeMap<_, _> = schemas().into_iter().collect();
    let captured = &schemas["payment.captured.v1"].as_value()["properties"]["amount"];
    assert_eq!(captured, &json!({ "type": "string", "pattern": r"^-?\d+(\.\d+)?$" }));
}

fn refuses<T: DeserializeOwned + std::fmt::Debug>(values: impl IntoIterator<Item = Value>) {
    for value in values {
        let read = serde_json::from_value::<T>(value.clone());
        assert!(read.is_err(), "{value} was read as {read:?}");
        let text = serde_json::from_str::<T>(&value.to_string());
        assert!(text.is_err(), "{value} was read as {text:?}");
    }
}

fn keeps<T: DeserializeOwned + Serialize>(values: impl IntoIterator<Item = Value>) {
    for value in values {
        let read: T = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), value);
    }
}

#[test]
fn an_amount_is_a_string_and_never_a_number() {
    keeps::<UnitPrice>([json!("12.50"), json!("0"), json!("0.0001"), json!("1000000000"), json!("1.50000")]);
    refuses::<UnitPrice>([json!(12.5), json!(12), json!(0), json!(null), json!(""), json!("twelve"), json!("1,5")]);
    refuses::<UnitPrice>([json!("-0.01"), json!("0.00001"), json!("1000000000.01"), json!("NaN")]);
    keeps::<Money>([json!({ "amount": "12.50", "currency": "GBP" })]);
    refuses::<Money>([
        json!({ "amount": 12.5, "currency": "GBP" }),
        json!({ "amount": 12, "currency": "GBP" }),
        json!({ "amount": "12.50", "currency": "gbp" }),
        json!({ "amount": "12.50", "currency": "GBP", "tax": "0" }),
    ]);
}

#[test]
fn minus_nothing_is_nothing() {
    let price: UnitPrice = serde_json::from_value(json!("-0.00")).unwrap();
    assert_eq!(serde_json::to_value(price).unwrap(), json!("0.00"));
}

#[test]
fn ids_and_quantities_are_checked_when_they_are_read() {
    keeps::<Quantity>([json!(1), json!(1_000_000)]);
    refuses::<Quantity>([json!(0), json!(-1), json!(1_000_001), json!(1.0), json!("1"), json!(4_294_967_297_u64)]);
    keeps::<Sku>([json!("85048"), json!("é 1"), json!("a".repeat(64))]);
    refuses::<Sku>([json!(""), json!(" 1"), json!("a@b"), json!("a\u{0}"), json!("a".repeat(65)), json!(85048)]);
    keeps::<Currency>([json!("GBP"), json!("XXX")]);
    refuses::<Currency>([json!("GB"), json!("gbp"), json!("GBPX"), json!("G1P"), json!("£££")]);
    keeps::<Country>([json!("EIRE"), json!("United Kingdom")]);
    refuses::<Country>([json!(""), json!(" EIRE"), json!("a\nb"), json!("a".repeat(65))]);
}

/// Workers that share a view apply events of several streams in any order.
#[test]
fn what_several_streams_touch_is_only_added_to() {
    let mut looked_at = 0;
    for (kind, body) in fixtures() {
        let category = kind.split('.').next().unwrap();
        let id = "0195d3a8-0000-7000-8000-000000000001";
        let event = Recorded {
            position: Position(7),
            stream: StreamName::parse(format!("{category}-{id}")).unwrap(),
            version: Version(3),
            time: chrono::DateTime::UNIX_EPOCH,
            metadata: Default::default(),
            event: AnyEvent::decode(&kind, &body).unwrap(),
        };
        for projection in views::ALL.iter().filter(|projection| projection.kinds.contains(&&*kind)) {
            let mut rows = Rows::default();
            (projection.project)(&event, &mut rows);
            for (key, op) in rows.0 {
                looked_at += 1;
                let own = key.contains(&Cell::from(id));
                assert!(own || matches!(op, Op::Add(_)), "{kind} does {op:?} to {key:?} of '{}'", projection.view.name);
            }
        }
    }
    assert!(looked_at > 40, "{looked_at} operations");
}
