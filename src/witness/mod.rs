//! A witness of our own: it cosigns checkpoints of logs it knows, as long as each continues all it has seen before, and
//! so nobody can be shown another history than it was (C2SP tlog-witness).
//!
//! `directory` is what lies on its disk, `cosigner` decides and signs, `http` has the doors, `status` says in words what
//! was seen, `cli` is the program `vouchers-witness`. It knows `proof` and the files of keys, and no database of ours: it
//! runs on a machine of somebody else than the operator's, and nothing that comes to it is about a person.

pub mod cli;
mod cosigner;
mod directory;
mod http;
mod status;

pub use cosigner::{Answer, Cosigner};
pub use directory::{Directory, Evidence, Log, WitnessError};
pub use status::Status;
