//! The audit package: written from a world in which everything happened, it verifies; whatever is altered is found.

mod damage;
#[path = "../support/device.rs"]
mod device;
mod fixture;
mod offline;
mod rules;
#[path = "../support/world.rs"]
mod world;

use fixture::{FIXTURE, Fixture, export, export_from, verified, wrong};
use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};
use training_vouchers::backup::bring_back;
use training_vouchers::ledger::audit::Trusted;
use training_vouchers::package::export::ExportError;
use training_vouchers::package::verify::{Brought, keys_in, verify};
use world::{FACE_VALUE, World};

fn binary(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_vouchers-audit")).arg("verify").args(arguments).output();
    output.unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_package_verifies_and_says_what_was_checked() {
    let fixture = &*FIXTURE;
    let verdict = verified(&fixture.package, &fixture.brought());
    assert_eq!(verdict.wrong, None);
    assert!(!verdict.are_its_own);
    let said: Vec<&str> = verdict.holds.iter().map(|words| words.english.as_str()).collect();
    let said = said.join("\n");
    let size = fixture.size;
    for wanted in [
        format!("{size} entries"),
        format!("goes on from the earlier checkpoint of {} entries", fixture.kept_size),
        "2 accepted sessions, 4 payments".into(),
        format!("{} vouchers, 9 redemptions", fixture.vouchers),
    ] {
        assert!(said.contains(&wanted), "{wanted}:\n{said}");
    }
}

#[test]
fn the_program_speaks_both_languages_and_its_exit_codes_tell() {
    let fixture = &*FIXTURE;
    let package = fixture.package.to_str().unwrap();
    let (keys, kept) = (fixture.keys_file.to_str().unwrap(), fixture.kept_file.to_str().unwrap());
    let clean = binary(&[package, "--key", keys, "--since", kept]);
    assert_eq!(clean.status.code(), Some(0), "{}", text(&clean));
    let said = text(&clean);
    assert!(said.find("Всё сходится.").unwrap() < said.find("Everything holds.").unwrap(), "{said}");
    assert!(!text(&binary(&[package, "--lang", "ru"])).contains("Everything"));

    let own = text(&binary(&[package, "--lang", "en"]));
    assert!(own.contains("keys come from the package itself"), "{own}");
    let fingerprint = &fixture.fingerprint;
    assert!(own.contains(fingerprint.as_str()), "{own}");

    let altered = tempfile::tempdir().unwrap();
    let mut files = fixture.files();
    files.get_mut("postings.csv").unwrap()[200] ^= 1;
    fixture::write(altered.path(), &files);
    let found = binary(&[altered.path().to_str().unwrap(), "--key", keys]);
    assert_eq!(found.status.code(), Some(1));
    assert!(text(&found).contains("НЕ СХОДИТСЯ: файл postings.csv"), "{}", text(&found));

    for unreadable in
        [vec!["nowhere"], vec![package, "--key", "nowhere"], vec![package, "--since", "nowhere"]]
    {
        assert_eq!(binary(&unreadable).status.code(), Some(2), "{unreadable:?}");
    }
    fs::remove_file(altered.path().join("manifest.json")).unwrap();
    assert_eq!(binary(&[altered.path().to_str().unwrap()]).status.code(), Some(2), "no manifest, no package");
}

#[test]
fn an_older_size_is_exported_as_it_was() {
    let fixture = &*FIXTURE;
    let older = tempfile::tempdir().unwrap();
    export(&fixture.world, older.path(), Some(fixture.kept_size)).unwrap();
    let keys = Brought { keys: Some(fixture.keys.clone()), since: vec![], witnesses: vec![] };
    assert_eq!(verified(older.path(), &keys).wrong, None);
    // It is a whole and honest package: what gives it away is the newer checkpoint that was kept.
    let newer = Brought { since: vec![fixture.newest.clone()], ..keys };
    assert!(wrong(older.path(), &newer).contains("the package is older than the earlier checkpoint"));

    let nothing = tempfile::tempdir().unwrap();
    let refused = export(&fixture.world, nothing.path(), Some(fixture.size + 1)).unwrap_err();
    let below = Some(fixture.size);
    assert!(matches!(refused, ExportError::NoCheckpoint { below: near, above: None, .. } if near == below));
}

/// After a restore the log goes on under another name; what was signed before is still its beginning.
#[test]
fn a_restored_log_is_one_history() {
    let world = World::new(FACE_VALUE.checked_mul(3).unwrap());
    world.issue(0, 2).unwrap();
    let before = tempfile::tempdir().unwrap();
    let kept = export(&world, before.path(), None).unwrap().checkpoint;
    let keys = keys_in(&fs::read_to_string(world.installation.keys().join("jwks.json")).unwrap()).unwrap();
    let World { app, installation, programme_id, .. } = world;
    app.close();
    let trusted = Trusted { log_keys: keys.clone(), checkpoints: vec![kept.clone()] };
    bring_back(installation.settings(), &trusted, &mut |_| ()).unwrap();
    let app = installation.open().unwrap();
    let after = tempfile::tempdir().unwrap();
    let newest = export_from(&app, &installation, programme_id, after.path(), None).unwrap().checkpoint;
    assert_ne!(newest.lines().next(), kept.lines().next(), "another name");
    let brought = Brought { keys: Some(keys.clone()), since: vec![kept, newest.clone()], witnesses: vec![] };
    assert_eq!(verified(after.path(), &brought).wrong, None);
    if let Ok(python) = std::env::var("STRANGERS_PYTHON") {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/verify_package.py");
        let mut command = Command::new(python);
        let output =
            command.env("PYTHONDONTWRITEBYTECODE", "1").arg(script).arg(after.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    }
    // The older package does not have what the newer checkpoint covers.
    let newer = Brought { keys: Some(keys), since: vec![newest], witnesses: vec![] };
    assert!(wrong(before.path(), &newer).contains("older than the earlier checkpoint"));
    app.close();
}

#[test]
fn nothing_is_overwritten_and_what_is_not_finished_is_no_package() {
    let fixture = &*FIXTURE;
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("mine"), "x").unwrap();
    let refused = export(&fixture.world, directory.path(), None).unwrap_err();
    assert!(matches!(refused, ExportError::NotEmpty(_)));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    // As an export that was interrupted leaves it.
    let unfinished = tempfile::tempdir().unwrap();
    fixture::write(unfinished.path(), &fixture.files());
    fs::rename(unfinished.path().join("manifest.json"), unfinished.path().join("manifest.json.part"))
        .unwrap();
    assert!(verify(unfinished.path(), &fixture.brought(), &mut |_| ()).is_err());
}

#[test]
fn no_personal_data_is_in_it() {
    let fixture = &*FIXTURE;
    assert!(fixture.personal.len() > 600, "names and СНИЛС of everybody");
    for (name, bytes) in fixture.files() {
        let text = String::from_utf8_lossy(&bytes);
        for secret in &fixture.personal {
            assert!(!text.contains(secret.as_str()), "{secret} is in {name}");
        }
    }
    // The look would find one.
    assert!(fixture.personal.iter().any(|secret| "Преподавателев".contains(secret.as_str())));
}

/// Everything is named once, and the files are those of C2SP.
#[test]
fn the_files_are_those_that_the_documentation_names() {
    let files: BTreeMap<String, Vec<u8>> = FIXTURE.files();
    let rest = FIXTURE.size - 512;
    let expected = [
        "checkpoint".to_owned(),
        "checkpoints.txt".into(),
        "facts.jsonl".into(),
        "keys.json".into(),
        "manifest.json".into(),
        "numbers.json".into(),
        "postings.csv".into(),
        "tile/0/000".into(),
        "tile/0/001".into(),
        format!("tile/0/002.p/{rest}"),
        "tile/1/000.p/2".into(),
        "tile/entries/000".into(),
        "tile/entries/001".into(),
        format!("tile/entries/002.p/{rest}"),
    ];
    assert_eq!(files.keys().collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
}

/// Python's verifier of the same package: clean, and a hundred of the damages found too.
#[test]
#[ignore = "needs STRANGERS_PYTHON: a Python that has cryptography"]
fn an_independent_verifier_says_the_same() {
    let python =
        std::env::var("STRANGERS_PYTHON").expect("STRANGERS_PYTHON names a Python that has cryptography");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/verify_package.py");
    let fixture = &*FIXTURE;
    let run = |package: &std::path::Path, kept: &str| {
        let mut command = Command::new(&python);
        command.env("PYTHONDONTWRITEBYTECODE", "1").arg(script).arg(package);
        command.arg("--key").arg(&fixture.keys_file).arg("--since").arg(fixture.file_of(kept));
        let output = command.output().unwrap();
        (output.status.code(), text(&output) + &String::from_utf8_lossy(&output.stderr))
    };
    let (code, said) = run(&fixture.package, &fixture.kept);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("everything holds"), "{said}");
    for damage in damage::all(fixture).step_by(5) {
        let directory = tempfile::tempdir().unwrap();
        fixture::write(directory.path(), &damage.files);
        let (code, said) = run(directory.path(), &damage.kept);
        assert_eq!(code, Some(1), "{}: {said}", damage.what);
    }
}

impl Fixture {
    fn brought(&self) -> Brought {
        Brought { keys: Some(self.keys.clone()), since: vec![self.kept.clone()], witnesses: vec![] }
    }
}
