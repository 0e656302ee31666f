use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use orderflow_core::{
    CustomerId, OrderId, Sku,
    order::{OrderCommand, OrderState},
};
use orderflow_engine::Tenant;
use orderflow_http::{Path, Problem, ProblemKind};

use super::{answer::OrderAnswer, wanted};
use crate::{
    answer::{Written, changed},
    call::{Call, Key, NoBody, Operation},
    fault,
    openapi::{Done, Headers, Problems},
    state::WriteState,
};

const PLACE_DRAFT: Operation = Operation::on("POST /orders/{id}/place", Key::Accepted);

/// Place a draft, at the prices of the day it was drafted.
///
/// The answer is the order as it was placed; when it was placed before, it says only that nothing happened.
#[utoipa::path(
    post, path = "/api/v1/orders/{id}/place", tag = "orders",
    params(("id" = uuid::Uuid, Path), Headers), responses(Done<OrderAnswer>, Problems)
)]
pub(super) async fn place_draft(
    State(state): State<Arc<WriteState>>, call: Call, Path(order): Path<OrderId>, NoBody(raw): NoBody,
) -> Result<Response, Problem> {
    let id = order.to_string();
    let envelope = call.envelope(&state, &PLACE_DRAFT, &id, &raw)?;
    let orders = &state.commands.orders;
    let outcome = match permit(&state, &call.caller.tenant, &id).await {
        Ok(()) => {
            let command = OrderCommand::PlaceDraft { placed_at: envelope.time };
            call.execute(orders, &id, &command, &envelope).await?
        }
        Err(problem) => call.repeated(orders, &id, &OrderCommand::Confirm, &envelope).await?.ok_or(problem)?,
    };
    match OrderAnswer::of(order, &outcome.events) {
        Some(answer) => Ok(Written::of(&state, &outcome, answer).await?.into_response()),
        None => changed(&state, id, &outcome).await,
    }
}

/// What a draft names.
struct Named {
    customer: Option<CustomerId>,
    lines: Vec<(u32, Sku)>,
}

/// What a draft names may have changed since: a deactivated customer places no orders, and a discontinued product
/// cannot be ordered. Whatever is no draft is left to the order's own rules.
async fn permit(state: &WriteState, tenant: &Tenant, id: &str) -> Result<(), Problem> {
    let look = |order: &OrderState, _| match order {
        OrderState::Draft(_) => {
            let customer = order.particulars().and_then(|particulars| particulars.customer);
            let lines = order.lines().iter().map(|line| (line.line, line.sku.clone())).collect();
            Some(Named { customer, lines })
        }
        OrderState::New
        | OrderState::Placed(_)
        | OrderState::Confirmed(_)
        | OrderState::Shipping(_)
        | OrderState::Completed(_)
        | OrderState::Cancelled(_) => None,
    };
    let named = state.commands.orders.look(tenant, id, look).await.map_err(fault::problem)?;
    let Some(Named { customer, lines }) = named else { return Ok(()) };
    if let Some(customer) = customer
        && let Err(why) = wanted::customer(state, tenant, customer).await?
    {
        return Err(Problem::new(ProblemKind::CONFLICT, why).member("code", "customer-cannot-order"));
    }
    for (line, sku) in &lines {
        if let Some(obstacle) = wanted::obstacle(state, tenant, sku).await? {
            let detail = format!("line {line}: '{sku}' {obstacle}: remove the line");
            return Err(Problem::new(ProblemKind::CONFLICT, detail).member("code", "product-cannot-be-ordered"));
        }
    }
    Ok(())
}
