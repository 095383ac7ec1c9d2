//! Our cookies. Each is readable by this origin's server only; on loopback, where there is no TLS, browsers refuse the
//! prefix that asks for it, and the names go without.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::ServiceRequest;

/// A cookie of ours, by what it carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// The secret of a browser that is signed in.
    SignIn,
    /// That the browser has signed in as a login before.
    KnownBrowser,
    /// A trip to the provider of identities, and what came of it.
    Provider,
    /// The language its person chose.
    Language,
}

impl Kept {
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Kept::SignIn => ("__Host-session", "session"),
            Kept::KnownBrowser => ("__Host-known", "known"),
            Kept::Provider => ("__Host-provider", "provider"),
            Kept::Language => ("__Host-language", "language"),
        }
    }

    /// What the browser sent.
    pub fn read(self, request: &HttpRequest) -> Option<String> {
        let name = self.name(is_loopback(host(request)));
        request.cookie(name).map(|cookie| cookie.value().to_owned())
    }

    /// [`Kept::read`] in a middleware.
    pub fn of(self, request: &ServiceRequest) -> Option<String> {
        self.read(request.request())
    }

    /// The cookie to send; a `seconds` of nought takes it back.
    pub fn write(self, request: &HttpRequest, value: String, seconds: i64) -> Cookie<'static> {
        let is_loopback = is_loopback(host(request));
        // A page that is opened by a link from a letter must know its person; forms are guarded by their token.
        Cookie::build(self.name(is_loopback), value)
            .path("/")
            .secure(!is_loopback)
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(Duration::seconds(seconds))
            .finish()
    }

    const fn name(self, is_loopback: bool) -> &'static str {
        let (name, on_loopback) = self.names();
        if is_loopback { on_loopback } else { name }
    }
}

/// This service's own address as the client names it: by TLS, but for loopback.
pub fn origin(request: &HttpRequest) -> String {
    let host = host(request);
    let scheme = if is_loopback(host) { "http" } else { "https" };
    format!("{scheme}://{host}")
}

/// Host and port as the client names them.
pub fn host(request: &HttpRequest) -> &str {
    let of_target = request.uri().authority().map(|authority| authority.as_str());
    let header = || request.headers().get("host").and_then(|value| value.to_str().ok());
    of_target.or_else(header).unwrap_or("")
}

pub(super) fn is_loopback(host: &str) -> bool {
    let name =
        host.rsplit_once(':').map_or(host, |(name, port)| if port.contains(']') { host } else { name });
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_goes_without_tls() {
        for host in ["127.0.0.1:8080", "localhost", "[::1]:8080", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["vouchers.example.ru", "127.0.0.1.example.ru:80", "localhost.example.ru", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
