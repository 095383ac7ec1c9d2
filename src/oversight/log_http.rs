//! Checkpoints and proofs of the logs over HTTP: of a programme's, and of the service's own.

use super::proofs::{self, ConsistencyProof, InclusionProof};
use crate::app::App;
use crate::cosigning::store;
use crate::db::Connection;
use crate::http::problem::Refusals;
use crate::http::{Caller, Problem};
use crate::kernel::{ProgrammeId, Refusal};
use crate::ledger::books::SERVICE;
use crate::writer::Stop;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(show_checkpoint).service(show_old_checkpoint);
    config.service(show_cosigned_checkpoint).service(show_cosigned_service_checkpoint);
    config.service(prove_consistency).service(prove_inclusion);
    config.service(show_service_checkpoint).service(show_old_service_checkpoint);
    config.service(prove_service_consistency).service(prove_service_inclusion);
}

/// Which trees.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TwoTrees {
    /// Leaves of the earlier tree.
    from: u64,
    /// Leaves of the later tree: the newest, if it is not said.
    to: Option<u64>,
}

/// Which leaf in which tree.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LeafInTree {
    log_index: u64,
    /// Leaves of the tree: the newest, if it is not said.
    size: Option<u64>,
}

/// A note that may be shown: what a crash could take back is not.
async fn note(
    app: &App,
    find: impl FnOnce(&mut Connection) -> Result<Option<String>, Stop> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let note = app.read_books(find).await?.ok_or_else(|| Refusal::not_found("checkpoint"))?;
    app.writer.confirm().await?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(note))
}

/// The newest checkpoint of the programme's log: keep it, it proves that the history it covers is not rewritten. Witnesses'
/// cosignatures stand below it as soon as they are there.
#[utoipa::path(tag = "Ledger", security(()), params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "A signed note", body = String, content_type = "text/plain"),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/log/checkpoint")]
async fn show_checkpoint(app: Data<App>, id: Path<ProgrammeId>) -> Result<HttpResponse, Problem> {
    let find = move |connection: &mut Connection| {
        let programme = super::programme(connection, *id, None)?;
        Ok(store::newest_checkpoint(connection, programme.programme_no)?)
    };
    note(&app, find).await
}

/// The newest checkpoint of the programme's log that a witness has cosigned: nobody can have been shown another history of
/// what it covers, as long as the witness is honest.
#[utoipa::path(tag = "Ledger", security(()), params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "A signed note with its cosignatures", body = String, content_type = "text/plain"),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/log/checkpoint/cosigned")]
async fn show_cosigned_checkpoint(app: Data<App>, id: Path<ProgrammeId>) -> Result<HttpResponse, Problem> {
    let find = move |connection: &mut Connection| {
        let programme = super::programme(connection, *id, None)?;
        Ok(store::cosigned_checkpoint(connection, programme.programme_no)?)
    };
    note(&app, find).await
}

/// The checkpoint that covered exactly so many leaves of the programme's log, as it was signed then.
#[utoipa::path(tag = "Ledger", security(()), params(
    ("programme_id" = ProgrammeId, Path),
    ("size" = u64, Path),
), responses(
    (status = 200, description = "A signed note", body = String, content_type = "text/plain"),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/log/checkpoints/{size}")]
async fn show_old_checkpoint(
    app: Data<App>,
    path: Path<(ProgrammeId, u64)>,
) -> Result<HttpResponse, Problem> {
    let (id, size) = path.into_inner();
    let find = move |connection: &mut Connection| {
        let programme = super::programme(connection, id, None)?;
        Ok(proofs::checkpoint(connection, programme.programme_no, size)?)
    };
    note(&app, find).await
}

/// That the programme's log of `to` leaves continues the one of `from`: nothing between was rewritten.
#[utoipa::path(tag = "Ledger", params(("programme_id" = ProgrammeId, Path), TwoTrees), responses(
    (status = 200, description = "Roots and hashes (RFC 6962)", body = ConsistencyProof),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/log/proofs/consistency")]
async fn prove_consistency(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    trees: Query<TwoTrees>,
) -> Result<Json<ConsistencyProof>, Problem> {
    let university_no = caller.university_no();
    let proof = app.read_books(move |connection| {
        let programme = super::programme(connection, *id, university_no)?;
        proofs::consistency(connection, programme.programme_no, trees.from, trees.to)
    });
    Ok(Json(proof.await?))
}

/// That a leaf is in the programme's log of `size` leaves.
#[utoipa::path(tag = "Ledger", params(("programme_id" = ProgrammeId, Path), LeafInTree), responses(
    (status = 200, description = "Root and path (RFC 6962)", body = InclusionProof),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/log/proofs/inclusion")]
async fn prove_inclusion(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    leaf: Query<LeafInTree>,
) -> Result<Json<InclusionProof>, Problem> {
    let university_no = caller.university_no();
    let proof = app.read_books(move |connection| {
        let programme = super::programme(connection, *id, university_no)?;
        proofs::inclusion(connection, programme.programme_no, leaf.log_index, leaf.size)
    });
    Ok(Json(proof.await?))
}

/// The newest checkpoint of the service's own log: organisations, tokens, keys, programmes.
#[utoipa::path(tag = "Ledger", responses(
    (status = 200, description = "A signed note", body = String, content_type = "text/plain"),
    Refusals,
))]
#[get("/v1/log/checkpoint")]
async fn show_service_checkpoint(app: Data<App>) -> Result<HttpResponse, Problem> {
    note(&app, |connection| Ok(store::newest_checkpoint(connection, SERVICE)?)).await
}

/// The newest checkpoint of the service's own log that a witness has cosigned.
#[utoipa::path(tag = "Ledger", responses(
    (status = 200, description = "A signed note with its cosignatures", body = String, content_type = "text/plain"),
    Refusals,
))]
#[get("/v1/log/checkpoint/cosigned")]
async fn show_cosigned_service_checkpoint(app: Data<App>) -> Result<HttpResponse, Problem> {
    note(&app, |connection| Ok(store::cosigned_checkpoint(connection, SERVICE)?)).await
}

/// The checkpoint that covered exactly so many leaves of the service's own log.
#[utoipa::path(tag = "Ledger", params(("size" = u64, Path)), responses(
    (status = 200, description = "A signed note", body = String, content_type = "text/plain"),
    Refusals,
))]
#[get("/v1/log/checkpoints/{size}")]
async fn show_old_service_checkpoint(app: Data<App>, size: Path<u64>) -> Result<HttpResponse, Problem> {
    note(&app, move |connection| Ok(proofs::checkpoint(connection, SERVICE, *size)?)).await
}

/// That the service's own log of `to` leaves continues the one of `from`.
#[utoipa::path(tag = "Ledger", params(TwoTrees), responses(
    (status = 200, description = "Roots and hashes (RFC 6962)", body = ConsistencyProof),
    Refusals,
))]
#[get("/v1/log/proofs/consistency")]
async fn prove_service_consistency(
    app: Data<App>,
    trees: Query<TwoTrees>,
) -> Result<Json<ConsistencyProof>, Problem> {
    let proof =
        app.read_books(move |connection| proofs::consistency(connection, SERVICE, trees.from, trees.to));
    Ok(Json(proof.await?))
}

/// That a leaf is in the service's own log of `size` leaves.
#[utoipa::path(tag = "Ledger", params(LeafInTree), responses(
    (status = 200, description = "Root and path (RFC 6962)", body = InclusionProof),
    Refusals,
))]
#[get("/v1/log/proofs/inclusion")]
async fn prove_service_inclusion(
    app: Data<App>,
    leaf: Query<LeafInTree>,
) -> Result<Json<InclusionProof>, Problem> {
    let proof =
        app.read_books(move |connection| proofs::inclusion(connection, SERVICE, leaf.log_index, leaf.size));
    Ok(Json(proof.await?))
}
