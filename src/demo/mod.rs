//! The demo: the main job played on the Pskov case of 2020, with illustrative figures and synthetic people.

mod names;
pub mod roster;
