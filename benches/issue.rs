//! Issue: requests of 5,000 rows over HTTP, against signing on all cores and the bare insert.

use crate::bare;
use crate::contender::{Contender, Role, WORKERS};
use crate::load;
use crate::report::{Report, Target};
use crate::signatures;
use crate::world::{Anyhow, Door, REQUEST, World};
use std::path::Path;
use std::time::Duration;
use training_vouchers::db::Place;

/// Requests under way at the same time: some are read or signed while another is written.
const CONNECTIONS: usize = 4;

/// Issues everything approved; gives how long it took.
pub fn issue_all(server: &Contender, world: &World) -> Anyhow<Duration> {
    let token = Door::Programme.secret();
    let requests = world
        .requests()?
        .iter()
        .map(|id| {
            let path = format!("/v1/requests/{id}/issue");
            load::post(&path, token.reveal(), "{}", Some(&id.to_string()))
        })
        .collect();
    Ok(load::run(server.address, CONNECTIONS, requests)?.wall)
}

pub fn measure(report: &mut Report, directory: &Path, vouchers: i64, rounds: usize) -> Anyhow<()> {
    let (template, copy) = (directory.join("issue"), directory.join("issue-copy"));
    let _ = std::fs::remove_dir_all(&template);
    let world = World::create(Place::in_directory(&template), &template.join("keys"), vouchers)?;
    let [mut ours, mut cpu, mut wall, mut insert] = [Duration::MAX; 4];
    for round in 1..=rounds {
        let bare = bare::issue_all(&world.copy_to(&copy)?, vouchers, REQUEST)?;
        (wall, insert) = (wall.min(bare.wall), insert.min(bare.cpu));
        let fresh = world.copy_to(&copy)?;
        let server = Contender::start(Role::Ours, &fresh)?;
        let before = server.cpu();
        let took = issue_all(&server, &fresh)?;
        println!("issue, round {round}: {vouchers} in {took:.2?}");
        (ours, cpu) = (ours.min(took), cpu.min(server.cpu().since(before).total));
    }
    let issued = World::at(Place::in_directory(&copy), world.keys());
    let sign = signatures::measure(&issued, &issued.credentials(&[1])?[0])?.sign.as_secs_f64() * 1e6;
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / vouchers as f64;
    let allowed = 1e6 / ((sign + micros(insert)) / WORKERS as f64).max(micros(wall));
    let reached = vouchers as f64 / ours.as_secs_f64();
    report.section("Issue over HTTP, requests of 5,000 rows");
    report.line("issued", reached, "/s");
    report.line("server CPU", micros(cpu), "µs each");
    report.line("sign", sign, "µs each");
    report.line("bare insert of the same rows, CPU", micros(insert), "µs each");
    report.line("bare insert of the same rows, wall", micros(wall), "µs each");
    report.line("allowed by signing and inserting on all cores", allowed, "/s");
    report.target("issued ÷ allowed", 100.0 * reached / allowed, "%", Target::AtLeast(50.0));
    Ok(())
}
