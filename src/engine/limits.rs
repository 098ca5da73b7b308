//! Limits on what one commit may bring, for changes that are in git already: by hand, or on a branch that is audited.
//! A Builder's view is held to the same limits while it is harvested.

use crate::config::Policy;
use crate::domain::change::ChangeSet;
use crate::domain::scope::violation::{Rule, Violation};
use crate::git::{ReadError, Repository};

/// The new files that are larger than the policy takes, and the change set as a whole where it is too many.
pub fn broken(git: &Repository, policy: &Policy, changes: &ChangeSet) -> Result<Vec<Violation>, ReadError> {
    let mut found = Vec::new();
    for change in changes {
        let Some(new) = change.new.filter(|new| new.mode.is_file()) else {
            continue;
        };
        let bytes = git.blob_size(new.blob)?;
        if bytes > policy.max_file_bytes {
            let what = format!(
                "{bytes} bytes, and at most {} are taken (policy.max_file_bytes)",
                policy.max_file_bytes
            );
            found.push(Violation {
                path: change.path.to_text().into_owned(),
                rule: Rule::Limit { what },
            });
        }
    }
    let count = changes.count_moves_once();
    if count > policy.max_files {
        found.push(Violation {
            path: "(all)".to_owned(),
            rule: Rule::Limit {
                what: format!(
                    "{count} paths differ, and at most {} are taken (policy.max_files)",
                    policy.max_files
                ),
            },
        });
    }
    Ok(found)
}
