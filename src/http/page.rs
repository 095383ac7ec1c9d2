//! Lists page by page, in stable order: `?limit=50&cursor=…`.

use super::{Problem, inputs};
use crate::kernel::Refusal;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::future::{Ready, ready};
use utoipa::{IntoParams, ToSchema};

const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 500;

/// Which part of a list is asked for. Lists are ordered by one number, and the cursor names the last
/// number seen; rows added meanwhile neither repeat nor hide others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    limit: i64,
    after: Option<i64>,
}

/// The query parameters of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParameters {
    /// Items at most, 1 to 500; 50 when not given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Page {
    /// The last number of the page before: ask for rows behind it.
    pub fn after(&self) -> Option<i64> {
        self.after
    }

    /// How many rows to fetch: one more than are shown, to know whether there is a next page.
    pub fn fetch(&self) -> i64 {
        self.limit + 1
    }

    /// The page from the rows fetched, each with the number it is ordered by.
    pub fn cut<T>(&self, mut rows: Vec<(i64, T)>) -> Paged<T> {
        let limit = usize::try_from(self.limit).unwrap_or(0);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor =
            rows.last().filter(|_| has_more).map(|(number, _)| URL_SAFE_NO_PAD.encode(number.to_be_bytes()));
        Paged { items: rows.into_iter().map(|(_, item)| item).collect(), next_cursor }
    }

    /// The largest page behind a number, for code that reads a whole list.
    pub const fn behind(after: Option<i64>) -> Self {
        Self { limit: MAX_LIMIT, after }
    }

    fn new(parameters: PageParameters) -> Result<Self, Refusal> {
        let limit = parameters.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Refusal::field("limit", format!("1 to {MAX_LIMIT}")));
        }
        let after = parameters.cursor.map(|cursor| {
            let bytes = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| bytes.try_into().ok());
            bytes
                .map(i64::from_be_bytes)
                .ok_or_else(|| Refusal::field("cursor", "the next_cursor of the page before, unchanged"))
        });
        Ok(Self { limit, after: after.transpose()? })
    }
}

impl FromRequest for Page {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parameters = inputs::query::<PageParameters>(request);
        ready(parameters.and_then(Self::new).map_err(Problem))
    }
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct Paged<T> {
    pub items: Vec<T>,
    /// Give it as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(limit: Option<i64>, cursor: Option<&str>) -> Result<Page, Refusal> {
        Page::new(PageParameters { limit, cursor: cursor.map(str::to_owned) })
    }

    #[test]
    fn the_cursor_leads_through_the_whole_list_once() {
        let rows: Vec<i64> = (0..7).collect();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = page(Some(3), cursor.as_deref()).unwrap();
            let fetched = rows.iter().filter(|row| page.after().is_none_or(|after| **row > after));
            let limit = usize::try_from(page.fetch()).unwrap();
            let paged = page.cut(fetched.take(limit).map(|row| (*row, *row)).collect());
            seen.extend(paged.items);
            match paged.next_cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, rows);
    }

    #[test]
    fn limits_and_cursors_that_are_none_name_their_field() {
        for (limit, cursor, field) in [
            (Some(0), None, "limit"),
            (Some(501), None, "limit"),
            (None, Some("x"), "cursor"),
            (None, Some("AAAA"), "cursor"),
        ] {
            assert_eq!(page(limit, cursor).unwrap_err().field.as_deref(), Some(field));
        }
    }
}
