use rust_decimal::Decimal;

use crate::{Currency, OrderId};

#[derive(Debug, Clone, PartialEq)]
pub enum PaymentCommand {
    /// Requests the payment and records its first attempt. Satisfied when it was requested before.
    Request {
        order: OrderId,
        amount: Decimal,
        currency: Currency,
        token: String,
    },
    /// The provider's answer to an attempt. After an unknown outcome it is also recorded that the attempt was
    /// reconciled.
    RecordAuthorized {
        attempt: u32,
        reference: String,
    },
    RecordDeclined {
        attempt: u32,
        reason: String,
    },
    RecordUnknown {
        attempt: u32,
        reason: String,
    },
    /// Records a capture of all that was authorized and not yet captured.
    RecordCaptured,
    /// Captures nothing and frees what was authorized. Satisfied when nothing is authorized and nothing may be.
    RecordVoided,
    RecordRefunded {
        amount: Decimal,
    },
}
