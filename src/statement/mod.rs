//! Bank statements: what the bank says happened on a programme's settlement account, matched with its payments. What
//! fits a prepared payment confirms it, what fits a paid one is linked to it, what came back is a return; the rest stays
//! visible until a second person resolves it.
//!
//! `number`, `model`, `file`, `one_c`, `camt` and `decimal` are pure: control keys, what a statement is, and how files say
//! it; `matching` decides item by item; `account`, `import` and `resolve` are the verbs; `store` alone touches the tables,
//! `query` shows what they have. Names and purposes are read where a return is looked for and never kept.

pub mod account;
pub mod camt;
mod decimal;
pub mod file;
pub mod http;
pub mod import;
mod matching;
pub mod model;
pub mod number;
pub mod one_c;
pub mod query;
pub mod resolve;
pub mod store;

pub use account::SetAccount;
pub use import::ImportStatement;
pub use resolve::ResolveItem;
