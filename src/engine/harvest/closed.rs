//! What a view lacks, or holds so that nobody can read it: both are the doing of whoever worked there.

use std::io;
use std::path::Path;

use crate::domain::change::{Change, FileMode, count_moves_once};
use crate::domain::path::RepoPath;
use crate::domain::scope::violation::Rule;

use super::{HarvestError, Walk, io_at};

impl Walk<'_> {
    /// What the base has and nobody saw is gone: deletions are bounded as additions are.
    pub(super) fn missing(&mut self) {
        let mut gone: Vec<Change> = Vec::new();
        for (path, entry) in self.before.iter().filter(|(path, _)| !self.seen.contains_key(path)) {
            // An empty folder is soon gone, so that a submodule goes where the card says so.
            if entry.mode == FileMode::Gitlink && !self.view.allowed.names_exactly(path) {
                self.dropped.push(format!("{path}: a submodule that is gone"));
                continue;
            }
            gone.push(Change {
                path: path.clone(),
                old: Some(*entry),
                new: None,
            });
        }
        let differ = count_moves_once(self.changes.iter().chain(&gone));
        if differ > self.limits.files {
            // An accident, and told as one: what is missing comes back by itself, and is no list that anybody reads.
            let some: Vec<String> = gone.iter().take(3).map(|change| change.path.to_string()).collect();
            let missing = match &some[..] {
                [] => String::new(),
                some => format!(", {} of them missing, such as {}", gone.len(), some.join(", ")),
            };
            let what = format!(
                "more than {} paths differ (policy.max_files): {differ}{missing}",
                self.limits.files
            );
            self.refuse_once("(all)", what);
        } else {
            self.changes.extend(gone);
        }
    }

    /// What cannot be read in a view was left so by whoever worked there, unless the machine itself is at its end. What
    /// the base has there is not known to be gone.
    pub(super) fn closed(&mut self, path: &Path, name: &[u8], error: io::Error) -> Result<(), HarvestError> {
        if is_the_machines(&error) {
            return Err(io_at(path)(error));
        }
        let why = match error.kind() {
            io::ErrorKind::Other => error.to_string(),
            kind => kind.to_string(),
        };
        let text = match name {
            [] => "(all)".to_owned(),
            name => String::from_utf8_lossy(name).into_owned(),
        };
        self.refuse_text(text, Rule::Unreadable { why });
        let is_hidden = |path: &RepoPath| {
            let rest = path.as_bytes().strip_prefix(name);
            name.is_empty() || rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
        };
        let hidden: Vec<RepoPath> = self.before.keys().filter(|path| is_hidden(path)).cloned().collect();
        self.seen.extend(hidden.into_iter().map(|path| (path, ())));
        Ok(())
    }
}

/// Whether a read failed because the machine is at its end, whatever lies there.
pub(super) fn is_the_machines(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let machines = [Errno::IO, Errno::NOMEM, Errno::NFILE, Errno::MFILE, Errno::STALE];
    error
        .raw_os_error()
        .is_some_and(|code| machines.iter().any(|errno| errno.raw_os_error() == code))
}
