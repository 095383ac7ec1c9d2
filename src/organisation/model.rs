//! What an organisation is, and when one may be registered. Pure.

use crate::kernel::text::{AgencyCode, Malformed, Text};
use crate::kernel::{Code, Refusal};
use serde::{Deserialize, Serialize};

/// Bodies of state power are served before municipalities.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgencyCategory {
    /// Орган государственной власти.
    StateBody,
    /// Муниципальное образование.
    Municipality,
}

impl AgencyCategory {
    pub const fn as_str(self) -> &'static str {
        match self {
            AgencyCategory::StateBody => "state_body",
            AgencyCategory::Municipality => "municipality",
        }
    }

    /// # Errors
    /// [`Malformed`] for any other text.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        [Self::StateBody, Self::Municipality]
            .into_iter()
            .find(|category| category.as_str() == text)
            .ok_or(Malformed::expected("state_body or municipality"))
    }
}

/// An agency to be registered.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgencyDetails {
    /// Short and unique: `PSK-S01`. It stands in credentials.
    pub code: AgencyCode,
    pub name: Text<1, 300>,
    pub category: AgencyCategory,
    /// The municipality it belongs to, if it does.
    pub municipality: Option<Text<1, 200>>,
}

/// A university to be registered.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UniversityDetails {
    /// Short and unique: `PSKGU`. It is the audience of credentials.
    pub code: AgencyCode,
    pub name: Text<1, 300>,
}

/// Whether an organisation may be registered under this code.
///
/// # Errors
/// `already_exists` when one has it.
pub fn admit(code: &AgencyCode, is_taken: bool) -> Result<(), Refusal> {
    if is_taken {
        return Err(Refusal::new(Code::AlreadyExists).at("code").with("value", code));
    }
    Ok(())
}
