//! Unmasking: finance control, which sees pseudonyms, is told whom one of them stands for. It says why, and that it asked
//! is an entry of the programme's log.
//!
//! `model` knows what may be asked; `ask` is the verb; `store` alone touches the table `unmasking`, and reads the names;
//! `http` has the doors. The name itself goes into no table, no log and no kept answer: it is read after the entry is on disk.

pub mod ask;
pub mod http;
pub mod model;
pub mod store;

pub use ask::Unmask;
pub use model::{Grounds, Whom};
