//! Random sequences of honest work: whatever git and the harness accept, the audit and a push accept, and a task is complete
//! exactly where its work is in the tree, in the clone that worked and in a fresh one.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::world::{Kind, Said, Templates, World};

/// The moves, as shell.
const MOVES: &str = include_str!("honest_moves.sh");

/// How many cards there are; some depend on others.
const CARDS: usize = 8;

/// What came of a sequence.
#[derive(Debug, Default)]
pub struct Result {
    /// Tasks that were complete at the end.
    pub complete: usize,
    /// Moves that did what they try.
    pub done: usize,
    /// What did not hold, with the moves that led to it.
    pub broken: Vec<String>,
}

/// The cards of a world: each has a file of its own and is verified by the line in it.
pub fn set_up(world: &mut World) {
    let cards: Vec<serde_json::Value> = (1..=CARDS)
        .map(|number| {
            let waits: Vec<String> = (number % 3 == 0)
                .then(|| format!("s-{}", number - 1))
                .into_iter()
                .collect();
            serde_json::json!({
                "id": format!("s-{number}"),
                "title": format!("Do the work of {number}"),
                "dependencies": waits,
                "files_allowed": [format!("work/{number}.txt")],
                "instructions": "Write done",
                "definition_of_done": ["It says done"],
                "verification": [format!("grep -qx done work/{number}.txt")],
            })
        })
        .collect();
    let plan = world.root.join("work.json");
    std::fs::write(&plan, serde_json::to_vec(&cards).unwrap()).unwrap();
    let said = world.harness(&["plan", "import", "--commit", &plan.to_string_lossy()]);
    assert_eq!(said.code, 0, "{}", said.text);
    world.trust();
    world.note_base();
    let server = world.script("", "server");
    let made = world.sh(&world.repo(), &server);
    assert_eq!(made.code, 0, "{}", made.text);
}

/// Plays one sequence in a world that was set up.
pub fn play(templates: &Templates, seed: u64) -> Result {
    let mut dice = Dice::new(seed);
    let mut world = templates.world(Kind::Honest);
    set_up(&mut world);
    let moves = draw(&mut dice);
    let steps: Vec<String> = moves
        .iter()
        .map(|step| format!("if {step}; then echo \"did {step}\"; fi\nsettle"))
        .collect();
    let said = world.sh(
        &world.repo(),
        &world.script(MOVES, &format!("{}\nexit 0", steps.join("\n"))),
    );
    let done: Vec<&str> = said.text.lines().filter_map(|line| line.strip_prefix("did ")).collect();
    let mut result = Result {
        done: done.len(),
        ..Result::default()
    };
    let mut broken = |what: &str, said: &Said| {
        let log = world.git(&["log", "--graph", "--format=%h %s", &format!("{}..main", world.base)]);
        result.broken.push(format!(
            "seed {seed}: {what} (exit {})\n{}\ndone:\n{}\n{log}",
            said.code,
            said.text,
            done.join("\n"),
        ));
    };
    // Evidence of a tree that was verified elsewhere is renewed by one command; where nothing is missing it does nothing.
    let renewed = world.harness(&["verify", "--landed"]);
    if renewed.code != 0 {
        broken("verify --landed", &renewed);
    }
    let range = format!("{}..refs/heads/main", world.base);
    let audit = world.harness(&["audit", &range]);
    if audit.code != 0 {
        broken("the audit here", &audit);
    }
    let push = world.sh(&world.repo(), "git push -q origin main 'refs/harness/*:refs/harness/*'");
    if push.code != 0 {
        broken("a push", &push);
    }
    let cloned = world.try_git(&world.root, &["clone", "-q", "--no-local", "repo", "fresh"]);
    assert_eq!(cloned.code, 0, "{}", cloned.text);
    let fresh = world.root.join("fresh");
    let there = world.harness_in(&fresh, &["audit", &range.replace("refs/heads/main", "HEAD")]);
    if there.code != 0 {
        broken("the audit in a fresh clone", &there);
    }
    let tree: BTreeSet<String> = (1..=CARDS)
        .filter(|number| {
            let file = format!("main:work/{number}.txt");
            let text = world.try_git(&world.repo(), &["cat-file", "blob", &file]);
            text.code == 0 && text.text.lines().any(|line| line == "done")
        })
        .map(|number| format!("s-{number}"))
        .collect();
    for (name, dir) in [("here", world.repo()), ("in a fresh clone", fresh)] {
        let status = world.harness_in(&dir, &["status", "--json"]);
        let complete = complete(&status);
        if complete.as_ref() != Some(&tree) {
            broken(
                &format!("states {name}: complete are {complete:?}, the tree holds {tree:?}"),
                &status,
            );
        }
    }
    result.complete = tree.len();
    result
}

/// The tasks that a status calls complete; nothing where it is no status.
fn complete(status: &Said) -> Option<BTreeSet<String>> {
    let json: serde_json::Value = serde_json::from_str(&status.text).ok()?;
    let tasks = json["targets"]
        .as_array()?
        .iter()
        .flat_map(|target| target["tasks"].as_array().into_iter().flatten());
    Some(
        tasks
            .filter(|task| task["state"] == "complete")
            .filter_map(|task| task["id"].as_str())
            .filter(|task| task.starts_with("s-"))
            .map(str::to_owned)
            .collect(),
    )
}

/// Four to nine moves.
fn draw(dice: &mut Dice) -> Vec<String> {
    let names: Vec<&str> = MOVES
        .lines()
        .filter_map(|line| line.split_once("() {").map(|(name, _)| name))
        .filter(|name| name.starts_with("move_"))
        .collect();
    let wanted = std::env::var("MOVES").unwrap_or_default();
    let names: Vec<&str> = names
        .into_iter()
        .filter(|name| wanted.is_empty() || wanted.split(',').any(|one| name.ends_with(one)))
        .collect();
    let count = 4 + dice.below(6);
    (0..count)
        .map(|number| format!("{} {number}", names[dice.below(names.len())]))
        .collect()
}
