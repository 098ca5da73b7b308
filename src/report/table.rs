//! Tables for people: aligned, cut to the width there is, coloured only where the caller says so.

use super::text::visible;
use crate::domain::task::state::TaskState;

/// Whether to colour, decided once at the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colour {
    /// Plain text.
    #[default]
    Off,
    /// ANSI colours.
    On,
}

impl Colour {
    /// Text in a colour, by its ANSI number.
    pub fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::On => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Off => text.to_owned(),
        }
    }

    /// A state in its colour. The word says everything that the colour does.
    pub fn state(self, state: TaskState, text: &str) -> String {
        let code = match state {
            TaskState::Complete | TaskState::Passed => "32",
            TaskState::Failed | TaskState::Blocked => "31",
            TaskState::Escalated | TaskState::NeedsReview | TaskState::Retrying => "33",
            TaskState::InProgress => "36",
            TaskState::Ready => "1",
            TaskState::Pending => "2",
        };
        self.paint(code, text)
    }
}

/// Lines of columns, the last one cut to the width.
pub fn columns(rows: &[Vec<String>], width: usize) -> Vec<Vec<String>> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| visible(cell).chars().count()).max().unwrap_or(0)
        })
        .collect();
    rows.iter()
        .map(|row| {
            let mut used = 0;
            row.iter()
                .enumerate()
                .map(|(column, cell)| {
                    let text = visible(cell).replace(['\n', '\t'], " ");
                    let last = column + 1 == row.len();
                    let cell = if last {
                        cut(&text, width.saturating_sub(used).max(20))
                    } else {
                        let padding = widths[column].saturating_sub(text.chars().count());
                        format!("{text}{}", " ".repeat(padding + 2))
                    };
                    used += cell.chars().count();
                    cell
                })
                .collect()
        })
        .collect()
}

/// A title, and what is said of it in brackets. Where there is little room the title gives way first.
pub fn titled(title: &str, remark: &str, room: usize) -> String {
    let left = room.saturating_sub(remark.chars().count() + 1);
    format!("{} {remark}", cut(title, left.max(24)))
}

/// Text cut to a number of characters, with a mark where it was cut.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// A span of time for people.
pub fn duration(millis: u64) -> String {
    match millis {
        0..1000 => format!("{millis} ms"),
        1000..60_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        _ => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_gives_way_to_what_is_said_of_it() {
        let title = "Add timing to the enemies of the game";
        assert_eq!(titled(title, "[1a2b3c]", 60), format!("{title} [1a2b3c]"));
        assert_eq!(
            titled(title, "[1a2b3c]", 40),
            "Add timing to the enemies of t… [1a2b3c]"
        );
        assert_eq!(
            titled(title, "(after a, b)", 10),
            "Add timing to the enemi… (after a, b)"
        );
    }

    #[test]
    fn columns_line_up_and_the_last_is_cut() {
        let rows = vec![
            vec!["a".to_owned(), "x".to_owned()],
            vec!["long".to_owned(), "y".repeat(60)],
        ];
        let lines: Vec<String> = columns(&rows, 30).iter().map(|row| row.concat()).collect();
        assert_eq!(lines[0], "a     x");
        assert_eq!(lines[1].chars().count(), 30);
        assert!(lines[1].ends_with('…'));
        assert_eq!(
            (duration(5), duration(61_500)),
            ("5 ms".to_owned(), "1 min 1 s".to_owned())
        );
    }
}
