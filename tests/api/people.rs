//! Synthetic people, as rows of a list and as lines of a file.

use serde_json::{Value, json};
use training_vouchers::kernel::Snils;

pub const HEADER: &str = "client_ref;snils;family_name;given_name;patronymic;position;email;category";

/// The row of person number `number`.
pub fn row(number: u32) -> Value {
    json!({
        "client_ref": format!("R-{number}"),
        "snils": snils(number),
        "family_name": "Иванова",
        "given_name": "Анна",
        "patronymic": "Петровна",
        "position": "Консультант",
        "email": format!("p{number}@example.org"),
        "category": "state_civil_servant",
    })
}

pub fn rows(numbers: impl IntoIterator<Item = u32>) -> Value {
    numbers.into_iter().map(row).collect()
}

pub fn snils(number: u32) -> String {
    Snils::from_serial(900_000_000 + number).unwrap().to_string()
}

/// The same people as [`rows`], as a file.
pub fn csv(numbers: impl IntoIterator<Item = u32>) -> String {
    let mut file = format!("{HEADER}\n");
    for number in numbers {
        let snils = snils(number);
        file += &format!(
            "R-{number};{snils};Иванова;Анна;Петровна;Консультант;p{number}@example.org;state_civil_servant\n"
        );
    }
    file
}
