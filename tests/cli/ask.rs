//! An auditor's questions, by the command line.

use crate::place::{Place, assert_code, err, out};
use serde_json::Value;
use std::fs;

#[test]
fn questions_are_answered_in_tables_and_in_json() {
    let place = Place::initialised();
    let offices = crate::job::Offices::at(&place);
    fs::write(place.path("programme.toml"), offices.programme_file()).unwrap();
    let created = place.run(&["programme", "create", "--file", "programme.toml", "--json"]);
    let programme: Value = serde_json::from_slice(&created.stdout).unwrap();
    offices.open(programme["programme_id"].as_str().unwrap().parse().unwrap());
    let ask = |question: &[&str]| place.run(&[&["ask"], question, &["--programme", "PSK26"]].concat());
    let json = |question: &[&str]| -> Value {
        let answer = ask(&[question, &["--json"]].concat());
        assert_code(&answer, 0);
        serde_json::from_slice(&answer.stdout).unwrap()
    };
    let accounts = json(&["accounts"]);
    let available = accounts.as_array().unwrap().iter().find(|account| account["account"] == "available");
    assert_eq!(available.unwrap()["balance"]["amount"], 1_300_000);
    assert_eq!(json(&["accounts", "--as-of", "0"]), serde_json::json!([]));
    let shown = ask(&["accounts"]);
    assert_code(&shown, 0);
    assert!(out(&shown).contains("13\u{a0}000,00\u{a0}₽"), "{}", out(&shown));
    assert!(err(&shown).contains("As of the first "), "{}", err(&shown));

    let line = accounts[0]["budget_line_id"].as_str().unwrap().to_owned();
    let statement = json(&["statement", "--budget-line", &line, "--account", "available"]);
    assert_eq!(
        (&statement["closing"]["amount"], &statement["opening"]["amount"]),
        (&1_300_000.into(), &0.into())
    );
    assert_eq!(statement["items"].as_array().unwrap().len(), 1);
    let found = json(&["search", "--kind", "appropriation_made"]);
    assert_eq!(found.as_array().unwrap().len(), 2);
    let cut = ask(&["search", "--limit", "1"]);
    assert!(err(&cut).contains("There is more"), "{}", err(&cut));
    let sample = json(&["sample", "--account", "available", "--size", "3", "--seed", "x"]);
    assert_eq!(
        (sample["hits"].as_array().unwrap().len(), &sample["total"]["amount"]),
        (1, &1_300_000.into())
    );
    assert_eq!(json(&["execution"])[0]["limit"]["amount"], 1_300_000);
    assert_eq!(json(&["trial-balance"])["debits"], json(&["trial-balance"])["credits"]);
    for question in ["unusual", "attempts"] {
        assert_eq!(json(&[question]), serde_json::json!([]), "{question}");
    }
    for (question, code, said) in [
        (vec!["accounts", "--as-of", "9999"], 1, "invalid_field (as_of)"),
        (vec!["sample", "--account", "cash", "--size", "1", "--seed", "x"], 1, "invalid_field (account)"),
        (vec!["unusual", "--rule", "gossip"], 1, "invalid_field (rule)"),
        (vec!["trace", "--document", "none"], 1, "not_found"),
        (vec!["trace"], 2, "error:"),
    ] {
        let refused = ask(&question);
        assert_code(&refused, code);
        assert!(err(&refused).contains(said), "{question:?}: {}", err(&refused));
    }
    assert_code(&place.run(&["ask", "accounts"]), 2);
}
