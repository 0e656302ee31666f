use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use orderflow_core::{
    Currency, OrderId, Quantity,
    order::{LineEdit, Order, OrderCommand, OrderRejection},
};
use orderflow_engine::{Decider, Envelope, ExecuteError, Outcome};
use orderflow_http::{JsonBody, Path, Problem, Query};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    answer::{EditedAnswer, Run},
    wanted::{self, LineBody, WantedLine},
};
use crate::{
    answer::Written,
    body::{At, Errors, Field},
    call::{Call, Key, Operation},
    fault,
    openapi::{Done, Headers, Problems},
    state::WriteState,
};

const EDIT: Operation = Operation::on("PATCH /orders/{id}", Key::Accepted);

/// Edits of a draft's lines: all of them are made, or none. First lines are removed, then changed, then added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditOrder {
    #[serde(default)]
    add: Vec<LineBody>,
    #[serde(default)]
    change: Vec<ChangeLine>,
    /// The numbers of the lines.
    #[serde(default)]
    #[schema(value_type = Vec<u32>, example = json!([2]))]
    remove: Vec<Field<u32>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeLine {
    #[serde(default)]
    #[schema(value_type = u32, minimum = 1, example = 1)]
    line: Field<u32>,
    #[serde(default)]
    #[schema(value_type = u32, minimum = 1, maximum = 1_000_000, example = 24)]
    quantity: Field<Quantity>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct EditParameters {
    /// Only show what would change.
    #[serde(default)]
    #[param(default = false)]
    dry_run: bool,
}

/// Edits that are right in themselves.
struct Wanted {
    /// Removals, then changes.
    edits: Vec<LineEdit>,
    add: Vec<WantedLine>,
}

impl EditOrder {
    fn check(self) -> Result<Wanted, Problem> {
        let mut errors = Errors::default();
        let remove = errors.bounded(self.remove, At::Body("remove"));
        let change = errors.bounded(self.change, At::Body("change"));
        let mut edits = Vec::with_capacity(remove.len() + change.len() + self.add.len());
        for (index, line) in remove.into_iter().enumerate() {
            let line = errors.required(line, At::Item { list: "remove", index, field: "" });
            edits.extend(line.map(|line| LineEdit::Remove { line }));
        }
        for (index, ChangeLine { line, quantity }) in change.into_iter().enumerate() {
            let at = |field| At::Item { list: "change", index, field };
            let line = errors.required(line, at("line"));
            let quantity = errors.required(quantity, at("quantity"));
            edits.extend(line.zip(quantity).map(|(line, quantity)| LineEdit::Change { line, quantity }));
        }
        let add = wanted::check(self.add, "add", &mut errors);
        errors.check(Some(Wanted { edits, add }))
    }
}

/// Edit the lines of a draft.
#[utoipa::path(
    patch, path = "/api/v1/orders/{id}", tag = "orders",
    params(("id" = uuid::Uuid, Path), EditParameters, Headers),
    request_body = EditOrder, responses(Done<EditedAnswer>, Problems)
)]
pub(super) async fn edit(
    State(state): State<Arc<WriteState>>, call: Call, Path(order): Path<OrderId>,
    Query(parameters): Query<EditParameters>, body: JsonBody<EditOrder>,
) -> Result<Response, Problem> {
    let wanted = body.value.check()?;
    wanted::permit_prices(&wanted.add, "add", call.caller.privilege)?;
    let id = order.to_string();
    let envelope = call.envelope(&state, &EDIT, &id, &body.raw)?;
    let orders = &state.commands.orders;
    // An order's currency never changes, so it may be looked up even for the answer to a repeat.
    let currency = |order: &<Order as Decider>::State, _| order.particulars().map(|particulars| particulars.currency);
    let currency = orders.look(&call.caller.tenant, &id, currency).await.map_err(fault::problem)?;
    let run = if parameters.dry_run { Run::Dry } else { Run::Real };
    let outcome = match complete(&state, &call, currency, wanted).await {
        Ok(command) => match run {
            Run::Dry => dry_run(&state, &call, &id, &command, &envelope).await?,
            Run::Real => call.execute(orders, &id, &command, &envelope).await?,
        },
        Err(problem) => match run {
            Run::Dry => return Err(problem),
            Run::Real => call.repeated(orders, &id, &OrderCommand::Confirm, &envelope).await?.ok_or(problem)?,
        },
    };
    let currency = currency.ok_or_else(|| fault::refused(&OrderRejection::Missing))?;
    let answer = EditedAnswer::of(order, currency, run, &outcome);
    Ok(Written::of(&state, &outcome, answer).await?.into_response())
}

async fn complete(
    state: &WriteState, call: &Call, currency: Option<Currency>, wanted: Wanted,
) -> Result<OrderCommand, Problem> {
    let mut errors = Errors::default();
    let mut edits = wanted.edits;
    let lines = wanted::complete(state, &call.caller.tenant, currency, wanted.add, "add", &mut errors).await?;
    edits.extend(lines.into_iter().map(LineEdit::Add));
    errors.check(Some(OrderCommand::EditLines { edits }))
}

/// Decides, and appends nothing.
async fn dry_run(
    state: &WriteState, call: &Call, id: &str, command: &OrderCommand, envelope: &Envelope,
) -> Result<Outcome<<Order as Decider>::Event>, Problem> {
    let decide = |order: &<Order as Decider>::State, actual| match envelope.if_version {
        Some(expected) if expected != actual => Err(ExecuteError::Stale { expected, actual }),
        Some(_) | None => {
            let events = Order::decide(order, command).map_err(ExecuteError::Rejected)?;
            Ok(Outcome { version: actual, position: None, events, repeated: false })
        }
    };
    let decided = state.commands.orders.look(&call.caller.tenant, id, decide).await.map_err(fault::problem)?;
    decided.map_err(fault::problem)
}
