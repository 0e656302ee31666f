use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{Country, CustomerId, customer::CustomerCommand};
use orderflow_http::{JsonBody, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    answer::{Changed, created},
    body::{At, Errors, Field, Reference, Text},
    call::{Call, Key, Operation},
    openapi::{Headers, Made, Problems},
    state::WriteState,
};

const REGISTER: Operation = Operation::new("POST /customers", Key::Accepted);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterCustomer {
    /// The caller's own name for the customer, such as an account number. No personal data.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200, example = "13085")]
    reference: Field<Reference>,
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, example = "United Kingdom")]
    country: Field<Country>,
}

impl RegisterCustomer {
    fn check(self) -> Result<CustomerCommand, Problem> {
        let mut errors = Errors::default();
        let reference = errors.optional(self.reference, At::Body("reference")).map(|Text(reference)| reference);
        let country = errors.optional(self.country, At::Body("country"));
        errors.check(Some(CustomerCommand::Register { reference, country }))
    }
}

/// Register a customer, who may then order. The id follows from the idempotency key, if one is sent.
#[utoipa::path(
    post, path = "/api/v1/customers", tag = "customers",
    params(Headers), request_body = RegisterCustomer, responses(Made<Changed>, Problems)
)]
pub(super) async fn register(
    State(state): State<Arc<WriteState>>, call: Call, body: JsonBody<RegisterCustomer>,
) -> Result<Response, Problem> {
    let command = body.value.check()?;
    let envelope = call.envelope(&state, &REGISTER, "", &body.raw)?;
    let id = CustomerId(envelope.metadata.command.derive("customer").0).to_string();
    let outcome = call.execute(&state.commands.customers, &id, &command, &envelope).await?;
    created(&state, "customers", &id, &outcome).await
}
