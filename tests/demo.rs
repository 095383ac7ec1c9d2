//! The demo, played whole: what it leaves behind can be used, and it never overwrites anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use training_vouchers::credential::{key_files, qr, verify};
use training_vouchers::db::Place;
use training_vouchers::demo::{self, DemoError, DemoOptions, ForScripts};

const ROLES: [&str; 12] = [
    "admin",
    "agency",
    "agency_2",
    "auditor",
    "programme",
    "programme_2",
    "registrar",
    "registrar_2",
    "teaching",
    "teaching_2",
    "treasury",
    "treasury_2",
];

fn options(data: &Path, reset: bool) -> DemoOptions {
    let listen = "127.0.0.1:8080".parse().unwrap();
    DemoOptions { data: data.to_owned(), database: Place::in_directory(data), listen, serve: false, reset }
}

fn for_scripts(data: &Path) -> ForScripts {
    serde_json::from_slice(&fs::read(data.join("demo.json")).unwrap()).unwrap()
}

#[test]
fn the_demo_is_played_once_and_again_on_request() {
    let directory = tempfile::tempdir().unwrap();
    let data = &directory.path().join("data");
    let report = demo::perform(&options(data, false)).unwrap();

    fits_one_screen(&report);
    counts_come_out(&report);
    let first = for_scripts(data);
    scripts_find_what_they_need(data, &first);
    pictures_can_be_read(data, &first);

    let again = demo::perform(&options(data, false)).unwrap_err();
    assert!(matches!(again, DemoError::Played(_)), "{again}");
    assert!(again.to_string().contains("--reset"), "{again}");
    assert_eq!(for_scripts(data).programme_id, first.programme_id, "nothing was changed");

    fs::write(data.join("notes.txt"), "mine").unwrap();
    demo::perform(&options(data, true)).unwrap();
    assert_ne!(for_scripts(data).programme_id, first.programme_id);
    assert_eq!(fs::read(data.join("notes.txt")).unwrap(), b"mine", "only the demo's own things are deleted");
}

#[test]
fn an_installation_that_is_not_a_demos_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("vouchers.sqlite");
    fs::write(&database, "somebody's").unwrap();
    for reset in [false, true] {
        let refusal = demo::perform(&options(directory.path(), reset)).unwrap_err();
        assert!(matches!(refusal, DemoError::NotADemo(_)), "{refusal}");
    }
    assert_eq!(fs::read(&database).unwrap(), b"somebody's");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

fn fits_one_screen(report: &str) {
    assert!(report.lines().count() <= 45, "{} lines\n{report}", report.lines().count());
    for line in report.lines() {
        assert!(line.chars().count() <= 100, "{} columns: {line}", line.chars().count());
    }
}

/// Figures that follow from the play.
fn counts_come_out(report: &str) {
    let words = |start: &str| {
        let line = report.lines().find(|line| line.starts_with(start)).unwrap();
        line[start.len()..].split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(words("всего / total"), ["2000", "1898", "69", "4", "20", "9", "5"], "{report}");
    let money = report.replace('\u{a0}', "");
    let balances: Vec<Vec<i64>> = money
        .lines()
        .skip_while(|line| !line.trim_start().starts_with("limit, RUB"))
        .filter_map(|line| {
            let kopecks = |cell: &str| cell.replace(',', "").parse::<i64>().ok();
            line.split_whitespace().map(kopecks).collect::<Option<Vec<_>>>()
        })
        .filter(|cells| cells.len() == 6)
        .collect();
    let [instructors, campaign] = &balances[..] else { panic!("two budget lines\n{report}") };
    // Three contracts of 1,300,000 ₽; 1,250,000 ₽ accepted, what April brought is paid, the rest of one given back.
    assert_eq!(campaign[..], [150_000_000, 25_000_000, 0, 0, 37_499_950, 87_500_050]);
    assert_eq!(instructors[0], 1_300_000_000);
    assert_eq!(instructors[1..].iter().sum::<i64>(), instructors[0]);
    assert_eq!(instructors[2], (69 + 4) * 650_000, "live and suspended vouchers hold their reserve");
    assert!(instructors[4] > 0, "some hours are owed");
    // Six runs of 72 hours and the lectures of four others, with contributions.
    assert_eq!(instructors[5], (6 * 72 + 4 * 16) * 195_300);
    // Of six runs' people one was reversed, and in each one missed too much and one failed.
    assert!(report.contains("retrained: 137 из / of 2000"), "{report}");
    assert!(money.contains("=6500,00₽") || money.contains("= 6500,00₽"), "the trace adds up\n{report}");
    let spent = instructors[4] + instructors[5] + campaign[4] + campaign[5];
    let each = (2 * spent + 137) / (2 * 137);
    let cost = format!("{},{:02}₽на каждого", each / 100, each % 100);
    assert!(money.replace("₽ на", "₽на").contains(&cost), "{cost}\n{report}");
    assert!(report.contains("bank statement: 5 payments confirmed, 1 item unmatched"), "{report}");
    assert!(report.contains("0 failed"));
}

fn scripts_find_what_they_need(data: &Path, found: &ForScripts) {
    let mode = fs::metadata(data.join("demo.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(found.base_url, "http://127.0.0.1:8080");
    assert_eq!(found.tokens.keys().map(String::as_str).collect::<Vec<_>>(), ROLES);
    assert_eq!(found.tokens.values().collect::<BTreeSet<_>>().len(), ROLES.len());
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for voucher in &found.vouchers {
        *states.entry(&voucher.status).or_default() += 1;
    }
    assert!(states["issued"] >= 60, "{states:?}");
    assert_eq!(
        states.keys().copied().collect::<Vec<_>>(),
        ["completed", "expired", "issued", "redeemed", "replaced", "suspended", "voided"]
    );
    let keyring = key_files::read_jwks(&data.join("keys")).unwrap();
    for voucher in &found.vouchers {
        let verified = verify(&voucher.credential, &keyring).unwrap();
        assert_eq!(verified.claims().voucher_id, voucher.voucher_id);
        assert_eq!(verified.claims().programme_id, found.programme_id);
    }
}

fn pictures_can_be_read(data: &Path, found: &ForScripts) {
    let credentials: BTreeMap<_, _> = found.vouchers.iter().map(|v| (v.number.as_str(), v)).collect();
    let mut pictures = 0;
    for entry in fs::read_dir(data.join("qr")).unwrap() {
        let path = entry.unwrap().path();
        let number = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(credentials[number].status, "issued");
        if path.extension().unwrap() == "png" {
            pictures += 1;
            let text = qr::read(&fs::read(&path).unwrap()).unwrap();
            assert_eq!(text, [credentials[number].credential.clone()]);
        } else {
            assert!(fs::read_to_string(&path).unwrap().starts_with("<svg"), "{}", path.display());
        }
    }
    assert_eq!(pictures, 36);
}
