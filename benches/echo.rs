//! The floor of HTTP: a body is read whole, and as many bytes answered as the path says.

use crate::contender::WORKERS;
use crate::world::Anyhow;
use actix_web::dev::Server;
use actix_web::web::{Bytes, Path};
use actix_web::{App, HttpResponse, HttpServer, post};
use std::net::TcpListener;

#[post("/echo/{bytes}")]
async fn echo(bytes: Path<usize>, body: Bytes) -> HttpResponse {
    let answer: Vec<u8> = body.iter().copied().cycle().take(*bytes).collect();
    HttpResponse::Created().content_type("application/json").body(answer)
}

pub fn server(listener: TcpListener) -> Anyhow<Server> {
    Ok(HttpServer::new(|| App::new().service(echo)).workers(WORKERS).listen(listener)?.run())
}
