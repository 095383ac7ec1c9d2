//! What a programme still needs: a list that is computed from what there is, with what to do for each.

use super::super::Page;
use super::super::choice::{self, Asked, Choice};
use super::steps::{self, Figures, Step, Waiting};
use crate::app::App;
use crate::http::{Caller, Problem};
use crate::kernel::ProgrammeId;
use crate::oversight::readiness;
use crate::programme::model::Status;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use askama::Template;

#[derive(Template)]
#[template(path = "office/setting_up.html", config = "src/desk/askama.toml")]
struct SettingUpPage {
    page: Page,
    choice: Choice,
    shown: Shown,
}

struct Shown {
    programme_id: ProgrammeId,
    status: Status,
    done: i64,
    steps: Vec<Shaped>,
    waiting: Vec<Waiting>,
}

impl Shown {
    fn total(&self) -> i64 {
        i64::try_from(self.steps.len()).unwrap_or(0)
    }
}

/// A step with its figures in words.
struct Shaped {
    step: Step,
    figures: String,
}

#[get("/desk/set-up-programme")]
pub async fn setting_up(
    app: Data<App>,
    page: Page,
    caller: Caller,
    asked: Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let Some(choice) = Choice::find(&app, &caller, asked.programme_id).await? else {
        return Ok(choice::nothing(&page));
    };
    let programme = choice.chosen.clone();
    let (now, of) = (app.clock.now(), programme.clone());
    let has = app.read_books(move |connection| readiness::readiness(connection, &of, now)).await?;
    let steps: Vec<_> = steps::steps(&programme, &has)
        .into_iter()
        .map(|step| Shaped { figures: figures(&page, &step.figures), step })
        .collect();
    let shown = Shown {
        programme_id: programme.programme_id,
        status: programme.status,
        done: i64::try_from(steps.iter().filter(|shaped| shaped.step.is_done).count()).unwrap_or(0),
        steps,
        waiting: steps::waiting(&has),
    };
    Ok(page.show(&SettingUpPage { page: page.clone(), choice, shown }))
}

fn figures(page: &Page, figures: &Figures) -> String {
    match figures {
        Figures::Of(has, needed) => {
            page.t2("step-of", "has", page.number(has), "needed", page.number(needed))
        }
        Figures::For(has, needed) => {
            page.t2("step-for", "has", page.number(has), "needed", page.number(needed))
        }
        Figures::Money(has, needed) if needed.is_zero() => page.money(has),
        Figures::Money(has, needed) => {
            page.t2("step-of", "has", page.money(has), "needed", page.money(needed))
        }
        Figures::Count(count) => page.number(count),
        Figures::Text(text) => text.clone(),
    }
}
