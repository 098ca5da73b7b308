//! Joining what an answer says of one file: what is repeated counts once, what changes nothing is left out, and what
//! contradicts itself is refused.

use super::error::AnswerError;
use super::notice::Notice;
use super::operation::{Action, Operation, Step};

/// One operation for each file, in the order of the answer.
pub(super) fn join(operations: Vec<Operation>, notices: &mut Vec<Notice>) -> Result<Vec<Operation>, AnswerError> {
    let mut kept: Vec<Operation> = Vec::new();
    for mut operation in operations {
        drop_idle(&mut operation, notices);
        if matches!(&operation.action, Action::Edit { steps } if steps.is_empty()) {
            continue;
        }
        if let Some(same) = kept.iter_mut().find(|known| known.path == operation.path)
            && let (Action::Edit { steps }, Action::Edit { steps: more }) = (&mut same.action, &mut operation.action)
        {
            steps.append(more);
            continue;
        }
        if kept
            .iter()
            .any(|known| known.path == operation.path && known.action == operation.action)
        {
            notices.push(Notice::Repeated {
                path: operation.path,
                line: operation.line,
            });
            continue;
        }
        if kept.iter().any(|known| known.meets(&operation)) {
            return Err(AnswerError::Twice(operation.path.to_string()));
        }
        kept.push(operation);
    }
    for operation in &mut kept {
        drop_repeated(operation, notices);
    }
    let idle = || notices.iter().any(|notice| matches!(notice, Notice::Idle { .. }));
    if !kept.is_empty() {
        Ok(kept)
    } else if idle() {
        Err(AnswerError::NoChange)
    } else {
        Err(AnswerError::NoEdits)
    }
}

fn steps_of(action: &mut Action) -> Option<&mut Vec<Step>> {
    match action {
        Action::Edit { steps } | Action::Move { steps, .. } => Some(steps),
        Action::Create { .. } | Action::Fill { .. } | Action::Overwrite { .. } | Action::Delete => None,
    }
}

/// Leaves out the steps that change nothing.
fn drop_idle(operation: &mut Operation, notices: &mut Vec<Notice>) {
    let path = operation.path.clone();
    let Some(steps) = steps_of(&mut operation.action) else {
        return;
    };
    steps.retain(|step| {
        let idle = step.edit.is_idle();
        if idle {
            notices.push(Notice::Idle {
                path: path.clone(),
                line: step.line,
            });
        }
        !idle
    });
}

/// A model that loops says the same edit again; its lines are gone by then.
fn drop_repeated(operation: &mut Operation, notices: &mut Vec<Notice>) {
    let path = operation.path.clone();
    let Some(steps) = steps_of(&mut operation.action) else {
        return;
    };
    let mut seen: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps.drain(..) {
        if seen.iter().any(|known| known.edit == step.edit) {
            notices.push(Notice::Repeated {
                path: path.clone(),
                line: step.line,
            });
        } else {
            seen.push(step);
        }
    }
    *steps = seen;
}
