use crate::{Refusal, RefusalKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProductRejection {
    #[error("there is no such product: list it first")]
    Missing,
    #[error("the product is listed with other particulars: describe it or change its price instead")]
    AlreadyListed,
    #[error("the product is discontinued: relist it first")]
    Discontinued,
}

impl Refusal for ProductRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "no-such-product",
            Self::AlreadyListed => "already-listed",
            Self::Discontinued => "discontinued",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::Missing => RefusalKind::Missing,
            Self::AlreadyListed | Self::Discontinued => RefusalKind::State,
        }
    }
}
