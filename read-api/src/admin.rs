//! What operators look at: the log itself, and the conversations.

pub(crate) mod processes;
pub(crate) mod stream;
