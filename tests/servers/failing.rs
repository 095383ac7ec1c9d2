//! A disk that fails, or is slow: the system says so when it is waited for, as it does after an error of the
//! device, or does not return from it.

use crate::journal::assert_comes_again;
use crate::site::{Process, Site, until};
use crate::stage::done;
use diesel::prelude::*;
use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use training_vouchers::db::schema::redemption;
use training_vouchers::db::{self, Place};
use training_vouchers::kernel::Scope;

/// Makes the two calls that wait for a disk fail while one file is there. While another is, that of the two
/// stands still which the service makes itself (SQLite, beginning its log anew, makes the first).
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int fails(void) {
    if (access(getenv("DISK_FAILS_WHILE"), F_OK) != 0) return 0;
    errno = EIO;
    return 1;
}
int fsync(int file) {
    return fails() ? -1 : ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}
int fdatasync(int file) {
    while (access(getenv("DISK_STANDS_WHILE"), F_OK) == 0) usleep(1000);
    return fails() ? -1 : ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file);
}
"#;

fn build_shim(directory: &Path) -> PathBuf {
    let (source, library) = (directory.join("disk.c"), directory.join("disk.so"));
    std::fs::write(&source, SHIM).unwrap();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    assert!(built.unwrap().success(), "the C compiler, which building SQLite needs too");
    library
}

/// An installation with one server on such a disk, and the paths of the two files.
fn start(directory: &Path) -> (Site, PathBuf, PathBuf) {
    let shim = build_shim(directory);
    let (fails, stands) = (directory.join("fails"), directory.join("stands"));
    let mut site = Site::start(0, 10, Place::in_directory);
    let keys = site.stage.server.installation.keys();
    let server = Process::start_with(site.database(), &keys, |command| {
        command.env("LD_PRELOAD", &shim).env("DISK_FAILS_WHILE", &fails).env("DISK_STANDS_WHILE", &stands);
    });
    // What lapsed is released once at the start; nothing else writes unasked.
    until(|| server.figure("vouchers_writer_batch_size_count"), |batches| *batches >= 1.0);
    site.servers.push(server);
    (site, fails, stands)
}

#[test]
fn what_the_disk_does_not_have_yet_is_shown_to_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let (site, _, stands) = start(directory.path());
    let (_, work) = site.redemptions(1).remove(0);
    let id = work["redemption_id"].as_str().unwrap();
    File::create(&stands).unwrap();
    let released = &AtomicBool::new(false);
    std::thread::scope(|scope| {
        let redeemed = scope.spawn(|| (site.redeem(0, &work).status, released.load(SeqCst)));
        let mut connection = db::open_reader(site.database()).unwrap();
        let committed = RefCell::new(&mut connection);
        until(
            || redemption::table.count().get_result::<i64>(&mut **committed.borrow_mut()).unwrap(),
            |count| *count == 1,
        );
        let looked = scope.spawn(|| {
            let token = site.stage.server.token(Scope::Registrar);
            let reply = site.servers[0].get(token, &format!("/v1/redemptions/{id}"));
            (reply.status, released.load(SeqCst))
        });
        // Longer than a look takes that does not wait.
        for _ in 0..30 {
            assert_eq!(site.servers[0].get("", "/healthz").status, 200);
        }
        released.store(true, SeqCst);
        std::fs::remove_file(&stands).unwrap();
        assert_eq!(redeemed.join().unwrap(), (201, true));
        assert_eq!(looked.join().unwrap(), (200, true));
    });
}

#[test]
fn what_a_failing_disk_may_not_have_is_not_acknowledged_and_all_goes_on_once_it_works() {
    let directory = tempfile::tempdir().unwrap();
    let (site, fails, _) = start(directory.path());
    let work: Vec<_> = site.redemptions(3).into_iter().map(|(_, body)| body).collect();
    assert_eq!(site.redeem(0, &work[0]).status, 201);

    File::create(&fails).unwrap();
    // Whether it is known that nothing was done depends on where the failure is met first: at the commit, or when the
    // log is begun anew.
    for body in [&work[1], &work[2], &work[1]] {
        assert_comes_again(&site.redeem(0, body));
    }
    done(site.read(0));

    std::fs::remove_file(&fails).unwrap();
    for body in &work {
        let reply = until(|| site.redeem(0, body), |reply| reply.status != 503);
        assert!(matches!(reply.status, 200 | 201), "{reply:?}");
    }
    site.stage.assert_audit_is_clean();
}
