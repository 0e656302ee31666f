//! The read API's lists, page by page.

use std::marker::PhantomData;

use anyhow::{Context, bail};
use orderflow_core::order::OrderStatus;
use serde::{Deserialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{
    client::{Ask, Client},
    keys,
};

/// The largest page that the API gives.
const ROWS: usize = 1000;

/// The rows of one list that are still to come.
#[derive(Debug)]
pub(super) struct Pages<T> {
    path: String,
    after: u64,
    next: Next,
    rows: PhantomData<T>,
}

#[derive(Debug)]
enum Next {
    First,
    Cursor(String),
    Nothing,
}

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ShipmentRow {
    pub(super) id: Uuid,
    pub(super) order_id: Uuid,
}

#[derive(Debug, Deserialize)]
pub(super) struct OrderRow {
    pub(super) id: Uuid,
    pub(super) status: OrderStatus,
    pub(super) cancelled: Option<Cancelled>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cancelled {
    pub(super) code: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ProcessRow {
    pub(super) id: Uuid,
    pub(super) reason: Option<String>,
}

impl<T: DeserializeOwned> Pages<T> {
    /// `path` has its filters already; the rows are at least as fresh as the position `after`.
    pub(super) fn of(path: &str, after: u64) -> Self {
        let separator = if path.contains('?') { '&' } else { '?' };
        Self { path: format!("{path}{separator}limit={ROWS}"), after, next: Next::First, rows: PhantomData }
    }

    /// The next page; `None` after the last one.
    pub(super) async fn next(&mut self, client: &mut Client) -> anyhow::Result<Option<Vec<T>>> {
        let uri = match &self.next {
            Next::First => self.path.clone(),
            Next::Cursor(cursor) => format!("{}&cursor={}", self.path, keys::encoded(cursor)),
            Next::Nothing => return Ok(None),
        };
        match client.ask(&Ask::get(keys::uri(uri), self.after)).await? {
            Ok(body) => {
                let page: Page<T> = serde_json::from_slice(&body)
                    .with_context(|| format!("{} is not answered with a list of what it should be", self.path))?;
                self.next = page.next_cursor.map_or(Next::Nothing, Next::Cursor);
                Ok(Some(page.items))
            }
            Err(refusal) => bail!("{}: the server answered {refusal}", self.path),
        }
    }

    /// All of the rows that there are, as far as `keep` makes something of them.
    pub(super) async fn collect<U>(
        mut self, client: &mut Client, mut keep: impl FnMut(T) -> Option<U>,
    ) -> anyhow::Result<Vec<U>> {
        let mut kept = Vec::new();
        while let Some(page) = self.next(client).await? {
            kept.extend(page.into_iter().filter_map(&mut keep));
        }
        Ok(kept)
    }
}
