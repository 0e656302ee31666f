//! What is told of projections, as JSON.

use orderflow_projector::{DeadLetter, RebuildReport, Verified, ViewState, ViewStatus};
use serde_json::{Value, json};

pub(crate) fn statuses(statuses: &[ViewStatus]) -> Value {
    let head = statuses.iter().map(|status| status.head).max();
    json!({ "head": head, "items": statuses.iter().map(status).collect::<Vec<_>>() })
}

fn status(status: &ViewStatus) -> Value {
    let state = match status.state {
        ViewState::Live => "live",
        ViewState::Paused => "paused",
        ViewState::AwaitingRebuild => "awaiting_rebuild",
        ViewState::StandBy => "stand_by",
    };
    let building = status.building.as_ref().map(|building| {
        json!({
            "generation": building.generation.0,
            "position": building.position,
            "progress": building.progress,
            "rate_per_second": building.rate_per_second.round(),
            "seconds_left": building.eta.map(|eta| eta.as_secs()),
        })
    });
    json!({
        "view": status.view,
        "version": status.version,
        "generation": status.generation.0,
        "state": state,
        "position": status.position,
        "lag": status.lag,
        "rate_per_second": status.rate_per_second.round(),
        "building": building,
        "parked": status.parked,
        "trouble": status.trouble.as_deref(),
    })
}

pub(crate) fn report(report: &RebuildReport) -> Value {
    let seconds = report.took.as_secs_f64();
    let views = report.views.iter().map(|view| {
        let verified = match view.verified {
            Verified::NotAsked => "not_asked",
            Verified::Equal => "equal",
            Verified::Incomparable => "incomparable",
        };
        json!({
            "view": view.view,
            "generation": view.generation.0,
            "position": view.position,
            "rows": view.rows,
            "verified": verified,
        })
    });
    json!({
        "views": views.collect::<Vec<_>>(),
        "events": report.events,
        "seconds": seconds,
        "events_per_second": (report.events as f64 / seconds.max(1e-9)).round(),
    })
}

pub(super) fn dead_letters(letters: &[DeadLetter]) -> Value {
    let items = letters.iter().map(|letter| {
        json!({
            "view": &*letter.view,
            "stream": letter.stream.as_str(),
            "version": letter.version,
            "position": letter.position,
            "type": &*letter.kind,
            "reason": &*letter.reason,
            "parked_at": letter.parked_at,
        })
    });
    json!({ "items": items.collect::<Vec<_>>() })
}
