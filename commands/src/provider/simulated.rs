//! A payment provider for trying things out: its answers depend on the payment token.

use std::{future::pending, time::Duration};

use async_trait::async_trait;

use super::{Answer, Authorization, PaymentProvider, Unanswered};

/// Keeps nothing, so its answers are the same after a restart.
///
/// | token | answer |
/// |---|---|
/// | `tok_approve` | authorized |
/// | `tok_decline` | declined |
/// | `tok_slow` | authorized, after 300 ms |
/// | `tok_unknown` | authorized, but the answer is lost; found when asked again |
/// | `tok_timeout` | none, ever |
///
/// Any other token is declined.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimulatedProvider;

fn authorized(authorization: &Authorization) -> Answer {
    Answer::Authorized { reference: format!("sim_{}", authorization.idempotency_key) }
}

#[async_trait]
impl PaymentProvider for SimulatedProvider {
    async fn authorize(&self, authorization: &Authorization) -> Result<Answer, Unanswered> {
        match authorization.token.as_str() {
            "tok_approve" => Ok(authorized(authorization)),
            "tok_decline" => Ok(Answer::Declined { reason: "the card was declined".to_owned() }),
            "tok_slow" => {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Ok(authorized(authorization))
            }
            "tok_unknown" => Err(Unanswered { reason: "the connection was lost".to_owned() }),
            "tok_timeout" => pending().await,
            _ => Ok(Answer::Declined { reason: "the simulated provider does not know this token".to_owned() }),
        }
    }

    async fn find(&self, authorization: &Authorization) -> Result<Option<Answer>, Unanswered> {
        match authorization.token.as_str() {
            "tok_timeout" => pending().await,
            _ => self
                .authorize(&Authorization { token: settled(&authorization.token), ..authorization.clone() })
                .await
                .map(Some),
        }
    }

    async fn capture(&self, _: &Authorization) -> Result<(), Unanswered> {
        Ok(())
    }

    async fn void(&self, _: &Authorization) -> Result<(), Unanswered> {
        Ok(())
    }
}

/// What a token comes to once its delays and losses are over.
fn settled(token: &str) -> String {
    match token {
        "tok_unknown" | "tok_slow" => "tok_approve".to_owned(),
        other => other.to_owned(),
    }
}
