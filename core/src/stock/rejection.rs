use crate::{Refusal, RefusalKind};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StockRejection {
    #[error("an adjustment by zero changes nothing: give the difference that was counted")]
    NoDifference,
    #[error("{on_hand} pieces are on hand and at most {} can be: check the quantity", super::MAX_ON_HAND)]
    TooMany { on_hand: u64 },
    #[error("{reserved} of the {on_hand} pieces on hand are reserved and must remain: release reservations first")]
    BelowReserved { on_hand: u64, reserved: u64 },
    #[error("only {available} pieces are available: reserve no more than that")]
    Short { available: u32 },
    #[error("the time to reserve for this order is over: place a new order")]
    ReservationTooLate,
    #[error("a reservation is for a day at most: let it end earlier")]
    ReservationTooLong,
    #[error("only {reserved} pieces are reserved for the order: ship no more than that")]
    ExceedsReserved { reserved: u32 },
}

impl Refusal for StockRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NoDifference => "no-difference",
            Self::TooMany { .. } => "too-many",
            Self::BelowReserved { .. } => "below-reserved",
            Self::Short { .. } => "out-of-stock",
            Self::ReservationTooLate => "reservation-too-late",
            Self::ReservationTooLong => "reservation-too-long",
            Self::ExceedsReserved { .. } => "exceeds-reserved",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::NoDifference | Self::TooMany { .. } | Self::ReservationTooLong => RefusalKind::Invalid,
            Self::BelowReserved { .. }
            | Self::Short { .. }
            | Self::ReservationTooLate
            | Self::ExceedsReserved { .. } => RefusalKind::State,
        }
    }
}
