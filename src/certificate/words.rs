//! The fixed words of a certificate, Russian first, English beside it.

use chrono::{Datelike, NaiveDate};

/// A text in both languages.
#[derive(Clone, Copy)]
pub struct Pair {
    pub russian: &'static str,
    pub english: &'static str,
}

const fn pair(russian: &'static str, english: &'static str) -> Pair {
    Pair { russian, english }
}

pub const TITLE: Pair = pair("Цифровой сертификат на обучение", "Digital certificate for training");
pub const TITLE_OF_MANY: &str = "Цифровые сертификаты на обучение";
pub const SPECIMEN: Pair = pair("ОБРАЗЕЦ", "ILLUSTRATIVE");
pub const HOLDER: Pair = pair("Держатель", "Holder");
pub const PROGRAMME: Pair = pair("Программа обучения", "Programme");
pub const HOURS: Pair = pair("Объём курса", "Course");
pub const FACE_VALUE: Pair = pair("Номинал", "Face value");
pub const VALIDITY: Pair = pair("Действителен", "Valid through");
pub const STEPS: Pair = pair("Как воспользоваться", "How to use it");
pub const CHECK: Pair = pair("Как проверить", "How to check it");

/// What the holder brings and does.
pub const STEP: [Pair; 3] = [
    pair("Возьмите с собой документ, удостоверяющий личность.", "Bring an identity document."),
    pair(
        "Покажите QR-код при зачислении: с бумаги или с экрана телефона.",
        "Show the code at enrolment, on paper or on a screen.",
    ),
    pair(
        "Сертификат действует один раз: после зачисления код больше не принимается.",
        "It works once: after enrolment the code is not taken again.",
    ),
];

pub const SIGNED: Pair = pair(
    "Код подписан издателем: подлинность проверит любой по его открытым ключам.",
    "The code is signed by its issuer; anyone can check it with the public keys.",
);

pub const QR: &str = "QR-код с подписанным сертификатом";

/// `72 часа`.
pub fn hours(hours: u16) -> String {
    let noun = match (hours % 10, hours % 100) {
        (_, 11..=14) => "часов",
        (1, _) => "час",
        (2..=4, _) => "часа",
        _ => "часов",
    };
    format!("{hours}\u{a0}{noun}")
}

const MONTHS: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];

/// `31 декабря 2020 г.`
pub fn day(day: NaiveDate) -> String {
    let month = MONTHS[day.month0() as usize % 12];
    format!("{}\u{a0}{month} {}\u{a0}г.", day.day(), day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_take_the_noun_they_ask_for() {
        let forms = [1, 2, 5, 11, 12, 20, 21, 72, 111, 114, 122].map(|n| hours(n).replace('\u{a0}', " "));
        assert_eq!(
            forms,
            [
                "1 час",
                "2 часа",
                "5 часов",
                "11 часов",
                "12 часов",
                "20 часов",
                "21 час",
                "72 часа",
                "111 часов",
                "114 часов",
                "122 часа"
            ]
        );
    }

    #[test]
    fn a_day_is_written_as_in_a_letter() {
        let last = NaiveDate::from_ymd_opt(2020, 12, 31).unwrap();
        assert_eq!(day(last).replace('\u{a0}', " "), "31 декабря 2020 г.");
    }
}
