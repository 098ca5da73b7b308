//! Events for people who watch: a line for what matters, on standard error.

use std::io::Write;

use crate::domain::check::CheckStatus;
use crate::domain::failure::Failure;
use crate::domain::task::event::{AttemptMode, Event, Sink};

use super::table::{Colour, cut, duration};
use super::text::visible;

/// Writes a line for each event worth one.
pub struct Lines<W: Write> {
    out: W,
    colour: Colour,
}

impl<W: Write> Lines<W> {
    /// Writes to `out`.
    pub fn new(out: W, colour: Colour) -> Self {
        Self { out, colour }
    }

    fn line(&mut self, text: &str) {
        // Whoever watches may have gone; the work goes on.
        let _ = writeln!(self.out, "{}", visible_but_colour(text));
    }

    fn task(&mut self, code: &str, mark: &str, task: &impl std::fmt::Display, text: &str) {
        let mark = self.colour.paint(code, mark);
        self.line(&format!("{mark} {task}  {text}"));
    }
}

/// Our own colours pass; everything else that is not text is shown.
fn visible_but_colour(text: &str) -> String {
    text.split('\u{1b}')
        .enumerate()
        .map(|(index, part)| {
            let ours = index > 0
                && part.starts_with('[')
                && part
                    .split_once('m')
                    .is_some_and(|(code, _)| code[1..].bytes().all(|b| b.is_ascii_digit()));
            let mark = match (index, ours) {
                (0, _) => "",
                (_, true) => "\u{1b}",
                (_, false) => "\\u{1b}",
            };
            format!("{mark}{}", visible(part))
        })
        .collect()
}

impl<W: Write> Sink for Lines<W> {
    fn event(&mut self, _at: jiff::Timestamp, event: &Event) {
        match event {
            Event::Dispatched(dispatched) => {
                let place = dispatched.place;
                let which = match (place.in_round, place.round) {
                    (1, 1) => String::new(),
                    (1, round) => format!(" (round {round})"),
                    (again, _) => format!(" (retry {})", again - 1),
                };
                let who = match dispatched.mode {
                    AttemptMode::Unattended => dispatched.author.to_string(),
                    AttemptMode::Attended { .. } => "this worktree".to_owned(),
                };
                self.task(
                    "36",
                    "→",
                    &dispatched.task,
                    &format!("attempt {} with {who}{which}", place.number),
                );
            }
            Event::CheckFinished { result, .. } => {
                let (code, mark) = if result.status.passed() {
                    ("32", "✓")
                } else {
                    ("31", "✗")
                };
                let mark = self.colour.paint(code, mark);
                let status = match result.status {
                    CheckStatus::Passed => String::new(),
                    other => format!(" {other}"),
                };
                self.line(&format!(
                    "    {mark} {}{status}  {}",
                    cut(&result.name, 80),
                    duration(result.millis)
                ));
            }
            Event::AttemptFailed { task, failure, .. } => {
                self.task("31", "✗", task, &failure.to_string());
                if let Failure::Scope { violations } = failure {
                    for violation in violations {
                        self.line(&format!("    refused: {violation}"));
                    }
                }
            }
            Event::AttemptLost { task, reason, .. } => {
                self.task(
                    "33",
                    "!",
                    task,
                    &format!("attempt lost, which counts for nothing: {reason}"),
                );
            }
            Event::ReviewRequested(request) => {
                let text = format!(
                    "verified; waits for {}: git harness approve {}",
                    request.gates.join(", "),
                    request.task
                );
                self.task("33", "?", &request.task, &text);
            }
            Event::Landed(landed) => {
                let text = format!("landed on {} as {}", landed.target, landed.commit.short(10));
                self.task("32", "✓", &landed.task, &text);
            }
            Event::LandLost { task, reason, .. } => self.task("33", "!", task, &format!("not landed yet: {reason}")),
            Event::Escalated(escalated) => {
                self.task(
                    "33",
                    "↑",
                    &escalated.task,
                    &format!("escalated to the Architect: {}", escalated.trigger),
                );
            }
            Event::ArchitectAnswered(answer) => {
                let diagnosis = answer.diagnosis.lines().next().unwrap_or_default();
                self.task(
                    "33",
                    "↓",
                    &answer.task,
                    &format!("{}: {}", answer.by, cut(diagnosis, 100)),
                );
            }
            Event::CardRevised(revised) => {
                self.task(
                    "33",
                    "✎",
                    &revised.task,
                    &format!("card revised in {}", revised.commit.short(10)),
                );
            }
            Event::Blocked { task, reason, .. } => self.task("31", "■", task, &format!("blocked: {reason}")),
            Event::RolledBack(done) => {
                let text = format!(
                    "rolled back: {} undoes {}",
                    done.commit.short(10),
                    done.reverted.short(10)
                );
                self.task("33", "↩", &done.task, &text);
            }
            Event::JournalRepaired { bytes, kept_in } => {
                self.line(&format!(
                    "the journal's torn tail of {bytes} bytes was cut and kept in {kept_in}"
                ));
            }
            Event::Told { task, text } => match task {
                Some(task) => self.task("2", "·", task, text),
                None => self.line(text),
            },
            _ => {}
        }
    }
}
