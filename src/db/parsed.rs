//! Text columns that are read through the domain type's own door.
//!
//! In a `Queryable` row: `#[diesel(deserialize_as = Parsed<NaiveDate>)] starts_on: NaiveDate`, or
//! `OptionalParsed` for a nullable column. To add a type: name it in [`parsed_columns!`].

use crate::kernel::{AgencyCode, Kbk, Month, ProgrammeCode};
use chrono::NaiveDate;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromStaticSqlRow, Queryable};
use diesel::sql_types::{Nullable, Text};
use std::error::Error;
use std::str::FromStr;

/// A `TEXT` column on its way to `T`.
pub struct Parsed<T>(pub T);

/// A nullable `TEXT` column on its way to `Option<T>`.
pub struct OptionalParsed<T>(pub Option<T>);

impl<T, DB> Queryable<Text, DB> for Parsed<T>
where
    DB: Backend,
    String: FromStaticSqlRow<Text, DB>,
    T: FromStr<Err: Into<Box<dyn Error + Send + Sync>>>,
{
    type Row = String;
    fn build(text: String) -> deserialize::Result<Self> {
        text.parse().map(Parsed).map_err(Into::into)
    }
}

impl<T, DB> Queryable<Nullable<Text>, DB> for OptionalParsed<T>
where
    DB: Backend,
    Option<String>: FromStaticSqlRow<Nullable<Text>, DB>,
    T: FromStr<Err: Into<Box<dyn Error + Send + Sync>>>,
{
    type Row = Option<String>;
    fn build(text: Option<String>) -> deserialize::Result<Self> {
        text.map(|text| text.parse()).transpose().map(OptionalParsed).map_err(Into::into)
    }
}

/// Lets rows read columns as these types (they have `FromStr`).
macro_rules! parsed_columns {
    ($($name:ty),+ $(,)?) => {$(
        impl From<$crate::db::Parsed<$name>> for $name {
            fn from(column: $crate::db::Parsed<$name>) -> Self {
                column.0
            }
        }
        impl From<$crate::db::OptionalParsed<$name>> for Option<$name> {
            fn from(column: $crate::db::OptionalParsed<$name>) -> Self {
                column.0
            }
        }
    )+};
}
pub(crate) use parsed_columns;

parsed_columns!(NaiveDate, AgencyCode, Kbk, Month, ProgrammeCode);
