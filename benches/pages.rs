//! What rendering a page costs the server, against answering as many bytes of nothing.

use crate::contender::{Contender, Role};
use crate::load;
use crate::report::{Report, Target};
use crate::world::{Anyhow, Door, World};
use std::time::Duration;

/// How often each page is asked for: its CPU is counted in ticks of 10 ms.
const TIMES: usize = 500;

const PAGES: [(Door, &str); 17] = [
    (Door::Programme, "/desk/progress"),
    (Door::Programme, "/desk/quotas"),
    (Door::Programme, "/desk/requests?status=all"),
    (Door::Programme, "/desk/vouchers"),
    (Door::Programme, "/desk/teaching"),
    (Door::Programme, "/desk/campaign"),
    (Door::Programme, "/desk/set-up-programme"),
    (Door::Programme, "/desk/conflicts"),
    (Door::Programme, "/desk/proposals"),
    (Door::Auditor, "/desk/budget"),
    (Door::Auditor, "/desk/accounts"),
    (Door::Auditor, "/desk/postings"),
    (Door::Auditor, "/desk/payments"),
    (Door::Auditor, "/desk/findings"),
    (Door::Auditor, "/desk/journal"),
    (Door::Registrar, "/desk/enrolment"),
    (Door::Registrar, "/desk/devices"),
];

/// Of a world that `server` serves.
pub fn measure(report: &mut Report, section: String, server: &Contender, world: &World) -> Anyhow<()> {
    let echo = Contender::start(Role::Echo, world)?;
    report.section(section);
    for (door, path) in PAGES {
        let token = door.secret();
        let (page, bytes) = cost(server, load::get(path, token.reveal()))?;
        let (floor, _) = cost(&echo, load::post(&format!("/echo/{bytes}"), "", "x", None))?;
        report.line(path, page.as_secs_f64() * 1e6, "µs");
        report.line(format!("{path}: an echo of {bytes} bytes"), floor.as_secs_f64() * 1e6, "µs");
        let times = page.as_secs_f64() / floor.as_secs_f64();
        report.target(format!("{path} ÷ the echo"), times, "×", Target::AtMost(20.0));
    }
    Ok(())
}

/// CPU of the server for one answer, and the bytes of it.
fn cost(server: &Contender, request: Vec<u8>) -> Anyhow<(Duration, usize)> {
    // The first one fills what is kept between requests.
    load::run(server.address, 1, vec![request.clone()])?;
    let before = server.cpu();
    let outcome = load::run(server.address, 1, vec![request; TIMES])?;
    let used = server.cpu().since(before);
    Ok((used.total.max(Duration::from_millis(10)) / TIMES as u32, outcome.answer))
}
