//! The user's editor, which git names.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::GitError;

/// Runs an editor, as git names it, on a file and on this terminal.
pub fn run_editor(editor: &str, file: &Path) -> Result<(), GitError> {
    let status = Command::new("sh")
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .arg(file)
        .status()
        .map_err(|source| GitError::Start {
            program: PathBuf::from(editor),
            source,
        })?;
    if status.success() {
        return Ok(());
    }
    Err(GitError::Status {
        call: editor.to_owned(),
        code: status.code(),
        stderr: "the editor did not end well; nothing was changed".to_owned(),
    })
}
