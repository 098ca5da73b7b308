//! Events for people who watch a terminal: the lines of [`super::terminal`], and below them what is going on this
//! moment, with its clock, one line for each task in hand.
//!
//! The moving lines are gone when the work ends; what matters is in the lines above them, which a log gets too.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;

use crate::domain::id::TaskId;
use crate::domain::task::event::{AttemptMode, Event, Sink};
use crate::domain::usage::Progress as Writing;

use super::table::Colour;
use super::terminal::Lines;
use super::text::one_line;

/// How often the clocks are drawn.
const TICK: Duration = Duration::from_millis(200);

/// A copy of fewer files is there before anybody has read of it.
const WORTH_TELLING: usize = 1000;

/// Lines on standard error, and moving lines below them.
pub struct Progress {
    moving: MultiProgress,
    /// What is in hand; checks on the base belong to no task.
    bars: BTreeMap<Option<TaskId>, ProgressBar>,
    lines: Lines<Above>,
}

impl Progress {
    /// Draws on standard error, which has to be a terminal.
    pub fn new(colour: Colour) -> Self {
        Self::on(ProgressDrawTarget::stderr(), colour)
    }

    fn on(target: ProgressDrawTarget, colour: Colour) -> Self {
        let moving = MultiProgress::with_draw_target(target);
        let above = Above {
            moving: moving.clone(),
            line: Vec::new(),
        };
        Self {
            moving,
            bars: BTreeMap::new(),
            lines: Lines::new(above, colour),
        }
    }

    /// The moving lines, for others that have something to show in them.
    pub fn moving(&self) -> Moving {
        Moving(self.moving.clone())
    }

    fn show(&mut self, task: Option<&TaskId>, doing: &str) {
        let bar = self.bars.entry(task.cloned()).or_insert_with(|| {
            let bar = self.moving.add(ProgressBar::new_spinner());
            // A template that cannot be read leaves indicatif's own, which shows the same without the clock's place.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(TICK);
            bar
        });
        let text = match task {
            Some(task) => format!("{task}  {}", one_line(doing)),
            None => one_line(doing),
        };
        if bar.message() != text {
            bar.set_message(text);
            bar.reset_elapsed();
        }
    }

    fn done(&mut self, task: Option<&TaskId>) {
        if let Some(bar) = self.bars.remove(&task.cloned()) {
            bar.finish_and_clear();
        }
    }
}

/// The moving lines below the others.
#[derive(Clone)]
pub struct Moving(MultiProgress);

impl Moving {
    /// Shows what a model has written so far on a line of its own; nothing of it is recorded.
    pub fn watcher(&self) -> impl Fn(Option<&Writing>) + use<> {
        let moving = self.0.clone();
        let line: RefCell<Option<ProgressBar>> = RefCell::new(None);
        move |writing| {
            let mut line = line.borrow_mut();
            match writing {
                Some(writing) => {
                    let bar = line.get_or_insert_with(|| moving.add(ProgressBar::new_spinner()));
                    bar.set_message(written(writing));
                }
                None => {
                    if let Some(bar) = line.take() {
                        bar.finish_and_clear();
                    }
                }
            }
        }
    }
}

impl Moving {
    /// Shows how much of a copy is there on a line of its own, where it takes so long that anybody sees it.
    pub fn copying(&self) -> impl Fn(Option<(usize, usize)>) + use<> {
        let moving = self.0.clone();
        let line: RefCell<Option<ProgressBar>> = RefCell::new(None);
        move |copied| {
            let mut line = line.borrow_mut();
            match copied {
                Some((_, all)) if all < WORTH_TELLING => {}
                Some((files, all)) => {
                    let bar = line.get_or_insert_with(|| moving.add(ProgressBar::new_spinner()));
                    bar.set_message(format!("  a copy of the tree: {files} of {all} files"));
                    bar.tick();
                }
                None => {
                    if let Some(bar) = line.take() {
                        bar.finish_and_clear();
                    }
                }
            }
        }
    }
}

/// What a model has written so far, as a line.
fn written(writing: &Writing) -> String {
    let model = one_line(&writing.model);
    format!("  {model}: about {} tokens, {} s", writing.tokens, writing.seconds)
}

impl Sink for Progress {
    fn event(&mut self, at: Timestamp, event: &Event) {
        self.lines.event(at, event);
        match event {
            Event::Dispatched(dispatched) if dispatched.mode == AttemptMode::Unattended => {
                self.show(Some(&dispatched.task), &format!("{} builds", dispatched.author));
            }
            Event::BuilderFinished(finished) => self.show(Some(&finished.task), "what it changed is taken and judged"),
            Event::CheckStarted { task, check, .. } => self.show(task.as_ref(), &format!("check {check}")),
            Event::CheckFinished { task: None, .. } => self.done(None),
            Event::Accepted(accepted) => self.show(Some(&accepted.task), "landing"),
            Event::Escalated(escalated) => self.show(Some(&escalated.task), "the Architect thinks"),
            Event::AttemptFailed { task, .. }
            | Event::AttemptLost { task, .. }
            | Event::ArchitectAnswered(crate::domain::task::event::ArchitectAnswered { task, .. })
            | Event::ArchitectFailed { task, .. }
            | Event::Blocked { task, .. }
            | Event::LandLost { task, .. } => self.done(Some(task)),
            Event::Landed(landed) => self.done(Some(&landed.task)),
            Event::ReviewRequested(request) => self.done(Some(&request.task)),
            _ => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        for bar in std::mem::take(&mut self.bars).into_values() {
            bar.finish_and_clear();
        }
        // What follows is written without it: no line of it may stay behind. A terminal that is gone shows none.
        let _ = self.moving.clear();
    }
}

/// Writes whole lines above the moving ones.
struct Above {
    moving: MultiProgress,
    line: Vec<u8>,
}

impl Write for Above {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        while let Some(end) = self.line.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.line.drain(..=end).collect();
            self.moving.println(String::from_utf8_lossy(&line[..end]))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::CheckKind;

    #[test]
    fn a_models_name_cannot_act() {
        let writing = Writing {
            model: "q\u{1b}[2J\nx".to_owned(),
            tokens: 12,
            seconds: 3,
        };
        assert_eq!(written(&writing), "  q\\u{1b}[2J x: about 12 tokens, 3 s");
        let progress = Progress::on(ProgressDrawTarget::hidden(), Colour::Off);
        let watcher = progress.moving().watcher();
        watcher(Some(&writing));
        watcher(None);
    }

    #[test]
    fn how_far_a_copy_is_stands_below_until_it_is_full() {
        let progress = Progress::on(ProgressDrawTarget::hidden(), Colour::Off);
        let watcher = progress.moving().copying();
        for told in [Some((0, 40_000)), Some((20_000, 40_000)), None, Some((0, 3)), None] {
            watcher(told);
        }
    }

    #[test]
    fn what_is_in_hand_is_shown_until_it_is_over() {
        let mut progress = Progress::on(ProgressDrawTarget::hidden(), Colour::Off);
        let task: TaskId = "p-1".parse().unwrap();
        let check = Event::CheckStarted {
            task: Some(task.clone()),
            check: "npm test\u{1b}[2J".to_owned(),
            kind: CheckKind::Test,
        };
        progress.event(Timestamp::UNIX_EPOCH, &check);
        let shown: Vec<String> = progress.bars.values().map(ProgressBar::message).collect();
        assert_eq!(shown, ["p-1  check npm test\\u{1b}[2J"]);
        let blocked = Event::Blocked {
            task,
            by: crate::domain::actor::Actor::Harness,
            reason: String::new(),
        };
        progress.event(Timestamp::UNIX_EPOCH, &blocked);
        assert!(progress.bars.is_empty());
    }
}
