//! What every door needs: who calls, what they may, what they sent, and how a refusal is told.
//!
//! A request passes, from the outside in: [`observe()`] (request id, log, metrics, the words of a refusal,
//! `ETag`), the permission table ([`permissions`], applied by `access::door`), and the extractors
//! ([`Write`], [`Body`], [`File`], [`Page`]). Knows no noun of the domain beyond `kernel`.

pub mod body;
pub mod caller;
pub mod cookies;
pub mod form;
pub mod health;
pub mod inputs;
mod language;
mod metrics;
mod observe;
pub mod openapi;
pub mod outgoing;
pub mod page;
pub mod permissions;
pub mod problem;
pub mod problem_page;
mod reply;
mod streamed;
pub mod words;

pub use body::{Body, File, IdempotencyKey, Write, file_bytes, media_type};
pub use caller::{Browser, Caller};
pub use language::Language;
pub use metrics::start as start_metrics;
pub use observe::observe;
pub use page::{Page, Paged};
pub use problem::Problem;
pub use reply::{AS_OF, Receipted, accepted, as_of_leaves, created, ok};
pub use streamed::{Pieces, Streamed};
