//! What becomes of the vouchers that nobody redeems: lost and replaced, suspended, voided, extended, lapsed.

use super::{Play, Ticket};
use crate::demo::progress::step;
use crate::demo::run::DemoError;
use crate::demo::stage::refused;
use crate::kernel::*;
use crate::voucher::change::{Move, MoveVoucher};
use crate::voucher::expire::ReleaseExpired;
use crate::voucher::extend::ExtendVoucher;
use crate::voucher::prepare::{Draft, draft_of};
use crate::voucher::replace::ReplaceVoucher;
use crate::voucher::store;
use chrono::Days;

/// How long live vouchers are good for, from the real today.
const DAYS_AHEAD: u64 = 90;

/// What becomes of a voucher.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    Redeemed,
    /// Still to be redeemed: extended beyond the real today.
    Live,
    /// Lost and replaced by a live one.
    Lost,
    Suspended,
    Voided,
    Expired,
}

/// Of twenty vouchers one is not redeemed; what becomes of these hundred repeats with their number.
pub(super) const fn fate(index: usize) -> Fate {
    if index % 20 != 19 {
        return Fate::Redeemed;
    }
    let spare = index / 20;
    match spare % 25 {
        0 | 15 => Fate::Voided,
        7 => Fate::Suspended,
        3 | 5 | 12 | 18 | 23 => Fate::Expired,
        _ if spare % 20 == 1 => Fate::Lost,
        _ => Fate::Live,
    }
}

/// Vouchers that the release after the year's end must find.
const EXPIRED: u64 = 20;

impl Play<'_> {
    /// Replaces lost vouchers; the ones that took over.
    pub(super) fn replace(&self, lost: &[Ticket]) -> Result<Vec<VoucherId>, DemoError> {
        let doing = "replacing";
        let app = &self.stage.app;
        let mut successors = Vec::new();
        for ticket in lost {
            let (programme, draft) = self.stage.look(doing, |connection| {
                let old = store::find(connection, ticket.voucher_id, None)?;
                let programme = crate::programme::ProgrammeFacts::by_no(connection, old.programme_no)?;
                Ok((programme, draft_of(connection, &old)?))
            })?;
            let draft = Draft { voucher_id: VoucherId(app.new_id()), credential_version: 1, ..draft };
            let desk = self.stage.signing_desk();
            let signed = desk.prepare_blocking(&app.writer, &programme, &[draft]).map_err(refused(doing))?;
            for successor in signed {
                let command = ReplaceVoucher {
                    voucher_id: ticket.voucher_id,
                    agency_no: None,
                    successor,
                    reason: "Сертификат утерян (пример)".into(),
                    actor: self.cast.programme.clone(),
                };
                successors.push(self.stage.order(doing, command)?.reply.successor_id);
            }
        }
        Ok(successors)
    }

    pub(super) fn shift(&self, to: Move, tickets: &[Ticket], reason: &str) -> Result<(), DemoError> {
        let move_of = |ticket: &Ticket| MoveVoucher {
            voucher_id: ticket.voucher_id,
            agency_no: None,
            to,
            reason: reason.to_owned(),
            actor: self.cast.programme.clone(),
        };
        self.stage.order_all("moving a voucher", tickets.iter().map(move_of).collect()).map(drop)
    }

    /// Extends vouchers beyond the real today, so that they can be tried.
    pub(super) fn extend(&self, vouchers: &[VoucherId]) -> Result<(), DemoError> {
        let doing = "extending";
        let last_day = self.stage.today.date() + Days::new(DAYS_AHEAD);
        let bar = step("Продление / Extending vouchers", vouchers.len());
        let mut commands = Vec::with_capacity(vouchers.len());
        for voucher_id in vouchers {
            let (programme, voucher_no, draft) = self.stage.look(doing, |connection| {
                let old = store::find(connection, *voucher_id, None)?;
                let programme = crate::programme::ProgrammeFacts::by_no(connection, old.programme_no)?;
                Ok((programme, old.voucher_no, draft_of(connection, &old)?))
            })?;
            let draft = Draft {
                expires_at: Timestamp::end_of_day(last_day),
                credential_version: draft.credential_version + 1,
                ..draft
            };
            let signed = self.stage.signing_desk().sign(&programme, voucher_no, &draft);
            commands.push(ExtendVoucher {
                voucher_id: *voucher_id,
                signed: signed.map_err(refused(doing))?,
                reason: "Чтобы демонстрацию можно было испытать сегодня (пример)".into(),
                actor: self.cast.programme_2.clone(),
            });
            bar.inc(1);
        }
        bar.finish_and_clear();
        self.stage.order_all(doing, commands).map(drop)
    }

    /// Releases the reserves of the vouchers that lapsed with the year.
    pub(super) fn release(&self) -> Result<(), DemoError> {
        let command = ReleaseExpired { programme_id: self.programme_id, actor: Actor::service() };
        let released = self.stage.order("releasing lapsed vouchers", command)?.reply.vouchers;
        if released != EXPIRED {
            return Err(DemoError::Mismatch(format!("{released} vouchers expired, not {EXPIRED}")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::play::{SEATS, WEEKS};

    #[test]
    fn a_hundred_vouchers_are_not_redeemed_and_each_has_its_fate() {
        let count = |wanted| (0..2_000).filter(|index| fate(*index) == wanted).count();
        assert_eq!(count(Fate::Redeemed), 2 * WEEKS as usize * SEATS);
        assert_eq!(count(Fate::Expired) as u64, EXPIRED);
        let others = [Fate::Live, Fate::Lost, Fate::Suspended, Fate::Voided];
        assert_eq!(others.map(count), [63, 5, 4, 8]);
    }
}
