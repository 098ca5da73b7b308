//! Landings under people's feet: what they have staged, edited or left lying about is theirs.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::MoveError;
use crate::domain::change::Entry;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::git::tests::{file, git, path, repository, tip};
use crate::git::{NewCommit, Repository, UnderWay};

/// A repository whose `main` is checked out, and a commit that is about to land there.
pub(super) struct Landing {
    _dir: tempfile::TempDir,
    pub(super) top: PathBuf,
    pub(super) git: Repository,
    pub(super) old: CommitId,
    pub(super) new: CommitId,
}

pub(super) type Files<'a> = &'a [(&'a str, Option<&'a str>)];

impl Landing {
    /// `before` is checked out, `change` lands.
    pub(super) fn new(before: Files, change: Files) -> Self {
        Self::with(before, change, |_| {})
    }

    fn with(before: Files, change: Files, prepare: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let git_repository = repository(&top);
        prepare(&top);
        for (name, text) in before {
            write(&top, name, text.unwrap());
        }
        git(&top, &["add", "-A"]);
        git(&top, &["commit", "-q", "--allow-empty", "-m", "Before"]);
        // Opened again, since the settings may have changed.
        let git_repository = Repository::discover(git_repository.work_tree().unwrap()).unwrap();
        let old = tip(&git_repository);
        let edits: Vec<(RepoPath, Option<Entry>)> = change
            .iter()
            .map(|(name, text)| (path(name), text.and_then(|text| file(&git_repository, text))))
            .collect();
        let tree = git_repository
            .write_tree(git_repository.tree_of(old).unwrap(), &edits)
            .unwrap();
        let new = child(&git_repository, old, tree);
        Self {
            _dir: dir,
            top,
            git: git_repository,
            old,
            new,
        }
    }

    pub(super) fn land(&self) -> Result<(), MoveError> {
        self.git.move_branch("main", self.new, self.old, "test")
    }

    pub(super) fn finish(&self) -> Result<(), MoveError> {
        self.git.finish_move("main", self.new, self.old)
    }

    /// A kill between the ref and the files.
    pub(super) fn kill_after_the_ref(&self) {
        self.git
            .compare_and_swap("refs/heads/main", self.new, Some(self.old), "test")
            .unwrap();
    }

    pub(super) fn status(&self) -> String {
        git(&self.top, &["status", "--porcelain", "--no-renames"])
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.top.join(name)).unwrap()
    }

    pub(super) fn assert_blocked_by(&self, expected: &[&str]) {
        let (before, status) = (snapshot(&self.top), self.status());
        match self.land() {
            Err(MoveError::Blocked { paths, worktree }) => {
                assert_eq!(paths, expected);
                assert_eq!(worktree, self.top);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(tip(&self.git), self.old);
        assert_eq!(
            (snapshot(&self.top), self.status()),
            (before, status),
            "nothing has changed"
        );
        assert!(!self.top.join(".git/index.lock").exists());
    }

    pub(super) fn assert_no_leftovers(&self) {
        let left: Vec<String> = fs::read_dir(self.top.join(".git"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with("index") && name != "index")
            .collect();
        assert_eq!(left, [""; 0]);
    }
}

pub(super) fn child(repository: &Repository, parent: CommitId, tree: TreeId) -> CommitId {
    repository
        .commit_tree(&NewCommit {
            tree,
            parents: &[parent],
            message: "Land",
            seconds: 1_700_000_000,
        })
        .unwrap()
}

pub(super) fn write(top: &Path, name: &str, text: &str) {
    let file = top.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// Every file outside of `.git` with its bytes.
fn snapshot(top: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.is_symlink() {
                if entry.file_name() != ".git" {
                    folders.push(path);
                }
            } else {
                found.push((path.clone(), fs::read(&path).unwrap_or_default()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn files_and_index_follow_and_other_work_stays_staged_edited_and_untracked() {
    let landing = Landing::new(
        &[
            ("a", Some("1\n")),
            ("b", Some("1\n")),
            ("c", Some("1\n")),
            ("d", Some("1\n")),
        ],
        &[("a", Some("2\n")), ("d", None), ("n/e/w", Some("2\n"))],
    );
    write(&landing.top, "b", "staged\n");
    git(&landing.top, &["add", "b"]);
    write(&landing.top, "b", "staged, and edited since\n");
    write(&landing.top, "c", "edited\n");
    write(&landing.top, "n/mine", "untracked\n");
    landing.land().unwrap();
    assert_eq!(tip(&landing.git), landing.new);
    assert_eq!(landing.status(), "MM b\n M c\n?? n/mine");
    assert_eq!(git(&landing.top, &["show", ":b"]), "staged");
    assert_eq!(
        (landing.read("a"), landing.read("n/e/w")),
        ("2\n".to_owned(), "2\n".to_owned())
    );
    assert!(!landing.top.join("d").exists());
    landing.assert_no_leftovers();
}

#[test]
fn files_are_written_with_the_users_own_filters_and_line_ends() {
    let landing = Landing::with(
        &[(".gitattributes", Some("*.txt text eol=crlf\n*.up filter=shout\n"))],
        &[("a.txt", Some("one\ntwo\n")), ("b.up", Some("loud\n"))],
        |top| {
            git(top, &["config", "filter.shout.smudge", "tr a-z A-Z"]);
            git(top, &["config", "filter.shout.clean", "tr A-Z a-z"]);
        },
    );
    landing.land().unwrap();
    assert_eq!(landing.read("a.txt"), "one\r\ntwo\r\n");
    assert_eq!(landing.read("b.up"), "LOUD\n");
    assert_eq!(landing.status(), "");
}

#[test]
fn the_worktree_that_has_the_branch_follows_whichever_it_is() {
    let landing = Landing::new(&[("a", Some("1\n"))], &[("a", Some("2\n"))]);
    let linked = tempfile::tempdir().unwrap();
    let linked = linked.path().canonicalize().unwrap().join("linked");
    git(&landing.top, &["checkout", "-q", "-b", "other"]);
    git(
        &landing.top,
        &["worktree", "add", "-q", linked.to_str().unwrap(), "main"],
    );
    write(&linked, "a", "edited\n");
    match landing.land() {
        Err(MoveError::Blocked { worktree, paths }) => {
            assert_eq!((worktree, paths), (linked.clone(), vec!["a".to_owned()]))
        }
        other => panic!("{other:?}"),
    }
    git(&linked, &["checkout", "-q", "a"]);
    landing.land().unwrap();
    assert_eq!(fs::read_to_string(linked.join("a")).unwrap(), "2\n");
    assert_eq!(git(&linked, &["status", "--porcelain"]), "");
    assert_eq!((landing.read("a"), landing.status()), ("1\n".to_owned(), String::new()));
}

#[test]
fn what_is_going_on_in_a_worktree_is_named_and_not_disturbed() {
    let commits = |landing: &Landing| {
        for text in ["x\n", "y\n", "z\n"] {
            write(&landing.top, "b", text);
            git(&landing.top, &["add", "-A"]);
            git(&landing.top, &["commit", "-q", "-m", text.trim()]);
        }
    };
    let going_on = |start: &dyn Fn(&Path)| {
        let landing = Landing::new(&[("a", Some("1\n"))], &[("a", Some("2\n"))]);
        commits(&landing);
        let old = tip(&landing.git);
        start(&landing.top);
        let new = child(&landing.git, old, landing.git.tree_of(landing.new).unwrap());
        let at = tip(&landing.git);
        match landing.git.move_branch("main", new, old, "test") {
            Err(MoveError::Busy { what, .. }) => {
                assert_eq!(tip(&landing.git), at);
                what
            }
            other => panic!("{other:?}"),
        }
    };
    let bisect = |top: &Path| drop(git(top, &["bisect", "start", "HEAD", "HEAD~2"]));
    assert_eq!(going_on(&bisect), UnderWay::Bisect);
    let rebase = |top: &Path| {
        let editor = "sequence.editor=sed -i s/^pick/edit/";
        git(top, &["-c", editor, "rebase", "-q", "-i", "HEAD~2"]);
    };
    assert_eq!(going_on(&rebase), UnderWay::Rebase);
    let merge = |top: &Path| {
        git(top, &["checkout", "-q", "-b", "side", "HEAD~1"]);
        git(top, &["commit", "-q", "--allow-empty", "-m", "Side"]);
        git(top, &["checkout", "-q", "main"]);
        git(top, &["merge", "-q", "--no-commit", "side"]);
    };
    assert_eq!(going_on(&merge), UnderWay::Merge);
}

#[test]
fn a_lock_of_somebody_else_is_waited_for_and_never_taken() {
    let landing = Landing::new(&[("a", Some("1\n"))], &[("a", Some("2\n"))]);
    let lock = landing.top.join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    assert!(matches!(landing.land(), Err(MoveError::Locked { .. })));
    assert_eq!((lock.exists(), tip(&landing.git)), (true, landing.old));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(150));
            fs::remove_file(&lock).unwrap();
        });
        landing.land().unwrap();
    });
    assert_eq!(landing.status(), "");
}

#[test]
fn a_lock_that_a_killed_landing_left_is_told_from_a_living_one() {
    let landing = Landing::new(&[("a", Some("1\n"))], &[("a", Some("2\n"))]);
    let lock = landing.top.join(".git/index.lock");
    let mut living = fs::File::create_new(&lock).unwrap();
    living.lock().unwrap();
    living
        .write_all(b"git-harness moves the branch that is checked out here\n")
        .unwrap();
    assert!(matches!(landing.land(), Err(MoveError::Locked { .. })));
    fs::write(landing.top.join(".git/index.harness.1"), "half").unwrap();
    // By name: what another test starts at this moment holds the open file, and would hold the lock.
    living.unlock().unwrap();
    landing.land().unwrap();
    assert_eq!(landing.status(), "");
    landing.assert_no_leftovers();
}

#[test]
fn locks_of_the_dead_go_and_those_of_the_living_and_of_others_stay() {
    let landing = Landing::new(&[("a", Some("1\n"))], &[("a", Some("2\n"))]);
    let take = || super::lock::IndexLock::take(landing.git.checked_out_in("main", true).unwrap().remove(0)).unwrap();
    take().leave_behind();
    landing.git.clear_dead_locks().unwrap();
    landing.assert_no_leftovers();
    let living = take();
    landing.git.clear_dead_locks().unwrap();
    let lock = landing.top.join(".git/index.lock");
    assert!(lock.exists());
    drop(living);
    fs::write(&lock, "").unwrap();
    landing.git.clear_dead_locks().unwrap();
    assert!(lock.exists());
}

#[test]
fn a_branch_that_somebody_moved_is_left_where_it_is() {
    let landing = Landing::new(&[("a", Some("1\n"))], &[("a", Some("2\n"))]);
    git(&landing.top, &["commit", "-q", "--allow-empty", "-m", "Meanwhile"]);
    let meanwhile = tip(&landing.git);
    match landing.land() {
        Err(MoveError::Moved { found, .. }) => assert_eq!(found, Some(meanwhile)),
        other => panic!("{other:?}"),
    }
    assert_eq!((landing.read("a"), tip(&landing.git)), ("1\n".to_owned(), meanwhile));
}

#[test]
fn a_kill_at_any_point_of_the_files_is_made_good() {
    let change: Files = &[
        ("a", Some("2\n")),
        ("b", Some("2\n")),
        ("gone", None),
        ("n/e/w", Some("2\n")),
    ];
    let names: Vec<&str> = change.iter().map(|(name, _)| *name).collect();
    for done in 0..1_u32 << change.len() {
        let landing = Landing::new(&[("a", Some("1\n")), ("b", Some("1\n")), ("gone", Some("1\n"))], change);
        landing.kill_after_the_ref();
        for (at, (name, text)) in change.iter().enumerate() {
            match text {
                _ if done & (1 << at) == 0 => {}
                Some(text) => write(&landing.top, name, text),
                None => fs::remove_file(landing.top.join(name)).unwrap(),
            }
        }
        landing.finish().unwrap();
        assert_eq!(landing.status(), "", "{names:?} {done:b}");
        assert_eq!(git(&landing.top, &["ls-files"]), "a\na.txt\nb\nn/e/w");
        landing.finish().unwrap();
        landing.land().unwrap();
        assert_eq!(landing.status(), "", "{names:?} {done:b}");
        landing.assert_no_leftovers();
    }
}

#[test]
fn a_file_that_a_kill_left_removed_but_not_written_comes_back() {
    let landing = Landing::new(&[("a", Some("1\n"))], &[("a", Some("2\n"))]);
    landing.kill_after_the_ref();
    fs::remove_file(landing.top.join("a")).unwrap();
    landing.finish().unwrap();
    assert_eq!((landing.read("a"), landing.status()), ("2\n".to_owned(), String::new()));
}

#[test]
fn work_that_was_done_after_the_kill_is_kept_while_the_rest_follows() {
    let landing = Landing::new(
        &[
            ("edited", Some("1\n")),
            ("staged", Some("1\n")),
            ("rest", Some("1\n")),
            ("d", Some("1\n")),
        ],
        &[
            ("edited", Some("2\n")),
            ("staged", Some("2\n")),
            ("rest", Some("2\n")),
            ("untracked", Some("2\n")),
            ("d", None),
            ("d/x", Some("2\n")),
        ],
    );
    landing.kill_after_the_ref();
    write(&landing.top, "edited", "mine\n");
    write(&landing.top, "staged", "mine\n");
    git(&landing.top, &["add", "staged"]);
    write(&landing.top, "untracked", "mine\n");
    write(&landing.top, "d", "mine\n");
    match landing.finish() {
        Err(MoveError::Blocked { paths, .. }) => assert_eq!(paths, ["d", "edited", "staged", "untracked"]),
        other => panic!("{other:?}"),
    }
    for name in ["edited", "staged", "untracked", "d"] {
        assert_eq!(landing.read(name), "mine\n", "{name}");
    }
    assert_eq!(landing.read("rest"), "2\n");
    // What landed is not staged to be undone: only what the user staged is.
    assert_eq!(git(&landing.top, &["diff", "--cached", "--name-only"]), "staged");
    assert_eq!(git(&landing.top, &["show", ":staged"]), "mine");
    landing.assert_no_leftovers();
}
