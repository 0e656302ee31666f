//! `products`: the catalogue.

use orderflow_engine::{
    Projection, Recorded, Rows, View,
    projection::{Column, Value},
};

use super::{micros, own_key, version};
use crate::{AnyEvent, product::ProductEvent, words};

static VIEW: View = View {
    name: "products",
    version: 2,
    key: &[Column::text("tenant"), Column::text("sku")],
    columns: &[
        Column::text("description"),
        // A decimal in text: a unit price may be finer than the minor unit.
        Column::text("price"),
        Column::text("currency"),
        Column::text("status").or_text("listed"),
        // Of SKU and description.
        Column::words("words"),
        Column::int("updated_at"),
        Column::int("version"),
    ],
    indexes: &[],
};

pub(super) const PRODUCTS: Projection<AnyEvent> = Projection {
    view: &VIEW,
    kinds: &[
        "product.listed.v1",
        "product.described.v1",
        "product.price_changed.v1",
        "product.discontinued.v1",
        "product.relisted.v1",
    ],
    project,
};

fn project(event: &Recorded<AnyEvent>, rows: &mut Rows) {
    let AnyEvent::Product(product) = &event.event else { return };
    let words_with = |description: &str| Value::from(words([event.stream.id(), description]));
    let mut changed = match product {
        ProductEvent::Listed(listed) => vec![
            ("description", listed.description.as_str().into()),
            ("price", listed.price.amount().to_string().into()),
            ("currency", listed.currency.as_str().into()),
            ("words", words_with(&listed.description)),
        ],
        ProductEvent::Described(described) => {
            vec![("description", described.description.as_str().into()), ("words", words_with(&described.description))]
        }
        ProductEvent::PriceChanged(changed) => {
            vec![("price", changed.price.amount().to_string().into()), ("currency", changed.currency.as_str().into())]
        }
        ProductEvent::Discontinued(_) => vec![("status", "discontinued".into())],
        ProductEvent::Relisted(_) => vec![("status", "listed".into())],
    };
    changed.extend([("updated_at", micros(event.time)), ("version", version(event))]);
    rows.patch(own_key(event), changed);
}
