//! Where a test's database is: a file of SQLite, or with `TEST_STORE=postgres` a database of its own in a
//! throw-away cluster of PostgreSQL that this process starts, on a Unix socket in a directory of its own.

#![allow(dead_code, reason = "no test binary needs all of it")]

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};
use training_vouchers::db::{self, Place};

/// An empty database.
pub fn empty(directory: &Path) -> Place {
    match std::env::var("TEST_STORE").as_deref() {
        Ok("postgres") => CLUSTER.database(),
        Ok("sqlite") | Err(_) => Place::in_directory(&directory.join("data")),
        Ok(other) => panic!("TEST_STORE is sqlite or postgres, not {other}"),
    }
}

/// A cluster of PostgreSQL.
pub struct Cluster {
    directory: PathBuf,
    next: AtomicU32,
    maintenance: Mutex<PgConnection>,
    /// The cluster ends when this one's input closes: with the process, however that ends.
    _life: Child,
}

static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);

/// `$1` the directory. Nothing here is worth waiting for a disk; what a crash leaves is tested elsewhere.
const LIFE: &str = r#"
    trap '' INT TERM
    set -e
    cd "$1"
    initdb -D data -U postgres --auth=trust --no-sync --no-locale -E UTF8 > log
    pg_ctl -D data -w -l log -o "-k $1 -c listen_addresses='' -c fsync=off -c max_connections=400" start >&2
    echo ready
    cat
    pg_ctl -D data -m immediate stop >&2
    rm -r "$1"
"#;

impl Cluster {
    fn start() -> Self {
        let directory = tempfile::Builder::new().prefix("vouchers-").tempdir().unwrap().keep();
        let path = format!("/usr/lib/postgresql/15/bin:{}", std::env::var("PATH").unwrap_or_default());
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        // PostgreSQL refuses to run as root.
        let mut command = if is_root {
            let given = Command::new("chown").arg("postgres").arg(&directory).status().unwrap();
            assert!(given.success(), "no user postgres: install PostgreSQL 15 (Debian's postgresql-15)");
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        command.args(["-c", LIFE, "cluster"]).arg(&directory).env("PATH", path);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "PostgreSQL does not start: see {}/log", directory.display());
        let mut maintenance = PgConnection::establish(&url(&directory, "postgres")).unwrap();
        maintenance.batch_execute("CREATE DATABASE migrated").unwrap();
        drop(db::open_writer(&Place::Postgres(url(&directory, "migrated"))).unwrap());
        Self { directory, next: AtomicU32::new(1), maintenance: Mutex::new(maintenance), _life: child }
    }

    /// A new database with our tables and nothing in them.
    fn database(&self) -> Place {
        let name = format!("test_{}", self.next.fetch_add(1, Ordering::Relaxed));
        let create = format!("CREATE DATABASE {name} TEMPLATE migrated");
        self.maintenance.lock().unwrap().batch_execute(&create).unwrap();
        Place::Postgres(url(&self.directory, &name))
    }
}

fn url(directory: &Path, database: &str) -> String {
    format!("postgres://postgres@{}/{database}", directory.to_str().unwrap().replace('/', "%2F"))
}
