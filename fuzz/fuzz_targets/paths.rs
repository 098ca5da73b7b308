//! A path of the repository never leaves it, and no glob opens what is protected.

#![no_main]

use git_harness::domain::path::RepoPath;
use git_harness::domain::scope::{Allowed, Protected};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &str)| {
    let (bytes, glob) = input;
    if let Ok(path) = RepoPath::new(bytes) {
        assert!(path.parts().all(|part| !part.is_empty() && part != b"." && part != b".." && !part.eq_ignore_ascii_case(b".git")));
        if let Ok(allowed) = Allowed::new(&[glob]) {
            let _ = allowed.matches(&path);
        }
        if let Ok(protected) = Protected::new::<&str>(&[]) {
            assert_eq!(path.is_harness(), path.is_under(".harness"));
            assert!(!path.is_harness() || path.as_bytes() == b".harness" || protected.pattern_for(&path).is_some());
        }
    }
});
