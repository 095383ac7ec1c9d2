//! What each trace's picture has in its columns.

use super::super::Page;
use super::names::{self, short};
use super::picture::{ACCRUALS, COURSE_RUNS, PAYMENTS, REDEMPTIONS, SESSIONS, Sketch};
use crate::kernel::*;
use crate::oversight::names::Names;
use crate::oversight::starts::{PayeeTrace, SessionTrace};
use crate::oversight::trace::{PaymentShare, PaymentTrace, RedemptionTrace, SessionShare};
use std::fmt::Display;

pub fn payee_name(page: &Page, kind: &str, id: PayeeId) -> String {
    match kind {
        "tax_office" => page.word("books-payee", kind),
        _ => format!("{} {}", page.word("books-payee", kind), short(id)),
    }
}

pub fn about(page: &Page, what: &str, id: impl Display) -> String {
    format!("{} {}", page.word("books-what", what), short(id))
}

pub fn of_redemption(page: &Page, trace: &RedemptionTrace) -> Sketch {
    let (programme, mut sketch) = (trace.programme_id, Sketch::default());
    let run = (trace.course_run_id, trace.course_run.as_str());
    let redemption = sketch_redemption(page, programme, &mut sketch, trace.redemption_id, trace.face_value);
    let run = sketch_run(page, programme, &mut sketch, run, trace.accrued);
    sketch.join(REDEMPTIONS, redemption, run);
    sketch_sessions(page, programme, &mut sketch, &trace.sessions, &trace.payments);
    join_run(&mut sketch, run, trace.sessions.iter().map(|share| share.session_id));
    sketch
}

/// Draws sessions, what they owe to whom, and the payments of it.
fn sketch_sessions(
    page: &Page,
    programme: ProgrammeId,
    sketch: &mut Sketch,
    sessions: &[SessionShare],
    payments: &[PaymentShare],
) {
    for share in sessions {
        let (title, href) = (
            format!("{} {}", page.day_of(&share.held_on), page.word("books-phase", &share.phase)),
            names::trace("session", share.session_id, programme),
        );
        let session = sketch.put(SESSIONS, share.session_id, title, share.accrued, Some(href));
        let payee = payee_name(page, &share.payee_kind, share.payee_id);
        let href = names::trace("payee", share.payee_id, programme);
        let payee = sketch.put(ACCRUALS, share.payee_id, payee, share.accrued, Some(href));
        sketch.join(SESSIONS, session, payee);
    }
    for share in payments {
        let href = names::trace("payment", share.payment_id, programme);
        let title = format!("№ {}", share.document_number);
        let payment = sketch.put(PAYMENTS, share.payment_id, title, share.amount, Some(href));
        let name = about(page, "payee", share.payee_id);
        let payee = sketch.put(ACCRUALS, share.payee_id, name, Kopecks::ZERO, None);
        sketch.join(ACCRUALS, payee, payment);
    }
}

fn sketch_redemption(
    page: &Page,
    programme: ProgrammeId,
    sketch: &mut Sketch,
    id: RedemptionId,
    gave: Kopecks,
) -> usize {
    let href = names::trace("redemption", id, programme);
    sketch.put(REDEMPTIONS, id, about(page, "redemption", id), gave, Some(href))
}

fn sketch_run(
    page: &Page,
    programme: ProgrammeId,
    sketch: &mut Sketch,
    (id, code): (CourseRunId, &str),
    gave: Kopecks,
) -> usize {
    let href = names::postings(programme, &[("course_run_id", id.to_string())]);
    sketch.put(COURSE_RUNS, id, format!("{} {code}", page.word("books-what", "course_run")), gave, Some(href))
}

/// Joins a course run to sessions, which are drawn in this order.
fn join_run(sketch: &mut Sketch, run: usize, sessions: impl Iterator<Item = SessionId>) {
    let mut seen = Vec::new();
    for id in sessions {
        if !seen.contains(&id) {
            sketch.join(COURSE_RUNS, run, seen.len());
            seen.push(id);
        }
    }
}

pub fn of_payment(page: &Page, trace: &PaymentTrace, names: &Names) -> Sketch {
    let (programme, mut sketch) = (trace.programme_id, Sketch::default());
    let payee = payee_name(page, &trace.payee_kind, trace.payee_id);
    let href = names::trace("payee", trace.payee_id, programme);
    let payee = sketch.put(ACCRUALS, trace.payee_id, payee, trace.amount, Some(href));
    let payment = format!("№ {}", trace.document_number);
    let payment = sketch.put(PAYMENTS, trace.payment_id, payment, trace.amount, None);
    sketch.join(ACCRUALS, payee, payment);
    for share in &trace.shares {
        let code = names.course_run(share.course_run_id);
        let redemption = sketch_redemption(page, programme, &mut sketch, share.redemption_id, share.amount);
        let run = sketch_run(page, programme, &mut sketch, (share.course_run_id, &code), share.amount);
        let href = names::trace("session", share.session_id, programme);
        let title = about(page, "session", share.session_id);
        let session = sketch.put(SESSIONS, share.session_id, title, share.amount, Some(href));
        sketch.join(REDEMPTIONS, redemption, run);
        sketch.join(COURSE_RUNS, run, session);
        sketch.join(SESSIONS, session, payee);
    }
    for act in &trace.acts {
        let title = format!("{} № {}", page.word("books-what", "act"), act.document_number);
        let act = sketch.put(SESSIONS, act.act_id, title, act.amount, None);
        sketch.join(SESSIONS, act, payee);
    }
    sketch
}

pub fn of_session(page: &Page, trace: &SessionTrace) -> Sketch {
    let (programme, mut sketch) = (trace.programme_id, Sketch::default());
    let run = (trace.course_run_id, trace.course_run.as_str());
    let run = sketch_run(page, programme, &mut sketch, run, trace.accrued);
    for share in &trace.shares {
        let redemption = sketch_redemption(page, programme, &mut sketch, share.redemption_id, share.accrued);
        sketch.join(REDEMPTIONS, redemption, run);
    }
    sketch_sessions(page, programme, &mut sketch, &trace.payees, &trace.payments);
    join_run(&mut sketch, run, trace.payees.iter().map(|share| share.session_id));
    sketch
}

pub fn of_payee(page: &Page, trace: &PayeeTrace) -> Sketch {
    let (programme, mut sketch) = (trace.programme_id, Sketch::default());
    sketch_sessions(page, programme, &mut sketch, &trace.sessions, &trace.payments);
    let payee = sketch.put(
        ACCRUALS,
        trace.payee_id,
        payee_name(page, &trace.kind, trace.payee_id),
        Kopecks::ZERO,
        None,
    );
    for act in &trace.acts {
        let title = format!("{} № {}", page.word("books-what", "act"), act.document_number);
        let act = sketch.put(SESSIONS, act.act_id, title, act.amount, None);
        sketch.join(SESSIONS, act, payee);
    }
    sketch
}
