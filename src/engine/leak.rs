//! Leak: new contents that hold a secret which the base does not. What is in history is there for good, so it is
//! refused by path and line; of a Builder's file not even an object is written.

use std::borrow::Cow;

use crate::domain::change::{Change, ChangeSet};
use crate::domain::redact::Redactor;
use crate::domain::scope::violation::{Rule, Violation};
use crate::git::{ReadError, Repository};

use super::harvest::Harvested;

/// The secrets that a harvest would bring in.
pub(super) fn in_harvest(
    git: &Repository,
    harvested: &Harvested,
    changes: &ChangeSet,
    redactor: &Redactor,
) -> Result<Vec<Violation>, ReadError> {
    let content = |change: &Change| {
        Ok(change
            .new
            .and_then(|new| match harvested.object(new.blob) {
                Some(object) => Some(object.bytes()),
                None => harvested.content(new.blob),
            })
            .map(Cow::Borrowed))
    };
    leaks(git, changes, redactor, content)
}

/// The secrets that a commit would bring in whose objects are in git already.
pub(super) fn in_tree(git: &Repository, changes: &ChangeSet, redactor: &Redactor) -> Result<Vec<Violation>, ReadError> {
    let content = |change: &Change| match change.new.filter(|new| new.mode.is_file()) {
        Some(new) => git.blob(new.blob).map(|bytes| Some(Cow::Owned(bytes))),
        None => Ok(None),
    };
    leaks(git, changes, redactor, content)
}

fn leaks<'a>(
    git: &Repository,
    changes: &ChangeSet,
    redactor: &Redactor,
    content: impl Fn(&Change) -> Result<Option<Cow<'a, [u8]>>, ReadError>,
) -> Result<Vec<Violation>, ReadError> {
    let mut violations = Vec::new();
    for change in changes {
        let Some(content) = content(change)? else {
            continue;
        };
        let mut found = redactor.find(&content).unwrap_or_default();
        found.retain(|one| one.sure);
        if let (Some(old), false) = (change.old.filter(|old| old.mode.is_file()), found.is_empty()) {
            let before = git.blob(old.blob)?;
            let known = redactor.find(&before).unwrap_or_default();
            found.retain(|one| {
                !known
                    .iter()
                    .any(|old| before[old.at.clone()] == content[one.at.clone()])
            });
        }
        violations.extend(found.first().map(|one| Violation {
            path: change.path.to_text().into_owned(),
            rule: Rule::Secret {
                kind: one.kind.to_owned(),
                line: 1 + content[..one.at.start].iter().filter(|byte| **byte == b'\n').count(),
            },
        }));
    }
    Ok(violations)
}
