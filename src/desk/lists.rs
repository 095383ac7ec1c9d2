//! What lists of several desks share: which programme they are of, and the link to the next page.

use super::Page;
use crate::app::App;
use crate::http::Caller;
use crate::kernel::{ProgrammeId, Refusal};
use crate::programme::ProgrammeFacts;

/// Programmes that can be chosen from; there is one a year.
const PROGRAMMES: i64 = 500;

/// A programme to choose.
pub struct Choice {
    pub programme_id: ProgrammeId,
    pub name: String,
    pub is_chosen: bool,
}

/// The programmes there are for the caller, the newest first, and the one that is asked for: else the newest.
///
/// # Errors
/// `unavailable`.
pub async fn programmes(
    app: &App,
    caller: &Caller,
    asked: Option<ProgrammeId>,
) -> Result<(Vec<Choice>, Option<ProgrammeFacts>), Refusal> {
    let all = newest_first(app, caller).await?;
    let at = place(&all, asked);
    Ok((choices(&all, at), all.into_iter().nth(at)))
}

/// The programmes that can be asked for now, the newest first.
///
/// # Errors
/// `unavailable`.
pub async fn open_programmes(
    app: &App,
    caller: &Caller,
    asked: Option<ProgrammeId>,
) -> Result<Vec<Choice>, Refusal> {
    let mut all = newest_first(app, caller).await?;
    all.retain(|facts| facts.require_open().is_ok());
    let at = place(&all, asked);
    Ok(choices(&all, at))
}

async fn newest_first(app: &App, caller: &Caller) -> Result<Vec<ProgrammeFacts>, Refusal> {
    let own = caller.university_no();
    let mut all =
        app.read(move |connection| Ok(ProgrammeFacts::list(connection, own, -1, PROGRAMMES)?)).await?;
    all.reverse();
    Ok(all)
}

fn place(all: &[ProgrammeFacts], asked: Option<ProgrammeId>) -> usize {
    asked.and_then(|asked| all.iter().position(|facts| facts.programme_id == asked)).unwrap_or(0)
}

fn choices(all: &[ProgrammeFacts], chosen: usize) -> Vec<Choice> {
    let choice = |(place, facts): (usize, &ProgrammeFacts)| Choice {
        programme_id: facts.programme_id,
        name: format!("{} · {}", facts.code, facts.name),
        is_chosen: place == chosen,
    };
    all.iter().enumerate().map(choice).collect()
}

/// The address of this page with another cursor.
pub fn next(page: &Page, cursor: &str) -> String {
    let (path, query) = page.here.split_once('?').unwrap_or((&page.here, ""));
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let query: Vec<_> = kept.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
    format!("{path}?{}", query.join("&"))
}
