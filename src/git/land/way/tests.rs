//! What stands in the way of a landing, and what does not.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::domain::change::{Entry, FileMode};
use crate::git::land::MoveError;
use crate::git::land::tests::{Files, Landing, child, write};
use crate::git::tests::{file, git, path};

#[test]
fn every_path_of_the_users_that_is_in_the_way_is_named_and_nothing_changes() {
    let landing = Landing::new(
        &[
            ("a", Some("1\n")),
            ("b", Some("1\n")),
            ("c", Some("1\n")),
            ("d", Some("1\n")),
        ],
        &[("a", Some("2\n")), ("b", Some("2\n")), ("c", None), ("d", Some("2\n"))],
    );
    write(&landing.top, "a", "edited\n");
    write(&landing.top, "b", "staged\n");
    git(&landing.top, &["add", "b"]);
    write(&landing.top, "c", "edited, and to be deleted\n");
    landing.assert_blocked_by(&["a", "b", "c"]);
}

#[test]
fn untracked_files_are_in_the_way_also_where_they_are_ignored() {
    let before: Files = &[(".gitignore", Some("*.env\nout/\n"))];
    let landing = Landing::new(before, &[("x.txt", Some("2\n"))]);
    write(&landing.top, "x.txt", "mine\n");
    landing.assert_blocked_by(&["x.txt"]);
    let landing = Landing::new(before, &[("local.env", Some("2\n"))]);
    write(&landing.top, "local.env", "secret\n");
    landing.assert_blocked_by(&["local.env"]);
    let landing = Landing::new(before, &[("out", Some("a file now\n"))]);
    write(&landing.top, "out/cache", "mine\n");
    landing.assert_blocked_by(&["out/cache"]);
    let landing = Landing::new(before, &[("dir.env/x", Some("2\n"))]);
    write(&landing.top, "dir.env", "a file where a folder is to be\n");
    landing.assert_blocked_by(&["dir.env"]);
}

#[test]
fn a_deleted_file_and_a_folder_made_a_link_are_the_users_doing() {
    let landing = Landing::new(&[("a", Some("1\n")), ("d/x", Some("1\n"))], &[("a", Some("2\n"))]);
    fs::remove_file(landing.top.join("a")).unwrap();
    landing.assert_blocked_by(&["a"]);
    let landing = Landing::new(&[("d/x", Some("1\n"))], &[("d/x", Some("2\n"))]);
    fs::rename(landing.top.join("d"), landing.top.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", landing.top.join("d")).unwrap();
    landing.assert_blocked_by(&["d"]);
}

#[test]
fn a_file_that_was_only_touched_is_no_edit() {
    let landing = Landing::new(&[("a", Some("1\n"))], &[("a", Some("2\n"))]);
    write(&landing.top, "a", "1\n");
    fs::File::open(landing.top.join("a"))
        .unwrap()
        .set_modified(std::time::UNIX_EPOCH + Duration::from_secs(5))
        .unwrap();
    landing.land().unwrap();
    assert_eq!((landing.read("a"), landing.status()), ("2\n".to_owned(), String::new()));
}

#[test]
fn a_mode_a_link_and_an_odd_name_follow_too() {
    let landing = Landing::new(&[("run", Some("1\n")), ("-o dd\n'\"\u{e9}", Some("1\n"))], &[]);
    let base = landing.git.tree_of(landing.old).unwrap();
    let run = landing.git.entry(base, "run").unwrap().unwrap();
    let target = landing.git.write_blob(b"run").unwrap();
    let edits = [
        (
            path("run"),
            Some(Entry {
                mode: FileMode::Executable,
                ..run
            }),
        ),
        (
            path("link"),
            Some(Entry {
                mode: FileMode::Symlink,
                blob: target,
            }),
        ),
        (path("-o dd\n'\"\u{e9}"), file(&landing.git, "2\n")),
    ];
    let new = child(&landing.git, landing.old, landing.git.write_tree(base, &edits).unwrap());
    write(&landing.top, "-o dd\n'\"\u{e9}", "mine\n");
    match landing.git.move_branch("main", new, landing.old, "test") {
        Err(MoveError::Blocked { paths, .. }) => assert_eq!(paths.len(), 1, "{paths:?}"),
        other => panic!("{other:?}"),
    }
    git(&landing.top, &["checkout", "-q", "."]);
    landing.git.move_branch("main", new, landing.old, "test").unwrap();
    assert_eq!(landing.status(), "");
    assert_eq!(fs::read_link(landing.top.join("link")).unwrap(), Path::new("run"));
}

#[test]
fn a_sparse_checkout_and_one_without_files_stay_as_they_are() {
    let landing = Landing::new(
        &[("in/a", Some("1\n")), ("out/b", Some("1\n"))],
        &[("in/a", Some("2\n")), ("out/b", Some("2\n"))],
    );
    git(&landing.top, &["sparse-checkout", "set", "in"]);
    assert!(!landing.top.join("out").exists());
    landing.land().unwrap();
    assert_eq!(
        (landing.read("in/a"), landing.status()),
        ("2\n".to_owned(), String::new())
    );
    assert!(!landing.top.join("out").exists());

    let landing = Landing::new(&[("a", Some("1\n"))], &[("a", Some("2\n"))]);
    let linked = landing.top.join(".git/empty-worktree");
    git(&landing.top, &["checkout", "-q", "--detach"]);
    git(
        &landing.top,
        &[
            "worktree",
            "add",
            "-q",
            "--no-checkout",
            linked.to_str().unwrap(),
            "main",
        ],
    );
    landing.land().unwrap();
    assert!(!linked.join("a").exists());
}

#[test]
fn dirty_paths_name_everything_that_is_not_as_committed() {
    let landing = Landing::new(&[("a", Some("1\n")), ("b", Some("1\n")), ("c", Some("1\n"))], &[]);
    write(&landing.top, "a", "edited\n");
    git(&landing.top, &["rm", "-q", "b"]);
    git(&landing.top, &["mv", "c", "c2"]);
    write(&landing.top, "new dir/x", "untracked\n");
    git(&landing.top, &["init", "-q", "inner"]);
    let dirty: Vec<String> = landing
        .git
        .dirty_paths()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(dirty, ["a", "b", "c", "c2", "inner", "new dir/x"]);
}
