//! Stands in for `parquet` in a build without it.

use super::columns::Row;
use super::{About, ExportError, Rest, Sums, Writing};

pub(super) const IS_BUILT: bool = false;

/// [`super::Format::supported`] refuses the format before it comes to this.
pub(super) fn writing() -> Box<dyn Writing> {
    Box::new(Refusing)
}

struct Refusing;

fn not_built<T>() -> Result<T, ExportError> {
    Err(ExportError::Format("this build has no Parquet; build with --features parquet".into()))
}

impl Writing for Refusing {
    fn begin(&mut self, _: &About, _: &mut Vec<u8>) -> Result<(), ExportError> {
        not_built()
    }

    fn rows(&mut self, _: &[Row], _: &mut Vec<u8>) -> Result<(), ExportError> {
        not_built()
    }

    fn end(&mut self, _: &About, _: &Sums, _: &mut Vec<u8>) -> Result<Rest, ExportError> {
        not_built()
    }
}
