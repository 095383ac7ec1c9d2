//! The desks of treasury and finance control: the budget, and the way from any of its figures down to a signed entry.
//!
//! `budget` and `accounts` show figures, `postings` what they are made of, `entry` one journal transaction with its proof,
//! `trace` the way of money between people and payments, `payments`, `findings` and `journal` what their names say. Every page
//! asks the queries of `oversight`, `payment`, `statement` and `period`, as the doors for programs do. People are pseudonyms.
//!
//! `table` is how all of them show rows, `names` how ids are written, `bars` and `picture`
//! (of what `ways` puts into it) are drawn here as SVG.

mod accounts;
pub(super) mod bars;
mod budget;
mod entry;
mod findings;
mod journal;
pub(super) mod names;
mod payments;
mod picture;
mod postings;
mod queries;
mod table;
mod trace;
pub mod unmasking;
mod ways;

pub(super) use table::{Cell, Part, Table};

use actix_web::web::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(budget::budget)
        .service(accounts::accounts)
        .service(postings::postings_page)
        .service(entry::entry);
    config
        .service(trace::redemption_page)
        .service(trace::payment_page)
        .service(trace::session_page)
        .service(trace::payee_page);
    config.service(payments::payments).service(findings::findings).service(journal::journal);
    config.service(unmasking::unmaskings).service(unmasking::unmask_holder).service(unmasking::unmask_payee);
    config.service(queries::queries).service(queries::save).service(queries::rename).service(queries::delete);
}
