//! A statement's file: which of the two formats it is, and in which letters. Pure.

use super::model::{Statement, malformed};
use super::{camt, one_c};
use crate::kernel::Refusal;
use encoding_rs::{Encoding, WINDOWS_1251};

const MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a statement from a file of either format, told from its first bytes.
///
/// # Errors
/// `malformed_statement`; those of [`Statement::new`].
pub fn read(file: &[u8]) -> Result<Statement, Refusal> {
    let file = file.strip_prefix(MARK).unwrap_or(file);
    let start = file.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(file.len());
    let content = &file[start..];
    if content.starts_with(one_c::FIRST_LINE.as_bytes()) {
        return one_c::read(&one_c::decode(file)?);
    }
    if content.starts_with(b"<") {
        return camt::read(&xml_text(content)?);
    }
    Err(malformed("it is neither 1CClientBankExchange nor camt.053", None))
}

/// The letters of an XML file, of the encoding that it declares: UTF-8 when it declares none.
fn xml_text(content: &[u8]) -> Result<String, Refusal> {
    let head = &content[..content.len().min(200)];
    let declaration =
        head.starts_with(b"<?xml").then(|| head.split(|byte| *byte == b'>').next().unwrap_or(head));
    let declaration = String::from_utf8_lossy(declaration.unwrap_or_default()).to_ascii_lowercase();
    let windows = declaration.contains("windows-1251");
    let text = match windows {
        true => decoded(content, WINDOWS_1251),
        false => std::str::from_utf8(content).ok().map(str::to_owned),
    };
    text.ok_or_else(|| {
        malformed("its letters are not of the encoding that it declares: UTF-8 or windows-1251", None)
    })
}

pub(super) fn decoded(bytes: &[u8], encoding: &'static Encoding) -> Option<String> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    Some(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const ONE_C: &[u8] = include_bytes!("../../fuzz/seeds/bank_statement/one_c_windows_1251");
    const CAMT: &[u8] = include_bytes!("../../fuzz/seeds/bank_statement/camt_053");

    #[test]
    fn the_format_is_told_from_the_content() {
        for file in [ONE_C, CAMT] {
            let statement = read(file).unwrap();
            assert_eq!(statement.items.len(), 2);
            assert!(read(&[MARK, file].concat()).is_ok() || file == ONE_C, "a mark is of UTF-8 only");
        }
        let declared = String::from_utf8(CAMT.to_vec()).unwrap().replace("UTF-8", "windows-1251");
        let windows = WINDOWS_1251.encode(&declared).0;
        assert_eq!(read(&windows).unwrap(), read(CAMT).unwrap());
        assert!(read(declared.replace("windows-1251", "UTF-8").replace('П', "\u{0}").as_bytes()).is_err());
        assert!(read(&WINDOWS_1251.encode(std::str::from_utf8(CAMT).unwrap()).0).is_err(), "it says UTF-8");
    }

    proptest! {
        /// A file with some bytes changed, cut and doubled is a statement that adds up, or refused.
        #[test]
        fn a_damaged_file_is_read_or_refused(
            is_camt: bool,
            changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            cut in any::<prop::sample::Index>(),
            is_cut: bool,
        ) {
            let mut file = if is_camt { CAMT } else { ONE_C }.to_vec();
            for (place, byte) in changes {
                let place = place.index(file.len());
                file[place] = byte;
            }
            if is_cut {
                file.truncate(cut.index(file.len()));
            }
            if let Ok(statement) = read(&file) {
                prop_assert!(statement.items.iter().all(|item| item.amount.is_positive()));
            }
        }
    }
}
