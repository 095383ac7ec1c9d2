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
        Scope::Agency => &[REQUESTS, VOUCHERS, REMINDERS, QUOTAS],
        Scope::Registrar => &[ENROLMENT, DEVICES, CONFLICTS, PROPOSALS],
        Scope::Teaching => &[PROGRESS, TEACHING, BUDGET, ACCOUNTS, JOURNAL, CONFLICTS, PROPOSALS],
        Scope::Programme => &[
            PROGRESS, QUOTAS, REQUESTS, VOUCHERS, TEACHING, CAMPAIGN, CONFLICTS, PROPOSALS, BUDGET, PAYMENTS,
            JOURNAL, UNMASKINGS, SETTING_UP,
        ],
        Scope::Treasury => {
            &[BUDGET, ACCOUNTS, PAYMENTS, CAMPAIGN, PROPOSALS, FINDINGS, JOURNAL, QUERIES, PROGRESS, TEACHING]
        }
        Scope::Auditor => &[
            BUDGET, ACCOUNTS, PAYMENTS, FINDINGS, JOURNAL, QUERIES, PROGRESS, QUOTAS, TEACHING, CAMPAIGN,
            REQUESTS, VOUCHERS, CONFLICTS, PROPOSALS, UNMASKINGS, SETTING_UP,
        ],
        Scope::Admin => &[DEVICES, PROPOSALS, UNMASKINGS],
    }
}

const ENROLMENT: (&str, &str) = ("/desk/enrolment", "menu-enrolment");
const DEVICES: (&str, &str) = ("/desk/devices", "menu-devices");
const CONFLICTS: (&str, &str) = ("/desk/conflicts", "menu-conflicts");
const BUDGET: (&str, &str) = ("/desk/budget", "books-budget");
const ACCOUNTS: (&str, &str) = ("/desk/accounts", "books-accounts");
const PAYMENTS: (&str, &str) = ("/desk/payments", "books-payments");
const FINDINGS: (&str, &str) = ("/desk/findings", "books-findings");
const JOURNAL: (&str, &str) = ("/desk/journal", "books-journal");
const QUERIES: (&str, &str) = ("/desk/queries", "books-queries");
const UNMASKINGS: (&str, &str) = ("/desk/unmaskings", "books-unmaskings");
const PROGRESS: (&str, &str) = ("/desk/progress", "menu-progress");
const QUOTAS: (&str, &str) = ("/desk/quotas", "menu-quotas");
const TEACHING: (&str, &str) = ("/desk/teaching", "menu-teaching");
const CAMPAIGN: (&str, &str) = ("/desk/campaign", "menu-campaign");
const SETTING_UP: (&str, &str) = ("/desk/set-up-programme", "menu-setting-up");
const REQUESTS: (&str, &str) = ("/desk/requests", "menu-requests");
const VOUCHERS: (&str, &str) = ("/desk/vouchers", "menu-vouchers");
const REMINDERS: (&str, &str) = ("/desk/reminders", "menu-reminders");
const PROPOSALS: (&str, &str) = ("/desk/proposals", "menu-proposals");

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
        path: format!("{path}{programme}"),
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
