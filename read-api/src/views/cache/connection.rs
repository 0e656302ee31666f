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
    /// Why there was no connection or no answer, since that is so.
    trouble: Option<String>,
}

impl State {
    fn succeeded(&mut self) {
        self.breaker.succeeded();
        if self.trouble.take().is_some() {
            tracing::info!("the cache answers again");
        }
    }

    fn failed(&mut self, error: &RedisError) {
        self.breaker.failed(Instant::now());
        let trouble = error.to_string();
        if self.trouble.as_ref() != Some(&trouble) {
            tracing::warn!(error = trouble, "the cache does not answer, so the views do");
            self.trouble = Some(trouble);
        }
    }
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
        let state = Mutex::new(State { breaker, link: Link::None, trouble: None });
        Self(Arc::new(Inner { client, config, timeout: options.timeout, state }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the connection.
    pub(super) async fn connect(&self) -> RedisResult<()> {
        let made = self.greet().await;
        let mut state = self.state();
        match made {
            Ok(connection) => {
                static NUMBERS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
                let number = NUMBERS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                state.link = Link::Made(connection, number);
                state.succeeded();
                Ok(())
            }
            Err(error) => {
                state.link = Link::None;
                state.failed(&error);
                Err(error)
            }
        }
    }

    /// A server that wants a password and was given none says so to the first command only.
    async fn greet(&self) -> RedisResult<MultiplexedConnection> {
        let mut connection = self.0.client.get_multiplexed_async_connection_with_config(&self.0.config).await?;
        redis::cmd("PING").exec_async(&mut connection).await?;
        Ok(connection)
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
                tokio::spawn(async move {
                    // Whoever asks next is told.
                    let _ = this.connect().await;
                });
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
                self.state().succeeded();
                None
            }
            Ok(found) => {
                self.state().succeeded();
                T::from_redis_value(found).ok()
            }
            Err(error) => {
                self.give_up(number, &error);
                None
            }
        }
    }

    fn give_up(&self, number: u64, error: &RedisError) {
        let mut state = self.state();
        state.failed(error);
        if matches!(state.link, Link::Made(_, current) if current == number) {
            state.link = Link::None;
        }
    }

    /// Whether the server answers; otherwise why it did not the last time.
    pub(super) async fn ping(&self) -> Result<(), String> {
        let Some((mut connection, number)) = self.made() else {
            return Err(self.state().trouble.clone().unwrap_or_else(|| "not connected yet".to_owned()));
        };
        let answer = timeout(self.0.timeout, redis::cmd("PING").exec_async(&mut connection)).await;
        let answer = answer.unwrap_or_else(|_| Err(too_slow()));
        match &answer {
            Ok(()) => self.state().succeeded(),
            Err(error) => self.give_up(number, error),
        }
        answer.map_err(|error| error.to_string())
    }
}

fn too_slow() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}
