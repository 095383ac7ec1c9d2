//! Teaching: instructors, the sessions they taught, and the pay that accepted sessions accrue.
//!
//! `model` decides (pure); `register`, `record`, `accept` and `cancel` are the verbs; `store` alone touches the
//! tables. How an accrual is paid is next door in `payment/`.

pub mod accept;
pub mod cancel;
pub mod http;
pub mod model;
pub mod record;
pub mod register;
pub mod store;

pub use accept::AcceptSession;
pub use cancel::CancelSession;
pub use model::{Phase, Status};
pub use record::RecordSession;
pub use register::RegisterInstructor;
