//! Ordinary work: nothing of it may be refused, and the audit has to find it clean.

use super::case::Case;
use super::world::{Kind, Said, Templates};

/// How an ordinary workflow is done.
pub const WAYS: [&str; 3] = ["work", "beside", "build"];

/// Does the work of a case in one way; says what went wrong, if anything did.
pub fn work(templates: &Templates, case: &Case, way: &str) -> Result<(), String> {
    let mut world = templates.world(Kind::Honest);
    let whole = |what: &str, said: Said| match said.code {
        0 => Ok(said),
        code => Err(format!("{} {way}: {what} (exit {code})\n{}", case.id, said.text)),
    };
    let step = |world: &super::world::World, function: &str| {
        let said = world.sh(&world.repo(), &world.script(&case.text, &format!("set -e; {function}")));
        whole(function, said)
    };
    if case.has("set_up") {
        step(&world, "set_up")?;
    }
    world.trust();
    if way == "work" {
        whole("start", world.harness(&["start", "t-1"]))?;
    }
    world.note_base();
    if way == "build" {
        let script = world.script(&case.text, "set -e; build");
        whole("exec", world.builder(&["t-1", "--", "sh", "-c", &script]))?;
    } else {
        step(&world, way)?;
    }
    if case.has("holds") {
        step(&world, "holds")?;
    }
    let here = format!("{}..refs/heads/main", world.base);
    let there = format!("{}..refs/remotes/origin/main", world.base);
    whole("audit here", world.harness(&["audit", &here]))?;
    let clone = ["clone", "-q", "--no-local", "--no-checkout", "repo", "fresh"];
    whole("clone", world.try_git(&world.root, &clone))?;
    let fresh = world.root.join("fresh");
    whole("audit in a fresh clone", world.harness_in(&fresh, &["audit", &there]))?;
    if way != "beside" && case.field("lands") != Some("nothing") {
        let log = world.git(&["log", "--format=%(trailers:key=Harness-Task,valueonly)", &here]);
        if !log.contains("t-1") {
            return Err(format!("{} {way}: the task has not landed", case.id));
        }
    }
    Ok(())
}
