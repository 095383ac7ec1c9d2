//! The table's main lines as a picture: bars, in SVG.

use crate::report::Report;
use crate::world::Anyhow;
use std::fmt::Write;
use std::path::Path;

/// A bar: section and line of the table, and what the picture calls it.
type Source = (&'static str, &'static str, &'static str);

const PANELS: [(&str, &[Source]); 2] = [
    (
        "Redemptions a second, SQLite",
        &[
            ("Against the plain design", "plain: redeemed", "plain design"),
            ("Redemption over HTTP", "redeemed", "this service"),
            ("Against the sum of its parts", "allowed, checked by signing again", "what its parts allow"),
        ],
    ),
    (
        "Redemptions a second, PostgreSQL",
        &[
            (POSTGRES, "pgbench, the SQL alone, one redemption per transaction", "pgbench, SQL alone"),
            (POSTGRES, "plain: redeemed", "plain design"),
            (POSTGRES, "redeemed", "this service"),
            (POSTGRES, "two server processes on one database", "two servers of it"),
        ],
    ),
];

const POSTGRES: &str = "Redemption over HTTP, on PostgreSQL";
const OFFERED: [(&str, &str); 2] = [
    ("Offered load, SQLite", "Accepted a second, of what is offered (SQLite)"),
    ("Offered load, PostgreSQL", "Accepted a second, of what is offered (PostgreSQL)"),
];

const WIDTH: f64 = 760.0;
const LABEL: f64 = 210.0;
const BAR: f64 = 22.0;

struct Bar {
    label: String,
    value: f64,
    note: String,
    is_ours: bool,
}

/// Draws what the table has.
pub fn write(report: &Report, path: &Path) -> Anyhow<()> {
    let mut panels: Vec<(&str, Vec<Bar>)> = Vec::new();
    for (title, sources) in PANELS {
        let bar = |(section, line, label): &Source| {
            let value = report.value(section, line)?;
            let is_ours = label.contains("this service") || label.contains("servers");
            Some(Bar { label: (*label).into(), value, note: String::new(), is_ours })
        };
        panels.push((title, sources.iter().filter_map(bar).collect()));
    }
    for (section, title) in OFFERED {
        let bar = |load: &f64| {
            let of = |what: &str| report.value(section, &format!("offered {load} × capacity: {what}"));
            let (p99, shed) = (of("p99 of the accepted")?, of("told to come again")?);
            let note = format!("p99 {p99:.0} ms, {shed:.0} % told to come again");
            Some(Bar { label: format!("{load} × capacity"), value: of("accepted")?, note, is_ours: true })
        };
        panels.push((title, [0.5, 0.8, 1.0, 1.5, 2.0].iter().filter_map(bar).collect()));
    }
    panels.retain(|(_, bars)| !bars.is_empty());
    Ok(std::fs::write(path, draw(&panels)?)?)
}

fn draw(panels: &[(&str, Vec<Bar>)]) -> Result<String, std::fmt::Error> {
    let (mut body, mut y) = (String::new(), 10.0);
    for (title, bars) in panels {
        y += 26.0;
        writeln!(body, r#"<text x="16" y="{y}" class="title">{title}</text>"#)?;
        y += 8.0;
        let most = bars.iter().map(|bar| bar.value).fold(1.0, f64::max);
        for bar in bars {
            let length = (bar.value / most * (WIDTH - LABEL - 340.0)).max(1.0);
            let (middle, end) = (y + BAR / 2.0 + 5.0, LABEL + length + 8.0);
            let (class, height) = (if bar.is_ours { "ours" } else { "other" }, BAR - 4.0);
            let note = if bar.note.is_empty() { String::new() } else { format!(" · {}", bar.note) };
            writeln!(body, r#"<text x="{}" y="{middle}" class="label">{}</text>"#, LABEL - 8.0, bar.label)?;
            writeln!(
                body,
                r#"<rect x="{LABEL}" y="{y}" width="{length:.1}" height="{height}" rx="3" class="{class}"/>"#
            )?;
            writeln!(body, r#"<text x="{end:.1}" y="{middle}">{}{note}</text>"#, thousands(bar.value))?;
            y += BAR;
        }
        y += 8.0;
    }
    let height = y + 8.0;
    Ok(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">
<style>text{{fill:#1b2733}}.title{{font-weight:bold;font-size:14px}}.label{{text-anchor:end}}.ours{{fill:#1769aa}}.other{{fill:#9fb3c1}}</style>
<rect width="{WIDTH}" height="{height}" rx="8" fill="#fff"/>
{body}</svg>
"##
    ))
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let first = digits.len() % 3;
    let groups = digits.as_bytes()[first..].chunks(3).map(String::from_utf8_lossy);
    let head = (first > 0).then(|| digits[..first].into());
    head.into_iter().chain(groups).collect::<Vec<_>>().join("\u{a0}")
}
