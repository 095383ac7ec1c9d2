//! Moves of seats between agencies: no money, but nobody's seats without their word.

use super::state::{QuotaMove, State};
use super::words::wrong;
use super::{Entry, Wrong};
use crate::ledger::model::Postings;
use std::collections::BTreeSet;

pub(super) fn proposed(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let agencies = [entry.id("from_agency")?, entry.id("to_agency")?];
    let agreed = entry.subject("agency").map(|_| entry.id("agency")).transpose()?;
    let proposed = QuotaMove { agencies, agreed: agreed.into_iter().collect(), is_over: false };
    let is_new = state.quota_moves.insert(entry.id("quota_move")?, proposed).is_none();
    let log_index = entry.log_index;
    if is_new && agencies[0] != agencies[1] && agreed.is_none_or(|agency| agency == agencies[0]) {
        return Ok(Postings::none());
    }
    Err(wrong!(log_index, "так квоту перенести нельзя", "no quota can be moved like this"))
}

/// The move that the leaf is about, which must be open still.
fn open<'s>(state: &'s mut State, entry: &Entry<'_>) -> Result<&'s mut QuotaMove, Wrong> {
    let (log_index, id) = (entry.log_index, entry.id("quota_move")?);
    let found = state.quota_moves.get_mut(&id).filter(|quota_move| !quota_move.is_over);
    found.ok_or_else(|| {
        wrong!(log_index, "такого незавершённого переноса квоты нет", "there is no such open move of a quota")
    })
}

/// It says that the seats moved when, and only when, both agencies have agreed.
pub(super) fn agreed(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let (log_index, agency) = (entry.log_index, entry.id("agency")?);
    let quota_move = open(state, entry)?;
    let is_new = quota_move.agreed.insert(agency);
    let parties = BTreeSet::from(quota_move.agencies);
    quota_move.is_over = quota_move.agreed == parties;
    let must: &[u8] = if quota_move.is_over { b"moved" } else { b"waits" };
    if is_new && quota_move.agreed.is_subset(&parties) && entry.subject("outcome") == Some(must) {
        return Ok(Postings::none());
    }
    Err(wrong!(
        log_index,
        "квота переходит без согласия обоих органов",
        "a quota moves without the consent of both agencies"
    ))
}

pub(super) fn ended(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    open(state, entry)?.is_over = true;
    Ok(Postings::none())
}
