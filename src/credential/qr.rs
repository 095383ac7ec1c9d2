//! QR pictures of a credential's text, and reading them back.
//!
//! Alphanumeric mode, error correction M, quiet zone of 4 modules (ISO/IEC 18004). Encoding takes about
//! 2 ms: pictures are made when asked for, never while issuing.

use super::text::MAX_WRITTEN;
use crate::kernel::{Code, Refusal, refusal::Result};
use image::{ImageDecoder, ImageFormat, ImageReader, Limits};
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;
use std::io::Cursor;

/// White modules on every side.
pub const QUIET_ZONE: usize = 4;
const TITLE: &str = "Цифровой сертификат на обучение";

/// The largest picture we read, in pixels a side and bytes decoded: a phone's photograph, not a bomb.
const MAX_SIDE: u32 = 8_192;
const MAX_DECODED: u64 = 128 << 20;

/// A code as whoever draws with vectors needs it: modules a side, and where they are dark.
pub struct Drawing {
    pub width: usize,
    pub runs: Vec<Run>,
}

/// Dark modules side by side in a row; the quiet zone is not counted.
pub struct Run {
    pub x: usize,
    pub y: usize,
    pub length: usize,
}

/// Square of modules, row by row, without the quiet zone; `true` is dark.
struct Modules {
    width: usize,
    dark: Vec<bool>,
}

fn modules(text: &str) -> Result<Modules> {
    let alphanumeric = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || " $%*+-./:".contains(c);
    if text.is_empty() || text.len() > MAX_WRITTEN || !text.chars().all(alphanumeric) {
        return Err(Refusal::field("text", "1 to 512 characters of QR alphanumeric mode"));
    }
    encode(text)
}

/// The one place that knows the QR encoder.
fn encode(text: &str) -> Result<Modules> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|error| Refusal::field("text", error.to_string()))?;
    let width = code.width();
    Ok(Modules { width, dark: code.into_colors().into_iter().map(|color| color == Color::Dark).collect() })
}

/// The code as runs of dark modules, for whoever draws it into something larger.
///
/// # Errors
/// `invalid_field` for text over 512 characters or outside alphanumeric mode.
pub fn drawing(text: &str) -> Result<Drawing> {
    Ok(runs(modules(text)?))
}

fn runs(Modules { width, dark }: Modules) -> Drawing {
    let mut runs = Vec::new();
    for (y, row) in dark.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] {
                runs.push(Run { x, y, length: run.len() });
            }
            x += run.len();
        }
    }
    Drawing { width, runs }
}

/// The picture as SVG: one path, one unit per module, scales to any size.
///
/// # Errors
/// `invalid_field` for text over 512 characters or outside alphanumeric mode.
pub fn svg(text: &str) -> Result<String> {
    Ok(draw(&drawing(text)?, TITLE))
}

/// The picture of an address, which may have any characters, for a page: what it is called is what is read out.
///
/// # Errors
/// `invalid_field` for an address too long for a QR code.
pub fn svg_of_address(address: &str, title: &str) -> Result<String> {
    Ok(draw(&runs(encode(address)?), title))
}

fn draw(drawing: &Drawing, title: &str) -> String {
    let Drawing { width, runs } = drawing;
    let side = width + 2 * QUIET_ZONE;
    let mut path = String::new();
    for Run { x, y, length } in runs {
        // Writing to a String cannot fail.
        let _ = write!(path, "M{} {}h{length}v1h-{length}z", x + QUIET_ZONE, y + QUIET_ZONE);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" \
         shape-rendering=\"crispEdges\"><title>{title}</title><rect width=\"100%\" height=\"100%\" \
         fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>\n"
    )
}

/// The picture as PNG of one bit a pixel, each module a square of `pixels_per_module` (1 to 32).
///
/// # Errors
/// `invalid_field`, as for [`svg`] or for the scale.
pub fn png(text: &str, pixels_per_module: u8) -> Result<Vec<u8>> {
    let scale = match pixels_per_module {
        1..=32 => usize::from(pixels_per_module),
        _ => return Err(Refusal::field("pixels_per_module", "1 to 32")),
    };
    let Modules { width, dark } = modules(text)?;
    let side = (width + 2 * QUIET_ZONE) * scale;
    let row_bytes = side.div_ceil(8);
    let mut pixels = vec![0xff; row_bytes * side];
    for (y, row) in pixels.chunks_mut(row_bytes).enumerate() {
        for x in 0..side {
            let module = |at: usize| (at / scale).checked_sub(QUIET_ZONE).filter(|&m| m < width);
            if let (Some(mx), Some(my)) = (module(x), module(y))
                && dark[my * width + mx]
            {
                row[x / 8] &= !(0x80 >> (x % 8));
            }
        }
    }
    write_png(side, &pixels)
}

fn write_png(side: usize, pixels: &[u8]) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    let pixels_a_side = u32::try_from(side).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(&mut file, pixels_a_side, pixels_a_side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(pixels))
        .map_err(|error| Refusal::new(Code::Internal).with("reason", error.to_string()))?;
    Ok(file)
}

/// The texts of all QR codes in a PNG picture; at least one.
///
/// # Errors
/// `malformed_file` with `reason` `not_png`, `picture_too_large` or `no_qr_code`.
pub fn read(picture: &[u8]) -> Result<Vec<String>> {
    let refusal = |reason: &str| Refusal::new(Code::MalformedFile).with("reason", reason);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED);
    let mut reader = ImageReader::with_format(Cursor::new(picture), ImageFormat::Png);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(|error| refusal(why(&error)))?;
    // The decoder bounds its own buffers; the picture's own is bounded here.
    if decoder.total_bytes() > MAX_DECODED {
        return Err(refusal("picture_too_large"));
    }
    decoder.set_limits(limits).map_err(|error| refusal(why(&error)))?;
    let grey = image::DynamicImage::from_decoder(decoder).map_err(|error| refusal(why(&error)))?.into_luma8();
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let pixels = grey.as_raw();
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let texts: Vec<_> =
        prepared.detect_grids().iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect();
    if texts.is_empty() { Err(refusal("no_qr_code")) } else { Ok(texts) }
}

fn why(error: &image::ImageError) -> &'static str {
    match error {
        image::ImageError::Limits(_) => "picture_too_large",
        _ => "not_png",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "TV1:QED8WEX0";

    #[test]
    fn an_svg_is_one_path_of_the_dark_modules() {
        let svg = svg(TEXT).unwrap();
        assert_eq!(svg.matches("<path").count(), 1);
        assert!(svg.contains("viewBox=\"0 0 29 29\""), "version 1 and the quiet zone: {svg}");
        assert!(svg.contains("<title>Цифровой сертификат на обучение</title>"));
        let Modules { width, dark } = modules(TEXT).unwrap();
        let mut drawn = vec![false; dark.len()];
        let path = svg.split_once("d=\"M").unwrap().1.split_once("z\"").unwrap().0;
        for run in path.split("zM") {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let length: usize = rest.split_once("v1h-").unwrap().0.parse().unwrap();
            let [x, y] = [x, y].map(|text| text.parse::<usize>().unwrap() - QUIET_ZONE);
            drawn[y * width + x..][..length].fill(true);
        }
        assert_eq!(drawn, dark);
    }

    #[test]
    fn a_picture_reads_back() {
        for scale in [2, 5, 8] {
            assert_eq!(read(&png(TEXT, scale).unwrap()).unwrap(), [TEXT]);
        }
    }

    #[test]
    fn text_that_does_not_fit_is_refused() {
        assert!(png(&"A".repeat(512), 1).is_ok());
        for text in ["", "lower", "Ж", &"A".repeat(513)] {
            assert_eq!(svg(text).unwrap_err().code, Code::InvalidField);
        }
        assert_eq!(png(TEXT, 0).unwrap_err().code, Code::InvalidField);
    }

    #[test]
    fn pictures_that_cannot_be_read_are_refused() {
        let reason = |picture: &[u8]| read(picture).unwrap_err().facts["reason"].clone();
        assert_eq!(reason(b"no picture"), "not_png");
        let picture = png(TEXT, 4).unwrap();
        assert_eq!(reason(&picture[..picture.len() / 2]), "not_png");
        assert_eq!(reason(&write_png(64, &[0xff; 8 * 64]).unwrap()), "no_qr_code");
        let side = 9_000;
        assert_eq!(reason(&write_png(side, &vec![0; side.div_ceil(8) * side]).unwrap()), "picture_too_large");
    }
}
