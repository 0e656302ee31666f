//! Events that cannot be taken are parked with what follows them in their stream; the rest goes on.

use orderflow_engine::{EventReader, MemoryStore, Position, Version, projection::Value};
use orderflow_projector::{AnyTarget, MemoryTarget, Options, Retried, Selection, SqliteTarget, Target, Verify};

use crate::bank::{
    ACCOUNTS, BANK, BANK_FIXED, Running, TOTALS, UNLUCKY, account, append, append_raw, assert_current, fill, opened,
    options, reference, renamed, same, transferred,
};

async fn balance(target: &impl Target, id: &str) -> Option<Value> {
    target.rows(&ACCOUNTS).await.unwrap().get(&vec![Value::from(id)]).map(|row| row[1].clone())
}

/// A projection that fails: parked for its view only, taken up again by a program that has learnt it.
async fn panicking(target: AnyTarget) {
    let store = MemoryStore::new();
    let options = Options { page_events: 10, batch_events: 30, ..options() };
    append(&store, "ann", opened("Ann")).await;
    append(&store, "bob", opened("Bob")).await;
    append(&store, "ann", transferred("bob", UNLUCKY)).await;
    append(&store, "ann", transferred("bob", 1)).await;
    let running = Running::start(store.clone(), target.clone(), &BANK, options.clone()).await;
    fill(&store, 300).await;
    append(&store, "bob", transferred("ann", 50)).await;
    append(&store, "ann", renamed("Anna")).await;
    running.reach(store.head().await.unwrap()).await;

    let letters = running.projector.dead_letters(10).await.unwrap();
    let parked: Vec<_> = letters.iter().map(|letter| (&*letter.view, letter.version.0, &*letter.kind)).collect();
    let (moved, renamed) = ("account.transferred.v1", "account.renamed.v1");
    assert_eq!(parked, [("accounts", 2, moved), ("accounts", 3, moved), ("accounts", 4, renamed)]);
    assert_eq!((&letters[0].stream, letters[0].position), (&account("ann"), Position(3)));
    assert!(letters[0].reason.contains("an unlucky amount"), "{}", letters[0].reason);
    assert!(letters[1].reason.contains("an earlier event"), "{}", letters[1].reason);
    assert_eq!(running.projector.status()[0].parked, 3);
    assert_eq!(balance(&target, "ann").await, Some(Value::Int(50)), "other streams go on");
    same(&target.rows(&TOTALS).await.unwrap(), &reference(&store, &BANK_FIXED[1]).await);

    let retried = running.projector.retry_dead_letters().await.unwrap();
    assert_eq!(retried, Retried { streams_still_parked: 1, ..Retried::default() });
    running.stop().await;

    // A restart remembers what is parked.
    let running = Running::start(store.clone(), target.clone(), &BANK, options.clone()).await;
    append(&store, "ann", transferred("bob", 2)).await;
    running.reach(store.head().await.unwrap()).await;
    assert_eq!(running.projector.status()[0].parked, 4);
    running.stop().await;

    let running = Running::start(store.clone(), target.clone(), &BANK_FIXED, options).await;
    running.projector.retry_dead_letters().await.unwrap();
    assert_eq!(running.projector.dead_letters(10).await.unwrap(), []);
    assert_eq!(running.projector.status()[0].parked, 0);
    append(&store, "ann", transferred("bob", 3)).await;
    running.reach(store.head().await.unwrap()).await;
    assert_current(&store, &target, &BANK_FIXED).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_projection_parks_its_stream_in_memory() {
    panicking(MemoryTarget::new().into()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_projection_parks_its_stream_in_sqlite() {
    let dir = tempfile::tempdir().unwrap();
    panicking(SqliteTarget::open(dir.path().join("views.db")).unwrap().into()).await;
}

/// An event that does not decode is parked for every view that wants it; unwanted ones of its stream are not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_does_not_decode_is_parked_live_and_in_a_rebuild() {
    let (store, target) = (MemoryStore::new(), MemoryTarget::new());
    fill(&store, 200).await;
    append_raw(&store, "eve", "account.transferred.v1", b"{\"to\":5}").await;
    append(&store, "eve", renamed("Eve")).await;
    fill(&store, 200).await;
    // Pages away from the first one, so that it is read before that one is known to be parked.
    append(&store, "eve", renamed("Eva")).await;
    let options = Options { page_events: 10, ..options() };
    let running = Running::start(store.clone(), target.clone(), &BANK, options).await;
    running.reach(store.head().await.unwrap()).await;
    let parked = async || {
        let letters = running.projector.dead_letters(10).await.unwrap();
        letters.into_iter().map(|letter| (letter.view.to_string(), letter.version)).collect::<Vec<_>>()
    };
    let view = |name: &str, version| (name.to_owned(), Version(version));
    let expected =
        [view("accounts", 1), view("accounts", 2), view("accounts", 3), view("totals", 1), view("transfers", 1)];
    assert_eq!(parked().await, expected);
    let reason = &running.projector.dead_letters(1).await.unwrap()[0].reason;
    assert!(reason.contains("does not decode") && reason.contains("invalid type"), "{reason}");

    let report = running.projector.rebuild(Selection::All, Verify::Yes).await.unwrap();
    assert!(report.views.iter().all(|view| view.generation.0 == 2));
    assert_eq!(parked().await, expected, "the rebuilt views have parked the same");
    assert_eq!(running.projector.status()[0].parked, 3);
    append(&store, "eve", opened("Eve")).await;
    running.reach(store.head().await.unwrap()).await;
    assert_eq!(running.projector.status()[0].parked, 4, "and go on parking");
    running.stop().await;
}
