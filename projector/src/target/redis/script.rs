//! The scripts, each of which is carried out whole or not at all as far as anyone can see.

use redis::{Cmd, ErrorKind, FromRedisValue, RedisResult, Script, ServerErrorKind};

use super::link::Link;

/// A script that is sent by its hash; the server is told its text when it does not know it.
pub(super) struct Lua {
    text: &'static str,
    script: std::sync::LazyLock<Script>,
}

macro_rules! scripts {
    ($($name:ident = $file:literal;)*) => {
        $(pub(super) static $name: Lua = Lua {
            text: include_str!($file),
            script: std::sync::LazyLock::new(|| Script::new(include_str!($file))),
        };)*
    };
}

scripts! {
    ABANDON = "scripts/abandon.lua";
    BEGIN_BUILD = "scripts/begin_build.lua";
    ENSURE = "scripts/ensure.lua";
    RENEW = "scripts/renew.lua";
    RESIGN = "scripts/resign.lua";
    SWITCH = "scripts/switch.lua";
    WRITE = "scripts/write.lua";
}

impl Lua {
    /// The beginning of a call; its arguments are to follow.
    pub(super) fn call(&self, keys: &[String]) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(self.script.get_hash()).arg(keys.len()).arg(keys);
        command
    }

    pub(super) async fn run<T: FromRedisValue>(&self, link: &Link, call: &Cmd) -> RedisResult<T> {
        match link.run(call).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                let mut load = redis::cmd("SCRIPT");
                link.run::<String>(load.arg("LOAD").arg(self.text)).await?;
                link.run(call).await
            }
            answer => answer,
        }
    }
}
