//! The way to the target: what the programme office watches.

use super::Page;
use super::choice::{self, Asked, Choice};
use super::office::tiles::{self, Group};
use super::office::weeks::{self, Chart};
use crate::app::App;
use crate::http::{Caller, Problem};
use crate::oversight::execution::{self, Progress};
use crate::oversight::retrained::{self, Retrained};
use crate::oversight::weeks::by_week;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use askama::Template;

#[derive(Template)]
#[template(path = "progress.html", config = "src/desk/askama.toml")]
struct ProgressPage {
    page: Page,
    choice: Choice,
    shown: Shown,
}

struct Shown {
    progress: Progress,
    retrained: Retrained,
    target: i64,
    bars: Vec<Bar>,
    chart: Option<Chart>,
    groups: Vec<Group>,
}

impl Shown {
    /// Of the target, in per cent; a target of nobody is reached.
    fn per_cent(&self) -> i64 {
        (100 * self.retrained.total).checked_div(self.target).unwrap_or(100).min(100)
    }
}

/// A month of the chart, in its units: 100 high, 24 a month.
struct Bar {
    x: usize,
    y: i64,
    height: i64,
    month: String,
    retrained: i64,
}

fn bars(page: &Page, retrained: &Retrained) -> Vec<Bar> {
    let most = retrained.by_month.iter().map(|month| month.retrained).max().unwrap_or(1);
    let bar = |(place, month): (usize, &retrained::OfMonth)| {
        let height = (100 * month.retrained / most).max(1);
        let number =
            month.month.rsplit('-').next().and_then(|number| number.parse::<u32>().ok()).unwrap_or(1);
        Bar {
            x: 24 * place,
            y: 100 - height,
            height,
            month: page.t(&format!("month-short-{number}")),
            retrained: month.retrained,
        }
    };
    retrained.by_month.iter().enumerate().map(bar).collect()
}

#[get("/desk/progress")]
pub async fn progress(
    app: Data<App>,
    page: Page,
    caller: Caller,
    asked: Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let Some(choice) = Choice::find(&app, &caller, asked.programme_id).await? else {
        return Ok(choice::nothing(&page));
    };
    let now = app.clock.now();
    let programme = choice.chosen.clone();
    let read = app.read_books(move |connection| {
        let progress = execution::progress(connection, &programme, now)?;
        let retrained = retrained::retrained(connection, &programme)?;
        Ok((progress, retrained, by_week(connection, &programme)?))
    });
    let (progress, retrained, by_week) = read.await?;
    let target = i64::from(retrained.target);
    let (bars, chart) = (bars(&page, &retrained), weeks::draw(&page, by_week));
    let groups = tiles::groups(&progress);
    let shown = Shown { progress, target, retrained, bars, chart, groups };
    Ok(page.show(&ProgressPage { page: page.clone(), choice, shown }))
}
