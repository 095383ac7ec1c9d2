//! What is printed of vouchers, as stored.

use super::model::{Certificate, Names};
use crate::credential::{Keyring, authenticate, encode, verify};
use crate::db::Connection;
use crate::db::schema::{agency, course_run, redemption, request, university, voucher, voucher_credential};
use crate::kernel::{Kopecks, Refusal, RequestId, Timestamp, VoucherId, refusal};
use crate::programme::ProgrammeFacts;
use crate::voucher::query::stored_number;
use crate::voucher::store::Voucher;
use crate::voucher::{self as vouchers, Status};
use crate::writer::Stop;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

/// Vouchers of one agency and programme, with the names to print on them.
pub struct Sheaf {
    pub names: Names,
    pub vouchers: Vec<Stored>,
}

/// A voucher to print.
pub struct Stored {
    pub number: String,
    pub status: Status,
    /// Personal data: it names the holder.
    credential: Vec<u8>,
}

impl Stored {
    /// The voucher as it is printed.
    ///
    /// # Errors
    /// Those of [`verify`]: what nobody would take is not printed.
    pub fn certificate(&self, names: &Names, keyring: &Keyring) -> refusal::Result<Certificate> {
        let text = encode(&self.credential);
        let verified = verify(&text, keyring)?;
        Ok(Certificate::new(self.number.clone(), names.clone(), &verified, text))
    }
}

/// One voucher; with `agency_no`, only among that agency's.
///
/// # Errors
/// `not_found`; the store's.
pub fn one(
    connection: &mut Connection,
    voucher_id: VoucherId,
    agency_no: Option<i64>,
) -> Result<(Names, Stored), Stop> {
    let found = vouchers::store::find(connection, voucher_id, agency_no)?;
    let (names, code) = names(connection, found.programme_no, found.agency_no)?;
    let credential = vouchers::store::credential(connection, &found)?;
    let number = stored_number(&code, found.voucher_no)?;
    Ok((names, Stored { number, status: found.status, credential }))
}

/// The vouchers of a request in the order of their numbers; with `agency_no`, only of that agency's request.
///
/// # Errors
/// `not_found`; the store's.
pub fn of_request(
    connection: &mut Connection,
    request_id: RequestId,
    agency_no: Option<i64>,
) -> Result<Sheaf, Stop> {
    let mut asked = request::table
        .filter(request::request_id.eq(request_id))
        .select((request::programme_no, request::request_no, request::agency_no))
        .into_boxed();
    if let Some(agency_no) = agency_no {
        asked = asked.filter(request::agency_no.eq(agency_no));
    }
    let (programme_no, request_no, agency_no) = asked
        .first::<(i64, i64, i64)>(connection)
        .optional()?
        .ok_or_else(|| Refusal::not_found("request"))?;
    let (names, code) = names(connection, programme_no, agency_no)?;
    let rows = voucher::table
        .inner_join(
            voucher_credential::table.on(voucher_credential::programme_no
                .eq(voucher::programme_no)
                .and(voucher_credential::voucher_no.eq(voucher::voucher_no))
                .and(voucher_credential::credential_version.eq(voucher::credential_version))),
        )
        .filter(voucher::programme_no.eq(programme_no))
        .filter(voucher::request_no.eq(request_no))
        .order(voucher::voucher_no)
        .select((Voucher::as_select(), voucher_credential::credential))
        .load::<(Voucher, Vec<u8>)>(connection)?;
    let stored = |(found, credential): (Voucher, Vec<u8>)| {
        Ok(Stored { number: stored_number(&code, found.voucher_no)?, status: found.status, credential })
    };
    Ok(Sheaf { names, vouchers: rows.into_iter().map(stored).collect::<Result<_, Stop>>()? })
}

/// Where a voucher stands, for its holder: nothing that is not on the certificate, but the course run.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CertificateState)]
pub struct State {
    #[schema(example = "PSK20-0001234-5")]
    pub number: String,
    /// `issued`, `suspended`, `redeemed`, `completed`, `voided`, `expired` or `replaced`.
    pub status: &'static str,
    /// Issued, but its last day is over.
    pub lapsed: bool,
    /// Surname and initials, as the credential has them.
    pub holder: String,
    pub agency: String,
    pub programme: String,
    pub university: String,
    pub hours: u16,
    pub face_value: Kopecks,
    pub valid_from: NaiveDate,
    /// The last day, inclusive, Moscow.
    pub valid_until: NaiveDate,
    /// The programme's figures are made up.
    pub illustrative: bool,
    /// Once it is redeemed.
    pub enrolment: Option<Enrolment>,
}

/// The holder's place in a course run.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CertificateEnrolment)]
pub struct Enrolment {
    pub course_run: String,
    pub starts_on: String,
    pub ends_on: String,
    pub redeemed_at: Timestamp,
}

/// Where a voucher stands now.
///
/// # Errors
/// `not_found`; the store's.
pub fn state(
    connection: &mut Connection,
    voucher_id: VoucherId,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<State, Stop> {
    let found = vouchers::store::find(connection, voucher_id, None)?;
    let (names, code) = names(connection, found.programme_no, found.agency_no)?;
    let credential = vouchers::store::credential(connection, &found)?;
    // Whether its key is still trusted is for whoever takes it to ask.
    let signed = authenticate(&encode(&credential), keyring)?;
    let claims = signed.claims();
    Ok(State {
        number: stored_number(&code, found.voucher_no)?,
        status: found.status.as_str(),
        lapsed: found.status.holds_reserve() && now >= found.expires_at,
        holder: claims.holder.clone(),
        agency: names.agency,
        programme: names.programme,
        university: names.university,
        hours: claims.course_hours,
        face_value: found.face_value,
        valid_from: found.not_before.date(),
        valid_until: found.expires_at.plus_seconds(-1).date(),
        illustrative: names.illustrative,
        enrolment: found.redemption_no.map(|no| enrolment(connection, found.programme_no, no)).transpose()?,
    })
}

fn enrolment(connection: &mut Connection, programme_no: i64, redemption_no: i64) -> QueryResult<Enrolment> {
    let (course_run, starts_on, ends_on, redeemed_at) = redemption::table
        .inner_join(
            course_run::table.on(course_run::programme_no
                .eq(redemption::programme_no)
                .and(course_run::course_run_no.eq(redemption::course_run_no))),
        )
        .filter(redemption::programme_no.eq(programme_no))
        .filter(redemption::redemption_no.eq(redemption_no))
        .select((course_run::code, course_run::starts_on, course_run::ends_on, redemption::redeemed_at))
        .get_result::<(String, String, String, Timestamp)>(connection)?;
    Ok(Enrolment { course_run, starts_on, ends_on, redeemed_at })
}

/// The names, and the programme's code.
fn names(connection: &mut Connection, programme_no: i64, agency_no: i64) -> Result<(Names, String), Stop> {
    let programme = ProgrammeFacts::by_no(connection, programme_no)?;
    let university =
        university::table.find(programme.university_no).select(university::name).get_result(connection)?;
    let agency = agency::table.find(agency_no).select(agency::name).get_result(connection)?;
    let ProgrammeFacts { code, name, year, illustrative, .. } = programme;
    Ok((Names { programme: name, year, university, agency, illustrative }, code.to_string()))
}
