//! Who calls, as the permission table let them in.

use super::Problem;
use crate::kernel::{Actor, AgencyId, Code, Refusal, Scope, SignInId, UniversityId};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use std::future::{Ready, ready};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// The person or system behind the request's token. A handler that takes one cannot be reached
/// without a token; an `Option<Caller>` is `None` on public routes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller(Arc<Identity>);

/// What a token says of its bearer.
#[derive(PartialEq, Eq, Debug)]
pub struct Identity {
    pub token_no: i64,
    pub subject: String,
    pub scope: Scope,
    pub agency: Option<(i64, AgencyId)>,
    pub university: Option<(i64, UniversityId)>,
}

impl std::ops::Deref for Caller {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.0
    }
}

impl Caller {
    pub fn new(identity: Arc<Identity>) -> Self {
        Self(identity)
    }

    /// The caller as journal and four eyes see them.
    pub fn actor(&self) -> Actor {
        Actor { token_no: self.token_no, subject: self.subject.clone() }
    }

    /// The agency whose things alone this caller may see; `None`: those of all.
    pub fn agency_no(&self) -> Option<i64> {
        self.agency.map(|(agency_no, _)| agency_no)
    }

    /// The university whose things alone this caller may see; `None`: those of all.
    pub fn university_no(&self) -> Option<i64> {
        self.university.map(|(university_no, _)| university_no)
    }

    /// The agency of a caller of the scope `agency`.
    ///
    /// # Errors
    /// `forbidden` for callers of no agency.
    pub fn own_agency(&self) -> Result<(i64, AgencyId), Refusal> {
        self.agency.ok_or_else(|| Refusal::new(Code::Forbidden).with("allowed_scopes", [Scope::Agency]))
    }

    /// The university of a caller of the scopes `registrar` and `teaching`.
    ///
    /// # Errors
    /// `forbidden` for callers of no university.
    pub fn own_university(&self) -> Result<(i64, UniversityId), Refusal> {
        self.university.ok_or_else(|| {
            Refusal::new(Code::Forbidden).with("allowed_scopes", [Scope::Registrar, Scope::Teaching])
        })
    }

    /// Whose idempotency keys the caller's are: those of an organisation are one family.
    pub fn organisation(&self) -> String {
        match (self.agency, self.university) {
            (Some((agency_no, _)), _) => format!("agency:{agency_no}"),
            (None, Some((university_no, _))) => format!("university:{university_no}"),
            (None, None) => "office".into(),
        }
    }
}

/// The browser that a caller is signed in with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Browser {
    pub sign_in_id: SignInId,
    /// What our pages put into their forms and scripts into the header `x-csrf-token`: who can read it is us.
    pub csrf_token: String,
}

/// A caller whose browser has not shown yet that it was one of our pages that asked: only the form that carries the
/// token turns it into a [`Caller`].
#[derive(Clone, Debug)]
pub struct Unproven(Caller);

impl Unproven {
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// The caller, when the form's token is the browser's.
    ///
    /// # Errors
    /// `not_from_here`.
    pub fn prove(self, browser: &Browser, csrf_token: &str) -> Result<Caller, Refusal> {
        if bool::from(csrf_token.as_bytes().ct_eq(browser.csrf_token.as_bytes())) {
            return Ok(self.0);
        }
        Err(Code::NotFromHere.into())
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Caller>().cloned();
        ready(caller.ok_or(Problem(Code::Unauthenticated.into())))
    }
}
