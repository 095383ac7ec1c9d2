//! The way to the target as a picture: enrolled and completed, week by week. Two lines that differ in more than colour; the
//! table below it says the same.

use super::super::Page;
use crate::oversight::weeks::{ByWeek, OfWeek};

const WIDTH: i64 = 720;
const HEIGHT: i64 = 240;
/// Room for the figures of the scale, and for the days below.
const LEFT: i64 = 88;
const BELOW: i64 = 34;
const ABOVE: i64 = 16;

/// Weeks whose days are written below, at most.
const LABELS: usize = 8;

pub struct Chart {
    pub width: i64,
    pub height: i64,
    /// Paths of the two lines.
    pub enrolled: String,
    pub completed: String,
    /// Where each line ends, and at how many.
    pub ends: Vec<End>,
    pub lines: Vec<Line>,
    pub days: Vec<Day>,
    pub weeks: Vec<OfWeek>,
}

/// A line of the scale.
pub struct Line {
    pub y: i64,
    pub label: String,
    pub is_target: bool,
}

impl Line {
    pub fn left(&self) -> i64 {
        LEFT
    }

    pub fn right(&self) -> i64 {
        LEFT + WIDTH
    }
}

pub struct Day {
    pub x: i64,
    pub y: i64,
    pub label: String,
}

pub struct End {
    pub kind: &'static str,
    pub x: i64,
    pub y: i64,
}

/// The picture of the weeks; none before anybody was enrolled.
pub fn draw(page: &Page, by_week: ByWeek) -> Option<Chart> {
    let ByWeek { target, weeks } = by_week;
    let last = weeks.last()?;
    let (enrolled_last, completed_last) = (last.enrolled_so_far, last.completed_so_far);
    let target = i64::from(target);
    let top = target.max(enrolled_last).max(completed_last).max(1);
    let steps = i64::try_from(weeks.len()).unwrap_or(i64::MAX);
    let x = |at: usize| LEFT + WIDTH * (i64::try_from(at).unwrap_or(0) + 1) / steps;
    let y = |count: i64| ABOVE + HEIGHT - HEIGHT * count / top;
    let path = |of: fn(&OfWeek) -> i64| {
        let points = weeks.iter().enumerate().map(|(at, week)| format!(" L{} {}", x(at), y(of(week))));
        format!("M{LEFT} {}{}", y(0), points.collect::<String>())
    };
    let (enrolled, completed) = (path(|week| week.enrolled_so_far), path(|week| week.completed_so_far));
    let end_x = x(weeks.len() - 1);
    let ends = [("enrolled", enrolled_last), ("completed", completed_last)];
    let ends = ends.map(|(kind, count)| End { kind, x: end_x, y: y(count) }).into();
    let scale = [0, top / 2, top].into_iter().filter(|count| *count != target);
    let lines = scale.map(|count| Line { y: y(count), label: page.number(&count), is_target: false });
    let lines = lines.chain([Line { y: y(target), label: page.number(&target), is_target: true }]).collect();
    let every = weeks.len().div_ceil(LABELS);
    let days = weeks.iter().enumerate().step_by(every).map(|(at, week)| Day {
        x: x(at),
        y: ABOVE + HEIGHT + BELOW - 8,
        label: week.monday.format("%d.%m").to_string(),
    });
    Some(Chart {
        width: LEFT + WIDTH + 16,
        height: ABOVE + HEIGHT + BELOW,
        enrolled,
        completed,
        ends,
        lines,
        days: days.collect(),
        weeks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Language;

    #[test]
    fn lines_end_at_their_figures_and_the_target_is_the_top() {
        let page = Page {
            language: Language::English,
            here: "/".into(),
            caller: None,
            csrf_token: String::new(),
            form_key: String::new(),
            provider: None,
        };
        let week = |day: &str, enrolled_so_far, completed_so_far| OfWeek {
            monday: day.parse().unwrap(),
            enrolled: 0,
            completed: 0,
            enrolled_so_far,
            completed_so_far,
        };
        let weeks = vec![week("2020-03-02", 10, 0), week("2020-03-09", 50, 25)];
        let chart = draw(&page, ByWeek { target: 100, weeks }).unwrap();
        assert_eq!(chart.enrolled, "M88 256 L448 232 L808 136");
        assert_eq!(chart.ends.iter().map(|end| end.y).collect::<Vec<_>>(), [136, 196]);
        let target = chart.lines.iter().find(|line| line.is_target).unwrap();
        assert_eq!((target.y, target.label.as_str()), (ABOVE, "100"));
        assert!(draw(&page, ByWeek { target: 100, weeks: Vec::new() }).is_none());
    }
}
