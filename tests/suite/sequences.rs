//! Random sequences of attack moves on one repository, judged by an oracle of its own: what plain git says was changed,
//! against the card's list as this file understands it. Every commit that the oracle finds bad has to be named by the
//! audit; what a Builder does must never bring one at all.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::world::{Kind, Templates, World};

/// The moves, as shell; `{n}` is a number that differs from move to move, `{path}` one of [`PATHS`].
const MOVES: &str = include_str!("moves.sh");

/// Paths that moves write to; some are allowed by the card.
const PATHS: [&str; 12] = [
    "src/allowed.txt",
    "src/gen/keep",
    "src/gen/new-{n}",
    "src/gen/deep/er-{n}",
    "src/other.txt",
    "src/allowed.txt.{n}",
    "src/generated-{n}",
    "tests/check.sh",
    "AGENTS.md",
    "src/gen/.gitattributes",
    ".harness/ledger/t-1.toml",
    "Makefile",
];

/// What came of a sequence.
#[derive(Debug, Default)]
pub struct Result {
    /// Commits that the branch gained and the oracle finds bad.
    pub bad: usize,
    /// What the audit missed, or a Builder brought, with the moves that did it.
    pub missed: Vec<String>,
}

/// Plays one sequence.
pub fn play(templates: &Templates, seed: u64) -> Result {
    let mut dice = Dice::new(seed);
    let kind = [Kind::Hooks, Kind::Strict, Kind::Builder][dice.below(3)];
    let mut world = templates.world(kind);
    world.trust();
    if kind != Kind::Builder {
        assert_eq!(world.harness(&["start", "t-1"]).code, 0);
    }
    world.note_base();
    let moves = draw(&mut dice);
    let script = world.script(MOVES, &format!("{}\nexit 0", moves.join("\n")));
    let said = match kind {
        Kind::Builder => world.builder(&["t-1", "--", "sh", "-c", &script]),
        _ => world.sh(&world.repo(), &script),
    };
    let (bad, governing) = bad_commits(&world);
    let is_clean = bad.is_empty() && governing.is_empty();
    let named = if is_clean { None } else { named_by_audit(&world) };
    let tell = |commit: &String| {
        format!(
            "seed {seed} ({}): {commit}\n{}\n{}",
            kind.name(),
            moves.join("\n"),
            said.text
        )
    };
    let missed = match (kind, named) {
        (Kind::Builder, _) => bad.union(&governing).map(tell).collect(),
        (_, None) => Vec::new(),
        (_, Some((wrong, shown))) => {
            let missed = bad.difference(&wrong).chain(governing.difference(&shown));
            missed.map(tell).collect()
        }
    };
    Result {
        bad: bad.len() + governing.len(),
        missed,
    }
}

/// Three to eight moves, each with a path of its own.
fn draw(dice: &mut Dice) -> Vec<String> {
    let names: Vec<&str> = MOVES
        .lines()
        .filter_map(|line| line.strip_suffix("() {"))
        .filter(|name| name.starts_with("move_"))
        .collect();
    let count = 3 + dice.below(6);
    (0..count)
        .map(|number| {
            let name = names[dice.below(names.len())];
            let path = PATHS[dice.below(PATHS.len())].replace("{n}", &number.to_string());
            format!("{name} '{path}' {number}")
        })
        .collect()
}

/// What a change of a path means to the card.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    /// One of its two entries allows it.
    Allowed,
    /// It is for people to change: cards, plans, configuration. History cannot tell who did.
    Governing,
    /// Nobody may do it in this way.
    Forbidden,
}

fn meaning(path: &str) -> Meaning {
    let below = path.strip_prefix("src/gen/").is_some_and(|rest| !rest.is_empty());
    let last = path.rsplit('/').next().unwrap_or_default();
    if path.starts_with(".harness/") && !path.starts_with(".harness/ledger/") {
        Meaning::Governing
    } else if (path == "src/allowed.txt" || below) && !last.starts_with(".git") && last != "AGENTS.md" {
        Meaning::Allowed
    } else {
        Meaning::Forbidden
    }
}

/// The commits that `main` gained which change what nobody may, and those that change what only people may.
fn bad_commits(world: &World) -> (BTreeSet<String>, BTreeSet<String>) {
    let gained = world.git(&["rev-list", &format!("{}..refs/heads/main", world.base)]);
    let (mut bad, mut governing) = (BTreeSet::new(), BTreeSet::new());
    for commit in gained.lines() {
        match worst_change(world, commit) {
            Meaning::Allowed => {}
            Meaning::Governing => _ = governing.insert(commit.to_owned()),
            Meaning::Forbidden => _ = bad.insert(commit.to_owned()),
        }
    }
    (bad, governing)
}

/// The worst that a commit changes. The record that a landing writes is the harness's own; of a merge, only what differs
/// from every parent is its own; and a commit that brings back the tree before its parent adds nothing to it.
fn worst_change(world: &World, commit: &str) -> Meaning {
    let parents = world.git(&["rev-list", "--parents", "-n", "1", commit]);
    let merges = parents.split(' ').count() > 2;
    let tree = |rev: &str| {
        world
            .try_git(&world.repo(), &["rev-parse", &format!("{rev}^{{tree}}")])
            .text
    };
    let message = world.git(&["log", "-1", "--format=%B", commit]);
    if !merges && message.starts_with("Revert ") && tree(commit) == tree(&format!("{commit}~2")) {
        return Meaning::Allowed;
    }
    // Where a commit brings back a whole tree of before, in whatever words, records go back with it.
    let earlier = || {
        let before = format!("{commit}~1");
        world.try_git(&world.repo(), &["log", "--first-parent", "--format=%T", &before])
    };
    let goes_back = !merges && earlier().text.lines().any(|earlier| earlier == tree(commit).trim());
    let how = if merges { "-c" } else { "--root" };
    let more = ["--no-renames", "--ignore-submodules=none", "--no-commit-id", commit];
    let compare = [&["diff-tree", "-r", how, "--name-only", "-z"][..], &more].concat();
    let changed = world.git(&compare);
    let of_path = |path: &str| {
        let mode = world.git(&["ls-tree", commit, "--", path]);
        if path.starts_with(".harness/ledger/") && goes_back
            || path == ".harness/ledger/t-1.toml" && message.contains("\nHarness-Task: t-1")
        {
            Meaning::Allowed
        } else if mode.starts_with("120000") || mode.starts_with("160000") {
            Meaning::Forbidden
        } else {
            meaning(path)
        }
    };
    let paths = changed.split('\0').filter(|path| !path.is_empty());
    paths.map(of_path).max().unwrap_or(Meaning::Allowed)
}

/// The commits that the audit of a fresh clone calls wrong, and all that it shows; nothing where it
/// says that it can say nothing, as of a branch that has lost its past: that is red, too.
fn named_by_audit(world: &World) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
    let cloned = world.try_git(
        &world.root,
        &["clone", "-q", "--no-local", "--no-checkout", "repo", "fresh"],
    );
    assert_eq!(cloned.code, 0, "{}", cloned.text);
    let range = format!("{}..refs/remotes/origin/main", world.base);
    let said = world.harness_in(&world.root.join("fresh"), &["audit", "--json", &range]);
    if said.code == 2 {
        return None;
    }
    let json: serde_json::Value = serde_json::from_str(&said.text).unwrap_or_default();
    let findings = json["findings"].as_array().cloned().unwrap_or_default();
    let commits = |errors_alone: bool| {
        findings
            .iter()
            .filter(|finding| !errors_alone || finding["level"] == "error")
            .filter_map(|finding| finding["commit"].as_str().map(str::to_owned))
            .collect()
    };
    Some((commits(true), commits(false)))
}
