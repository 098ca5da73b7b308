//! The one table that says how a task moves from state to state (design section 4). Everything else is an error.

use std::fmt;

use super::state::TaskState;

/// What moves a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Its dependencies are complete and its plan is approved.
    Freed,
    /// A dependency is open again, or the plan lost its approval.
    Held,
    /// The first attempt of a round was given out.
    DispatchedFirst,
    /// A later attempt of the round was given out.
    DispatchedAgain,
    /// The attempt failed.
    Failed,
    /// The attempt ended through no fault of its Builder.
    Lost,
    /// The change is verified, and gates wait.
    ReviewWanted,
    /// The change is verified and accepted.
    Accepted,
    /// The landing did not happen and the work starts again.
    LandingLost,
    /// A reviewer refused the change.
    Rejected,
    /// Somebody who had agreed to it does not any more.
    Withdrawn,
    /// The Architect is called in.
    Escalated,
    /// The card was revised.
    Revised,
    /// Only a person can go on.
    Blocked,
    /// A person lifted the block, or wants another try.
    Reopened,
    /// Whoever held it gave it back.
    Released,
    /// Its commit is on the target.
    Completed,
    /// Its commit was undone.
    Undone,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 18] = [
        Self::Freed,
        Self::Held,
        Self::DispatchedFirst,
        Self::DispatchedAgain,
        Self::Failed,
        Self::Lost,
        Self::ReviewWanted,
        Self::Accepted,
        Self::LandingLost,
        Self::Rejected,
        Self::Withdrawn,
        Self::Escalated,
        Self::Revised,
        Self::Blocked,
        Self::Reopened,
        Self::Released,
        Self::Completed,
        Self::Undone,
    ];
}

/// A step that the table does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a task that is {state} cannot be {step}")]
pub struct Illegal {
    /// The state.
    pub state: TaskState,
    /// The step.
    pub step: Step,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Freed => "freed",
            Self::Held => "held back",
            Self::DispatchedFirst | Self::DispatchedAgain => "dispatched",
            Self::Failed => "failed",
            Self::Lost => "lost",
            Self::ReviewWanted => "put to review",
            Self::Accepted => "accepted",
            Self::LandingLost => "kept from landing",
            Self::Rejected => "rejected",
            Self::Withdrawn => "put to review again",
            Self::Escalated => "escalated",
            Self::Revised => "revised",
            Self::Blocked => "blocked",
            Self::Reopened => "reopened",
            Self::Released => "released",
            Self::Completed => "completed",
            Self::Undone => "undone",
        })
    }
}

/// The state that follows, or that the table does not have this step.
pub fn next(state: TaskState, step: Step) -> Result<TaskState, Illegal> {
    use Step as S;
    use TaskState as T;
    Ok(match (state, step) {
        (T::Pending, S::Freed) => T::Ready,
        (T::Ready, S::Held) => T::Pending,

        (T::Ready, S::DispatchedFirst) => T::InProgress,
        (T::Failed, S::DispatchedAgain) => T::Retrying,

        (T::InProgress | T::Retrying | T::NeedsReview | T::Passed, S::Failed) => T::Failed,
        (T::InProgress, S::Lost) => T::Ready,
        (T::Retrying, S::Lost) => T::Failed,

        (T::InProgress | T::Retrying | T::NeedsReview | T::Passed, S::ReviewWanted) => T::NeedsReview,
        (T::InProgress | T::Retrying | T::NeedsReview | T::Passed, S::Accepted) => T::Passed,
        (T::Passed, S::LandingLost) => T::Ready,
        (T::NeedsReview, S::Rejected) => T::Failed,
        (T::NeedsReview | T::Passed, S::Withdrawn) => T::NeedsReview,

        // A person may call the Architect whenever nobody works on the card; the router only after a failure, or when
        // the card itself is at fault before any attempt.
        (T::Ready | T::Failed | T::Blocked | T::NeedsReview | T::Escalated, S::Escalated) => T::Escalated,
        // A card changes under whatever was tried with its old text.
        (T::Pending | T::Ready | T::Failed | T::Escalated | T::Blocked | T::NeedsReview | T::Passed, S::Revised) => {
            T::Ready
        }

        (T::Complete, S::Blocked) => return Err(Illegal { state, step }),
        (_, S::Blocked) => T::Blocked,
        (T::Ready | T::Failed | T::Escalated | T::Blocked | T::NeedsReview | T::Passed | T::Complete, S::Reopened) => {
            T::Ready
        }
        (T::InProgress | T::Retrying | T::NeedsReview | T::Passed | T::Failed, S::Released) => T::Ready,

        // History decides: a commit on the target completes a task whatever the journal thought of it.
        (_, S::Completed) => T::Complete,
        (T::Complete, S::Undone) => T::Ready,

        _ => return Err(Illegal { state, step }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as people read it: one row a state, one column a step, a dot where there is none.
    #[test]
    fn the_table_is_what_the_design_says() {
        let mut text = String::new();
        for state in TaskState::ALL {
            let row: Vec<String> = Step::ALL
                .iter()
                .filter_map(|step| next(state, *step).ok().map(|to| format!("{step:?}→{to}")))
                .collect();
            text.push_str(&format!("{state}: {}\n", row.join(" ")));
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn nothing_but_history_completes_a_task_and_a_complete_task_is_never_given_out() {
        for state in TaskState::ALL {
            for step in Step::ALL {
                if next(state, step) == Ok(TaskState::Complete) {
                    assert_eq!(step, Step::Completed);
                }
            }
        }
        assert!(next(TaskState::Complete, Step::DispatchedFirst).is_err());
        assert!(next(TaskState::InProgress, Step::DispatchedFirst).is_err());
        assert!(next(TaskState::Blocked, Step::DispatchedFirst).is_err());
    }
}
