//! What a process used: CPU by thread, resident memory (proc(5)).

use std::fs;
use std::time::Duration;

/// CPU time of a process: all of it, and that of the threads called `writer`.
#[derive(Clone, Copy, Default, Debug)]
pub struct Cpu {
    pub total: Duration,
    pub writer: Duration,
}

impl Cpu {
    /// Of the process `pid`; threads that have ended count in the total only.
    pub fn of(pid: u32) -> Self {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        let writer = tasks
            .filter(|task| {
                fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.trim() == "writer")
            })
            .map(|task| ticks(&task.path().join("stat")))
            .sum();
        Self { total: ticks(format!("/proc/{pid}/stat").as_ref()), writer }
    }

    pub fn since(self, earlier: Self) -> Self {
        Self { total: self.total - earlier.total, writer: self.writer.saturating_sub(earlier.writer) }
    }
}

/// User and system time, in clock ticks of 10 ms.
fn ticks(path: &std::path::Path) -> Duration {
    let stat = fs::read_to_string(path).unwrap_or_default();
    // The second field is the name in parentheses, which may hold blanks.
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |index: usize| fields.get(index).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis(10 * (field(11) + field(12)))
}

/// Resident memory of the process `pid` in MiB: now, and the highest it has been.
pub fn resident(pid: u32) -> (f64, f64) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0)
    };
    (kib("VmRSS:") / 1024.0, kib("VmHWM:") / 1024.0)
}

/// CPU time of a process and the children that it has now.
pub fn of_family(pid: u32) -> Duration {
    let children = |pid: u32| {
        let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        list.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()).collect::<Vec<_>>()
    };
    let own = |pid: u32| ticks(format!("/proc/{pid}/stat").as_ref());
    own(pid) + children(pid).into_iter().map(own).sum::<Duration>()
}
