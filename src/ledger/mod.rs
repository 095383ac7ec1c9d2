//! The books: accounts of each budget line, journal transactions, and the log they are leaves of.
//!
//! `model`, `rules`, `epoch`, `allocation`, `spread` and `facts` are pure, and so is `replay`, which derives the books from
//! the leaves again; `leaf` says how a journal transaction is written in the log;
//! `books` puts it into the database, behind the lock of `scope`; `as_of` reads balances of an earlier size;
//! `receipts` prove it. Nothing else in the house writes journal tables.

pub mod allocation;
pub mod as_of;
pub mod audit;
pub mod books;
pub mod bounds;
pub mod epoch;
pub mod facts;
pub mod leaf;
pub mod model;
pub mod receipts;
pub mod replay;
pub mod rules;
pub mod scope;
pub mod shares;
pub mod spread;
pub mod told;
