//! Pages of lists: their limits, and cursors that fit one list with one set of filters.

use axum::{http::Uri, response::Response};
use orderflow_engine::{Position, Tenant};
use orderflow_http::{Cursor, CursorKey, Page, Problem};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::IntoParams;

use crate::{
    caller::Caller,
    reply,
    state::ReadState,
    views::{Answer, Slice},
};

const DEFAULT_LIMIT: usize = 50;
pub(crate) const MAX_LIMIT: usize = 1000;

/// One list, as one caller asks for it.
pub(crate) struct Listing<'a, F> {
    pub(crate) name: &'static str,
    pub(crate) tenant: &'a Tenant,
    /// What decides which rows are in the list: cursors fit no other.
    pub(crate) filters: &'a F,
    pub(crate) key: &'a CursorKey,
    pub(crate) limit: usize,
}

/// The parameters of a list that has no filters.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// 1 to 1000; 50 when left out.
    #[serde(skip_serializing)]
    pub(crate) limit: Option<usize>,
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing)]
    pub(crate) cursor: Option<String>,
}

/// The number of rows on a page.
pub(crate) fn limit(asked: Option<usize>, default: usize, max: usize) -> Result<usize, Problem> {
    match asked {
        None => Ok(default),
        Some(limit) if (1..=max).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::invalid_parameter("limit", format!("a page has from 1 to {max} rows"))),
    }
}

impl<'a, F: Serialize> Listing<'a, F> {
    pub(crate) fn of(
        name: &'static str, caller: &'a Caller, state: &'a ReadState, filters: &'a F, asked: Option<usize>,
    ) -> Result<Self, Problem> {
        let limit = limit(asked, DEFAULT_LIMIT, MAX_LIMIT)?;
        Ok(Self { name, tenant: &caller.tenant, filters, key: state.cursors(), limit })
    }

    fn seal(&self, place: &impl Serialize) -> String {
        Cursor::seal(self.key, &(self.name, self.tenant, self.filters), place)
    }

    pub(crate) fn open<P: DeserializeOwned>(&self, cursor: Option<&str>) -> Result<Option<P>, Problem> {
        cursor.map(|cursor| Cursor::open(self.key, &(self.name, self.tenant, self.filters), cursor)).transpose()
    }

    /// What to ask the views for: a row more than is shown tells whether there is another page.
    pub(crate) fn slice<P: DeserializeOwned>(&self, cursor: Option<&str>) -> Result<Slice<P>, Problem> {
        Ok(Slice { after: self.open(cursor)?, limit: self.limit + 1 })
    }

    /// The rows of the page, and the cursor of the next one if there is one.
    pub(crate) fn cut<R, P: Serialize>(&self, answer: Answer<Vec<R>>, place: impl Fn(&R) -> P) -> Cut<R> {
        let Answer { position, value: mut rows } = answer;
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next_cursor = rows.last().filter(|_| more).map(|row| self.seal(&place(row)));
        Cut { position, rows, next_cursor }
    }
}

/// The rows of one page.
pub(crate) struct Cut<R> {
    position: Position,
    rows: Vec<R>,
    next_cursor: Option<String>,
}

impl<R> Cut<R> {
    pub(crate) fn respond<'r, D: Serialize>(
        &'r self, uri: &Uri, document: impl Fn(&'r R) -> Result<D, Problem>,
    ) -> Result<Response, Problem> {
        let items = self.rows.iter().map(document).collect::<Result<Vec<_>, _>>()?;
        Ok(reply::with_position(self.position, Page { items, next_cursor: self.next_cursor.clone() }.respond(uri)))
    }
}
