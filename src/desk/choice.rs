//! Of which programme a page is: chosen in its query, else the last that is open, else the newest.

use super::Page;
use crate::app::App;
use crate::db::Connection;
use crate::http::Caller;
use crate::kernel::{ProgrammeId, Refusal};
use crate::oversight;
use crate::programme::ProgrammeFacts;
use crate::programme::model::Status;
use crate::writer::Stop;
use actix_web::HttpResponse;
use askama::Template;
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Deserializer};

/// Programmes to choose from at most.
const MOST: i64 = 500;

/// The programme of a page, and those that could be chosen instead.
pub struct Choice {
    pub chosen: ProgrammeFacts,
    pub all: Vec<ProgrammeFacts>,
}

impl Choice {
    /// Finds it; none when there is no programme at all.
    ///
    /// # Errors
    /// `not_found` for a programme that the caller cannot see; the database's.
    pub fn make(
        connection: &mut Connection,
        wanted: Option<ProgrammeId>,
        university_no: Option<i64>,
    ) -> Result<Option<Self>, Stop> {
        let all = ProgrammeFacts::list(connection, university_no, -1, MOST)?;
        let chosen = match wanted {
            Some(id) => Some(oversight::programme(connection, id, university_no)?),
            None => all.iter().rfind(|one| one.status == Status::Open).or(all.last()).cloned(),
        };
        Ok(chosen.map(|chosen| Self { chosen, all }))
    }

    /// The same for a page that reads what it shows later.
    ///
    /// # Errors
    /// As of [`Self::make`].
    pub async fn find(
        app: &App,
        caller: &Caller,
        wanted: Option<ProgrammeId>,
    ) -> Result<Option<Self>, Refusal> {
        let university_no = caller.university_no();
        app.read(move |connection| Self::make(connection, wanted, university_no)).await
    }

    /// The same of the programmes that can be asked for vouchers now; the one that is wanted, if it is one of them.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn find_open(
        app: &App,
        caller: &Caller,
        wanted: Option<ProgrammeId>,
    ) -> Result<Option<Self>, Refusal> {
        let university_no = caller.university_no();
        let mut all = app
            .read(move |connection| Ok(ProgrammeFacts::list(connection, university_no, -1, MOST)?))
            .await?;
        all.retain(|programme| programme.require_open().is_ok());
        let wanted = all.iter().find(|programme| Some(programme.programme_id) == wanted);
        let chosen = wanted.or(all.last()).cloned();
        Ok(chosen.map(|chosen| Self { chosen, all }))
    }

    pub fn is_chosen(&self, programme: &ProgrammeFacts) -> bool {
        programme.programme_no == self.chosen.programme_no
    }
}

/// A page before there is a programme.
#[derive(Template)]
#[template(path = "none.html", config = "src/desk/askama.toml")]
struct NoProgramme {
    page: Page,
}

/// What a page shows while there is no programme.
pub fn nothing(page: &Page) -> HttpResponse {
    page.show(&NoProgramme { page: page.clone() })
}

/// What pages are asked for that show one programme and nothing else.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default, deserialize_with = "optional")]
    pub programme_id: Option<ProgrammeId>,
}

/// A value of a query that forms send empty when it is not wanted.
///
/// # Errors
/// That of the value.
pub fn optional<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    let text = Option::<String>::deserialize(from)?.filter(|text| !text.is_empty());
    text.map(|text| T::deserialize(text.into_deserializer())).transpose()
}
