//! Talking with a person in the terminal. What they say is kept line by line, so that Ctrl-C loses nothing.

use std::io::IsTerminal;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::domain::blueprint::Topic;
use crate::domain::id::PlanId;
use crate::engine::planning::{Planning, PlanningError};
use crate::process::Cancel;
use crate::report::text::{one_line, visible};

use super::super::context::{Context, print};
use super::super::error::CliError;
use super::super::exit::Exit;

/// How long until Ctrl-C is noticed while nobody types.
const TICK: Duration = Duration::from_millis(50);

/// A person at a terminal.
pub struct Talk {
    lines: Receiver<String>,
    cancel: Cancel,
}

/// Why a person says no more.
enum Silence {
    /// Ctrl-C.
    Stopped,
    /// Ctrl-D, or the terminal is gone.
    Ended,
}

impl Talk {
    /// Begins to listen; `None` where nobody sits at a terminal.
    pub fn begin(context: &Context) -> Option<Self> {
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            return None;
        }
        let (sender, lines) = mpsc::channel();
        // Nothing interrupts somebody who reads a terminal, so that a thread does it and ends with the program.
        thread::spawn(move || {
            for line in std::io::stdin().lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Some(Self {
            lines,
            cancel: context.cancel.clone(),
        })
    }

    fn line(&self) -> Result<String, Silence> {
        loop {
            if self.cancel.is_cancelled() {
                return Err(Silence::Stopped);
            }
            match self.lines.recv_timeout(TICK) {
                Ok(line) => return Ok(line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Silence::Ended),
            }
        }
    }

    /// One answer; lines that end with a backslash go on.
    fn said(&self) -> Result<String, Silence> {
        let mut text = String::new();
        print("> ").map_err(|_| Silence::Ended)?;
        loop {
            let line = self.line()?;
            match line.strip_suffix('\\') {
                Some(more) => {
                    text.push_str(more);
                    text.push('\n');
                }
                None => {
                    text.push_str(&line);
                    return Ok(text.trim().to_owned());
                }
            }
        }
    }

    /// What is to be built.
    pub fn goal(&self) -> Result<String, CliError> {
        print("What is to be built? A line or more; an empty one ends it.\n")?;
        let mut goal = String::new();
        loop {
            let said = self.said().map_err(|_| nothing_begun())?;
            if said.is_empty() && !goal.is_empty() {
                return Ok(goal);
            }
            if !said.is_empty() {
                goal.push_str(&said);
                goal.push('\n');
            }
        }
    }

    /// A plan's id; an empty line takes the proposed one.
    pub fn name(&self, proposed: Option<&PlanId>) -> Result<PlanId, CliError> {
        loop {
            print(&match proposed {
                Some(name) => format!("A short id for the plan [{name}]\n"),
                None => "A short id for the plan, such as shop\n".to_owned(),
            })?;
            let said = self.said().map_err(|_| nothing_begun())?;
            match (proposed, PlanId::new(said.as_str())) {
                (Some(name), _) if said.is_empty() => return Ok(name.clone()),
                (_, Ok(name)) => return Ok(name),
                (_, Err(why)) => print(&format!("{}\n", visible(&why.to_string())))?,
            }
        }
    }

    /// Puts the open questions, and keeps each answer as it comes.
    pub fn answers(&self, planning: &mut Planning) -> Result<(), CliError> {
        let plan = planning.plan().clone();
        let count = planning.interview.pending().len();
        print(&format!(
            "\nThe Architect asks. Enter alone leaves a question to it; a line that ends with \\ goes on; /done ends the interview;\n\
             Ctrl-C stops, and `git harness plan new {plan} --continue` goes on.\n"
        ))?;
        let mut left = 0;
        for number in 1..=count {
            let Some(text) = planning.interview.pending().first().map(|question| {
                let topic = question.topic.map(Topic::name).unwrap_or("");
                let comma = if topic.is_empty() { "" } else { ", " };
                format!("\n{number} of {count}{comma}{topic}: {}\n", visible(&question.text))
            }) else {
                break;
            };
            print(&text)?;
            let said = self.said().map_err(|_| stopped(&plan))?;
            if said == "/done" {
                return Ok(planning.close()?);
            }
            left += usize::from(said.is_empty());
            planning.answer(&said)?;
        }
        if left == count {
            // Whoever leaves everything open has nothing more to say.
            planning.close()?;
        }
        Ok(())
    }

    /// Whether a person agrees.
    pub fn agrees(&self, plan: &PlanId, question: &str) -> Result<bool, CliError> {
        print(&format!("{} [y/N]\n", one_line(question)))?;
        let said = self.said().map_err(|_| stopped(plan))?;
        Ok(matches!(said.to_lowercase().as_str(), "y" | "yes"))
    }
}

fn stopped(plan: &PlanId) -> CliError {
    // The terminal shows ^C on the line of the answer.
    let _ = print("\n");
    PlanningError::Interrupted(plan.clone()).into()
}

fn nothing_begun() -> CliError {
    let _ = print("\n");
    CliError::new(Exit::Interrupted, "stopped; nothing was begun")
}

/// An id made of the first words of a goal.
pub fn name_of(goal: &str) -> Option<PlanId> {
    let words = goal
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() > 2 && !matches!(word.to_lowercase().as_str(), "the" | "and" | "for" | "with"))
        .take(2);
    let name = words.collect::<Vec<_>>().join("-").to_lowercase();
    PlanId::new(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_gives_a_name() {
        for (goal, name) in [
            ("A small shop for Ann", Some("small-shop")),
            ("The game", Some("game")),
            ("Ein Spiel für zwei", Some("ein-spiel")),
            ("??", None),
            ("nul", None),
        ] {
            assert_eq!(name_of(goal).as_ref().map(PlanId::as_str), name, "{goal}");
        }
    }
}
