//! The journal as files: every format says what the API says of the same postings, and says the same for ever.

use crate::classroom::Classroom;
use crate::stage::{done, text};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::process::Command;
use training_vouchers::export::{Export, Format, Wanted};
use training_vouchers::kernel::{ProgrammeId, Scope};
use training_vouchers::oversight;

struct Sent {
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Sent {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
    }

    fn text(&self) -> &str {
        str::from_utf8(&self.bytes).unwrap()
    }

    fn as_of(&self) -> i64 {
        self.header("x-journal-as-of").parse().unwrap()
    }
}

impl Classroom {
    fn path(&self, rest: &str) -> String {
        format!("/v1/programmes/{}/{rest}", self.programme_id)
    }

    fn export(&self, query: &str) -> Sent {
        let request = self.server.request("GET", &self.path(&format!("exports/journal?{query}")));
        let reply = request.bearer_auth(self.server.token(Scope::Auditor)).send().unwrap();
        assert_eq!(reply.status(), 200, "{query}: {:?}", reply.text());
        Sent { headers: reply.headers().clone(), bytes: reply.bytes().unwrap().to_vec() }
    }

    /// All of a list.
    fn listed(&self, list: &str) -> Vec<Value> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = done(self.get(Scope::Auditor, &self.path(&format!("{list}?limit=500{cursor}"))));
            found.extend(page["items"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }

    /// What an export should say, from the lists of the API: a row for each posting, and for each transaction without any.
    fn expected(&self) -> Vec<Value> {
        let transactions = self.listed("ledger/transactions");
        let postings = self.listed("ledger/postings");
        let accounts = done(self.get(Scope::Auditor, &self.path("ledger/accounts")));
        let mut rows = Vec::new();
        for transaction in transactions {
            let own = postings.iter().filter(|posting| posting["log_index"] == transaction["log_index"]);
            let mut own: Vec<Value> = own
                .map(|posting| {
                    let is_line = |account: &&Value| account["budget_line_id"] == posting["budget_line_id"];
                    let line = accounts.as_array().unwrap().iter().find(is_line).unwrap();
                    let mut row = posting.clone();
                    row["kbk"] = line["kbk"].clone();
                    row["item"] = line["item"].clone();
                    row
                })
                .collect();
            if own.is_empty() {
                own.push(json!({ "log_index": transaction["log_index"], "kind": transaction["kind"],
                    "effective_at": transaction["effective_at"] }));
            }
            for row in &mut own {
                row["recorded_at"] = transaction["recorded_at"].clone();
            }
            rows.extend(own);
        }
        rows
    }
}

/// Columns that an export has as the API has them; beside these it has codes and numbers.
const SHARED: [&str; 16] = [
    "log_index",
    "posting_no",
    "kind",
    "effective_at",
    "recorded_at",
    "kbk",
    "item",
    "account",
    "amount",
    "agency_id",
    "voucher_id",
    "redemption_id",
    "course_run_id",
    "session_id",
    "payee_id",
    "payment_id",
];

fn shared(row: &Value) -> Vec<&Value> {
    SHARED.iter().map(|name| &row[*name]).collect()
}

/// Two sessions, and payments with numbers that a spreadsheet or a ledger could misread.
fn taught_and_paid() -> Classroom {
    let room = Classroom::start();
    room.teach(5);
    room.teach(3);
    room.pay(&room.instructor_id, 1_000_001, "=1+1");
    room.pay(&room.instructor_id, 7, "П-2, date:2019-01-01; \"[2019-01-01]\"");
    room
}

fn json_lines(sent: &Sent) -> Vec<Value> {
    sent.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every cell as text, by its column's name.
fn csv_rows(sent: &Sent) -> Vec<BTreeMap<String, String>> {
    let text = sent.text().strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn every_row_is_what_the_api_says_of_it() {
    let room = taught_and_paid();
    let expected = room.expected();
    assert!(expected.iter().any(|row| row["account"].is_null()), "some move no money");

    let sent = room.export("format=jsonl");
    let rows = json_lines(&sent);
    assert_eq!(rows.len(), expected.len());
    for (row, expected) in rows.iter().zip(&expected) {
        assert_eq!(shared(row), shared(expected), "{row}");
    }
    let paid = rows.iter().find(|row| row["account"] == "paid").unwrap();
    assert_eq!((&paid["payment_document"], &paid["agency"]), (&json!("=1+1"), &json!("PSK-S01")));
    assert!(rows.iter().any(|row| row["recorded_by"].as_i64().unwrap() > 0));

    let table = csv_rows(&room.export("format=csv"));
    assert_eq!(table.len(), expected.len());
    for (cells, row) in table.iter().zip(&rows) {
        for name in SHARED.iter().filter(|name| !["effective_at", "recorded_at", "amount"].contains(name)) {
            let value = row[*name].as_str().map_or_else(|| row[*name].to_string(), str::to_owned);
            assert_eq!(cells[*name], if row[*name].is_null() { "" } else { &value }, "{name}");
        }
        let kopecks = row["amount"]["amount"].as_i64();
        assert_eq!(cells["amount_kopecks"], kopecks.map_or(String::new(), |kopecks| kopecks.to_string()));
        let roubles = |kopecks: i64| format!("{},{:02}", kopecks / 100, kopecks % 100);
        let (debit, credit) = match kopecks {
            Some(credit) if credit < 0 => (String::new(), roubles(-credit)),
            Some(debit) => (roubles(debit), String::new()),
            None => (String::new(), String::new()),
        };
        assert_eq!((&cells["debit"], &cells["credit"]), (&debit, &credit));
        let instant = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap();
        assert_eq!(instant(&cells["effective_at"]), instant(row["effective_at"].as_str().unwrap()));
        assert!(cells["effective_at"].ends_with("+03:00"));
    }
}

#[test]
fn text_of_others_is_no_formula() {
    let table = csv_rows(&taught_and_paid().export("format=csv"));
    let documents: Vec<_> =
        table.iter().map(|row| row["payment_document"].as_str()).filter(|text| !text.is_empty()).collect();
    assert!(documents.contains(&"'=1+1"), "{documents:?}");
    assert!(documents.iter().all(|text| !text.starts_with('=')));
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_is_read_back() {
    use parquet::data_type::AsBytes;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;
    let room = taught_and_paid();
    let rows = json_lines(&room.export("format=jsonl"));
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, &room.export("format=parquet").bytes).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let found: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!(found.len(), rows.len());
    for (found, row) in found.iter().zip(&rows) {
        for (name, field) in found.get_column_iter() {
            let expected = match name.as_str() {
                "amount" => &row[name]["amount"],
                _ => &row[name],
            };
            let value = match field {
                Field::Null => Value::Null,
                Field::Str(text) => json!(text),
                Field::Long(number) => json!(number),
                Field::Decimal(amount) => {
                    assert_eq!((amount.precision(), amount.scale()), (18, 2));
                    json!(i64::from_be_bytes(amount.data().as_bytes().try_into().unwrap()))
                }
                Field::TimestampMillis(millis) => {
                    let instant = chrono::DateTime::from_timestamp_millis(*millis).unwrap();
                    json!(instant.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
                }
                other => panic!("{name} holds {other}"),
            };
            assert_eq!(&value, expected, "{name}");
        }
    }
}

/// What somebody who knows nothing of us adds up from a journal of hledger.
fn sums(journal: &str) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for line in journal.lines().filter(|line| line.starts_with("    ")) {
        let (account, amount) = line.trim().split_once("  ").unwrap();
        let amount = amount.split(" RUB").next().unwrap().replace('.', "");
        *sums.entry(account.to_owned()).or_default() += amount.parse::<i64>().unwrap();
    }
    sums
}

#[test]
fn ledgers_name_the_checkpoint_and_assert_every_balance() {
    let room = taught_and_paid();
    let hledger = room.export("format=hledger");
    let beancount = room.export("format=beancount");
    let accounts = done(room.get(Scope::Auditor, &room.path("ledger/accounts")));
    let added_up = sums(hledger.text());
    for account in accounts.as_array().unwrap() {
        let [name, kbk, item] = ["account", "kbk", "item"].map(|field| text(&account[field]));
        let balance = account["balance"]["amount"].as_i64().unwrap();
        let balance = if name == "limit" { -balance } else { balance };
        assert_eq!(added_up[&format!("{name}:{kbk}:{item}")], balance);
        let sign = if balance < 0 { "-" } else { "" };
        let roubles = format!("{sign}{}.{:02}", balance.abs() / 100, balance.abs() % 100);
        assert!(hledger.text().contains(&format!("{name}:{kbk}:{item}  0.00 RUB = {roubles} RUB\n")));
        assert!(beancount.text().contains(&format!(":{kbk}:Instructor-Pay  {roubles} ~ 0 RUB\n")));
    }
    let checkpoint = room.checkpoint();
    for ledger in [&hledger, &beancount] {
        assert!(ledger.text().contains(&format!(";   {}\n;   {}\n", checkpoint.origin, checkpoint.size)));
        assert!(!ledger.text().contains("programme_opened"), "events without postings are left out");
    }
}

const QUESTIONS: [&str; 6] =
    ["format=csv", "format=xlsx", "format=jsonl", "format=parquet", "format=hledger", "format=beancount"];

#[test]
fn the_same_question_gets_the_same_bytes_for_ever() {
    let room = taught_and_paid();
    let before: Vec<Sent> = QUESTIONS.iter().map(|question| room.export(question)).collect();
    let size = before[0].as_of();
    assert_eq!(size as u64, room.checkpoint().size);
    let line = json!({ "kbk": "07507051310000000244", "item": "information_campaign", "name": "Кампания" });
    done(room.post(Scope::Programme, &room.path("budget-lines"), &line));
    room.pay(&room.instructor_id, 11, "П-3");
    room.server.advance(86_400);
    for (question, before) in QUESTIONS.iter().zip(&before) {
        let again = room.export(&format!("{question}&as_of={size}"));
        assert!(again.bytes == before.bytes, "{question}");
        assert_eq!(again.header("x-journal-checkpoint"), before.header("x-journal-checkpoint"));
        assert_eq!(again.header("content-disposition"), before.header("content-disposition"));
        let now = room.export(question);
        assert!(now.as_of() > size && now.bytes != before.bytes, "{question}");
    }
}

#[test]
fn a_file_does_not_depend_on_how_it_was_read() {
    let room = taught_and_paid();
    for format in Format::ALL {
        let name = format.as_str();
        let sent = room.export(&format!("format={name}"));
        for page in [1, 2, 7, 60] {
            let id: ProgrammeId = room.programme_id.parse().unwrap();
            let read = room.server.app.read_blocking(|mut connection| {
                let programme = oversight::programme(connection, id, None)?;
                let wanted = Wanted { as_of: Some(sent.as_of()), ..Wanted::default() };
                let export = Export::new(connection, &programme, format, wanted)?;
                let mut export = export.in_pages_of(NonZeroU16::new(page).unwrap());
                let mut whole = Vec::new();
                while let Some(piece) = export.next(&mut connection).unwrap() {
                    whole.extend(piece);
                }
                Ok((whole, export.leaves_read()))
            });
            let (whole, leaves_read) = read.unwrap();
            assert!(whole == sent.bytes, "{name} in pages of {page}");
            assert_eq!(leaves_read, sent.as_of());
        }
    }
}

#[test]
fn days_are_those_of_moscow() {
    let room = taught_and_paid();
    let all = json_lines(&room.export("format=jsonl"));
    let day = |row: &Value| {
        let instant = chrono::DateTime::parse_from_rfc3339(row["effective_at"].as_str().unwrap()).unwrap();
        (instant + chrono::TimeDelta::hours(3)).date_naive().to_string()
    };
    for (query, from, to) in [
        ("&from=2020-03-17", "2020-03-17", "9999-12-31"),
        ("&to=2020-03-16", "0000-01-01", "2020-03-16"),
        ("&from=2020-03-16&to=2020-03-16", "2020-03-16", "2020-03-16"),
        ("&to=2019-12-31", "0000-01-01", "2019-12-31"),
    ] {
        let expected: Vec<_> =
            all.iter().filter(|row| (from..=to).contains(&day(row).as_str())).cloned().collect();
        let sent = room.export(&format!("format=jsonl{query}"));
        assert_eq!(json_lines(&sent), expected, "{query}");
        let ledger = room.export(&format!("format=hledger{query}"));
        assert!(sums(ledger.text()).values().sum::<i64>() == 0);
    }
    let count = |days: &str, kind: &str| {
        let rows = json_lines(&room.export(&format!("format=jsonl{days}")));
        rows.iter().filter(|row| row["kind"] == kind).count()
    };
    // Both are dated by the first instant of a day of Moscow, which is the evening before in UTC.
    assert_eq!(count("&from=2020-03-16&to=2020-03-16", "session_recorded"), 2);
    assert_ne!(count("&from=2020-03-17&to=2020-03-17", "payment_made"), 0);
    assert_eq!(count("&to=2020-03-16", "payment_made"), 0);
    assert_eq!(count("&from=2020-03-17", "session_accepted"), 24, "two payees, three redemptions, two sides");
}

#[test]
fn what_cannot_be_exported_is_refused_by_name() {
    let room = Classroom::start();
    let size = room.export("format=csv").as_of();
    let refused = |query: &str| {
        let reply = room.get(Scope::Auditor, &room.path(&format!("exports/journal{query}")));
        (reply.status, text(&reply.json["field"]), text(&reply.json["detail"]))
    };
    for (query, field) in [
        ("", "format"),
        ("?format=pdf", "format"),
        ("?format=csv&as_of=-1", "as_of"),
        (&format!("?format=csv&as_of={}", size + 1), "as_of"),
        ("?format=csv&from=2020-03-17&to=2020-03-16", "to"),
        ("?format=csv&since=2020-03-17", "since"),
    ] {
        let (status, named, detail) = refused(query);
        assert_eq!((status, named.as_str()), (422, field), "{query}: {detail}");
    }
    assert!(refused(&format!("?format=csv&as_of={}", size + 1)).2.contains(&size.to_string()));
    assert_eq!(json_lines(&room.export("format=jsonl&as_of=0")), Vec::<Value>::new());
    assert_eq!(csv_rows(&room.export("format=csv&as_of=1")).len(), 1);
}

#[test]
fn files_have_names_of_codes_and_hold_no_names_of_people() {
    let room = taught_and_paid();
    for question in QUESTIONS {
        let path = room.path(&format!("exports/journal?{question}"));
        assert_eq!(room.get(Scope::Agency, &path).problem(), (403, "forbidden"));
        assert_eq!(room.server.get(&room.foreign_teaching, &path).problem(), (404, "not_found"));
        let sent = room.export(&format!("{question}&from=2020-03-01"));
        let name = question.replace("format=", ".");
        let expected =
            format!("attachment; filename=\"journal-PSK20-{}-from-2020-03-01{name}\"", sent.as_of());
        assert_eq!(sent.header("content-disposition"), expected);
        for person in ["Соколова", "Иванова"] {
            assert!(!String::from_utf8_lossy(&sent.bytes).contains(person), "{question}");
        }
    }
}

#[test]
#[ignore = "needs hledger, and STRANGERS_PYTHON: a Python that has beancount, openpyxl and pyarrow"]
fn strangers_read_every_format_and_agree() {
    let python = std::env::var("STRANGERS_PYTHON").expect("STRANGERS_PYTHON names a Python");
    let room = taught_and_paid();
    let directory = tempfile::tempdir().unwrap();
    for format in Format::ALL.map(Format::as_str) {
        let sent = room.export(&format!("format={format}"));
        std::fs::write(directory.path().join(format!("journal.{format}")), sent.bytes).unwrap();
    }
    let accounts = done(room.get(Scope::Auditor, &room.path("ledger/accounts")));
    std::fs::write(directory.path().join("accounts.json"), accounts.to_string()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/strangers/export.py");
    let output = Command::new(python).arg(script).arg(directory.path()).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    assert!(output.status.success(), "{said}");
}
