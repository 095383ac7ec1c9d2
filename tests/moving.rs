//! Everything moves from SQLite to PostgreSQL and back, interrupted or not, and is the same to the byte.

#[path = "support/store.rs"]
mod store;

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{connection::SimpleConnection, sql_query};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use training_vouchers::backup::Content;
use training_vouchers::credential::{Purpose, key_files};
use training_vouchers::db::transfer::{INSTALLATION, TABLES, read_page};
use training_vouchers::db::{self, Place};
use training_vouchers::demo::{DemoOptions, perform};
use training_vouchers::installation::{NewInstallation, init};
use training_vouchers::kernel::Timestamp;
use training_vouchers::kernel::time::Clock;
use training_vouchers::ledger::audit::{Progress, Trusted, audit};
use training_vouchers::moving::{MoveError, move_store};

fn trusted(keys: &Path) -> Trusted {
    let keyring = key_files::read_jwks(keys).unwrap();
    let log_keys = keyring.records().into_iter().filter(|key| key.purpose == Purpose::Log);
    Trusted { log_keys: log_keys.map(|key| key.public).collect(), checkpoints: Vec::new() }
}

fn content(place: &Place) -> Content {
    Content::read(&mut db::open_reader(place).unwrap()).unwrap()
}

/// Every row of every table.
fn everything(place: &Place) -> Vec<(&'static str, String)> {
    let mut connection = db::open_reader(place).unwrap();
    let mut pages = Vec::new();
    for table in TABLES.into_iter().chain([INSTALLATION]) {
        let mut last = None;
        while let Some(page) = read_page(&mut connection, table, last.as_ref()).unwrap() {
            pages.push((table.name, page.rows));
            last = Some(page.last);
        }
    }
    pages
}

/// Moves until so many rows have arrived, and dies.
fn interrupt(from: &Place, to: &Place, trusted: &Trusted, at: u64) {
    let mut die = |progress: Progress<'_>| assert!(progress.done < at, "interrupted");
    let died = catch_unwind(AssertUnwindSafe(|| move_store(from, to, trusted, &mut die).map(drop)));
    assert!(died.is_err());
}

#[test]
fn the_demo_moves_there_and_back() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let first = Place::in_directory(&data);
    let listen = "127.0.0.1:8080".parse().unwrap();
    let options =
        DemoOptions { data: data.clone(), database: first.clone(), listen, serve: false, reset: false };
    perform(&options).unwrap();
    let trusted = trusted(&data.join("keys"));
    let (postgres, last) = (store::empty_postgres(), Place::Sqlite(directory.path().join("last.sqlite")));

    interrupt(&first, &postgres, &trusted, 5_000);
    // Nothing is served from a half.
    let mut half = db::open_writer(&postgres).unwrap();
    assert!(!training_vouchers::installation::is_made(&mut half).unwrap());
    let rows = move_store(&first, &postgres, &trusted, &mut |_| ()).unwrap();
    assert!(rows > 10_000, "{rows}");
    assert_eq!(content(&postgres), content(&first));
    let report = audit(&mut db::open_reader(&postgres).unwrap(), &trusted, &mut |_| ()).unwrap();
    assert!(report.is_clean(), "{report:#?}");

    interrupt(&postgres, &last, &trusted, 7_000);
    assert_eq!(move_store(&postgres, &last, &trusted, &mut |_| ()).unwrap(), rows);
    let (sent, arrived) = (everything(&first), everything(&last));
    assert_eq!(sent.len(), arrived.len());
    for ((table, sent), (_, arrived)) in sent.iter().zip(&arrived) {
        assert!(sent == arrived, "{table}:\n{sent}\n{arrived}");
    }
    let report = audit(&mut db::open_reader(&last).unwrap(), &trusted, &mut |_| ()).unwrap();
    assert!(report.is_clean(), "{report:#?}");
}

fn small(directory: &Path, issuer: &str) -> (Place, Trusted) {
    let (database, keys) =
        (Place::Sqlite(directory.join(format!("{issuer}.sqlite"))), directory.join(issuer));
    let clock = Clock::new(|| Timestamp::from_millis(1_600_000_000_000));
    init(&NewInstallation { database: &database, keys: &keys, issuer, passphrase: None, clock: &clock })
        .unwrap();
    (database, trusted(&keys))
}

fn write_to(place: &Place) {
    let denial = "INSERT INTO denial (denied_at, method, route, code) VALUES (1, 'GET', '/', 'forbidden')";
    db::open_writer(place).unwrap().batch_execute(denial).unwrap();
}

#[test]
fn only_into_an_empty_place_or_its_own_half() {
    let directory = tempfile::tempdir().unwrap();
    let (one, trusted) = small(directory.path(), "one.example");
    let (two, _) = small(directory.path(), "two.example");
    let to = store::empty_postgres();
    let again = |from: &Place, to: &Place| move_store(from, to, &trusted, &mut |_| ());
    assert!(matches!(again(&one, &two), Err(MoveError::Taken(_))));
    let nowhere = Place::Sqlite(directory.path().join("nowhere"));
    assert!(matches!(again(&nowhere, &to), Err(MoveError::Nothing(_))));

    write_to(&one);
    interrupt(&one, &to, &trusted, 3);
    assert!(matches!(again(&two, &to), Err(MoveError::Another(_))));
    write_to(&one);
    assert!(matches!(again(&one, &to), Err(MoveError::Changed(_))));

    // Written to while it is moved, behind the snapshot.
    let to = store::empty_postgres();
    let mut is_written = false;
    let mut write = |_: Progress<'_>| {
        if !std::mem::replace(&mut is_written, true) {
            write_to(&one);
        }
    };
    assert!(matches!(move_store(&one, &to, &trusted, &mut write), Err(MoveError::Changed(_))));

    let to = store::empty_postgres();
    again(&one, &to).unwrap();
    assert!(matches!(again(&one, &to), Err(MoveError::Taken(_))));
    // Numbers that the database gives do not begin anew.
    write_to(&to);
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    key: String,
}

#[test]
fn the_list_has_every_table_with_its_key() {
    let directory = tempfile::tempdir().unwrap();
    let mut connection = db::open_writer(&Place::Sqlite(directory.path().join("x"))).unwrap();
    let keys: Vec<Key> = sql_query(
        "SELECT m.name AS name, (SELECT group_concat(name, ' ') FROM
           (SELECT name FROM pragma_table_info(m.name) WHERE pk > 0 ORDER BY pk)) AS key
         FROM sqlite_master m WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite_%'",
    )
    .load(&mut connection)
    .unwrap();
    let there: BTreeMap<String, String> = keys.into_iter().map(|key| (key.name, key.key)).collect();
    let listed = TABLES.into_iter().chain([INSTALLATION]);
    let listed: BTreeMap<String, String> =
        listed.map(|table| (table.name.to_owned(), table.key.join(" "))).collect();
    assert_eq!(there, listed);
}
