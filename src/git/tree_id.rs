//! What a tree would be called: the id of a tree with some paths changed, of which a cone holds a part. Nothing is
//! written, so that many may be asked for.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use crate::domain::change::Entry;
use crate::domain::oid::TreeId;
use crate::domain::path::RepoPath;
use crate::domain::scope::cone::{Cone, Extent};

use super::open::Repository;
use super::tree::{ReadError, push};
use super::write::{kind_of, tree_bytes};

/// A change of one path below a folder: what is left of the path, and what stands there afterwards.
type Edit<'a> = (&'a [u8], Option<Entry>);

impl Repository {
    /// The id of what a cone holds of a tree with these paths changed.
    pub fn edited_id(
        &self,
        tree: TreeId,
        edits: &[(RepoPath, Option<Entry>)],
        cone: &Cone,
    ) -> Result<TreeId, ReadError> {
        let edits: Vec<Edit> = edits.iter().map(|(path, entry)| (path.as_bytes(), *entry)).collect();
        let id = self.edited_folder(Some(tree.object_id()), &mut Vec::new(), cone, &edits)?;
        Ok(id.map_or_else(|| self.empty_tree(), TreeId::new))
    }

    fn edited_folder(
        &self,
        tree: Option<ObjectId>,
        prefix: &mut Vec<u8>,
        cone: &Cone,
        edits: &[Edit],
    ) -> Result<Option<ObjectId>, ReadError> {
        let extent = cone.extent(prefix);
        if extent == Extent::Nothing {
            return Ok(None);
        }
        if edits.is_empty() && extent == Extent::All {
            return Ok(tree);
        }
        let mut by_name: BTreeMap<&[u8], Vec<Edit>> = BTreeMap::new();
        for (path, entry) in edits {
            let (name, rest) = match path.iter().position(|byte| *byte == b'/') {
                Some(slash) => (&path[..slash], &path[slash + 1..]),
                None => (*path, &path[path.len()..]),
            };
            by_name.entry(name).or_default().push((rest, *entry));
        }
        let mut kept = BTreeMap::new();
        for node in tree.map(|tree| self.nodes(tree)).transpose()?.unwrap_or_default() {
            let edits = by_name.remove(node.name.as_slice()).unwrap_or_default();
            let name = node.name.clone();
            if let Some(new) = self.edited_node(&name, Some((node.kind, node.id)), prefix, cone, &edits)? {
                kept.insert(name, new);
            }
        }
        for (name, edits) in by_name {
            if let Some(new) = self.edited_node(name, None, prefix, cone, &edits)? {
                kept.insert(name.to_vec(), new);
            }
        }
        Ok(if kept.is_empty() {
            None
        } else {
            self.hash_tree(&tree_bytes(&kept))
        })
    }

    fn edited_node(
        &self,
        name: &[u8],
        old: Option<(EntryKind, ObjectId)>,
        prefix: &mut Vec<u8>,
        cone: &Cone,
        edits: &[Edit],
    ) -> Result<Option<(EntryKind, ObjectId)>, ReadError> {
        let folder = old.filter(|(kind, _)| *kind == EntryKind::Tree).map(|(_, id)| id);
        let own = edits.iter().find(|(rest, _)| rest.is_empty());
        if let Some((_, Some(entry))) = own {
            return Ok(Some((kind_of(entry.mode), entry.blob.object_id())));
        }
        let below: Vec<Edit> = edits.iter().filter(|(rest, _)| !rest.is_empty()).copied().collect();
        if folder.is_some() || below.iter().any(|(_, entry)| entry.is_some()) {
            let length = prefix.len();
            push(prefix, name);
            let id = self.edited_folder(folder, prefix, cone, &below)?;
            prefix.truncate(length);
            return Ok(id.map(|id| (EntryKind::Tree, id)));
        }
        Ok(old.filter(|_| own.is_none()))
    }
}
