//! Operations on what runs in this process: projections, dead letters, parked processes.

mod rebuilds;
mod views;

use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use orderflow_engine::Tenant;
use orderflow_http::{Path, Problem, ProblemKind, Query};
use orderflow_projector::{ControlError, ProcessHandle, Projector, Selection, Verify};
use serde::Deserialize;
use serde_json::{Value, json};

use self::rebuilds::Rebuilds;
pub(crate) use self::views::{report, statuses};

#[derive(Clone)]
struct Admin {
    projector: Projector,
    processes: ProcessHandle,
    rebuilds: Rebuilds,
}

pub(crate) fn router(projector: Projector, processes: ProcessHandle) -> Router {
    Router::new()
        .route("/api/v1/admin/projections", get(list))
        .route("/api/v1/admin/projections/{view}/pause", post(pause))
        .route("/api/v1/admin/projections/{view}/resume", post(resume))
        .route("/api/v1/admin/projections/{view}/rebuild", post(rebuild))
        .route("/api/v1/admin/rebuilds/{id}", get(rebuilding))
        .route("/api/v1/admin/dead-letters", get(dead_letters))
        .route("/api/v1/admin/dead-letters/retry", post(retry_dead_letters))
        .route("/api/v1/admin/processes/{id}/retry", post(retry_process))
        .with_state(Admin { projector, processes, rebuilds: Rebuilds::default() })
}

async fn list(State(admin): State<Admin>) -> Json<Value> {
    Json(statuses(&admin.projector.status()))
}

async fn pause(State(admin): State<Admin>, Path(view): Path<String>) -> Result<Json<Value>, Problem> {
    if view == "processes" {
        let why = "deadlines of processes are found in this view, so it cannot be paused";
        return Err(Problem::new(ProblemKind::CONFLICT, why));
    }
    admin.projector.pause(&view).await.map_err(refused)?;
    Ok(Json(json!({ "view": view, "state": "paused" })))
}

async fn resume(State(admin): State<Admin>, Path(view): Path<String>) -> Result<Json<Value>, Problem> {
    admin.projector.resume(&view).await.map_err(refused)?;
    Ok(Json(json!({ "view": view, "state": "live" })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RebuildParameters {
    #[serde(default)]
    verify: bool,
}

/// Begins a rebuild, and answers where to look how it goes. The view `all` means all of them.
async fn rebuild(
    State(admin): State<Admin>, Path(view): Path<String>, Query(parameters): Query<RebuildParameters>,
) -> Result<Json<Value>, Problem> {
    let known = admin.projector.status().iter().any(|status| status.view == view);
    if !known && view != "all" {
        return Err(refused(ControlError::UnknownView(view)));
    }
    let verify = if parameters.verify { Verify::Yes } else { Verify::No };
    let projector = admin.projector.clone();
    let id = admin.rebuilds.begin(async move {
        if view == "all" {
            projector.rebuild(Selection::All, verify).await
        } else {
            projector.rebuild(Selection::Named(&[&view]), verify).await
        }
    });
    let id = id.map_err(|under_way| Problem::new(ProblemKind::CONFLICT, under_way.to_string()))?;
    Ok(Json(json!({ "id": id, "state": "running" })))
}

async fn rebuilding(State(admin): State<Admin>, Path(id): Path<u64>) -> Result<Json<Value>, Problem> {
    admin.rebuilds.look(id).map(Json).ok_or_else(|| Problem::new(ProblemKind::NOT_FOUND, "there is no such rebuild"))
}

async fn dead_letters(State(admin): State<Admin>) -> Result<Json<Value>, Problem> {
    let letters = admin.projector.dead_letters(1000).await.map_err(unavailable)?;
    Ok(Json(views::dead_letters(&letters)))
}

async fn retry_dead_letters(State(admin): State<Admin>) -> Result<Json<Value>, Problem> {
    let retried = admin.projector.retry_dead_letters().await.map_err(refused)?;
    Ok(Json(json!({
        "streams_settled": retried.streams_settled,
        "events_settled": retried.events_settled,
        "streams_still_parked": retried.streams_still_parked,
    })))
}

async fn retry_process(State(admin): State<Admin>, Path(id): Path<uuid::Uuid>) -> Result<Json<Value>, Problem> {
    admin.processes.retry(&Tenant::default(), &id.to_string()).await.map_err(unavailable)?;
    Ok(Json(json!({ "id": id })))
}

fn refused(error: ControlError) -> Problem {
    match error {
        ControlError::UnknownView(_) => Problem::new(ProblemKind::NOT_FOUND, error.to_string()),
        ControlError::Stopped | ControlError::Failed(_) => unavailable(error),
    }
}

fn unavailable(error: impl std::error::Error) -> Problem {
    Problem::new(ProblemKind::UNAVAILABLE, error.to_string())
}
