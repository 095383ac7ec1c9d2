//! Signing before the transaction: vouchers get their numbers, then their credentials on all cores;
//! the transaction only checks and writes. A credential whose issue is then refused never leaves
//! the process; its number stays unused.

use super::status_index;
use super::store::Voucher;
use crate::credential::{self, Claims, Keyring, Kid, Purpose, SignedCredential};
use crate::db::Connection;
use crate::db::schema::{agency, employee_personal, programme, signing_key};
use crate::kernel::*;
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Scope, Stop, Writer};
use diesel::prelude::*;
use std::num::NonZero;

/// Reserves consecutive voucher numbers. Leaves no leaf: a number is nothing yet.
struct ReserveNumbers {
    programme_id: ProgrammeId,
    count: i64,
}

impl Command for ReserveNumbers {
    type Reply = i64;

    fn scope(&self) -> Scope {
        Scope::Programme(self.programme_id)
    }

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<i64>, Stop> {
        let programme_id = self.programme_id;
        let first = programme::table
            .filter(programme::programme_id.eq(programme_id))
            .select(programme::next_voucher_no)
            .get_result::<i64>(batch.connection()?)
            .optional()?
            .ok_or_else(|| Refusal::not_found("programme"))?;
        let next = first + self.count;
        Ok(Box::new(move |batch| {
            diesel::update(programme::table.filter(programme::programme_id.eq(programme_id)))
                .set(programme::next_voucher_no.eq(next))
                .execute(batch.connection()?)?;
            Ok(Done::unrecorded(first))
        }))
    }
}

/// What differs from one voucher to the next.
#[derive(Clone)]
pub struct Draft {
    pub voucher_id: VoucherId,
    pub agency_code: String,
    /// Surname and initials.
    pub holder: String,
    pub not_before: Timestamp,
    pub expires_at: Timestamp,
    pub face_value: Kopecks,
    pub credential_version: u32,
}

/// The draft of an existing voucher as it stands, to sign it again or replace it.
///
/// # Errors
/// The store's.
pub fn draft_of(connection: &mut Connection, of: &Voucher) -> Result<Draft, Stop> {
    let (family_name, given_name, patronymic) = employee_personal::table
        .find(of.employee_no)
        .select((
            employee_personal::family_name,
            employee_personal::given_name,
            employee_personal::patronymic,
        ))
        .get_result::<(String, String, Option<String>)>(connection)?;
    let name = person::PersonName::parse(&family_name, &given_name, patronymic.as_deref())?;
    Ok(Draft {
        voucher_id: of.voucher_id,
        agency_code: agency::table.find(of.agency_no).select(agency::code).get_result(connection)?,
        holder: name.surname_and_initials(),
        not_before: of.not_before,
        expires_at: of.expires_at,
        face_value: of.face_value,
        credential_version: of.credential_version.cast_unsigned(),
    })
}

/// A voucher ready to be written.
pub struct Prepared {
    pub voucher_no: i64,
    pub voucher_id: VoucherId,
    pub not_before: Timestamp,
    pub expires_at: Timestamp,
    pub issued_at: Timestamp,
    pub kid: Kid,
    pub credential_version: u32,
    pub credential: SignedCredential,
}

impl Prepared {
    /// Whether its key may still be believed: it may have been declared compromised since it signed.
    ///
    /// # Errors
    /// `unavailable` when it was: the same request is signed by another key; the store's.
    pub fn check_key(&self, connection: &mut Connection) -> Result<(), Stop> {
        let compromised_at = signing_key::table
            .find(self.kid.bytes().as_slice())
            .select(signing_key::compromised_at)
            .get_result::<Option<Timestamp>>(connection)?;
        match compromised_at {
            None => Ok(()),
            Some(at) => Err(Refusal::new(Code::Unavailable).with("key_compromised_at", at).into()),
        }
    }
}

/// What signing needs of the house.
#[derive(Clone)]
pub struct SigningDesk {
    pub keyring: Keyring,
    pub secret: HolderSecret,
    pub now: Timestamp,
}

impl SigningDesk {
    /// Numbers and signs new vouchers.
    ///
    /// # Errors
    /// `not_found` for the programme; `unavailable` without an active credential key; those of the writer.
    pub async fn prepare(
        &self,
        writer: &Writer,
        programme: &ProgrammeFacts,
        drafts: Vec<Draft>,
    ) -> Result<Vec<Prepared>, Refusal> {
        let first = writer.execute(self.reservation(programme, drafts.len())).await?.reply;
        self.sign_all(programme, first, &drafts)
    }

    /// [`SigningDesk::prepare`] for code that is not async.
    ///
    /// # Errors
    /// The same.
    pub fn prepare_blocking(
        &self,
        writer: &Writer,
        programme: &ProgrammeFacts,
        drafts: &[Draft],
    ) -> Result<Vec<Prepared>, Refusal> {
        let first = writer.execute_blocking(self.reservation(programme, drafts.len()))?.reply;
        self.sign_all(programme, first, drafts)
    }

    fn reservation(&self, programme: &ProgrammeFacts, count: usize) -> ReserveNumbers {
        ReserveNumbers { programme_id: programme.programme_id, count: count as i64 }
    }

    /// Signs on all cores.
    fn sign_all(
        &self,
        programme: &ProgrammeFacts,
        first_no: i64,
        drafts: &[Draft],
    ) -> Result<Vec<Prepared>, Refusal> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let share = drafts.len().div_ceil(cores).max(1);
        let numbered: Vec<(i64, &Draft)> = (first_no..).zip(drafts).collect();
        std::thread::scope(|scope| {
            let shares: Vec<_> = numbered
                .chunks(share)
                .map(|part| {
                    scope.spawn(move || {
                        part.iter().map(|(no, draft)| self.sign(programme, *no, draft)).collect::<Vec<_>>()
                    })
                })
                .collect();
            shares
                .into_iter()
                .flat_map(|share| share.join().unwrap_or_else(|_| vec![Err(Code::Internal.into())]))
                .collect()
        })
    }

    /// Signs one voucher of a known number: a new one, or a new version of an old one.
    ///
    /// # Errors
    /// `unavailable` without an active credential key; `invalid_field` for dates beyond 9999.
    pub fn sign(
        &self,
        programme: &ProgrammeFacts,
        voucher_no: i64,
        draft: &Draft,
    ) -> Result<Prepared, Refusal> {
        let signer = self.keyring.signer(Purpose::Credential, self.now);
        let signer =
            signer.ok_or_else(|| Refusal::new(Code::Unavailable).with("missing", "credential key"))?;
        let (list, status_index) = status_index::place(&self.secret, programme.programme_id, voucher_no);
        let issuer = self.keyring.issuer();
        let claims = Claims {
            issuer: issuer.to_owned(),
            audience: programme.university_code.clone(),
            not_before: draft.not_before,
            expires_at: draft.expires_at,
            issued_at: self.now,
            voucher_id: draft.voucher_id,
            status_index,
            status_uri: status_index::uri(issuer, programme.code.as_str(), list),
            credential_version: draft.credential_version,
            programme_id: programme.programme_id,
            agency_code: draft.agency_code.clone(),
            course_hours: u16::try_from(programme.course_hours)
                .map_err(|_| Refusal::field("course_hours", "at most 65,535 hours"))?,
            face_value: draft.face_value,
            holder: draft.holder.clone(),
        };
        Ok(Prepared {
            voucher_no,
            voucher_id: draft.voucher_id,
            not_before: draft.not_before,
            expires_at: draft.expires_at,
            issued_at: self.now,
            kid: signer.kid(),
            credential_version: draft.credential_version,
            credential: credential::sign(&claims, signer)?,
        })
    }
}
