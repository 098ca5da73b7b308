//! A try of the user's own filters, before a branch moves: one that is required and fails leaves files and index behind.

use crate::domain::path::RepoPath;
use crate::git::open::Repository;

use super::lock::IndexLock;
use super::{MoveError, Step};

impl Repository {
    /// Puts what would be written through the filters that it has to go through, and throws it away.
    pub(super) fn try_filters(&self, lock: &IndexLock, step: &Step) -> Result<(), MoveError> {
        if self.required_filters().is_empty() {
            return Ok(());
        }
        let filtered = self.filtered(lock, step)?;
        let mut input = Vec::new();
        for path in filtered.iter().filter(|path| !path.as_bytes().contains(&b'\n')) {
            if let Some(entry) = step.changes.get(path).and_then(|change| change.new) {
                input.extend_from_slice(format!("{} ", entry.blob).as_bytes());
                input.extend_from_slice(path.as_bytes());
                input.push(b'\n');
            }
        }
        if input.is_empty() {
            return Ok(());
        }
        let mut call = self.on_copy(lock);
        call.variable("GIT_ATTR_SOURCE", step.new.to_string());
        call.words(["cat-file", "--batch", "--filters"]).input(input);
        let output = call.without_answer().output()?;
        match output.status.success() {
            true => Ok(()),
            false => Err(MoveError::CannotFollow {
                worktree: lock.worktree.path.clone(),
                why: call.failed(&output).said(),
            }),
        }
    }

    /// The new files of a move that the user's attributes send through a filter.
    pub(super) fn filtered(&self, lock: &IndexLock, step: &Step) -> Result<Vec<RepoPath>, MoveError> {
        let mut input = Vec::new();
        for change in step
            .changes
            .iter()
            .filter(|change| change.new.is_some_and(|new| new.mode.is_file()))
        {
            input.extend_from_slice(change.path.as_bytes());
            input.push(0);
        }
        if input.is_empty() {
            return Ok(Vec::new());
        }
        let mut call = self.on_copy(lock);
        // Those of the commit that comes, as a checkout of it has them; older programs take those that lie there.
        call.variable("GIT_ATTR_SOURCE", step.new.to_string());
        call.words(["check-attr", "-z", "--stdin", "filter"]).input(input);
        let listing = call.bytes()?;
        let fields: Vec<&[u8]> = listing.split(|byte| *byte == 0).collect();
        let has_one = |value: &[u8]| !matches!(value, b"unspecified" | b"unset" | b"set");
        Ok(fields
            .chunks_exact(3)
            .filter(|fields| has_one(fields[2]))
            .filter_map(|fields| RepoPath::in_tree(fields[0]).ok())
            .collect())
    }

    /// The filters that are configured so that git writes no file without them.
    pub(super) fn required_filters(&self) -> Vec<String> {
        let config = self.gix.config_snapshot();
        let sections = config.plumbing().sections_by_name("filter").into_iter().flatten();
        let required = sections.filter(|section| section.value("required").is_some());
        required
            .filter_map(|section| section.header().subsection_name().map(ToString::to_string))
            .collect()
    }
}
