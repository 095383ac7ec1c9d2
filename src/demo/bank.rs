//! The bank: a settlement account of the programme, and a statement of a day, in the text format that 1C reads.

use super::cast::Cast;
use super::run::DemoError;
use super::stage::{Stage, refused};
use crate::kernel::{Kopecks, Malformed, ProgrammeId, SettlementAccountId};
use crate::statement::{ImportStatement, SetAccount};
use chrono::NaiveDate;
use std::fmt::Write;

/// Made up; the control key fits.
const ACCOUNT: &str = "40204810900000000025";
const BIC: &str = "045805000";

/// Bank charges that no payment explains: the item stays unmatched.
const CHARGES: Kopecks = Kopecks::new(15_000);

/// Sets the account and imports the statement of a day on which these payment orders were carried out.
///
/// # Errors
/// The commands' refusals; items that are matched otherwise than they must.
pub(super) fn import(
    stage: &Stage,
    cast: &Cast,
    programme_id: ProgrammeId,
    day: NaiveDate,
    paid: &[(String, Kopecks)],
) -> Result<(), DemoError> {
    let doing = "importing a bank statement";
    let malformed = |why: Malformed| refused(doing)(why.at("account"));
    let set = SetAccount {
        account_id: SettlementAccountId(stage.app.new_id()),
        actor: cast.treasury.clone(),
        programme_id,
        account_number: ACCOUNT.parse().map_err(malformed)?,
        bic: BIC.parse().map_err(malformed)?,
    };
    stage.order("setting a settlement account", set)?;
    let file = statement(day, paid);
    let actor = cast.treasury_2.clone();
    let command = ImportStatement::read(|| stage.app.new_id(), actor, programme_id, file.as_bytes(), false)
        .map_err(refused(doing))?;
    let imported = stage.order(doing, command)?.reply;
    if (imported.matched_confirmed, imported.unmatched) != (paid.len() as i64, 1) {
        return Err(DemoError::Mismatch("the bank statement confirms other payments than it must".into()));
    }
    Ok(())
}

/// What a bank's system would write.
fn statement(day: NaiveDate, paid: &[(String, Kopecks)]) -> String {
    let spent: i64 = paid.iter().map(|(_, amount)| amount.get()).sum::<i64>() + CHARGES.get();
    let roubles = |kopecks: i64| format!("{}.{:02}", kopecks / 100, kopecks % 100);
    let day = day.format("%d.%m.%Y");
    let closing = 100_000_000;
    let mut file = format!(
        "1CClientBankExchange\nВерсияФормата=1.03\nКодировка=UTF-8\nОтправитель=Пример\nДатаНачала={day}\n\
         ДатаКонца={day}\nРасчСчет={ACCOUNT}\nСекцияРасчСчет\nДатаНачала={day}\nДатаКонца={day}\nРасчСчет={ACCOUNT}\n\
         НачальныйОстаток={}\nВсегоПоступило=0.00\nВсегоСписано={}\nКонечныйОстаток={}\nКонецРасчСчет\n",
        roubles(closing + spent),
        roubles(spent),
        roubles(closing)
    );
    let charges = [("77".to_owned(), CHARGES)];
    for (number, amount) in paid.iter().chain(&charges) {
        // Writing to a string does not fail.
        let _ = write!(
            file,
            "СекцияДокумент=Платежное поручение\nНомер={number}\nДата={day}\nСумма={}\nПлательщикСчет={ACCOUNT}\n\
             ДатаСписано={day}\nПолучательСчет=40817810000000000001\nКонецДокумента\n",
            roubles(amount.get())
        );
    }
    file.push_str("КонецФайла\n");
    file
}
