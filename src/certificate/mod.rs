//! The certificate: a voucher on paper. What a holder gets in hand, prints and shows.
//!
//! `model` has what it says, taken from the verified credential and the names behind its codes; `page` lays it out with
//! `typeface`, `words` and `ornament`; `pdf` writes one page or many, `bundle` a ZIP of
//! files. `link` is the
//! address at which a holder finds it. The same voucher gives the same bytes: nothing on it
//! depends on when it is asked for (docs/decisions/0023-certificate.md).

mod bundle;
pub mod http;
pub mod link;
pub mod link_http;
pub mod model;
mod ornament;
mod page;
pub mod pdf;
pub(crate) mod store;
mod typeface;
mod words;

pub use model::Certificate;
