//! Everything that is wrong gets a precise answer, changes nothing, and leaves the server running.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

use orderflow_tests::{Server, run};
use serde_json::{Value, json};

fn line(line: Value) -> Value {
    json!({"currency": "GBP", "lines": [line], "payment": {"token": "tok_approve"}})
}

#[test]
fn bad_orders_are_refused_with_what_to_mend() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    let client = server.client();
    for sku in ["A", "GONE"] {
        let product = json!({"sku": sku, "description": "A thing", "price": {"amount": "1.00", "currency": "GBP"}});
        let _ = client.post("/api/v1/products", sku, &product).expect(201);
    }
    let _ = client.send("DELETE", "/api/v1/products/GONE", &[], &json!({})).expect(200);
    let events = || client.get("/api/v1/admin/projections").expect(200).json()["head"].clone();
    let before = events();

    let many: Vec<Value> = (0..10_000).map(|_| json!({"sku": "A", "quantity": 1})).collect();
    let priced = |amount: &str, currency: &str| {
        line(json!({"sku": "A", "quantity": 1, "unit_price": {"amount": amount, "currency": currency}}))
    };
    let cases: Vec<(&str, u16, String)> = vec![
        ("malformed", 400, "{\"currency\": \"GBP\",".to_owned()),
        ("not an object", 422, "[]".to_owned()),
        ("an unknown field", 422, json!({"currency": "GBP", "lnes": []}).to_string()),
        ("no lines", 422, json!({"currency": "GBP", "lines": [], "payment": {"token": "t"}}).to_string()),
        ("no quantity", 422, line(json!({"sku": "A"})).to_string()),
        ("a zero quantity", 422, line(json!({"sku": "A", "quantity": 0})).to_string()),
        ("a negative quantity", 422, line(json!({"sku": "A", "quantity": -1})).to_string()),
        ("half a piece", 422, line(json!({"sku": "A", "quantity": 0.5})).to_string()),
        ("a negative price", 422, priced("-1.00", "GBP").to_string()),
        ("an over-precise price", 422, priced("1.00001", "GBP").to_string()),
        (
            "a float for a price",
            422,
            line(json!({"sku": "A", "quantity": 1, "unit_price": {"amount": 1.5, "currency": "GBP"}})).to_string(),
        ),
        ("mixed currencies", 422, priced("1.00", "EUR").to_string()),
        ("an unknown SKU", 422, line(json!({"sku": "NOPE", "quantity": 1})).to_string()),
        ("a discontinued SKU", 422, line(json!({"sku": "GONE", "quantity": 1})).to_string()),
        ("ten thousand lines", 422, json!({"currency": "GBP", "lines": many, "payment": {"token": "t"}}).to_string()),
        ("20 MB", 413, format!("{{\"a\": \"{}\"}}", "x".repeat(20_000_000))),
        ("deep nesting", 400, format!("{{\"lines\": {}{}}}", "[".repeat(5000), "]".repeat(5000))),
        ("U+0000", 422, line(json!({"sku": "A\u{0}", "quantity": 1})).to_string()),
        ("a lone surrogate", 400, "{\"currency\": \"\\ud800\"}".to_owned()),
    ];
    for (what, status, body) in cases {
        let headers = [("idempotency-key", what)];
        let answer = client.send_raw("POST", "/api/v1/orders", &headers, body.as_bytes());
        let problem = answer.json();
        let short = format!("{what}: {problem}");
        assert!(
            answer.status == status || [400, 422].contains(&answer.status) && [400, 422].contains(&status),
            "{short}"
        );
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{short}");
        assert_eq!(problem["status"], json!(answer.status), "{short}");
        for field in ["type", "title", "detail", "action"] {
            assert!(problem[field].is_string(), "{short} has no {field}");
        }
    }
    let missing_key = client.send("POST", "/api/v1/orders", &[], &line(json!({"sku": "A", "quantity": 1})));
    assert_eq!(missing_key.expect(400).json()["action"], "fix");
    let stale = client.send("PATCH", "/api/v1/products/A", &[("if-match", "\"v9\"")], &json!({"description": "B"}));
    assert_eq!(stale.expect(412).json()["action"], "reload");
    assert_eq!(events(), before, "nothing changed");
    let _ = client.get("/health/ready").expect(200);
    server.stop();
}

#[test]
fn a_client_that_sends_nonsense_or_nothing_does_not_hold_the_server_up() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    let authority = server.url().trim_start_matches("http://").to_owned();
    let _silent: Vec<_> = (0..50).map(|_| TcpStream::connect(&authority).expect("connects")).collect();
    let mut nonsense = TcpStream::connect(&authority).expect("connects");
    nonsense.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").expect("it is taken");
    let mut answer = Vec::new();
    let _ = nonsense.read_to_end(&mut answer);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&answer));
    let _ = server.client().get("/health/ready").expect(200);
    server.stop();
}

#[test]
fn a_start_that_cannot_work_says_what_to_do() {
    let data = tempfile::tempdir().expect("a directory");
    let holder = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = holder.local_addr().expect("an address").to_string();
    let directory = data.path().to_str().expect("a plain path");
    let refused = |arguments: &[&str]| {
        let output = run(&[&["--data", directory], arguments].concat());
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let in_use = refused(&["serve", "--listen", &taken]);
    assert!(in_use.contains("use"), "{in_use}");
    let public = refused(&["serve", "--listen", "0.0.0.0:0"]);
    assert!(public.contains("listen on 127.0.0.1"), "{public}");
    for verb in [&["projection", "status"][..], &["projection", "rebuild", "--all"]] {
        let shared = refused(&[&["--views", "postgres://nobody@127.0.0.1:1/nothing"], verb].concat());
        assert!(shared.contains("--url"), "{shared}");
    }

    let server = Server::start(data.path());
    let second = refused(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(second.contains("another process") || second.contains("already"), "{second}");
    server.stop();

    let file = data.path().join("a-file");
    std::fs::write(&file, b"not a directory").expect("written");
    let output = run(&["--data", file.to_str().expect("a plain path"), "serve", "--listen", "127.0.0.1:0"]);
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("a-file"), "{text}");
}

#[test]
fn a_file_that_is_not_what_load_wants_is_refused_before_anything_is_sent() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    let sample = std::fs::read(sample()).expect("the sample is there");
    let cases: [(&str, &[u8]); 5] = [
        ("empty.csv", b""),
        ("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("other.csv", b"a,b,c\n1,2,3\n"),
        ("truncated.csv.gz", &sample[..sample.len() / 2]),
        ("short-row.csv", b"invoice,stock_code,description,quantity,invoice_date,price,customer_id,country\n1,A,B\n"),
    ];
    for (name, content) in cases {
        let path = data.path().join(name);
        std::fs::write(&path, content).expect("written");
        let output = run(&["load", path.to_str().expect("a plain path"), "--url", server.url()]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{name}");
        assert!(text.contains(name), "{name}: {text}");
    }
    assert_eq!(server.client().get("/api/v1/products").expect(200).json()["items"], json!([]), "nothing was sent");
    server.stop();
}

fn sample() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../orderflow/data/sample-500.csv.gz")
}
