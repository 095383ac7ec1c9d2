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
    if let Some(entry) = here.strip_prefix("/desk/entries/") {
        return entry.split('/').next();
    }
    let (_, query) = here.split_once('?')?;
    query.split('&').find_map(|part| part.strip_prefix("programme_id="))
}

pub fn of(page: &Page) -> Vec<Item> {
    let Some(caller) = &page.caller else { return Vec::new() };
    let here = page.here.split('?').next().unwrap_or("");
    let programme = programme(&page.here).map(|id| format!("?programme_id={id}")).unwrap_or_default();
    let item = |(path, word): &(&'static str, &str)| Item {
        path: if *path == "/desk" { (*path).to_owned() } else { format!("{path}{programme}") },
        label: page.t(word),
        is_here: *path == here,
    };
    pages(caller.scope).iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programme_goes_along() {
        assert_eq!(programme("/desk/budget?by=month&programme_id=a"), Some("a"));
        assert_eq!(programme("/desk/entries/a/17"), Some("a"));
        assert_eq!([programme("/desk/budget"), programme("/desk/budget?by=month")], [None, None]);
    }
}
