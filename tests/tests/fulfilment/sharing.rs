//! Several runners on one log: they take each other's slices over, freeze, and meet instances that cannot go on.

mod office;

use orderflow_core::fulfilment::{End, FulfilmentState, Step};
use orderflow_engine::{Position, Slice, Slices};

use self::office::{Hands, Office, Sight};

fn half() -> (Slices, Slices) {
    (Slice::all().step_by(2).collect(), Slice::all().skip(1).step_by(2).collect())
}

/// Whether it holds nothing, or believes that it holds everything because it was frozen when it lost it.
#[tokio::test(start_paused = true)]
async fn a_retry_reaches_a_runner_that_does_not_know_what_the_owner_has_recorded() {
    for (slices, sight) in [(Slices::NONE, Sight::Clear), (Slices::ALL, Sight::Blind)] {
        let office = Office::new();
        let owner = office.start(Slices::ALL, Sight::Clear).await;
        let other = office.start(slices, sight).await;
        let order = office.place(0).await;
        office.until(async || matches!(office.step(order).await, Some(Step::AwaitingDispatch { .. }))).await;
        other.retry(order).await.expect("there was nothing to do");
        office.set(order, Hands::Refusing);
        office.dispatch(order).await;
        office.until(async || matches!(office.step(order).await, Some(Step::Parked { .. }))).await;
        office.set(order, Hands::Able);
        other.retry(order).await.expect("it is tried again");
        let step = office.step(order).await;
        assert!(matches!(step, Some(Step::AwaitingDelivery { .. })), "{slices:?}: {step:?}");
        owner.stop().await;
        other.stop().await;
    }
}

/// What a stuck instance has not taken is taken by whoever has its slice next, whatever its place was there.
#[tokio::test(start_paused = true)]
async fn nothing_is_forgotten_when_runners_swap_slices() {
    let office = Office::new();
    let (even, odd) = half();
    let (first, second) = (office.start(even, Sight::Clear).await, office.start(odd, Sight::Clear).await);
    let mut orders = Vec::new();
    for number in 0..24 {
        orders.push(office.place(number).await);
    }
    let waits = |step: Option<Step>| matches!(step, Some(Step::AwaitingDispatch { .. }));
    office.until(async || office.all(&orders, async |order| waits(office.step(order).await)).await).await;
    let stuck: Vec<_> = orders.iter().copied().filter(|order| office.is_in(*order, even)).take(2).collect();
    assert_eq!(stuck.len(), 2, "some are in each half");
    // Each has an input that it is at, and another one that waits for it.
    for order in &stuck {
        office.set(*order, Hands::Stuck);
        office.dispatch(*order).await;
        office.deliver(*order).await;
    }
    let others: Vec<_> = orders.iter().copied().filter(|order| !stuck.contains(order)).collect();
    for order in &others {
        office.dispatch(*order).await;
        office.deliver(*order).await;
    }
    let ended = async |order| matches!(office.state(order).await, FulfilmentState::Ended(End::Completed));
    office.until(async || office.all(&others, ended).await).await;
    for _ in 0..3 {
        for (mine, yours) in [(odd, even), (even, odd), (Slices::NONE, Slices::ALL), (even, odd)] {
            first.share(mine);
            second.share(yours);
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        }
    }
    // Only what is kept counts from here on.
    first.stop().await;
    second.die().await;
    for order in &stuck {
        office.set(*order, Hands::Able);
    }
    let last = office.start(Slices::ALL, Sight::Clear).await;
    office.until(async || office.all(&orders, ended).await).await;
    office.until(async || last.position() == office.head().await).await;
    last.stop().await;
}

/// More of them than there are places, and they come before all others.
#[tokio::test(start_paused = true)]
async fn instances_that_cannot_go_on_keep_nobody_else_from_it() {
    let office = Office::new();
    let runner = office.start(Slices::ALL, Sight::Clear).await;
    let mut stuck = Vec::new();
    for number in 0..3 * office::SIDE_BY_SIDE {
        office.set(office::order(number), Hands::Stuck);
        stuck.push(office.place(number).await);
    }
    let before = Position(office.head().await.0 - stuck.len() as u64);
    office.until(async || runner.set_aside() == stuck.len()).await;
    let order = office.place(stuck.len()).await;
    office.until(async || matches!(office.step(order).await, Some(Step::AwaitingDispatch { .. }))).await;
    assert!(runner.position() <= before, "what is set aside is not passed by");
    runner.die().await;

    let runner = office.start(Slices::ALL, Sight::Clear).await;
    office.until(async || runner.set_aside() == stuck.len()).await;
    for order in &stuck {
        office.set(*order, Hands::Able);
    }
    assert!(runner.retry(stuck[0]).await.is_err(), "it is at work, and is tried at once");
    let waits = async |order| matches!(office.step(order).await, Some(Step::AwaitingDispatch { .. }));
    office.until(async || office.all(&stuck, waits).await).await;
    office.until(async || runner.set_aside() == 0).await;
    office.until(async || runner.position() == office.head().await).await;
    runner.stop().await;
}

/// The list of deadlines is longer than one look at it, and begins with those of others.
#[tokio::test(start_paused = true)]
async fn deadlines_of_others_do_not_keep_ones_own_waiting() {
    let office = Office::new();
    let (even, odd) = half();
    for number in 0..60 {
        office.set(office::order(number), Hands::Silent);
        office.place(number).await;
    }
    let everybody = office.start(Slices::ALL, Sight::Clear).await;
    let orders: Vec<_> = (0..60).map(office::order).collect();
    let asks = async |order| matches!(office.step(order).await, Some(Step::AwaitingProvider { .. }));
    office.until(async || office.all(&orders, asks).await).await;
    everybody.die().await;
    orders.iter().for_each(|order| office.set(*order, Hands::Able));
    let runner = office.start(odd, Sight::Clear).await;
    let own: Vec<_> = orders.iter().copied().filter(|order| office.is_in(*order, odd)).collect();
    assert!(own.len() > 10 && own.len() < 50, "{} in each half", own.len());
    let waits = async |order| matches!(office.step(order).await, Some(Step::AwaitingDispatch { .. }));
    office.until(async || office.all(&own, waits).await).await;
    let others: Vec<_> = orders.iter().copied().filter(|order| office.is_in(*order, even)).collect();
    assert!(office.all(&others, asks).await, "nobody works on them");
    runner.stop().await;
}
