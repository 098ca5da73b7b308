//! The command line of whoever started this process, where the system tells.

use std::fs;

/// The words of the parent's command line; none where they cannot be had.
pub fn parent_words() -> Vec<String> {
    let parent = std::os::unix::process::parent_id();
    let bytes = fs::read(format!("/proc/{parent}/cmdline")).unwrap_or_default();
    bytes
        .split(|byte| *byte == 0)
        .filter(|word| !word.is_empty())
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect()
}
