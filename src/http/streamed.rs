//! Bodies that are made while they are sent.

use actix_web::body::{BodySize, MessageBody};
use actix_web::rt::task::{JoinHandle, spawn_blocking};
use actix_web::web::Bytes;
use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What is made piece by piece, on a thread that may block.
pub trait Pieces: Sized + Send + 'static {
    type Error: Error + Send + 'static;

    /// The next piece, possibly empty; none at the end.
    ///
    /// # Errors
    /// Whatever keeps it from being made. Nothing is asked for after that.
    fn next(&mut self) -> Result<Option<Vec<u8>>, Self::Error>;
}

type Step<P> = (P, Result<Option<Vec<u8>>, <P as Pieces>::Error>);

/// A body that is made while it is sent: one piece ahead of the client. It ends with the client: whoever goes away takes
/// it along.
pub struct Streamed<P: Pieces>(Option<JoinHandle<Step<P>>>);

impl<P: Pieces> Streamed<P> {
    pub fn start(pieces: P) -> Self {
        Self(Some(step(pieces)))
    }
}

fn step<P: Pieces>(mut pieces: P) -> JoinHandle<Step<P>> {
    spawn_blocking(move || {
        let piece = pieces.next();
        (pieces, piece)
    })
}

impl<P: Pieces> MessageBody for Streamed<P> {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    /// A failure cuts the connection: a file that ends early must not look whole.
    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, io::Error>>> {
        loop {
            let Some(working) = &mut self.0 else { return Poll::Ready(None) };
            let done = ready!(Pin::new(working).poll(context));
            self.0 = None;
            let failure = match done {
                Ok((pieces, Ok(Some(piece)))) => {
                    self.0 = Some(step(pieces));
                    if piece.is_empty() {
                        continue;
                    }
                    return Poll::Ready(Some(Ok(piece.into())));
                }
                Ok((_, Ok(None))) => return Poll::Ready(None),
                Ok((_, Err(error))) => error.to_string(),
                Err(error) => error.to_string(),
            };
            tracing::error!(error = %failure, "a file was cut short");
            return Poll::Ready(Some(Err(io::Error::other(failure))));
        }
    }
}
