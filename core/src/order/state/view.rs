//! What the rest of the program may ask of an order.

use orderflow_engine::Timestamp;
use rust_decimal::Decimal;

use super::{Captured, Ended, OrderState, Was};
use crate::{
    Country, Currency, CustomerId, Quantity, ShipmentId, Sku,
    order::{CancelReason, Drafted, FulfilmentStatus, Line, OrderStatus, PaymentStatus, Placed},
};

/// What an order is, apart from its lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParticularsView<'a> {
    pub customer: Option<CustomerId>,
    pub country: Option<&'a Country>,
    pub currency: Currency,
    pub reference: Option<&'a str>,
    pub payment_token: &'a str,
}

impl OrderState {
    /// `None` when there is no such order.
    #[must_use]
    pub fn status(&self) -> Option<OrderStatus> {
        match self {
            Self::New => None,
            Self::Draft(_) => Some(OrderStatus::Draft),
            Self::Placed(_) => Some(OrderStatus::Placed),
            Self::Confirmed(_) | Self::Shipping(_) => Some(OrderStatus::Confirmed),
            Self::Completed(_) => Some(OrderStatus::Completed),
            Self::Cancelled(_) => Some(OrderStatus::Cancelled),
        }
    }

    #[must_use]
    pub fn fulfilment(&self) -> FulfilmentStatus {
        match self {
            Self::New | Self::Draft(_) => FulfilmentStatus::None,
            Self::Placed(waiting) => waiting.fulfilment(),
            Self::Confirmed(_) => FulfilmentStatus::Reserved,
            Self::Shipping(shipping) => shipping.sent.fulfilment(),
            Self::Completed(_) => FulfilmentStatus::Delivered,
            Self::Cancelled(ended) => ended.fulfilment,
        }
    }

    #[must_use]
    pub fn payment(&self) -> PaymentStatus {
        match self {
            Self::New | Self::Draft(_) => PaymentStatus::None,
            Self::Placed(waiting) => waiting.payment(),
            Self::Confirmed(_) => PaymentStatus::Authorized,
            Self::Shipping(shipping) => match shipping.captured {
                Captured::NotYet => PaymentStatus::Authorized,
                Captured::Yes => PaymentStatus::Captured,
            },
            Self::Completed(_) => PaymentStatus::Captured,
            Self::Cancelled(ended) => ended.payment,
        }
    }

    /// Why the order is on hold, if it is.
    #[must_use]
    pub fn on_hold(&self) -> Option<&str> {
        match self {
            Self::New | Self::Draft(_) | Self::Completed(_) | Self::Cancelled(_) => None,
            Self::Placed(waiting) => waiting.hold.as_deref(),
            Self::Confirmed(ready) => ready.hold.as_deref(),
            Self::Shipping(shipping) => shipping.hold.as_deref(),
        }
    }

    #[must_use]
    pub fn cancel_reason(&self) -> Option<&CancelReason> {
        match self {
            Self::New
            | Self::Draft(_)
            | Self::Placed(_)
            | Self::Confirmed(_)
            | Self::Shipping(_)
            | Self::Completed(_) => None,
            Self::Cancelled(ended) => Some(&ended.reason),
        }
    }

    /// In the order of their numbers.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        match self.body() {
            None => &[],
            Some(Body::Draft(_, lines)) => lines,
            Some(Body::Placed(placed)) => &placed.lines,
        }
    }

    /// The sum of the line totals, in the order's currency.
    #[must_use]
    pub fn total(&self) -> Decimal {
        match self.body() {
            None => Decimal::ZERO,
            Some(Body::Draft(_, lines)) => lines.iter().fold(Decimal::ZERO, |sum, line| sum.saturating_add(line.total)),
            Some(Body::Placed(placed)) => placed.total,
        }
    }

    /// `None` when there is no such order.
    #[must_use]
    pub fn particulars(&self) -> Option<ParticularsView<'_>> {
        self.body().map(|body| match body {
            Body::Draft(drafted, _) => ParticularsView {
                customer: drafted.customer,
                country: drafted.country.as_ref(),
                currency: drafted.currency,
                reference: drafted.reference.as_deref(),
                payment_token: &drafted.payment_token,
            },
            Body::Placed(placed) => ParticularsView {
                customer: placed.customer,
                country: placed.country.as_ref(),
                currency: placed.currency,
                reference: placed.reference.as_deref(),
                payment_token: &placed.payment_token,
            },
        })
    }

    /// The order as it was placed, whatever became of it.
    #[must_use]
    pub fn placed(&self) -> Option<&Placed> {
        match self.body()? {
            Body::Draft(..) => None,
            Body::Placed(placed) => Some(placed),
        }
    }

    #[must_use]
    pub fn placed_at(&self) -> Option<Timestamp> {
        self.placed().map(|placed| placed.placed_at)
    }

    /// The shipments that have left.
    pub fn shipments(&self) -> impl Iterator<Item = ShipmentId> {
        let sent = match self {
            Self::New | Self::Draft(_) | Self::Placed(_) | Self::Confirmed(_) | Self::Cancelled(_) => None,
            Self::Shipping(shipping) => Some(&shipping.sent),
            Self::Completed(sent) => Some(sent),
        };
        sent.into_iter().flat_map(|sent| &sent.shipments).map(|parcel| parcel.shipment)
    }

    /// How many shipments have left.
    #[must_use]
    pub fn shipments_count(&self) -> usize {
        self.shipments().count()
    }

    /// What has not left yet of a placed order, by line: what its next shipment may hold. A hold does not matter here.
    #[must_use]
    pub fn next_shipment_lines(&self) -> Vec<(u32, Sku, Quantity)> {
        match self {
            Self::New | Self::Draft(_) | Self::Completed(_) | Self::Cancelled(_) => Vec::new(),
            Self::Placed(_) | Self::Confirmed(_) => {
                self.lines().iter().map(|line| (line.line, line.sku.clone(), line.quantity)).collect()
            }
            Self::Shipping(shipping) => {
                let still = |(line, left): (&Line, u32)| Some((line.line, line.sku.clone(), Quantity::new(left).ok()?));
                shipping.sent.left().filter_map(still).collect()
            }
        }
    }

    fn body(&self) -> Option<Body<'_>> {
        Some(match self {
            Self::New => return None,
            Self::Draft(draft) | Self::Cancelled(Ended { was: Was::Draft(draft), .. }) => {
                Body::Draft(&draft.drafted, &draft.lines)
            }
            Self::Placed(waiting) => Body::Placed(&waiting.placed),
            Self::Confirmed(ready) => Body::Placed(&ready.placed),
            Self::Shipping(shipping) => Body::Placed(&shipping.sent.placed),
            Self::Completed(sent) => Body::Placed(&sent.placed),
            Self::Cancelled(Ended { was: Was::Placed(placed), .. }) => Body::Placed(placed),
        })
    }
}

enum Body<'a> {
    Draft(&'a Drafted, &'a [Line]),
    Placed(&'a Placed),
}
