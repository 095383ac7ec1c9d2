//! Teaching: instructors and their contracts, the sessions they taught, and the pay that accepted sessions accrue.
//!
//! `model`, `contract` and `timetable` decide (pure); `register`, `add_contract`, `record`, `accept` and `cancel` are the
//! verbs;
//! `store` alone touches the tables. How an accrual is paid is next door in `payment/`, who attended and finished in
//! `completion/`.

pub mod accept;
pub mod add_contract;
pub mod cancel;
pub mod contract;
pub mod http;
pub mod model;
pub mod record;
pub mod register;
pub mod store;
pub mod timetable;

pub use accept::AcceptSession;
pub use add_contract::AddContract;
pub use cancel::CancelSession;
pub use contract::Terms;
pub use model::{Lesson, Phase, Status};
pub use record::RecordSession;
pub use register::RegisterInstructor;
pub use timetable::StartsAt;
