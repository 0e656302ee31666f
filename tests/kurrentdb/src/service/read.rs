//! Read: to the end of a stream or of `$all`, or from there on as a subscription.

use std::{collections::VecDeque, iter, sync::Arc};

use tonic::Status;

use super::{refusal, streams::Answers, subscribe};
use crate::{
    cluster::Cluster,
    filter::Filter,
    log::{Cursor, Direction, From, Log, Source, Unreadable},
    record::Record,
    wire::{
        self, IdForm,
        streams::{
            ReadReq, ReadResp,
            read_req::{
                Options,
                options::{
                    CountOption, FilterOption, ReadDirection, StreamOption, all_options::AllOption,
                    stream_options::RevisionOption, uuid_option,
                },
            },
            read_resp::{
                Content, ReadEvent, StreamNotFound,
                read_event::{Position, RecordedEvent},
            },
        },
    },
};

/// How many events are taken from the log at a time.
pub(super) const PAGE: usize = 256;

/// How a reader wants events to be shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    ids: IdForm,
    resolve_links: bool,
}

pub(super) fn read(cluster: &Arc<Cluster>, request: ReadReq) -> Result<Answers<ReadResp>, Status> {
    let options = request.options.ok_or_else(|| Status::invalid_argument("the options are missing"))?;
    let view = View { ids: id_form(&options), resolve_links: options.resolve_links };
    let direction = match options.read_direction() {
        ReadDirection::Forwards => Direction::Forwards,
        ReadDirection::Backwards => Direction::Backwards,
    };
    let understands_ends = options.control_option.is_some_and(|control| control.compatibility >= 1);
    let (source, from) = parse_source(options.stream_option)?;
    let filter = match options.filter_option {
        Some(FilterOption::Filter(filter)) if source == Source::All => Some(Filter::parse(filter)?),
        Some(FilterOption::Filter(_)) => return Err(Status::invalid_argument("only $all can be filtered")),
        Some(FilterOption::NoFilter(())) | None => None,
    };
    let count = match options.count_option {
        Some(CountOption::Count(count)) => count,
        Some(CountOption::Subscription(_)) if direction == Direction::Forwards => {
            return subscribe::subscribe(cluster, source, from, filter, view);
        }
        Some(CountOption::Subscription(_)) => return Err(Status::invalid_argument("a subscription reads forwards")),
        None => return Err(Status::invalid_argument("the count is missing")),
    };
    let log = cluster.log();
    let last = match &source {
        Source::All => None,
        Source::Stream(name) => match log.readable(name) {
            Ok(last) => Some(last),
            Err(Unreadable::Missing) => return Ok(answers(iter::once(missing(name)))),
            Err(reason) => return Err(refusal::unreadable(reason, name)),
        },
    };
    let cursor = open(&log, source, direction, from)?;
    let end = last.filter(|_| understands_ends).map(Content::LastStreamPosition);
    let left = count.try_into().unwrap_or(usize::MAX);
    let reading = Reading { cluster: Arc::clone(cluster), cursor, filter, view, page: VecDeque::new(), left };
    Ok(answers(reading.chain(end)))
}

fn answers(contents: impl Iterator<Item = Content> + Send + 'static) -> Answers<ReadResp> {
    Box::pin(tokio_stream::iter(contents.map(|content| Ok(answer(content)))))
}

pub(super) fn answer(content: Content) -> ReadResp {
    ReadResp { content: Some(content) }
}

pub(super) fn open(log: &Log, source: Source, direction: Direction, from: From) -> Result<Cursor, Status> {
    log.cursor(source, direction, from).map_err(|reason| refusal::unreadable(reason, "$all"))
}

/// That a stream is missing is an answer, too.
fn missing(name: &str) -> Content {
    Content::StreamNotFound(StreamNotFound { stream_identifier: Some(wire::stream_identifier(name)) })
}

/// What is left to read. The log is locked for a page at a time, however slow the reader is.
struct Reading {
    cluster: Arc<Cluster>,
    cursor: Cursor,
    filter: Option<Filter>,
    view: View,
    page: VecDeque<Content>,
    left: usize,
}

impl Iterator for Reading {
    type Item = Content;

    fn next(&mut self) -> Option<Content> {
        self.left = self.left.checked_sub(1)?;
        while self.page.is_empty() {
            let log = self.cluster.log();
            let limit = if self.filter.is_some() { PAGE } else { PAGE.min(self.left.saturating_add(1)) };
            let records = log.page(&mut self.cursor, limit);
            if records.is_empty() {
                return None;
            }
            let wanted = records.iter().filter(|record| self.filter.as_ref().is_none_or(|filter| filter.wants(record)));
            self.page.extend(wanted.map(|record| show(&log, record, self.view)));
        }
        self.page.pop_front()
    }
}

/// An event as readers see it; a link with what it points to, if they want that.
pub(super) fn show(log: &Log, record: &Record, view: View) -> Content {
    let shown = Some(show_record(record, view.ids));
    let (event, link) = if view.resolve_links && record.target().is_some() {
        (log.resolve(record).map(|target| show_record(&target, view.ids)), shown)
    } else {
        (shown, None)
    };
    let position = Some(Position::CommitPosition(record.position));
    Content::Event(Box::new(ReadEvent { event, link, position }))
}

fn show_record(record: &Record, ids: IdForm) -> RecordedEvent {
    let event = &record.event;
    let metadata = [
        ("type", event.event_type.clone()),
        ("content-type", event.content_type.clone()),
        ("created", record.created_ticks.to_string()),
    ];
    RecordedEvent {
        id: Some(wire::id(event.id, ids)),
        stream_identifier: Some(wire::stream_identifier(&record.stream)),
        stream_revision: record.revision,
        prepare_position: record.position,
        commit_position: record.position,
        metadata: metadata.map(|(key, value)| (key.to_owned(), value)).into(),
        custom_metadata: event.custom_metadata.clone(),
        data: event.data.clone(),
    }
}

fn id_form(options: &Options) -> IdForm {
    match options.uuid_option.and_then(|option| option.content) {
        Some(uuid_option::Content::String(())) => IdForm::Text,
        Some(uuid_option::Content::Structured(())) | None => IdForm::Structured,
    }
}

fn parse_source(option: Option<StreamOption>) -> Result<(Source, From), Status> {
    match option {
        Some(StreamOption::Stream(stream)) => {
            let from = match stream.revision_option {
                Some(RevisionOption::Revision(revision)) => From::At(revision),
                Some(RevisionOption::End(())) => From::End,
                Some(RevisionOption::Start(())) | None => From::Start,
            };
            Ok((Source::Stream(wire::stream_name(stream.stream_identifier)?), from))
        }
        Some(StreamOption::All(all)) => {
            let from = match all.all_option {
                Some(AllOption::Position(position)) => From::At(position.commit_position),
                Some(AllOption::End(())) => From::End,
                Some(AllOption::Start(())) | None => From::Start,
            };
            Ok((Source::All, from))
        }
        None => Err(Status::invalid_argument("it is not said what to read")),
    }
}
