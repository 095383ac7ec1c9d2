//! A disk that is full, or read-only: a small one, mounted by the test.

use crate::installation::store::{Cluster, is_root};
use crate::journal::assert_comes_again;
use crate::site::{Site, until, vouchers};
use crate::stage::done;
use serde_json::Value;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use training_vouchers::db::Place;

/// A small disk, unmounted with the value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(path: PathBuf, mebibytes: u32) -> Self {
        assert!(is_root(), "only root can mount a small disk: leave this test out");
        std::fs::create_dir(&path).unwrap();
        let size = format!("size={mebibytes}m");
        run(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "small"]).arg(&path));
        Self(path)
    }

    /// Takes up all that is free; gives the file to remove.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut file = File::create(&path).unwrap();
        // First by much, then by little, to the last byte.
        for size in [1 << 20, 4096, 1] {
            let bytes = vec![0; size];
            while file.write_all(&bytes).is_ok() {}
        }
        path
    }

    /// A disk is busy until the last connection of a server that has stopped is closed.
    fn remount(&self, how: &str) {
        let begun = Instant::now();
        let options = format!("remount,{how}");
        while !Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the disk stays busy");
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        run(Command::new("umount").arg("--lazy").arg(&self.0));
    }
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

/// Redeems one after the other until the disk is found full; then again when there is room.
fn redeem_on_a_full_disk(disk: &SmallDisk, work: &[Value], site: &Site) {
    let filler = disk.fill();
    let first_refused = work.iter().position(|body| {
        let reply = site.redeem(0, body);
        if reply.status != 201 {
            assert_comes_again(&reply);
        }
        reply.status != 201
    });
    let first_refused = first_refused.expect("the disk is full before the work is done");
    done(site.read(0));
    std::fs::remove_file(filler).unwrap();
    for (index, body) in work.iter().enumerate() {
        let reply = until(|| site.redeem(0, body), |reply| reply.status != 503);
        let is_repeat = index < first_refused;
        assert!(reply.status == if is_repeat { 200 } else { 201 } || index == first_refused, "{reply:?}");
        assert!(matches!(reply.status, 200 | 201), "{reply:?}");
    }
}

#[test]
#[ignore = "needs PostgreSQL 15 and root, to mount a small disk"]
fn the_disk_of_postgresql_is_full() {
    let cluster = Cluster::start("max_connections = 40");
    let disk = SmallDisk::mount(cluster.directory().join("small"), 64);
    run(Command::new("chown").arg("postgres").arg(&disk.0));
    let tablespace = format!("CREATE TABLESPACE small LOCATION '{}'", disk.0.display());
    diesel::connection::SimpleConnection::batch_execute(&mut *cluster.admin(), &tablespace).unwrap();
    let site = Site::start(1, 100, |_| cluster.create("TEMPLATE migrated TABLESPACE small"));
    let work: Vec<_> = site.redemptions(100).into_iter().map(|(_, body)| body).collect();
    redeem_on_a_full_disk(&disk, &work, &site);
    site.stage.assert_audit_is_clean();
}

#[test]
#[ignore = "needs root, to mount a small disk"]
fn the_disk_of_sqlite_is_full_and_then_read_only() {
    let directory = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount(directory.path().join("small"), 200);
    let site = Site::start(1, 100, |_| Place::in_directory(&disk.0));
    let work: Vec<_> = site.redemptions(100).into_iter().map(|(_, body)| body).collect();
    redeem_on_a_full_disk(&disk, &work, &site);
    site.stage.assert_audit_is_clean();

    let Site { servers, stage } = site;
    drop(servers);
    let (keys, database) = (stage.server.installation.keys(), stage.server.installation.database().clone());
    let installation = stage.server.stop().unwrap();
    disk.remount("ro");
    let output = vouchers(&database, &keys, &["serve", "--listen", "127.0.0.1:0"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("the database {database} cannot be prepared")), "{said}");
    disk.remount("rw");
    drop(installation);
}
