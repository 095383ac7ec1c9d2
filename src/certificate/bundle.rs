//! Many certificates as a ZIP (APPNOTE 6.3), written file by file: what is in memory is one certificate and the list of
//! their names. PDFs are compressed inside already and are stored as they are.

use super::model::Certificate;
use super::pdf;
use super::store::Sheaf;
use crate::credential::Keyring;
use crate::http::Pieces;
use crate::kernel::Refusal;
use chrono::{Datelike, Timelike};
use std::collections::VecDeque;
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Why a bundle was cut short. Names nobody.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    #[error("a certificate cannot be made: {}", .0.code.as_str())]
    Certificate(Refusal),
    #[error("the ZIP cannot be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("the ZIP cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// A ZIP in the making.
pub struct Bundle {
    waiting: VecDeque<Certificate>,
    /// None once the ZIP has ended.
    zip: Option<ZipWriter<Window>>,
    window: Window,
}

impl Bundle {
    /// # Errors
    /// Those of the credentials, before anything is sent: one that nobody would take spoils the lot.
    pub fn new(sheaf: Sheaf, keyring: Keyring) -> Result<Self, Refusal> {
        let certificates = sheaf.vouchers.iter().map(|stored| stored.certificate(&sheaf.names, &keyring));
        let window = Window::default();
        Ok(Self {
            waiting: certificates.collect::<Result<_, _>>()?,
            zip: Some(ZipWriter::new(window.clone())),
            window,
        })
    }
}

impl Pieces for Bundle {
    type Error = BundleError;

    fn next(&mut self) -> Result<Option<Vec<u8>>, BundleError> {
        let Some(zip) = &mut self.zip else { return Ok(None) };
        let complete = self.window.end();
        let Some(certificate) = self.waiting.pop_front() else {
            if let Some(zip) = self.zip.take() {
                zip.finish()?;
            }
            return Ok(Some(self.window.take_before(self.window.end())));
        };
        let file = pdf::write(std::slice::from_ref(&certificate)).map_err(BundleError::Certificate)?;
        // The head of the file before is completed now.
        zip.start_file(format!("{}.pdf", certificate.number), options(&certificate))?;
        zip.write_all(&file)?;
        Ok(Some(self.window.take_before(complete)))
    }
}

/// The instant of a file is that of its signature.
fn options(certificate: &Certificate) -> SimpleFileOptions {
    let at = certificate.issued_at.moscow();
    let part = |number: u32| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(at.year()).unwrap_or_default();
    let [month, day] = [at.month(), at.day()].map(part);
    let [hour, minute, second] = [at.hour(), at.minute(), at.second()].map(part);
    // Years before 1980 have no place in a ZIP.
    let at = DateTime::from_date_and_time(year, month, day, hour, minute, second).unwrap_or_default();
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored).last_modified_time(at)
}

/// The end of a file that is still being written; its beginning was taken and cannot be written again.
#[derive(Clone, Default)]
struct Window(Arc<Mutex<Tail>>);

#[derive(Default)]
struct Tail {
    /// How much was taken.
    start: u64,
    bytes: Vec<u8>,
    /// Where writing goes on, in the whole file.
    at: u64,
}

impl Window {
    fn tail(&self) -> MutexGuard<'_, Tail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the whole file is by now.
    fn end(&self) -> u64 {
        self.tail().end()
    }

    /// Takes what lies before a place in the whole file.
    fn take_before(&self, place: u64) -> Vec<u8> {
        let mut tail = self.tail();
        let length = place.saturating_sub(tail.start).min(tail.bytes.len() as u64);
        tail.start += length;
        tail.bytes.drain(..length as usize).collect()
    }
}

impl Tail {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl Write for Window {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        let mut tail = self.tail();
        let gone = || io::Error::other("what was sent cannot be written again");
        let at =
            usize::try_from(tail.at.checked_sub(tail.start).ok_or_else(gone)?).map_err(io::Error::other)?;
        let over = tail.bytes.len().saturating_sub(at).min(more.len());
        tail.bytes[at..at + over].copy_from_slice(&more[..over]);
        tail.bytes.extend(&more[over..]);
        tail.at += more.len() as u64;
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut tail = self.tail();
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(offset) => tail.end().checked_add_signed(offset),
            SeekFrom::Current(offset) => tail.at.checked_add_signed(offset),
        };
        let inside = place.filter(|place| (tail.start..=tail.end()).contains(place));
        tail.at = inside.ok_or_else(|| io::Error::other("a place that is not there"))?;
        Ok(tail.at)
    }
}
