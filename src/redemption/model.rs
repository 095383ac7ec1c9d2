//! Whether a voucher may be redeemed into a course run. Pure.

use crate::credential::Signed;
use crate::kernel::*;
use crate::programme::ProgrammeFacts;
use crate::voucher::model::{Status, check_redeemable};

/// How the voucher was presented.
#[derive(Clone, PartialEq, Debug)]
pub enum Presented {
    /// A credential whose signature holds.
    Credential {
        programme_id: ProgrammeId,
        voucher_id: VoucherId,
        audience: String,
        /// Why the key that signed it is not trusted with it. It is refused, but it is kept whose voucher
        /// it was, and a repeat still gets its answer.
        distrust: Option<Refusal>,
    },
    /// The short number, typed or read aloud: online only, recorded as such.
    Number { programme_code: String, voucher_no: i64 },
}

impl From<Signed> for Presented {
    fn from(signed: Signed) -> Self {
        let claims = signed.claims();
        Self::Credential {
            programme_id: claims.programme_id,
            voucher_id: claims.voucher_id,
            audience: claims.audience.clone(),
            distrust: signed.distrust().cloned(),
        }
    }
}

impl Presented {
    /// Makes sure that the key behind it is trusted.
    ///
    /// # Errors
    /// `key_compromised`, `key_not_valid_at_issue`.
    pub fn check_trust(&self) -> Result<(), Refusal> {
        match self {
            Presented::Credential { distrust: Some(refusal), .. } => Err(refusal.clone()),
            Presented::Credential { distrust: None, .. } | Presented::Number { .. } => Ok(()),
        }
    }
}

/// The registrar at the enrolment table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registrar {
    pub actor: Actor,
    pub university_no: i64,
}

/// What redeeming looks at in a voucher.
#[derive(Clone, Debug)]
pub struct VoucherFacts {
    pub voucher_no: i64,
    pub voucher_id: VoucherId,
    pub status: Status,
    pub agency_no: i64,
    pub face_value: Kopecks,
    pub not_before: Timestamp,
    pub expires_at: Timestamp,
    pub redemption_no: Option<i64>,
}

/// What redeeming looks at in a course run.
#[derive(Clone, Debug)]
pub struct RunFacts {
    pub programme_no: i64,
    pub course_run_no: i64,
    pub course_run_id: CourseRunId,
    pub code: String,
    pub seats: i64,
    pub enrolled: i64,
    pub is_open: bool,
}

/// A redemption that happened before.
#[derive(Clone, Debug)]
pub struct Earlier {
    pub redemption_id: RedemptionId,
    pub redeemed_at: Timestamp,
    pub course_run_code: String,
}

/// Everything the decision looks at.
pub struct Facts<'a> {
    pub programme: &'a ProgrammeFacts,
    pub voucher: &'a VoucherFacts,
    pub run: &'a RunFacts,
    /// The live redemption of a redeemed voucher.
    pub earlier: Option<&'a Earlier>,
}

/// Decides whether `registrar` may redeem the voucher now.
///
/// # Errors
/// The refusal, with what is known: for `already_redeemed` when, into which run and by which redemption.
pub fn decide(
    facts: &Facts<'_>,
    presented: &Presented,
    registrar: &Registrar,
    identity_checked: bool,
    now: Timestamp,
) -> Result<(), Refusal> {
    let Facts { programme, voucher, run, earlier } = facts;
    presented.check_trust()?;
    check_university(programme, presented, registrar)?;
    if run.programme_no != programme.programme_no {
        return Err(Refusal::new(Code::WrongProgramme).with("voucher_programme", programme.code.as_str()));
    }
    check_redeemable(voucher.status, voucher.not_before, voucher.expires_at, now)
        .map_err(|refusal| explain(refusal, *earlier))?;
    // Its programme is open: a draft issues nothing, and one with a living voucher does not close.
    if !run.is_open {
        return Err(Refusal::new(Code::CourseRunClosed).with("course_run", &run.code));
    }
    if run.enrolled >= run.seats {
        return Err(Refusal::new(Code::CourseFull).with("course_run", &run.code).with("seats", run.seats));
    }
    if !identity_checked {
        return Err(Refusal::new(Code::IdentityNotChecked).at("identity_checked"));
    }
    Ok(())
}

/// Whether the voucher is for the registrar's university, by its signed audience and by its programme.
/// Asked before anything else is told, a repeat's answer too.
///
/// # Errors
/// `wrong_university`.
pub fn check_university(
    programme: &ProgrammeFacts,
    presented: &Presented,
    registrar: &Registrar,
) -> Result<(), Refusal> {
    let signed_for = match presented {
        Presented::Credential { audience, .. } => audience,
        Presented::Number { .. } => &programme.university_code,
    };
    if *signed_for == programme.university_code && registrar.university_no == programme.university_no {
        return Ok(());
    }
    Err(Refusal::new(Code::WrongUniversity).with("audience", signed_for))
}

fn explain(refusal: Refusal, earlier: Option<&Earlier>) -> Refusal {
    match (refusal.code, earlier) {
        (Code::AlreadyRedeemed, Some(earlier)) => refusal
            .with("redemption_id", earlier.redemption_id)
            .with("redeemed_at", earlier.redeemed_at)
            .with("course_run", &earlier.course_run_code),
        _ => refusal,
    }
}
