//! Our witness as a log of somebody else meets it: every answer of C2SP tlog-witness, and what survives `kill -9`.

use crate::own::{Own, program, text};
use reqwest::blocking::Client;
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Barrier;
use std::time::Duration;
use training_vouchers::credential::Signer;
use training_vouchers::proof::{
    AddCheckpoint, Appender, Checkpoint, Frontier, Hash, VerifierKey, WitnessKey, leaf_hash, node_hash,
};

const ORIGIN: &str = "other.example/log";

/// A log of somebody else, which may have as many histories as it likes.
struct Log {
    signer: Signer,
}

fn leaves(history: &str, size: u64) -> Vec<Hash> {
    (0..size).map(|index| leaf_hash(format!("{history} {index}").as_bytes())).collect()
}

fn root(leaves: &[Hash]) -> Hash {
    let mut appender = Appender::new(Frontier::default());
    leaves.iter().for_each(|leaf| _ = appender.append(*leaf));
    appender.finish().root()
}

/// The path from one leaf to two, three or four of one history: small enough to write down.
fn path_from_one(leaves: &[Hash]) -> Vec<Hash> {
    match leaves {
        [_, second] => vec![*second],
        [_, second, third] => vec![*second, *third],
        [_, second, third, fourth] => vec![*second, node_hash(*third, *fourth)],
        _ => panic!("two to four leaves"),
    }
}

impl Log {
    fn new() -> Self {
        Self { signer: Signer::from_secret(&[5; 32]) }
    }

    fn key(&self) -> String {
        VerifierKey::new(ORIGIN, &self.signer.public_key()).unwrap().to_string()
    }

    fn note(&self, leaves: &[Hash]) -> String {
        let tree = Checkpoint { origin: ORIGIN.into(), size: leaves.len() as u64, root: root(leaves) };
        tree.sign(&self.signer.public_key(), |body| self.signer.sign(body)).unwrap().0
    }

    fn request(&self, old: u64, path: Vec<Hash>, leaves: &[Hash]) -> String {
        AddCheckpoint { old, path, checkpoint: self.note(leaves) }.to_string()
    }
}

struct Answer {
    status: u16,
    kind: String,
    text: String,
}

fn ask(own: &Own, body: &str) -> Answer {
    try_ask(own, body).expect("the witness answers")
}

/// None when the connection broke.
fn try_ask(own: &Own, body: &str) -> Option<Answer> {
    let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    let answer = client.post(own.url("/add-checkpoint")).body(body.to_owned()).send().ok()?;
    let kind = answer.headers().get("content-type").map_or("", |kind| kind.to_str().unwrap()).to_owned();
    Some(Answer { status: answer.status().as_u16(), kind, text: answer.text().ok()? })
}

fn started(log: &Log) -> Own {
    let mut own = Own::new("control.example");
    own.trust(&log.key(), ORIGIN);
    own.start();
    own
}

#[track_caller]
fn assert_cosigned(key: &WitnessKey, note: &str, answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    key.open(&format!("{note}{}", answer.text)).unwrap();
}

#[test]
fn every_answer_of_the_protocol() {
    let log = Log::new();
    let own = started(&log);
    let main = leaves("main", 4);
    let first = log.request(0, vec![], &main[..1]);
    assert_eq!(own.checkpoint(ORIGIN), None);
    assert_cosigned(&own.key, &log.note(&main[..1]), &ask(&own, &first));
    assert_eq!(ask(&own, &first).status, 409, "it has one leaf by now");
    let stale = ask(&own, &log.request(0, vec![], &main));
    assert_eq!((stale.status, stale.kind.as_str(), stale.text.as_str()), (409, "text/x.tlog.size", "1\n"));
    assert_cosigned(&own.key, &log.note(&main), &ask(&own, &log.request(1, path_from_one(&main), &main)));
    assert_cosigned(&own.key, &log.note(&main), &ask(&own, &log.request(4, vec![], &main)));
    let kept = own.checkpoint(ORIGIN).unwrap();
    assert!(kept.starts_with(&log.note(&main)), "{kept}");
    own.key.open(&kept).unwrap();

    assert_eq!(ask(&own, "old 5\n\nx").status, 404, "a log that is not known");
    let stranger = Log { signer: Signer::from_secret(&[6; 32]) };
    assert_eq!(ask(&own, &stranger.request(4, vec![], &main)).status, 403);
    for malformed in ["", "old x\n\n", &log.request(5, vec![], &main), &first.replace("old 0", "old 00")] {
        let status = ask(&own, malformed).status;
        assert!([400, 404].contains(&status), "{malformed}: {status}");
    }
    assert_eq!(ask(&own, &log.request(5, vec![], &main)).status, 400);
    assert_eq!(ask(&own, &"x".repeat(100_000)).status, 413);
    let client = Client::new();
    assert_eq!(client.get(own.url("/add-checkpoint")).send().unwrap().status(), 404);
    for path in
        ["/x/checkpoint", &format!("/{}/checkpoint", "0".repeat(64)), "/../vkey", "/..%2Fkey/checkpoint"]
    {
        assert_eq!(client.get(own.url(path)).send().unwrap().status(), 404, "{path}");
    }
    let page = client.get(own.url("/")).send().unwrap().text().unwrap();
    assert!(page.contains("удостоверено записей: 4") && page.contains("МСК"), "{page}");
    assert_eq!(own.status(), (Some(0), page));
}

#[test]
fn a_fork_is_refused_kept_as_evidence_and_told() {
    let log = Log::new();
    let own = started(&log);
    let (main, other) = (leaves("main", 3), leaves("other", 3));
    assert_eq!(ask(&own, &log.request(0, vec![], &main)).status, 200);
    // A proof that is missing proves nothing yet, and may still come.
    let grown = leaves("main", 4);
    assert_eq!(ask(&own, &log.request(3, vec![], &grown)).status, 422);
    let (code, said) = own.status();
    assert!(code == Some(1) && said.contains("НЕ ДОКАЗАНО") && !said.contains("РАЗДВОЕН"), "{said}");
    let path = vec![grown[2], grown[3], node_hash(grown[0], grown[1])];
    assert_eq!(ask(&own, &log.request(3, path, &grown)).status, 200);
    assert_eq!(own.status().0, Some(0), "it came: {}", own.status().1);

    let other = [&other[..], &leaves("other", 4)[3..]].concat();
    let forked = log.request(4, vec![], &other);
    assert_eq!(ask(&own, &forked).status, 422);
    assert_eq!(ask(&own, &forked).status, 422);
    assert_eq!(ask(&own, &log.request(0, vec![], &other)).status, 409);
    let (code, said) = own.status();
    assert!(code == Some(1) && said.matches("FORK").count() == 1, "{said}");
    let path = said.lines().find(|line| line.contains("FORK")).unwrap().rsplit(": ").next().unwrap();
    let evidence = fs::read_to_string(path).unwrap();
    for note in [log.note(&grown), log.note(&other)] {
        assert!(evidence.contains(&note), "{evidence}");
    }
    // What was cosigned stays what it was.
    assert!(own.checkpoint(ORIGIN).unwrap().starts_with(&log.note(&grown)));
}

#[test]
fn two_keys_of_a_log_are_trusted_while_it_rotates() {
    let (old, new) = (Log::new(), Log { signer: Signer::from_secret(&[6; 32]) });
    let own = started(&old);
    let main = leaves("main", 2);
    assert_eq!(ask(&own, &old.request(0, vec![], &main[..1])).status, 200);
    let rotated = new.request(1, path_from_one(&main), &main);
    assert_eq!(ask(&own, &rotated).status, 403);
    own.trust(&new.key(), ORIGIN);
    assert_eq!(ask(&own, &rotated).status, 200, "taken up while it runs");
    assert!(own.status().1.contains("keys: 2"));
    assert_eq!(own.run("trust", &[&new.key(), "two words"]).status.code(), Some(1));
    assert_eq!(own.run("trust", &["no key", ORIGIN]).status.code(), Some(2));
}

#[test]
fn one_process_one_directory_one_key() {
    let log = Log::new();
    let own = started(&log);
    let second = own.run("serve", &["--listen", "127.0.0.1:0"]);
    assert!(second.status.code() == Some(1) && text(&second).contains("in use"), "{}", text(&second));
    let again = own.run("init", &["--name", "another.example"]);
    assert!(again.status.code() == Some(1) && text(&again).contains("already"), "{}", text(&again));
    let directory = tempfile::tempdir().unwrap();
    let nothing = program(directory.path(), "status", &[]).output().unwrap();
    assert!(nothing.status.code() == Some(1) && text(&nothing).contains("init"), "{}", text(&nothing));
    let misnamed = program(directory.path(), "init", &["--name", "two words"]).output().unwrap();
    assert_eq!(misnamed.status.code(), Some(1));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "nothing was made");

    let encrypted = program(directory.path(), "init", &["--name", "control.example"])
        .env("VOUCHERS_KEY_PASSPHRASE", "correct horse")
        .output()
        .unwrap();
    assert!(encrypted.status.success());
    for file in fs::read_dir(directory.path().join("key")).unwrap().map(|file| file.unwrap().path()) {
        let is_private = !file.to_str().unwrap().ends_with(".pub.pem");
        let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode == 0o600, is_private, "{}", file.display());
        assert_eq!(fs::read_to_string(&file).unwrap().contains("BEGIN ENCRYPTED PRIVATE KEY"), is_private);
    }
    let without = program(directory.path(), "serve", &["--listen", "127.0.0.1:0"]).output().unwrap();
    assert!(text(&without).contains("passphrase"), "{}", text(&without));
}

#[test]
fn a_damaged_state_is_not_taken_for_an_empty_one() {
    let log = Log::new();
    let mut own = started(&log);
    let main = leaves("main", 2);
    assert_eq!(ask(&own, &log.request(0, vec![], &main)).status, 200);
    own.kill();
    let logs = fs::read_dir(own.directory().join("logs")).unwrap();
    let state = logs.map(|log| log.unwrap().path().join("checkpoint")).next().unwrap();
    let whole = fs::read_to_string(&state).unwrap();
    for damaged in ["", &whole[..whole.len() / 2], &whole.replacen("\n2\n", "\n1\n", 1)] {
        fs::write(&state, damaged).unwrap();
        let (code, said) = own.status();
        assert!(code == Some(1) && said.contains("DAMAGED"), "{said}");
    }
    own.start();
    assert_eq!(ask(&own, &log.request(0, vec![], &leaves("other", 2))).status, 500);
    fs::write(&state, whole).unwrap();
    assert_eq!(ask(&own, &log.request(2, vec![], &main)).status, 200);
}

/// Two histories race for each size, the witness is killed somewhere between: of every size at most one tree is ever
/// cosigned, and what was answered is remembered.
#[test]
fn killed_at_any_moment_it_never_signs_two_trees_of_one_size() {
    let log = Log::new();
    let mut own = started(&log);
    // First trees of one leaf, then of two: each again after a kill.
    let histories = ["main", "other", "third"];
    let mut cosigned: HashMap<u64, String> = HashMap::new();
    for round in 0..12_u64 {
        let size = 1 + round / 6;
        let requests = histories.map(|history| {
            let leaves = leaves(history, size);
            let known = [log.request(0, vec![], &leaves), log.request(size, vec![], &leaves)];
            let grown = (size > 1).then(|| log.request(1, path_from_one(&leaves), &leaves));
            (log.note(&leaves), known.into_iter().chain(grown).collect::<Vec<_>>())
        });
        let start = Barrier::new(requests.len() + 1);
        let (answered, told) = std::sync::mpsc::channel();
        let answers: Vec<(String, Vec<Answer>)> = std::thread::scope(|scope| {
            let racers: Vec<_> = requests
                .iter()
                .map(|(note, requests)| {
                    let (start, own, answered) = (&start, &own, answered.clone());
                    scope.spawn(move || {
                        start.wait();
                        let answers = requests.iter().filter_map(|request| try_ask(own, request));
                        (note.clone(), answers.inspect(|_| answered.send(()).unwrap()).collect())
                    })
                })
                .collect();
            drop(answered);
            start.wait();
            // At another moment in each round: before any answer, or after some while others are under way.
            let pid = own.process_id();
            told.iter().take(usize::try_from(round % 6).unwrap()).for_each(drop);
            kill(pid);
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        for (note, answers) in answers {
            for answer in answers.iter().filter(|answer| answer.status == 200) {
                assert_cosigned(&own.key, &note, answer);
                let before = cosigned.entry(size).or_insert_with(|| note.clone());
                assert_eq!(*before, note, "two trees of {size} leaves were cosigned");
            }
        }
        own.kill();
        own.start();
        if let Some(newest) = cosigned.keys().max() {
            let kept = own.checkpoint(ORIGIN).unwrap();
            let size: u64 = kept.lines().nth(1).unwrap().parse().unwrap();
            assert!(size >= *newest, "what was answered is remembered: {newest}, {kept}");
            if size == *newest {
                assert!(kept.starts_with(&cosigned[newest]));
            }
        }
    }
    assert!(!cosigned.is_empty(), "some were answered before the end");
}

fn kill(pid: u32) {
    assert!(std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}
