//! Why something of the file was not loaded.

/// Why a row is in no order. Exactly one reason a row: the first of these that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RowReason {
    /// The whole invoice is not loaded.
    Invoice(InvoiceReason),
    CreditNote,
    NonPositiveQuantity,
    NonPositivePrice,
    QuantityTooLarge,
    PriceTooLarge,
    PriceTooPrecise,
    UnusableStockCode,
}

/// Why an invoice is no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum InvoiceReason {
    /// Every row of it was skipped for a reason of its own.
    NoValidRow,
    AccountingAdjustment,
    UnknownNumber,
    TooManyLines,
    TooManyPieces,
    TotalTooLarge,
}

impl RowReason {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Invoice(reason) => reason.as_str(),
            Self::CreditNote => "credit note not yet handled",
            Self::NonPositiveQuantity => "quantity not positive",
            Self::NonPositivePrice => "price not positive",
            Self::QuantityTooLarge => "quantity above 1000000",
            Self::PriceTooLarge => "price above 1000000000",
            Self::PriceTooPrecise => "price with more than four decimals",
            Self::UnusableStockCode => "stock code not usable as SKU",
        }
    }
}

impl InvoiceReason {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::NoValidRow => "no valid row",
            Self::AccountingAdjustment => "accounting adjustment",
            Self::UnknownNumber => "invoice number neither digits nor C or A and digits",
            Self::TooManyLines => "more than 1000 lines",
            Self::TooManyPieces => "more than 1000000 pieces of one stock code",
            Self::TotalTooLarge => "total above 1000000000000",
        }
    }
}
