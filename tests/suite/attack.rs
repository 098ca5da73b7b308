//! An attack in every mode, and what became of it.

use std::collections::BTreeSet;
use std::fs;

use super::case::Case;
use super::tier::Tier;
use super::world::{Kind, Said, Templates, World};

/// How an attack is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// In a repository without the harness: it has to succeed, or it is no attack.
    Plain,
    /// By a program that works in the repository itself, with the user's rights and a task open.
    Attended(Kind),
    /// By a Builder that the harness starts.
    Builder(Tier),
}

impl Mode {
    /// The modes of a run: three that need no fence, and the tier that Builders run in.
    pub fn all(tier: Tier) -> [Mode; 4] {
        [
            Mode::Plain,
            Mode::Attended(Kind::Hooks),
            Mode::Attended(Kind::Strict),
            Mode::Builder(tier),
        ]
    }

    /// Its name in headers and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Attended(kind) => kind.name(),
            Self::Builder(tier) => tier.name(),
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Plain => Kind::Plain,
            Self::Attended(kind) => kind,
            Self::Builder(_) => Kind::Builder,
        }
    }
}

/// What a header says of a mode where the attack cannot be tried, begins with this.
pub const NOT_HERE: &str = "-";

/// What an attack came to, in the words of the headers; with everything that was printed on the way.
pub struct Outcome {
    /// `refused`, `no effect`, `found scope: merge`, …
    pub word: String,
    /// For whoever looks into a difference.
    pub story: String,
}

/// Tries an attack.
pub fn attack(templates: &Templates, case: &Case, mode: Mode) -> Outcome {
    let mut world = templates.world(mode.kind());
    let mut story = String::new();
    let mut tell = |what: &str, said: &Said| {
        story.push_str(&format!("--- {what} (exit {})\n{}\n", said.code, said.text));
    };
    if case.has("set_up") {
        let said = world.sh(&world.repo(), &world.script(&case.text, "set -e; set_up"));
        tell("set_up", &said);
        assert_eq!(said.code, 0, "{}: set_up fails: {}", case.id, said.text);
    }
    if mode != Mode::Plain {
        world.trust();
    }
    if let Mode::Attended(_) = mode {
        let said = world.harness(&["start", "t-1"]);
        assert_eq!(said.code, 0, "{}: {}", case.id, said.text);
    }
    world.note_base();
    let tried = match mode {
        Mode::Builder(tier) => build(&world, case, tier),
        Mode::Plain if case.has("naive") => world.sh(&world.repo(), &world.script(&case.text, "naive")),
        _ => world.sh(&world.repo(), &world.script(&case.text, "attack")),
    };
    tell("attack", &tried);
    fs::write(world.root.join("scratch/said"), &tried.text).unwrap();
    if case.has("looks") {
        let seen = world.sh(&world.repo(), &world.script(&case.text, "looks"));
        tell("looks", &seen);
        fs::write(world.root.join("scratch/seen"), &seen.text).unwrap();
    }
    let landed = world.sh(&world.root, &world.script(&case.text, "landed"));
    tell("landed", &landed);
    let word = match (landed.code == 0, mode) {
        (true, Mode::Plain) => "lands".to_owned(),
        (false, Mode::Plain) => "fails".to_owned(),
        (false, Mode::Builder(_)) => match tried.code {
            1 if !tried.text.contains("changed nothing") => "refused".to_owned(),
            0 | 1 => "no effect".to_owned(),
            4 => "held back".to_owned(),
            other => format!("breaks the harness (exit {other})"),
        },
        (false, Mode::Attended(_)) => refused_or_nothing(&tried),
        (true, _) => match found(&world, &mut tell) {
            word if word == "undetected" && case.field("needs") == Some("kernel") => "open".to_owned(),
            word => word,
        },
    };
    Outcome { word, story }
}

fn build(world: &World, case: &Case, tier: Tier) -> Said {
    tier.prepare(world);
    if case.has("answer") {
        let script = world.script(&case.text, "answer");
        return world.builder(&["--stdout", "t-1", "--", "sh", "-c", &script]);
    }
    // What a Builder's own commands come to is not what is judged.
    let script = world.script(&case.text, "attack; exit 0");
    world.builder(&["t-1", "--", "sh", "-c", &script])
}

fn refused_or_nothing(tried: &Said) -> String {
    let speaks = ["git-harness:", "this push is refused"];
    let word = if speaks.iter().any(|word| tried.text.contains(word)) {
        "refused"
    } else {
        "no effect"
    };
    word.to_owned()
}

/// What the audit says of what landed: first of history alone, in a fresh clone and here, then with more to go by.
fn found(world: &World, tell: &mut impl FnMut(&str, &Said)) -> String {
    let clone = world.root.join("fresh");
    let cloned = world.try_git(
        &world.root,
        &["clone", "-q", "--no-local", "--no-checkout", "repo", "fresh"],
    );
    tell("clone", &cloned);
    let here = format!("{}..refs/heads/main", world.base);
    let there = format!("{}..refs/remotes/origin/main", world.base);
    let mut warned = None;
    let mut unsure = false;
    for (strength, fresh, more) in [
        ("scope", true, &["--strength", "scope"][..]),
        ("scope", false, &["--strength", "scope"]),
        ("recorded", false, &["--strength", "recorded"]),
        ("proved", false, &["--rerun", "--disposable"]),
    ] {
        if fresh && cloned.code != 0 {
            continue;
        }
        let (dir, range) = if fresh {
            (&clone, &there)
        } else {
            (&world.repo(), &here)
        };
        let args = [&["audit", "--json"], more, &[range.as_str()]].concat();
        let said = world.harness_in(dir, &args);
        tell(&format!("audit {strength} (fresh clone: {fresh})"), &said);
        let Some(findings) = read_findings(&said) else {
            unsure = true;
            continue;
        };
        let (errors, warnings) = findings;
        if !errors.is_empty() {
            return format!("found {strength}: {}", join(&errors));
        }
        if !warnings.is_empty() && warned.is_none() {
            warned = Some(format!("warned {strength}: {}", join(&warnings)));
        }
    }
    match warned {
        Some(warned) => warned,
        None if unsure => "audit error".to_owned(),
        None => "undetected".to_owned(),
    }
}

type Rules = BTreeSet<String>;

fn read_findings(said: &Said) -> Option<(Rules, Rules)> {
    let begin = said.text.find('{')?;
    let json: serde_json::Value = serde_json::from_str(&said.text[begin..]).ok()?;
    let mut rules = (Rules::new(), Rules::new());
    for finding in json["findings"].as_array()? {
        let rule = finding["rule"].as_str()?.to_owned();
        match finding["level"].as_str()? {
            "error" => rules.0.insert(rule),
            _ => rules.1.insert(rule),
        };
    }
    Some(rules)
}

fn join(rules: &Rules) -> String {
    rules.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
