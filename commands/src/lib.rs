//! The command side as a library: a handler per aggregate, the payment provider, and the actions of the fulfilment
//! process. The write API and the process runner share one set of it in a process, and so one set of mailboxes.

mod clock;
mod commands;
mod fulfilment;
mod payments;
mod provider;

pub use self::{
    clock::Clock,
    commands::Commands,
    fulfilment::FulfilmentActions,
    payments::{PaymentError, Payments},
    provider::{Answer, Authorization, PaymentProvider, SimulatedProvider, Unanswered},
};
