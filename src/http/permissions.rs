//! Who may call what: the one table. A route that is not in it cannot be reached.
//!
//! To add a route: its line here, under its noun, and its handler in the slice's `routes`. Tests compare
//! the two, and the documentation's table is made from this one.

#[allow(unused_imports, reason = "every scope by its short name, for rows to come")]
use crate::kernel::Scope::{self, Admin, Agency, Auditor, Programme, Registrar, Teaching, Treasury};
use actix_web::dev::ResourceDef;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Anyone, without a token.
    Public,
    /// Holders of a token with one of these scopes.
    Only(&'static [Scope]),
}

/// A row of the table. `path` is the pattern as actix knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub access: Access,
}

const fn get(path: &'static str, access: Access) -> Route {
    Route { method: "GET", path, access }
}

const fn post(path: &'static str, access: Access) -> Route {
    Route { method: "POST", path, access }
}

const fn put(path: &'static str, access: Access) -> Route {
    Route { method: "PUT", path, access }
}

const fn delete(path: &'static str, access: Access) -> Route {
    Route { method: "DELETE", path, access }
}

use Access::{Only, Public};

/// Every token may.
const EVERYBODY: Access = Only(&Scope::ALL);

#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    // The house itself
    get("/healthz", Public),
    get("/readyz", Public),
    get("/metrics", Public),
    get("/openapi.json", Public),
    get("/docs/{tail:.*}", Public),
    get("/problems/{code}", Public),

    // Tokens and denials
    post("/v1/tokens", Only(&[Admin])),
    get("/v1/tokens", Only(&[Admin, Auditor])),
    delete("/v1/tokens/{token_id}", Only(&[Admin])),
    post("/v1/tokens/{token_id}/invitations", Only(&[Admin])),
    get("/v1/me", EVERYBODY),
    get("/v1/denials", Only(&[Admin, Auditor])),

    // Agencies and universities
    post("/v1/agencies", Only(&[Admin, Programme])),
    get("/v1/agencies", EVERYBODY),
    get("/v1/agencies/{agency_id}", EVERYBODY),
    post("/v1/universities", Only(&[Admin, Programme])),
    get("/v1/universities", EVERYBODY),
    get("/v1/universities/{university_id}", EVERYBODY),

    // Employees
    post("/v1/sheets/preview", Only(&[Agency])),
    post("/v1/employees", Only(&[Agency])),
    get("/v1/employees", Only(&[Agency, Auditor])),
    get("/v1/employees/{employee_id}", Only(&[Agency, Auditor])),

    // Programmes, budget lines, quotas, proposals
    post("/v1/programmes", Only(&[Programme])),
    get("/v1/programmes", EVERYBODY),
    get("/v1/programmes/{programme_id}", EVERYBODY),
    post("/v1/programmes/{programme_id}/open", Only(&[Programme])),
    post("/v1/programmes/{programme_id}/close", Only(&[Programme])),
    post("/v1/programmes/{programme_id}/budget-lines", Only(&[Programme])),
    get("/v1/programmes/{programme_id}/budget-lines", Only(&[Programme, Treasury, Auditor])),
    put("/v1/programmes/{programme_id}/quotas", Only(&[Programme])),
    get("/v1/programmes/{programme_id}/quotas", Only(&[Agency, Programme, Auditor])),
    post("/v1/programmes/{programme_id}/quota-moves", Only(&[Programme, Agency])),
    get("/v1/programmes/{programme_id}/quota-moves", Only(&[Agency, Programme, Auditor])),
    get("/v1/programmes/{programme_id}/quota-moves/{move_id}", Only(&[Agency, Programme, Auditor])),
    post("/v1/programmes/{programme_id}/quota-moves/{move_id}/agree", Only(&[Agency])),
    post("/v1/programmes/{programme_id}/quota-moves/{move_id}/decline", Only(&[Agency])),
    post("/v1/programmes/{programme_id}/quota-moves/{move_id}/withdraw", Only(&[Programme, Agency])),
    post("/v1/budget-lines/{budget_line_id}/appropriations", Only(&[Treasury])),
    post("/v1/budget-lines/{budget_line_id}/moves", Only(&[Treasury])),
    post("/v1/course-runs/{course_run_id}/top-ups", Only(&[Treasury])),
    post("/v1/programmes/{programme_id}/year-end", Only(&[Treasury])),
    get("/v1/proposals", Only(&[Registrar, Teaching, Programme, Treasury, Auditor, Admin])),
    get("/v1/proposals/{proposal_id}", Only(&[Registrar, Teaching, Programme, Treasury, Auditor, Admin])),
    post("/v1/proposals/{proposal_id}/confirm", Only(&[Registrar, Teaching, Programme, Treasury, Admin])),
    post("/v1/proposals/{proposal_id}/withdraw", Only(&[Registrar, Teaching, Programme, Treasury, Admin])),

    // Periods
    get("/v1/programmes/{programme_id}/trial-balance", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/periods", Only(&[Teaching, Programme, Treasury, Auditor])),
    post("/v1/programmes/{programme_id}/periods/{month}/close", Only(&[Treasury])),

    // Requests
    post("/v1/requests", Only(&[Agency])),
    get("/v1/requests", Only(&[Agency, Programme, Auditor])),
    get("/v1/requests/{request_id}", Only(&[Agency, Programme, Auditor])),
    post("/v1/requests/{request_id}/approve", Only(&[Programme])),
    post("/v1/requests/{request_id}/reject", Only(&[Programme])),

    // Vouchers
    post("/v1/requests/{request_id}/issue", Only(&[Programme])),
    get("/v1/vouchers", Only(&[Agency, Programme, Auditor])),
    get("/v1/vouchers/{voucher_id}", Only(&[Agency, Programme, Auditor])),
    get("/v1/vouchers/{voucher_id}/history", Only(&[Agency, Programme, Auditor])),
    get("/v1/vouchers/{voucher_id}/qr.svg", Only(&[Agency, Programme])),
    get("/v1/vouchers/{voucher_id}/qr.png", Only(&[Agency, Programme])),
    get("/v1/vouchers/{voucher_id}/certificate.pdf", Only(&[Agency, Programme])),
    get("/v1/vouchers/{voucher_id}/link", Only(&[Agency, Programme])),
    get("/c/{link}/state.json", Public),
    get("/c/{link}/certificate.pdf", Public),
    get("/c/{link}/qr.svg", Public),
    get("/v1/requests/{request_id}/certificates.pdf", Only(&[Agency, Programme])),
    get("/v1/requests/{request_id}/certificates.zip", Only(&[Agency, Programme])),
    post("/v1/vouchers/{voucher_id}/suspend", Only(&[Agency, Programme])),
    post("/v1/vouchers/{voucher_id}/resume", Only(&[Agency, Programme])),
    post("/v1/vouchers/{voucher_id}/void", Only(&[Agency, Programme])),
    post("/v1/vouchers/{voucher_id}/replace", Only(&[Agency, Programme])),
    post("/v1/vouchers/{voucher_id}/extend", Only(&[Programme])),
    post("/v1/programmes/{programme_id}/release-expired", Only(&[Programme])),

    // Unmasking
    post("/v1/vouchers/{voucher_id}/unmask", Only(&[Auditor])),
    post("/v1/payees/{payee_id}/unmask", Only(&[Auditor])),
    get("/v1/unmaskings", Only(&[Programme, Auditor, Admin])),

    // Course runs
    post("/v1/course-runs", Only(&[Teaching])),
    get("/v1/course-runs", Only(&[Agency, Registrar, Teaching, Programme, Treasury, Auditor])),
    get("/v1/course-runs/{course_run_id}", Only(&[Agency, Registrar, Teaching, Programme, Treasury, Auditor])),
    post("/v1/course-runs/{course_run_id}/close", Only(&[Teaching])),
    post("/v1/course-runs/{course_run_id}/move-enrolments", Only(&[Registrar, Teaching])),

    // Redemptions
    post("/v1/redemptions/preview", Only(&[Registrar])),
    post("/v1/redemptions", Only(&[Registrar])),
    get("/v1/redemptions", Only(&[Registrar, Teaching, Programme, Auditor])),
    get("/v1/redemptions/{redemption_id}", Only(&[Registrar, Teaching, Programme, Treasury, Auditor])),
    post("/v1/redemptions/{redemption_id}/reverse", Only(&[Registrar])),

    // Devices of the enrolment table
    post("/v1/device-pairings", Only(&[Registrar])),
    post("/v1/devices", Public),
    get("/v1/devices", Only(&[Registrar, Auditor, Admin])),
    post("/v1/devices/{device_id}/revoke", Only(&[Registrar, Admin])),
    post("/v1/devices/{device_id}/items", Public),

    // Conflict cases
    get("/v1/conflicts", Only(&[Registrar, Teaching, Programme, Auditor])),
    get("/v1/conflicts/{conflict_id}", Only(&[Registrar, Teaching, Programme, Auditor])),
    post("/v1/conflicts/{conflict_id}/decide", Only(&[Programme])),

    // Instructors and sessions
    post("/v1/instructors", Only(&[Teaching])),
    post("/v1/instructors/{payee_id}/contracts", Only(&[Teaching])),
    get("/v1/instructors", Only(&[Teaching, Programme, Treasury, Auditor])),
    post("/v1/sessions", Only(&[Teaching])),
    get("/v1/sessions", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/sessions/{session_id}", Only(&[Teaching, Programme, Treasury, Auditor])),
    post("/v1/sessions/{session_id}/accept", Only(&[Teaching])),
    post("/v1/sessions/{session_id}/cancel", Only(&[Teaching])),

    // Attendance, results, completion
    post("/v1/sessions/{session_id}/attendance", Only(&[Teaching])),
    get("/v1/sessions/{session_id}/attendance", Only(&[Teaching, Programme, Auditor])),
    post("/v1/course-runs/{course_run_id}/results", Only(&[Teaching])),
    post("/v1/course-runs/{course_run_id}/completions", Only(&[Teaching])),
    get("/v1/course-runs/{course_run_id}/participants", Only(&[Teaching, Programme, Auditor])),

    // Payments
    post("/v1/payments", Only(&[Treasury])),
    get("/v1/payments", Only(&[Programme, Treasury, Auditor])),
    get("/v1/payments/{payment_id}", Only(&[Programme, Treasury, Auditor])),
    post("/v1/payments/{payment_id}/confirm", Only(&[Treasury])),
    post("/v1/payments/{payment_id}/withdraw", Only(&[Treasury])),
    post("/v1/payments/{payment_id}/return", Only(&[Treasury])),
    post("/v1/payment-registers", Only(&[Treasury])),
    post("/v1/payment-registers/{register_id}/confirm", Only(&[Treasury])),
    post("/v1/payment-registers/{register_id}/withdraw", Only(&[Treasury])),

    // Bank statements
    post("/v1/programmes/{programme_id}/settlement-accounts", Only(&[Treasury])),
    get("/v1/programmes/{programme_id}/settlement-accounts", Only(&[Programme, Treasury, Auditor])),
    post("/v1/programmes/{programme_id}/statements", Only(&[Treasury])),
    get("/v1/programmes/{programme_id}/statements", Only(&[Programme, Treasury, Auditor])),
    get("/v1/statements/{statement_id}", Only(&[Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/statement-items", Only(&[Programme, Treasury, Auditor])),
    post("/v1/statement-items/{item_id}/resolve", Only(&[Treasury])),

    // The information campaign
    post("/v1/contractors", Only(&[Treasury])),
    get("/v1/contractors", Only(&[Programme, Treasury, Auditor])),
    post("/v1/contracts", Only(&[Treasury])),
    get("/v1/contracts", Only(&[Programme, Treasury, Auditor])),
    get("/v1/contracts/{contract_id}", Only(&[Programme, Treasury, Auditor])),
    post("/v1/contracts/{contract_id}/acts", Only(&[Treasury])),
    post("/v1/contracts/{contract_id}/end", Only(&[Treasury])),

    // Ledger, budget execution, traces
    get("/v1/programmes/{programme_id}/ledger/accounts", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/ledger/transactions", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/ledger/transactions/{log_index}", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/ledger/postings", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/ledger/statement", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/exports/journal", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/log/checkpoint", Public),
    get("/v1/programmes/{programme_id}/log/checkpoint/cosigned", Public),
    get("/v1/programmes/{programme_id}/log/checkpoints/{size}", Public),
    get("/v1/programmes/{programme_id}/log/proofs/consistency", Only(&[Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/log/proofs/inclusion", Only(&[Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/log/tile/{tile:.*}", Only(&[Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/budget-execution", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/budget-execution/agencies", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/budget-execution/course-runs", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/budget-execution/months", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/payables", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/progress", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/progress/weeks", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/retrained", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/redemptions/{redemption_id}/trace", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/payments/{payment_id}/trace", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/payments/trace", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/vouchers/{voucher_id}/trace", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/sessions/{session_id}/trace", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/payees/{payee_id}/trace", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/unusual", Only(&[Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/unmatched", Only(&[Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/attempts", Only(&[Programme, Treasury, Auditor])),
    get("/v1/programmes/{programme_id}/sample", Only(&[Teaching, Programme, Treasury, Auditor])),

    // The service's own log
    get("/v1/log/checkpoint", Only(&[Admin, Auditor])),
    get("/v1/log/checkpoint/cosigned", Only(&[Admin, Auditor])),
    get("/v1/log/checkpoints/{size}", Only(&[Admin, Auditor])),
    get("/v1/log/proofs/consistency", Only(&[Admin, Auditor])),
    get("/v1/log/proofs/inclusion", Only(&[Admin, Auditor])),

    // Keys and verification
    get("/.well-known/jwks.json", Public),
    get("/s/{programme_code}/{list}", Public),
    post("/v1/verify", Public),
    get("/v1/keys", Only(&[Admin, Auditor])),
    post("/v1/keys/{kid}/compromise", Only(&[Admin])),
];

/// The pages for people, beside the routes for programs: looked up in the same way, refused in words on a page.
#[rustfmt::skip]
pub const PAGES: &[Route] = &[
    // Signing in
    get("/", Public),
    get("/sign-in", Public),
    post("/sign-in", Public),
    get("/pass", Public),
    post("/pass", Public),
    get("/set-up", Public),
    post("/set-up", Public),
    post("/language", Public),
    get("/sign-in/provider", Public),
    get("/sign-in/provider/back", Public),
    get("/sign-in/provider/code", Public),
    post("/sign-in/provider/code", Public),
    post("/resume", EVERYBODY),
    post("/sign-out", EVERYBODY),
    get("/assets/{name}", Public),

    // The desks
    get("/desk", EVERYBODY),
    get("/desk/me", EVERYBODY),
    post("/desk/me/passes", EVERYBODY),
    get("/desk/me/identity", EVERYBODY),
    post("/desk/me/identity", EVERYBODY),
    get("/desk/me/identity/provider", EVERYBODY),
    post("/desk/me/identity/unlink", EVERYBODY),
    post("/desk/me/sign-ins/{sign_in_id}/end", EVERYBODY),

    // The enrolment desk
    get("/desk/enrolment", Only(&[Registrar])),
    get("/desk/enrolment/worker.js", Public),
    get("/desk/enrolment/manifest.webmanifest", Public),

    get("/desk/devices", Only(&[Registrar, Auditor, Admin])),
    post("/desk/devices/pairings", Only(&[Registrar])),
    post("/desk/devices/{device_id}/revoke", Only(&[Registrar, Admin])),
    get("/desk/conflicts", Only(&[Registrar, Teaching, Programme, Auditor])),
    post("/desk/conflicts/{conflict_id}/decide", Only(&[Programme])),

    // The certificate on its holder's phone
    get("/c/worker.js", Public),
    get("/c/{link}", Public),
    get("/c/{link}/manifest.webmanifest", Public),

    // Agencies and the programme office
    get("/desk/quotas", Only(&[Agency, Programme, Auditor])),
    post("/desk/quotas/{programme_id}/moves", Only(&[Agency, Programme])),
    post("/desk/quotas/{programme_id}/moves/{move_id}/{word}", Only(&[Agency, Programme])),
    get("/desk/teaching", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/desk/campaign", Only(&[Programme, Treasury, Auditor])),
    get("/desk/set-up-programme", Only(&[Programme, Auditor])),
    get("/desk/progress", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/desk/requests", Only(&[Agency, Programme, Auditor])),
    get("/desk/requests/new", Only(&[Agency])),
    post("/desk/requests/new", Only(&[Agency])),
    post("/desk/requests/new/send", Only(&[Agency])),
    get("/desk/requests/{request_id}", Only(&[Agency, Programme, Auditor])),
    post("/desk/requests/{request_id}/approve", Only(&[Programme])),
    post("/desk/requests/{request_id}/reject", Only(&[Programme])),
    post("/desk/requests/{request_id}/issue", Only(&[Programme])),
    get("/desk/vouchers", Only(&[Agency, Programme, Auditor])),
    get("/desk/vouchers/{voucher_id}", Only(&[Agency, Programme, Auditor])),
    post("/desk/vouchers/{voucher_id}/{action}", Only(&[Agency, Programme])),
    get("/desk/reminders", Only(&[Agency])),
    get("/desk/reminders.csv", Only(&[Agency])),
    get("/desk/proposals", Only(&[Registrar, Teaching, Programme, Treasury, Auditor, Admin])),
    post("/desk/proposals/{proposal_id}/confirm", Only(&[Registrar, Teaching, Programme, Treasury, Admin])),
    post("/desk/proposals/{proposal_id}/withdraw", Only(&[Registrar, Teaching, Programme, Treasury, Admin])),

    // Budget, books and proofs: who may ask the same over the API
    get("/desk/budget", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/desk/accounts", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/desk/postings", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/desk/entries/{programme_id}/{log_index}", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/desk/trace/redemption/{redemption_id}", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/desk/trace/payment/{payment_id}", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/desk/trace/session/{session_id}", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/desk/trace/payee/{payee_id}", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/desk/payments", Only(&[Programme, Treasury, Auditor])),
    get("/desk/findings", Only(&[Programme, Treasury, Auditor])),
    get("/desk/journal", Only(&[Teaching, Programme, Treasury, Auditor])),
    get("/desk/unmaskings", Only(&[Programme, Auditor, Admin])),
    post("/desk/unmaskings/voucher/{voucher_id}", Only(&[Auditor])),
    post("/desk/unmaskings/payee/{programme_id}/{payee_id}", Only(&[Auditor])),

    // Pages that somebody looks at again
    get("/desk/queries", Only(&[Treasury, Auditor])),
    post("/desk/queries", Only(&[Treasury, Auditor])),
    post("/desk/queries/{query_id}/rename", Only(&[Treasury, Auditor])),
    post("/desk/queries/{query_id}/delete", Only(&[Treasury, Auditor])),
];

/// Whether the route is a page.
pub fn is_page(route: &Route) -> bool {
    PAGES.iter().any(|page| std::ptr::eq(page, route))
}

/// Whether the route takes a form of somebody who is signed in.
pub fn is_form(route: &Route) -> bool {
    is_page(route) && route.method == "POST" && route.access != Public
}

/// What the table says of a request.
#[derive(Debug)]
pub enum Lookup {
    Found(&'static Route),
    /// The path is known, with these methods only.
    OtherMethods(Vec<&'static str>),
    Nowhere,
}

fn all() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().chain(PAGES)
}

static TABLE: LazyLock<Vec<(ResourceDef, &'static Route)>> =
    LazyLock::new(|| all().map(|route| (ResourceDef::new(route.path), route)).collect());

/// The rows without a parameter, by their path: nearly every request is for one of them.
static FIXED: LazyLock<HashMap<&str, Vec<&'static Route>>> = LazyLock::new(|| {
    let mut fixed = HashMap::<_, Vec<_>>::new();
    for route in all().filter(|route| !route.path.contains('{')) {
        fixed.entry(route.path).or_default().push(route);
    }
    fixed
});

/// The row of a request. `path` is as the router sees it (`HttpRequest::match_info`), so that both
/// always mean the same route.
pub fn find(method: &str, path: &str) -> Lookup {
    if let Some(route) = FIXED.get(path).and_then(|routes| routes.iter().find(|route| route.method == method))
    {
        return Lookup::Found(route);
    }
    let rows = TABLE.iter().filter(|(_, route)| route.method == method);
    if let Some((_, route)) = rows.into_iter().find(|(pattern, _)| pattern.is_match(path)) {
        return Lookup::Found(route);
    }
    let others: Vec<_> =
        TABLE.iter().filter(|(pattern, _)| pattern.is_match(path)).map(|(_, route)| route.method).collect();
    if others.is_empty() { Lookup::Nowhere } else { Lookup::OtherMethods(others) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The router takes the first route that matches, this table a path without parameters, else the first row: they agree
    /// when no path of one method matches two patterns, or the path itself stands before the pattern.
    #[test]
    fn no_two_patterns_of_a_method_take_the_same_path() {
        for route in all() {
            let example: Vec<_> =
                route.path.split('/').map(|s| if s.starts_with('{') { "x" } else { s }).collect();
            let example = example.join("/");
            let matching = |(pattern, other): &&(ResourceDef, &Route)| {
                other.method == route.method && pattern.is_match(&example)
            };
            let taking: Vec<_> = TABLE.iter().filter(matching).map(|(_, taking)| *taking).collect();
            assert!(std::ptr::eq(taking[0], route), "{} {}", route.method, route.path);
            assert!(taking.len() == 1 || !route.path.contains('{'), "{} {}", route.method, route.path);
        }
    }

    #[test]
    fn an_unknown_path_and_a_wrong_method_are_told_apart() {
        assert!(matches!(find("GET", "/v1/agencies"), Lookup::Found(_)));
        assert!(matches!(find("PATCH", "/v1/agencies"), Lookup::OtherMethods(_)));
        assert!(matches!(find("GET", "/v1/agencies/"), Lookup::Nowhere));
        assert!(matches!(find("GET", "/v1/agencies/a/b"), Lookup::Nowhere));
    }
}
