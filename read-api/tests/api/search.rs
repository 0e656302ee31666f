use orderflow_core::{
    Currency, CustomerId, UnitPrice,
    order::{self, OrderEvent},
    product, words,
};
use orderflow_engine::{StreamName, Tenant};
use serde_json::Value;
use uuid::Uuid;

use crate::world::{NewOrder, World, at, line, order_id};

fn listed(sku: &str, description: &str) -> product::ProductEvent {
    product::ProductEvent::Listed(product::Listed {
        sku: sku.parse().unwrap(),
        description: description.to_owned(),
        price: UnitPrice::new("1.25".parse().unwrap()).unwrap(),
        currency: Currency::GBP,
    })
}

/// What a query would find by the words of each row alone.
fn begun(rows: &[(String, String)], query: &str) -> Vec<String> {
    let wanted = words([query]);
    let has = |text: &str, wanted: &str| words([text]).split(' ').any(|word| word.starts_with(wanted));
    let all = |text: &str| !wanted.is_empty() && wanted.split(' ').all(|wanted| has(text, wanted));
    rows.iter().filter(|(_, text)| all(text)).map(|(key, _)| key.clone()).collect()
}

const QUERIES: &[&str] = &[
    "white",
    "WHITE t-light",
    "t l",
    "light white",
    "heart heart",
    "85048",
    "8504",
    "85123a",
    "caf\u{e9}",
    "CAF\u{c9}",
    "cafe",
    "\u{6771}",
    "50%",
    "%",
    "_",
    "'",
    "\\",
    "a:*",
    "!white",
    "white | metal",
    "\u{130}stan",
    "stra\u{df}e",
    "\u{f1}",
    "zzz",
    "o",
    "o'",
    "x y z",
    "(",
    "a & b",
    "\u{1f600}",
    "-",
    "2",
    "1 2 3",
];

fn encoded(query: &str) -> String {
    query.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn products_are_found_by_the_beginnings_of_their_words() {
    let world = World::new().await;
    let catalogue = [
        ("85048", "15CM CHRISTMAS GLASS BALL 20 LIGHTS"),
        ("85123A", "WHITE HANGING HEART T-LIGHT HOLDER"),
        ("71053", "WHITE METAL LANTERN"),
        ("22041", "RECORD FRAME 7\" SINGLE SIZE"),
        ("CAF-1", "Caf\u{e9} au lait bowl, 50% off!"),
        ("\u{6771}1", "\u{6771}\u{4eac} \u{30bf}\u{30ef}\u{30fc}"),
        ("I-1", "\u{130}stanbul tile (Stra\u{df}e)"),
        ("N-1", "PI\u{d1}ATA o'clock \\ 'quoted' & a:* | b"),
        ("E-1", ""),
    ];
    for (sku, description) in catalogue {
        world.append(product::CATEGORY, sku, at(0), [listed(sku, description)]).await;
    }
    // The words follow the description.
    let described = product::ProductEvent::Described(product::Described { description: "o'metal".to_owned() });
    world.append(product::CATEGORY, "22041", at(1), [described]).await;
    let acme = Tenant::new("acme").unwrap();
    world.append_to(StreamName::new(&acme, product::CATEGORY, "A"), at(0), [listed("A", "white")]).await;
    world.project().await;

    let mut rows: Vec<(String, String)> = catalogue
        .iter()
        .map(|(sku, text)| ((*sku).to_owned(), format!("{sku} {}", if *sku == "22041" { "o'metal" } else { text })))
        .collect();
    rows.sort();
    for query in QUERIES {
        let found = world.walk(&format!("/products?q={}", encoded(query)), 2).await;
        let skus: Vec<_> = found.iter().map(|product| product["sku"].as_str().unwrap().to_owned()).collect();
        assert_eq!(skus, begun(&rows, query), "{query:?}");
    }
    let all = world.walk("/products", 4).await;
    assert_eq!(all.len(), catalogue.len());
    assert_eq!(world.walk("/products?q=+", 4).await, all, "no search at all");

    let page = world.get("/products?q=white&limit=1").await.ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(world.get(&format!("/products?q=white&cursor={cursor}")).await.status, 200);
    world.get(&format!("/products?q=metal&cursor={cursor}")).await.problem(400, "invalid_cursor");
}

fn numbers(found: &[Value]) -> Vec<&str> {
    found.iter().map(|order| order["number"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn orders_are_found_by_their_words_and_by_how_they_begin() {
    let world = World::new().await;
    let texts =
        ["White metal lantern", "T-LIGHT holder 50%", "Caf\u{e9} \u{6771}\u{4eac}", "\\ 'a:*' | \u{130}stanbul"];
    let mut rows = Vec::new();
    for n in 0..24_usize {
        let mut lines = vec![line(1, ["85048", "85123A"][n % 2], 1, "6.95"), line(2, "X/1", 1, "1")];
        lines[1].description = texts[n % 4].to_owned();
        let order = NewOrder {
            customer: (n % 3 == 0).then_some(CustomerId(Uuid::from_u128(7))),
            country: (n % 5 != 0).then_some("Channel Islands"),
            reference: Some(format!("PO 2009/{n:03}")),
            lines,
            ..NewOrder::new(n as i64)
        };
        let said: Vec<_> = order.lines.iter().flat_map(|line| [line.sku.as_str(), &line.description]).collect();
        let number = order_id(n as u128).number();
        let reference = order.reference.as_deref().unwrap();
        let text = format!("{number} {reference} {} {}", order.country.unwrap_or_default(), said.join(" "));
        rows.push((number, text));
        world.place(n as u128, order).await;
    }
    // A draft has no words, but it has a number and a reference.
    let drafted = OrderEvent::Drafted(order::Drafted {
        customer: None,
        country: None,
        currency: Currency::GBP,
        reference: Some("PO white".to_owned()),
        payment_token: String::new(),
    });
    world.append(order::CATEGORY, order_id(99), at(0), [drafted]).await;
    world.project().await;
    // Newest first.
    rows.reverse();

    for query in QUERIES.iter().chain(&["channel isl", "po 2009", "2009 003", "lantern 85048 channel", "85123A 003"]) {
        let path = format!("/orders?q={}", encoded(query));
        let found = world.walk(&path, 5).await;
        assert_eq!(numbers(&found), begun(&rows, query), "{query:?}");
        let of_customer = world.walk(&format!("{path}&customer={}", Uuid::from_u128(7)), 2).await;
        let expected: Vec<_> = found.iter().filter(|order| !order["customer_id"].is_null()).cloned().collect();
        assert_eq!(of_customer, expected, "{query:?}");
    }
    for (query, expected) in [
        ("PO 2009/00", 10),
        ("PO 2009/003", 1),
        // Not how any reference is written, but its words.
        ("po 2009/003", 1),
        ("2009/PO", 24),
        ("\"PO", 24),
        ("PO 2009/003\"", 1),
    ] {
        assert_eq!(world.walk(&format!("/orders?q={}", encoded(query)), 7).await.len(), expected, "{query:?}");
    }
    let draft = order_id(99).number();
    for (query, status, expected) in [
        (&draft[..7], "draft", 1),
        (&draft[..7], "placed", 0),
        ("PO wh", "draft", 1),
        ("wh", "draft", 0),
        ("PO", "cancelled", 0),
    ] {
        let found = world.walk(&format!("/orders?status={status}&q={}", encoded(query)), 7).await;
        assert_eq!(found.len(), expected, "{query:?}");
    }
}

/// So many that they are not looked up and sorted, but met with on the way.
#[tokio::test]
async fn what_most_orders_have_is_found_newest_first() {
    let world = World::new().await;
    for n in 0..5_200_u128 {
        let mut order = NewOrder::new(n as i64 % 700);
        order.lines[0].description = if n % 50 == 0 { "rare white".to_owned() } else { "white".to_owned() };
        world.place(n, order).await;
    }
    world.project().await;
    let all = world.walk("/orders", 1000).await;
    assert_eq!(all.len(), 5_200);
    assert_eq!(world.walk("/orders?q=whi", 1000).await, all);
    assert_eq!(world.walk("/orders?q=whi&placed_before=2009-12-01T00:07:00Z", 30).await, all[all.len() - 56..]);
    let rare = world.walk("/orders?q=rar+whi", 30).await;
    assert_eq!(rare.len(), 104);
    assert!(rare.iter().all(|order| all.contains(order)));
}
