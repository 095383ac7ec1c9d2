//! Signed status lists: what became of vouchers, for whoever verifies without asking us, at the address that their credentials
//! name. `credential/status_list.rs` has the form, `voucher/status_index.rs` the places; here they are made and kept.

pub mod http;
mod lists;
mod model;
mod store;

pub use lists::StatusLists;
