//! Races that kills at random moments have shown, each played again step by step.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::Duration;

use git_harness::domain::task::event::Event;

use super::invariants;
use super::matrix::release;
use super::world::{KILLED, Said, World};

/// A process that stops at certain points.
struct Held {
    child: Child,
    gaps: Vec<PathBuf>,
}

impl Held {
    /// Starts a script that stops at each of these points, the first time that it comes by.
    fn start(world: &World, name: &str, script: &str, points: &[&str]) -> Self {
        Self::start_with(world, name, script, points, &[])
    }

    /// The same with more orders.
    fn start_with(world: &World, name: &str, script: &str, points: &[&str], more: &[&str]) -> Self {
        let gaps: Vec<PathBuf> = points
            .iter()
            .map(|point| world.beside(&format!("{name}-{point}")))
            .collect();
        let mut orders: Vec<String> = more.iter().map(ToString::to_string).collect();
        for (point, gap) in points.iter().zip(&gaps) {
            let status = std::process::Command::new("mkfifo").arg(with_end(gap, "go")).status();
            assert!(status.unwrap().success());
            orders.push(format!("{point}=wait:{}", gap.display()));
        }
        let child = world.start(script, &[("FAILPOINTS", &orders.join(","))]);
        Self { child, gaps }
    }

    /// Waits until it stands at its next point.
    fn stands(&mut self) {
        let here = with_end(&self.gaps[0], "here");
        while !here.exists() {
            assert!(
                self.child.try_wait().unwrap().is_none(),
                "it ended before {}",
                here.display()
            );
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Lets it go on to its next point.
    fn go(&mut self) {
        let go = with_end(&self.gaps.remove(0), "go");
        release(&go, || self.child.try_wait().unwrap().is_none());
    }

    /// Lets it go on to its end.
    fn ends(self) {
        let said = self.said();
        assert_eq!(said.code, 0, "{said:?}");
    }

    fn said(mut self) -> Said {
        while !self.gaps.is_empty() {
            self.go();
        }
        self.child.wait_with_output().unwrap().into()
    }
}

fn with_end(gap: &Path, end: &str) -> PathBuf {
    let mut name = gap.as_os_str().to_owned();
    name.push(format!(".{end}"));
    name.into()
}

/// Somebody submits; another one has read the journal before the branch moved, and looks at the branch after.
#[test]
fn a_landing_that_two_see_is_recorded_once() {
    let world = World::new("begin; plan \"$(card p-1 p-1.txt true)\"; \"$H\" next > /dev/null; echo p-1 > p-1.txt");
    let mut submits = Held::start(&world, "submits", "exec \"$H\" submit", &["land.intend", "land.moved"]);
    submits.stands();
    let mut notes = Held::start(&world, "notes", "exec \"$H\" note p-1 seen", &["resume.done"]);
    notes.stands();
    submits.go();
    submits.stands();
    notes.ends();
    submits.ends();
    let rows = invariants::rows(&world).unwrap();
    let landed = rows.iter().filter(|row| matches!(row.known(), Some(Event::Landed(_))));
    assert_eq!(landed.count(), 1);
    let wrong = invariants::broken(&world, &[]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Somebody's submit is killed once the branch has moved; another one, who waited for the turn, lands on it at once.
#[test]
fn files_follow_a_killed_submit_that_somebody_has_landed_on() {
    let world = World::new(
        "begin; plan \"$(card p-1 p-1.txt true),$(card p-2 p-2.txt true)\"; right p-2 p-2.txt
\"$H\" next > /dev/null; echo p-1 > p-1.txt",
    );
    let mut submits = Held::start_with(
        &world,
        "submits",
        "exec \"$H\" submit",
        &["land.intended"],
        &["land.moved=kill"],
    );
    submits.stands();
    let mut applies = world.start("exec \"$H\" apply p-2 \"$W/answers/p-2/1.md\"", &[]);
    while !world.somebody_waits() {
        assert!(applies.try_wait().unwrap().is_none(), "it did not wait for its turn");
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(submits.said().code, KILLED);
    let said: Said = applies.wait_with_output().unwrap().into();
    assert_eq!(said.code, 0, "{said:?}");
    let said = world.sh("\"$H\" note p-1 seen && complete p-1 && complete p-2", &[]);
    assert_eq!(said.code, 0, "{said:?}");
    let wrong = invariants::broken(&world, &[]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A run has found a change that is accepted and wants to take it up. Whoever was landing it is killed right then, once the
/// branch has moved.
#[test]
fn a_change_whose_landing_is_under_way_is_not_landed_again() {
    let world = World::new("begin; plan \"$(card p-1 p-1.txt true)\"; right p-1 p-1.txt");
    let mut applies = Held::start_with(
        &world,
        "applies",
        "exec \"$H\" apply p-1 \"$W/answers/p-1/1.md\"",
        &["land.intended"],
        &["land.moved=kill"],
    );
    applies.stands();
    let mut runs = Held::start(&world, "runs", "exec \"$H\" run", &["take-up"]);
    runs.stands();
    assert_eq!(applies.said().code, KILLED);
    runs.said();
    let said = world.sh("\"$H\" note p-1 seen && complete p-1", &[]);
    assert_eq!(said.code, 0, "{said:?}");
    let wrong = invariants::broken(&world, &[]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Somebody's landing is killed once the branch has moved. Another one brings the files after it; while it does, one of
/// them is written, just as it landed.
#[test]
fn files_follow_while_somebody_writes_one_of_them() {
    let world = World::new("begin; plan \"$(card p-1 p-1.txt true)\"; right p-1 p-1.txt");
    let said = world.sh(
        "exec \"$H\" apply p-1 \"$W/answers/p-1/1.md\"",
        &[("FAILPOINTS", "ref.synced@2=kill")],
    );
    assert_eq!(said.code, KILLED, "{said:?}");
    // Three calls on it prepare the index for git's own merge of what is not there yet.
    let mut notes = Held::start(&world, "notes", "exec \"$H\" note p-1 seen", &["git.update-indexed@3"]);
    notes.stands();
    let said = world.sh("git show main:p-1.txt > p-1.txt", &[]);
    assert_eq!(said.code, 0, "{said:?}");
    notes.ends();
    let said = world.sh("complete p-1", &[]);
    assert_eq!(said.code, 0, "{said:?}");
    let wrong = invariants::broken(&world, &[]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The same, and a file that landing removes was edited meanwhile: it stays the user's, and the rest follows.
#[test]
fn a_second_look_leaves_alone_what_the_first_one_left_alone() {
    let world = World::new("begin; plan \"$(card p-1 'p-1.txt\", \"b.txt' true)\"");
    let said = world.sh(
        "exec \"$H\" exec p-1 -- sh -c 'rm b.txt; echo p-1 > p-1.txt'",
        &[("FAILPOINTS", "ref.synced@2=kill")],
    );
    assert_eq!(said.code, KILLED, "{said:?}");
    let said = world.sh("echo mine > b.txt", &[]);
    assert_eq!(said.code, 0, "{said:?}");
    // Here a fourth call prepares the index for the edited file, and the fifth is what it has to have at its end.
    let mut notes = Held::start(&world, "notes", "exec \"$H\" note p-1 seen", &["git.update-indexed@5"]);
    notes.stands();
    let said = world.sh("git show main:p-1.txt > p-1.txt", &[]);
    assert_eq!(said.code, 0, "{said:?}");
    notes.ends();
    assert_eq!(world.git("status --porcelain"), "?? b.txt\n");
    assert_eq!(
        world.git("diff --no-index /dev/null b.txt || true").lines().last(),
        Some("+mine")
    );
}
