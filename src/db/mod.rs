//! The database: connections, migrations, the tables, and how domain types lie in columns.
//!
//! SQLite or PostgreSQL; nothing outside this room knows which. What all of the house asks for is written
//! once: in diesel's words, or as statements over rows (`rows!`), which each store carries out its way.
//! Knows no rule of the domain.

mod connection;
mod file;
mod parsed;
mod rows;
pub mod schema;
pub mod transfer;
mod types;

pub use crate::rows;
pub use connection::{
    AnyBackend as Backend, AnyConnection as Connection, LogHome, NoSuchStore, OpenError, Place, Readers,
    WRITER_SETTINGS, copy_log_home, log_of, open_reader, open_readers, open_writer, ping, reopen_ahead,
    reopen_writer,
};
pub use file::{FileError, check_file, close_file, copy_file};
pub(crate) use parsed::parsed_columns;
pub use parsed::{OptionalParsed, Parsed};
pub use rows::Template;
pub(crate) use types::column_type;
