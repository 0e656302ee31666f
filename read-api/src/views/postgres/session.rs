//! How connections are made, and what is set on them.

use std::{str::FromStr, time::Duration};

use sqlx::{ConnectOptions, postgres::PgConnectOptions};

/// More than there are statements.
const STATEMENTS: usize = 64;
/// How long a read stands behind a lock before it gives up those it has, and tries again.
const LOCK_MS: u64 = 200;

/// A database that cannot be connected to, whatever happens there.
#[derive(Debug, thiserror::Error)]
pub enum InvalidUrl {
    #[error("the URL of the views cannot be understood: write it as postgres://user:password@host:port/database")]
    Malformed(#[source] sqlx::Error),
    #[error("the URL of the views names no user: write it as postgres://user:password@host:port/database")]
    NoUser,
}

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    ReadOnly,
    ReadWrite,
}

/// When statements are planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Planning {
    /// One plan for whatever is asked, once it has proved itself.
    Once,
    /// For the values that are asked with: a rare status wants another plan than a common one.
    EachTime,
}

/// Where the views are.
pub(super) struct Server(PgConnectOptions);

impl Server {
    pub(super) fn parse(url: &str) -> Result<Self, InvalidUrl> {
        let options = PgConnectOptions::from_str(url).map_err(InvalidUrl::Malformed)?;
        if !names_a_user(url) {
            return Err(InvalidUrl::NoUser);
        }
        let options = options.application_name("orderflow read-api").statement_cache_capacity(STATEMENTS);
        Ok(Self(options.disable_statement_logging()))
    }

    pub(super) fn connections(
        &self, access: Access, planning: Planning, statement_timeout: Duration,
    ) -> PgConnectOptions {
        let read_only = match access {
            Access::ReadOnly => "on",
            Access::ReadWrite => "off",
        };
        let plans = match planning {
            Planning::Once => "auto",
            Planning::EachTime => "force_custom_plan",
        };
        let settings = [
            ("default_transaction_read_only", read_only.to_owned()),
            ("statement_timeout", statement_timeout.as_millis().to_string()),
            // Long before the server would look for a deadlock.
            ("lock_timeout", LOCK_MS.to_string()),
            ("plan_cache_mode", plans.to_owned()),
            // Compiling a statement takes longer than carrying any of these out.
            ("jit", "off".to_owned()),
            // A question has one process of the server, so that so many questions are so much work.
            ("max_parallel_workers_per_gather", "0".to_owned()),
            // A reader that is gone without a word does not keep its connection.
            ("tcp_keepalives_idle", "30".to_owned()),
            ("tcp_keepalives_interval", "10".to_owned()),
            ("tcp_keepalives_count", "3".to_owned()),
            ("tcp_user_timeout", "30000".to_owned()),
        ];
        self.0.clone().options(settings)
    }
}

/// Without one the name of whoever runs this program would be taken, or none at all.
fn names_a_user(url: &str) -> bool {
    let after_scheme = url.split_once("://").map_or("", |(_, rest)| rest);
    let (authority, rest) = after_scheme.split_at(after_scheme.find(['/', '?']).unwrap_or(after_scheme.len()));
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user.split(':').next().unwrap_or_default());
    !user.is_empty() || rest.contains("?user=") || rest.contains("&user=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_user() {
        for good in ["postgres://a@h/d", "postgresql://a:b%40c@h:1/d?sslmode=disable", "postgres://h/d?user=a"] {
            assert!(Server::parse(good).is_ok(), "{good}");
        }
        for bad in ["postgres://h/d", "postgres://@h/d", "postgres://:secret@h/d", "postgres://h/d?sslmode=disable&a=@"]
        {
            assert!(matches!(Server::parse(bad), Err(InvalidUrl::NoUser)), "{bad}");
        }
        for bad in ["", "views.db", "postgres//a@h", "postgres://a@h:x/d", "postgres://a@h/d?sslmode=maybe"] {
            assert!(matches!(Server::parse(bad), Err(InvalidUrl::Malformed(_))), "{bad}");
        }
    }
}
