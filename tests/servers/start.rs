//! Servers that start: all at once on a new database, and on one that is not there.

use crate::installation::Installation;
use crate::installation::store::{Cluster, shared};
use crate::site::{Process, now_millis, vouchers};
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use std::process::Stdio;
use training_vouchers::db::Place;
use training_vouchers::kernel::Timestamp;

const AT_ONCE: usize = 5;

/// What a query of one number gives.
#[derive(QueryableByName)]
pub struct Number {
    #[diesel(sql_type = BigInt)]
    pub number: i64,
}

/// The `number` that a query finds.
pub fn number(database: &Place, query: &str) -> i64 {
    let Place::Postgres(url) = database else { panic!("{database} is not PostgreSQL's") };
    sql_query(query).get_result::<Number>(&mut PgConnection::establish(url).unwrap()).unwrap().number
}

#[test]
#[ignore = "needs PostgreSQL 15"]
fn five_processes_migrate_one_new_database_once() {
    let elsewhere = Installation::on(Timestamp::from_millis(now_millis()), |_| shared().database());
    for _ in 0..3 {
        let new = shared().bare_database();
        let start = || {
            let mut command = vouchers(&new, &elsewhere.keys(), &["serve", "--listen", "127.0.0.1:0"]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let started: Vec<_> = (0..AT_ONCE).map(|_| start()).collect();
        for process in started {
            let output = process.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.contains("there is no installation in"), "migrated, and nothing else to do: {said}");
        }
        let migrations = std::fs::read_dir("migrations/postgres").unwrap().count();
        let applied = number(&new, "SELECT count(*) AS number FROM __diesel_schema_migrations");
        assert_eq!(applied, i64::try_from(migrations).unwrap());
    }
}

#[test]
#[ignore = "needs PostgreSQL 15"]
fn five_servers_start_at_once_and_all_are_ready() {
    let installation = Installation::on(Timestamp::from_millis(now_millis()), |_| shared().bare_database());
    let start = || Process::start(installation.database(), &installation.keys());
    let servers: Vec<_> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(start)).collect();
        started.into_iter().map(|started| started.join().unwrap()).collect()
    });
    for server in &servers {
        let ready = server.get("", "/readyz");
        assert_eq!(ready.status, 200, "{ready:?}");
    }
}

/// The place without its password, and what is wrong with it.
#[test]
#[ignore = "needs PostgreSQL 15"]
fn without_its_database_a_server_says_so_and_ends() {
    let cluster = Cluster::start("max_connections = 20");
    let installation = Installation::on(Timestamp::from_millis(now_millis()), |_| cluster.database());
    let Place::Postgres(url) = installation.database() else { unreachable!() };
    let place: Place = url.replace("postgres@", "postgres:tell-nobody@").parse().unwrap();
    cluster.stop();
    let output =
        vouchers(&place, &installation.keys(), &["serve", "--listen", "127.0.0.1:0"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("cannot open the database {place}")), "{said}");
    assert!(!said.contains("tell-nobody") && said.contains("vouchers-"), "{said}");
    cluster.start_again();
    Process::start(&place, &installation.keys());
}
