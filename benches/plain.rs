//! The plain design, for comparison only: a small pool of connections, one transaction per request, one
//! signature per answer. Same tables, same rows, same settings, same leaf and receipt; the statements
//! are prepared once per connection, the token is looked up in memory.

use crate::contender::WORKERS;
use crate::world::{Anyhow, Door, LINE, PROGRAMME, World, clock, registrar};
use actix_web::dev::Server;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, error, post, web};
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, Pool};
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use training_vouchers::access::{Secret, SecretOf};
use training_vouchers::credential::{self, Keyring, Purpose};
use training_vouchers::db::schema::{course_run, redemption, voucher};
use training_vouchers::db::{self, Connection, OpenError, Place, rows};
use training_vouchers::kernel::{CourseRunId, Kopecks, RedemptionId, Timestamp, VoucherId};
use training_vouchers::ledger::books::{Books, CheckpointKey};
use training_vouchers::ledger::model::{Dimensions, Event, Kind};
use training_vouchers::ledger::rules;
use training_vouchers::ledger::scope::Scope;

/// More connections only wait for each other: SQLite has one writer, and in PostgreSQL they stand in line
/// behind the log's head.
const POOL: u32 = 2;
const POOL_OF_POSTGRES: u32 = 8;

struct Plain {
    pool: Pool<Writing>,
    /// Public keys only: every signature is checked by `verify_strict`.
    keyring: Keyring,
    key: CheckpointKey,
    token_hash: [u8; 32],
}

/// Opens connections with the settings of the service's writer.
struct Writing(Place);

impl ManageConnection for Writing {
    type Connection = Connection;
    type Error = OpenError;

    fn connect(&self) -> Result<Connection, OpenError> {
        db::reopen_writer(&self.0)
    }

    fn is_valid(&self, _: &mut Connection) -> Result<(), OpenError> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Connection) -> bool {
        false
    }
}

pub fn server(world: &World, listener: TcpListener) -> Anyhow<Server> {
    let keyring = world.keyring()?;
    let signer = keyring.signer(Purpose::Log, clock().now()).ok_or("no key for the log")?.clone();
    let public_key = signer.public_key();
    let plain = web::Data::new(Plain {
        pool: Pool::builder()
            .max_size(match world.place() {
                Place::Sqlite(_) => POOL,
                Place::Postgres(_) => POOL_OF_POSTGRES,
            })
            .connection_timeout(Duration::from_secs(10))
            .build(Writing(world.place().clone()))?,
        keyring: world.public_keyring()?,
        key: CheckpointKey { public_key, sign: Arc::new(move |message| signer.sign(message)) },
        token_hash: Door::Registrar.secret().hash(),
    });
    let server = HttpServer::new(move || App::new().app_data(plain.clone()).service(redeem));
    Ok(server.workers(WORKERS).listen(listener)?.run())
}

#[derive(Deserialize)]
struct NewRedemption {
    redemption_id: RedemptionId,
    credential: String,
    course_run_id: CourseRunId,
    identity_checked: bool,
}

#[derive(Serialize)]
struct Redeemed {
    redemption_id: RedemptionId,
    voucher_id: VoucherId,
    course_run_id: CourseRunId,
    course_run: String,
    redeemed_at: Timestamp,
    face_value: Kopecks,
    receipt: String,
}

#[post("/v1/redemptions")]
async fn redeem(
    plain: web::Data<Plain>,
    request: HttpRequest,
    new: web::Json<NewRedemption>,
) -> actix_web::Result<HttpResponse> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let secret = header.and_then(|value| Secret::parse(SecretOf::Token, value.strip_prefix("Bearer ")?));
    if secret.is_none_or(|secret| secret.hash() != plain.token_hash) {
        return Err(error::ErrorUnauthorized("token"));
    }
    let verified = credential::verify(&new.credential, &plain.keyring);
    let voucher_id = verified.map_err(|_| error::ErrorBadRequest("credential"))?.claims().voucher_id;
    let answer = web::block(move || {
        let mut connection = plain.pool.get().map_err(|error| error.to_string())?;
        let redeemed = connection
            .begin()
            .map_err(|error| error.to_string())
            .and_then(|()| {
                transact(&mut connection, &plain.key, &new, voucher_id).map_err(|error| error.to_string())
            })
            .and_then(|redeemed| connection.commit().map(|()| redeemed).map_err(|error| error.to_string()));
        if redeemed.is_err() {
            let _ = connection.roll_back();
        }
        let redeemed = redeemed?;
        Ok::<_, String>(redeemed)
    });
    let redeemed = answer.await?.map_err(error::ErrorConflict)?;
    Ok(HttpResponse::Created().json(redeemed))
}

struct Spent {
    redemption_no: i64,
    voucher_no: i64,
    course_run_no: i64,
}

rows! {
    fn spend(Spent { redemption_no: i64 as BigInt, voucher_no: i64 as BigInt })
        = "UPDATE voucher SET status = 3, redemption_no = rows.redemption_no FROM {rows} \
            WHERE programme_no = 1 AND voucher.voucher_no = rows.voucher_no AND status = 1"
}

rows! {
    fn enrol(Spent { course_run_no: i64 as BigInt })
        = "UPDATE course_run SET enrolled = enrolled + 1 FROM {rows} \
            WHERE programme_no = 1 AND course_run.course_run_no = rows.course_run_no"
}

fn transact(
    connection: &mut Connection,
    key: &CheckpointKey,
    new: &NewRedemption,
    voucher_id: VoucherId,
) -> Anyhow<Redeemed> {
    let now = clock().now();
    let made_before = redemption::table
        .filter(redemption::programme_no.eq(PROGRAMME))
        .filter(redemption::redemption_id.eq(new.redemption_id))
        .count();
    if made_before.get_result::<i64>(connection)? > 0 || !new.identity_checked {
        return Err("no".into());
    }
    let (voucher_no, agency_no, face_value, status, expires_at) = voucher::table
        .filter(voucher::programme_no.eq(PROGRAMME))
        .filter(voucher::voucher_id.eq(voucher_id))
        .select((
            voucher::voucher_no,
            voucher::agency_no,
            voucher::face_value_kopecks,
            voucher::status,
            voucher::expires_at,
        ))
        .get_result::<(i64, i64, Kopecks, i16, Timestamp)>(connection)?;
    let (course_run_no, code, seats, enrolled) = course_run::table
        .filter(course_run::programme_no.eq(PROGRAMME))
        .filter(course_run::course_run_id.eq(new.course_run_id))
        .select((course_run::course_run_no, course_run::code, course_run::seats, course_run::enrolled))
        .get_result::<(i64, String, i64, i64)>(connection)?;
    if status != 1 || now >= expires_at || enrolled >= seats {
        return Err("no".into());
    }
    let mut books = Books::open(connection, &[Scope::ProgrammeNo(PROGRAMME)].into())?;
    let redemption_no = books.next_index(connection, PROGRAMME)?;
    let about = Dimensions {
        agency_no: Some(agency_no),
        voucher_no: Some(voucher_no),
        redemption_no: Some(redemption_no),
        course_run_no: Some(course_run_no),
        ..Dimensions::default()
    };
    let event = Event::new(Kind::Redeemed, now, registrar().actor.token_no)
        .about("voucher", voucher_id.bytes())
        .about("redemption", new.redemption_id.bytes())
        .about("course_run", new.course_run_id.bytes())
        .moving(rules::redeem(LINE, face_value, about));
    let entry = books.record(connection, PROGRAMME, &event, now)?;
    let spent = [Spent { redemption_no, voucher_no, course_run_no }];
    if spend(connection, &spent)? != 1 {
        return Err("no".into());
    }
    diesel::insert_into(redemption::table)
        .values((
            redemption::programme_no.eq(PROGRAMME),
            redemption::redemption_no.eq(redemption_no),
            redemption::redemption_id.eq(new.redemption_id),
            redemption::voucher_no.eq(voucher_no),
            redemption::course_run_no.eq(course_run_no),
            redemption::status.eq(1),
            redemption::redeemed_at.eq(now),
            redemption::redeemed_by.eq(registrar().actor.token_no),
            redemption::by_number.eq(false),
        ))
        .execute(connection)?;
    enrol(connection, &spent)?;
    let sealed = books.seal(connection, Some(key))?;
    Ok(Redeemed {
        redemption_id: new.redemption_id,
        voucher_id,
        course_run_id: new.course_run_id,
        course_run: code,
        redeemed_at: now,
        face_value,
        receipt: sealed.receipt(entry).ok_or("no receipt")?.to_string(),
    })
}
