//! `checkpoints.txt`: signed notes one after another, an empty line behind each. Read a note at a time.

use std::io::{self, BufRead};

/// A note with its separator.
pub(super) fn write(note: &str) -> String {
    format!("{note}\n")
}

/// The notes of a file, in order.
pub(super) struct Notes<R>(pub(super) R);

impl<R: BufRead> Iterator for Notes<R> {
    /// A note ends with the second empty line: the first stands between its text and its signatures.
    type Item = io::Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        let (mut note, mut empty_lines) = (String::new(), 0);
        loop {
            let start = note.len();
            match self.0.read_line(&mut note) {
                Ok(0) if note.is_empty() => return None,
                // Cut short: whoever opens it says so.
                Ok(0) => return Some(Ok(note)),
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
            if &note[start..] == "\n" {
                empty_lines += 1;
                if empty_lines == 2 {
                    note.truncate(start);
                    return Some(Ok(note));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_come_back_whole() {
        let notes = ["a\n1\nx\n\n— a b\n", "a\n2\ny\n\n— a c\n— d e\n"];
        let file: String = notes.iter().map(|note| write(note)).collect();
        let read: Vec<_> = Notes(file.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(read, notes);
        assert_eq!(Notes(&file.as_bytes()[..file.len() - 1]).count(), 2);
    }
}
