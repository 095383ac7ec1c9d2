//! The text format `1CClientBankExchange` that banks and 1C exchange statements in («Стандарт обмена с системами
//! „Клиент банка“», versions 1.01 to 1.03): lines of `Ключ=значение` in sections. Pure.
//!
//! Of a document the number, the sum, both accounts and the day the bank booked it are read; of the purpose of money that
//! came, whether it is a return and of which order. Names are passed over.

use super::decimal;
use super::file::decoded;
use super::model::{Direction, Item, Section, Statement, is_return, malformed, numbers_in};
use super::number::AccountNumber;
use crate::kernel::{Kopecks, Refusal};
use chrono::NaiveDate;
use encoding_rs::{IBM866, UTF_8, WINDOWS_1251};
use std::collections::HashMap;

pub(super) const FIRST_LINE: &str = "1CClientBankExchange";

/// The letters of a file. Its line `Кодировка` says which they are, and is written in them; UTF-8, which nothing else can
/// be mistaken for, is read whatever it says.
///
/// # Errors
/// `malformed_statement` for a file without that line, or in other letters than it says.
pub fn decode(file: &[u8]) -> Result<String, Refusal> {
    for (encoding, name) in [(UTF_8, None), (WINDOWS_1251, Some("windows")), (IBM866, Some("dos"))] {
        let Some(text) = decoded(file, encoding) else { continue };
        let said = text.lines().find_map(|line| line.trim().strip_prefix("Кодировка="));
        let said = said.map(|said| said.trim().to_lowercase());
        if said.is_some_and(|said| name.is_none_or(|name| said == name)) {
            return Ok(text);
        }
    }
    Err(malformed("no line Кодировка=Windows or Кодировка=DOS in the letters that it names", None))
}

/// Reads a statement.
///
/// # Errors
/// `malformed_statement` with the line; those of [`Statement::new`].
pub fn read(text: &str) -> Result<Statement, Refusal> {
    let mut lines = (1_u32..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty());
    if lines.next().is_none_or(|(_, line)| line != FIRST_LINE) {
        return Err(malformed("its first line is not 1CClientBankExchange", Some(1)));
    }
    let (mut header, mut accounts, mut documents) = (Block::default(), Vec::new(), Vec::new());
    let mut is_whole = false;
    while let Some((number, line)) = lines.next() {
        match line.split_once('=') {
            None if line == "СекцияРасчСчет" => {
                accounts.push(Block::read(number, &mut lines, "КонецРасчСчет")?)
            }
            Some(("СекцияДокумент", _)) => {
                documents.push(Block::read(number, &mut lines, "КонецДокумента")?)
            }
            None if line == "КонецФайла" => {
                is_whole = true;
                break;
            }
            Some((key, value)) => header.insert(number, key, value)?,
            None => {
                return Err(malformed(
                    "a line that is neither a section nor a key with its value",
                    Some(number),
                ));
            }
        }
    }
    if !is_whole {
        return Err(malformed("it ends before the line КонецФайла", None));
    }
    let sections = accounts.iter().map(|block| section(block, &header)).collect::<Result<Vec<_>, _>>()?;
    let items = match sections.first() {
        Some(first) => {
            documents.iter().map(|block| item(block, &first.account)).collect::<Result<Vec<_>, _>>()?
        }
        None => Vec::new(),
    };
    Statement::new(sections, items)
}

/// The keys of a section with their values.
#[derive(Default)]
struct Block<'t> {
    line: u32,
    values: HashMap<&'t str, (u32, &'t str)>,
}

impl<'t> Block<'t> {
    fn read(line: u32, lines: &mut impl Iterator<Item = (u32, &'t str)>, end: &str) -> Result<Self, Refusal> {
        let mut block = Self { line, values: HashMap::new() };
        for (number, line) in lines {
            if line == end {
                return Ok(block);
            }
            // A purpose may go on in another line.
            if let Some((key, value)) = line.split_once('=') {
                if key.starts_with("Секция") {
                    break;
                }
                block.insert(number, key, value)?;
            }
        }
        Err(malformed("a section without its end", Some(line)))
    }

    /// A key that comes twice is refused, but the header's `РасчСчет` and `Документ`, of which there may be many.
    fn insert(&mut self, line: u32, key: &'t str, value: &'t str) -> Result<(), Refusal> {
        let (key, value) = (key.trim(), value.trim());
        let may_repeat = self.line == 0 && matches!(key, "РасчСчет" | "Документ");
        match self.values.insert(key, (line, value)) {
            Some(_) if !may_repeat => {
                Err(malformed("a key that comes twice in its section", Some(line)).with("key", key))
            }
            _ => Ok(()),
        }
    }

    /// None where it is missing or empty.
    fn find(&self, key: &str) -> Option<(u32, &'t str)> {
        self.values.get(key).copied().filter(|(_, value)| !value.is_empty())
    }

    fn day(&self, key: &str) -> Result<Option<NaiveDate>, Refusal> {
        let parsed = |(line, value)| {
            NaiveDate::parse_from_str(value, "%d.%m.%Y")
                .map_err(|_| malformed("a day that is not like 31.12.2020", Some(line)).with("key", key))
        };
        self.find(key).map(parsed).transpose()
    }

    fn money(&self, key: &str) -> Result<Option<Kopecks>, Refusal> {
        let parsed = |(line, value): (u32, &str)| {
            decimal::kopecks(value).ok_or_else(|| {
                malformed("a sum that is not roubles with a point and two digits", Some(line))
                    .with("key", key)
            })
        };
        self.find(key).map(parsed).transpose()
    }

    fn account(&self, key: &str) -> Result<Option<AccountNumber>, Refusal> {
        let parsed = |(line, value): (u32, &str)| {
            AccountNumber::parse(value)
                .map_err(|_| malformed("an account that is not 20 digits", Some(line)).with("key", key))
        };
        self.find(key).map(parsed).transpose()
    }

    fn missing(&self, key: &str) -> Refusal {
        malformed("a section without a key that it must have", Some(self.line)).with("key", key)
    }
}

fn section(block: &Block<'_>, header: &Block<'_>) -> Result<Section, Refusal> {
    let day = |key: &str| block.day(key)?.or(header.day(key)?).ok_or_else(|| block.missing(key));
    let money = |key: &str| block.money(key)?.ok_or_else(|| block.missing(key));
    Ok(Section {
        account: block.account("РасчСчет")?.ok_or_else(|| block.missing("РасчСчет"))?,
        first_day: day("ДатаНачала")?,
        last_day: day("ДатаКонца")?,
        opening: money("НачальныйОстаток")?,
        closing: money("КонечныйОстаток")?,
        received: block.money("ВсегоПоступило")?,
        spent: block.money("ВсегоСписано")?,
    })
}

fn item(block: &Block<'_>, of: &AccountNumber) -> Result<Item, Refusal> {
    let is_own = |key: &str| block.find(key).is_some_and(|(_, value)| value == of.as_str());
    let direction = match (is_own("ПлательщикСчет"), is_own("ПолучательСчет")) {
        (true, false) => Direction::Debit,
        (false, true) => Direction::Credit,
        (true, true) => return Err(malformed("a document from the account to itself", Some(block.line))),
        (false, false) => return Err(malformed("a document of other accounts", Some(block.line))),
    };
    let booked = match direction {
        Direction::Debit => "ДатаСписано",
        Direction::Credit => "ДатаПоступило",
    };
    let document_number = block.find("Номер").map_or_else(String::new, |(_, number)| number.to_owned());
    let purpose = block.find("НазначениеПлатежа").map_or("", |(_, purpose)| purpose);
    let returns = (direction == Direction::Credit && is_return(purpose)).then(|| {
        let mut numbers = numbers_in(purpose);
        numbers.extend((!document_number.is_empty()).then(|| document_number.clone()));
        numbers
    });
    Ok(Item {
        line: block.line,
        direction,
        booked_on: block.day(booked)?.ok_or_else(|| block.missing(booked))?,
        amount: block.money("Сумма")?.ok_or_else(|| block.missing("Сумма"))?,
        document_number,
        returns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Code;
    use proptest::prelude::*;

    const FILE: &str = "1CClientBankExchange
ВерсияФормата=1.03
Кодировка=Windows
ДатаНачала=01.09.2020
ДатаКонца=30.09.2020
РасчСчет=40602810700000000025
СекцияРасчСчет
РасчСчет=40602810700000000025
НачальныйОстаток=1000.00
ВсегоПоступило=100.50
ВсегоСписано=300
КонечныйОстаток=800.50
КонецРасчСчет
СекцияДокумент=Платежное поручение
Номер=П-17
Дата=07.09.2020
Сумма=300
ПлательщикСчет=40602810700000000025
ДатаСписано=08.09.2020
Плательщик=Департамент
ПолучательСчет=40817810000000000001
Получатель=Иванов Иван Иванович
НазначениеПлатежа=Оплата часов
КонецДокумента
СекцияДокумент=Платежное поручение
Номер=901
Сумма=100.5
ПлательщикСчет=40817810000000000001
ПолучательСчет=40602810700000000025
ДатаПоступило=10.09.2020
НазначениеПлатежа=Возврат по п/п № П-16 от 01.09.2020
счёт закрыт
КонецДокумента
КонецФайла
";

    fn refused(file: &str) -> Refusal {
        read(file).unwrap_err()
    }

    #[test]
    fn money_that_went_and_money_that_came_back_are_read() {
        let statement = read(FILE).unwrap();
        assert_eq!((statement.opening.get(), statement.closing.get()), (100_000, 80_050));
        let [paid, back] = &statement.items[..] else { panic!("{statement:?}") };
        assert_eq!((paid.line, paid.direction, paid.amount.get()), (14, Direction::Debit, 30_000));
        assert_eq!(
            (paid.document_number.as_str(), paid.booked_on.to_string()),
            ("П-17", "2020-09-08".into())
        );
        assert_eq!((back.direction, &paid.returns), (Direction::Credit, &None));
        assert_eq!(back.returns.as_deref().unwrap(), ["01.09.2020", "П-16", "901"]);
    }

    #[test]
    fn letters_are_those_that_the_file_says() {
        let windows = WINDOWS_1251.encode(FILE).0.into_owned();
        assert_eq!(decode(&windows).unwrap(), FILE);
        assert_eq!(decode(FILE.as_bytes()).unwrap(), FILE, "UTF-8 is what it is");
        let dos = FILE.replace("=Windows", "=DOS").replace('№', "N").replace("ё", "е");
        let letters: Vec<u8> = dos
            .chars()
            .map(|letter| {
                (0..=255_u8).find(|byte| decoded(&[*byte], IBM866).unwrap() == letter.to_string()).unwrap()
            })
            .collect();
        assert_eq!(decode(&letters).unwrap(), dos);
        let wrong = WINDOWS_1251.encode(&dos).0.into_owned();
        assert_eq!(decode(&wrong).unwrap_err().code, Code::MalformedStatement, "it says DOS and is not");
        let silent = FILE.replace("Кодировка=Windows\n", "");
        assert!(decode(silent.as_bytes()).is_err());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (from, to, line) in [
            ("Сумма=300", "Сумма=300.005", Some(17)),
            ("Сумма=300", "Сумма=-300", Some(14)),
            ("Сумма=300\n", "", Some(14)),
            ("ДатаСписано=08.09.2020", "ДатаСписано=2020-09-08", Some(19)),
            ("ДатаСписано=08.09.2020\n", "", Some(14)),
            ("ДатаСписано=08.09.2020", "ДатаСписано=01.10.2020", Some(14)),
            ("ПлательщикСчет=40602810700000000025", "ПлательщикСчет=1", Some(14)),
            ("Номер=П-17", "Номер=П-17\nНомер=П-18", Some(16)),
            ("КонецДокумента\nКонецФайла", "КонецФайла", Some(25)),
            ("КонецФайла\n", "", None),
            ("НачальныйОстаток=1000.00\n", "", Some(7)),
            ("ВерсияФормата", "что-то\nВерсияФормата", Some(2)),
        ] {
            let refusal = refused(&FILE.replacen(from, to, 1));
            assert_eq!(refusal.code, Code::MalformedStatement, "{to}");
            assert_eq!(
                refusal.facts.get("line").and_then(serde_json::Value::as_u64),
                line,
                "{to}: {refusal:?}"
            );
        }
        assert_eq!(refused(&FILE.replace("=800.50", "=800.49")).code, Code::StatementUnbalanced);
    }

    proptest! {
        #[test]
        fn nothing_makes_the_reader_fall(text in "(1CClientBankExchange\n)?(((Секция|Конец)?(РасчСчет|Документ|Файла|Сумма|Дата.)(=.{0,12})?|.{0,9})\n){0,20}") {
            let _ = read(&text);
        }
    }
}
