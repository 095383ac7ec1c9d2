//! A witness behind something that speaks TLS, with a certificate of its own (`tls/`, for `localhost`, made by `openssl req
//! -x509`; its key is known to everybody).

use crate::own::Own;
use crate::service::{cosigned_newest, serve_with, site, stored, trusted};
use crate::site::until;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/witness/tls/certificate.pem");
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/witness/tls/key.pem");

/// Takes one request from a connection over TLS to the witness, and its answer back.
fn carry(connection: TcpStream, config: Arc<ServerConfig>, witness: &str) -> std::io::Result<()> {
    let mut outside = StreamOwned::new(ServerConnection::new(config).unwrap(), connection);
    let (mut request, mut part) = (Vec::new(), [0; 4096]);
    while !request.ends_with(b"=\n") {
        match outside.read(&mut part)? {
            0 => return Ok(()),
            read => request.extend(&part[..read]),
        }
    }
    let head_end = request.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let mut inside = TcpStream::connect(witness)?;
    inside.write_all(&request[..head_end])?;
    inside.write_all(b"\r\nConnection: close")?;
    inside.write_all(&request[head_end..])?;
    let mut answer = Vec::new();
    inside.read_to_end(&mut answer)?;
    outside.write_all(&answer)?;
    outside.conn.send_close_notify();
    outside.flush()
}

/// The setting of the witness behind a server of TLS.
fn behind_tls(own: &Own) -> String {
    let certificate = CertificateDer::from_pem_file(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_file(KEY).unwrap();
    let config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let setting = format!("{} https://localhost:{}", own.key, listener.local_addr().unwrap().port());
    let witness = own.url("").trim_start_matches("http://").to_owned();
    thread::spawn(move || {
        for connection in listener.incoming() {
            // A client that does not trust the certificate hangs up.
            let _ = carry(connection.unwrap(), Arc::clone(&config), &witness);
        }
    });
    setting
}

#[test]
fn a_witness_is_asked_over_tls_if_its_certificate_is_trusted() {
    let site = site();
    let mut own = trusted(&site, "control.example");
    own.start();
    let setting = [behind_tls(&own)];
    let server = serve_with(&site, &setting, |command| _ = command.env_remove("SSL_CERT_FILE"));
    until(
        || server.figure("vouchers_cosignature_failures_total{witness=\"control.example\"}"),
        |failures| *failures >= 1.0,
    );
    assert_eq!(stored(&site, &own.key), 0);
    drop(server);
    let server = serve_with(&site, &setting, |command| _ = command.env("SSL_CERT_FILE", CERTIFICATE));
    cosigned_newest(&site, &server, &own.key);
}
