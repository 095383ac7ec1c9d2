//! Payments: what is owed to a payee is prepared by one person of the treasury and confirmed by another,
//! or withdrawn before that; what the bank returns is owed again. A register pays many at once.
//!
//! `model` decides (pure); `prepare`, `confirm`, `withdraw`, `give_back` and `register` are the verbs; `store` alone
//! touches the tables.

pub mod confirm;
pub mod give_back;
pub mod http;
pub mod model;
pub mod prepare;
pub mod register;
pub mod store;
pub mod withdraw;

use crate::writer::{Entry, Failure};

pub use confirm::ConfirmPayment;
pub use give_back::ReturnPayment;
pub use model::Status;
pub use prepare::PreparePayment;
pub use register::{ConfirmRegister, PrepareRegister, WithdrawRegister};
pub use withdraw::WithdrawPayment;

/// The last leaf of what was done to payments: there was one at least.
fn some(last: Option<Entry>) -> Result<Entry, Failure> {
    last.ok_or_else(|| Failure::Inconsistent("there was no payment".into()))
}
