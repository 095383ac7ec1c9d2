//! Organisations: the agencies that request vouchers, and the universities that redeem them.
//!
//! An example of a slice: `model` decides (pure), `register` holds the commands, `store` the SQL, `http`
//! the handlers.

pub mod http;
pub mod model;
pub mod register;
pub mod store;

pub use model::{AgencyCategory, AgencyDetails, UniversityDetails};
pub use register::{RegisterAgency, RegisterUniversity, RegisteredAgency, RegisteredUniversity};
