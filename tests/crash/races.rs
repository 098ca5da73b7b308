//! Races that kills at random moments have shown, each played again step by step.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::Duration;

use git_harness::domain::task::event::Event;

use super::invariants;
use super::matrix::release;
use super::world::World;

/// A process that stops at certain points.
struct Held {
    child: Child,
    gaps: Vec<PathBuf>,
}

impl Held {
    /// Starts a script that stops at each of these points, the first time that it comes by.
    fn start(world: &World, name: &str, script: &str, points: &[&str]) -> Self {
        let gaps: Vec<PathBuf> = points
            .iter()
            .map(|point| world.beside(&format!("{name}-{point}")))
            .collect();
        let mut orders = Vec::new();
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
    fn ends(mut self) {
        self.go();
        assert!(self.gaps.is_empty());
        let output = self.child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
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
