//! Training Vouchers: the map of the house.
//!
//! The house issues, redeems and accounts for the «Цифровой сертификат на обучение». Rooms are nouns of
//! the domain; inside, `model.rs` decides (pure), each verb has its file, `store.rs` alone touches the
//! tables and `http.rs` has the doors. To find a behaviour, look for its word.
//!
//! | floor | rooms |
//! |---|---|
//! | on top | [`web`] mounts every route; [`cli`] and [`config`]; [`app`] is what runs; [`witness`] is a program of its own, for another's machine; [`installation`] is what lies on disk, [`backup`] copies it and brings it back, [`moving`] takes it to another store; [`package`] is what an auditor takes away; [`demo`] |
//! | the walk | [`request`], [`voucher`], [`certificate`] (a voucher on paper), [`course_run`], [`redemption`], [`teaching`], [`campaign`], [`payment`], [`statement`] (of the bank), [`completion`] |
//! | around it | [`organisation`], [`employee`], [`programme`], [`quota_move`] (seats between agencies), [`proposal`] (acts of two people), [`period`] (months that are closed), [`keys`] (over time), [`status`] (signed lists of what became of vouchers), [`cosigning`] (witnesses are shown the logs), [`oversight`] (traces, budget execution; reads only), [`unmasking`] (finance control asks for a name), [`export`] (the journal as files) |
//! | doors | [`http`] is what every door needs; [`access`] lets callers in; [`login`] signs people in; [`desk`] has the pages for them, [`saved_query`] those that somebody looks at again |
//! | machinery | [`writer`] (one thread, group commit), [`ledger`] (accounts, rules, books, audit), [`db`] |
//! | foundations, pure | [`kernel`], [`credential`] (claims, COSE, QR), [`proof`] (Merkle trees, checkpoints, receipts), [`sheet`] (tables in files) |
//!
//! # One voucher's walk
//!
//! 1. **Request.** An agency sends its list: `request/http.rs` reads rows (`employee/roster.rs`,
//!    `employee/csv.rs`), `request/model.rs` decides each by eligibility and quota, `request/submit.rs` writes.
//!    Another person says yes in `request/approve.rs`: the seats are held, no money yet.
//! 2. **Issue.** `voucher/prepare.rs` reserves numbers and signs on all cores (`credential/claims.rs`,
//!    `credential/cose.rs`); `voucher/issue.rs` checks again, and for each voucher moves its face value from
//!    available to reserved (`ledger/rules.rs`). Its QR is drawn when asked for (`credential/qr.rs`), and so is
//!    its certificate (`certificate/page.rs`).
//! 3. **Redemption.** `redemption/http.rs` verifies the credential and sends `redemption/redeem.rs` to the
//!    writer, which shares a transaction with whatever else waits (`writer/queue.rs`). The facts come set-based
//!    from `redemption/desk.rs`, the decision from `redemption/model.rs`; a unique index is the last guard.
//!    Reserved becomes obligated. A slip goes back by `redemption/reverse.rs`.
//! 4. **Teaching.** `teaching/record.rs` notes a session; a second person accepts it in `teaching/accept.rs`:
//!    hours × rate and contributions are spread over the run's redemptions (`ledger/allocation.rs`).
//!    Obligated becomes accrued.
//! 5. **Pay.** `payment/prepare.rs`, and a second person in `payment/confirm.rs`, or with the bank's word in
//!    `statement/import.rs`. Accrued becomes paid.
//!    Who was there and who passed is recorded by `completion/attend.rs` and `completion/grade.rs`; who did both has
//!    completed the course (`completion/complete.rs`) and counts as retrained (`voucher/retrained.rs`).
//! 6. **Log.** Each event of these steps was booked by `ledger/books.rs`, through `writer/batch.rs`: journal
//!    transaction, postings and balances, and the leaf (`ledger/leaf.rs`) that grows the tree
//!    (`proof/growth.rs`). The batch ended with a signed checkpoint (`proof/checkpoint.rs`), and each answer
//!    carried a receipt (`proof/receipt.rs`).
//! 7. **Audit.** `ledger/audit.rs` asks whether the books keep their rules (`ledger/audit/invariants.rs`) and
//!    whether the history is the one that was signed (`ledger/audit/history.rs`); `ledger/replay.rs` derives
//!    the books from the leaves again; `package/` writes all of it for an auditor and checks it. `oversight/trace.rs` follows
//!    the voucher's money to hours, payees and payments, and a payment back; `export/rows.rs` reads the whole
//!    journal for spreadsheets and bookkeeping tools.

/// Commands are made by one thread and dropped by another, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod access;
pub mod app;
pub mod backup;
pub mod campaign;
pub mod certificate;
pub mod cli;
pub mod completion;
pub mod config;
pub mod conflict;
pub mod cosigning;
pub mod course_run;
pub mod credential;
pub mod db;
pub mod demo;
pub mod desk;
pub mod device;
pub mod employee;
pub mod export;
pub mod http;
pub mod installation;
pub mod kernel;
pub mod keys;
pub mod ledger;
pub mod login;
pub mod moving;
pub mod organisation;
pub mod oversight;
pub mod package;
pub mod payment;
pub mod period;
pub mod programme;
pub mod proof;
pub mod proposal;
pub mod quota_move;
pub mod redemption;
pub mod request;
pub mod saved_query;
pub mod sheet;
pub mod statement;
pub mod status;
pub mod teaching;
pub mod unmasking;
pub mod voucher;
pub mod web;
pub mod witness;
pub mod writer;
