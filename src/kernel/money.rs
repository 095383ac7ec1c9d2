//! Money: a whole number of kopecks, checked arithmetic, never a float.

use super::object::Object;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount of Russian roubles in kopecks. In JSON: `{"amount": 650000, "currency": "RUB"}`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Kopecks(i64);

impl Kopecks {
    pub const ZERO: Kopecks = Kopecks(0);

    pub const fn new(kopecks: i64) -> Self {
        Self(kopecks)
    }

    pub const fn get(self) -> i64 {
        self.0
    }

    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `None` when the sum does not fit 64 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// `None` when the difference does not fit 64 bits (it may be negative).
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// `None` when the product does not fit 64 bits.
    pub fn checked_mul(self, factor: i64) -> Option<Self> {
        self.0.checked_mul(factor).map(Self)
    }

    /// A share of this amount in basis points (1/10 000), half a kopeck rounded up;
    /// 30.2 % is 3 020. `None` when the result does not fit 64 bits.
    pub fn basis_points(self, basis_points: u32) -> Option<Self> {
        let product = i128::from(self.0) * i128::from(basis_points);
        i64::try_from((product + 5_000).div_euclid(10_000)).ok().map(Self)
    }

    /// The sum of many amounts; `None` when it does not fit 64 bits.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

/// As Russians write money: `6 500,00 ₽` with no-break spaces.
impl fmt::Display for Kopecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let absolute = self.0.unsigned_abs();
        let roubles = (absolute / 100).to_string();
        let mut text = String::from(if self.0 < 0 { "−" } else { "" });
        for (index, digit) in roubles.chars().enumerate() {
            if index > 0 && (roubles.len() - index).is_multiple_of(3) {
                text.push('\u{a0}');
            }
            text.push(digit);
        }
        text.push_str(&format!(",{:02}\u{a0}₽", absolute % 100));
        f.pad(&text)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    amount: i64,
    currency: Currency,
}

#[derive(Serialize, Deserialize)]
enum Currency {
    #[serde(rename = "RUB")]
    Rub,
}

impl Serialize for Kopecks {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire { amount: self.0, currency: Currency::Rub }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Kopecks {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Object::<Wire>::deserialize(deserializer).map(|Object(wire)| Self(wire.amount))
    }
}

impl utoipa::PartialSchema for Kopecks {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::{KnownFormat, ObjectBuilder, SchemaFormat, schema::Type};
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Money in whole kopecks"))
            .property(
                "amount",
                ObjectBuilder::new()
                    .schema_type(Type::Integer)
                    .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64))),
            )
            .property("currency", ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["RUB"])))
            .required("amount")
            .required("currency")
            .into()
    }
}

impl utoipa::ToSchema for Kopecks {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_russians_write_it() {
        assert_eq!(Kopecks::new(1_300_000_000).to_string(), "13\u{a0}000\u{a0}000,00\u{a0}₽");
        assert_eq!(Kopecks::new(-5).to_string(), "−0,05\u{a0}₽");
    }

    #[test]
    fn payroll_contributions_round_to_the_kopeck() {
        assert_eq!(Kopecks::new(150_000).basis_points(3_020), Some(Kopecks::new(45_300)));
        assert_eq!(Kopecks::new(25).basis_points(3_020), Some(Kopecks::new(8)));
    }

    #[test]
    fn json_names_the_currency_and_refuses_another() {
        let text = serde_json::to_string(&Kopecks::new(650_000)).unwrap();
        assert_eq!(text, r#"{"amount":650000,"currency":"RUB"}"#);
        assert!(serde_json::from_str::<Kopecks>(r#"{"amount":1,"currency":"USD"}"#).is_err());
        assert!(serde_json::from_str::<Kopecks>(r#"{"amount":1.5,"currency":"RUB"}"#).is_err());
    }
}
