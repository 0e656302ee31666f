use orderflow_engine::Timestamp;

use super::event::{CancelReason, Shortage};
use crate::{Country, Currency, CustomerId, Quantity, ShipmentId, Sku, UnitPrice};

/// A line as it is asked for. Its price and description come from the catalogue, or from a privileged caller.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLine {
    pub sku: Sku,
    pub description: String,
    pub quantity: Quantity,
    pub unit_price: UnitPrice,
    pub currency: Currency,
}

/// What an order is, apart from its lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Particulars {
    pub customer: Option<CustomerId>,
    pub country: Option<Country>,
    pub currency: Currency,
    pub reference: Option<String>,
    /// What the payment provider is given.
    pub payment_token: String,
}

/// One edit of a draft's lines.
#[derive(Debug, Clone, PartialEq)]
pub enum LineEdit {
    Add(NewLine),
    Change { line: u32, quantity: Quantity },
    Remove { line: u32 },
}

#[derive(Debug, Clone, PartialEq)]
pub enum OrderCommand {
    /// Begins a draft.
    Draft {
        particulars: Particulars,
        lines: Vec<NewLine>,
    },
    AddLine {
        line: NewLine,
    },
    ChangeLine {
        line: u32,
        quantity: Quantity,
    },
    RemoveLine {
        line: u32,
    },
    /// Edits the lines of a draft: all of these edits in their order, or none.
    EditLines {
        edits: Vec<LineEdit>,
    },
    /// Places a new order in one go.
    Place {
        particulars: Particulars,
        lines: Vec<NewLine>,
        placed_at: Timestamp,
    },
    /// Places the draft.
    PlaceDraft {
        placed_at: Timestamp,
    },
    ConfirmStock,
    RejectStock {
        short: Vec<Shortage>,
    },
    /// Payment is authorized; an order with its stock and its payment, and not on hold, is confirmed in the same
    /// decision.
    ConfirmPayment,
    FailPayment {
        reason: String,
    },
    /// Confirms an order that has its stock and its payment: what `release` leads to.
    Confirm,
    Hold {
        reason: String,
    },
    Release,
    /// A shipment left with these lines, and the payment was captured.
    RecordDispatch {
        shipment: ShipmentId,
        lines: Vec<(u32, Quantity)>,
    },
    /// A shipment arrived; an order whose every piece arrived is completed in the same decision.
    RecordDelivery {
        shipment: ShipmentId,
    },
    Cancel {
        reason: CancelReason,
    },
}
