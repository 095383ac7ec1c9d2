//! Training Vouchers: the map of the house.

pub mod kernel;
