//! The connection to the cache. No request waits for it to be made: as long as there is none, there are no answers.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, FromRedisValue, RedisError, RedisResult, ScriptInvocation, Value,
    aio::MultiplexedConnection,
};
use tokio::time::{Instant, timeout};

use super::{CacheOptions, breaker::Breaker};

#[derive(Clone)]
pub(super) struct Connection(Arc<Inner>);

struct Inner {
    client: Client,
    config: AsyncConnectionConfig,
    timeout: Duration,
    state: Mutex<State>,
}

struct State {
    breaker: Breaker,
    link: Link,
}

enum Link {
    None,
    Making,
    /// With a number that no later one has.
    Made(MultiplexedConnection, u64),
}

impl Connection {
    pub(super) fn new(client: Client, options: &CacheOptions) -> Self {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(options.connect_timeout))
            .set_response_timeout(Some(options.timeout.max(options.connect_timeout)));
        let breaker = Breaker::new(options.pause, options.longest_pause, options.seed);
        let state = Mutex::new(State { breaker, link: Link::None });
        Self(Arc::new(Inner { client, config, timeout: options.timeout, state }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the connection.
    pub(super) async fn connect(&self) {
        let made = self.0.client.get_multiplexed_async_connection_with_config(&self.0.config).await;
        let mut state = self.state();
        match made {
            Ok(connection) => {
                static NUMBERS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
                let number = NUMBERS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                state.link = Link::Made(connection, number);
                state.breaker.succeeded();
            }
            Err(_) => {
                state.link = Link::None;
                state.breaker.failed(Instant::now());
            }
        }
    }

    /// The connection, if there is one that may be used; otherwise one is made beside, when it is time to try.
    fn made(&self) -> Option<(MultiplexedConnection, u64)> {
        let mut state = self.state();
        let allowed = !matches!(state.link, Link::Making) && state.breaker.allows(Instant::now());
        match &state.link {
            Link::Made(connection, number) if allowed => Some((connection.clone(), *number)),
            Link::Made(..) | Link::Making => None,
            Link::None if !allowed => None,
            Link::None => {
                state.link = Link::Making;
                let this = self.clone();
                tokio::spawn(async move { this.connect().await });
                None
            }
        }
    }

    /// `None` when there is no answer in time, or when the answer is that there is none.
    pub(super) async fn ask<T: FromRedisValue>(&self, call: &ScriptInvocation<'_>) -> Option<T> {
        let (mut connection, number) = self.made()?;
        let answer: RedisResult<Value> = match timeout(self.0.timeout, call.invoke_async(&mut connection)).await {
            Ok(answer) => answer,
            Err(_) => Err(too_slow()),
        };
        match answer {
            Ok(Value::Nil) => {
                self.state().breaker.succeeded();
                None
            }
            Ok(found) => {
                self.state().breaker.succeeded();
                T::from_redis_value(found).ok()
            }
            Err(_) => {
                self.give_up(number);
                None
            }
        }
    }

    fn give_up(&self, number: u64) {
        let mut state = self.state();
        state.breaker.failed(Instant::now());
        if matches!(state.link, Link::Made(_, current) if current == number) {
            state.link = Link::None;
        }
    }

    pub(super) async fn ping(&self) -> RedisResult<()> {
        let Some((mut connection, number)) = self.made() else { return Err(not_connected()) };
        let answer = timeout(self.0.timeout, redis::cmd("PING").exec_async(&mut connection)).await;
        let answer = answer.unwrap_or_else(|_| Err(too_slow()));
        match &answer {
            Ok(()) => self.state().breaker.succeeded(),
            Err(_) => self.give_up(number),
        }
        answer
    }
}

fn too_slow() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

fn not_connected() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::NotConnected).into()
}
