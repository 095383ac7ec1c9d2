//! The journal as a file, by the command line.

use crate::place::{Place, assert_code, err, out};
use std::fs;

/// A programme with a few events and no money yet.
fn with_a_programme() -> Place {
    let place = Place::initialised();
    let offices = crate::job::Offices::at(&place);
    fs::write(place.path("programme.toml"), offices.programme_file()).unwrap();
    let created = place.run(&["programme", "create", "--file", "programme.toml", "--json"]);
    assert_code(&created, 0);
    let programme: serde_json::Value = serde_json::from_slice(&created.stdout).unwrap();
    offices.open(programme["programme_id"].as_str().unwrap().parse().unwrap());
    place
}

#[test]
fn a_journal_is_exported_to_a_file_or_to_the_output() {
    let place = with_a_programme();
    let export = |more: &[&str]| {
        place.run(&[&["export", "journal", "--programme", "PSK26", "--format"], more].concat())
    };
    let shown = export(&["jsonl"]);
    assert_code(&shown, 0);
    assert!(err(&shown).starts_with("The first "), "{}", err(&shown));
    let rows: Vec<serde_json::Value> =
        out(&shown).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let appropriated = rows.iter().find(|row| row["account"] == "available").unwrap();
    assert_eq!(appropriated["amount"]["amount"], 1_300_000);

    for format in ["csv", "xlsx", "jsonl", "parquet", "hledger", "beancount"] {
        let name = format!("journal.{format}");
        assert_code(&export(&[format, "--out", &name]), 0);
        let whole = fs::read(place.path(&name)).unwrap();
        assert!(!whole.is_empty());
        let again = export(&[format]);
        assert_code(&again, 0);
        assert!(again.stdout == whole, "{format}");
        let twice = export(&[format, "--out", &name]);
        assert_code(&twice, 1);
        assert!(err(&twice).starts_with(&name), "nothing is overwritten: {}", err(&twice));
        assert!(fs::read(place.path(&name)).unwrap() == whole);
    }
    let size = rows.last().unwrap()["log_index"].as_i64().unwrap() + 1;
    assert_eq!(export(&["jsonl", "--as-of", &size.to_string()]).stdout, shown.stdout);
    assert_eq!(out(&export(&["jsonl", "--as-of", "1"])).lines().count(), 1);
    assert_eq!(out(&export(&["jsonl", "--to", "2019-12-31"])), "");

    let (beyond, files) = (size + 1, || fs::read_dir(place.path("")).unwrap().count());
    let before = files();
    for (arguments, code, said) in [
        (vec!["jsonl", "--as-of", &*beyond.to_string(), "--out", "x"], 1, "invalid_field (as_of)"),
        (vec!["jsonl", "--from", "2020-03-17", "--to", "2020-03-16", "--out", "x"], 1, "invalid_field (to)"),
        (vec!["jsonl", "--out", "nowhere/x"], 1, "nowhere/x"),
        (vec!["pdf"], 2, "error: invalid value 'pdf'"),
        (vec!["csv", "--from", "yesterday"], 2, "error: invalid value 'yesterday'"),
    ] {
        let refused = export(&arguments);
        assert_code(&refused, code);
        assert!(err(&refused).starts_with(said), "{}", err(&refused));
    }
    assert_eq!(files(), before, "nothing is left behind");
    let unknown = place.run(&["export", "journal", "--programme", "NOSUCH", "--format", "csv"]);
    assert_code(&unknown, 1);
    assert!(err(&unknown).starts_with("not_found (programme)"), "{}", err(&unknown));
}

#[test]
fn a_reader_that_has_had_enough_ends_the_export() {
    let place = with_a_programme();
    let arguments = ["export", "journal", "--programme", "PSK26", "--format", "hledger"];
    assert_eq!(crate::job::unread(&place, &arguments), Some(0));
}

#[test]
fn a_full_disk_is_a_failure() {
    let place = with_a_programme();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let arguments = ["export", "journal", "--programme", "PSK26", "--format", "csv"];
    let output = place.command(&arguments).stdout(full).output().unwrap();
    assert_code(&output, 1);
    assert!(err(&output).starts_with("standard output: "), "{}", err(&output));
}
