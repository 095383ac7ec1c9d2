//! A database that was brought back from a copy goes on in new epochs of its logs, on either store.

#[path = "support/installation.rs"]
mod installation;

use installation::{Installation, assert_audit_is_clean};
use training_vouchers::app::App;
use training_vouchers::backup::{BackupError, Content, bring_back};
use training_vouchers::credential::Purpose;
use training_vouchers::kernel::{Actor, AgencyCode, Text, Timestamp, UniversityId};
use training_vouchers::ledger::audit::{Trusted, audit};
use training_vouchers::ledger::receipts::stored_receipt;
use training_vouchers::organisation::RegisterUniversity;
use training_vouchers::organisation::model::UniversityDetails;
use training_vouchers::writer::{Answer, Entry, SERVICE};

fn installation() -> Installation {
    Installation::new(Timestamp::from_millis(1_600_000_000_000))
}

fn register(app: &App, code: &str) -> Entry {
    let details = UniversityDetails {
        code: AgencyCode::parse(code).unwrap(),
        name: Text::parse("ПсковГУ").unwrap(),
    };
    let actor = Actor { token_no: 0, subject: "admin".into() };
    let command = RegisterUniversity { university_id: UniversityId(app.new_id()), actor, details };
    let answer: Answer<_> = app.writer.execute_blocking(command).unwrap();
    answer.entry.unwrap()
}

fn trusting(app: &App, checkpoints: Vec<String>) -> Trusted {
    let keyring = app.keyring();
    let log_keys =
        keyring.records().into_iter().filter(|key| key.purpose == Purpose::Log).map(|key| key.public);
    Trusted { log_keys: log_keys.collect(), checkpoints }
}

fn content(app: &App) -> Content {
    app.read_blocking(|connection| Ok(Content::read(connection)?)).unwrap()
}

fn newest(content: &Content) -> String {
    content.logs[0].checkpoint.clone().unwrap()
}

#[test]
fn it_goes_on_under_another_name_and_what_was_signed_before_stays_verifiable() {
    let made = installation();
    let app = made.open().unwrap();
    let entry = register(&app, "PSKOVGU");
    let receipt = |app: &App| app.read_blocking(|c| Ok(stored_receipt(c, entry)?.to_string())).unwrap();
    let (before, old) = (content(&app), receipt(&app));
    let trusted = trusting(&app, vec![newest(&before)]);
    app.close();

    let restored = bring_back(made.settings(), &trusted, &mut |_| ()).unwrap();
    assert_eq!(restored.counts, before.counts);
    assert_eq!(restored.logs[0].leaves, before.logs[0].leaves + 1);
    let (first, origin) = (&before.logs[0].origin, &restored.logs[0].origin);
    assert!(origin.starts_with(&format!("{first}/")), "{origin}");

    let app = made.open().unwrap();
    assert_eq!(receipt(&app), old);
    let later = register(&app, "OTHER");
    assert_eq!((later.programme_no, later.log_index), (SERVICE, restored.logs[0].leaves.cast_signed()));
    let now = content(&app);
    assert!(newest(&now).starts_with(&format!("{origin}\n")));
    let kept = trusting(&app, vec![newest(&before), newest(&restored), newest(&now)]);
    let report = app.read_blocking(|connection| Ok(audit(connection, &kept, &mut |_| ())?)).unwrap();
    assert!(report.is_clean(), "{report:#?}");
    app.close();
}

/// An auditor's checkpoint that the copy does not reach: nothing is opened, nothing is changed.
#[test]
fn what_does_not_hold_is_not_brought_back() {
    let (made, other) = (installation(), installation());
    let app = other.open().unwrap();
    register(&app, "PSKOVGU");
    let foreign = newest(&content(&app));
    app.close();
    let app = made.open().unwrap();
    let (before, trusted) = (content(&app), trusting(&app, vec![foreign]));
    app.close();
    let refused = bring_back(made.settings(), &trusted, &mut |_| ()).unwrap_err();
    let BackupError::NotClean(report) = refused else { panic!("{refused}") };
    assert_eq!(report.broken().map(|check| check.name).collect::<Vec<_>>(), ["kept_checkpoints"]);
    let app = made.open().unwrap();
    assert_eq!(content(&app), before);
    assert_audit_is_clean(&app);
    app.close();
}
