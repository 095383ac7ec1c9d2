//! A server in a process of its own: this binary again, in another role, so that what it uses can be
//! told apart from what the load uses.

use crate::usage::Cpu;
use crate::world::{Anyhow, World};
use crate::{echo, plain};
use actix_web::web::Data;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use training_vouchers::db::Place;

/// Threads that serve HTTP, in every role: as many as the machines we measure on have cores.
pub const WORKERS: usize = 2;

/// What a server is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Role {
    /// The service as it is.
    Ours,
    /// One transaction per request.
    Plain,
    /// Reads the request, answers so many bytes.
    Echo,
}

/// A running server.
pub struct Contender {
    child: Child,
    pub address: SocketAddr,
}

impl Contender {
    pub fn start(role: Role, world: &World) -> Anyhow<Self> {
        let role = format!("{role:?}").to_lowercase();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--role", &role, "--database", &url(world.place()), "--keys"])
            .arg(world.keys())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse()? })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn cpu(&self) -> Cpu {
        Cpu::of(self.pid())
    }
}

fn url(place: &Place) -> String {
    match place {
        Place::Sqlite(path) => format!("sqlite://{}", path.display()),
        Place::Postgres(url) => url.clone(),
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        // It ends when its input does.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Serves in this process until the input ends.
pub fn serve(role: Role, place: Place, keys: &Path) -> Anyhow<()> {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let world = World::at(place, keys);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    actix_web::rt::System::new().block_on(async {
        let server = match role {
            Role::Ours => training_vouchers::web::server(Data::new(world.app()?), listener, WORKERS)?,
            Role::Plain => plain::server(&world, listener)?,
            Role::Echo => echo::server(listener)?,
        };
        println!("{address}");
        server.await?;
        Ok(())
    })
}
