//! `GET /analytics/sales`

use axum::{extract::State, http::Uri, response::Response};
use chrono::NaiveDate;
use orderflow_http::{OrderflowAfter, Page, Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::{
    caller::Caller,
    describe::{After, Refusals},
    documents::SalesDocument,
    listing::{Listing, limit},
    problems::Refused,
    state::ReadState,
    views::{Sales, SalesBy, SalesPlace, SalesRow},
};

/// A report is read whole; only an unusual one has a second page.
const MOST: usize = 10_000;

#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    #[param(inline)]
    by: SalesBy,
    /// The first day, or month, that counts. For `by=day` and `by=month` only.
    #[param(example = "2009-12-01")]
    from: Option<String>,
    /// The last day, or month, that counts. For `by=day` and `by=month` only.
    #[param(example = "2010-11-30")]
    to: Option<String>,
    /// 1 to 10000, which is also what is given when it is left out.
    #[serde(skip_serializing)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before, with the same parameters.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

impl Parameters {
    fn sales(&self) -> Result<Sales, Problem> {
        let ranged = match self.by {
            SalesBy::Day | SalesBy::Month => true,
            SalesBy::Product | SalesBy::Country => false,
        };
        for (name, date) in [("from", &self.from), ("to", &self.to)] {
            match date.as_deref() {
                None => {}
                Some(_) if !ranged => {
                    return Err(Problem::invalid_parameter(
                        name,
                        "it goes with by=day and by=month only: leave it out",
                    ));
                }
                Some(date) if is_date(date) || is_date(&format!("{date}-01")) => {}
                Some(_) => {
                    return Err(Problem::invalid_parameter(
                        name,
                        "send a date such as 2009-12-01, or a month such as 2009-12",
                    ));
                }
            }
        }
        Ok(Sales { by: self.by, from: self.from.clone(), to: self.to.clone() })
    }
}

/// Dates are compared as text, so they have to be written in full.
fn is_date(text: &str) -> bool {
    text.len() == "2009-12-01".len() && text.parse::<NaiveDate>().is_ok()
}

/// What was sold, by month, day, product or country, in the order of the key. Orders that were cancelled do not count.
#[utoipa::path(
    get, path = "/api/v1/analytics/sales", tag = "analytics",
    params(Parameters, After),
    responses(
        (status = 200, body = Page<SalesDocument>, description = "One item per key and currency.", headers(
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
            ("Link" = String, description = "The next page, if there is one."),
        )),
        Refusals,
    ),
)]
pub(crate) async fn sales(
    State(state): State<ReadState>, caller: Caller, uri: Uri, Query(parameters): Query<Parameters>,
    after: OrderflowAfter,
) -> Result<Response, Problem> {
    let sales = parameters.sales()?;
    let listing = Listing {
        name: "sales",
        tenant: &caller.tenant,
        filters: &parameters,
        key: state.cursors(),
        limit: limit(parameters.limit, MOST, MOST)?,
    };
    let slice = listing.slice(parameters.cursor.as_deref())?;
    let views: &'static [&'static str] = match parameters.by {
        SalesBy::Day | SalesBy::Month => &["sales_by_day"],
        SalesBy::Product => &["sales_by_product"],
        SalesBy::Country => &["sales_by_country"],
    };
    state.caught_up(after, views).await?;
    let answer = state.views().sales(&caller.tenant, sales, slice).await.map_err(Problem::refused)?;
    let place = |row: &SalesRow| SalesPlace { key: row.key.clone(), currency: row.currency.clone() };
    listing.cut(answer, place).respond(&uri, SalesDocument::new)
}
