//! What later commits say of landings: a person's word that a commit holds a task's work, and checks that passed on a
//! landing as it is.

use crate::domain::change::Change;
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::engine::landed::{Content, Wanted, content};
use crate::git::{How, Saying, Verified};

use super::HistoryError;
use super::fold::Fold;

impl Fold<'_> {
    /// A person's word that a commit holds a task's work: of what is there, and of an ancestor.
    pub(super) fn adopted(&mut self, saying: &Saying, task: TaskId, landing: CommitId) -> Result<(), HistoryError> {
        let is_there = self.git().contains(landing.object_id()) && self.git().is_ancestor(landing, saying.commit)?;
        // What one clone alone knows by the content is told to all.
        let is_open = self.history.landing(&task).is_none() || self.history.how(&task) == Some(How::Content);
        if is_there && is_open {
            self.history.adopts(task, landing, saying.commit);
        }
        Ok(())
    }

    /// The checks of a task passed on a commit as it is. Where its own words do not tell that it lands the task, or hold
    /// less than it does, as after an amend, that makes it the landing: of an ancestor that changes files of the task's, as
    /// long as its work is there.
    pub(super) fn verified(
        &mut self,
        saying: &Saying,
        task: &TaskId,
        landing: CommitId,
        said: &Verified,
    ) -> Result<(), HistoryError> {
        let is_known = self.history.landing(task).is_some() || self.history.is_reverted(landing);
        if is_known || !self.git().contains(landing.object_id()) || !self.git().is_ancestor(landing, saying.commit)? {
            return Ok(());
        }
        let Some(wanted) = Wanted::of(self.git(), task, landing)?.filter(|wanted| wanted.is_said_by(said)) else {
            return Ok(());
        };
        let changes: Vec<Change> = self.changes_of(landing)?.iter().cloned().collect();
        let is_there = content(self.git(), saying.tree, &changes)? != Content::NotThere;
        if is_there && wanted.touches(changes.iter()) {
            self.lands(task.clone(), landing, How::Rewritten)?;
        }
        Ok(())
    }
}
