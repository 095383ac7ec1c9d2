//! A sheet as rows of cells, whatever file it came from.

use chrono::NaiveDate;

/// A cell.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    Text(String),
    Number(f64),
    Day(NaiveDate),
    /// `#N/A` and its like: what the sheet itself could not say.
    Fault,
}

/// What a column's numbers mean: a sheet keeps digits and days as numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holds {
    Text,
    /// So many digits, of which a number has lost the zeros in front.
    Digits(usize),
    Day,
}

/// A row that is not empty.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u32,
    /// None where the cell is empty; the last one is not.
    pub cells: Vec<Option<Cell>>,
}

/// The rows of a sheet.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Grid {
    pub lines: Vec<Line>,
}

impl Line {
    pub fn cell(&self, place: usize) -> Option<&Cell> {
        self.cells.get(place)?.as_ref()
    }
}

/// Days between which a bare number in a column of days is one: 2000-01-01 to 2099-12-31.
const SERIALS: std::ops::RangeInclusive<f64> = 36_526.0..=73_050.0;

impl Cell {
    /// The cell as text that says what the sheet shows; none for a fault of the sheet.
    pub fn read(&self, holds: Holds) -> Option<String> {
        Some(match self {
            Cell::Text(text) => text.clone(),
            Cell::Day(day) => day.to_string(),
            Cell::Fault => return None,
            Cell::Number(number) => match holds {
                Holds::Digits(digits) if number.fract() == 0.0 && *number >= 0.0 => {
                    format!("{number:0digits$}")
                }
                Holds::Day if SERIALS.contains(number) => day_of_serial(*number)?.to_string(),
                _ => number.to_string(),
            },
        })
    }

    /// The cell as a title or a sample.
    pub fn shown(&self) -> String {
        self.read(Holds::Text).unwrap_or_else(|| "#".into())
    }
}

/// The day a sheet counts so many days from 1900 (with its 29 February 1900, which never was).
fn day_of_serial(serial: f64) -> Option<NaiveDate> {
    let days = std::time::Duration::from_secs_f64(serial.trunc() * 86_400.0).as_secs() / 86_400;
    NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(chrono::Days::new(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_what_their_column_holds() {
        let snils = Cell::Number(1_122_334_459.0);
        assert_eq!(snils.read(Holds::Digits(11)).as_deref(), Some("01122334459"));
        assert_eq!(Cell::Number(11_223_344_595.0).read(Holds::Text).as_deref(), Some("11223344595"));
        assert_eq!(Cell::Number(44_196.0).read(Holds::Day).as_deref(), Some("2020-12-31"));
        assert_eq!(Cell::Number(5.0).read(Holds::Day).as_deref(), Some("5"));
        assert_eq!(Cell::Number(1.5).read(Holds::Digits(11)).as_deref(), Some("1.5"));
        assert_eq!(Cell::Fault.read(Holds::Text), None);
    }
}
