//! The books are derived from the leaves alone: another amount, account, payee or number anywhere is found at its entry,
//! whatever the signatures say.

use crate::damage::leaves_of;
use crate::fixture::FIXTURE;
use std::collections::HashMap;
use std::sync::LazyLock;
use training_vouchers::kernel::Kopecks;
use training_vouchers::ledger::facts;
use training_vouchers::ledger::leaf::{Leaf, decode};
use training_vouchers::ledger::model::{Account, Kind, Posting};
use training_vouchers::ledger::replay::{Replay, Wrong};

fn leaves() -> Vec<Leaf> {
    let leaves = leaves_of(&FIXTURE.files(), FIXTURE.size);
    leaves.iter().map(|leaf| decode(leaf).unwrap()).collect()
}

/// What the digests in the leaves are of, by the digest.
static FACTS: LazyLock<HashMap<Vec<u8>, Vec<String>>> = LazyLock::new(|| {
    let lines = String::from_utf8(FIXTURE.files()["facts.jsonl"].clone()).unwrap();
    let facts = lines.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        serde_json::from_value::<Vec<String>>(line["facts"].clone()).unwrap()
    });
    facts.map(|told| (facts::digest(&told).to_vec(), told)).collect()
});

fn replay(leaves: &[Leaf]) -> Result<(), Wrong> {
    let mut replay = Replay::default();
    for leaf in leaves {
        let digest = leaf.subjects.iter().find(|(name, _)| name == facts::SUBJECT);
        let told = digest.and_then(|(_, digest)| FACTS.get(digest)).map(Vec::as_slice);
        replay.feed(leaf, told)?;
    }
    replay.totals().map(drop)
}

#[test]
fn the_world_has_every_kind_of_event_that_moves_money() {
    let leaves = leaves();
    let kinds: Vec<i16> = leaves.iter().map(|leaf| leaf.kind).collect();
    for kind in [
        Kind::AppropriationMade,
        Kind::BudgetMoved,
        Kind::VoucherIssued,
        Kind::VoucherSuspended,
        Kind::VoucherVoided,
        Kind::VoucherReplaced,
        Kind::VoucherExtended,
        Kind::VoucherExpired,
        Kind::Redeemed,
        Kind::RedemptionReversed,
        Kind::SessionAccepted,
        Kind::PaymentMade,
        Kind::PaymentWithdrawn,
        Kind::CourseRunClosed,
        Kind::CourseRunToppedUp,
        Kind::EnrolmentMoved,
        Kind::ConflictOpened,
        Kind::ConflictDecided,
        Kind::SessionCancelled,
        Kind::PaymentReturned,
        Kind::ContractSigned,
        Kind::ActAccepted,
        Kind::ContractEnded,
        Kind::QuotaMoveProposed,
        Kind::QuotaMoveAgreed,
        Kind::QuotaMoveEnded,
    ] {
        assert!(kinds.contains(&kind.number()), "{kind:?}");
    }
    assert_eq!(replay(&leaves), Ok(()));
}

/// A change to a posting or to its opposite line; none when it would change nothing.
type Change = fn(&mut Posting, &mut Posting);

const CHANGES: &[(&str, Change)] = &[
    ("a kopeck more", |debit, credit| {
        debit.amount = Kopecks::new(debit.amount.get() + 1);
        credit.amount = Kopecks::new(credit.amount.get() - 1);
    }),
    ("a kopeck less on one side", |debit, _| debit.amount = Kopecks::new(debit.amount.get() - 1)),
    ("another account", |debit, _| {
        let next = Account::ALL.into_iter().find(|account| *account != debit.account).unwrap();
        debit.account = next;
    }),
    ("another agency", |debit, credit| {
        debit.dimensions.agency_no = debit.dimensions.agency_no.map(|number| number + 100);
        credit.dimensions.agency_no = debit.dimensions.agency_no;
    }),
    ("no session", |debit, _| debit.dimensions.session_no = None),
    ("another payment", |debit, _| {
        debit.dimensions.payment_no = debit.dimensions.payment_no.map(|number| number + 1);
    }),
    ("another redemption", |_, credit| {
        credit.dimensions.redemption_no = credit.dimensions.redemption_no.map(|number| number + 1);
    }),
];

/// One leaf of each kind with money, the first after the very first issue: that one shows the face value itself.
fn chosen(leaves: &[Leaf]) -> Vec<usize> {
    let mut chosen = Vec::new();
    let mut seen = std::collections::BTreeMap::new();
    for (at, leaf) in leaves.iter().enumerate().filter(|(_, leaf)| !leaf.postings.is_empty()) {
        let count = seen.entry(leaf.kind).or_insert(0);
        *count += 1;
        // Their amounts are what they say.
        let is_declared = [Kind::AppropriationMade, Kind::CourseRunToppedUp]
            .into_iter()
            .any(|kind| leaf.kind == kind.number());
        let is_first_issue = leaf.kind == Kind::VoucherIssued.number() && *count == 1;
        if *count <= 2 && !is_declared && !is_first_issue {
            chosen.push(at);
        }
    }
    chosen
}

#[test]
fn another_posting_is_found_at_its_entry() {
    let clean = leaves();
    let mut tried = 0;
    for at in chosen(&clean) {
        for pair in 0..clean[at].postings.len() / 2 {
            for (what, change) in CHANGES {
                let mut altered = clean.clone();
                let [debit, credit] = &mut altered[at].postings[2 * pair..2 * pair + 2] else {
                    unreachable!()
                };
                change(debit, credit);
                let is_new_agency =
                    altered[at].kind == Kind::VoucherIssued.number() && *what == "another agency";
                if altered[at] == clean[at] || is_new_agency {
                    continue;
                }
                tried += 1;
                let wrong = replay(&altered).expect_err(what);
                assert_eq!(wrong.log_index, at as i64, "{what}: {wrong:?}");
            }
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn postings_that_are_missing_or_too_many_are_found_in_words() {
    let clean = leaves();
    for at in chosen(&clean) {
        let mut without = clean.clone();
        without[at].postings.clear();
        // A reversal without postings is one of a redemption that has nothing obligated left: the next entries tell.
        assert!(replay(&without).is_err(), "{at}");
        let mut twice = clean.clone();
        let again = twice[at].postings.clone();
        twice[at].postings.extend(again);
        assert_eq!(replay(&twice).unwrap_err().log_index, at as i64);
    }
    let accepted = clean.iter().position(|leaf| leaf.kind == Kind::SessionAccepted.number()).unwrap();
    let mut altered = clean.clone();
    for line in &mut altered[accepted].postings[..2] {
        line.amount = Kopecks::new(line.amount.get() + line.amount.get().signum());
    }
    let wrong = replay(&altered).unwrap_err();
    assert!(wrong.russian.contains("₽") && wrong.english.contains("₽"), "{wrong:?}");
}

#[test]
fn a_voucher_is_redeemed_once_and_events_do_not_come_twice() {
    let clean = leaves();
    let of = |kind: Kind| clean.iter().position(|leaf| leaf.kind == kind.number()).unwrap();
    for kind in [
        Kind::VoucherIssued,
        Kind::Redeemed,
        Kind::SessionAccepted,
        Kind::PaymentMade,
        Kind::PaymentWithdrawn,
        Kind::VoucherVoided,
        Kind::VoucherSuspended,
        Kind::CourseRunClosed,
        Kind::RedemptionReversed,
    ] {
        let at = of(kind);
        let mut twice = clean.clone();
        twice.insert(at + 1, clean[at].clone());
        let wrong = replay(&twice).unwrap_err();
        assert_eq!(wrong.log_index, at as i64 + 1, "{kind:?}: {wrong:?}");
    }
    let mut twice = clean.clone();
    twice.insert(of(Kind::Redeemed) + 1, clean[of(Kind::Redeemed)].clone());
    assert!(replay(&twice).unwrap_err().english.contains("was redeemed already"));
}

#[test]
fn a_log_of_a_later_version_is_not_taken_for_wrong_silently() {
    let mut leaves = leaves();
    leaves.truncate(1);
    leaves[0].kind = 32_000;
    let wrong = replay(&leaves).unwrap_err();
    assert!(wrong.english.contains("this verifier is older than the log"), "{wrong:?}");
}

#[test]
fn a_quota_that_moves_without_both_words_is_found() {
    let place =
        |leaves: &[Leaf], kind: Kind| leaves.iter().position(|leaf| leaf.kind == kind.number()).unwrap();
    let found = |change: &dyn Fn(&mut Vec<Leaf>, usize), late: usize| {
        let mut leaves = leaves();
        let agreed = place(&leaves, Kind::QuotaMoveAgreed);
        change(&mut leaves, agreed);
        let wrong = replay(&leaves).unwrap_err();
        assert_eq!(usize::try_from(wrong.log_index), Ok(agreed + late), "{}", wrong.english);
        assert!(wrong.english.contains("quota"), "{}", wrong.english);
    };
    // The agency that gave has not said so.
    let silent = |leaves: &mut Vec<Leaf>, _: usize| {
        let proposed = place(leaves, Kind::QuotaMoveProposed);
        leaves[proposed].subjects.retain(|(name, _)| name != "agency");
    };
    found(&silent, 0);
    // The last word is told as if another were to come.
    let waits = |leaves: &mut Vec<Leaf>, agreed: usize| {
        let outcome = leaves[agreed].subjects.iter_mut().find(|(name, _)| name == "outcome").unwrap();
        outcome.1 = b"waits".to_vec();
    };
    found(&waits, 0);
    // The same word again, of a move that is over.
    found(&|leaves, agreed| leaves.insert(agreed + 1, leaves[agreed].clone()), 1);
}
