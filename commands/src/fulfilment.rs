//! The edge of the fulfilment process: its actions as commands on the aggregates and calls of the payment provider.

use orderflow_core::{
    OrderId, Refusal, RefusalKind,
    fulfilment::{Action, Fulfilment, Outcome},
    order::{OrderCommand, OrderRejection, Shortage},
    shipment::{ShipmentCommand, ShipmentRejection},
    stock::{StockCommand, StockRejection},
};
use orderflow_engine::{Actions, Cause, Envelope, ExecuteError, FirstLook, Metadata, Tenant};

use crate::{
    clock::Clock,
    commands::Commands,
    payments::{PaymentError, Payments},
    provider::{Answer, Unanswered},
};

pub struct FulfilmentActions {
    commands: Commands,
    payments: Payments,
    clock: Clock,
}

impl FulfilmentActions {
    #[must_use]
    pub fn new(commands: Commands, payments: Payments, clock: Clock) -> Self {
        Self { commands, payments, clock }
    }

    fn envelope(&self, cause: &Metadata, first_look: FirstLook) -> Envelope {
        Envelope { metadata: cause.clone(), time: self.clock.now(), if_version: None, first_look }
    }

    async fn order(
        &self, tenant: &Tenant, order: OrderId, command: OrderCommand, cause: &Metadata,
    ) -> Result<Outcome, Cause> {
        let envelope = self.envelope(cause, FirstLook::Load);
        match self.commands.orders.execute(tenant, &order.to_string(), &command, &envelope).await {
            Ok(_) => Ok(Outcome::Done),
            Err(ExecuteError::Rejected(OrderRejection::AlreadyCancelled)) => Ok(Outcome::OrderCancelled),
            Err(ExecuteError::Rejected(OrderRejection::OnHold { .. })) => Ok(Outcome::OnHold),
            Err(error) => refused("the order", error),
        }
    }

    async fn stock(
        &self, tenant: &Tenant, sku: &orderflow_core::Sku, command: StockCommand, cause: &Metadata,
    ) -> Result<Outcome, Cause> {
        let envelope = self.envelope(cause, FirstLook::Load);
        match self.commands.stock.execute(tenant, sku.as_str(), &command, &envelope).await {
            Ok(_) => Ok(Outcome::Done),
            Err(ExecuteError::Rejected(StockRejection::Short { available })) => {
                let wanted = match command {
                    StockCommand::Reserve { quantity, .. } => quantity.get(),
                    StockCommand::Receive { .. }
                    | StockCommand::Adjust { .. }
                    | StockCommand::Release { .. }
                    | StockCommand::Expire { .. }
                    | StockCommand::Ship { .. } => 0,
                };
                Ok(Outcome::Short(Shortage { sku: sku.clone(), wanted, available }))
            }
            Err(ExecuteError::Rejected(StockRejection::ReservationTooLate)) => Ok(Outcome::TooLate),
            Err(error) => refused(&format!("the stock of {sku}"), error),
        }
    }

    async fn shipment(
        &self, tenant: &Tenant, shipment: orderflow_core::ShipmentId, command: ShipmentCommand, cause: &Metadata,
    ) -> Result<Outcome, Cause> {
        let envelope = self.envelope(cause, FirstLook::AssumeNew);
        match self.commands.shipments.execute(tenant, &shipment.to_string(), &command, &envelope).await {
            Ok(_) => Ok(Outcome::Done),
            // Somebody cancelled the order, and its shipment with it.
            Err(ExecuteError::Rejected(ShipmentRejection::Withdrawn)) => Ok(Outcome::OrderCancelled),
            Err(ExecuteError::Rejected(
                gone @ (ShipmentRejection::AlreadyDispatched { .. }
                | ShipmentRejection::AlreadyDelivered
                | ShipmentRejection::DeliveryFailed),
            )) => Ok(Outcome::Refused { what: format!("the order was cancelled after its shipment had left: {gone}") }),
            Err(error) => refused("the shipment", error),
        }
    }
}

impl Actions<Fulfilment> for FulfilmentActions {
    async fn carry_out(&self, tenant: &Tenant, action: &Action, cause: &Metadata) -> Result<Outcome, Cause> {
        match action.clone() {
            Action::Reserve { order, sku, quantity, until } => {
                let command = StockCommand::Reserve { order, quantity, until, now: self.clock.now() };
                self.stock(tenant, &sku, command, cause).await
            }
            Action::Ship { order, shipment, sku, quantity } => {
                self.stock(tenant, &sku, StockCommand::Ship { order, shipment, quantity }, cause).await
            }
            Action::Release { order, sku } => self.stock(tenant, &sku, StockCommand::Release { order }, cause).await,
            Action::Expire { order, sku } => self.stock(tenant, &sku, StockCommand::Expire { order }, cause).await,
            Action::Authorize { order, amount, currency, token } => {
                let request = (amount, currency, token);
                answered(self.payments.authorize(tenant, order, request, cause).await)
            }
            Action::AskProvider { order } => answered(self.payments.ask(tenant, order, cause).await),
            Action::Capture { order } => {
                let envelope = self.envelope(cause, FirstLook::Load);
                done(self.payments.capture(tenant, order.payment(), &envelope).await)
            }
            Action::Void { order } => {
                let envelope = self.envelope(cause, FirstLook::Load);
                done(self.payments.void(tenant, order.payment(), &envelope).await)
            }
            Action::RequestShipment { order, shipment, lines } => {
                self.shipment(tenant, shipment, ShipmentCommand::Request { order, lines }, cause).await
            }
            Action::Withdraw { order, shipment } => {
                self.shipment(tenant, shipment, ShipmentCommand::Withdraw { order }, cause).await
            }
            Action::ConfirmStock { order } => self.order(tenant, order, OrderCommand::ConfirmStock, cause).await,
            Action::ConfirmPayment { order } => {
                match self.order(tenant, order, OrderCommand::ConfirmPayment, cause).await? {
                    // An order on hold takes the payment, but is not confirmed by it: it says so when asked.
                    Outcome::Done => self.order(tenant, order, OrderCommand::Confirm, cause).await,
                    other => Ok(other),
                }
            }
            Action::RecordDispatch { order, shipment, lines } => {
                self.order(tenant, order, OrderCommand::RecordDispatch { shipment, lines }, cause).await
            }
            Action::RecordDelivery { order, shipment } => {
                self.order(tenant, order, OrderCommand::RecordDelivery { shipment }, cause).await
            }
            Action::RejectStock { order, short } => {
                self.order(tenant, order, OrderCommand::RejectStock { short }, cause).await
            }
            Action::FailPayment { order, reason } => {
                self.order(tenant, order, OrderCommand::FailPayment { reason }, cause).await
            }
            Action::Cancel { order, reason } => self.order(tenant, order, OrderCommand::Cancel { reason }, cause).await,
        }
    }
}

/// A refusal is an outcome, for a person to look at, and so is a stream that cannot be read; whatever else went wrong
/// is tried again.
fn refused<R: Refusal + Send + Sync + 'static>(what: &str, error: ExecuteError<R>) -> Result<Outcome, Cause> {
    match error {
        ExecuteError::Rejected(rejection) => {
            let kind = match rejection.kind() {
                RefusalKind::Missing => "does not exist",
                RefusalKind::Invalid | RefusalKind::State => "refused",
            };
            Ok(Outcome::Refused { what: format!("{what} {kind}: {rejection}") })
        }
        error @ (ExecuteError::Stale { .. }
        | ExecuteError::KeyReused
        | ExecuteError::Contended { .. }
        | ExecuteError::Append(_)
        | ExecuteError::Read(_)) => Err(Cause::new(error)),
        // Trying again does not help before another program is started.
        ExecuteError::Decode(error) => Ok(Outcome::Refused { what: format!("{what} cannot be read: {error}") }),
    }
}

fn answered(answer: Result<Answer, PaymentError>) -> Result<Outcome, Cause> {
    match answer {
        Ok(Answer::Authorized { .. }) => Ok(Outcome::Done),
        Ok(Answer::Declined { reason }) => Ok(Outcome::Declined { reason }),
        Err(error) => unanswered(error),
    }
}

fn done<T>(result: Result<T, PaymentError>) -> Result<Outcome, Cause> {
    match result {
        Ok(_) => Ok(Outcome::Done),
        Err(error) => unanswered(error),
    }
}

fn unanswered(error: PaymentError) -> Result<Outcome, Cause> {
    match error {
        PaymentError::Unanswered(Unanswered { reason }) => Ok(Outcome::Unknown { reason }),
        PaymentError::Execute(error) => refused("the payment", error),
    }
}
