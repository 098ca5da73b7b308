//! A model's answer, in whatever format, is read or refused, and applying it never panics; a refused one writes nothing by
//! its type, and an accepted one names each file once.

#![no_main]

use git_harness::domain::edit::{Known, Policy, Present, apply, parse};
use git_harness::domain::path::RepoPath;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (answer, there) = input;
    let all: Vec<RepoPath> = ["a.rs", "src/b.py"].iter().filter_map(|name| RepoPath::try_from(*name).ok()).collect();
    let known = Known {
        allowed: &all,
        all: &all,
        root: None,
    };
    let Ok(edits) = parse(answer, known) else { return };
    let mut read = |path: &RepoPath| {
        if all.contains(path) {
            Present::File(there.as_bytes().to_vec())
        } else {
            Present::Nothing
        }
    };
    if let Ok(applied) = apply(&edits, &all, &|_, _| Ok(()), &mut read, &Policy::default()) {
        let mut names: Vec<_> = applied.files.iter().map(|file| file.path.to_text().into_owned()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), applied.files.len(), "a file is written twice");
    }
});
