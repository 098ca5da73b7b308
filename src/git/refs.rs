//! Refs and worktrees: where branches stand, and moving them by compare-and-swap.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

use crate::domain::oid::CommitId;
use crate::fault::{self, Control};

use super::command::GitError;
use super::open::Repository;
use super::tree::ReadError;

/// How many symbolic refs may stand for one another; git follows as many.
const MOST_LINKS: usize = 5;

/// Where HEAD is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// On a branch that has no commit yet.
    Unborn {
        /// The branch, without `refs/heads/`.
        branch: String,
    },
    /// On no branch.
    Detached {
        /// The commit.
        commit: CommitId,
    },
    /// On a branch.
    Branch {
        /// The branch, without `refs/heads/`.
        branch: String,
        /// Its tip.
        commit: CommitId,
    },
}

/// Why a ref was not moved.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    /// It does not stand where it was expected.
    #[error("{reference} is at {}, not at {}", shown(.found), shown(.expected))]
    Moved {
        /// The ref.
        reference: String,
        /// Where it stands.
        found: Option<CommitId>,
        /// Where it was expected.
        expected: Option<CommitId>,
    },
    /// git refused.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The ref could not be read afterwards.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The turn to move refs could not be had.
    #[error("cannot wait for the turn to move refs: {0}")]
    Turn(std::io::Error),
    /// It moved, and whether that survives a power cut is not known.
    #[error("the ref moved, but {0}")]
    Sync(std::io::Error),
}

fn shown(commit: &Option<CommitId>) -> String {
    commit.map_or_else(|| "nothing".to_owned(), |commit| commit.short(10))
}

impl Repository {
    /// Where HEAD is now.
    pub fn head(&self) -> Result<Head, ReadError> {
        if self.refs_by_git {
            return self.asked_head();
        }
        let head = self.gix.head().map_err(|error| ReadError::reference("HEAD", &error))?;
        let name = head.referent_name().map(|name| name.shorten().to_string());
        let commit = head.id().map(|id| CommitId::new(id.detach()));
        Ok(match (name, commit) {
            (Some(branch), Some(_)) => match self.branch_tip(&branch)? {
                Some(commit) => Head::Branch { branch, commit },
                None => Head::Unborn { branch },
            },
            (Some(branch), None) => Head::Unborn { branch },
            (None, Some(commit)) => Head::Detached { commit },
            (None, None) => Head::Unborn { branch: String::new() },
        })
    }

    /// The tip of a branch, read from disk now.
    pub fn branch_tip(&self, branch: &str) -> Result<Option<CommitId>, ReadError> {
        self.reference(&format!("refs/heads/{branch}"))
    }

    /// The branch that a symbolic one stands for, as after a default branch was renamed; another one stands for itself.
    pub fn branch_behind(&self, branch: &str) -> Result<String, ReadError> {
        let mut name = format!("refs/heads/{branch}");
        if self.refs_by_git {
            let behind = self.asked_symbolic(&name)?.unwrap_or(name);
            return match behind.strip_prefix("refs/heads/") {
                Some(behind) => Ok(behind.to_owned()),
                None => Err(ReadError::reference(
                    branch,
                    &format!("it stands for {behind}, which is no branch"),
                )),
            };
        }
        for _ in 0..MOST_LINKS {
            let failed = |error: &dyn std::fmt::Display| ReadError::reference(&name, error);
            let found = self.gix.try_find_reference(&name).map_err(|error| failed(&error))?;
            let next = found.and_then(|found| found.target().try_name().map(|next| next.as_bstr().to_string()));
            let Some(next) = next else {
                return Ok(name.strip_prefix("refs/heads/").unwrap_or(branch).to_owned());
            };
            if !next.starts_with("refs/heads/") {
                return Err(failed(&format!("it stands for {next}, which is no branch")));
            }
            name = next;
        }
        Err(ReadError::reference(
            branch,
            "it stands for another branch, and that for the next, without an end",
        ))
    }

    /// What a ref names, read from disk now. A tag is followed to its commit.
    pub fn reference(&self, full_name: &str) -> Result<Option<CommitId>, ReadError> {
        if self.refs_by_git {
            return self.asked(&format!("{full_name}^{{}}"));
        }
        let failed = |error: &dyn std::fmt::Display| ReadError::reference(full_name, error);
        let Some(mut reference) = self.gix.try_find_reference(full_name).map_err(|error| failed(&error))? else {
            return Ok(None);
        };
        let id = reference.peel_to_id().map_err(|error| failed(&error))?;
        Ok(Some(CommitId::new(id.detach())))
    }

    /// What a ref names itself, whatever kind of object that is.
    pub fn names(&self, full_name: &str) -> Result<Option<CommitId>, ReadError> {
        if self.refs_by_git {
            return self.asked(full_name);
        }
        let failed = |error: &dyn std::fmt::Display| ReadError::reference(full_name, error);
        let found = self.gix.try_find_reference(full_name).map_err(|error| failed(&error))?;
        Ok(found.and_then(|found| found.target().try_id().map(|id| CommitId::new(id.to_owned()))))
    }

    /// Every ref below a prefix that ends in a slash, by the rest of its name, in the order of the names.
    pub fn references_below(&self, prefix: &str) -> Result<Vec<(String, CommitId)>, ReadError> {
        let mut call = self.trusted();
        let listing = call
            .words(["for-each-ref", "--format=%(objectname) %(refname)", prefix])
            .text()?;
        let entries = listing.lines().filter_map(|line| {
            let (id, name) = line.split_once(' ')?;
            Some((name.strip_prefix(prefix)?.to_owned(), id.parse().ok()?))
        });
        Ok(entries.collect())
    }

    /// Every symbolic ref but HEAD that leads to something, and where to in the end.
    pub fn symbolic_references(&self) -> Result<Vec<(String, String)>, ReadError> {
        let mut call = self.trusted();
        let listing = call.words(["for-each-ref", "--format=%(symref) %(refname)"]).text()?;
        let pairs = listing.lines().filter_map(|line| {
            let (behind, name) = line.split_once(' ')?;
            (!behind.is_empty()).then(|| (name.to_owned(), behind.to_owned()))
        });
        Ok(pairs.collect())
    }

    /// What a symbolic ref stands for, whether or not that is there; any other one stands for itself.
    pub fn stands_for(&self, full_name: &str) -> Result<String, ReadError> {
        let mut name = full_name.to_owned();
        for _ in 0..MOST_LINKS {
            match self.asked_symbolic(&name)? {
                Some(behind) => name = behind,
                None => break,
            }
        }
        Ok(name)
    }

    /// Takes refs away that still stand where they are said to.
    pub fn drop_references(&self, gone: &[(String, CommitId)]) -> Result<(), ReadError> {
        if gone.is_empty() {
            return Ok(());
        }
        let lines: String = gone.iter().map(|(name, at)| format!("delete {name} {at}\n")).collect();
        self.trusted().words(["update-ref", "--stdin"]).input(lines).bytes()?;
        Ok(())
    }

    /// The commit that a revision such as `HEAD~2` or a short id names.
    pub fn resolve(&self, spec: &str) -> Result<CommitId, ReadError> {
        if self.refs_by_git {
            let found = self.asked(&format!("{spec}^{{commit}}"))?;
            return found.ok_or_else(|| ReadError::reference(spec, "there is no such commit"));
        }
        let failed = |error: &dyn std::fmt::Display| ReadError::reference(spec, error);
        let id = self.gix.rev_parse_single(spec).map_err(|error| failed(&error))?;
        let object = id.object().map_err(|error| failed(&error))?;
        let commit = object
            .peel_to_kind(gix::object::Kind::Commit)
            .map_err(|error| failed(&error))?;
        Ok(CommitId::new(commit.id))
    }

    /// Moves a ref if it stands at `old` (`None`: if it does not exist), and makes the move durable.
    pub fn compare_and_swap(
        &self,
        reference: &str,
        new: CommitId,
        old: Option<CommitId>,
        why: &str,
    ) -> Result<(), SwapError> {
        let old_text = old.map_or_else(|| self.no_id(), |old| old.to_string());
        let mut call = self.trusted();
        call.holding(self.wait_for_refs().map_err(SwapError::Turn)?);
        call.words(["update-ref", "-m", why, "--create-reflog", reference])
            .word(new.to_string());
        if !fault::skips(Control::Swap) {
            call.word(old_text);
        }
        let result = call.bytes();
        if let Err(error) = result {
            let found = self.reference(reference)?;
            if found == Some(new) {
                // It moved, and git was ended before it could say so.
                return self.sync_reference(reference).map_err(SwapError::Sync);
            }
            if found != old {
                return Err(SwapError::Moved {
                    reference: reference.to_owned(),
                    found,
                    expected: old,
                });
            }
            return Err(error.into());
        }
        self.sync_reference(reference).map_err(SwapError::Sync)
    }

    /// Where a branch stands once no `update-ref` of ours is under way any more: one may outlive its killed parent.
    pub fn settled_tip(&self, branch: &str) -> Result<Option<CommitId>, ReadError> {
        let turn = self.wait_for_refs();
        let _turn = turn.map_err(|error| ReadError::reference(branch, &error))?;
        self.branch_tip(branch)
    }

    /// The turn to move refs, which each `update-ref` of ours holds while it runs.
    fn wait_for_refs(&self) -> std::io::Result<fs::File> {
        let dir = self.common_dir().join("harness").join("locks");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        let mut options = fs::OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.mode(0o600).open(dir.join("refs"))?;
        file.lock()?;
        Ok(file)
    }
}
