//! Hooks for one commit: where git does not tell beforehand what a commit is, a hook file is put there that sees the commit
//! once it is made, and takes itself away. So nobody pays for it at any other commit.

use std::fs;
use std::path::Path;

use crate::domain::words::shell_word;

use super::super::open::Repository;
use super::{FORMER, HookError, STRICT, io_at, is_ours, put_back, write_hook};

/// The hook that git calls after an amend.
pub(super) const AFTER: &str = "post-rewrite";
const ONCE: &str = include_str!("../../../hooks/once.sh");
/// The line by which one of these differs from our other hooks.
const ARMED: &str = "# For one commit: ";

/// Whether a file is a hook for one commit.
pub(super) fn is_armed(file: &Path) -> bool {
    fs::read_to_string(file).is_ok_and(|text| text.contains(ARMED))
}

impl Repository {
    /// Has `hook commit-made` asked before the branch moves to the commit that is being made. Where the project has every
    /// move of the branch judged, that hook asks already.
    pub fn ask_when_made(&self, program: &Path) -> Result<(), HookError> {
        self.arm(STRICT, "prepared", "commit-made", program)
    }

    /// Has `hook commit-amended` asked once the commit that is being made has taken the place of another one.
    pub fn ask_when_amended(&self, program: &Path) -> Result<(), HookError> {
        self.arm(AFTER, "amend", "commit-amended", program)
    }

    /// Takes these hooks away again.
    pub fn ask_no_more(&self) -> Result<(), HookError> {
        let dir = self.hooks_dir();
        for name in [STRICT, AFTER] {
            if is_armed(&dir.join(name)) {
                put_back(&dir, name)?;
            }
        }
        Ok(())
    }

    fn arm(&self, name: &str, when: &str, asks: &str, program: &Path) -> Result<(), HookError> {
        let dir = self.hooks_dir();
        let file = dir.join(name);
        let is_decided = is_ours(&file) && !fs::read_to_string(&file).is_ok_and(|text| is_forward(&text));
        if is_decided {
            return Ok(());
        }
        if file.exists() {
            let aside = dir.join(format!("{name}.{FORMER}"));
            fs::rename(&file, &aside).map_err(io_at(&file))?;
        }
        let text = ONCE
            .replace("@FORMER@", &format!("\"${{0%/*}}/{name}.{FORMER}\""))
            .replace("@PROGRAM@", &shell_word(&program.to_string_lossy()))
            .replace("@WHEN@", when)
            .replace("@ASKS@", asks);
        write_hook(&file, &text)
    }
}

/// Whether a file of ours only calls another tool's hook.
fn is_forward(text: &str) -> bool {
    !text.contains("program=")
}
