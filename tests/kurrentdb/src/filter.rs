//! What a reader of `$all` wants to see.

use regex::Regex;
use tonic::Status;

use crate::{
    record::Record,
    wire::streams::read_req::options::{FilterOptions, filter_options},
};

/// How many events a window has for those who do not say.
const WINDOW_EVENTS: u64 = 32;

#[derive(Debug)]
pub(crate) struct Filter {
    subject: Subject,
    pattern: Pattern,
    /// A subscription gets a checkpoint after so many events were looked at.
    pub(crate) checkpoint_every: u64,
}

#[derive(Debug)]
enum Subject {
    Stream,
    EventType,
}

#[derive(Debug)]
enum Pattern {
    Regex(Regex),
    Prefixes(Vec<String>),
}

impl Filter {
    pub(crate) fn parse(options: FilterOptions) -> Result<Self, Status> {
        let (subject, expression) = match options.filter {
            Some(filter_options::Filter::StreamIdentifier(expression)) => (Subject::Stream, expression),
            Some(filter_options::Filter::EventType(expression)) => (Subject::EventType, expression),
            None => return Err(Status::invalid_argument("the filter's expression is missing")),
        };
        let pattern = if expression.regex.is_empty() {
            Pattern::Prefixes(expression.prefix)
        } else {
            let regex = Regex::new(&expression.regex).map_err(|error| Status::invalid_argument(error.to_string()))?;
            Pattern::Regex(regex)
        };
        let window = match options.window {
            Some(filter_options::Window::Max(max)) => u64::from(max),
            Some(filter_options::Window::Count(())) | None => WINDOW_EVENTS,
        };
        let checkpoint_every = window.max(1) * u64::from(options.checkpoint_interval_multiplier.max(1));
        Ok(Self { subject, pattern, checkpoint_every })
    }

    pub(crate) fn wants(&self, record: &Record) -> bool {
        let text = match self.subject {
            Subject::Stream => &*record.stream,
            Subject::EventType => &record.event.event_type,
        };
        match &self.pattern {
            Pattern::Regex(regex) => regex.is_match(text),
            Pattern::Prefixes(prefixes) => prefixes.iter().any(|prefix| text.starts_with(prefix)),
        }
    }
}
