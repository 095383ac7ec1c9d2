//! What bounds an amount that someone asks to move, the field being `amount`.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use crate::kernel::{Code, Kopecks, Refusal};

const FIELD: &str = "amount.amount";

/// # Errors
/// `invalid_field` for nothing or less.
pub fn positive(amount: Kopecks) -> Result<(), Refusal> {
    if amount.is_positive() { Ok(()) } else { Err(Refusal::field(FIELD, "more than zero")) }
}

/// Whether a positive amount can be taken from what is available on a line.
///
/// # Errors
/// `budget_exceeded` with the shortfall.
pub fn within_available(amount: Kopecks, available: Kopecks) -> Result<(), Refusal> {
    let shortfall = amount.get() - available.get();
    if shortfall > 0 {
        return Err(Refusal::new(Code::BudgetExceeded)
            .at(FIELD)
            .with("available_kopecks", available.get())
            .with("shortfall_kopecks", shortfall));
    }
    Ok(())
}
