//! What a column of somebody's own list is about: our fields, and the words people head them with.
//!
//! Pure. A guess is only ever shown: what is imported, the caller has said.

use crate::kernel::Refusal;
use crate::sheet::grid::{Cell, Grid, Holds, Line};
use std::fmt;

/// A field of a row that a column may hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RosterField)]
pub enum Field {
    ClientRef,
    Snils,
    /// Surname, given name and patronymic in one cell.
    FullName,
    FamilyName,
    GivenName,
    Patronymic,
    Position,
    Email,
    Category,
    LeavesOn,
}

impl Field {
    pub const ALL: [Field; 10] = [
        Field::ClientRef,
        Field::Snils,
        Field::FullName,
        Field::FamilyName,
        Field::GivenName,
        Field::Patronymic,
        Field::Position,
        Field::Email,
        Field::Category,
        Field::LeavesOn,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Field::ClientRef => "client_ref",
            Field::Snils => "snils",
            Field::FullName => "full_name",
            Field::FamilyName => "family_name",
            Field::GivenName => "given_name",
            Field::Patronymic => "patronymic",
            Field::Position => "position",
            Field::Email => "email",
            Field::Category => "category",
            Field::LeavesOn => "leaves_on",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == text)
    }

    /// What its numbers mean.
    pub const fn holds(self) -> Holds {
        match self {
            Field::Snils => Holds::Digits(11),
            Field::LeavesOn => Holds::Day,
            _ => Holds::Text,
        }
    }

    /// Titles that mean the field, in lower case and without signs.
    const fn titles(self) -> &'static [&'static str] {
        match self {
            Field::ClientRef => {
                &["client ref", "ссылка", "табельный номер", "таб номер", "таб n", "personnel number"]
            }
            Field::Snils => &["snils", "страховой номер", "insurance number"],
            Field::FullName => {
                &["фио", "ф и о", "сотрудник", "служащий", "работник", "full name", "name", "employee"]
            }
            Field::FamilyName => &["фамилия", "family name", "last name", "surname"],
            Field::GivenName => &["имя", "given name", "first name"],
            Field::Patronymic => &["отчество", "patronymic", "middle name"],
            Field::Position => &["должность", "position", "job title"],
            Field::Email => &["e mail", "email", "почта", "эл почта", "mail"],
            Field::Category => &["категория", "категория службы", "вид службы", "category"],
            Field::LeavesOn => &["увольнение", "leaves on", "leaving date", "termination date"],
        }
    }

    /// Parts of titles that give the field away.
    const fn hints(self) -> &'static [&'static str] {
        match self {
            Field::Snils => &["снилс"],
            Field::FullName => &["фио", "ф и о"],
            Field::Patronymic => &["отчеств"],
            Field::FamilyName => &["фамили"],
            Field::Position => &["должност"],
            Field::Email => &["электронн", "e mail"],
            Field::LeavesOn => &["увольнен", "окончания контракта", "окончания договора"],
            Field::Category => &["служб"],
            Field::ClientRef | Field::GivenName => &[],
        }
    }

    /// The field that a title means, if it says so.
    pub fn of_title(title: &str) -> Option<Self> {
        let title = plain_title(title);
        if title.is_empty() {
            return None;
        }
        if title.contains("фамили") && title.contains("имя") {
            return Some(Field::FullName);
        }
        let by_name = Self::ALL
            .into_iter()
            .find(|field| field.titles().contains(&title.as_str()) || plain_title(field.as_str()) == title);
        by_name.or_else(|| {
            Self::ALL.into_iter().find(|field| field.hints().iter().any(|hint| title.contains(hint)))
        })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A title in lower case, signs and line breaks as single spaces, ё as е.
fn plain_title(title: &str) -> String {
    let plain: String = title
        .to_lowercase()
        .chars()
        .map(|c| match c {
            'ё' => 'е',
            c if c.is_alphanumeric() => c,
            _ => ' ',
        })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where a table begins: its header row and what its columns are called.
#[derive(Clone, PartialEq, Debug)]
pub struct Header {
    /// The row's number in the file, from 1.
    pub row: u32,
    /// In order; empty where a column has none.
    pub titles: Vec<String>,
}

/// A header is looked for so far down.
const LOOKED_AT: usize = 30;

/// A header may be this high: cells merged over rows have their title in the uppermost.
const HEIGHT: usize = 3;

impl Header {
    /// The row that names most of our fields; the first row of the sheet when none names any.
    pub fn find(grid: &Grid) -> Option<Self> {
        let candidates = (0..grid.lines.len().min(LOOKED_AT)).map(|place| Self::at_place(grid, place));
        let named = |header: &Header| {
            let mut fields: Vec<Field> =
                header.titles.iter().filter_map(|title| Field::of_title(title)).collect();
            fields.sort_unstable();
            fields.dedup();
            fields.len()
        };
        let mut best: Option<(usize, Self)> = None;
        for header in candidates {
            let fields = named(&header);
            if best.as_ref().is_none_or(|(most, _)| fields > *most) {
                best = Some((fields, header));
            }
        }
        best.map(|(_, header)| header)
    }

    /// The header in a row of this number.
    ///
    /// # Errors
    /// `invalid_field` when that row is empty or not there.
    pub fn at_row(grid: &Grid, row: u32) -> Result<Self, Refusal> {
        let place = grid.lines.iter().position(|line| line.number == row);
        place
            .map(|place| Self::at_place(grid, place))
            .ok_or_else(|| Refusal::field("header_row", "the number of a row that is not empty"))
    }

    fn at_place(grid: &Grid, place: usize) -> Self {
        let rows: Vec<&Line> = grid.lines[place.saturating_sub(HEIGHT - 1)..=place].iter().rev().collect();
        let width = rows.iter().map(|line| line.cells.len()).max().unwrap_or(0);
        let title = |column: usize| {
            let cells = rows.iter().filter_map(|line| line.cell(column));
            cells.map(Cell::shown).next().unwrap_or_default().trim().to_owned()
        };
        let row = grid.lines[place].number;
        Self { row, titles: (0..width).map(title).collect() }
    }

    /// For each column the field it seems to hold; each field once.
    pub fn guess(&self) -> Vec<Option<Field>> {
        let mut taken = Vec::new();
        let mut guess = |title: &String| {
            let field = Field::of_title(title).filter(|field| !taken.contains(field))?;
            taken.push(field);
            Some(field)
        };
        self.titles.iter().map(&mut guess).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_understood_as_people_write_them() {
        for (title, field) in [
            ("Ф.И.О.", Some(Field::FullName)),
            ("Фамилия,\nимя, отчество (полностью)", Some(Field::FullName)),
            ("ФИО сотрудника", Some(Field::FullName)),
            ("Номер СНИЛС", Some(Field::Snils)),
            ("Имя", Some(Field::GivenName)),
            ("Отчество (при наличии)", Some(Field::Patronymic)),
            ("Замещаемая должность", Some(Field::Position)),
            ("E-mail", Some(Field::Email)),
            ("Адрес электронной почты", Some(Field::Email)),
            ("Категория", Some(Field::Category)),
            ("Дата увольнения", Some(Field::LeavesOn)),
            ("leaves_on", Some(Field::LeavesOn)),
            ("Last name", Some(Field::FamilyName)),
            ("№ п/п", None),
            ("Оклад", None),
            ("", None),
        ] {
            assert_eq!(Field::of_title(title), field, "{title}");
        }
    }

    fn grid(rows: &[(u32, &[&str])]) -> Grid {
        let cell = |text: &&str| (!text.is_empty()).then(|| Cell::Text((*text).to_owned()));
        let line = |(number, cells): &(u32, &[&str])| Line {
            number: *number,
            cells: cells.iter().map(cell).collect(),
        };
        Grid { lines: rows.iter().map(line).collect() }
    }

    #[test]
    fn a_header_below_other_lines_and_of_merged_rows_is_found() {
        let sheet = grid(&[
            (1, &["Список служащих на обучение"]),
            (3, &["№", "Служащий", "", "", "СНИЛС"]),
            (4, &["", "Фамилия", "Имя", "Отчество"]),
            (5, &["1", "Иванова", "Анна", "Петровна", "112-233-445 95"]),
        ]);
        let header = Header::find(&sheet).unwrap();
        assert_eq!(header.row, 4);
        assert_eq!(header.titles, ["№", "Фамилия", "Имя", "Отчество", "СНИЛС"]);
        assert_eq!(
            header.guess(),
            [
                None,
                Some(Field::FamilyName),
                Some(Field::GivenName),
                Some(Field::Patronymic),
                Some(Field::Snils)
            ]
        );
    }
}
