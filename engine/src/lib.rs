//! The engine of Orderflow: an event-sourced command path, and projections and processes over its log.
//!
//! It is given deciders, projections and processes, and an event store that keeps bytes. It knows nothing of any
//! business: the word for what is sold with it does not occur in it. It holds no database driver, no HTTP, no clock and
//! no source of randomness: time and ids come in with each command.
//!
//! # A whole domain
//!
//! ```
//! use orderflow_engine::{
//!     Category, CommandId, Decider, Envelope, FirstLook, Handler, MemoryStore, Metadata, Tenant, Version, event_codec,
//! };
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
//! pub struct Borrowed { reader: String }
//! #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
//! pub struct Returned {}
//!
//! #[derive(Debug, Clone, PartialEq)]
//! pub enum BookEvent { Borrowed(Borrowed), Returned(Returned) }
//! event_codec! { BookEvent { Borrowed(Borrowed) => "book.borrowed.v1", Returned(Returned) => "book.returned.v1" } }
//!
//! #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
//! pub enum Book { OnShelf, With(String) }
//! pub enum BookCommand { Borrow { reader: String }, Return }
//!
//! #[derive(Debug, Clone, PartialEq, thiserror::Error)]
//! #[error("the book is with {0}")]
//! pub struct Taken(String);
//!
//! impl Decider for Book {
//!     const CATEGORY: Category = Category::new("book");
//!     type Command = BookCommand;
//!     type Event = BookEvent;
//!     type State = Book;
//!     type Rejection = Taken;
//!
//!     fn initial() -> Book { Book::OnShelf }
//!     fn evolve(_: Book, event: &BookEvent) -> Book {
//!         match event {
//!             BookEvent::Borrowed(borrowed) => Book::With(borrowed.reader.clone()),
//!             BookEvent::Returned(_) => Book::OnShelf,
//!         }
//!     }
//!     fn decide(book: &Book, command: &BookCommand) -> Result<Vec<BookEvent>, Taken> {
//!         match (book, command) {
//!             (Book::OnShelf, BookCommand::Borrow { reader }) => {
//!                 Ok(vec![BookEvent::Borrowed(Borrowed { reader: reader.clone() })])
//!             }
//!             (Book::With(holder), BookCommand::Borrow { reader }) if holder == reader => Ok(vec![]),
//!             (Book::With(holder), BookCommand::Borrow { .. }) => Err(Taken(holder.clone())),
//!             (Book::With(_), BookCommand::Return) => Ok(vec![BookEvent::Returned(Returned {})]),
//!             (Book::OnShelf, BookCommand::Return) => Ok(vec![]),
//!         }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let library = Handler::<Book, _>::new(MemoryStore::new(), 1000);
//! let borrow = |reader: &str| BookCommand::Borrow { reader: reader.to_owned() };
//! let envelope = |command: u128| Envelope {
//!     metadata: Metadata::new(CommandId(uuid::Uuid::from_u128(command)), "the desk"),
//!     time: chrono::DateTime::UNIX_EPOCH,
//!     if_version: None,
//!     first_look: FirstLook::Load,
//! };
//! let tenant = Tenant::default();
//! let outcome = library.execute(&tenant, "moby-dick", &borrow("ann"), &envelope(1)).await.unwrap();
//! assert_eq!(outcome.version, Version(1));
//! let again = library.execute(&tenant, "moby-dick", &borrow("ann"), &envelope(2)).await.unwrap();
//! assert!(again.events.is_empty(), "an intention already satisfied");
//! let refused = library.execute(&tenant, "moby-dick", &borrow("bob"), &envelope(3)).await.unwrap_err();
//! assert_eq!(refused.to_string(), "the book is with ann");
//! # }
//! ```

pub mod codec;
mod decider;
mod event;
mod handler;
mod metadata;
mod process;
pub mod projection;
mod replay;
mod slice;
pub mod store;
mod stream;
pub mod testing;

pub use chrono::TimeDelta;

pub use self::{
    codec::{DecodeError, EventCodec},
    decider::{Decider, SnapshotPolicy},
    event::{Append, Appended, NewEvent, RawEvent, Recorded},
    handler::{Envelope, ExecuteError, FirstLook, Handler, Outcome},
    metadata::{CommandId, Fingerprint, Metadata, Timestamp},
    process::{Actions, Input, Process},
    projection::{Projection, Rows, View},
    replay::{ReplayError, Replayed, replay},
    slice::{Slice, Slices},
    store::{
        AppendError, Cause, EventReader, EventStore, Kinds, MemoryStore, Page, ReadError, Snapshot, Ticket, Wanted,
        Writers,
    },
    stream::{Category, ExpectedVersion, InvalidName, Position, StreamName, Tenant, Version},
};
