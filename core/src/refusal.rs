//! What all rejections have in common.

/// What the caller of a refused command can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The thing the command is about does not exist.
    Missing,
    /// The request itself is wrong: change it.
    Invalid,
    /// The request does not fit the state the thing is in: look at it again.
    State,
}

/// A decider's rejection: its `Display` is for the caller.
pub trait Refusal: std::error::Error {
    /// A stable name in lower case with hyphens, for programs: `out-of-stock`.
    fn code(&self) -> &'static str;
    fn kind(&self) -> RefusalKind;
}
