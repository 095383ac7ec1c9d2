//! The table, and the same as JSON.

use crate::world::Anyhow;
use std::borrow::Cow;
use std::path::Path;

/// A line of the table.
struct Line {
    name: Cow<'static, str>,
    value: f64,
    unit: &'static str,
    target: Option<Target>,
}

/// What a value should be.
#[derive(Clone, Copy)]
pub enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }

    fn text(self, value: f64) -> String {
        let met = if self.is_met(value) { "met" } else { "**missed**" };
        match self {
            Self::AtLeast(least) => format!("≥ {least}: {met}"),
            Self::AtMost(most) => format!("≤ {most}: {met}"),
        }
    }
}

#[derive(Default)]
pub struct Report {
    sections: Vec<(Cow<'static, str>, Vec<Line>)>,
}

impl Report {
    pub fn section(&mut self, name: impl Into<Cow<'static, str>>) {
        self.sections.push((name.into(), Vec::new()));
    }

    pub fn line(&mut self, name: impl Into<Cow<'static, str>>, value: f64, unit: &'static str) {
        self.add(Line { name: name.into(), value, unit, target: None });
    }

    pub fn target(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        value: f64,
        unit: &'static str,
        target: Target,
    ) {
        self.add(Line { name: name.into(), value, unit, target: Some(target) });
    }

    fn add(&mut self, line: Line) {
        let (_, lines) = self.sections.last_mut().expect("a line comes after its section");
        lines.push(line);
    }

    pub fn print(&self) {
        println!("\n| | | | target |\n|---|--:|---|---|");
        for (section, lines) in &self.sections {
            println!("| **{section}** | | | |");
            for Line { name, value, unit, target } in lines {
                let target = target.map_or_else(String::new, |target| target.text(*value));
                println!("| {name} | {} | {unit} | {target} |", number(*value));
            }
        }
    }

    /// The value of a line that the table has.
    pub fn value(&self, section: &str, name: &str) -> Option<f64> {
        let (_, lines) = self.sections.iter().find(|(found, _)| found == section)?;
        lines.iter().find(|line| line.name == name).map(|line| line.value)
    }

    pub fn write(&self, path: &Path) -> Anyhow<()> {
        let line = |line: &Line| {
            let met = line.target.map(|target| target.is_met(line.value));
            serde_json::json!({"name": line.name, "value": line.value, "unit": line.unit, "met": met})
        };
        let section = |(name, lines): &(Cow<'static, str>, Vec<Line>)| serde_json::json!({"section": name, "lines": lines.iter().map(line).collect::<Vec<_>>()});
        let sections: Vec<_> = self.sections.iter().map(section).collect();
        Ok(std::fs::write(path, serde_json::to_string_pretty(&sections)?)?)
    }
}

fn number(value: f64) -> String {
    match value {
        0.0..10.0 => format!("{value:.2}"),
        10.0..1_000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
