//! Whose repository it is: git works in no repository of somebody else's, since its configuration runs programs. What it
//! says of `safe.directory` holds here too.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::command::GitProgram;

/// Whether a repository belongs to somebody else, and this user has not said that they trust it. Git is asked only where
/// something in it has another owner than this process.
pub(super) fn is_foreign(program: &GitProgram, dir: &Path, work_tree: Option<&Path>, git_dir: &Path) -> bool {
    let me = rustix::process::geteuid().as_raw();
    // A place that cannot be looked at is for git to judge.
    let is_mine = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.uid() == me);
    let pointer = work_tree.map(|top| top.join(".git"));
    let mut places = [
        Some(git_dir),
        work_tree,
        pointer.as_deref().filter(|path| path.exists()),
    ]
    .into_iter()
    .flatten();
    if places.all(is_mine) {
        return false;
    }
    let mut call = program.found_from(dir);
    call.words(["rev-parse", "--git-dir"]);
    // Whatever else is wrong there is told by whoever reads it.
    call.output().is_ok_and(|output| {
        !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("safe.directory")
    })
}
