//! The engine on the memory store, with a domain of its own: counters.

mod counter;
mod failing;
mod handling;
mod repeats;

use orderflow_engine::{
    MemoryStore,
    store::conformance::{self, Positions},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_memory_store_keeps_the_contract() {
    conformance::check(MemoryStore::new(), Positions::Gapless).await;
}
