//! Saved queries: pages with their filters that somebody looks at again, under a name. A bookmark of one login, which nobody
//! else sees; it says nothing about money, so no log has it (docs/decisions/0025-saved-queries.md).
//!
//! `model` is what an address may be; `save`, `rename` and `delete` are the verbs; `store` alone touches the table
//! `saved_query`. Which pages can be saved is known to the desk, which has the doors.

pub mod delete;
pub mod model;
pub mod rename;
pub mod save;
pub mod store;

pub use delete::DeleteQuery;
pub use model::{Address, QueryName};
pub use rename::RenameQuery;
pub use save::SaveQuery;
