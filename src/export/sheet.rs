//! What spreadsheets show of the columns: an amount becomes debit and credit in roubles, for people, and the exact
//! number of kopecks, for programs.

use super::columns::{Cell, Holds, Row, columns};
use crate::kernel::Kopecks;

/// The columns of a sheet.
pub(super) fn sheet_columns() -> Vec<(&'static str, Holds)> {
    let spread = |(name, holds)| match holds {
        Holds::Money => {
            vec![("debit", Holds::Money), ("credit", Holds::Money), ("amount_kopecks", Holds::Whole)]
        }
        _ => vec![(name, holds)],
    };
    columns().flat_map(spread).collect()
}

/// A cell for each of [`sheet_columns`], with the place of its column.
pub(super) fn sheet_cells(row: &Row) -> impl Iterator<Item = Cell<'_>> {
    let of_row = columns().zip(row.cells());
    of_row.flat_map(|((_, holds), cell)| {
        let [first, second, third] = match (holds, cell) {
            (Holds::Money, Cell::Money(amount)) => {
                let [debit, credit] = sides(amount);
                [Some(debit), Some(credit), Some(Cell::Whole(amount.get()))]
            }
            (Holds::Money, _) => [Some(Cell::Empty); 3],
            (_, cell) => [Some(cell), None, None],
        };
        [first, second, third].into_iter().flatten()
    })
}

fn sides<'r>(amount: Kopecks) -> [Cell<'r>; 2] {
    // No posting is the smallest number there is: its other side would not fit.
    let opposite = Kopecks::new(amount.get().saturating_neg());
    if amount.get() < 0 { [Cell::Empty, Cell::Money(opposite)] } else { [Cell::Money(amount), Cell::Empty] }
}
