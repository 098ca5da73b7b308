//! The variables of git's own that a call as the user does not take over from whoever called us.

use std::ffi::OsString;
use std::process::Command;

/// What a call as the user keeps of the variables whose names begin with `GIT_`: the beginnings of the rest of their names.
const KEPT: [&str; 14] = [
    "AUTHOR_",
    "COMMITTER_",
    "CONFIG",
    "EDITOR",
    "SEQUENCE_EDITOR",
    "PAGER",
    "ASKPASS",
    "TERMINAL_PROMPT",
    "SSH",
    "SSL_",
    "HTTP_",
    "PROXY_",
    "TRACE",
    "EXEC_PATH",
];

/// Takes the others away: they would point the call at another repository or index, change how paths are read, or where
/// objects go. What is kept says who the user is, how they are asked, and what they configured.
pub(super) fn forget(command: &mut Command, ours: impl Iterator<Item = OsString>) {
    for name in ours {
        let rest = name.to_str().and_then(|name| name.strip_prefix("GIT_"));
        if rest.is_some_and(|rest| !KEPT.iter().any(|kept| rest.starts_with(kept))) {
            command.env_remove(&name);
        }
    }
}
