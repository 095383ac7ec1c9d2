//! The guilloche of the certificate: bands of waves and rosettes, drawn by formula. A photocopier blurs such lines, and
//! they look well in one ink.

use super::page::{Ink, mm, stroke};
use krilla::geom::{Path, PathBuilder, Transform};
use krilla::graphic::Graphic;
use krilla::surface::Surface;
use std::f32::consts::TAU;

/// The piece that the band is made of: its length, and half its height.
const PIECE: f32 = mm(13.6);
const AMPLITUDE: f32 = mm(2.3);

const CORNER: f32 = mm(4.3);
const EMBLEM: f32 = mm(9.5);

/// How far the middle of the band stands from the edges of the sheet.
const INSET: f32 = mm(12.5);

/// Drawn once for a document and placed on every page.
#[derive(Clone)]
pub struct Ornaments {
    piece: Graphic,
    corner: Graphic,
    emblem: Graphic,
}

impl Ornaments {
    pub fn new(surface: &mut Surface<'_>) -> Self {
        Self {
            piece: graphic(surface, 0.32, piece()),
            corner: graphic(surface, 0.32, corner()),
            emblem: graphic(surface, 0.3, emblem()),
        }
    }

    /// The frame of a page of this size.
    pub fn frame(&self, surface: &mut Surface<'_>, width: f32, height: f32) {
        let (right, bottom) = (width - INSET, height - INSET);
        let sides = [
            (INSET, INSET, 0.0, width - 2.0 * INSET),
            (right, INSET, 90.0, height - 2.0 * INSET),
            (right, bottom, 180.0, width - 2.0 * INSET),
            (INSET, bottom, 270.0, height - 2.0 * INSET),
        ];
        for (x, y, turn, length) in sides {
            let band = length - 2.0 * CORNER;
            let pieces = (band / PIECE).round().max(1.0);
            let stretch = band / (pieces * PIECE);
            surface.push_transform(&Transform::from_translate(x, y));
            surface.push_transform(&Transform::from_rotate(turn));
            surface.draw_graphic(self.corner.clone());
            rules(surface, CORNER, CORNER + band);
            surface.push_transform(&Transform::from_row(stretch, 0.0, 0.0, 1.0, CORNER, 0.0));
            for index in 0..pieces as usize {
                surface.push_transform(&Transform::from_translate(index as f32 * PIECE, 0.0));
                surface.draw_graphic(self.piece.clone());
                surface.pop();
            }
            surface.pop();
            surface.pop();
            surface.pop();
        }
    }

    /// The rosette at the head of the page, around a point.
    pub fn emblem(&self, surface: &mut Surface<'_>, x: f32, y: f32) {
        surface.push_transform(&Transform::from_translate(x, y));
        surface.draw_graphic(self.emblem.clone());
        surface.pop();
    }
}

fn graphic(surface: &mut Surface<'_>, width: f32, path: Option<Path>) -> Graphic {
    let mut builder = surface.stream_builder();
    let mut drawing = builder.surface();
    if let Some(path) = path {
        drawing.set_stroke(Some(stroke(Ink::Line, width)));
        drawing.draw_path(&path);
    }
    drawing.finish();
    Graphic::new(builder.finish(), false)
}

/// Two thin lines on either side of a band.
fn rules(surface: &mut Surface<'_>, from: f32, to: f32) {
    let mut path = PathBuilder::new();
    for y in [-1.32, -1.16, 1.16, 1.32].map(|part| hundredths(part * AMPLITUDE)) {
        path.move_to(hundredths(from), y);
        path.line_to(hundredths(to), y);
    }
    if let Some(path) = path.finish() {
        surface.set_stroke(Some(stroke(Ink::Line, 0.32)));
        surface.draw_path(&path);
    }
}

/// Two families of waves, one twice as fast as the other.
fn piece() -> Option<Path> {
    let mut path = PathBuilder::new();
    for (strands, waves, height) in [(6, 1.0, 1.0), (4, 2.0, 0.55)] {
        for strand in 0..strands {
            let phase = TAU * strand as f32 / strands as f32;
            let wave = |t: f32| (PIECE * t, AMPLITUDE * height * (TAU * waves * t + phase).sin());
            curve(&mut path, 8, wave);
        }
    }
    path.finish()
}

fn corner() -> Option<Path> {
    let mut path = PathBuilder::new();
    ring(&mut path, CORNER, 0.66, 0.30, 8, 5);
    ring(&mut path, CORNER, 0.26, 0.16, 6, 3);
    path.finish()
}

fn emblem() -> Option<Path> {
    let mut path = PathBuilder::new();
    ring(&mut path, EMBLEM, 0.86, 0.14, 24, 4);
    ring(&mut path, EMBLEM, 0.66, 0.16, 12, 6);
    ring(&mut path, EMBLEM, 0.47, 0.05, 24, 2);
    path.finish()
}

/// A ring of waves: `strands` closed lines that swing `lobes` times around a circle.
fn ring(path: &mut PathBuilder, radius: f32, middle: f32, swing: f32, lobes: u8, strands: u8) {
    for strand in 0..strands {
        let phase = TAU * f32::from(strand) / f32::from(strands);
        let point = |t: f32| {
            let angle = TAU * t;
            let distance = radius * (middle + swing * (f32::from(lobes) * angle + phase).sin());
            (distance * angle.cos(), distance * angle.sin())
        };
        curve(path, usize::from(lobes) * 4, point);
        path.close();
    }
}

/// A smooth curve through points of `at`, from 0 to 1: cubic pieces with its own slopes.
fn curve(path: &mut PathBuilder, pieces: usize, at: impl Fn(f32) -> (f32, f32)) {
    const NEAR: f32 = 1e-3;
    let step = 1.0 / pieces as f32;
    let slope = |t: f32| {
        let ((x, y), (x2, y2)) = (at(t - NEAR), at(t + NEAR));
        ((x2 - x) / (2.0 * NEAR) * step / 3.0, (y2 - y) / (2.0 * NEAR) * step / 3.0)
    };
    let (x, y) = at(0.0);
    path.move_to(hundredths(x), hundredths(y));
    for piece in 0..pieces {
        let (from, to) = (piece as f32 * step, (piece + 1) as f32 * step);
        let ((x1, y1), (x2, y2)) = (at(from), at(to));
        let ((dx1, dy1), (dx2, dy2)) = (slope(from), slope(to));
        let [x1, y1, x2, y2, x, y] = [x1 + dx1, y1 + dy1, x2 - dx2, y2 - dy2, x2, y2].map(hundredths);
        path.cubic_to(x1, y1, x2, y2, x, y);
    }
}

/// Short numbers make short files, and the same ones on every machine.
fn hundredths(number: f32) -> f32 {
    (number * 100.0).round() / 100.0
}
