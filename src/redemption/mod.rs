//! Redemption: the one-time act that turns a voucher into a place in a course run.
//!
//! `model` decides (pure); `desk` holds the rows of a batch; `redeem`, `preview`, `reverse` and `move_enrolments` are
//! the verbs, `late` follows what happened away from the network, `search` finds somebody in a run. The last guard of
//! "exactly once" is the unique key `redemption_once` in the database.

mod desk;
pub mod http;
pub(crate) mod late;
pub mod model;
pub mod move_enrolments;
pub mod preview;
pub mod query;
pub mod redeem;
pub mod reverse;
mod search;

pub(crate) use desk::LIVE;
