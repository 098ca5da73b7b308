//! What something is: a name of the base, a repository, or no regular file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::domain::change::Entry;
use crate::domain::path::RepoPath;
use crate::engine::slot::holds_any;

/// A folder in which git would find a repository, bare or not.
pub(super) fn looks_like_a_repository(dir: &Path) -> bool {
    let has = |name: &str| fs::symlink_metadata(dir.join(name)).is_ok();
    has(".git") || has("HEAD") && (has("commondir") || has("objects") && has("refs"))
}

pub(super) fn what_it_is(kind: &fs::Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = kind.file_type();
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_block_device() || kind.is_char_device() {
        "a device"
    } else {
        "something unknown"
    }
}

/// Whether a tree has a file of this name, or files below it.
pub(super) fn is_in(files: &BTreeMap<RepoPath, Entry>, name: &[u8]) -> bool {
    RepoPath::in_tree(name).is_ok_and(|name| files.contains_key(&name) || holds_any(files, &name))
}
