//! A cluster of PostgreSQL to measure on: as a careful operator would set it up on such a machine, every
//! commit on disk. It ends with this process; its data stays for the next run.

use crate::world::Anyhow;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use training_vouchers::db::Place;

pub struct Cluster {
    directory: PathBuf,
    /// The cluster ends when this one's input closes.
    _life: Child,
}

/// `$1` the directory. A shared memory of an eighth of what the machine has; checkpoints far apart, as for
/// SQLite's log; statistics are kept by autovacuum.
const LIFE: &str = r#"
    trap '' INT TERM
    set -e
    cd "$1"
    [ -d data ] || initdb -D data -U postgres --auth=trust --no-locale -E UTF8 > log
    pg_ctl -D data -w -l log -o "-k $1 -c listen_addresses='' -c shared_buffers=2GB -c max_wal_size=8GB \
        -c checkpoint_timeout=30min -c wal_compression=lz4" start >&2
    echo ready
    cat
    pg_ctl -D data -m fast stop >&2
"#;

const BINARIES: &str = "/usr/lib/postgresql/15/bin";

impl Cluster {
    pub fn start(directory: &Path) -> Anyhow<Self> {
        std::fs::create_dir_all(directory)?;
        let directory = directory.canonicalize()?;
        let mut command = as_postgres(&directory)?;
        command.args(["sh", "-c", LIFE, "cluster"]).arg(&directory);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut life = command.spawn()?;
        let mut line = String::new();
        BufReader::new(life.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        if line != "ready\n" {
            return Err(format!("PostgreSQL does not start: see {}/log", directory.display()).into());
        }
        Ok(Self { directory, _life: life })
    }

    pub fn place(&self, database: &str) -> Place {
        Place::Postgres(self.url(database))
    }

    fn url(&self, database: &str) -> String {
        let socket = self.directory.to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{socket}/{database}")
    }

    pub fn run(&self, database: &str, statements: &str) -> Anyhow<()> {
        Ok(PgConnection::establish(&self.url(database))?.batch_execute(statements)?)
    }

    /// The answer of a query with one row and its column `number`.
    pub fn number(&self, database: &str, query: &str) -> Anyhow<i64> {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            number: i64,
        }
        let mut connection = PgConnection::establish(&self.url(database))?;
        Ok(diesel::sql_query(query).get_result::<Row>(&mut connection)?.number)
    }

    pub fn drop(&self, database: &str) -> Anyhow<()> {
        self.run("postgres", &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"))
    }

    pub fn create(&self, database: &str) -> Anyhow<()> {
        self.drop(database)?;
        self.run("postgres", &format!("CREATE DATABASE {database}"))
    }

    /// A copy for a contender of its own.
    pub fn copy(&self, from: &str, to: &str) -> Anyhow<()> {
        self.drop(to)?;
        self.run("postgres", &format!("CREATE DATABASE {to} TEMPLATE {from} STRATEGY FILE_COPY"))?;
        self.run("postgres", "CHECKPOINT")
    }

    pub fn exists(&self, database: &str) -> bool {
        PgConnection::establish(&self.url(database)).is_ok()
    }

    /// CPU time of the server's processes that live.
    pub fn cpu(&self) -> Anyhow<std::time::Duration> {
        let pid = std::fs::read_to_string(self.directory.join("data/postmaster.pid"))?;
        let pid: u32 = pid.lines().next().unwrap_or_default().parse()?;
        Ok(crate::usage::of_family(pid))
    }

    /// `pgbench` with a script, as many clients, so many transactions each; gives transactions a second.
    pub fn pgbench(&self, database: &str, script: &str, clients: usize, each: usize) -> Anyhow<f64> {
        let path = self.directory.join("script.sql");
        std::fs::write(&path, script)?;
        let output = as_postgres(&self.directory)?
            .args(["pgbench", "-n", "-M", "prepared", "-j", "2", "-h"])
            .arg(&self.directory)
            .args(["-U", "postgres", "-c", &clients.to_string(), "-t", &each.to_string(), "-D", "i=0", "-f"])
            .arg(&path)
            .arg(database)
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find(|line| line.starts_with("tps = "));
        let tps = line.and_then(|line| line.split(' ').nth(2)).and_then(|tps| tps.parse().ok());
        tps.ok_or_else(|| format!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

/// PostgreSQL refuses to run as root.
fn as_postgres(directory: &Path) -> Anyhow<Command> {
    let path = format!("{BINARIES}:{}", std::env::var("PATH").unwrap_or_default());
    let is_root = Command::new("id").arg("-u").output()?.stdout == b"0\n";
    let mut command = if is_root {
        Command::new("chown").arg("-R").arg("postgres").arg(directory).status()?;
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "env"]);
        command
    } else {
        Command::new("env")
    };
    command.env("PATH", path).current_dir("/");
    Ok(command)
}
