//! Where the demo plays: a service of its own whose clock shows the day that is being played.

use super::run::DemoError;
use crate::app::{App, Settings};
use crate::db::{Connection, Place};
use crate::installation::{self, NewInstallation};
use crate::kernel::time::Clock;
use crate::kernel::{Refusal, Timestamp};
use crate::voucher::prepare::SigningDesk;
use crate::writer::{Answer, Command, Stop};
use chrono::NaiveDate;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::runtime::{Builder, Runtime};

/// The name in the demo's credentials and logs.
const ISSUER: &str = "vouchers.example";

/// A service under the demo's clock.
pub struct Stage {
    pub app: App,
    /// The real now, read once.
    pub today: Timestamp,
    now: Arc<AtomicI64>,
    runtime: Runtime,
}

/// A day of the year played.
pub const fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, month, day).expect("the days of the play are days of 2020")
}

impl Stage {
    /// Makes a new installation in `database`, with its keys in `data/keys`, dated `first`.
    ///
    /// # Errors
    /// When it cannot be made or opened.
    pub fn open(
        data: &Path,
        database: &Place,
        first: NaiveDate,
        today: Timestamp,
    ) -> Result<Self, DemoError> {
        let now = Arc::new(AtomicI64::new(0));
        let shown = Arc::clone(&now);
        let clock = Clock::new(move || Timestamp::from_millis(shown.load(Ordering::Relaxed)));
        show(&now, at(first, 9));
        let keys = super::files::keys(data);
        let new = NewInstallation { database, keys: &keys, issuer: ISSUER, passphrase: None, clock: &clock };
        installation::init(&new)?;
        let database = database.clone();
        let settings = Settings { database, read_from: None, keys, passphrase: None, readers: 2, clock };
        let app = App::open(settings)?;
        let runtime = Builder::new_current_thread().enable_time().build().map_err(DemoError::Thread)?;
        Ok(Self { app, today, now, runtime })
    }

    /// Turns the clock to this hour of a day, Moscow. The play only goes forward.
    pub fn turn_to(&self, day: NaiveDate, hour: i64) {
        show(&self.now, at(day, hour));
    }

    /// Turns the clock to the real now.
    pub fn turn_to_today(&self) {
        show(&self.now, self.today);
    }

    /// Gives the service one command and waits for the commit.
    ///
    /// # Errors
    /// The refusal, with what was being done.
    pub fn order<C: Command>(&self, doing: &'static str, command: C) -> Result<Answer<C::Reply>, DemoError> {
        self.app.writer.execute_blocking(command).map_err(refused(doing))
    }

    /// Gives the service many commands at once, so that they share commits; the replies in their order.
    ///
    /// # Errors
    /// The first refusal, with what was being done.
    pub fn order_all<C: Command>(
        &self,
        doing: &'static str,
        commands: Vec<C>,
    ) -> Result<Vec<Answer<C::Reply>>, DemoError> {
        let tasks: Vec<_> = commands
            .into_iter()
            .map(|command| {
                let writer = self.app.writer.clone();
                self.runtime.spawn(async move { writer.execute(command).await })
            })
            .collect();
        self.runtime.block_on(async {
            let mut answers = Vec::with_capacity(tasks.len());
            for task in tasks {
                let answer = task.await.map_err(|error| DemoError::Thread(error.into()))?;
                answers.push(answer.map_err(refused(doing))?);
            }
            Ok(answers)
        })
    }

    /// Asks the database.
    ///
    /// # Errors
    /// The refusal, with what was being done.
    pub fn look<T>(
        &self,
        doing: &'static str,
        query: impl FnOnce(&mut Connection) -> Result<T, Stop>,
    ) -> Result<T, DemoError> {
        self.app.read_blocking(query).map_err(refused(doing))
    }

    /// What signs vouchers as of the day shown.
    pub fn signing_desk(&self) -> SigningDesk {
        SigningDesk {
            keyring: self.app.keyring(),
            secret: self.app.holder_secret.clone(),
            now: self.app.clock.now(),
        }
    }
}

/// The error of a refusal met while doing something.
pub fn refused(doing: &'static str) -> impl Fn(Refusal) -> DemoError {
    move |refusal| DemoError::Refused { doing, refusal: Box::new(refusal) }
}

fn at(day: NaiveDate, hour: i64) -> Timestamp {
    Timestamp::start_of_day(day).plus_seconds(hour * 3_600)
}

fn show(clock: &AtomicI64, now: Timestamp) {
    clock.store(now.millis(), Ordering::Relaxed);
}
