//! Payments: what the provider is asked, and what is recorded of it, in that order and never twice.

use std::{sync::Arc, time::Duration};

use orderflow_core::{
    Currency, OrderId, PaymentId,
    payment::{PaymentCommand, PaymentRejection, PaymentState, idempotency_key},
};
use orderflow_engine::{Envelope, ExecuteError, FirstLook, Metadata, Outcome, Tenant, Version};
use rust_decimal::Decimal;

use crate::{
    clock::Clock,
    commands::Commands,
    provider::{Answer, Authorization, PaymentProvider, Unanswered},
};

/// How long the provider may take before its answer counts as lost.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, thiserror::Error)]
pub enum PaymentError {
    #[error(transparent)]
    Execute(#[from] ExecuteError<PaymentRejection>),
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
}

/// Clones share the provider and the mailboxes.
#[derive(Clone)]
pub struct Payments {
    commands: Commands,
    provider: Arc<dyn PaymentProvider>,
    clock: Clock,
}

/// How a payment stands, as far as the provider is concerned.
enum Standing {
    Unrequested,
    /// Nobody knows yet what the provider did.
    Open {
        attempt: u32,
        authorization: Authorization,
    },
    Authorized {
        authorization: Authorization,
    },
    Declined {
        reason: String,
    },
    Captured,
    Voided,
}

impl Payments {
    #[must_use]
    pub fn new(commands: Commands, provider: Arc<dyn PaymentProvider>, clock: Clock) -> Self {
        Self { commands, provider, clock }
    }

    /// Requests the payment of an order and asks the provider to authorize it.
    pub(crate) async fn authorize(
        &self, tenant: &Tenant, order: OrderId, request: (Decimal, Currency, String), cause: &Metadata,
    ) -> Result<Answer, PaymentError> {
        let (amount, currency, token) = request;
        let payment = order.payment();
        let command = PaymentCommand::Request { order, amount, currency, token };
        let envelope = Envelope { first_look: FirstLook::AssumeNew, ..self.envelope(cause) };
        // On record before the provider is called.
        self.commands.payments.execute(tenant, &payment.to_string(), &command, &envelope).await?;
        self.settle(tenant, payment, Ask::Authorize, cause).await
    }

    /// Asks the provider what became of an authorization whose answer was lost; authorizes, by the same key, one that
    /// never arrived.
    pub(crate) async fn ask(&self, tenant: &Tenant, order: OrderId, cause: &Metadata) -> Result<Answer, PaymentError> {
        self.settle(tenant, order.payment(), Ask::Find, cause).await
    }

    async fn settle(
        &self, tenant: &Tenant, payment: PaymentId, ask: Ask, cause: &Metadata,
    ) -> Result<Answer, PaymentError> {
        let (attempt, authorization) = match self.standing(tenant, payment).await? {
            Standing::Open { attempt, authorization } => (attempt, authorization),
            Standing::Authorized { authorization } => {
                return Ok(Answer::Authorized { reference: authorization.idempotency_key });
            }
            Standing::Captured => return Ok(Answer::Authorized { reference: String::new() }),
            Standing::Declined { reason } => return Ok(Answer::Declined { reason }),
            Standing::Voided => return Ok(Answer::Declined { reason: "the payment was voided".to_owned() }),
            Standing::Unrequested => return Err(ExecuteError::Rejected(PaymentRejection::Missing).into()),
        };
        let answer = match ask {
            Ask::Authorize => self.patiently(self.provider.authorize(&authorization)).await,
            Ask::Find => match self.patiently(self.provider.find(&authorization)).await {
                Ok(Some(answer)) => Ok(answer),
                Ok(None) => self.patiently(self.provider.authorize(&authorization)).await,
                Err(unanswered) => Err(unanswered),
            },
        };
        let command = match &answer {
            Ok(Answer::Authorized { reference }) => {
                PaymentCommand::RecordAuthorized { attempt, reference: reference.clone() }
            }
            Ok(Answer::Declined { reason }) => PaymentCommand::RecordDeclined { attempt, reason: reason.clone() },
            Err(unanswered) => PaymentCommand::RecordUnknown { attempt, reason: unanswered.reason.clone() },
        };
        self.record(tenant, payment, &command, &self.envelope(cause)).await?;
        Ok(answer?)
    }

    /// Takes what was authorized. Satisfied when it was taken before.
    pub async fn capture(
        &self, tenant: &Tenant, payment: PaymentId, envelope: &Envelope,
    ) -> Result<Outcome<orderflow_core::payment::PaymentEvent>, PaymentError> {
        if let Standing::Authorized { authorization } = self.standing(tenant, payment).await? {
            self.patiently(self.provider.capture(&authorization)).await?;
        }
        // In every other standing there is nothing to ask the provider for: the rules answer.
        self.record(tenant, payment, &PaymentCommand::RecordCaptured, envelope).await
    }

    /// Frees what was authorized. Satisfied when nothing is authorized and nothing may be.
    pub async fn void(
        &self, tenant: &Tenant, payment: PaymentId, envelope: &Envelope,
    ) -> Result<Outcome<orderflow_core::payment::PaymentEvent>, PaymentError> {
        let command = match self.standing(tenant, payment).await? {
            Standing::Authorized { authorization } => {
                self.patiently(self.provider.void(&authorization)).await?;
                PaymentCommand::RecordVoided
            }
            Standing::Open { attempt, authorization } => {
                // After a void the provider makes no authorization of this key: the attempt came to nothing.
                self.patiently(self.provider.void(&authorization)).await?;
                PaymentCommand::RecordDeclined { attempt, reason: "voided before the provider answered".to_owned() }
            }
            Standing::Unrequested | Standing::Declined { .. } | Standing::Captured | Standing::Voided => {
                PaymentCommand::RecordVoided
            }
        };
        self.record(tenant, payment, &command, envelope).await
    }

    async fn record(
        &self, tenant: &Tenant, payment: PaymentId, command: &PaymentCommand, envelope: &Envelope,
    ) -> Result<Outcome<orderflow_core::payment::PaymentEvent>, PaymentError> {
        Ok(self.commands.payments.execute(tenant, &payment.to_string(), command, envelope).await?)
    }

    async fn standing(&self, tenant: &Tenant, payment: PaymentId) -> Result<Standing, PaymentError> {
        let look = |state: &PaymentState, _: Version| standing(payment, state);
        Ok(self.commands.payments.look(tenant, &payment.to_string(), look).await?)
    }

    async fn patiently<T>(&self, call: impl Future<Output = Result<T, Unanswered>>) -> Result<T, Unanswered> {
        let late = |_| Unanswered { reason: format!("no answer within {} s", PATIENCE.as_secs()) };
        tokio::time::timeout(PATIENCE, call).await.map_err(late)?
    }

    fn envelope(&self, cause: &Metadata) -> Envelope {
        Envelope { metadata: cause.clone(), time: self.clock.now(), if_version: None, first_look: FirstLook::Load }
    }
}

#[derive(Clone, Copy)]
enum Ask {
    Authorize,
    Find,
}

fn standing(payment: PaymentId, state: &PaymentState) -> Standing {
    let authorization = |attempt: u32| {
        let requested = state.requested().expect("a payment that was attempted was requested");
        Authorization {
            idempotency_key: idempotency_key(payment, attempt),
            amount: requested.amount,
            currency: requested.currency,
            token: requested.token.clone(),
        }
    };
    match state {
        PaymentState::Unrequested | PaymentState::Requested(_) => Standing::Unrequested,
        PaymentState::Attempted(open) | PaymentState::OutcomeUnknown(open) => {
            Standing::Open { attempt: open.attempt(), authorization: authorization(open.attempt()) }
        }
        PaymentState::Authorized(authorized) => {
            Standing::Authorized { authorization: authorization(authorized.attempt()) }
        }
        PaymentState::Declined { declined, .. } => Standing::Declined { reason: declined.reason.clone() },
        PaymentState::Captured(_) => Standing::Captured,
        PaymentState::Voided(_) => Standing::Voided,
    }
}
