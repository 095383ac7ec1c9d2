//! The typefaces of the certificate (PT Sans and PT Serif, drawn for the languages of Russia), and lines set in them.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::UnicodeBuffer;
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
}

fn load(file: &'static [u8]) -> Loaded {
    let shaper = rustybuzz::Face::from_slice(file, 0).expect("a typeface of our own can be read");
    let font = Font::new(file.into(), 0).expect("a typeface of our own can be read");
    Loaded { font, shaper }
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
        buffer.guess_segment_properties();
        buffer.set_direction(rustybuzz::Direction::LeftToRight);
        let shaped = rustybuzz::shape(shaper, &[], buffer);
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

    /// How wide it is at a size.
    pub fn width(&self, size: f32) -> f32 {
        self.width * size
    }
}

/// A text broken into lines no wider than `width`. A word that is wider than a line is broken anywhere.
pub fn broken(face: Face, text: &str, size: f32, width: f32) -> Vec<Line> {
    let fits = |text: &str| Line::new(face, text).width(size) <= width;
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for character in word.chars() {
            line.push(character);
            if line.chars().count() > 1 && !fits(&line) {
                line.pop();
                lines.push(std::mem::replace(&mut line, character.to_string()));
            }
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
