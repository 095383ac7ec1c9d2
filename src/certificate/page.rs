//! The page of a certificate: A4, one accent, and room. Sizes are in points, places in millimetres from the upper left.
//!
//! Everything that is read is tagged in the order of reading, everything drawn is an artifact (PDF/UA-1, ISO 14289-1).

use super::model::Certificate;
use super::ornament::Ornaments;
use super::typeface::{Face, Line, broken, fitted};
use super::words::{self, Pair};
use crate::credential::qr::{self, Drawing, QUIET_ZONE, Run};
use crate::kernel::refusal::Result;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Transform};
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, Node, SpanTag, Tag, TagGroup, TagKind,
};
use std::num::NonZeroU16;

pub const WIDTH: f32 = mm(210.0);
pub const HEIGHT: f32 = mm(297.0);

const LEFT: f32 = mm(27.0);
const RIGHT: f32 = WIDTH - LEFT;
const MIDDLE: f32 = WIDTH / 2.0;
const MEASURE: f32 = RIGHT - LEFT;

/// The side of the QR code without its quiet zone. A code of version 14 has modules of 0.88 mm then.
const QR_SIDE: f32 = mm(64.0);
const QR_TOP: f32 = mm(188.0);

pub const fn mm(length: f32) -> f32 {
    length * 72.0 / 25.4
}

/// Colours of the page. In black and white they are dark, grey and light.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Black,
    Text,
    Muted,
    Accent,
    Line,
    Ghost,
    White,
}

impl Ink {
    fn colour(self) -> rgb::Color {
        let [red, green, blue] = match self {
            Self::Black => [0, 0, 0],
            Self::Text => [32, 36, 40],
            Self::Muted => [92, 98, 104],
            Self::Accent => [18, 66, 92],
            Self::Line => [112, 148, 166],
            Self::Ghost => [232, 238, 241],
            Self::White => [255, 255, 255],
        };
        rgb::Color::new(red, green, blue)
    }
}

fn fill(ink: Ink) -> Fill {
    Fill { paint: ink.colour().into(), ..Fill::default() }
}

pub fn stroke(ink: Ink, width: f32) -> Stroke {
    Stroke { paint: ink.colour().into(), width, ..Stroke::default() }
}

/// Where a line stands from its place.
#[derive(Clone, Copy)]
enum Align {
    Left,
    Centre,
}

/// How a line is set.
#[derive(Clone, Copy)]
struct Style {
    face: Face,
    size: f32,
    ink: Ink,
}

const LABEL: Style = Style { face: Face::Sans, size: 8.5, ink: Ink::Accent };
const LABEL_ENGLISH: Style = Style { face: Face::Sans, size: 7.0, ink: Ink::Muted };
const BODY: Style = Style { face: Face::Sans, size: 9.5, ink: Ink::Text };
const ASIDE: Style = Style { face: Face::Sans, size: 7.5, ink: Ink::Muted };
const SMALL: Style = Style { face: Face::Sans, size: 6.5, ink: Ink::Muted };

struct Pen<'p, 'd>(&'p mut Surface<'d>);

impl Pen<'_, '_> {
    /// Draws what is only looked at.
    fn artifact(&mut self, draw: impl FnOnce(&mut Surface<'_>)) {
        self.0.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        draw(self.0);
        self.0.end_tagged();
        self.0.set_fill(None);
        self.0.set_stroke(None);
    }

    fn glyphs(&mut self, line: &Line, x: f32, y: f32, size: f32, ink: Ink, outlined: bool) {
        self.0.set_stroke(None);
        self.0.set_fill(Some(fill(ink)));
        self.0.draw_glyphs(Point::from_xy(x, y), &line.glyphs, line.face.font(), &line.text, size, outlined);
        self.0.set_fill(None);
    }

    fn line(
        &mut self,
        line: &Line,
        (x, y): (f32, f32),
        align: Align,
        style: Style,
        tag: SpanTag<'_>,
    ) -> Node {
        let x = match align {
            Align::Left => x,
            Align::Centre => x - line.width(style.size) / 2.0,
        };
        let identifier: Identifier = self.0.start_tagged(ContentTag::Span(tag));
        self.glyphs(line, x, y, style.size, style.ink, false);
        self.0.end_tagged();
        identifier.into()
    }

    fn text(&mut self, text: &str, at: (f32, f32), align: Align, style: Style) -> Node {
        self.line(&Line::new(style.face, text), at, align, style, SpanTag::empty())
    }

    fn english(&mut self, text: &str, at: (f32, f32), align: Align, style: Style) -> Node {
        self.line(&Line::new(style.face, text), at, align, style, SpanTag::empty().with_lang(Some("en")))
    }

    /// Lines one under the other; gives the baseline of the last.
    fn block(&mut self, lines: &[Line], (x, y): (f32, f32), align: Align, style: Style) -> (Vec<Node>, f32) {
        let leading = style.size * 1.24;
        let mut nodes = Vec::new();
        let mut baseline = y;
        for (index, line) in lines.iter().enumerate() {
            baseline = y + index as f32 * leading;
            nodes.push(self.line(line, (x, baseline), align, style, SpanTag::empty()));
        }
        (nodes, baseline)
    }

    /// A heading in Russian with the English one beside it.
    fn label(&mut self, pair: Pair, (x, y): (f32, f32), align: Align) -> Vec<Node> {
        let gap = mm(1.5);
        let russian = Line::new(LABEL.face, pair.russian);
        let english = Line::new(LABEL_ENGLISH.face, pair.english);
        let whole = russian.width(LABEL.size) + gap + english.width(LABEL_ENGLISH.size);
        let x = match align {
            Align::Left => x,
            Align::Centre => x - whole / 2.0,
        };
        let beside = x + russian.width(LABEL.size) + gap;
        vec![
            self.line(&russian, (x, y), Align::Left, LABEL, SpanTag::empty()),
            self.line(
                &english,
                (beside, y),
                Align::Left,
                LABEL_ENGLISH,
                SpanTag::empty().with_lang(Some("en")),
            ),
        ]
    }

    fn rule(&mut self, x: f32, y: f32, length: f32) {
        self.artifact(|surface| {
            let mut path = PathBuilder::new();
            path.move_to(x, y);
            path.line_to(x + length, y);
            if let Some(path) = path.finish() {
                surface.set_stroke(Some(stroke(Ink::Line, 0.5)));
                surface.draw_path(&path);
            }
        });
    }
}

fn group(tag: impl Into<TagKind>, children: Vec<Node>) -> Node {
    TagGroup::with_children(tag, children).into()
}

fn paragraph(children: Vec<Node>) -> Node {
    group(Tag::P, children)
}

fn heading(level: u16, title: &str, children: Vec<Node>) -> Node {
    let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
    group(Tag::Hn(level, Some(title.to_owned())), children)
}

/// Draws a certificate; gives its part of the document's structure.
///
/// # Errors
/// Those of [`qr::drawing`].
pub fn draw(surface: &mut Surface<'_>, ornaments: &Ornaments, certificate: &Certificate) -> Result<TagGroup> {
    let code = qr::drawing(&certificate.credential)?;
    let mut pen = Pen(surface);
    ground(&mut pen, ornaments, certificate);
    let mut nodes = head(&mut pen, certificate);
    nodes.extend(holder(&mut pen, certificate));
    nodes.extend(course(&mut pen, certificate));
    nodes.extend(figures(&mut pen, certificate));
    nodes.extend(advice(&mut pen, certificate));
    nodes.push(picture(&mut pen, &code, certificate));
    nodes.extend(small_print(&mut pen, certificate));
    Ok(TagGroup::with_children(Tag::Part, nodes))
}

/// Frame and emblem, and the mark of a specimen right across.
fn ground(pen: &mut Pen<'_, '_>, ornaments: &Ornaments, certificate: &Certificate) {
    if certificate.names.illustrative {
        let mark = Line::spaced(Face::SansBold, words::SPECIMEN.russian, 0.08);
        let size = mm(150.0) / mark.width(1.0);
        pen.0.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Watermark)));
        pen.0.push_transform(&Transform::from_rotate_at(-52.0, MIDDLE, HEIGHT / 2.0));
        // As outlines: it is no text.
        let (x, y) = (MIDDLE - mark.width(size) / 2.0, HEIGHT / 2.0 + size * 0.35);
        pen.glyphs(&mark, x, y, size, Ink::Ghost, true);
        pen.0.pop();
        pen.0.end_tagged();
    }
    pen.artifact(|surface| {
        ornaments.frame(surface, WIDTH, HEIGHT);
        ornaments.emblem(surface, MIDDLE, mm(36.0));
    });
}

fn head(pen: &mut Pen<'_, '_>, certificate: &Certificate) -> Vec<Node> {
    let year = Style { face: Face::SansBold, size: 9.0, ink: Ink::Accent };
    let year = pen.text(&certificate.names.year.to_string(), (MIDDLE, mm(37.1)), Align::Centre, year);
    let (size, lines) = fitted(Face::Serif, words::TITLE.russian, &[27.0, 24.0], MEASURE, 1);
    let title = Style { face: Face::Serif, size, ink: Ink::Accent };
    let (title, _) = pen.block(&lines, (MIDDLE, mm(59.0)), Align::Centre, title);
    let english = Style { face: Face::Sans, size: 10.5, ink: Ink::Muted };
    let english = pen.english(words::TITLE.english, (MIDDLE, mm(65.5)), Align::Centre, english);
    let mut nodes = vec![heading(1, words::TITLE.russian, title), paragraph(vec![english])];
    if certificate.names.illustrative {
        let style = Style { face: Face::SansBold, size: 8.0, ink: Ink::Accent };
        let text = format!("{}  ·  {}", words::SPECIMEN.russian, words::SPECIMEN.english);
        let line = Line::spaced(style.face, &text, 0.05);
        let half = line.width(style.size) / 2.0 + mm(3.0);
        pen.artifact(|surface| {
            let frame = Rect::from_xywh(MIDDLE - half, mm(70.2), 2.0 * half, mm(5.6));
            let mut path = PathBuilder::new();
            frame.into_iter().for_each(|frame| path.push_rect(frame));
            if let Some(path) = path.finish() {
                surface.set_stroke(Some(stroke(Ink::Accent, 0.6)));
                surface.draw_path(&path);
            }
        });
        let mark = pen.line(&line, (MIDDLE, mm(74.0)), Align::Centre, style, SpanTag::empty());
        nodes.push(paragraph(vec![mark]));
    }
    nodes.push(number(pen, &certificate.number, mm(87.0)));
    nodes.push(paragraph(vec![year]));
    nodes
}

/// The number in groups that are read aloud one by one; copied, it is one word.
fn number(pen: &mut Pen<'_, '_>, number: &str, y: f32) -> Node {
    let style = Style { face: Face::SansBold, size: 22.0, ink: Ink::Text };
    let sign = Line::new(style.face, "№");
    let bytes = number.as_bytes();
    let room = |at: usize| match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b'-'), Some(_)) | (Some(_), Some(b'-')) => 0.2,
        // The serial's last four digits stand together.
        (Some(_), Some(_)) if bytes.len() - at == 7 => 0.2,
        _ => 0.0,
    };
    let line = Line::spaced(style.face, number, 0.03).roomier(room);
    let gap = mm(2.6);
    let x = MIDDLE - (sign.width(style.size) + gap + line.width(style.size)) / 2.0;
    let sign_style = Style { ink: Ink::Line, ..style };
    let after = x + sign.width(style.size) + gap;
    paragraph(vec![
        pen.line(&sign, (x, y), Align::Left, sign_style, SpanTag::empty()),
        pen.line(&line, (after, y), Align::Left, style, SpanTag::empty().with_actual_text(Some(number))),
    ])
}

fn holder(pen: &mut Pen<'_, '_>, certificate: &Certificate) -> Vec<Node> {
    let label = pen.label(words::HOLDER, (MIDDLE, mm(100.5)), Align::Centre);
    let (size, lines) = fitted(Face::Serif, &certificate.holder, &[24.0, 20.0, 16.0, 12.0], MEASURE, 1);
    let (name, _) = pen.block(
        &lines,
        (MIDDLE, mm(110.0)),
        Align::Centre,
        Style { face: Face::Serif, size, ink: Ink::Text },
    );
    let (size, lines) = fitted(Face::Sans, &certificate.names.agency, &[10.5, 9.5, 8.5], mm(140.0), 2);
    let (agency, _) = pen.block(
        &lines,
        (MIDDLE, mm(116.5)),
        Align::Centre,
        Style { face: Face::Sans, size, ink: Ink::Text },
    );
    vec![paragraph(label), paragraph(name), paragraph(agency)]
}

fn course(pen: &mut Pen<'_, '_>, certificate: &Certificate) -> Vec<Node> {
    let label = pen.label(words::PROGRAMME, (MIDDLE, mm(130.0)), Align::Centre);
    let programme = format!("«{}»", certificate.names.programme.trim_matches(['«', '»', '"']));
    let (size, lines) = fitted(Face::Serif, &programme, &[16.0, 13.5, 11.5], mm(150.0), 2);
    let style = Style { face: Face::Serif, size, ink: Ink::Text };
    let (name, below) = pen.block(&lines, (MIDDLE, mm(138.0)), Align::Centre, style);
    let (size, lines) = fitted(Face::Sans, &certificate.names.university, &[10.5, 9.5, 8.5], mm(140.0), 2);
    let style = Style { face: Face::Sans, size, ink: Ink::Text };
    let (university, _) = pen.block(&lines, (MIDDLE, below + mm(6.5)), Align::Centre, style);
    vec![paragraph(label), paragraph(name), paragraph(university)]
}

/// Hours, face value and validity between two rules.
fn figures(pen: &mut Pen<'_, '_>, certificate: &Certificate) -> Vec<Node> {
    let (top, bottom) = (mm(160.0), mm(178.0));
    pen.rule(LEFT, top, MEASURE);
    pen.rule(LEFT, bottom, MEASURE);
    let cells = [
        (words::HOURS, words::hours(certificate.hours), LEFT, mm(34.0)),
        (words::FACE_VALUE, certificate.face_value.to_string(), LEFT + mm(34.0), mm(42.0)),
        (
            words::VALIDITY,
            format!("по {} включительно", words::day(certificate.valid_until)),
            LEFT + mm(76.0),
            mm(80.0),
        ),
    ];
    let mut nodes = Vec::new();
    for (label, text, left, width) in cells {
        let x = left + width / 2.0;
        nodes.push(paragraph(pen.label(label, (x, top + mm(6.3)), Align::Centre)));
        let (size, lines) = fitted(Face::Serif, &text, &[13.0, 11.0, 9.0], width, 1);
        let style = Style { face: Face::Serif, size, ink: Ink::Text };
        nodes.push(paragraph(pen.block(&lines, (x, top + mm(13.2)), Align::Centre, style).0));
    }
    nodes
}

/// What to bring and do, and how to check.
fn advice(pen: &mut Pen<'_, '_>, certificate: &Certificate) -> Vec<Node> {
    let measure = RIGHT - QR_SIDE - mm(8.0) - LEFT;
    let indent = mm(7.0);
    let mut y = QR_TOP + mm(2.4);
    let label = pen.label(words::STEPS, (LEFT, y), Align::Left);
    let mut nodes = vec![heading(2, words::STEPS.russian, label)];
    y += mm(7.0);
    let mut steps = Vec::new();
    for (index, step) in words::STEP.iter().enumerate() {
        let digit = Style { face: Face::Serif, size: 15.0, ink: Ink::Accent };
        let digit = pen.text(&(index + 1).to_string(), (LEFT, y + mm(0.8)), Align::Left, digit);
        let lines = broken(BODY.face, step.russian, BODY.size, measure - indent);
        let (mut body, below) = pen.block(&lines, (LEFT + indent, y), Align::Left, BODY);
        body.push(pen.english(step.english, (LEFT + indent, below + mm(3.6)), Align::Left, ASIDE));
        steps.push(group(Tag::LI, vec![group(Tag::Lbl, vec![digit]), group(Tag::LBody, body)]));
        y = below + mm(10.2);
    }
    nodes.push(group(Tag::L(ListNumbering::Decimal), steps));
    y += mm(1.0);
    nodes.push(heading(2, words::CHECK.russian, pen.label(words::CHECK, (LEFT, y), Align::Left)));
    let lines = broken(BODY.face, words::SIGNED.russian, BODY.size, measure);
    let (signed, below) = pen.block(&lines, (LEFT, y + mm(5.6)), Align::Left, BODY);
    let aside = pen.english(words::SIGNED.english, (LEFT, below + mm(3.6)), Align::Left, ASIDE);
    let address = format!("https://{}/.well-known/jwks.json", certificate.issuer);
    let style = Style { face: Face::SansBold, size: 8.5, ink: Ink::Accent };
    let (size, lines) = fitted(style.face, &address, &[8.5, 7.5, 6.5], measure, 1);
    let (address, _) = pen.block(&lines, (LEFT, below + mm(9.0)), Align::Left, Style { size, ..style });
    nodes.extend([paragraph(signed), paragraph(vec![aside]), paragraph(address)]);
    nodes
}

/// The code on white, whatever lies under it, with its quiet zone.
fn picture(pen: &mut Pen<'_, '_>, code: &Drawing, certificate: &Certificate) -> Node {
    let module = QR_SIDE / code.width as f32;
    let (left, quiet) = (RIGHT - QR_SIDE, QUIET_ZONE as f32 * module);
    pen.artifact(|surface| {
        let mut path = PathBuilder::new();
        let whole = QR_SIDE + 2.0 * quiet;
        Rect::from_xywh(left - quiet, QR_TOP - quiet, whole, whole)
            .into_iter()
            .for_each(|r| path.push_rect(r));
        if let Some(path) = path.finish() {
            surface.set_fill(Some(fill(Ink::White)));
            surface.draw_path(&path);
        }
    });
    let identifier = pen.0.start_tagged(ContentTag::Other);
    pen.0.push_transform(&Transform::from_row(module, 0.0, 0.0, module, left, QR_TOP));
    let mut path = PathBuilder::new();
    for Run { x, y, length } in &code.runs {
        let run = Rect::from_xywh(*x as f32, *y as f32, *length as f32, 1.0);
        run.into_iter().for_each(|run| path.push_rect(run));
    }
    if let Some(path) = path.finish() {
        pen.0.set_fill(Some(fill(Ink::Black)));
        pen.0.draw_path(&path);
        pen.0.set_fill(None);
    }
    pen.0.pop();
    pen.0.end_tagged();
    let alternative = format!("{} {}", words::QR, certificate.number);
    let figure = group(Tag::Figure(Some(alternative)), vec![identifier.into()]);
    let caption = Style { face: Face::Sans, size: 7.5, ink: Ink::Muted };
    let x = left + QR_SIDE / 2.0;
    let caption =
        pen.text(&certificate.number, (x, QR_TOP + QR_SIDE + quiet + mm(1.6)), Align::Centre, caption);
    group(Tag::Div, vec![figure, group(Tag::Caption, vec![caption])])
}

fn small_print(pen: &mut Pen<'_, '_>, certificate: &Certificate) -> Vec<Node> {
    let y = mm(274.5);
    let Certificate { credential_version, kid, issuer, .. } = certificate;
    let russian = format!(
        "Выдан {} · версия {credential_version} · издатель {issuer} · ключ {kid}",
        words::day(certificate.issued_at.date()),
    );
    let english = format!("Issued on {} · version {credential_version}", certificate.issued_at.date());
    vec![
        paragraph(vec![pen.text(&russian, (MIDDLE, y), Align::Centre, SMALL)]),
        paragraph(vec![pen.english(&english, (MIDDLE, y + mm(2.9)), Align::Centre, SMALL)]),
    ]
}
