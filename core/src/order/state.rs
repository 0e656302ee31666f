//! Where an order is in its life. Each variant holds exactly what is known then.

mod view;

use serde::{Deserialize, Serialize};

pub use self::view::ParticularsView;
use super::{
    event::{CancelReason, Drafted, Line, Placed, Shortage},
    rejection::OrderRejection,
    status::{FulfilmentStatus, PaymentStatus},
};
use crate::ShipmentId;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum OrderState {
    #[default]
    New,
    Draft(Draft),
    /// Waits for its stock and its payment.
    Placed(Waiting),
    /// Has its stock and its payment; nothing has left.
    Confirmed(Ready),
    /// Something has left.
    Shipping(Shipping),
    /// Everything has arrived.
    Completed(Sent),
    Cancelled(Ended),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    pub(super) drafted: Drafted,
    /// In the order of their numbers, which may have gaps.
    pub(super) lines: Vec<Line>,
    /// The number of a removed line is not used again.
    pub(super) next_line: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    pub(super) placed: Box<Placed>,
    pub(super) stock: StockAnswer,
    pub(super) payment: PaymentAnswer,
    /// Why it is on hold, if it is.
    pub(super) hold: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum StockAnswer {
    Awaited,
    Confirmed,
    Rejected(Vec<Shortage>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum PaymentAnswer {
    Awaited,
    Confirmed,
    Failed { reason: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    pub(super) placed: Box<Placed>,
    pub(super) hold: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shipping {
    pub(super) sent: Sent,
    pub(super) captured: Captured,
    /// A hold keeps back what has not left.
    pub(super) hold: Option<String>,
}

/// The payment is captured in the decision that records the first dispatch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Captured {
    NotYet,
    Yes,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    pub(super) placed: Box<Placed>,
    /// Pieces that have left, by line and in the order of the lines.
    pub(super) shipped: Vec<u32>,
    pub(super) shipments: Vec<Parcel>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Parcel {
    pub(super) shipment: ShipmentId,
    pub(super) whereabouts: Whereabouts,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Whereabouts {
    OnItsWay,
    Arrived,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    pub(super) was: Was,
    pub(super) reason: CancelReason,
    pub(super) fulfilment: FulfilmentStatus,
    pub(super) payment: PaymentStatus,
}

/// What a cancelled order was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Was {
    Draft(Draft),
    Placed(Box<Placed>),
}

impl OrderState {
    /// The draft, for commands that only a draft takes.
    pub(super) fn draft(&self) -> Result<&Draft, OrderRejection> {
        match self {
            Self::New => Err(OrderRejection::Missing),
            Self::Draft(draft) => Ok(draft),
            Self::Placed(_) | Self::Confirmed(_) | Self::Shipping(_) => Err(OrderRejection::AlreadyPlaced),
            Self::Completed(_) => Err(OrderRejection::AlreadyCompleted),
            Self::Cancelled(_) => Err(OrderRejection::AlreadyCancelled),
        }
    }
}

impl Waiting {
    pub(super) fn new(placed: Placed) -> Self {
        Self { placed: Box::new(placed), stock: StockAnswer::Awaited, payment: PaymentAnswer::Awaited, hold: None }
    }

    pub(super) fn fulfilment(&self) -> FulfilmentStatus {
        match &self.stock {
            StockAnswer::Awaited | StockAnswer::Rejected(_) => FulfilmentStatus::None,
            StockAnswer::Confirmed => FulfilmentStatus::Reserved,
        }
    }

    pub(super) fn payment(&self) -> PaymentStatus {
        match &self.payment {
            PaymentAnswer::Awaited => PaymentStatus::None,
            PaymentAnswer::Confirmed => PaymentStatus::Authorized,
            PaymentAnswer::Failed { .. } => PaymentStatus::Failed,
        }
    }
}

impl Sent {
    pub(super) fn nothing(placed: Box<Placed>) -> Self {
        Self { shipped: vec![0; placed.lines.len()], placed, shipments: Vec::new() }
    }

    pub(super) fn parcel(&self, shipment: ShipmentId) -> Option<&Parcel> {
        self.shipments.iter().find(|parcel| parcel.shipment == shipment)
    }

    /// Pieces of each line that have not left.
    pub(super) fn left(&self) -> impl Iterator<Item = (&Line, u32)> {
        let left = |(line, shipped): (_, &u32)| {
            let line: &Line = line;
            (line, line.quantity.get().saturating_sub(*shipped))
        };
        self.placed.lines.iter().zip(&self.shipped).map(left)
    }

    pub(super) fn all_left(&self) -> bool {
        self.left().all(|(_, left)| left == 0)
    }

    pub(super) fn fulfilment(&self) -> FulfilmentStatus {
        if !self.all_left() {
            FulfilmentStatus::PartiallyShipped
        } else if self.shipments.iter().all(|parcel| parcel.whereabouts == Whereabouts::Arrived) {
            FulfilmentStatus::Delivered
        } else {
            FulfilmentStatus::Shipped
        }
    }
}

/// The place of a line among lines in the order of their numbers.
pub(super) fn place_of(lines: &[Line], line: u32) -> Option<usize> {
    lines.binary_search_by_key(&line, |line| line.line).ok()
}
