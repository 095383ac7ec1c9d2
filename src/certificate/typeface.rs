//! The typefaces of the certificate (PT Sans and PT Serif, drawn for the languages of Russia), and lines set in them.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, ShapePlan, UnicodeBuffer, script};
use std::sync::LazyLock;

/// A typeface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Face {
    Sans,
    SansBold,
    Serif,
}

struct Loaded {
    font: Font,
    shaper: rustybuzz::Face<'static>,
    /// Made once: it costs more than a line.
    plan: ShapePlan,
}

fn load(file: &'static [u8]) -> Loaded {
    let shaper = rustybuzz::Face::from_slice(file, 0).expect("a typeface of our own can be read");
    let font = Font::new(file.into(), 0).expect("a typeface of our own can be read");
    let plan = ShapePlan::new(&shaper, Direction::LeftToRight, Some(script::CYRILLIC), None, &[]);
    Loaded { font, shaper, plan }
}

static LOADED: LazyLock<[Loaded; 3]> = LazyLock::new(|| {
    [
        load(include_bytes!("fonts/PTS55F.ttf")),
        load(include_bytes!("fonts/PTS75F.ttf")),
        load(include_bytes!("fonts/PTF55F.ttf")),
    ]
});

impl Face {
    fn loaded(self) -> &'static Loaded {
        &LOADED[self as usize]
    }

    pub fn font(self) -> Font {
        self.loaded().font.clone()
    }

    /// The text with nothing in it that the face cannot draw: names may be written in any letters.
    fn drawable(self, text: &str) -> String {
        let known = |c: char| self.loaded().shaper.glyph_index(c).is_some();
        text.chars().filter(|c| !c.is_control()).map(|c| if known(c) { c } else { '?' }).collect()
    }
}

/// A line of text, shaped. Its measures are in ems.
#[derive(Clone)]
pub struct Line {
    pub face: Face,
    pub text: String,
    pub glyphs: Vec<KrillaGlyph>,
    width: f32,
}

impl Line {
    pub fn new(face: Face, text: &str) -> Self {
        Self::spaced(face, text, 0.0)
    }

    /// With `space` more between its characters.
    pub fn spaced(face: Face, text: &str, space: f32) -> Self {
        let text = face.drawable(text);
        let shaper = &face.loaded().shaper;
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&text);
        buffer.set_direction(Direction::LeftToRight);
        buffer.set_script(script::CYRILLIC);
        let shaped = rustybuzz::shape_with_plan(shaper, &face.loaded().plan, buffer);
        let em = shaper.units_per_em() as f32;
        let infos = shaped.glyph_infos();
        let mut width = 0.0;
        let mut glyphs = Vec::with_capacity(infos.len());
        for (index, (info, position)) in infos.iter().zip(shaped.glyph_positions()).enumerate() {
            let start = info.cluster as usize;
            let later = infos[index..].iter().map(|next| next.cluster as usize).find(|next| *next > start);
            let advance = position.x_advance as f32 / em + space;
            width += advance;
            glyphs.push(KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                advance,
                position.x_offset as f32 / em,
                position.y_offset as f32 / em,
                0.0,
                start..later.unwrap_or(text.len()),
                None,
            ));
        }
        Self { face, text, glyphs, width: (width - space).max(0.0) }
    }

    /// More room behind some characters, told by their place in the text. Copied, the text is still one word.
    pub fn roomier(mut self, room: impl Fn(usize) -> f32) -> Self {
        for glyph in &mut self.glyphs {
            let more = room(glyph.text_range.start);
            glyph.x_advance += more;
            self.width += more;
        }
        self
    }

    /// How wide it is at a size.
    pub fn width(&self, size: f32) -> f32 {
        self.width * size
    }
}

/// A text broken into lines no wider than `width`. A word that is wider than a line is broken anywhere.
pub fn broken(face: Face, text: &str, size: f32, width: f32) -> Vec<Line> {
    let wide = |text: &str| Line::new(face, text).width(size);
    let space = wide(" ");
    let mut lines = Vec::new();
    let (mut line, mut length) = (String::new(), 0.0);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let more = wide(word);
        if !line.is_empty() && length + space + more <= width {
            line = format!("{line} {word}");
            length += space + more;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        (line, length) = (word.to_owned(), more);
        while length > width && line.chars().count() > 1 {
            let fitting =
                (1..line.chars().count()).rev().map(|count| line.chars().take(count).collect::<String>());
            let Some(part) =
                fitting.into_iter().find(|part| wide(part) <= width || part.chars().count() == 1)
            else {
                break;
            };
            line = line[part.len()..].to_owned();
            length = wide(&line);
            lines.push(part);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines.iter().map(|line| Line::new(face, line)).collect()
}

/// A text set at the largest of `sizes` at which it takes no more than `most` lines. One that is too long at the
/// smallest is cut, and marked so.
pub fn fitted(face: Face, text: &str, sizes: &[f32], width: f32, most: usize) -> (f32, Vec<Line>) {
    let mut smallest = (0.0, Vec::new());
    for size in sizes {
        smallest = (*size, broken(face, text, *size, width));
        if smallest.1.len() <= most {
            return smallest;
        }
    }
    let (size, mut lines) = smallest;
    lines.truncate(most);
    if let Some(last) = lines.last_mut() {
        let mut text = last.text.clone();
        while !text.is_empty() && Line::new(face, &format!("{text}…")).width(size) > width {
            text.pop();
        }
        *last = Line::new(face, &format!("{}…", text.trim_end()));
    }
    (size, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[Line]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_anywhere() {
        let lines = broken(Face::Sans, "Администрация города Пскова", 10.0, 80.0);
        assert_eq!(texts(&lines), ["Администрация", "города Пскова"]);
        let lines = broken(Face::Sans, &"Щ".repeat(30), 10.0, 80.0);
        assert!(lines.len() > 2 && lines.iter().all(|line| line.width(10.0) <= 80.0));
        assert_eq!(lines.iter().map(|line| line.text.chars().count()).sum::<usize>(), 30);
    }

    #[test]
    fn what_does_not_fit_is_set_smaller_and_at_last_cut() {
        let text = "Переквалификация органов госвласти";
        let (size, lines) = fitted(Face::Serif, text, &[15.0, 12.0, 9.0], 160.0, 1);
        assert_eq!((size, lines.len()), (9.0, 1));
        let (_, lines) = fitted(Face::Serif, text, &[15.0], 160.0, 1);
        assert_eq!(texts(&lines), ["Переквалификация…"]);
        assert!(lines[0].width(15.0) <= 160.0);
    }

    #[test]
    fn letters_that_the_face_has_not_are_marked() {
        assert_eq!(Line::new(Face::Sans, "Йо\u{301}ж \u{4e2d}\u{7}").text.chars().last(), Some('?'));
        assert_eq!(Line::new(Face::Serif, "₽ № «ё» — \u{a0}").text, "₽ № «ё» — \u{a0}");
    }
}
