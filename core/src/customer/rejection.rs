use crate::{Refusal, RefusalKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CustomerRejection {
    #[error("there is no such customer: register it first")]
    Missing,
    #[error("the customer is registered with other particulars: use another id")]
    AlreadyRegistered,
}

impl Refusal for CustomerRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "no-such-customer",
            Self::AlreadyRegistered => "already-registered",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::Missing => RefusalKind::Missing,
            Self::AlreadyRegistered => RefusalKind::State,
        }
    }
}
