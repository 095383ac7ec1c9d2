//! How domain newtypes lie in columns: ids as 16 bytes, instants as milliseconds, money as kopecks.

use crate::kernel::*;
use diesel::sql_types::{BigInt, Binary};

/// Says how a type of ours lies in a column of this SQL type.
macro_rules! column_type {
    (@sqlite Binary, $to:expr) => {
        $to
    };
    (@sqlite BigInt, $to:expr) => {
        $to
    };
    // diesel has no narrower integer for SQLite.
    (@sqlite SmallInt, $to:expr) => {
        i32::from($to)
    };
    ($name:ident, $sql:ident, |$this:ident| $to:expr, |$raw:ident: $raw_type:ty| $from:expr) => {
        const _: () = {
            use diesel::backend::Backend;
            use diesel::deserialize::{self, FromSql, Queryable};
            use diesel::expression::AsExpression;
            use diesel::internal::derives::as_expression::Bound;
            use diesel::pg::Pg;
            use diesel::serialize::{self, IsNull, Output, ToSql};
            use diesel::sql_types::Nullable;
            use diesel::sqlite::Sqlite;
            use $crate::db::Backend as AnyBackend;

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
                    out.set_value(column_type!(@sqlite $sql, $to));
                    Ok(IsNull::No)
                }
            }
            impl ToSql<$sql, Pg> for $name {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                    let $this = self;
                    ToSql::<$sql, Pg>::to_sql(&$to, &mut out.reborrow())
                }
            }
            impl ToSql<$sql, AnyBackend> for $name {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, AnyBackend>) -> serialize::Result {
                    out.set_value(($sql, self));
                    Ok(IsNull::No)
                }
            }
            impl<DB: Backend> ToSql<Nullable<$sql>, DB> for $name
            where
                Self: ToSql<$sql, DB>,
            {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                    ToSql::<$sql, DB>::to_sql(self, out)
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
    InstructorContractId,
    SessionId,
    PaymentId,
    RegisterId,
    SettlementAccountId,
    StatementId,
    StatementItemId,
    ContractId,
    ActId,
    ProposalId,
    TokenId,
    SignInId,
    SavedQueryId,
    PairingId,
    DeviceId,
    ConflictId,
    QuotaMoveId
);

column_type!(Timestamp, BigInt, |instant| instant.millis(), |raw: i64| Ok(Timestamp::from_millis(raw)));
column_type!(Kopecks, BigInt, |amount| amount.get(), |raw: i64| Ok(Kopecks::new(raw)));

pub(crate) use column_type;
