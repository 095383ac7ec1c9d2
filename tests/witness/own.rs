//! The program `vouchers-witness` in a directory of its own.

use reqwest::blocking::Client;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;
use training_vouchers::proof::WitnessKey;

pub struct Own {
    directory: TempDir,
    pub key: WitnessKey,
    /// Where it listens, from its first start on.
    address: String,
    process: Option<Child>,
}

pub fn program(directory: &Path, command: &str, arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_vouchers-witness"));
    program.env_remove("VOUCHERS_KEY_PASSPHRASE").env_remove("RUST_LOG");
    program.arg(command).arg("--dir").arg(directory).args(arguments);
    program
}

pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

impl Own {
    pub fn new(name: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let made = program(directory.path(), "init", &["--name", name]).output().unwrap();
        assert!(made.status.success(), "{}", text(&made));
        let key = String::from_utf8(made.stdout).unwrap().trim_end().parse().unwrap();
        Self { directory, key, address: "127.0.0.1:0".into(), process: None }
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn run(&self, command: &str, arguments: &[&str]) -> Output {
        program(self.directory(), command, arguments).output().unwrap()
    }

    pub fn trust(&self, log_key: &str, origin: &str) {
        let trusted = self.run("trust", &[log_key, origin]);
        assert!(trusted.status.success(), "{}", text(&trusted));
    }

    /// What `status` says, and its exit code.
    pub fn status(&self) -> (Option<i32>, String) {
        let output = self.run("status", &[]);
        (output.status.code(), text(&output))
    }

    /// Starts it where it was before.
    pub fn start(&mut self) {
        let mut command = program(self.directory(), "serve", &["--listen", &self.address]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let address = lines.by_ref().find_map(|line| {
            let line = line.unwrap();
            said += &line;
            serde_json::from_str::<Value>(&line).ok()?["address"].as_str().map(str::to_owned)
        });
        self.address = address.unwrap_or_else(|| panic!("the witness does not start: {said}"));
        std::thread::spawn(move || lines.for_each(drop));
        self.process = Some(child);
    }

    /// As if the power had gone.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        // It may have been killed by the test.
        let _ = process.kill();
        process.wait().unwrap();
    }

    pub fn process_id(&self) -> u32 {
        self.process.as_ref().expect("it runs").id()
    }

    /// As the service's settings name it. It must have been started once.
    pub fn setting(&self) -> String {
        format!("{} http://{}", self.key, self.address)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The note it cosigned last of this log.
    pub fn checkpoint(&self, origin: &str) -> Option<String> {
        let hash: String = Sha256::digest(origin).iter().map(|byte| format!("{byte:02x}")).collect();
        let answer = Client::new().get(self.url(&format!("/{hash}/checkpoint"))).send().unwrap();
        match answer.status().as_u16() {
            200 => Some(answer.text().unwrap()),
            404 => None,
            other => panic!("{other}"),
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // Gone already, perhaps.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
