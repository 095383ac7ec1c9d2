//! Agencies as tiles, state bodies and municipalities apart: which share of their seats has completed the course. A darker tile
//! has more, and each says its figures.

use crate::oversight::execution::{AgencyProgress, Progress};

/// The agencies of a category.
pub struct Group {
    /// `state_body` or `municipality`.
    pub category: String,
    pub completed: i64,
    pub seats: i64,
    pub tiles: Vec<Tile>,
}

pub struct Tile {
    pub name: String,
    pub completed: i64,
    pub seats: i64,
    pub per_cent: i64,
}

impl Tile {
    fn of(agency: &AgencyProgress) -> Self {
        let (completed, seats) = (agency.figures.completed, agency.figures.seats);
        Self { name: agency.name.clone(), completed, seats, per_cent: share(completed, seats) }
    }

    /// One of five shades.
    pub fn shade(&self) -> i64 {
        match self.per_cent {
            0 => 0,
            1..=33 => 1,
            34..=66 => 2,
            67..=99 => 3,
            _ => 4,
        }
    }
}

/// A share in per cent, rounded down: whole is only what is whole. Nothing is a share of no seats.
fn share(completed: i64, seats: i64) -> i64 {
    (100 * completed).checked_div(seats).unwrap_or(0).clamp(0, 100)
}

/// The agencies with a quota or a voucher by category, as the progress has them.
pub fn groups(progress: &Progress) -> Vec<Group> {
    let group = |category: &crate::oversight::execution::CategoryProgress| Group {
        category: category.category.clone(),
        completed: category.figures.completed,
        seats: category.figures.seats,
        tiles: progress
            .by_agency
            .iter()
            .filter(|agency| agency.category == category.category)
            .map(Tile::of)
            .collect(),
    };
    progress.by_category.iter().map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_follow_the_share() {
        let shade = |completed, seats| {
            let per_cent = share(completed, seats);
            Tile { name: String::new(), completed, seats, per_cent }.shade()
        };
        assert_eq!([shade(0, 10), shade(1, 1_000), shade(10, 300), shade(1, 2)], [0, 0, 1, 2]);
        assert_eq!([shade(999, 1_000), shade(10, 10), shade(3, 0), shade(12, 10)], [3, 4, 0, 4]);
    }
}
