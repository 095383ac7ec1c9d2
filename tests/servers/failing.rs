//! A disk that fails: the system says so when it is waited for, as it does after an error of the device.

use crate::journal::assert_comes_again;
use crate::site::{Process, Site, until};
use crate::stage::done;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use training_vouchers::db::Place;

/// Makes the two calls that wait for a disk fail while a file is there.
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

#[test]
fn what_a_failing_disk_may_not_have_is_not_acknowledged_and_all_goes_on_once_it_works() {
    let directory = tempfile::tempdir().unwrap();
    let (shim, fails) = (build_shim(directory.path()), directory.path().join("fails"));
    let mut site = Site::start(0, 10, Place::in_directory);
    let keys = site.stage.server.installation.keys();
    let server = Process::start_with(site.database(), &keys, |command| {
        command.env("LD_PRELOAD", &shim).env("DISK_FAILS_WHILE", &fails);
    });
    site.servers.push(server);
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
