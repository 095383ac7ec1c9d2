//! Statements in camt.053 (ISO 20022, BankToCustomerStatement, versions 02 and later): elements by their local names, in
//! whatever namespace. Pure.
//!
//! A DTD is refused, so there are no entities to expand. Entries that are not booked are passed over: they are in no
//! balance. An entry is one item, however many transactions it sums up.

use super::decimal;
use super::model::{Direction, Item, Section, Statement, malformed, numbers_in};
use super::number::AccountNumber;
use crate::kernel::{Kopecks, Refusal};
use chrono::NaiveDate;
use roxmltree::{Document, Node, ParsingOptions};

/// Elements of a file, at most: 5,000 items with all that banks say of them fit.
const MOST_NODES: u32 = 2_000_000;

/// Attributes of an element, and declarations of namespaces in a file, at most. The parser compares each with all others: a
/// file made for that would take hours, or all memory.
const MOST_ATTRIBUTES: usize = 200;
const MOST_NAMESPACES: usize = 100;

fn check_markup(text: &str) -> Result<(), Refusal> {
    let attributes = |element: &str| element.bytes().filter(|byte| *byte == b'=').count();
    if text.split('<').any(|element| attributes(element) > MOST_ATTRIBUTES)
        || text.matches("xmlns").count() > MOST_NAMESPACES
    {
        return Err(malformed("it has more attributes or namespaces than a statement", None));
    }
    Ok(())
}

/// Reads a statement.
///
/// # Errors
/// `malformed_statement` with the line; those of [`Statement::new`].
pub fn read(text: &str) -> Result<Statement, Refusal> {
    check_markup(text)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| malformed("it is not XML, or has a DTD", Some(error.pos().row)))?;
    let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(place, _)| place);
    let reader = Reader { breaks: breaks.collect() };
    let root = document.root_element();
    let message = child(root, "BkToCstmrStmt").filter(|_| root.tag_name().name() == "Document");
    let message = message.ok_or_else(|| malformed("it is XML, but not camt.053", None))?;
    let (mut sections, mut items) = (Vec::new(), Vec::new());
    for statement in children(message, "Stmt") {
        sections.push(reader.section(statement)?);
        for entry in children(statement, "Ntry").filter(|entry| is_booked(*entry)) {
            items.push(reader.item(entry)?);
        }
    }
    Statement::new(sections, items)
}

fn children<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> Option<Node<'a, 'i>> {
    children(node, name).next()
}

/// The first element along a path.
fn find<'a, 'i>(node: Node<'a, 'i>, path: &[&'static str]) -> Option<Node<'a, 'i>> {
    path.iter().try_fold(node, |node, name| child(node, name))
}

fn text<'a>(node: Node<'a, '_>, path: &[&'static str]) -> Option<&'a str> {
    find(node, path).and_then(|node| node.text()).map(str::trim).filter(|text| !text.is_empty())
}

/// `Sts` is a code, since version 08 within `Cd`.
fn is_booked(entry: Node<'_, '_>) -> bool {
    text(entry, &["Sts", "Cd"]).or_else(|| text(entry, &["Sts"])).is_none_or(|status| status == "BOOK")
}

struct Reader {
    /// Where lines end: the parser's own way to tell a node's line reads the text from its beginning.
    breaks: Vec<usize>,
}

impl Reader {
    fn line(&self, node: Node<'_, '_>) -> u32 {
        let before = self.breaks.partition_point(|place| *place < node.range().start);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }

    fn wrong(&self, node: Node<'_, '_>, reason: &str) -> Refusal {
        malformed(reason, Some(self.line(node)))
    }

    fn section(&self, statement: Node<'_, '_>) -> Result<Section, Refusal> {
        let number = text(statement, &["Acct", "Id", "Othr", "Id"]);
        let number = number.ok_or_else(|| self.wrong(statement, "a statement without Acct/Id/Othr/Id"))?;
        let account = AccountNumber::parse(number)
            .map_err(|_| self.wrong(statement, "an account that is not 20 digits"))?;
        let balance = |codes: [&str; 2]| {
            let is_it = |balance: &Node<'_, '_>| {
                text(*balance, &["Tp", "CdOrPrtry", "Cd"]).is_some_and(|code| codes.contains(&code))
            };
            let missing = || self.wrong(statement, "a statement without balances OPBD and CLBD");
            children(statement, "Bal").find(is_it).ok_or_else(missing)
        };
        let (opening, closing) = (balance(["OPBD", "PRCD"])?, balance(["CLBD", "CLBD"])?);
        let days = match find(statement, &["FrToDt"]) {
            Some(days) => (self.day(days, &["FrDtTm"], &["FrDt"])?, self.day(days, &["ToDtTm"], &["ToDt"])?),
            None => (self.dated(opening, "Dt")?, self.dated(closing, "Dt")?),
        };
        Ok(Section {
            account,
            first_day: days.0,
            last_day: days.1,
            opening: self.balance(opening)?,
            closing: self.balance(closing)?,
            received: None,
            spent: None,
        })
    }

    fn balance(&self, balance: Node<'_, '_>) -> Result<Kopecks, Refusal> {
        let amount = self.amount(balance)?;
        match self.direction(balance)? {
            Direction::Credit => Ok(amount),
            Direction::Debit => Ok(Kopecks::new(-amount.get())),
        }
    }

    fn amount(&self, node: Node<'_, '_>) -> Result<Kopecks, Refusal> {
        let amount = child(node, "Amt").ok_or_else(|| self.wrong(node, "no amount (Amt)"))?;
        if !matches!(amount.attribute("Ccy"), Some("RUB" | "RUR")) {
            return Err(self.wrong(amount, "an amount of another currency than RUB"));
        }
        let read = amount.text().and_then(decimal::kopecks).filter(|amount| amount.get() >= 0);
        read.ok_or_else(|| self.wrong(amount, "a sum that is not roubles with a point and two digits"))
    }

    fn direction(&self, node: Node<'_, '_>) -> Result<Direction, Refusal> {
        match text(node, &["CdtDbtInd"]) {
            Some("CRDT") => Ok(Direction::Credit),
            Some("DBIT") => Ok(Direction::Debit),
            _ => Err(self.wrong(node, "CdtDbtInd is neither CRDT nor DBIT")),
        }
    }

    /// An element that has a day, or an instant with its day.
    fn dated(&self, node: Node<'_, '_>, name: &'static str) -> Result<NaiveDate, Refusal> {
        self.day(node, &[name, "Dt"], &[name, "DtTm"])
    }

    fn day(
        &self,
        node: Node<'_, '_>,
        path: &[&'static str],
        other: &[&'static str],
    ) -> Result<NaiveDate, Refusal> {
        let day = text(node, path).or_else(|| text(node, other)).and_then(|text| text.get(..10));
        let day = day.and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
        day.ok_or_else(|| self.wrong(node, "a day that is not like 2020-12-31"))
    }

    fn item(&self, entry: Node<'_, '_>) -> Result<Item, Refusal> {
        let direction = self.direction(entry)?;
        let details: Vec<_> = children(entry, "NtryDtls").flat_map(|all| children(all, "TxDtls")).collect();
        let batch = children(entry, "NtryDtls").find_map(|all| text(all, &["Btch", "PmtInfId"]));
        let of_one = match details[..] {
            [one] => reference(one),
            _ => None,
        };
        let number = batch.or(of_one).or_else(|| text(entry, &["NtryRef"])).unwrap_or_default().to_owned();
        let is_reversal = text(entry, &["RvslInd"]).is_some_and(|said| matches!(said, "true" | "1"));
        let is_returned = details.iter().any(|one| child(*one, "RtrInf").is_some());
        let returns = (direction == Direction::Credit && (is_reversal || is_returned)).then(|| {
            let mut numbers: Vec<String> =
                details.iter().filter_map(|one| reference(*one)).map(str::to_owned).collect();
            let said = details
                .iter()
                .flat_map(|one| children(*one, "RmtInf"))
                .flat_map(|all| children(all, "Ustrd"));
            numbers.extend(said.filter_map(|words| words.text()).flat_map(numbers_in));
            numbers.extend((!number.is_empty()).then(|| number.clone()));
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        });
        Ok(Item {
            line: self.line(entry),
            direction,
            booked_on: self.dated(entry, "BookgDt")?,
            amount: self.amount(entry)?,
            document_number: number,
            returns,
        })
    }
}

/// What the payer called a transaction.
fn reference<'a>(details: Node<'a, '_>) -> Option<&'a str> {
    let said = |name: &'static str| text(details, &["Refs", name]).filter(|said| *said != "NOTPROVIDED");
    said("EndToEndId").or_else(|| said("InstrId"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Code;
    use proptest::prelude::*;

    const FILE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
<BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt>
<FrToDt><FrDtTm>2020-09-01T00:00:00</FrDtTm><ToDtTm>2020-09-30T23:59:59</ToDtTm></FrToDt>
<Acct><Id><Othr><Id>40602810700000000025</Id></Othr></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="RUB">1000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2020-09-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="RUB">800.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2020-09-30</Dt></Dt></Bal>
<Ntry><Amt Ccy="RUB">300</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2020-09-08</Dt></BookgDt>
<NtryDtls><TxDtls><Refs><EndToEndId>П-17</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="RUB">100.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><RvslInd>true</RvslInd><Sts>BOOK</Sts><BookgDt><DtTm>2020-09-10T10:00:00</DtTm></BookgDt>
<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId><InstrId>П-16</InstrId></Refs></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="RUB">7</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>PDNG</Sts><BookgDt><Dt>2020-09-30</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>"#;

    #[test]
    fn booked_entries_of_any_version_are_read() {
        let statement = read(FILE).unwrap();
        assert_eq!((statement.opening.get(), statement.closing.get()), (100_000, 80_050));
        let [paid, back] = &statement.items[..] else { panic!("{statement:?}") };
        assert_eq!((paid.line, paid.direction, paid.document_number.as_str()), (8, Direction::Debit, "П-17"));
        assert_eq!((back.direction, back.document_number.as_str()), (Direction::Credit, "П-16"));
        assert_eq!(back.returns.as_deref().unwrap(), ["П-16"]);
        let prefixed =
            FILE.replace("<Document xmlns=", "<c:Document xmlns:c=").replace("</Document", "</c:Document");
        let old = FILE.replace("001.08", "001.02").replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>");
        assert_eq!(read(&prefixed).unwrap().items.len(), 2);
        assert_eq!(read(&old).unwrap(), statement);
        let by_balances = FILE.replace("<FrToDt>", "<!--").replace("</FrToDt>", "-->");
        let by_balances = by_balances
            .replace("<!--<FrDtTm>", "<!-- ")
            .replace("</FrDtTm><ToDtTm>", " ")
            .replace("</ToDtTm>-->", "-->");
        assert_eq!(read(&by_balances).unwrap(), statement, "the days of the balances");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (from, to, line) in [
            ("<Ntry>", "<Ntry", Some(8)),
            (">300<", ">300.005<", Some(8)),
            (">300<", ">-300<", Some(8)),
            ("Ccy=\"RUB\">300", "Ccy=\"USD\">300", Some(8)),
            ("2020-09-08", "08.09.2020", Some(8)),
            ("DBIT", "DEBIT", Some(8)),
            ("OPBD", "ITBD", Some(3)),
            ("40602810700000000025", "DE89370400440532013000", Some(3)),
            ("BkToCstmrStmt>", "BkToCstmrAcctRpt>", None),
            ("<Document", "<!DOCTYPE Document [<!ENTITY a \"b\">]><Document", None),
        ] {
            let refusal = read(&FILE.replace(from, to)).unwrap_err();
            assert_eq!(refusal.code, Code::MalformedStatement, "{to}");
            let found = refusal.facts.get("line").and_then(serde_json::Value::as_u64);
            assert!(line.is_none() || found == line, "{to}: {refusal:?}");
        }
        assert_eq!(read(&FILE.replace(">800.50", ">800.49")).unwrap_err().code, Code::StatementUnbalanced);
    }

    /// Neither elements in elements nor entities in entities take more than the file has.
    #[test]
    fn a_file_made_to_break_readers_is_refused() {
        let deep = "<a>".repeat(1_000_000);
        let whole = format!("{deep}{}", "</a>".repeat(1_000_000));
        let laughs = "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><Document>&b;</Document>";
        let attributes: String = (0..200_000).map(|number| format!(" a{number}=\"\"")).collect();
        let attributes = format!("<Document{attributes}/>");
        let namespaces: String =
            (0..20_000).map(|number| format!("<a xmlns:a{number}=\"{number}\">")).collect();
        for text in [&*deep, &whole, laughs, "<Document>&b;</Document>", &attributes, &namespaces] {
            assert_eq!(read(text).unwrap_err().code, Code::MalformedStatement);
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_the_reader_fall(text in "(<(/)?(Document|BkToCstmrStmt|Stmt|Ntry|Amt|Bal|Dt)( Ccy=\"RUB\")?>|.{0,5}){0,30}") {
            let _ = read(&text);
        }
    }
}
