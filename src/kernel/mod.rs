//! The words every room of the house shares: ids, money, time, people, refusals.
//!
//! Pure: nothing here reads a clock, a random source, a file or a database, and
//! nothing here knows diesel or actix.

pub mod actor;
pub mod holder;
pub mod ids;
pub mod kbk;
pub mod money;
pub mod month;
pub mod object;
pub mod person;
pub mod refusal;
pub mod text;
pub mod time;
pub mod voucher_number;

pub use actor::{Actor, Scope};
pub use holder::{HolderKey, HolderSecret};
pub use ids::*;
pub use kbk::Kbk;
pub use money::Kopecks;
pub use month::Month;
pub use person::{Email, PersonName, ServiceCategory, Snils};
pub use refusal::{Code, Refusal};
pub use text::{AgencyCode, Malformed, Reason, Text};
pub use time::Timestamp;
pub use voucher_number::{ProgrammeCode, VoucherNumber};
