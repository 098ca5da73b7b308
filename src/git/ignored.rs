//! What lies in a worktree and is in no commit, since git ignores it: a copy of a tree has none of it.

use super::command::GitError;
use super::open::Repository;

impl Repository {
    /// The names at the top of the worktree that git ignores, each whole: folders end in a slash. No file below is looked at.
    pub fn ignored_at_top(&self) -> Result<Vec<String>, GitError> {
        let Some(top) = self.work_tree() else {
            return Ok(Vec::new());
        };
        let mut names: Vec<std::ffi::OsString> = std::fs::read_dir(top)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|found| found.file_name() != ".git")
            .map(|found| found.file_name())
            .collect();
        names.sort();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut input = Vec::new();
        for name in &names {
            input.extend_from_slice(name.as_encoded_bytes());
            input.push(0);
        }
        let mut call = self.program().as_user(self.git_dir(), Some(top));
        let output = call.words(["check-ignore", "-z", "--stdin"]).input(input).output()?;
        // 1: none of them is ignored.
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Err(call.failed(&output));
        }
        let ignored = output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        Ok(ignored
            .map(|name| {
                let name = String::from_utf8_lossy(name);
                match top.join(&*name).is_dir() {
                    true => format!("{name}/"),
                    false => name.into_owned(),
                }
            })
            .collect())
    }
}
