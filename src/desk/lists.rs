//! What lists of several desks share: the link to the next page.

use super::Page;

/// The address of this page with another cursor.
pub fn next(page: &Page, cursor: &str) -> String {
    let (path, query) = page.here.split_once('?').unwrap_or((&page.here, ""));
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let query: Vec<_> = kept.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
    format!("{path}?{}", query.join("&"))
}
