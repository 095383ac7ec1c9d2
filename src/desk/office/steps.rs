//! What a programme needs before it opens and while it runs, each as it is: done or not, and by whom and how it is done. Pure.

use crate::kernel::Kopecks;
use crate::oversight::execution::LineExecution;
use crate::oversight::readiness::Readiness;
use crate::programme::ProgrammeFacts;
use crate::programme::model::{BudgetItem, Status};

/// A step: its words are `step-…`, what to do `step-…-do`.
pub struct Step {
    pub name: &'static str,
    pub is_done: bool,
    pub figures: Figures,
    /// Who does it, as scopes are called.
    pub by: &'static str,
    /// The call or command that does it.
    pub call: String,
    /// The page where it is seen.
    pub page: Option<&'static str>,
}

/// How far a step is.
pub enum Figures {
    /// So many of so many.
    Of(i64, i64),
    /// So many for so many.
    For(i64, i64),
    /// So much of so much.
    Money(Kopecks, Kopecks),
    Text(String),
    Count(i64),
}

/// What waits for somebody, and on which page.
pub struct Waiting {
    pub name: &'static str,
    pub count: i64,
    pub page: &'static str,
}

/// All steps in the order of the work.
pub fn steps(programme: &ProgrammeFacts, has: &Readiness) -> Vec<Step> {
    let of_programme = |rest: &str| format!("/v1/programmes/{}/{rest}", programme.programme_id);
    let line = |item: BudgetItem| has.lines.iter().find(|line| line.item == item.as_str());
    let (pay, campaign) = (line(BudgetItem::InstructorPay), line(BudgetItem::InformationCampaign));
    let target = i64::from(programme.target_trained);
    // Figures that do not fit 64 bits are no budget.
    let needed = Kopecks::new(programme.face_value.get().saturating_mul(target));
    let limit = |line: Option<&LineExecution>| line.map_or(Kopecks::ZERO, |line| line.limit);
    let step =
        |name, is_done, figures, by, call: String| Step { name, is_done, figures, by, call, page: None };
    let seen = |page, step| Step { page: Some(page), ..step };
    let token = |terms: &str| format!("vouchers token create {terms}");
    let budget_line = |name, line: Option<&LineExecution>| {
        let figures = Figures::Text(line.map_or_else(String::new, |line| format!("КБК {}", line.kbk)));
        let call = format!("POST {}", of_programme("budget-lines"));
        step(name, line.is_some(), figures, "programme", call)
    };
    let money = |name, line: Option<&LineExecution>, needed: Kopecks| {
        let id = line.map_or_else(|| "{budget_line_id}".to_owned(), |line| line.budget_line_id.to_string());
        let is_done = limit(line).is_positive() && limit(line) >= needed;
        let figures = Figures::Money(limit(line), needed);
        step(name, is_done, figures, "treasury", format!("POST /v1/budget-lines/{id}/appropriations"))
    };
    let university = format!("--university {}", programme.university_code);
    vec![
        step(
            "agencies",
            has.agencies > 0,
            Figures::Count(has.agencies),
            "programme",
            "POST /v1/agencies".to_owned(),
        ),
        seen(
            "/desk/quotas",
            step(
                "quotas",
                has.seats >= target && has.seats > 0,
                Figures::Of(has.seats, target),
                "programme",
                format!("PUT {}", of_programme("quotas")),
            ),
        ),
        step(
            "agency-people",
            has.agencies_with_quota > 0 && has.agencies_with_people == has.agencies_with_quota,
            Figures::Of(has.agencies_with_people, has.agencies_with_quota),
            "admin",
            token("--scope agency --agency CODE --subject LOGIN"),
        ),
        step(
            "registrars",
            has.registrars > 0,
            Figures::Count(has.registrars),
            "admin",
            token(&format!("--scope registrar {university} --subject LOGIN")),
        ),
        step(
            "teaching-office",
            has.teaching > 1,
            Figures::Of(has.teaching, 2),
            "admin",
            token(&format!("--scope teaching {university} --subject LOGIN")),
        ),
        step(
            "treasury-office",
            has.treasury > 1,
            Figures::Of(has.treasury, 2),
            "admin",
            token("--scope treasury --subject LOGIN"),
        ),
        budget_line("pay-line", pay),
        budget_line("campaign-line", campaign),
        seen("/desk/budget", money("pay-money", pay, needed)),
        seen("/desk/campaign", money("campaign-money", campaign, Kopecks::ZERO)),
        step(
            "settlement-account",
            has.settlement_accounts > 0,
            Figures::Count(has.settlement_accounts),
            "treasury",
            format!("POST {}", of_programme("settlement-accounts")),
        ),
        step(
            "opened",
            programme.status != Status::Draft,
            Figures::Text(String::new()),
            "programme",
            format!("POST {}", of_programme("open")),
        ),
        step(
            "runs",
            has.open_runs > 0 && has.free_seats >= has.live_vouchers,
            Figures::For(has.free_seats, has.live_vouchers),
            "teaching",
            "POST /v1/course-runs".to_owned(),
        ),
        seen(
            "/desk/teaching",
            step(
                "contracts",
                has.contracts > 0,
                Figures::Count(has.hours_left),
                "teaching",
                "POST /v1/instructors".to_owned(),
            ),
        ),
    ]
}

/// What waits for a decision, on the pages where it is made.
pub fn waiting(has: &Readiness) -> Vec<Waiting> {
    let waiting = |name, count, page| Waiting { name, count, page };
    vec![
        waiting("requested", has.requested, "/desk/requests?status=requested"),
        waiting("approved", has.approved, "/desk/requests?status=approved"),
        waiting("quota-moves", has.quota_moves, "/desk/quotas"),
        waiting("conflicts", has.conflicts, "/desk/conflicts"),
        waiting("proposals", has.proposals, "/desk/proposals"),
    ]
}
