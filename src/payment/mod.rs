//! Payments: what is owed to a payee is prepared by one person of the treasury and confirmed by another,
//! or withdrawn before that.
//!
//! `model` decides (pure); `prepare`, `confirm` and `withdraw` are the verbs; `store` alone touches the
//! table.

pub mod confirm;
pub mod http;
pub mod model;
pub mod prepare;
pub mod store;
pub mod withdraw;

pub use confirm::ConfirmPayment;
pub use model::Status;
pub use prepare::PreparePayment;
pub use withdraw::WithdrawPayment;
