//! One journal transaction: what happened, what it moved, what it is about, and the proof that it is in the log as it was signed.

use super::super::Page;
use super::accounts::sides;
use super::names;
use super::table::{Cell, Part, Table};
use super::unmasking;
use crate::app::App;
use crate::db::Connection;
use crate::http::{Caller, Problem};
use crate::kernel::*;
use crate::ledger::as_of::AsOf;
use crate::ledger::leaf::{self, Leaf};
use crate::oversight::ledger::{self, TransactionDetail};
use crate::oversight::names::{Names, logins};
use crate::oversight::postings::PostingView;
use crate::programme::ProgrammeFacts;
use crate::proof::{Hash, Receipt, leaf_hash};
use crate::proposal;
use crate::unmasking::Whom;
use crate::writer::{Failure, Stop};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use askama::Template;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use uuid::Uuid;

/// All that is read of an entry.
struct Read {
    programme: ProgrammeFacts,
    lines: BTreeMap<BudgetLineId, String>,
    detail: TransactionDetail,
    names: Names,
    login: Option<String>,
    leaf: Leaf,
    hash: Hash,
    receipt: Receipt,
    /// Entries of the log by now.
    entries: i64,
    /// The document of the act that two people did.
    document: Option<String>,
}

#[derive(Template)]
#[template(path = "books/entry.html", config = "src/desk/askama.toml")]
struct EntryPage {
    page: Page,
    programme: ProgrammeFacts,
    log_index: i64,
    title: String,
    effective_at: Timestamp,
    recorded_at: Timestamp,
    recorded_by: String,
    moved: Option<String>,
    /// From which accounts to which, in words.
    ways: Vec<String>,
    postings: Table,
    subjects: Table,
    documents: Vec<Part>,
    leaf_hash: String,
    receipt: Receipt,
    path: Vec<String>,
    proof_text: String,
    before: Option<String>,
    after: Option<String>,
    /// Where the name of the holder is asked for whose voucher it is about.
    unmask: Option<String>,
    /// Whether the looker may ask for proofs that one checkpoint continues another.
    may_prove: bool,
}

fn read(
    connection: &mut Connection,
    (id, log_index): (ProgrammeId, i64),
    caller: &Caller,
) -> Result<Read, Stop> {
    let programme = crate::oversight::programme(connection, id, caller.university_no())?;
    let detail = ledger::transaction(connection, programme.programme_no, log_index)?;
    let names = names::of(connection, detail.lines.iter())?;
    let by = detail.transaction.recorded_by;
    let login = logins(connection, by.into_iter())?.into_values().next();
    let broken =
        |what: &str| Failure::Inconsistent(format!("the {what} of entry {log_index} cannot be read"));
    let bytes = bytes(&detail.leaf).ok_or_else(|| broken("leaf"))?;
    let leaf = leaf::decode(&bytes).map_err(|_| broken("leaf"))?;
    let receipt = detail.receipt.parse().map_err(|_| broken("receipt"))?;
    let lines = crate::programme::store::budget_lines(connection, programme.programme_no)?;
    let lines = lines.into_iter().map(|line| (line.budget_line_id, line.name)).collect();
    let document = document(connection, &leaf, caller)?;
    let entries = AsOf::find(connection, programme.programme_no, None)?.size;
    Ok(Read {
        programme,
        lines,
        names,
        login,
        hash: leaf_hash(&bytes),
        leaf,
        receipt,
        entries,
        document,
        detail,
    })
}

/// The number of the document that an act of two people was done by, for those who may see such acts.
fn document(connection: &mut Connection, leaf: &Leaf, caller: &Caller) -> Result<Option<String>, Stop> {
    let subject = leaf.subjects.iter().find(|(name, _)| name == "proposal");
    let Some(id) = subject.and_then(|(_, bytes)| Uuid::from_slice(bytes).ok()) else { return Ok(None) };
    let found = proposal::store::find(connection, ProposalId(id), caller.university_no())?;
    let visible = proposal::act::visible_to(caller.scope);
    let act = found.map(|row| row.act).filter(|act| visible.contains(&act.kind()));
    let act = act.and_then(|act| serde_json::to_value(act).ok());
    Ok(act.and_then(|act| Some(act.get("document_number")?.as_str()?.to_owned())))
}

#[get("/desk/entries/{programme_id}/{log_index}")]
pub async fn entry(
    app: Data<App>,
    page: Page,
    caller: Caller,
    path: Path<(ProgrammeId, i64)>,
) -> Result<HttpResponse, Problem> {
    let (id, log_index) = path.into_inner();
    if log_index < 0 {
        return Err(Refusal::field("log_index", "a whole number, from 0").into());
    }
    let may_prove = caller.scope != Scope::Teaching;
    let asker = caller.clone();
    let Read { programme, lines, detail, names, login, leaf, hash, receipt, entries, document } =
        app.read_books(move |connection| read(connection, (id, log_index), &caller)).await?;
    let transaction = &detail.transaction;
    let size =
        crate::proof::Checkpoint::parse(body(&receipt.checkpoint)).map_or(0, |checkpoint| checkpoint.size);
    Ok(page.show(&EntryPage {
        log_index,
        title: page.word("books-kind", &transaction.kind),
        effective_at: transaction.effective_at,
        recorded_at: transaction.recorded_at,
        recorded_by: login.unwrap_or_else(|| page.t("books-service-itself")),
        moved: transaction.moved.is_positive().then(|| page.money(&transaction.moved)),
        ways: ways(&page, &detail.lines),
        postings: postings(&page, id, &detail.lines, &names, &lines),
        subjects: subjects(&page, id, &leaf),
        documents: documents(id, &detail.lines, &names, document),
        leaf_hash: hash.to_base64(),
        path: receipt.path.iter().map(|hash| hash.to_base64()).collect(),
        receipt,
        proof_text: page.t2("books-proof-text", "index", log_index, "size", size),
        before: (log_index > 0).then(|| names::entry(id, log_index - 1)),
        after: (log_index + 1 < entries).then(|| names::entry(id, log_index + 1)),
        unmask: holder(&leaf).and_then(|whom| unmasking::address(&asker, whom)),
        may_prove,
        programme,
        page: page.clone(),
    }))
}

/// Whose holder the entry is about.
fn holder(leaf: &Leaf) -> Option<Whom> {
    let (_, bytes) = leaf.subjects.iter().find(|(name, _)| name == "voucher")?;
    Uuid::from_slice(bytes).ok().map(|id| Whom::Holder(VoucherId(id)))
}

/// A note's text, without its signatures.
fn body(note: &str) -> &str {
    note.split_once("\n\n").map_or(note, |(body, _)| note.get(..=body.len()).unwrap_or(body))
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(hexadecimal.get(at..at + 2)?, 16).ok();
    (0..hexadecimal.len()).step_by(2).map(pair).collect()
}

/// Between which accounts it moved how much: credits and debits by account.
fn ways(page: &Page, lines: &[PostingView]) -> Vec<String> {
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for line in lines {
        let (debit, credit) = sums.entry(line.account).or_default();
        let amount = line.amount.get();
        if amount > 0 { *debit += amount } else { *credit -= amount }
    }
    let say = |(account, (debit, credit)): (&str, (i64, i64))| {
        let account = page.word("books-account", account);
        let side = |word: &str, amount: i64| {
            (amount > 0).then(|| {
                page.t2(word, "account", account.clone(), "amount", page.money(&Kopecks::new(amount)))
            })
        };
        [side("books-debited", debit), side("books-credited", credit)]
    };
    sums.into_iter().flat_map(say).flatten().collect()
}

fn postings(
    page: &Page,
    programme: ProgrammeId,
    postings: &[PostingView],
    names: &Names,
    lines: &BTreeMap<BudgetLineId, String>,
) -> Table {
    let row = |posting: &PostingView| {
        let [debit, credit] = sides(page, posting.amount);
        let line = lines.get(&posting.budget_line_id).cloned().unwrap_or_default();
        let account = page.word("books-account", posting.account);
        vec![
            Cell::link(account, names::account(programme, posting.budget_line_id, posting.account, None))
                .heading(),
            Cell::text(line),
            Cell::of(names::dimensions(page, programme, names, posting)),
            debit,
            credit,
        ]
    };
    let columns = ["books-account", "books-line", "books-about", "#books-debit", "#books-credit"];
    Table::new(page, "books-entry-postings-caption", &columns).with(postings.iter().map(row).collect())
}

fn subjects(page: &Page, programme: ProgrammeId, leaf: &Leaf) -> Table {
    let row = |(name, bytes): &(String, Vec<u8>)| {
        vec![
            Cell::text(page.word("books-subject", name)).heading(),
            Cell::of(vec![subject(page, programme, name, bytes)]),
        ]
    };
    let columns = ["books-subject", "books-value"];
    Table::new(page, "books-subjects-caption", &columns).with(leaf.subjects.iter().map(row).collect())
}

/// Numbers among the subjects of leaves, big-endian.
const NUMBERS: [&str; 6] = ["rows", "accepted", "refused", "created", "updated", "seats"];

/// The value of a subject: ids as ids, leading to what they name, texts as texts, digests in hexadecimal.
fn subject(page: &Page, programme: ProgrammeId, name: &str, bytes: &[u8]) -> Part {
    if NUMBERS.contains(&name) {
        let number = bytes.iter().fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
        return Part::text(page.number(&number));
    }
    if let Ok(id) = Uuid::from_slice(bytes) {
        let href = match name {
            "redemption" | "payment" | "session" | "payee" => Some(names::trace(name, id, programme)),
            "agency" | "from_agency" | "to_agency" | "voucher" | "course_run" | "contract" => {
                let field = match name {
                    "agency" | "from_agency" | "to_agency" => "agency_id",
                    "voucher" => "voucher_id",
                    "course_run" => "course_run_id",
                    _ => "contract_id",
                };
                Some(names::postings(programme, &[(field, id.to_string())]))
            }
            _ => None,
        };
        return Part { text: id.to_string(), href };
    }
    let text = str::from_utf8(bytes)
        .ok()
        .filter(|text| !name.ends_with("sha256") && !text.contains(char::is_control));
    let in_hexadecimal = || {
        bytes.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    };
    Part::text(text.map_or_else(in_hexadecimal, str::to_owned))
}

fn documents(
    programme: ProgrammeId,
    lines: &[PostingView],
    names: &Names,
    document: Option<String>,
) -> Vec<Part> {
    let mut payments: Vec<_> = lines.iter().filter_map(|line| line.payment_id).collect();
    payments.sort_unstable_by_key(|id| id.0);
    payments.dedup();
    let payments =
        payments.into_iter().map(|id| Part::link(names.document(id), names::trace("payment", id, programme)));
    document.map(|number| Part::text(format!("№ {number}"))).into_iter().chain(payments).collect()
}
