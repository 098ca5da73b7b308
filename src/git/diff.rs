//! What differs between two trees.
//!
//! Our own walk, since git's and gix's rename detection, ignored submodules and index have no say in what a change
//! set is. Both trees are read side by side, and nothing is kept of what they share.

use std::cmp::Ordering;

use gix::ObjectId;
use gix::objs::TreeRefIter;
use gix::objs::tree::{EntryKind, EntryRef};

use crate::domain::change::{Change, ChangeSet};
use crate::domain::oid::TreeId;

use super::open::Repository;
use super::tree::{ReadError, checked, entries_of, entry_of, push};

impl Repository {
    /// Every path that differs between two trees.
    pub fn diff(&self, old: TreeId, new: TreeId) -> Result<ChangeSet, ReadError> {
        let mut changes = Vec::new();
        let (old, new) = (Some(old.object_id()), Some(new.object_id()));
        self.diff_into(old, new, &mut Vec::new(), &mut changes)?;
        Ok(ChangeSet::new(changes))
    }

    fn diff_into(
        &self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        prefix: &mut Vec<u8>,
        changes: &mut Vec<Change>,
    ) -> Result<(), ReadError> {
        if old == new {
            return Ok(());
        }
        let empty = self.empty_tree().object_id();
        let (old, new) = (old.unwrap_or(empty), new.unwrap_or(empty));
        let (old_tree, new_tree) = (self.tree_object(old)?, self.tree_object(new)?);
        let (mut olds, mut news) = (entries_of(old_tree.as_ref()), entries_of(new_tree.as_ref()));
        let (mut before, mut after) = (next(&mut olds, old)?, next(&mut news, new)?);
        loop {
            let order = match (&before, &after) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => order(a, b),
            };
            let (mut a, mut b) = (None, None);
            if order.is_le() {
                a = std::mem::replace(&mut before, next(&mut olds, old)?);
            }
            if order.is_ge() {
                b = std::mem::replace(&mut after, next(&mut news, new)?);
            }
            if let (Some(a), Some(b)) = (&a, &b)
                && a.oid == b.oid
                && a.mode.kind() == b.mode.kind()
            {
                continue;
            }
            let length = prefix.len();
            let name = a.as_ref().or(b.as_ref()).map(|entry| entry.filename);
            push(prefix, name.map_or(&[], |name| name.as_ref()));
            let (old_folder, new_folder) = (folder(a.as_ref()), folder(b.as_ref()));
            if old_folder.is_some() || new_folder.is_some() {
                self.diff_into(old_folder, new_folder, prefix, changes)?;
            }
            let file = |entry: Option<EntryRef>| entry.and_then(|entry| entry_of(entry.mode.kind(), entry.oid.into()));
            let (a, b) = (file(a), file(b));
            if a.is_some() || b.is_some() {
                changes.push(Change {
                    path: checked(old, prefix)?,
                    old: a,
                    new: b,
                });
            }
            prefix.truncate(length);
        }
    }
}

fn next<'a>(entries: &mut TreeRefIter<'a>, tree: ObjectId) -> Result<Option<EntryRef<'a>>, ReadError> {
    let entry = entries.next().transpose();
    entry.map_err(|error| ReadError::object(tree, &error))
}

fn folder(entry: Option<&EntryRef>) -> Option<ObjectId> {
    entry
        .filter(|entry| entry.mode.kind() == EntryKind::Tree)
        .map(|entry| entry.oid.into())
}

/// The order in which git sorts trees: a folder as if its name ended in a slash.
fn order(a: &EntryRef, b: &EntryRef) -> Ordering {
    let common = a.filename.len().min(b.filename.len());
    let end = |entry: &EntryRef| match entry.filename.get(common) {
        Some(byte) => Some(*byte),
        None => (entry.mode.kind() == EntryKind::Tree).then_some(b'/'),
    };
    let begin = a.filename[..common].cmp(&b.filename[..common]);
    // Where one name ends, its next byte decides; two that are alike so far are one path, or a file and a folder's place.
    begin
        .then_with(|| end(a).cmp(&end(b)))
        .then_with(|| a.filename.len().cmp(&b.filename.len()))
}
