//! Events for people who watch: a line for what matters, on standard error.

use std::io::Write;

use crate::domain::check::CheckStatus;
use crate::domain::failure::Failure;
use crate::domain::task::event::{AttemptMode, Event, Sink};

use super::table::{Colour, cut, duration};
use super::text::one_line;

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

    /// A line below a task's: everything in it may be foreign.
    fn line(&mut self, text: &str) {
        self.write("", text);
    }

    /// `lead` is ours, with its colours; `text` may be foreign, so it is made visible before it meets them.
    fn write(&mut self, lead: &str, text: &str) {
        let indent = &text[..text.len() - text.trim_start_matches(' ').len()];
        // Whoever watches may have gone; the work goes on.
        let _ = writeln!(self.out, "{lead}{indent}{}", one_line(text));
    }

    fn task(&mut self, code: &str, mark: &str, task: &impl std::fmt::Display, text: &str) {
        let lead = format!("{} ", self.colour.paint(code, mark));
        self.write(&lead, &format!("{task}  {text}"));
    }
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
                let lead = format!("    {} ", self.colour.paint(code, mark));
                let status = match result.status {
                    CheckStatus::Passed => String::new(),
                    other => format!(" {other}"),
                };
                let name = cut(&one_line(&result.name), 80);
                let tests = match result.tests.map(|tests| tests.passed) {
                    Some(1) => "  1 test".to_owned(),
                    Some(number) => format!("  {number} tests"),
                    None if result.not_counted => "  tests not counted".to_owned(),
                    None => String::new(),
                };
                self.write(&lead, &format!("{name}{status}{tests}  {}", duration(result.millis)));
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
                    "verified; waits for {}: git harness show {}",
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
            Event::Proposed(proposed) if proposed.problems.is_empty() => {
                let text = format!(
                    "plans to change {}: {}",
                    proposed.files.join(", "),
                    cut(&proposed.plan, 100)
                );
                self.task("2", "·", &proposed.task, &text);
            }
            Event::Escalated(escalated) => {
                self.task(
                    "33",
                    "↑",
                    &escalated.task,
                    &format!("escalated to the Architect: {}", escalated.trigger),
                );
            }
            Event::PlanConsulted(asked) if asked.answer.is_some() => {
                let used = asked.usage.map(|usage| format!(" ({usage})")).unwrap_or_default();
                self.line(&format!("{} answered{used}", asked.by));
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
            Event::Demoted { why, .. } => self.line(why),
            Event::JournalRepaired { bytes, kept_in } => {
                self.line(&format!(
                    "the journal's torn tail of {bytes} bytes was cut and kept in {kept_in}"
                ));
            }
            Event::JournalBegunAnew { former, .. } => {
                self.line(&format!(
                    "this clone's journal goes on under another name than {former}"
                ));
            }
            Event::TranscriptErased { digest, .. } => self.line(&format!("transcript {} is erased", digest.short())),
            Event::Told { task, text } => match task {
                Some(task) => self.task("2", "·", task, text),
                None => self.line(text),
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::actor::Actor;
    use crate::domain::check::{CheckKind, CheckResult};
    use crate::domain::id::AttemptId;
    use crate::domain::scope::violation::{Rule, Violation};

    fn lines(events: &[Event], colour: Colour) -> String {
        let mut out = Vec::new();
        let mut sink = Lines::new(&mut out, colour);
        for event in events {
            sink.event(jiff::Timestamp::UNIX_EPOCH, event);
        }
        String::from_utf8(out).unwrap()
    }

    fn hostile() -> Vec<Event> {
        let attempt: AttemptId = serde_json::from_str("\"3f2a9c5d7e1b4a60-1\"").unwrap();
        let violation = Violation {
            path: "a\u{1b}[8mhidden\u{1b}[0m".to_owned(),
            rule: Rule::OutsideCard,
        };
        vec![
            Event::AttemptFailed {
                task: "shop-02".parse().unwrap(),
                attempt,
                failure: Failure::Scope {
                    violations: vec![violation],
                },
            },
            Event::Blocked {
                task: "shop-02".parse().unwrap(),
                by: Actor::Harness,
                reason: "x\n✓ shop-03  landed on main\r\u{202e}".to_owned(),
            },
            Event::CheckFinished {
                task: None,
                result: CheckResult {
                    name: "sh -c '\u{1b}[32mfine'\ntrue".to_owned(),
                    kind: CheckKind::Test,
                    status: CheckStatus::TimedOut,
                    millis: 5,
                    tests: None,
                    not_counted: false,
                    runs: 1,
                    log: None,
                    excerpt: String::new(),
                    contacts: Vec::new(),
                    asked_git: false,
                },
            },
        ]
    }

    #[test]
    fn foreign_text_can_neither_colour_nor_hide_nor_begin_a_line() {
        for (colour, escapes) in [(Colour::Off, 0), (Colour::On, 6)] {
            let text = lines(&hostile(), colour);
            assert_eq!(text.lines().count(), 4, "{text}");
            assert_eq!(
                text.matches('\u{1b}').count(),
                escapes,
                "only our own marks are coloured: {text:?}"
            );
        }
        insta::assert_snapshot!(lines(&hostile(), Colour::Off));
    }
}
