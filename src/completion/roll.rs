//! Lists about the people of a course run: whom each row names, and what became of it.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use crate::kernel::{Code, ProgrammeCode, RedemptionId, Refusal, VoucherNumber};
use crate::voucher::Status;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The most rows that one list has.
pub const MAX_ROWS: usize = 5_000;

/// Whom a row names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Person {
    Redemption(RedemptionId),
    Voucher(VoucherNumber),
}

impl Person {
    /// # Errors
    /// `invalid_field` when a row names both or neither.
    pub fn named(redemption_id: Option<RedemptionId>, voucher_number: Option<&str>) -> Result<Self, Refusal> {
        match (redemption_id, voucher_number) {
            (Some(id), None) => Ok(Self::Redemption(id)),
            (None, Some(number)) => VoucherNumber::parse(number)
                .map(Self::Voucher)
                .map_err(|malformed| malformed.at("voucher_number")),
            (None, None) | (Some(_), Some(_)) => {
                Err(Refusal::field("voucher_number", "either a redemption_id or a voucher_number"))
            }
        }
    }
}

/// A row that was read: whom it is about and what it says, or why it cannot be taken.
#[derive(Clone, PartialEq, Debug)]
pub struct Listed<T> {
    /// Its place in the list, from 1; a header does not count.
    pub row: i32,
    pub entry: Result<(Person, T), Refusal>,
}

/// A redemption into the course run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seat {
    pub redemption_no: i64,
    pub redemption_id: RedemptionId,
    /// It was not reversed.
    pub is_live: bool,
    pub voucher_no: i64,
    /// What people read aloud and type.
    pub number: String,
    pub voucher_status: Status,
}

/// Everybody who was ever redeemed into a course run.
pub struct Roll {
    programme_code: ProgrammeCode,
    seats: Vec<Seat>,
    by_id: HashMap<RedemptionId, usize>,
    by_voucher: HashMap<i64, usize>,
}

impl Roll {
    pub fn new(programme_code: ProgrammeCode, seats: Vec<Seat>) -> Self {
        let by_id = (0..).zip(&seats).map(|(place, seat)| (seat.redemption_id, place)).collect();
        let mut by_voucher = HashMap::new();
        for (place, seat) in (0..).zip(&seats) {
            // A voucher may have been redeemed, given back and redeemed again: the living redemption is meant.
            if seat.is_live || !by_voucher.contains_key(&seat.voucher_no) {
                by_voucher.insert(seat.voucher_no, place);
            }
        }
        Self { programme_code, seats, by_id, by_voucher }
    }

    /// # Errors
    /// `not_found`; `wrong_programme` for a voucher of another one.
    fn find(&self, person: &Person) -> Result<&Seat, Refusal> {
        let unknown = |field: &str| Refusal::not_found("redemption into this course run").at(field);
        let place = match person {
            Person::Redemption(id) => self.by_id.get(id).ok_or_else(|| unknown("redemption_id"))?,
            Person::Voucher(number) => {
                if *number.programme_code() != self.programme_code {
                    return Err(Refusal::new(Code::WrongProgramme)
                        .at("voucher_number")
                        .with("voucher_programme", number.programme_code().as_str()));
                }
                self.by_voucher
                    .get(&number.serial().cast_signed())
                    .ok_or_else(|| unknown("voucher_number"))?
            }
        };
        Ok(&self.seats[*place])
    }
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EntryOutcome)]
pub enum Outcome {
    Recorded,
    /// It says something else than what was recorded before, which it replaces.
    Corrected,
    Unchanged,
    Refused,
}

/// A row that was judged.
pub struct Verdict<T> {
    row: i32,
    seat: Option<Seat>,
    said: Result<(Outcome, T), Refusal>,
}

impl<T> Verdict<T> {
    /// Whom it is about and what it says, if that changes anything.
    pub fn change(&self) -> Option<(&Seat, &T)> {
        match (&self.seat, &self.said) {
            (Some(seat), Ok((Outcome::Recorded | Outcome::Corrected, said))) => Some((seat, said)),
            _ => None,
        }
    }
}

/// Judges each row by itself. A second row about one person is refused and points at the first.
///
/// # Errors
/// `too_many_rows` above [`MAX_ROWS`].
pub fn judge<T: Clone>(
    rows: &[Listed<T>],
    roll: &Roll,
    mut decide: impl FnMut(&Seat, &T) -> Result<Outcome, Refusal>,
) -> Result<Vec<Verdict<T>>, Refusal> {
    if rows.len() > MAX_ROWS {
        return Err(Refusal::new(Code::TooManyRows).with("limit", MAX_ROWS));
    }
    let mut first_rows: HashMap<i64, i32> = HashMap::new();
    let verdict = |Listed { row, entry }: &Listed<T>| {
        let found = entry.as_ref().map_err(Refusal::clone).and_then(|(person, said)| {
            let seat = roll.find(person)?;
            Ok((seat, said))
        });
        let (seat, said) = match found {
            Ok(found) => found,
            Err(refusal) => return Verdict { row: *row, seat: None, said: Err(refusal) },
        };
        let first = *first_rows.entry(seat.redemption_no).or_insert(*row);
        let said = match first == *row {
            true => decide(seat, said).map(|outcome| (outcome, said.clone())),
            false => Err(Refusal::field("redemption_id", "each person once").with("first_row", first)),
        };
        Verdict { row: *row, seat: Some(seat.clone()), said }
    };
    Ok(rows.iter().map(verdict).collect())
}

/// What became of a list. Ids, numbers and codes only.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Entered {
    /// Nothing was written.
    pub dry_run: bool,
    pub recorded: u32,
    pub corrected: u32,
    pub unchanged: u32,
    pub refused: u32,
    pub rows: Vec<EnteredRow>,
}

/// What became of one row.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EnteredRow {
    /// Its place in the list, from 1; a header does not count.
    pub row: i32,
    pub redemption_id: Option<RedemptionId>,
    pub voucher_number: Option<String>,
    pub outcome: Outcome,
    /// The code of the refusal, the column at fault, and what is known of the case.
    pub code: Option<String>,
    pub field: Option<String>,
    pub facts: serde_json::Map<String, serde_json::Value>,
}

impl Entered {
    pub fn of<T>(verdicts: &[Verdict<T>], dry_run: bool) -> Self {
        let mut entered =
            Self { dry_run, recorded: 0, corrected: 0, unchanged: 0, refused: 0, rows: Vec::new() };
        for Verdict { row, seat, said } in verdicts {
            let refusal = said.as_ref().err();
            let outcome = said.as_ref().map_or(Outcome::Refused, |(outcome, _)| *outcome);
            *match outcome {
                Outcome::Recorded => &mut entered.recorded,
                Outcome::Corrected => &mut entered.corrected,
                Outcome::Unchanged => &mut entered.unchanged,
                Outcome::Refused => &mut entered.refused,
            } += 1;
            entered.rows.push(EnteredRow {
                row: *row,
                redemption_id: seat.as_ref().map(|seat| seat.redemption_id),
                voucher_number: seat.as_ref().map(|seat| seat.number.clone()),
                outcome,
                code: refusal.map(|refusal| refusal.code.as_str().to_owned()),
                field: refusal.and_then(|refusal| refusal.field.clone()),
                facts: refusal.map(|refusal| refusal.facts.clone()).unwrap_or_default(),
            });
        }
        entered
    }

    /// Whether anything is to be written.
    pub fn changes_something(&self) -> bool {
        !self.dry_run && self.recorded + self.corrected > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(number: i64, is_live: bool, voucher_no: i64) -> Seat {
        Seat {
            redemption_no: number,
            redemption_id: id(number),
            is_live,
            voucher_no,
            number: format!("voucher {voucher_no}"),
            voucher_status: Status::Redeemed,
        }
    }

    fn id(number: i64) -> RedemptionId {
        RedemptionId(uuid::Uuid::from_u128(number.unsigned_abs().into()))
    }

    fn code(text: &str) -> ProgrammeCode {
        ProgrammeCode::parse(text).unwrap()
    }

    fn listed(row: i32, person: Person) -> Listed<bool> {
        Listed { row, entry: Ok((person, true)) }
    }

    #[test]
    fn a_row_names_one_person_one_way() {
        let number = VoucherNumber::new(code("PSK20"), 7);
        assert_eq!(Person::named(Some(id(1)), None), Ok(Person::Redemption(id(1))));
        assert_eq!(Person::named(None, Some(&number.to_string())), Ok(Person::Voucher(number.clone())));
        for (redemption, voucher) in
            [(None, None), (Some(id(1)), Some(number.to_string())), (None, Some("PSK20-1".into()))]
        {
            let refusal = Person::named(redemption, voucher.as_deref()).unwrap_err();
            assert_eq!(refusal.field.as_deref(), Some("voucher_number"));
        }
    }

    #[test]
    fn a_voucher_number_means_the_living_redemption() {
        for seats in [
            vec![seat(1, false, 5), seat(2, true, 5), seat(3, false, 5)],
            vec![seat(2, true, 5), seat(1, false, 5)],
        ] {
            let roll = Roll::new(code("PSK20"), seats);
            let of = |programme: &str, serial| {
                roll.find(&Person::Voucher(VoucherNumber::new(code(programme), serial)))
            };
            assert_eq!(of("PSK20", 5).unwrap().redemption_no, 2);
            assert_eq!(of("PSK20", 6).unwrap_err().code, Code::NotFound);
            assert_eq!(of("PSK20", u64::MAX).unwrap_err().code, Code::NotFound);
            assert_eq!(of("PSK21", 5).unwrap_err().code, Code::WrongProgramme);
            assert_eq!(roll.find(&Person::Redemption(id(1))).unwrap().redemption_no, 1, "named by itself");
        }
    }

    #[test]
    fn each_row_has_its_own_outcome_and_a_person_one_row() {
        let roll = Roll::new(code("PSK20"), vec![seat(1, true, 5), seat(2, true, 6)]);
        let rows = [
            listed(1, Person::Redemption(id(1))),
            listed(2, Person::Redemption(id(9))),
            listed(4, Person::Voucher(VoucherNumber::new(code("PSK20"), 5))),
            listed(5, Person::Redemption(id(2))),
        ];
        let verdicts = judge(&rows, &roll, |seat, _| match seat.redemption_no {
            1 => Ok(Outcome::Recorded),
            _ => Ok(Outcome::Unchanged),
        });
        let verdicts = verdicts.unwrap();
        let entered = Entered::of(&verdicts, false);
        let outcomes: Vec<_> = entered.rows.iter().map(|row| (row.row, row.outcome)).collect();
        use Outcome::{Recorded, Refused, Unchanged};
        assert_eq!(outcomes, [(1, Recorded), (2, Refused), (4, Refused), (5, Unchanged)]);
        assert_eq!(entered.rows[2].facts["first_row"], 1);
        assert_eq!((entered.recorded, entered.unchanged, entered.refused), (1, 1, 2));
        assert_eq!(verdicts.iter().filter_map(Verdict::change).count(), 1);
        assert!(entered.changes_something() && !Entered::of(&verdicts, true).changes_something());
        let many = vec![listed(1, Person::Redemption(id(1))); MAX_ROWS + 1];
        assert_eq!(judge(&many, &roll, |_, _| Ok(Recorded)).err().unwrap().code, Code::TooManyRows);
    }
}
