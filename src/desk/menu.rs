//! Which pages a role has, in the order of its work.

use super::Page;
use crate::kernel::Scope;

/// A page that is named in the menu.
pub struct Item {
    pub path: String,
    pub label: String,
    pub is_here: bool,
}

/// Path and word of a role's pages.
const fn pages(scope: Scope) -> &'static [(&'static str, &'static str)] {
    match scope {
        Scope::Treasury | Scope::Auditor | Scope::Programme => &[
            ("/desk", "menu-desk"),
            ("/desk/budget", "books-budget"),
            ("/desk/accounts", "books-accounts"),
            ("/desk/payments", "books-payments"),
            ("/desk/findings", "books-findings"),
            ("/desk/journal", "books-journal"),
        ],
        Scope::Teaching => &[
            ("/desk", "menu-desk"),
            ("/desk/budget", "books-budget"),
            ("/desk/accounts", "books-accounts"),
            ("/desk/journal", "books-journal"),
        ],
        Scope::Agency | Scope::Registrar | Scope::Admin => &[("/desk", "menu-desk")],
    }
}

/// The programme that is looked at, to go on with on the next page.
fn programme(here: &str) -> Option<&str> {
    let (_, query) = here.split_once('?')?;
    query.split('&').find(|part| part.starts_with("programme_id="))
}

pub fn of(page: &Page) -> Vec<Item> {
    let Some(caller) = &page.caller else { return Vec::new() };
    let here = page.here.split('?').next().unwrap_or("");
    let programme = programme(&page.here).map(|programme| format!("?{programme}")).unwrap_or_default();
    let item = |(path, word): &(&'static str, &str)| Item {
        path: if *path == "/desk" { (*path).to_owned() } else { format!("{path}{programme}") },
        label: page.t(word),
        is_here: *path == here,
    };
    pages(caller.scope).iter().map(item).collect()
}
