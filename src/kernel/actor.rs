//! Who does something: a person or system behind a token, and what they may do.

use serde::{Deserialize, Serialize};

/// The roles of the domain; a token has exactly one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Agency,
    Registrar,
    Teaching,
    Programme,
    Treasury,
    Auditor,
    Admin,
}

impl Scope {
    pub const ALL: [Scope; 7] = [
        Scope::Agency,
        Scope::Registrar,
        Scope::Teaching,
        Scope::Programme,
        Scope::Treasury,
        Scope::Auditor,
        Scope::Admin,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::Agency => "agency",
            Scope::Registrar => "registrar",
            Scope::Teaching => "teaching",
            Scope::Programme => "programme",
            Scope::Treasury => "treasury",
            Scope::Auditor => "auditor",
            Scope::Admin => "admin",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// The one who acts, as the journal and four eyes see them. Two tokens of one subject are one person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// The token used; 0 for the service itself and the command line on its own machine.
    pub token_no: i64,
    pub subject: String,
}

impl Actor {
    /// The service acting by itself (the periodic release of lapsed reserves).
    pub fn service() -> Self {
        Self { token_no: 0, subject: "service".into() }
    }

    pub fn is_same_person(&self, subject: &str) -> bool {
        self.subject == subject
    }
}
