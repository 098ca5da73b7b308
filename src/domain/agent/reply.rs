//! What an agent program is told before it edits a file, by the contract of each.
//!
//! In all of them exit status 2 with a reason on standard error keeps the edit from happening, so that is how an edit is
//! refused.

use std::collections::BTreeSet;

use serde_json::json;

use crate::domain::id::TaskId;
use crate::domain::scope::violation::Violation;

use super::hook::Caller;

/// What goes back to the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// For its standard output.
    pub stdout: String,
    /// For its standard error.
    pub stderr: String,
    /// The exit status.
    pub status: u8,
}

/// Lets the edit happen, as far as we are concerned: whatever else the program asks or refuses stays as it is.
pub fn allow(caller: Caller) -> Reply {
    Reply {
        stdout: match caller {
            // An answer would overrule what the user's own settings ask for.
            Caller::Claude | Caller::Codex => String::new(),
            Caller::Gemini => "{}\n".to_owned(),
            Caller::Cursor => "{\"permission\":\"allow\"}\n".to_owned(),
        },
        stderr: String::new(),
        status: 0,
    }
}

/// Keeps the edit from happening.
pub fn deny(caller: Caller, reason: &str) -> Reply {
    Reply {
        stdout: match caller {
            // Its model reads the reason here and nowhere else.
            Caller::Cursor => {
                let said = json!({"permission": "deny", "user_message": reason, "agent_message": reason});
                format!("{said}\n")
            }
            _ => String::new(),
        },
        stderr: format!("{reason}\n"),
        status: 2,
    }
}

/// Why an edit is refused, written for the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It reaches outside of the card.
    Scope {
        /// The task.
        task: TaskId,
        /// What it breaks.
        violations: Vec<Violation>,
        /// What the card allows.
        files: Vec<String>,
    },
    /// It is for a person to go on.
    Waits {
        /// The task.
        task: TaskId,
        /// Its state.
        state: &'static str,
    },
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Scope {
                task,
                violations,
                files,
            } => {
                writeln!(f, "git-harness: task {task} does not allow this edit")?;
                let mut told = BTreeSet::new();
                for violation in violations.iter().filter(|one| told.insert(one.to_string())) {
                    writeln!(f, "  {violation}")?;
                }
                writeln!(f, "  allowed: {}", files.join(", "))?;
                f.write_str(
                    "Change only what is allowed. If the task cannot be done so, stop and say what else it needs.",
                )
            }
            Self::Waits { task, state } => write!(
                f,
                "git-harness: task {task} is {state}: it waits for a person, and nothing is changed meanwhile.\n\
                 Stop, and tell them: `git harness show {task}` says what for."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_gets_the_answer_of_its_contract() {
        for caller in Caller::ALL {
            assert_eq!(Caller::of_name(caller.name()), Some(caller));
            let no = deny(caller, "outside");
            assert_eq!((no.status, no.stderr.as_str()), (2, "outside\n"));
            assert_eq!(allow(caller).status, 0);
        }
        assert_eq!(allow(Caller::Claude).stdout, "");
        assert_eq!(allow(Caller::Gemini).stdout, "{}\n");
        assert!(
            deny(Caller::Cursor, "a\"b")
                .stdout
                .contains("\"agent_message\":\"a\\\"b\"")
        );
    }
}
