//! A path of the repository never leaves it, and no glob opens what is protected.

#![no_main]

use git_harness::domain::path::RepoPath;
use git_harness::domain::scope::{Allowed, Protected};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &str)| {
    let (bytes, glob) = input;
    if let Ok(path) = RepoPath::new(bytes) {
        assert!(
            path.parts()
                .all(|part| !part.is_empty() && part != b"." && part != b".." && !part.eq_ignore_ascii_case(b".git"))
        );
        if let Ok(allowed) = Allowed::new(&[glob]) {
            let _ = allowed.matches(&path);
        }
        // Other spellings of it count as well; the plain one always does.
        assert!(path.is_harness() || !path.is_under(".harness"));
        if let Ok(protected) = Protected::new::<&str>(&[]) {
            let below = path.is_under(".harness") && path.as_bytes() != b".harness";
            assert!(!below || protected.pattern_for(&path).is_some());
        }
    }
});
