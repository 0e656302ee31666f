use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use orderflow_core::{
    Country, Currency, CustomerId, OrderId,
    order::{NewLine, OrderCommand, Particulars},
};
use orderflow_engine::{Tenant, Timestamp};
use orderflow_http::{JsonBody, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    answer::OrderAnswer,
    wanted::{self, LineBody, WantedLine},
};
use crate::{
    answer::Written,
    body::{At, Errors, Field, Reference, Text},
    call::{Call, Key, Operation},
    caller::Privilege,
    openapi::{KeyedHeaders, Made, Problems},
    state::WriteState,
};

const PLACE: Operation = Operation::new("POST /orders", Key::Required);

/// An order as it is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceOrder {
    /// Null or left out: a guest.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    customer_id: Field<CustomerId>,
    #[serde(default)]
    #[schema(value_type = String, example = "GBP")]
    currency: Field<Currency>,
    /// 1 to 1,000 lines, and several may name one SKU. A draft may begin without any.
    #[schema(value_type = Vec<LineBody>)]
    lines: Option<Vec<LineBody>>,
    payment: Option<PaymentBody>,
    /// The time of the order, for callers with the privilege; else it is now.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime, example = "2009-12-01T07:45:00Z")]
    placed_at: Field<Timestamp>,
    /// Where it goes to, for callers with the privilege; else the customer's country.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, example = "United Kingdom")]
    country: Field<Country>,
    /// The caller's own name for the order, such as an invoice number.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200, example = "489434")]
    reference: Field<Reference>,
    /// True: only a draft, whose lines can still be edited.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    draft: Field<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = PaymentToken)]
#[serde(deny_unknown_fields)]
struct PaymentBody {
    /// What the payment provider is given.
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, max_length = 200, example = "tok_approve")]
    token: Field<Text<200>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begin {
    Placed,
    Draft,
}

/// An order that is right in itself; what it names is not looked up yet.
struct Wanted {
    begin: Begin,
    particulars: Particulars,
    lines: Vec<WantedLine>,
    placed_at: Option<Timestamp>,
}

impl PlaceOrder {
    fn check(self, now: Timestamp) -> Result<Wanted, Problem> {
        let mut errors = Errors::default();
        let customer = errors.optional(self.customer_id, At::Body("customer_id"));
        let currency = errors.required(self.currency, At::Body("currency"));
        let begin = match errors.optional(self.draft, At::Body("draft")) {
            Some(true) => Begin::Draft,
            Some(false) | None => Begin::Placed,
        };
        let lines = match self.lines {
            Some(lines) if lines.is_empty() && begin == Begin::Placed => {
                errors.add(At::Body("lines"), "is empty: an order needs at least one line");
                Vec::new()
            }
            Some(lines) => wanted::check(lines, "lines", &mut errors),
            None if begin == Begin::Draft => Vec::new(),
            None => {
                errors.add(At::Body("lines"), "is missing: an order needs at least one line");
                Vec::new()
            }
        };
        let token = match self.payment {
            Some(payment) => errors.required_text(payment.token, At::Body("payment/token")),
            None => {
                errors.add(At::Body("payment"), "is missing: give a token for the payment provider");
                None
            }
        };
        let placed_at = errors.optional(self.placed_at, At::Body("placed_at"));
        if placed_at.is_some_and(|placed_at| placed_at > now) {
            errors.add(At::Body("placed_at"), "is in the future: give the time at which the order was placed");
        }
        let country = errors.optional(self.country, At::Body("country"));
        let reference = errors.optional(self.reference, At::Body("reference")).map(|Text(reference)| reference);
        errors.check(currency.zip(token).map(|(currency, Text(payment_token))| Wanted {
            begin,
            particulars: Particulars { customer, country, currency, reference, payment_token },
            lines,
            placed_at,
        }))
    }
}

impl Wanted {
    /// Refuses what only a privileged caller may name.
    fn permit(&self, privilege: Privilege) -> Result<(), Problem> {
        match privilege {
            Privilege::Operator => Ok(()),
            Privilege::Ordinary => {
                let placed_at = self.placed_at.map(|_| At::Body("placed_at"));
                let country = self.particulars.country.as_ref().map(|_| At::Body("country"));
                let of_order = placed_at.into_iter().chain(country);
                wanted::forbid(of_order.chain(wanted::priced(&self.lines, "lines")))
            }
        }
    }

    /// Looks up what the order names: its customer, and its products.
    async fn complete(self, state: &WriteState, tenant: &Tenant, now: Timestamp) -> Result<OrderCommand, Problem> {
        let mut errors = Errors::default();
        let mut particulars = self.particulars;
        if let Some(customer) = particulars.customer {
            match wanted::customer(state, tenant, customer).await? {
                Ok(country) => particulars.country = particulars.country.or(country),
                Err(why) => errors.add(At::Body("customer_id"), why),
            }
        }
        let currency = Some(particulars.currency);
        let lines: Vec<NewLine> = wanted::complete(state, tenant, currency, self.lines, "lines", &mut errors).await?;
        errors.check(Some(match self.begin {
            Begin::Placed => OrderCommand::Place { particulars, lines, placed_at: self.placed_at.unwrap_or(now) },
            Begin::Draft => OrderCommand::Draft { particulars, lines },
        }))
    }
}

/// Place an order, or begin a draft.
///
/// The id follows from the idempotency key. Stock and payment follow by themselves; read the order to see how far it
/// is.
#[utoipa::path(
    post, path = "/api/v1/orders", tag = "orders",
    params(KeyedHeaders), request_body = PlaceOrder, responses(Made<OrderAnswer>, Problems)
)]
pub(super) async fn place(
    State(state): State<Arc<WriteState>>, call: Call, body: JsonBody<PlaceOrder>,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let wanted = body.value.check(now)?;
    wanted.permit(call.caller.privilege)?;
    let envelope = call.envelope(&state, &PLACE, "", &body.raw)?;
    let order = OrderId(envelope.metadata.command.derive("order").0);
    let id = order.to_string();
    let orders = &state.commands.orders;
    let outcome = match wanted.complete(&state, &call.caller.tenant, now).await {
        Ok(command) => call.execute(orders, &id, &command, &envelope).await?,
        Err(problem) => call.repeated(orders, &id, &OrderCommand::Confirm, &envelope).await?.ok_or(problem)?,
    };
    let answer = OrderAnswer::of(order, &outcome.events)
        .ok_or_else(|| Problem::internal("a command that begins an order did not begin it"))?;
    Ok(Written::of(&state, &outcome, answer).await?.created("orders", &id).into_response())
}
