//! Which pages a role has, in the order of its work.

use super::Page;
use crate::kernel::Scope;

/// A page that is named in the menu.
pub struct Item {
    pub path: &'static str,
    pub label: String,
    pub is_here: bool,
}

/// Path and word of a role's pages.
const fn pages(scope: Scope) -> &'static [(&'static str, &'static str)] {
    match scope {
        Scope::Agency => &[REQUESTS, VOUCHERS],
        Scope::Registrar => &[ENROLMENT, DEVICES, CONFLICTS, PROPOSALS],
        Scope::Teaching => &[PROGRESS, CONFLICTS, PROPOSALS],
        Scope::Programme => &[PROGRESS, REQUESTS, VOUCHERS, CONFLICTS, PROPOSALS],
        Scope::Treasury => &[PROGRESS, PROPOSALS],
        Scope::Auditor => &[PROGRESS, REQUESTS, VOUCHERS, CONFLICTS, PROPOSALS],
        Scope::Admin => &[DEVICES, PROPOSALS],
    }
}

const ENROLMENT: (&str, &str) = ("/desk/enrolment", "menu-enrolment");
const DEVICES: (&str, &str) = ("/desk/devices", "menu-devices");
const CONFLICTS: (&str, &str) = ("/desk/conflicts", "menu-conflicts");
const PROGRESS: (&str, &str) = ("/desk/progress", "menu-progress");
const REQUESTS: (&str, &str) = ("/desk/requests", "menu-requests");
const VOUCHERS: (&str, &str) = ("/desk/vouchers", "menu-vouchers");
const PROPOSALS: (&str, &str) = ("/desk/proposals", "menu-proposals");

pub fn of(page: &Page) -> Vec<Item> {
    let Some(caller) = &page.caller else { return Vec::new() };
    let here = page.here.split('?').next().unwrap_or("");
    let item =
        |(path, word): &(&'static str, &str)| Item { path, label: page.t(word), is_here: *path == here };
    pages(caller.scope).iter().map(item).collect()
}
