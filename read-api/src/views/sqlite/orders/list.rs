//! The statements of a list of orders.
//!
//! The most selective filter that has an index drives: a unary `+` keeps the planner from the others, and likelihoods
//! keep it from taking the tenant, which every index begins with, for a selective one.

use orderflow_engine::Tenant;
use rusqlite::types::Value;

use crate::views::{
    question::{Beginning, OrderFilter, OrderPart, OrderPlace, OrderSearch, Slice, Words},
    sqlite::{
        likelihood::{often, seldom},
        words,
    },
};

const COLUMNS: &str = "id, number, status, fulfilment, payment, on_hold, currency, total, placed_at, customer, \
                       country, reference, cancelled, updated_at, version";

/// Takes the number of rows wanted as its last parameter.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Driver {
    Id,
    Reference,
    /// The whole table: no index knows numbers, or words.
    Search,
    Customer,
    Status,
    Placed,
}

impl Driver {
    fn of(filter: &OrderFilter) -> Self {
        if let Some(OrderSearch::Id(_)) = filter.search {
            Self::Id
        } else if filter.reference.is_some() {
            Self::Reference
        } else if filter.customer.is_some() {
            Self::Customer
        } else if filter.search.is_some() {
            Self::Search
        } else if filter.status.is_some() {
            Self::Status
        } else {
            Self::Placed
        }
    }

    /// Whether the driving index is in the order of the list.
    fn is_in_order(self) -> bool {
        match self {
            Self::Customer | Self::Status | Self::Placed => true,
            Self::Id | Self::Reference | Self::Search => false,
        }
    }
}

/// Those that together make the list, each going on where the one before ends.
pub(super) fn statements(tenant: &Tenant, filter: &OrderFilter, slice: &Slice<OrderPlace>) -> Vec<Statement> {
    let after = slice.after.as_ref();
    let parts = [OrderPart::Placed, OrderPart::NeverPlaced].into_iter().filter(|part| filter.has(*part, after));
    parts.map(|part| statement(tenant, filter, after, part)).collect()
}

fn statement(tenant: &Tenant, filter: &OrderFilter, after: Option<&OrderPlace>, part: OrderPart) -> Statement {
    let driver = Driver::of(filter);
    let mut statement = Statement {
        sql: format!("SELECT {COLUMNS} FROM orders WHERE {}", often("tenant")),
        values: vec![text(tenant.as_str())],
    };
    let mut equal = |column: &str, value: Option<Value>, drives: bool| {
        if let Some(value) = value {
            let condition = if drives { seldom(column) } else { format!("+{column} = ?") };
            statement.condition(&condition, [value]);
        }
    };
    equal("reference", filter.reference.as_deref().map(text), driver == Driver::Reference);
    equal("customer", filter.customer.map(|id| Value::Text(id.to_string())), driver == Driver::Customer);
    equal("status", filter.status.map(|status| text(status.as_str())), driver == Driver::Status);
    equal("fulfilment", filter.fulfilment.map(|status| text(status.as_str())), false);
    equal("payment", filter.payment.map(|status| text(status.as_str())), false);
    equal("country", filter.country.as_deref().map(text), false);
    match &filter.search {
        Some(OrderSearch::Id(id)) => statement.condition(&seldom("id"), [Value::Text(id.to_string())]),
        Some(OrderSearch::Text { beginning, words }) => statement.search(beginning, words),
        None => {}
    }

    let placed_at = if driver.is_in_order() { "placed_at" } else { "+placed_at" };
    match part {
        OrderPart::Placed => {
            if let Some(from) = filter.placed_from {
                statement.condition(&format!("{placed_at} >= ?"), [from.into()]);
            }
            if let Some(until) = filter.placed_until {
                statement.condition(&format!("{placed_at} < ?"), [until.into()]);
            }
            match after {
                Some(OrderPlace { placed_at: Some(at), id }) => {
                    statement.condition(&format!("({placed_at}, id) < (?, ?)"), [(*at).into(), text(id)]);
                }
                // The other conditions leave out what was never placed, too, and one more would mislead the planner.
                Some(OrderPlace { placed_at: None, .. }) | None => {
                    if filter.placed_from.is_none() && filter.placed_until.is_none() {
                        statement.condition(&format!("{placed_at} IS NOT NULL"), []);
                    }
                }
            }
            statement.sql.push_str(&format!(" ORDER BY {placed_at} DESC, id DESC LIMIT ?"));
        }
        OrderPart::NeverPlaced => {
            statement.condition(&format!("{placed_at} IS NULL"), []);
            if let Some(OrderPlace { placed_at: None, id }) = after {
                statement.condition("id < ?", [text(id)]);
            }
            statement.sql.push_str(" ORDER BY id DESC LIMIT ?");
        }
    }
    statement
}

impl Statement {
    fn condition(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.extend(values);
    }

    fn search(&mut self, beginning: &Beginning, words: &Words) {
        let (has_words, begun) = words::condition("l.words", words);
        self.condition(
            &format!(
                "(+number BETWEEN ? AND ? OR +reference BETWEEN ? AND ? OR EXISTS (SELECT 1 FROM order_lines l \
                 WHERE l.tenant = orders.tenant AND l.id = orders.id AND {has_words}))"
            ),
            [beginning.of_numbers(), beginning.of_references()].into_iter().flatten().map(Value::Text).chain(begun),
        );
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[cfg(test)]
mod tests {
    use orderflow_core::{
        CustomerId,
        order::{OrderStatus, PaymentStatus},
    };
    use uuid::Uuid;

    use super::*;
    use crate::views::sqlite::fixture::Views;

    fn filter(change: impl FnOnce(&mut OrderFilter)) -> OrderFilter {
        let mut filter = OrderFilter::default();
        change(&mut filter);
        filter
    }

    /// How SQLite carries out each statement of a list.
    fn plans(views: &Views, filter: &OrderFilter, after: Option<OrderPlace>) -> Vec<String> {
        let plan = |statement: Statement| {
            let values = statement.values.into_iter().chain([50.into()]);
            views.plan(&statement.sql, rusqlite::params_from_iter(values))
        };
        statements(&Tenant::default(), filter, &Slice { after, limit: 50 }).into_iter().map(plan).collect()
    }

    #[tokio::test]
    async fn every_list_uses_the_index_made_for_it() {
        let views = Views::new().await;
        // Where a page begins, at first and later on.
        let later = OrderPlace { placed_at: Some(7), id: Uuid::nil().to_string() };
        let status = |status| filter(|f| (f.status, f.payment) = (Some(status), Some(PaymentStatus::None)));
        let customer = |status| filter(|f| (f.customer, f.status) = (Some(CustomerId(Uuid::nil())), status));
        let range = |f: &mut OrderFilter| (f.placed_from, f.placed_until) = (Some(1), Some(9));
        let cases = [
            (filter(|_| ()), vec!["INDEX orders__g1__by_placed (tenant=? AND "]),
            (filter(range), vec!["INDEX orders__g1__by_placed (tenant=? AND placed_at>? AND "]),
            (filter(|f| f.country = Some("France".into())), vec!["INDEX orders__g1__by_placed (tenant=? AND "]),
            (status(OrderStatus::Placed), vec!["INDEX orders__g1__by_status (tenant=? AND status=? AND "]),
            (
                filter(|f| {
                    f.status = Some(OrderStatus::Placed);
                    range(f);
                }),
                vec!["INDEX orders__g1__by_status (tenant=? AND status=? AND placed_at>? AND "],
            ),
            (customer(None), vec!["INDEX orders__g1__by_customer (tenant=? AND customer=? AND "]),
            (
                customer(Some(OrderStatus::Draft)),
                vec![
                    "INDEX orders__g1__by_customer (tenant=? AND customer=? AND ",
                    "INDEX orders__g1__by_customer (tenant=? AND customer=? AND placed_at=?",
                ],
            ),
            (
                filter(|f| (f.reference, f.status) = (Some("489434".into()), Some(OrderStatus::Placed))),
                vec!["INDEX orders__g1__by_reference (tenant=? AND reference=?)"],
            ),
            (filter(|f| f.search = OrderSearch::of(&Uuid::nil().to_string())), vec!["PRIMARY KEY (tenant=? AND id=?)"]),
            (filter(|f| f.search = OrderSearch::of("4894")), vec!["PRIMARY KEY (tenant=?)"]),
        ];
        let mut surprises = Vec::new();
        for ((filter, expected), after) in cases.iter().flat_map(|case| [(case, None), (case, Some(&later))]) {
            let plans = plans(&views, filter, after.cloned());
            assert_eq!(plans.len(), expected.len(), "{filter:?}: {plans:?}");
            for (plan, expected) in plans.iter().zip(expected) {
                let sorts = plan.contains("TEMP B-TREE");
                if !plan.contains(expected) || sorts != matches!(Driver::of(filter), Driver::Reference | Driver::Search)
                {
                    surprises.push(format!("{filter:?}, {after:?}: {plan}, not {expected}"));
                }
            }
        }
        assert!(surprises.is_empty(), "{surprises:#?}");
    }
}
