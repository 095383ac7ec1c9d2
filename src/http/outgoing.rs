//! Asking other services: a client that trusts what the machine trusts, waits only so long and follows nobody elsewhere.

use awc::{Client, Connector};
use rustls::{ClientConfig, RootCertStore};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A client for this address, of the thread that makes it.
pub fn client(url: &str, patience: Duration) -> Client {
    static TLS: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let connector = Connector::new().timeout(patience);
    let connector = match url.starts_with("https://") {
        true => connector.rustls_0_23(Arc::clone(TLS.get_or_init(|| Arc::new(tls())))),
        false => connector,
    };
    // Whoever we ask is where they were said to be: an answer that sends us elsewhere is none.
    Client::builder().connector(connector).timeout(patience).disable_redirects().finish()
}

/// Certificates are those that the machine trusts (`SSL_CERT_FILE` names others).
fn tls() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::error!(
            "no certificates to trust (ca-certificates, or SSL_CERT_FILE): nobody by https answers"
        );
    }
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

/// Whether what is sent there stays between us: by TLS, or on this machine.
pub fn is_private(url: &str) -> bool {
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or("").to_owned();
    if url.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@' || c == '#') {
        return false;
    }
    match url.split_once("://") {
        Some(("https", rest)) => !host(rest).is_empty(),
        Some(("http", rest)) => super::cookies::is_loopback(&host(rest)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_only_this_machine_is_asked() {
        for url in ["https://id.example.ru/realms/a", "http://127.0.0.1:9000", "http://localhost/x?y=1"] {
            assert!(is_private(url), "{url}");
        }
        for url in
            ["http://id.example.ru", "http://127.0.0.1.example.ru/", "ftp://x", "https://", "https://a@b", ""]
        {
            assert!(!is_private(url), "{url}");
        }
    }
}
