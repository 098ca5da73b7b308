//! What follows where a commit was made of the files of its own worktree.

use std::fs;

use super::MoveError;
use crate::git::land::tests::{Landing, write};
use crate::git::tests::{git, tip};

const RECORD: &str = ".harness/ledger/w/1.json";

/// A change of an edited, a new and a deleted file, whose files are in the worktree, and the record that it lands with.
fn landing() -> Landing {
    let landing = Landing::new(
        &[("a", Some("1\n")), ("gone", Some("1\n")), ("other", Some("1\n"))],
        &[
            ("a", Some("2\n")),
            ("dir/new", Some("n\n")),
            ("gone", None),
            (RECORD, Some("{}\n")),
        ],
    );
    write(&landing.top, "a", "2\n");
    write(&landing.top, "dir/new", "n\n");
    fs::remove_file(landing.top.join("gone")).unwrap();
    landing
}

fn land(landing: &Landing) -> Result<(), MoveError> {
    landing
        .git
        .move_branch_made_here("main", landing.new, landing.old, "test")
}

#[test]
fn the_index_follows_and_the_record_is_written() {
    let landing = landing();
    write(&landing.top, "other", "edited\n");
    write(&landing.top, "staged", "s\n");
    git(&landing.top, &["add", "staged"]);
    land(&landing).unwrap();
    assert_eq!(landing.status(), " M other\nA  staged");
    assert_eq!(landing.read(RECORD), "{}\n");
    landing.assert_no_leftovers();
}

/// What was edited since the commit was made stays, and stands against what landed.
#[test]
fn an_edit_of_afterwards_stays() {
    let landing = landing();
    write(&landing.top, "a", "3\n");
    write(&landing.top, "gone", "back\n");
    land(&landing).unwrap();
    assert_eq!(landing.status(), " M a\n?? gone");
    assert_eq!(landing.read("a"), "3\n");
}

#[test]
fn what_stands_where_the_record_goes_stops_the_move() {
    for (name, is_staged) in [
        (RECORD, false),
        (".harness", false),
        (".harness/ledger", false),
        (RECORD, true),
    ] {
        let landing = landing();
        write(&landing.top, name, "mine\n");
        if is_staged {
            git(&landing.top, &["add", "-f", name]);
            fs::remove_file(landing.top.join(name)).unwrap();
        }
        let status = landing.status();
        assert!(land(&landing).is_err(), "{name} {is_staged}");
        assert_eq!(tip(&landing.git), landing.old, "{name}");
        assert_eq!(landing.status(), status, "{name}");
        assert!(!landing.top.join(".git/index.lock").exists(), "{name}");
    }
}

/// A folder without a file in it is in nobody's way, and a file that is the record to the byte is nobody's loss.
#[test]
fn what_is_nobodys_loss_stops_nothing() {
    let landing = landing();
    write(&landing.top, RECORD, "{}\n");
    land(&landing).unwrap();
    assert_eq!(landing.status(), "");
}

/// A sparse checkout leaves out what its patterns do not name, also what lands.
#[test]
fn a_sparse_checkout_is_gits_to_keep() {
    let landing = landing();
    git(
        &landing.top,
        &["sparse-checkout", "set", "--no-cone", "/a", "/dir", "/gone"],
    );
    land(&landing).unwrap();
    assert_eq!(landing.status(), "");
    assert!(!landing.top.join(RECORD).exists());
}

#[test]
fn a_conflict_stops_the_move() {
    let landing = landing();
    let blob = git(&landing.top, &["rev-parse", ":other"]);
    let stages: String = (1..4).map(|stage| format!("100644 {blob} {stage}\tother\n")).collect();
    fs::write(landing.top.join(".git/stages"), stages).unwrap();
    git(&landing.top, &["update-index", "--force-remove", "other"]);
    let script = "git update-index --index-info < .git/stages";
    let done = std::process::Command::new("sh")
        .args(["-c", script])
        .current_dir(&landing.top)
        .status();
    assert!(done.unwrap().success());
    assert!(matches!(land(&landing), Err(MoveError::Unmerged { .. })));
    assert_eq!(tip(&landing.git), landing.old);
}
