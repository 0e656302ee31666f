//! The suite that every target passes. Each obligation of the contract is a function.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta};
use orderflow_engine::{
    Position, Rows, Slice, Slices, StreamName, Version, View,
    projection::{Changes, Column, Index, Key, Value},
};
use tokio::sync::oneshot;

use super::{
    Activity, Checkpoints, DeadLetter, Digest, Fit, Generation, ParkedStream, Swept, Target, ViewWrite, WriteError,
};

static THINGS: View = View {
    name: "probe_things",
    version: 1,
    key: &[Column::text("owner"), Column::int("number")],
    columns: &[
        Column::int("count"),
        Column::text("name").or_text("it's"),
        Column::json("body"),
        Column::int("seen").or_null(),
    ],
    indexes: &[
        Index { name: "by_count", columns: &["count", "owner"], where_present: None },
        Index { name: "by_seen", columns: &["seen"], where_present: Some("seen") },
    ],
};

/// The same view, as a later program declares it.
static THINGS_LATER: View = View {
    name: "probe_things",
    version: 2,
    key: &[Column::text("owner"), Column::int("number")],
    columns: &[Column::int("count"), Column::text("title")],
    indexes: &[],
};

static OTHERS: View =
    View { name: "probe_others", version: 1, key: &[Column::int("id")], columns: &[Column::int("sum")], indexes: &[] };

/// Runs the whole suite against one target that holds nothing yet.
///
/// # Panics
///
/// When the target breaks its contract.
pub async fn check(target: impl Target) {
    assert_eq!(target.renew().await.expect("renewed"), Slices::ALL, "whoever is alone holds everything");
    a_view_begins_empty_and_is_found_again(&target).await;
    rows_are_what_the_changes_say(&target).await;
    a_wrong_belief_changes_nothing(&target).await;
    parked_events_are_kept_until_they_are_settled(&target).await;
    a_generation_is_built_beside_and_switched_to(&target).await;
    generations_are_compared_as_of_one_instant(&target).await;
    a_view_of_another_version_serves_until_it_is_replaced(&target).await;
    checkpoints_and_activity_are_kept(&target).await;
    what_no_longer_serves_is_swept(&target).await;
}

/// What a target must do besides when several workers share it: run on one that passed [`check`].
///
/// # Panics
///
/// When the target breaks its contract.
pub async fn check_slices(target: impl Target) {
    target.renew().await.expect("renewed");
    slices_move_on_their_own(&target).await;
}

async fn slices_move_on_their_own(target: &impl Target) {
    let serving = target.ensure(&OTHERS).await.expect("there").serving;
    let at = serving.checkpoints.common().expect("all slices stand at one position");
    let (few, rest): (Slices, Slices) = (Slice::all().take(3).collect(), Slice::all().skip(3).collect());
    let of = |slices, believed: Position, to: u64| {
        let add = rows(|rows| rows.add(vec![1.into()], vec![("sum", 1)]));
        ViewWrite { slices, ..write(&OTHERS, serving.generation, believed.0, to, add) }
    };
    let to = at.0 + 10;
    target.write(vec![of(few, at, to)]).await.expect("written");
    let mut expected = Checkpoints::at(at);
    expected.set(few, Position(to));
    assert_eq!(target.ensure(&OTHERS).await.expect("there").serving.checkpoints, expected);
    let sum = target.rows(&OTHERS).await.expect("readable").get(&vec![Value::Int(1)]).cloned();
    let late = target.write(vec![of(rest, at, to), of(few, at, to)]).await;
    assert!(matches!(late, Err(WriteError::Fenced { .. })), "one slice is elsewhere: {late:?}");
    assert_eq!(target.ensure(&OTHERS).await.expect("there").serving.checkpoints, expected, "nothing moved");
    assert_eq!(target.rows(&OTHERS).await.expect("readable").get(&vec![Value::Int(1)]).cloned(), sum);
    target.write(vec![of(rest, at, to), of(few, Position(to), to + 5)]).await.expect("written");
    target.write(vec![of(rest, Position(to), to + 5)]).await.expect("written");
    let serving = target.ensure(&OTHERS).await.expect("there").serving;
    assert_eq!(serving.checkpoints.common(), Some(Position(to + 5)));
    target.set_checkpoint("sliced", few, Position(3)).await.expect("written");
    assert_eq!(target.checkpoint("sliced", few).await.expect("readable"), Position(3));
    assert_eq!(target.checkpoint("sliced", Slices::ALL).await.expect("readable"), Position::START);
}

fn key(owner: &str, number: i64) -> Key {
    vec![owner.into(), number.into()]
}

fn write(view: &'static View, generation: Generation, believed: u64, to: u64, rows: Rows) -> ViewWrite {
    let mut changes = Changes::new(view);
    changes.push(rows);
    ViewWrite {
        view,
        generation,
        slices: Slices::ALL,
        believed: Position(believed),
        to: Position(to),
        changes,
        parked: vec![],
        settled: vec![],
    }
}

fn rows(fill: impl FnOnce(&mut Rows)) -> Rows {
    let mut rows = Rows::default();
    fill(&mut rows);
    rows
}

async fn serving(target: &impl Target, view: &'static View) -> (Generation, Position) {
    let serving = target.ensure(view).await.expect("there").serving;
    (serving.generation, serving.checkpoints.least())
}

async fn a_view_begins_empty_and_is_found_again(target: &impl Target) {
    for view in [&THINGS, &OTHERS] {
        let made = target.ensure(view).await.expect("made");
        assert_eq!((made.serving.checkpoints, made.serving.fit), (Checkpoints::at(Position::START), Fit::Declared));
        assert_eq!((made.serving.version, made.building, made.activity), (1, None, Activity::Active));
        assert_eq!(target.ensure(view).await.expect("found"), made);
        assert!(target.rows(view).await.expect("readable").is_empty());
    }
}

async fn rows_are_what_the_changes_say(target: &impl Target) {
    let (generation, _) = serving(target, &THINGS).await;
    let first = rows(|rows| {
        rows.put(key("a", 1), vec![("count", 5.into()), ("body", "{\"x\":\"\u{e9}\"}".into())]);
        rows.patch(key("a", 2), vec![("name", "n".into())]);
        rows.add(key("b", 1), vec![("count", 3), ("seen", 2)]);
        rows.patch(key("b", -1), vec![]);
        rows.put(key("z", 9), vec![]);
    });
    let second = rows(|rows| {
        rows.add(key("a", 1), vec![("count", -7), ("seen", 1)]);
        rows.put(key("a", 2), vec![("count", 1.into())]);
        rows.patch(key("b", 1), vec![("count", 1.into()), ("seen", Value::Null)]);
        rows.delete(key("z", 9));
        rows.delete(key("never", 0));
    });
    let third = rows(|rows| {
        rows.add(key("b", 1), vec![("seen", 4)]);
        rows.patch(key("z", 9), vec![("name", "again".into())]);
    });
    let mut expected = BTreeMap::new();
    for (index, step) in [first, second, third].into_iter().enumerate() {
        let index = index as u64;
        write(&THINGS, generation, 0, 0, step.clone()).changes.apply(&mut expected);
        target.write(vec![write(&THINGS, generation, index * 10, index * 10 + 10, step)]).await.expect("written");
        assert_eq!(target.rows(&THINGS).await.expect("readable"), expected);
    }
    assert_eq!(serving(target, &THINGS).await.1, Position(30));
    assert_eq!(target.count(&THINGS, generation).await.expect("readable"), 5);
}

async fn a_wrong_belief_changes_nothing(target: &impl Target) {
    let (things, others) = (serving(target, &THINGS).await, serving(target, &OTHERS).await);
    let before = (target.rows(&THINGS).await.expect("readable"), target.rows(&OTHERS).await.expect("readable"));
    let right = write(&OTHERS, others.0, others.1.0, 40, rows(|rows| rows.add(vec![1.into()], vec![("sum", 1)])));
    let wrong = write(&THINGS, things.0, 29, 40, rows(|rows| rows.delete(key("a", 1))));
    let fenced = target.write(vec![right, wrong]).await;
    assert!(matches!(fenced, Err(WriteError::Fenced { view: "probe_things", believed: Position(29) })), "{fenced:?}");
    let after = (target.rows(&THINGS).await.expect("readable"), target.rows(&OTHERS).await.expect("readable"));
    assert_eq!(before, after);
    assert_eq!((serving(target, &THINGS).await, serving(target, &OTHERS).await), (things, others));

    let both = vec![
        write(&OTHERS, others.0, others.1.0, 30, rows(|rows| rows.add(vec![1.into()], vec![("sum", 1)]))),
        write(&THINGS, things.0, 30, 30, Rows::default()),
    ];
    target.write(both).await.expect("right beliefs");
    assert_eq!(target.rows(&OTHERS).await.expect("readable")[&vec![Value::Int(1)]], [Value::Int(1)]);
}

fn letter(view: &str, stream: &str, version: u64) -> DeadLetter {
    DeadLetter {
        view: view.into(),
        stream: StreamName::parse(stream.to_owned()).expect("a name"),
        version: Version(version),
        position: Position(version + 100),
        kind: "probe.happened.v1".into(),
        reason: "it does not decode".into(),
        parked_at: DateTime::UNIX_EPOCH + TimeDelta::microseconds(1_234_567),
    }
}

async fn parked_events_are_kept_until_they_are_settled(target: &impl Target) {
    let (generation, position) = serving(target, &THINGS).await;
    let mut parking = write(&THINGS, generation, position.0, position.0 + 1, Rows::default());
    let letters =
        [letter("probe_things", "p-1", 3), letter("probe_things", "p-1", 4), letter("probe_things", "p-2", 1)];
    parking.parked = letters.to_vec();
    target.write(vec![parking]).await.expect("written");
    assert_eq!(target.dead_letters(10).await.expect("readable"), letters);
    assert_eq!(target.dead_letters(2).await.expect("readable"), letters[..2]);
    let parked = |stream: &str, first, events| ParkedStream {
        stream: StreamName::parse(stream.to_owned()).expect("a name"),
        first: Version(first),
        events,
    };
    let streams = target.parked_streams(&THINGS, generation).await.expect("readable");
    assert_eq!(streams, [parked("p-1", 3, 2), parked("p-2", 1, 1)]);
    assert!(target.parked_streams(&OTHERS, generation).await.expect("readable").is_empty());

    let mut settling = write(&THINGS, generation, position.0 + 1, position.0 + 1, Rows::default());
    settling.settled.push(letters[0].stream.clone());
    target.write(vec![settling]).await.expect("written");
    assert_eq!(target.dead_letters(10).await.expect("readable"), letters[2..]);
}

async fn a_generation_is_built_beside_and_switched_to(target: &impl Target) {
    let (old, position) = serving(target, &THINGS).await;
    let served = target.rows(&THINGS).await.expect("readable");
    let begun = target.begin_build(&THINGS).await.expect("begun");
    assert!(begun.generation > old && begun.checkpoints == Checkpoints::at(Position::START), "{begun:?}");
    let filled = |count: i64| rows(|rows| (0..count).for_each(|n| rows.add(key("new", n), vec![("count", n)])));
    let mut load = write(&THINGS, begun.generation, 0, 20, filled(1_000));
    load.changes.push(rows(|rows| rows.delete(key("new", 0))));
    target.load(load).await.expect("loaded");
    let resumed = target.begin_build(&THINGS).await.expect("found again");
    assert_eq!((resumed.generation, resumed.checkpoints), (begun.generation, Checkpoints::at(Position(20))));
    let mut parking = write(&THINGS, begun.generation, 20, position.0, filled(2));
    parking.parked = vec![letter("probe_things", "p-9", 1)];
    target.write(vec![parking]).await.expect("written");
    assert_eq!(target.rows(&THINGS).await.expect("readable"), served, "what serves is not touched");
    assert_eq!(target.dead_letters(10).await.expect("readable").len(), 1, "nor are its dead letters");

    target.index(&THINGS, begun.generation).await.expect("indexed");
    target.index(&THINGS, begun.generation).await.expect("indexed already");
    target.set_activity(&THINGS, Activity::Paused).await.expect("paused");
    target.switch(vec![(&THINGS, begun.generation)]).await.expect("switched");
    let now = target.ensure(&THINGS).await.expect("there");
    assert_eq!((now.serving.generation, now.serving.checkpoints.common()), (begun.generation, Some(position)));
    assert_eq!((now.building, now.activity), (None, Activity::Paused), "the activity stays");
    target.set_activity(&THINGS, Activity::Active).await.expect("resumed");
    let served = target.rows(&THINGS).await.expect("readable");
    assert_eq!((served.len(), &served[&key("new", 1)][0]), (1_000, &Value::Int(2)));
    let letters = target.dead_letters(10).await.expect("readable");
    assert_eq!(letters, [letter("probe_things", "p-9", 1)], "the old ones are gone");
    assert!(target.write(vec![write(&THINGS, old, position.0, 99, Rows::default())]).await.is_err(), "it is retired");
}

async fn generations_are_compared_as_of_one_instant(target: &impl Target) {
    let (generation, position) = serving(target, &OTHERS).await;
    let empty = target.digest(&OTHERS, target.begin_build(&OTHERS).await.expect("begun").generation).await;
    assert_eq!(empty.expect("readable"), Digest::default());
    let sums = |from: i64, to: i64| rows(|rows| (from..to).for_each(|n| rows.add(vec![n.into()], vec![("sum", n)])));
    let clear = rows(|rows| rows.delete(vec![1.into()]));
    target.write(vec![write(&OTHERS, generation, position.0, 31, clear)]).await.expect("written");
    target.write(vec![write(&OTHERS, generation, 31, 32, sums(10, 20))]).await.expect("written");
    target.write(vec![write(&OTHERS, generation, 32, 33, sums(0, 10))]).await.expect("written");
    let building = target.begin_build(&OTHERS).await.expect("begun").generation;
    target.load(write(&OTHERS, building, 0, 33, sums(0, 20))).await.expect("loaded");

    let (open, is_open) = oneshot::channel();
    let comparing = tokio::spawn({
        let target = target.clone();
        async move { target.compare(&OTHERS, generation, building, open).await }
    });
    is_open.await.expect("opened");
    target.write(vec![write(&OTHERS, building, 33, 34, sums(5, 7))]).await.expect("written");
    let comparison = comparing.await.expect("finished").expect("readable");
    assert!(comparison.is_equal() && comparison.sample.is_empty(), "{comparison:?}");
    assert_eq!(comparison.serving.rows, 20);

    target.write(vec![write(&OTHERS, building, 34, 35, sums(99, 100))]).await.expect("written");
    let (open, _) = oneshot::channel();
    let mut comparison = target.compare(&OTHERS, generation, building, open).await.expect("readable");
    comparison.sample.sort();
    assert_eq!(comparison.sample, [5, 6, 99].map(|n| vec![Value::Int(n)]));
    assert_eq!(target.digest(&OTHERS, building).await.expect("readable"), comparison.building);
    assert_ne!(comparison.building.hash, comparison.serving.hash);
    target.abandon(&OTHERS, building).await.expect("given up");
    assert_eq!(target.ensure(&OTHERS).await.expect("there").building, None);
}

async fn a_view_of_another_version_serves_until_it_is_replaced(target: &impl Target) {
    let (old, _) = serving(target, &THINGS).await;
    let building = target.begin_build(&THINGS).await.expect("begun").generation;
    target.load(write(&THINGS, building, 0, 5, Rows::default())).await.expect("loaded");
    let before = target.rows(&THINGS).await.expect("readable");

    let found = target.ensure(&THINGS_LATER).await.expect("there");
    assert_eq!((found.serving.generation, found.serving.version, found.serving.fit), (old, 1, Fit::Outdated));
    assert_eq!(found.building.map(|building| building.fit), Some(Fit::Outdated));
    let begun = target.begin_build(&THINGS_LATER).await.expect("begun");
    assert!(begun.generation > building && begun.fit == Fit::Declared && begun.version == 2, "{begun:?}");
    let new = rows(|rows| rows.put(key("a", 1), vec![("title", "t".into())]));
    target.load(write(&THINGS_LATER, begun.generation, 0, 50, new)).await.expect("loaded");
    assert_eq!(target.rows(&THINGS).await.expect("readable"), before, "what serves is not touched");
    target.switch(vec![(&THINGS_LATER, begun.generation)]).await.expect("switched");
    let rows = target.rows(&THINGS_LATER).await.expect("readable");
    assert_eq!(rows, BTreeMap::from([(key("a", 1), vec![Value::Int(0), "t".into()])]));
}

async fn checkpoints_and_activity_are_kept(target: &impl Target) {
    assert_eq!(target.checkpoint("probe", Slices::ALL).await.expect("readable"), Position::START);
    for position in [Position(7), Position(9)] {
        target.set_checkpoint("probe", Slices::ALL, position).await.expect("written");
        assert_eq!(target.checkpoint("probe", Slices::ALL).await.expect("readable"), position);
    }
    assert_eq!(target.checkpoint("another", Slices::ALL).await.expect("readable"), Position::START);
    for activity in [Activity::Paused, Activity::Active] {
        target.set_activity(&OTHERS, activity).await.expect("written");
        assert_eq!(target.ensure(&OTHERS).await.expect("there").activity, activity);
    }
}

async fn what_no_longer_serves_is_swept(target: &impl Target) {
    let before = target.rows(&THINGS_LATER).await.expect("readable");
    let mut steps = 0;
    while target.sweep().await.expect("swept") == Swept::More {
        steps += 1;
        assert!(steps < 10_000, "sweeping ends");
    }
    assert_eq!(target.rows(&THINGS_LATER).await.expect("readable"), before);
}
