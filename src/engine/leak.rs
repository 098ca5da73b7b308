//! Leak: new contents that hold a secret which the base does not. What is in history is there for good, so it is
//! refused by path and line; of a Builder's file not even an object is written. What was there before is not new, and a project
//! may let a file in by its exact name and digest.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use memchr::memmem;

use crate::domain::change::{Change, ChangeSet, FileMode};
use crate::domain::oid::{BlobId, TreeId};
use crate::domain::redact::Redactor;
use crate::domain::scope::bounds::AllowedSecret;
use crate::domain::scope::violation::{Rule, Violation};
use crate::git::{ReadError, Repository};

use super::harvest::Harvested;

/// The secrets that a harvest would bring in.
pub(super) fn in_harvest(
    git: &Repository,
    harvested: &Harvested,
    changes: &ChangeSet,
    redactor: &Redactor,
    allowed: &[AllowedSecret],
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
    leaks(git, harvested.base(), changes, redactor, allowed, content)
}

/// The secrets that a commit would bring in on a tree, whose objects are in git already.
pub(super) fn in_tree(
    git: &Repository,
    base: TreeId,
    changes: &ChangeSet,
    redactor: &Redactor,
    allowed: &[AllowedSecret],
) -> Result<Vec<Violation>, ReadError> {
    let content = |change: &Change| match change.new.filter(|new| new.mode != FileMode::Gitlink) {
        Some(new) => git.blob(new.blob).map(|bytes| Some(Cow::Owned(bytes))),
        None => Ok(None),
    };
    leaks(git, base, changes, redactor, allowed, content)
}

fn leaks<'a>(
    git: &Repository,
    base: TreeId,
    changes: &ChangeSet,
    redactor: &Redactor,
    allowed: &[AllowedSecret],
    content: impl Fn(&Change) -> Result<Option<Cow<'a, [u8]>>, ReadError>,
) -> Result<Vec<Violation>, ReadError> {
    let mut violations = Vec::new();
    let mut known = Known::default();
    for change in changes {
        violations.extend(in_name(change, redactor));
        let Some(content) = content(change)? else {
            continue;
        };
        let mut found = redactor.find(&content).unwrap_or_default();
        found.retain(|one| one.sure && (one.kind != "aws-key" || has_secret_of_aws(&content)));
        let is_allowed = |new: BlobId| {
            let path = change.path.to_text();
            allowed.iter().any(|one| one.path == path && one.blob == new)
        };
        if found.is_empty() || change.new.is_some_and(|new| is_allowed(new.blob)) {
            continue;
        }
        let mut first = None;
        for one in &found {
            if !known.holds(git, base, changes, &content[one.at.clone()])? {
                first = Some(one);
                break;
            }
        }
        violations.extend(first.map(|one| Violation {
            path: change.path.to_text().into_owned(),
            rule: Rule::Secret {
                kind: one.kind.to_owned(),
                line: 1 + content[..one.at.start].iter().filter(|byte| **byte == b'\n').count(),
            },
        }));
    }
    Ok(violations)
}

/// A secret in the path of something that is new there.
fn in_name(change: &Change, redactor: &Redactor) -> Option<Violation> {
    if change.old.is_some() {
        return None;
    }
    let path = change.path.to_text();
    let found = redactor.find(path.as_bytes()).unwrap_or_default();
    let sure = found.into_iter().find(|one| one.sure)?;
    Some(Violation {
        path: path.into_owned(),
        rule: Rule::Secret {
            kind: sure.kind.to_owned(),
            line: 0,
        },
    })
}

/// The largest file of the base that is searched for a secret which may have been there.
const MOST_SEARCHED: u64 = 8 * 1024 * 1024;

/// How many secrets are looked for in the whole base; a change that brings more is not one that moves a few.
const MOST_ASKED: usize = 16;

/// What the base holds, looked up where something was found.
#[derive(Default)]
struct Known {
    /// What the change takes away or changes; most secrets that were there before come from there.
    near: Option<Vec<Vec<u8>>>,
    asked: HashMap<Vec<u8>, bool>,
}

impl Known {
    /// Whether a secret stands in the base already, in whatever file: then it is in history for good.
    fn holds(&mut self, git: &Repository, base: TreeId, changes: &ChangeSet, secret: &[u8]) -> Result<bool, ReadError> {
        if let Some(answer) = self.asked.get(secret) {
            return Ok(*answer);
        }
        let near = match self.near.take() {
            Some(near) => near,
            None => {
                let olds = changes
                    .iter()
                    .filter_map(|change| change.old.filter(|old| old.mode.is_file()));
                olds.map(|old| git.blob(old.blob)).collect::<Result<_, _>>()?
            }
        };
        let finder = memmem::Finder::new(secret);
        let answer = near.iter().any(|bytes| finder.find(bytes).is_some())
            || self.asked.len() < MOST_ASKED && anywhere(git, base, &finder)?;
        self.near = Some(near);
        self.asked.insert(secret.to_vec(), answer);
        Ok(answer)
    }
}

fn anywhere(git: &Repository, base: TreeId, secret: &memmem::Finder) -> Result<bool, ReadError> {
    let mut seen = HashSet::new();
    for (_, entry) in git.list(base, "")? {
        if entry.mode.is_file()
            && seen.insert(entry.blob)
            && git.blob_size(entry.blob)? <= MOST_SEARCHED
            && secret.find(&git.blob(entry.blob)?).is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a text holds what may be the secret half of a key of AWS, whose other half is an identifier that stands in any
/// signed address: forty characters of base64, in both cases and with digits.
fn has_secret_of_aws(content: &[u8]) -> bool {
    let is_one = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+');
    content.split(|byte| !is_one(byte)).any(|word| {
        word.len() == 40
            && word.iter().any(u8::is_ascii_uppercase)
            && word.iter().any(u8::is_ascii_lowercase)
            && word.iter().any(u8::is_ascii_digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_of_a_key_is_no_secret_and_with_the_other_half_it_is() {
        let id = format!("AWSAccessKeyId=AK{}{}", "IA", "B".repeat(16));
        assert!(!has_secret_of_aws(
            format!("https://x/?{id}&Signature=abc%2B").as_bytes()
        ));
        let digest = "0123456789abcdef0123456789abcdef01234567";
        assert!(!has_secret_of_aws(format!("{id} {digest}").as_bytes()));
        let half = format!("{}{}", "wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY");
        assert!(has_secret_of_aws(format!("{id}\nsecret = \"{half}\"").as_bytes()));
    }
}
