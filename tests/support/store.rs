//! Where a test's database is: a file of SQLite, or with `TEST_STORE=postgres` a database of its own in a
//! throw-away cluster of PostgreSQL that this process starts, on a Unix socket in a directory of its own.

#![allow(dead_code, reason = "no test binary needs all of it")]

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use training_vouchers::db::{self, Place};

/// An empty database.
pub fn empty(directory: &Path) -> Place {
    match std::env::var("TEST_STORE").as_deref() {
        Ok("postgres") => shared().database(),
        Ok("sqlite") | Err(_) => Place::in_directory(&directory.join("data")),
        Ok(other) => panic!("TEST_STORE is sqlite or postgres, not {other}"),
    }
}

/// An empty database of PostgreSQL, whatever the other tests run on.
pub fn empty_postgres() -> Place {
    CLUSTER.database()
}

/// A cluster of PostgreSQL.
pub struct Cluster {
    directory: PathBuf,
    next: AtomicU32,
    maintenance: Mutex<PgConnection>,
    /// The cluster ends when this one's input closes: with the value or the process, however that ends.
    _life: Child,
}

static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start("max_connections = 400"));

/// The cluster that the tests of this process share: none may stop it.
pub fn shared() -> &'static Cluster {
    &CLUSTER
}

/// `$1` the directory, `$2` a setting. Nothing here is worth waiting for a disk; what a crash leaves is tested
/// elsewhere.
const LIFE: &str = r#"
    trap '' INT TERM
    set -e
    cd "$1"
    initdb -D data -U postgres --auth=trust --no-sync --no-locale -E UTF8 > log
    printf '%s\n' "unix_socket_directories = '$1'" "listen_addresses = ''" "fsync = off" "$2" >> data/postgresql.conf
    pg_ctl -D data -w -l log start >&2
    echo ready
    cat
    pg_ctl -D data -m immediate stop >&2 || true
    rm -r "$1"
"#;

impl Cluster {
    /// A cluster of a test's own, which it may stop, stall and exhaust.
    pub fn start(setting: &str) -> Self {
        let directory = tempfile::Builder::new().prefix("vouchers-").tempdir().unwrap().keep();
        if is_root() {
            let given = Command::new("chown").arg("postgres").arg(&directory).status().unwrap();
            assert!(given.success(), "no user postgres: install PostgreSQL 15 (Debian's postgresql-15)");
        }
        let mut command = as_postgres("sh");
        command.args(["-c", LIFE, "cluster"]).arg(&directory).arg(setting);
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
    pub fn database(&self) -> Place {
        self.create("TEMPLATE migrated")
    }

    /// A new database without any table.
    pub fn bare_database(&self) -> Place {
        self.create("")
    }

    /// A new database made with these options.
    pub fn create(&self, options: &str) -> Place {
        let name = format!("test_{}", self.next.fetch_add(1, Ordering::Relaxed));
        self.admin().batch_execute(&format!("CREATE DATABASE {name} {options}")).unwrap();
        Place::Postgres(url(&self.directory, &name))
    }

    /// The superuser's connection, to no test's database.
    pub fn admin(&self) -> MutexGuard<'_, PgConnection> {
        self.maintenance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the cluster lies; its user may write there.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Ends every session in this database.
    pub fn terminate_sessions(&self, database: &Place) {
        let terminate = format!(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{}'",
            name(database)
        );
        self.admin().batch_execute(&terminate).unwrap();
    }

    /// As if the power had gone.
    pub fn stop(&self) {
        self.control(&["-m", "immediate", "stop"]);
    }

    /// After [`Cluster::stop`]; returns when it serves.
    pub fn start_again(&self) {
        self.control(&["-w", "-l", "log", "start"]);
        *self.admin() = PgConnection::establish(&url(&self.directory, "postgres")).unwrap();
    }

    fn control(&self, arguments: &[&str]) {
        let mut command = as_postgres("pg_ctl");
        command.args(["-D", "data"]).args(arguments).current_dir(&self.directory);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(command.status().unwrap().success(), "pg_ctl {arguments:?}");
    }

    /// Makes the cluster stand still, connections open, until the value is dropped.
    pub fn stall(&self) -> Stall {
        let pid = std::fs::read_to_string(self.directory.join("data/postmaster.pid")).unwrap();
        let postmaster = pid.lines().next().unwrap().to_owned();
        // The one that would have new ones first.
        signal("-STOP", std::slice::from_ref(&postmaster));
        let children =
            std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children")).unwrap();
        let mut processes = vec![postmaster];
        processes.extend(children.split_whitespace().map(str::to_owned));
        signal("-STOP", &processes);
        Stall { processes }
    }
}

/// A cluster that stands still.
pub struct Stall {
    processes: Vec<String>,
}

impl Drop for Stall {
    fn drop(&mut self) {
        signal("-CONT", &self.processes);
    }
}

fn signal(signal: &str, processes: &[String]) {
    assert!(Command::new("kill").arg(signal).args(processes).status().unwrap().success());
}

pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout == b"0\n"
}

/// PostgreSQL refuses to run as root.
fn as_postgres(program: &str) -> Command {
    let path = format!("/usr/lib/postgresql/15/bin:{}", std::env::var("PATH").unwrap_or_default());
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", program]);
        command
    } else {
        Command::new(program)
    };
    command.env("PATH", path);
    command
}

/// The name of a database of PostgreSQL.
pub fn name(database: &Place) -> String {
    let Place::Postgres(url) = database else { panic!("{database} is not PostgreSQL's") };
    url.rsplit('/').next().unwrap_or_default().to_owned()
}

fn url(directory: &Path, database: &str) -> String {
    format!("postgres://postgres@{}/{database}", directory.to_str().unwrap().replace('/', "%2F"))
}
