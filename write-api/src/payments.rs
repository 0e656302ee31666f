mod capture;
mod void;

use std::sync::Arc;

use orderflow_commands::PaymentError;
use orderflow_core::{PaymentId, payment::PaymentCommand, payment::PaymentEvent};
use orderflow_engine::{Envelope, ExecuteError, Outcome, Version};
use orderflow_http::{Problem, ProblemKind};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{call::Call, fault, state::WriteState};

pub(crate) fn routes() -> OpenApiRouter<Arc<WriteState>> {
    OpenApiRouter::new().routes(routes!(capture::capture)).routes(routes!(void::void))
}

/// Everything that the log alone can answer is answered before the provider is called: a repeat, a key that belongs to
/// another request, and a version that is not the one of `If-Match`.
async fn answered_by_the_log(
    state: &WriteState, call: &Call, id: PaymentId, envelope: &Envelope,
) -> Result<Option<Outcome<PaymentEvent>>, Problem> {
    let payments = &state.commands.payments;
    let name = id.to_string();
    if let Some(outcome) = call.repeated(payments, &name, &PaymentCommand::RecordVoided, envelope).await? {
        return Ok(Some(outcome));
    }
    let actual = payments.look(&call.caller.tenant, &name, |_, version| version).await.map_err(fault::problem)?;
    match envelope.if_version {
        Some(expected) if expected != actual && actual != Version::ZERO => {
            Err(fault::problem(ExecuteError::<orderflow_core::payment::PaymentRejection>::Stale { expected, actual }))
        }
        Some(_) | None => Ok(None),
    }
}

fn problem(error: PaymentError) -> Problem {
    match error {
        PaymentError::Execute(error) => fault::problem(error),
        PaymentError::Unanswered(unanswered) => Problem::new(
            ProblemKind::INDETERMINATE,
            "the payment provider did not answer: send the same request again with the same Idempotency-Key",
        )
        .retry_after(fault::WAIT)
        .caused_by(unanswered),
    }
}
