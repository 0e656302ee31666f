//! The connection: one for all, made when it is first needed, and made anew after it broke.
//!
//! A connection that does not answer in time is given up like a broken one: behind a network that swallows everything
//! it would stay open for a quarter of an hour. Whoever calls again waits longer and longer, so nothing here does.

use std::{sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, FromRedisValue, RedisError, RedisResult,
    aio::MultiplexedConnection,
};
use tokio::sync::Mutex;

pub(super) struct Link {
    client: Client,
    config: AsyncConnectionConfig,
    current: Mutex<Option<Connected>>,
}

#[derive(Clone)]
struct Connected {
    connection: MultiplexedConnection,
    /// Tells it from the one that is made after it.
    identity: Arc<()>,
}

impl Link {
    /// Connects to nothing yet.
    pub(super) fn new(client: Client, connect_timeout: Duration, response_timeout: Duration) -> Self {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(connect_timeout))
            .set_response_timeout(Some(response_timeout));
        Self { client, config, current: Mutex::new(None) }
    }

    /// Where the server is, without user and password.
    pub(super) fn address(&self) -> String {
        match self.client.get_connection_info().addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => format!("{host}:{port}"),
            other => other.to_string(),
        }
    }

    pub(super) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let mut connected = self.connected().await?;
        let answer = command.query_async(&mut connected.connection).await;
        if let Err(error) = &answer
            && is_broken(error)
        {
            let mut current = self.current.lock().await;
            current.take_if(|current| Arc::ptr_eq(&current.identity, &connected.identity));
        }
        answer
    }

    async fn connected(&self) -> RedisResult<Connected> {
        let mut current = self.current.lock().await;
        if let Some(connected) = &*current {
            return Ok(connected.clone());
        }
        let connection = self.client.get_multiplexed_async_connection_with_config(&self.config).await?;
        Ok(current.insert(Connected { connection, identity: Arc::new(()) }).clone())
    }
}

fn is_broken(error: &RedisError) -> bool {
    error.is_io_error() || error.is_timeout() || error.is_unrecoverable_error()
}
