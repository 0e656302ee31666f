//! The fulfilment process against a hostile world: random orders, payments, people, warehouses, failures and deaths.
//!
//! Everything is real but the clock and the payment provider: the handlers, the deciders, the process runner and the
//! projections, on the memory store. Time is simulated, so fifteen minutes of waiting take none. A failure prints the
//! script that replays it.

mod check;
mod script;
mod sharing;
mod world;

use proptest::{prelude::*, test_runner::Config};

use self::{script::Script, world::World};

proptest! {
    #![proptest_config(Config { cases: 1000, max_shrink_iters: 400, failure_persistence: None, ..Config::default() })]

    /// Whatever happens, every order ends, no stock is oversold or left reserved, and all money is accounted for.
    #[test]
    fn every_order_ends_and_everything_adds_up(script in script::any()) {
        play(script)?;
    }
}

fn play(script: Script) -> Result<(), TestCaseError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let mut world = World::new(&script).await;
        for deed in &script.deeds {
            world.perform(deed).await;
        }
        world.settle().await;
        check::everything(&world).await
    })
}
