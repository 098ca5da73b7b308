//! What a move did not write to its end goes, and what anybody else may have written stays.

use std::fs::{self, OpenOptions};
use std::time::{Duration, SystemTime};

use crate::git::land::lock::IndexLock;
use crate::git::land::tests::{Files, Landing, write};
use crate::git::tests::git;

/// Two blocks, of which the first is the beginning.
fn text() -> String {
    "0123456789abcde\n".repeat(64)
}

/// A landing that was killed behind the ref, with its lock left lying there.
fn killed(before: Files, change: Files) -> Landing {
    let landing = Landing::new(before, change);
    landing.kill_after_the_ref();
    let worktree = landing.git.checked_out_in("main", true).unwrap().remove(0);
    IndexLock::take(worktree).unwrap().leave_behind();
    landing
}

/// What git does with a file, and some editors do too.
fn write_anew(landing: &Landing, name: &str, text: &str) {
    let _ = fs::remove_file(landing.top.join(name));
    write(&landing.top, name, text);
}

#[test]
fn what_was_begun_under_a_dead_ones_lock_is_written_again() {
    let text = text();
    for length in [0, 512] {
        let landing = killed(&[("a", Some("1\n"))], &[("a", Some(&text)), ("d/new", Some(&text))]);
        write_anew(&landing, "a", &text[..length]);
        write_anew(&landing, "d/new", &text[..length]);
        landing.finish().unwrap();
        assert_eq!(landing.status(), "", "{length}");
        assert_eq!((landing.read("a"), landing.read("d/new")), (text.clone(), text.clone()));
        landing.assert_no_leftovers();
    }
}

/// What somebody did to `a` between the kill and the next command, and what they left there.
type Edit = (&'static str, fn(&Landing), String);

#[test]
fn whatever_somebody_may_have_written_stays() {
    let text = text();
    let edits: [Edit; 6] = [
        (
            "emptied in place: it was there before the move began",
            |landing| write(&landing.top, "a", ""),
            String::new(),
        ),
        (
            "ended elsewhere than at a block's border",
            |landing| write_anew(landing, "a", &self::text()[..528]),
            text[..528].to_owned(),
        ),
        (
            "not what landed",
            |landing| write_anew(landing, "a", &"x".repeat(512)),
            "x".repeat(512),
        ),
        (
            "longer than what landed",
            |landing| write_anew(landing, "a", &self::text().repeat(2)),
            text.repeat(2),
        ),
        (
            "written to after it was made",
            |landing| {
                write_anew(landing, "a", &self::text());
                write(&landing.top, "a", "");
                let file = OpenOptions::new().write(true).open(landing.top.join("a")).unwrap();
                file.set_modified(SystemTime::now() + Duration::from_secs(5)).unwrap();
            },
            String::new(),
        ),
        (
            "of two names",
            |landing| {
                write_anew(landing, "a", "");
                fs::hard_link(landing.top.join("a"), landing.top.join("beside")).unwrap();
            },
            String::new(),
        ),
    ];
    for (what, edit, left) in edits {
        let landing = killed(&[("a", Some("1\n"))], &[("a", Some(&text))]);
        edit(&landing);
        let _ = landing.finish();
        assert_eq!(landing.read("a"), left, "{what}");
    }
}

#[test]
fn what_is_staged_and_what_lies_behind_a_link_stays() {
    let text = text();
    let landing = killed(&[("a", Some("1\n"))], &[("a", Some(&text)), ("d/new", Some(&text))]);
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("new"), "").unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), landing.top.join("d")).unwrap();
    write_anew(&landing, "a", "");
    fs::rename(landing.top.join(".git/index.lock"), landing.top.join(".git/kept")).unwrap();
    git(&landing.top, &["add", "a"]);
    fs::rename(landing.top.join(".git/kept"), landing.top.join(".git/index.lock")).unwrap();
    let _ = landing.finish();
    assert_eq!(landing.read("a"), "");
    assert_eq!(fs::read_to_string(elsewhere.path().join("new")).unwrap(), "");
}

#[test]
fn without_a_lock_that_was_left_there_nothing_goes() {
    let text = text();
    let landing = Landing::new(&[("a", Some("1\n"))], &[("a", Some(&text)), ("new", Some(&text))]);
    landing.kill_after_the_ref();
    write_anew(&landing, "a", "");
    write_anew(&landing, "new", "");
    // Files are dated by the kernel's tick.
    std::thread::sleep(Duration::from_millis(20));
    let _ = landing.finish();
    assert_eq!((landing.read("a"), landing.read("new")), (String::new(), String::new()));
}
