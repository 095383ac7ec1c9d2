//! Certificates as PDF: PDF/A-2a for the archive (ISO 19005-2) and PDF/UA-1 for readers who listen (ISO 14289-1), checked
//! by the writer itself as it writes.

use super::model::Certificate;
use super::ornament::Ornaments;
use super::page::{self, HEIGHT, WIDTH};
use super::words;
use crate::kernel::refusal::Result;
use crate::kernel::{Code, Refusal, Timestamp};
use chrono::{Datelike, Timelike};
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::Point;
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::tagging::TagTree;
use krilla::{Document, SerializeSettings};

/// Writes certificates, a page each. The same ones give the same bytes.
///
/// # Errors
/// `internal_error` when there are none, or when they cannot be drawn or written.
pub fn write(certificates: &[Certificate]) -> Result<Vec<u8>> {
    let failed = |reason: &str| Refusal::new(Code::Internal).with("reason", reason);
    let first = certificates.first().ok_or_else(|| failed("no certificate to print"))?;
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| failed("no version of PDF takes both rules"))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let mut tree = TagTree::new().with_lang(Some("ru".into()));
    let mut outline = Outline::new();
    let mut ornaments = None;
    for (index, certificate) in certificates.iter().enumerate() {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| failed("a page without a size"))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        let ornaments = ornaments.get_or_insert_with(|| Ornaments::new(&mut surface));
        tree.push(page::draw(&mut surface, ornaments, certificate)?);
        surface.finish();
        page.finish();
        let top = XyzDestination::new(index, Point::from_xy(0.0, 0.0));
        outline.push_child(OutlineNode::new(certificate.number.clone(), top));
    }
    document.set_outline(outline);
    document.set_tag_tree(tree);
    document.set_metadata(metadata(first, certificates));
    // What went wrong may repeat a name.
    document.finish().map_err(|_| failed("the certificate cannot be written as PDF"))
}

fn metadata(first: &Certificate, certificates: &[Certificate]) -> Metadata {
    let (title, id) = match certificates {
        [_] => (
            format!("{} {}", words::TITLE.russian, first.number),
            format!("{}/{}/{}", first.issuer, first.number, first.credential_version),
        ),
        _ => {
            let last = certificates.last().unwrap_or(first);
            let all = format!("{}–{}", first.number, last.number);
            (format!("{} {all}", words::TITLE_OF_MANY), format!("{}/{all}", first.issuer))
        }
    };
    let newest = certificates.iter().map(|certificate| certificate.issued_at).max().unwrap_or_default();
    Metadata::new()
        .title(title)
        .language("ru".into())
        .authors(vec![first.issuer.clone()])
        .creator("training-vouchers".into())
        .creation_date(written_at(newest))
        .document_id(id)
}

/// The newest signature's instant: a document that says when it was asked for would be another one each time.
fn written_at(instant: Timestamp) -> DateTime {
    let moscow = instant.moscow();
    let part = |number: u32| u8::try_from(number).unwrap_or_default();
    DateTime::new(u16::try_from(moscow.year()).unwrap_or_default())
        .month(part(moscow.month()))
        .day(part(moscow.day()))
        .hour(part(moscow.hour()))
        .minute(part(moscow.minute()))
        .second(part(moscow.second()))
        .utc_offset_hour(3)
        .utc_offset_minute(0)
}
