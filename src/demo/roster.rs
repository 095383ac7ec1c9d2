//! The people of the demo: the agencies of the Pskov case and synthetic employees for each, the same
//! ones every time. Most are good; some are bad on purpose, and each says what should become of it.
//!
//! Agencies stand in the order in which they are served: bodies of state power, then municipalities.

use super::names::{self, Pair};
use crate::kernel::{ServiceCategory, Snils};
use serde::{Deserialize, Serialize};

/// An agency of the demo and its seats, a row of `data/agencies.csv`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct DemoAgency {
    pub code: String,
    pub name: String,
    pub category: DemoAgencyCategory,
    pub municipality: Option<String>,
    pub quota: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DemoAgencyCategory {
    StateBody,
    Municipality,
}

/// What should become of an employee's place in the request, for the demo to check itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Intended {
    /// A voucher.
    Accepted,
    /// Neither a state civil servant nor a municipal one.
    NotEligible,
    /// Holds a voucher from an agency served earlier.
    DuplicateHolder,
    /// Good, but all seats of the agency are taken by those above.
    OverQuota,
}

/// One row of an agency's list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DemoEmployee {
    pub agency_code: String,
    /// The agency's own reference, `PSK-S01-007`.
    pub client_ref: String,
    pub snils: Snils,
    pub family_name: &'static str,
    pub given_name: &'static str,
    pub patronymic: &'static str,
    pub position: &'static str,
    pub email: String,
    pub category: ServiceCategory,
    pub intended: Intended,
}

/// Everybody, in the order in which they are served.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Roster {
    pub agencies: Vec<DemoAgency>,
    pub employees: Vec<DemoEmployee>,
}

const NOT_ELIGIBLE: usize = 14;
const DUPLICATES: usize = 12;
const OVER_QUOTA: usize = 14;

/// 2,000 good employees, exactly as many in each agency as it has seats, and 40 bad ones among them.
pub fn roster() -> Roster {
    let agencies = agencies();
    let first_municipality =
        agencies.iter().take_while(|agency| agency.category == DemoAgencyCategory::StateBody).count();
    let everywhere = 0..agencies.len();
    let not_eligible = spread(NOT_ELIGIBLE, everywhere.clone());
    let duplicates = spread(DUPLICATES, first_municipality..agencies.len());
    let over_quota = spread(OVER_QUOTA, everywhere);

    let mut people = People::new();
    let mut employees: Vec<DemoEmployee> = Vec::new();
    for (index, agency) in agencies.iter().enumerate() {
        let mut list: Vec<DemoEmployee> =
            (0..agency.quota).map(|_| people.employee(agency, Intended::Accepted)).collect();
        if not_eligible.contains(&index) {
            let clerk = people.employee(agency, Intended::NotEligible);
            list.insert(people.random.below(list.len()), clerk);
        }
        if duplicates.contains(&index) {
            // Somebody already served elsewhere who holds a second job here.
            let served: Vec<&DemoEmployee> = employees
                .iter()
                .filter(|other| {
                    other.intended == Intended::Accepted && !people.doubled.contains(&other.snils)
                })
                .collect();
            let original = served[people.random.below(served.len())].clone();
            let second_job = people.second_job(agency, &original);
            list.insert(people.random.below(list.len()), second_job);
        }
        if over_quota.contains(&index) {
            list.push(people.employee(agency, Intended::OverQuota));
        }
        for (employee, number) in list.iter_mut().zip(1..) {
            employee.client_ref = format!("{}-{number:03}", agency.code);
            employee.email = format!("sotrudnik-{number:03}@{}.example", agency.code.to_lowercase());
        }
        employees.extend(list);
    }
    Roster { agencies, employees }
}

impl Roster {
    /// The people of one agency, in the order of its list.
    pub fn of<'a>(&'a self, agency_code: &'a str) -> impl Iterator<Item = &'a DemoEmployee> {
        self.employees.iter().filter(move |employee| employee.agency_code == agency_code)
    }

    /// The list of one agency as the CSV which the API imports: UTF-8, `;`, a header row.
    pub fn roster_csv(&self, agency_code: &str) -> String {
        let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
        for employee in self.of(agency_code) {
            writer.serialize(Row::from(employee)).expect("a flat row fits a writer in memory");
        }
        let bytes = writer.into_inner().expect("a writer in memory can be flushed");
        String::from_utf8(bytes).expect("it was written from strings")
    }
}

/// The columns of the import, in order.
#[derive(Serialize)]
struct Row<'a> {
    client_ref: &'a str,
    snils: String,
    family_name: &'a str,
    given_name: &'a str,
    patronymic: &'a str,
    position: &'a str,
    email: &'a str,
    category: ServiceCategory,
}

impl<'a> From<&'a DemoEmployee> for Row<'a> {
    fn from(employee: &'a DemoEmployee) -> Self {
        Self {
            client_ref: &employee.client_ref,
            snils: employee.snils.to_string(),
            family_name: employee.family_name,
            given_name: employee.given_name,
            patronymic: employee.patronymic,
            position: employee.position,
            email: &employee.email,
            category: employee.category,
        }
    }
}

fn agencies() -> Vec<DemoAgency> {
    csv::Reader::from_reader(include_str!("data/agencies.csv").as_bytes())
        .into_deserialize()
        .collect::<Result<_, _>>()
        .expect("the file is part of the program, and a test reads it")
}

/// `count` places spread evenly over a range.
fn spread(count: usize, over: std::ops::Range<usize>) -> Vec<usize> {
    (0..count).map(|nth| over.start + nth * over.len() / count).collect()
}

/// Where synthetic people come from.
struct People {
    random: SplitMix64,
    made: u32,
    /// Those who have their second job already; nobody gets a third.
    doubled: Vec<Snils>,
}

impl People {
    fn new() -> Self {
        Self { random: SplitMix64(2020), made: 0, doubled: Vec::new() }
    }

    /// A new person; the place in the list comes later.
    fn employee(&mut self, agency: &DemoAgency, intended: Intended) -> DemoEmployee {
        let is_woman = self.random.below(10) < 7; // about as in the service
        let inflect = |pair: Pair| if is_woman { pair.1 } else { pair.0 };
        let (category, positions) = match (intended, agency.category) {
            (Intended::NotEligible, _) => (ServiceCategory::Other, names::OTHER_POSITIONS),
            (_, category) => service(category),
        };
        DemoEmployee {
            agency_code: agency.code.clone(),
            client_ref: String::new(),
            snils: self.snils(),
            family_name: inflect(self.random.pick(names::FAMILY_NAMES)),
            given_name: self.random.pick(if is_woman {
                names::FEMININE_GIVEN_NAMES
            } else {
                names::MASCULINE_GIVEN_NAMES
            }),
            patronymic: inflect(self.random.pick(names::PATRONYMICS)),
            position: self.random.pick(positions),
            email: String::new(),
            category,
            intended,
        }
    }

    /// The same person at another agency.
    fn second_job(&mut self, agency: &DemoAgency, original: &DemoEmployee) -> DemoEmployee {
        self.doubled.push(original.snils.clone());
        let (category, positions) = service(agency.category);
        DemoEmployee {
            agency_code: agency.code.clone(),
            position: self.random.pick(positions),
            category,
            intended: Intended::DuplicateHolder,
            ..original.clone()
        }
    }

    /// Numbers far above those given out so far, so that nobody real is met, with gaps between them.
    fn snils(&mut self) -> Snils {
        self.made += 1;
        Snils::from_serial(990_000_000 + 4_111 * self.made)
            .expect("some 2,000 people fit below a thousand million")
    }
}

fn service(category: DemoAgencyCategory) -> (ServiceCategory, &'static [&'static str]) {
    match category {
        DemoAgencyCategory::StateBody => (ServiceCategory::StateCivilServant, names::STATE_POSITIONS),
        DemoAgencyCategory::Municipality => (ServiceCategory::MunicipalServant, names::MUNICIPAL_POSITIONS),
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): enough to make people look different, and the same on every
/// machine. Nothing secret may come from it.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`; the bias of the remainder does not matter here.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{AgencyCode, Email, PersonName};
    use sha2::{Digest, Sha256};
    use std::collections::{HashMap, HashSet};

    #[test]
    fn there_are_2000_seats_and_state_bodies_come_first() {
        let agencies = roster().agencies;
        assert_eq!(agencies.len(), 48);
        assert_eq!(agencies.iter().map(|agency| agency.quota).sum::<u32>(), 2_000);
        assert!(agencies.is_sorted_by_key(|agency| agency.category == DemoAgencyCategory::Municipality));
        assert!(agencies.iter().all(|agency| AgencyCode::parse(&agency.code).is_ok()));
        let has_place = |agency: &DemoAgency| agency.municipality.is_some();
        assert!(agencies.iter().all(|a| has_place(a) == (a.category == DemoAgencyCategory::Municipality)));
    }

    #[test]
    fn each_agency_has_a_good_employee_for_each_seat_and_40_are_bad() {
        let roster = roster();
        let with = |intended| roster.employees.iter().filter(|e| e.intended == intended).count();
        assert_eq!(roster.employees.len(), 2_040);
        assert_eq!(with(Intended::Accepted), 2_000);
        assert_eq!(with(Intended::NotEligible), NOT_ELIGIBLE);
        assert_eq!(with(Intended::DuplicateHolder), DUPLICATES);
        assert_eq!(with(Intended::OverQuota), OVER_QUOTA);
        for agency in &roster.agencies {
            let good = roster.of(&agency.code).filter(|e| e.intended == Intended::Accepted).count();
            assert_eq!(good, agency.quota as usize, "{}", agency.code);
        }
    }

    /// Serving the list from the top by the programme's rules gives what is intended for everybody.
    #[test]
    fn the_rules_come_to_the_intended_outcomes() {
        let roster = roster();
        let mut free: HashMap<&str, u32> =
            roster.agencies.iter().map(|a| (a.code.as_str(), a.quota)).collect();
        let mut holders = HashSet::new();
        for employee in &roster.employees {
            let seats = free.get_mut(employee.agency_code.as_str()).unwrap();
            let outcome = if employee.category == ServiceCategory::Other {
                Intended::NotEligible
            } else if holders.contains(&employee.snils) {
                Intended::DuplicateHolder
            } else if *seats == 0 {
                Intended::OverQuota
            } else {
                *seats -= 1;
                holders.insert(&employee.snils);
                Intended::Accepted
            };
            assert_eq!(outcome, employee.intended, "{}", employee.client_ref);
        }
    }

    #[test]
    fn only_duplicates_share_a_snils_and_they_are_the_same_person_elsewhere() {
        let roster = roster();
        let mut first: HashMap<&Snils, &DemoEmployee> = HashMap::new();
        let mut doubled = HashSet::new();
        for employee in &roster.employees {
            if employee.intended == Intended::DuplicateHolder {
                let original = first[&employee.snils];
                let name = |e: &DemoEmployee| (e.family_name, e.given_name, e.patronymic);
                assert_eq!(name(original), name(employee));
                assert_ne!(original.agency_code, employee.agency_code);
                assert!(doubled.insert(&employee.snils));
            } else {
                assert!(first.insert(&employee.snils, employee).is_none(), "{}", employee.client_ref);
            }
        }
    }

    #[test]
    fn everybody_would_be_taken_by_the_kernel() {
        let roster = roster();
        for employee in &roster.employees {
            assert_eq!(Snils::parse(&employee.snils.to_string()).as_ref(), Ok(&employee.snils));
            let patronymic = Some(employee.patronymic);
            let name = PersonName::parse(employee.family_name, employee.given_name, patronymic);
            assert!(name.is_ok() && Email::parse(&employee.email).is_ok(), "{}", employee.client_ref);
        }
        let references: HashSet<_> = roster.employees.iter().map(|e| &e.client_ref).collect();
        assert_eq!(references.len(), roster.employees.len());
    }

    #[test]
    fn a_list_is_written_as_the_import_reads_it() {
        let roster = roster();
        let text = roster.roster_csv("PSK-M01");
        let mut lines = text.lines();
        let header = "client_ref;snils;family_name;given_name;patronymic;position;email;category";
        assert_eq!(lines.next(), Some(header));
        assert_eq!(lines.clone().count(), roster.of("PSK-M01").count());
        for (line, employee) in lines.zip(roster.of("PSK-M01")) {
            let fields: Vec<_> = line.split(';').collect();
            assert_eq!(fields.len(), 8);
            assert_eq!(
                (fields[0], Snils::parse(fields[1]).unwrap()),
                (&*employee.client_ref, employee.snils.clone())
            );
            assert_eq!(ServiceCategory::parse(fields[7]), Ok(employee.category));
        }
    }

    /// Published figures and the tutorial's examples rest on these very people.
    #[test]
    fn the_roster_never_changes_unnoticed() {
        let roster = roster();
        let mut hash = Sha256::new();
        for agency in &roster.agencies {
            hash.update(roster.roster_csv(&agency.code));
        }
        for employee in &roster.employees {
            hash.update([employee.intended as u8]);
        }
        let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "464273b1249fecea63a23543a2057bc2569c10934806eaf163d2736ccec09d79");
    }
}
