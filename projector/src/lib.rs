//! The projector: keeps views up to date with the log, and builds them anew.
//!
//! It is given an [`EventReader`](orderflow_engine::EventReader), projections as data, and a [`Target`] to write views
//! to. Rows and checkpoints commit together, so an event has its effect once however often it is delivered. It holds no
//! rules and knows no business: what an event means for a view is said by the projection alone.

mod backoff;
mod check;
mod decode;
mod feed;
mod lease;
mod live;
mod meter;
mod options;
mod prepared;
mod process;
mod projector;
mod rebuild;
mod retry;
mod route;
mod state;
mod status;
mod stock;
mod supervisor;
mod target;
mod tenure;
mod trouble;

pub use self::{
    options::Options,
    process::{Agenda, AgendaError, NotRetried, Overdue, ProcessHandle, ProcessOptions, ViewAgenda, start_process},
    projector::{ControlError, Lagging, Projector, Selection, StartError},
    rebuild::{RebuildError, RebuildReport, RebuiltView, Verified, Verify},
    retry::Retried,
    status::{Building, ViewState, ViewStatus},
    target::{
        Activity, AnyTarget, Checkpoints, Claim, Comparison, ContentHash, DeadLetter, Digest, Fit, Generation,
        Generations, MemoryTarget, OpenError, OpenRedisError, ParkedStream, PostgresOpenError, PostgresOptions,
        PostgresTarget, Recent, RedisOptions, RedisTarget, Reservation, Reserve, SqliteTarget, Stored, Swept, Switched,
        Target, TargetError, Terms, ViewWrite, WriteError, conformance,
    },
};
