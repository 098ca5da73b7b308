//! A remote that the user configured: bringing what stands there, and moving refs there by compare-and-swap.
//!
//! Nothing else in the program speaks to another repository. Calls are made as the user, whose addresses and
//! credentials they need; nothing waits for a person, and nothing waits for ever. What a server holds was written by
//! others: refs and objects are brought below a name of their own, never over what is here.

mod porcelain;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use crate::domain::oid::{CommitId, OidError, TreeId};
use crate::process::Cancel;

use super::command::{Call, GitError, GitProgram};
use super::open::Repository;

pub use porcelain::{Answer, Refusal};

/// The longest that bringing something from a server may take, and the longest that moving refs there may.
const FETCH: Duration = Duration::from_secs(600);
const PUSH: Duration = Duration::from_secs(120);

/// Settings of every exchange: nothing beside what is asked for, and no wait for a server that went silent.
const SETTINGS: [&str; 7] = [
    "push.recurseSubmodules=no",
    "fetch.recurseSubmodules=no",
    "push.followTags=false",
    "fetch.writeCommitGraph=false",
    "maintenance.auto=false",
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=60",
];

/// Why a remote could not be used.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// There is none of that name.
    #[error("there is no remote {0}")]
    Unknown(String),
    /// What is pushed to it goes to several servers, of which none is the one that decides.
    #[error("the remote {0} has several addresses to push to, so none of them can decide who came first")]
    SeveralAddresses(String),
    /// It could not be reached, or did not do what it was asked for.
    #[error("{remote} did not answer as it should: {source}")]
    Exchange {
        /// The remote.
        remote: String,
        /// What git said.
        source: GitError,
    },
    /// The user stopped it.
    #[error("stopped while {0} was asked")]
    Stopped(String),
    /// A branch is not there.
    #[error("{remote} has no branch {branch}")]
    NoBranch {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
    },
    /// git's answer is no id.
    #[error(transparent)]
    Id(#[from] OidError),
    /// git failed here.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl RemoteError {
    /// Whether it may be otherwise in a moment.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Exchange { source, .. } if !matches!(source, GitError::TooSlow { .. }))
    }
}

/// One ref that is to move on the server. It moves only if it stands at `old` there (`None`: if it is not there).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    /// The ref's full name.
    pub reference: String,
    /// Where it has to stand.
    pub old: Option<CommitId>,
    /// Where it is to stand; `None` removes it.
    pub new: Option<CommitId>,
}

/// A remote of this repository. It can be handed to another thread.
#[derive(Debug, Clone)]
pub struct Remote {
    program: GitProgram,
    git_dir: PathBuf,
    name: String,
    cancel: Cancel,
}

impl Repository {
    /// A remote that the user configured, by its name.
    pub fn remote(&self, name: &str, cancel: &Cancel) -> Result<Remote, RemoteError> {
        let remote = Remote {
            program: self.program().clone(),
            git_dir: self.common_dir().to_owned(),
            name: name.to_owned(),
            cancel: cancel.clone(),
        };
        // A path or an address is not taken: whom we speak to is written down in the configuration.
        if self.config_value(&format!("remote.{name}.url")).is_none() {
            return Err(RemoteError::Unknown(name.to_owned()));
        }
        let addresses = remote
            .call()
            .words(["remote", "get-url", "--push", "--all", name])
            .text()?;
        match addresses.lines().count() {
            1 => Ok(remote),
            _ => Err(RemoteError::SeveralAddresses(name.to_owned())),
        }
    }
}

impl Remote {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn call(&self) -> Call {
        let mut call = self.program.as_user(&self.git_dir, None);
        for setting in SETTINGS {
            call.setting(setting);
        }
        call
    }

    fn failed(&self, source: GitError) -> RemoteError {
        match source {
            GitError::Cancelled { .. } => RemoteError::Stopped(self.name.clone()),
            GitError::Status { call, code, stderr } => RemoteError::Exchange {
                remote: self.name.clone(),
                source: GitError::Status {
                    call,
                    code,
                    stderr: porcelain::complaint(&stderr),
                },
            },
            source => RemoteError::Exchange {
                remote: self.name.clone(),
                source,
            },
        }
    }

    /// Brings refs and what they reach. Each pair is a pattern there and the name that it gets here; what is gone there
    /// goes here, too. Only one process of a clone may do so at a time.
    pub fn fetch(&self, pairs: &[(String, String)]) -> Result<(), RemoteError> {
        let mut call = self.call();
        call.words([
            "fetch",
            "--quiet",
            "--prune",
            "--no-tags",
            "--refmap=",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--",
        ]);
        call.word(&self.name);
        for (there, here) in pairs {
            call.word(format!("+{there}:{here}"));
        }
        let output = call
            .output_within(FETCH, &self.cancel)
            .map_err(|source| self.failed(source))?;
        if output.status.success() {
            return Ok(());
        }
        let error = call.failed(&output);
        let said = String::from_utf8_lossy(&output.stderr);
        match porcelain::missing_ref(&said).and_then(|name| name.strip_prefix("refs/heads/")) {
            Some(branch) => Err(RemoteError::NoBranch {
                remote: self.name.clone(),
                branch: branch.to_owned(),
            }),
            None => Err(self.failed(error)),
        }
    }

    /// Every ref of the server below a prefix that ends in a slash, and the one that is the prefix without it: its full
    /// name and what it names. Nothing is brought.
    pub fn list(&self, prefix: &str) -> Result<Vec<(String, CommitId)>, RemoteError> {
        let mut call = self.call();
        call.words(["ls-remote", "--quiet", "--refs", "--"]).word(&self.name);
        let output = call
            .output_within(FETCH, &self.cancel)
            .map_err(|source| self.failed(source))?;
        if !output.status.success() {
            return Err(self.failed(call.failed(&output)));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let refs = text.lines().filter_map(|line| {
            let (id, name) = line.split_once('\t')?;
            let wanted = name.starts_with(prefix) || name == prefix.trim_end_matches('/');
            Some((wanted.then(|| name.to_owned())?, id.parse().ok()?))
        });
        Ok(refs.collect())
    }

    /// Brings exactly these refs, each to the name that it gets here. What git's own checks of objects say against one of
    /// them is no reason to bring none: nothing of it is ever checked out.
    pub fn fetch_exactly(&self, pairs: &[(String, String)]) -> Result<(), RemoteError> {
        if pairs.is_empty() {
            return Ok(());
        }
        let mut call = self.call();
        call.setting("fetch.fsckObjects=false");
        call.words([
            "fetch",
            "--quiet",
            "--no-tags",
            "--refmap=",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--stdin",
            "--",
        ]);
        call.word(&self.name);
        let lines: String = pairs.iter().map(|(there, here)| format!("+{there}:{here}\n")).collect();
        let output = call
            .input(lines)
            .output_within(FETCH, &self.cancel)
            .map_err(|source| self.failed(source))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(self.failed(call.failed(&output))),
        }
    }

    /// Moves refs on the server: all of them or none.
    pub fn push(&self, swaps: &[Swap]) -> Result<Answer, RemoteError> {
        let mut call = self.call();
        // Verbose, or a ref that stands there already would not be told of.
        call.words(["push", "--porcelain", "--verbose", "--atomic", "--no-verify"]);
        for swap in swaps {
            let old = swap.old.map(|old| old.to_string()).unwrap_or_default();
            call.word(format!("--force-with-lease={}:{old}", swap.reference));
        }
        call.word("--").word(&self.name);
        for swap in swaps {
            let new = swap.new.map(|new| new.to_string()).unwrap_or_default();
            call.word(format!("{new}:{}", swap.reference));
        }
        // Not ended because the user wants to stop: it is short, and what became of it would not be known.
        let output = call
            .output_within(PUSH, &Cancel::new())
            .map_err(|source| self.failed(source))?;
        porcelain::read(swaps, &String::from_utf8_lossy(&output.stdout), output.status.success())
            .ok_or_else(|| self.failed(call.failed(&output)))
    }

    /// Writes a commit that is nothing but its message, by and for whoever runs the harness; never signed, so that
    /// nobody is asked for a passphrase.
    pub fn write_note(&self, message: &str, parent: Option<CommitId>, seconds: i64) -> Result<CommitId, RemoteError> {
        // Not every server takes the empty tree for granted.
        let tree = self
            .call()
            .words(["hash-object", "-t", "tree", "-w", "--stdin"])
            .input("")
            .text()?;
        debug_assert!(tree.parse::<TreeId>().is_ok_and(|tree| tree.is_empty()));
        let date = format!("@{seconds} +0000");
        let mut call = self.call();
        call.variable("GIT_AUTHOR_DATE", &date)
            .variable("GIT_COMMITTER_DATE", &date)
            .words(["commit-tree", "--no-gpg-sign"])
            .word(tree);
        if let Some(parent) = parent {
            call.word("-p").word(parent.to_string());
        }
        Ok(call.input(message).text()?.parse()?)
    }
}
