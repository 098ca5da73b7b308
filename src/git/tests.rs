//! The repository room against git itself.

use std::path::Path;
use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::domain::change::{Entry, FileMode};
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;
use crate::domain::scope::cone::Cone;

/// A repository with one commit.
pub(super) fn repository(dir: &Path) -> Repository {
    std::fs::write(dir.join("a.txt"), "a\n").unwrap();
    let repository = Repository::create(dir, "main", "Begin", ("Ann", "ann@example.invalid")).unwrap();
    git(dir, &["config", "user.name", "Ann"]);
    git(dir, &["config", "user.email", "ann@example.invalid"]);
    repository
}

pub(super) fn git(dir: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(dir)
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

pub(super) fn tip(repository: &Repository) -> CommitId {
    repository.branch_tip("main").unwrap().unwrap()
}

pub(super) fn path(text: &str) -> RepoPath {
    RepoPath::try_from(text).unwrap()
}

pub(super) fn file(repository: &Repository, text: &str) -> Option<Entry> {
    let blob = repository.write_blob(text.as_bytes()).unwrap();
    assert_eq!(blob, repository.hash_blob(text.as_bytes()));
    Some(Entry {
        mode: FileMode::Regular,
        blob,
    })
}

#[test]
fn a_file_and_a_folder_take_each_others_places_in_a_tree() {
    let dir = tempfile::tempdir().unwrap();
    let repository = repository(dir.path());
    let base = repository.tree_of(tip(&repository)).unwrap();
    let one = repository
        .write_tree(
            base,
            &[
                (path("x"), file(&repository, "1")),
                (path("d/e/f"), file(&repository, "2")),
            ],
        )
        .unwrap();
    let two = repository
        .write_tree(
            one,
            &[
                (path("x"), None),
                (path("x/y"), file(&repository, "3")),
                (path("d/e/f"), None),
                (path("d"), file(&repository, "4")),
            ],
        )
        .unwrap();
    let names: Vec<String> = repository
        .list(two, "")
        .unwrap()
        .iter()
        .map(|(path, _)| path.to_string())
        .collect();
    assert_eq!(names, ["a.txt", "d", "x/y"]);
    let back = repository
        .write_tree(two, &[(path("d"), None), (path("x/y"), None)])
        .unwrap();
    assert_eq!(back, base, "folders that become empty vanish");
    let changes = repository.diff(one, two).unwrap();
    let kinds: Vec<String> = changes
        .iter()
        .map(|change| format!("{}{}", change.kind().letter(), change.path))
        .collect();
    assert_eq!(kinds, ["Ad", "Dd/e/f", "Dx", "Ax/y"]);
}

#[test]
fn the_same_commit_is_made_twice_and_a_ref_moves_only_from_where_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let repository = repository(dir.path());
    let old = tip(&repository);
    let new = NewCommit {
        tree: repository.tree_of(old).unwrap(),
        parents: &[old],
        message: "Subject\n\nBody\n",
        seconds: 1_700_000_000,
    };
    let (one, two) = (
        repository.commit_tree(&new).unwrap(),
        repository.commit_tree(&new).unwrap(),
    );
    assert_eq!(one, two);
    let read = repository.commit(one).unwrap();
    assert_eq!(
        (read.seconds, read.parents, read.message.as_str()),
        (1_700_000_000, vec![old], "Subject\n\nBody\n")
    );
    repository
        .compare_and_swap("refs/heads/side", one, None, "test")
        .unwrap();
    let wrong = repository.compare_and_swap("refs/heads/side", old, Some(old), "test");
    assert!(matches!(wrong, Err(SwapError::Moved { found: Some(found), .. }) if found == one));
    assert!(matches!(
        repository.compare_and_swap("refs/heads/side", old, None, "test"),
        Err(SwapError::Moved { .. })
    ));
}

#[test]
fn a_checked_out_branch_moves_with_its_files_and_without_harm_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let repository = repository(dir.path());
    let old = tip(&repository);
    let tree = repository
        .write_tree(
            repository.tree_of(old).unwrap(),
            &[(path("new.txt"), file(&repository, "n\n"))],
        )
        .unwrap();
    let new = repository
        .commit_tree(&NewCommit {
            tree,
            parents: &[old],
            message: "New",
            seconds: 1,
        })
        .unwrap();
    std::fs::write(dir.path().join("new.txt"), "mine\n").unwrap();
    let blocked = repository.move_branch("main", new, old, "test");
    assert!(
        matches!(&blocked, Err(MoveError::Blocked { paths, .. }) if paths == &["new.txt"]),
        "{blocked:?}"
    );
    assert_eq!(tip(&repository), old);
    assert!(!dir.path().join(".git/index.lock").exists());
    std::fs::remove_file(dir.path().join("new.txt")).unwrap();
    std::fs::write(dir.path().join(".git/index.lock"), "").unwrap();
    assert!(matches!(
        repository.move_branch("main", new, old, "test"),
        Err(MoveError::Locked { .. })
    ));
    assert!(
        dir.path().join(".git/index.lock").exists(),
        "somebody else's lock stays"
    );
    std::fs::remove_file(dir.path().join(".git/index.lock")).unwrap();
    std::fs::write(dir.path().join("a.txt"), "edited\n").unwrap();
    repository.move_branch("main", new, old, "test").unwrap();
    assert_eq!(git(dir.path(), &["status", "--porcelain"]), " M a.txt");
    assert!(dir.path().join("new.txt").exists());
}

#[test]
fn a_kill_between_ref_and_files_is_made_good() {
    let dir = tempfile::tempdir().unwrap();
    let repository = repository(dir.path());
    let old = tip(&repository);
    let tree = repository
        .write_tree(
            repository.tree_of(old).unwrap(),
            &[(path("a.txt"), file(&repository, "b\n"))],
        )
        .unwrap();
    let new = repository
        .commit_tree(&NewCommit {
            tree,
            parents: &[old],
            message: "New",
            seconds: 1,
        })
        .unwrap();
    repository
        .compare_and_swap("refs/heads/main", new, Some(old), "test")
        .unwrap();
    assert_eq!(git(dir.path(), &["status", "--porcelain"]), "M  a.txt");
    repository.finish_move("main", new, old).unwrap();
    repository.finish_move("main", new, old).unwrap();
    assert_eq!(git(dir.path(), &["status", "--porcelain"]), "");
}

#[test]
fn a_planted_configuration_runs_nothing_in_a_trusted_call() {
    let dir = tempfile::tempdir().unwrap();
    let repository = repository(dir.path());
    let mark = dir.path().join("ran");
    let evil = dir.path().join("evil.sh");
    std::fs::write(&evil, format!("#!/bin/sh\ntouch {}\n", mark.display())).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(&evil).status().unwrap().success());
    for key in ["core.fsmonitor", "core.pager", "diff.external", "core.hooksPath"] {
        git(dir.path(), &["config", key, evil.to_str().unwrap()]);
    }
    let repository = Repository::discover(repository.work_tree().unwrap()).unwrap();
    let base = repository.tree_of(tip(&repository)).unwrap();
    repository
        .write_tree(base, &[(path("x"), file(&repository, "1"))])
        .unwrap();
    repository.narrowed(base, &Cone::WHOLE).unwrap();
    repository.index_tree().unwrap();
    repository.sayings(tip(&repository), None).unwrap();
    repository
        .compare_and_swap("refs/heads/side", tip(&repository), None, "test")
        .unwrap();
    assert!(!mark.exists());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn trees_and_differences_are_what_git_says(
        first in proptest::collection::btree_map("[a-c]{1,2}(/[a-c]{1,2}){0,2}", "[a-z]{1,3}", 1..6),
        second in proptest::collection::btree_map("[a-c]{1,2}(/[a-c]{1,2}){0,2}", "[a-z]{1,3}", 1..6),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let repository = repository(dir.path());
        let make = |files: &std::collections::BTreeMap<String, String>| {
            // A name may be a file or a folder; where it is both, the folder wins.
            let wins = |name: &String| !files.keys().any(|other| other.starts_with(&format!("{name}/")));
            let edits: Vec<_> = files
                .iter()
                .filter(|(name, _)| wins(name))
                .map(|(name, text)| (path(name), file(&repository, text)))
                .collect();
            repository.write_tree(repository.empty_tree(), &edits).unwrap()
        };
        let (old, new) = (make(&first), make(&second));
        git(dir.path(), &["fsck", "--strict"]);
        let ours: Vec<String> = repository.diff(old, new).unwrap().paths().map(ToString::to_string).collect();
        let theirs = git(dir.path(), &["diff-tree", "-r", "--no-renames", "--name-only", &old.to_string(), &new.to_string()]);
        let mut theirs: Vec<String> = theirs.lines().map(str::to_owned).collect();
        theirs.sort();
        prop_assert_eq!(ours, theirs);
    }
}

#[test]
fn the_cache_tree_names_the_tree_that_git_would_write() {
    let dir = tempfile::tempdir().unwrap();
    let repository = repository(dir.path());
    git(dir.path(), &["read-tree", "HEAD"]);
    let index = || {
        cache_tree::root(
            &std::fs::read(dir.path().join(".git/index")).unwrap(),
            repository.hash(),
        )
    };
    let written = |id: String| Some(id.parse().unwrap());
    assert_eq!(index(), written(git(dir.path(), &["write-tree"])));
    std::fs::write(dir.path().join("new.txt"), "x\n").unwrap();
    git(dir.path(), &["add", "new.txt"]);
    assert_eq!(index(), None, "what was staged since is not in it");
    let id = git(dir.path(), &["write-tree"]);
    assert_eq!(index(), written(id));
    git(dir.path(), &["update-index", "--split-index"]);
    assert_eq!(index(), None);
}

#[test]
fn many_blobs_are_one_pack_and_those_that_were_there_are_not_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let repository = repository(dir.path());
    let texts: Vec<String> = (0..500).map(|number| format!("text {number}\n")).collect();
    let known = repository.write_blob(texts[7].as_bytes()).unwrap();
    let bytes: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
    let ids = repository.write_blobs(&bytes).unwrap();
    assert_eq!(ids[7], known);
    for (id, text) in ids.iter().zip(&texts) {
        assert_eq!(repository.blob(*id).unwrap(), text.as_bytes());
    }
    let counted = git(dir.path(), &["count-objects", "-v"]);
    assert!(counted.contains("in-pack: 499\npacks: 1"), "{counted}");
    assert_eq!(repository.write_blobs(&bytes).unwrap(), ids);
    assert!(git(dir.path(), &["count-objects", "-v"]).contains("packs: 1"));
}
