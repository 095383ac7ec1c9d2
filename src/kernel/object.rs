//! JSON objects, and nothing else that serde would take for one: it also reads a list as the values of an
//! object's fields in the order of our source, which no client means.

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// A `T` that was written as an object.
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// An object, for `#[serde(deserialize_with = "…")]`.
///
/// # Errors
/// The deserializer's.
pub fn one<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|Object(value)| value)
}

/// A list of objects, for `#[serde(deserialize_with = "…")]`.
///
/// # Errors
/// The deserializer's.
pub fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let objects = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(objects.into_iter().map(|Object(item)| item).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, PartialEq, Debug)]
    struct Seat {
        row: u8,
        number: u8,
    }

    #[test]
    fn a_list_of_values_is_no_object() {
        let read = |text| serde_json::from_str::<Object<Seat>>(text).map(|Object(seat)| seat);
        assert_eq!(read(r#"{"number":2,"row":1}"#).unwrap(), Seat { row: 1, number: 2 });
        assert!(serde_json::from_str::<Seat>("[1,2]").is_ok(), "what serde takes");
        let refused = read("[1,2]").unwrap_err().to_string();
        assert!(refused.contains("expected an object"), "{refused}");
        let listed = |text: &str| list::<_, Seat>(&mut serde_json::Deserializer::from_str(text)).is_ok();
        assert!(listed(r#"[{"number":2,"row":1}]"#) && !listed("[[1,2]]"));
    }
}
