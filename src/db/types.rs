//! How domain newtypes lie in columns: ids as 16 bytes, instants as milliseconds, money as kopecks.

use crate::kernel::*;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, Nullable};
use diesel::sqlite::Sqlite;

macro_rules! column_type {
    ($name:ident, $sql:ident, |$this:ident| $to:expr, |$raw:ident: $raw_type:ty| $from:expr) => {
        impl AsExpression<$sql> for $name {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<'a> AsExpression<$sql> for &'a $name {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl AsExpression<Nullable<$sql>> for $name {
            type Expression = Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<'a> AsExpression<Nullable<$sql>> for &'a $name {
            type Expression = Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl ToSql<$sql, Sqlite> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                let $this = self;
                out.set_value($to);
                Ok(IsNull::No)
            }
        }
        impl ToSql<Nullable<$sql>, Sqlite> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                ToSql::<$sql, Sqlite>::to_sql(self, out)
            }
        }
        impl<DB: Backend> FromSql<$sql, DB> for $name
        where
            $raw_type: FromSql<$sql, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                let $raw = <$raw_type>::from_sql(bytes)?;
                $from
            }
        }
        impl<DB: Backend> Queryable<$sql, DB> for $name
        where
            Self: FromSql<$sql, DB>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    };
}

macro_rules! id_columns {
    ($($name:ident),+) => {$(
        column_type!($name, Binary, |id| id.bytes().as_slice(), |raw: Vec<u8>| {
            Ok($name(uuid::Uuid::from_slice(&raw)?))
        });
    )+};
}

id_columns!(
    ProgrammeId,
    BudgetLineId,
    AgencyId,
    UniversityId,
    EmployeeId,
    RequestId,
    VoucherId,
    CourseRunId,
    RedemptionId,
    PayeeId,
    SessionId,
    PaymentId,
    ProposalId,
    TokenId
);

column_type!(Timestamp, BigInt, |instant| instant.millis(), |raw: i64| Ok(Timestamp::from_millis(raw)));
column_type!(Kopecks, BigInt, |amount| amount.get(), |raw: i64| Ok(Kopecks::new(raw)));
