//! Lint: cards that are not wrong but weak. Most failed builds begin as one of these.

use std::convert::Infallible;

use crate::domain::check::{Check, CheckKind};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::path::RepoPath;
use crate::domain::scope::{Allowed, Named, Protected};

use super::card::Card;
use super::reach;

pub use super::files::Files;

/// The most files that a glob may match before it is called wide.
const WIDE: usize = 50;

/// What a card is linted against.
#[derive(Debug, Clone, Copy)]
pub struct LintFacts<'a> {
    /// The files of the base tree.
    pub files: &'a Files,
    /// The checks that will run for the card.
    pub checks: &'a [Check],
    /// The lanes that exist.
    pub lanes: &'a [String],
}

/// The weaknesses of a card; `file` and `text` are its source, for the places.
pub fn lint(card: &Card, file: &str, text: &str, facts: &LintFacts) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut warn = |needle: &str, code: &'static str, message: String, fix: String| {
        let at = text.find(needle).unwrap_or(0);
        found.push(Diagnostic::error(file, text, at..at + needle.len(), code, message, fix).as_warning());
    };
    if !card.lane.is_empty() && !facts.lanes.contains(&card.lane) {
        let names: Vec<&str> = facts.lanes.iter().map(String::as_str).collect();
        warn(
            "lane",
            "unknown-lane",
            format!("there is no lane `{}`, so the card is treated as critical", card.lane),
            format!("lanes: {}", names.join(", ")),
        );
    }
    if !facts.checks.iter().any(|check| check.kind == CheckKind::Acceptance) {
        warn(
            "verify",
            "no-acceptance-check",
            "no check is of this card's own definition of done".to_owned(),
            "add one, best with red_first: { name = \"…\", run = \"…\", kind = \"acceptance\", red_first = true }"
                .to_owned(),
        );
    }
    if card.stop_condition.is_empty() {
        warn(
            "+++",
            "no-stop-condition",
            "the card has no stop condition".to_owned(),
            "add a section `## Stop condition`, for instance: Summarize the changed files and stop.".to_owned(),
        );
    }
    if card.instructions.is_empty() && card.objective.is_empty() {
        warn(
            "+++",
            "no-instructions",
            "the card says neither what to reach nor what to do".to_owned(),
            "add a section `## Instructions`".to_owned(),
        );
    }
    let says_test = [&card.objective, &card.instructions]
        .into_iter()
        .chain(&card.definition_of_done)
        .any(|text| text.to_lowercase().contains("test"));
    if card.tests_removed > 0 && !says_test {
        warn(
            "tests_removed",
            "tests-removed-unsaid",
            format!("the card lets {} tests go and does not say which", card.tests_removed),
            "name the tests in the instructions, or remove `tests_removed`".to_owned(),
        );
    }
    for glob in &card.files {
        wide_glob(glob, facts, &mut warn);
    }
    let there = |name: &str| Ok::<_, Infallible>(facts.files.holds(name));
    let Ok(doubts) = reach::doubts(&card.files, there);
    for error in doubts {
        warn(&error.glob, "odd-entry", error.to_string(), error.fix.clone());
    }
    for never in reach::never(card, facts.files) {
        warn(&never.entry, "never-lands", never.why, never.fix);
    }
    if let Some(allowed) = facts.files.allowed(&card.files) {
        named_paths(card, &allowed, &mut warn);
        lock_files(&allowed, facts, &mut warn);
        shut_files(card, &allowed, facts, &mut warn);
    }
    for context in &card.context {
        if !facts.files.contains(&context.path) {
            warn(
                &context.path.to_text(),
                "missing-context",
                format!("the context file {} is not in the tree", context.path),
                "name a file that is there, or one that a dependency makes".to_owned(),
            );
        }
    }
    found
}

type Warn<'a> = dyn FnMut(&str, &'static str, String, String) + 'a;

fn wide_glob(glob: &str, facts: &LintFacts, warn: &mut Warn) {
    let matched = facts.files.matched_by(glob);
    if matched.len() > WIDE {
        warn(
            glob,
            "wide-glob",
            format!("`{glob}` matches {} files", matched.len()),
            "name the files that the task needs".to_owned(),
        );
    }
    let tests = matched.iter().filter(|path| is_test(path)).count();
    if tests > 0 && tests < matched.len() {
        warn(
            glob,
            "sources-and-tests",
            format!("`{glob}` opens both sources and tests, so a Builder may bend its own checks"),
            "allow the sources here and the tests in another card, or name the files".to_owned(),
        );
    }
}

fn is_test(path: &RepoPath) -> bool {
    let text = path.to_text().to_lowercase();
    let name = text.rsplit('/').next().unwrap_or_default();
    text.split('/')
        .any(|part| matches!(part, "test" | "tests" | "spec" | "__tests__"))
        || name.contains("test")
        || name.contains(".spec.")
}

/// Paths that the text names and the card neither allows nor shows.
fn named_paths(card: &Card, allowed: &Allowed, warn: &mut Warn) {
    let text = format!(
        "{}\n{}\n{}",
        card.objective,
        card.instructions,
        card.definition_of_done.join("\n")
    );
    let mut seen: Vec<String> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '`' | '(' | ')' | '"' | '\'' | ',' | ';')) {
        let word = word.trim_end_matches(['.', ':']);
        if !looks_like_path(word) || seen.iter().any(|known| known == word) {
            continue;
        }
        seen.push(word.to_owned());
        let Ok(path) = RepoPath::new(word) else {
            continue;
        };
        let shown = card.context.iter().any(|context| context.path == path);
        if !allowed.matches(&path) && !shown {
            warn(
                word,
                "path-not-allowed",
                format!("the text names {word}, which the card neither allows nor shows"),
                "add it to `files` if it may change, or to `context` if it is to be read".to_owned(),
            );
        }
    }
}

fn looks_like_path(word: &str) -> bool {
    let Some((folder, name)) = word.rsplit_once('/') else {
        return false;
    };
    let extension = name.rsplit_once('.').map(|(stem, extension)| (stem, extension.len()));
    !folder.is_empty()
        && !word.contains("://")
        && !word.contains(['*', '{', '<', '$', '='])
        && extension.is_some_and(|(stem, length)| !stem.is_empty() && (1..=5).contains(&length))
}

/// Files that a glob matches and does not open: a Builder that changes one is refused, and cannot know why.
fn shut_files(card: &Card, allowed: &Allowed, facts: &LintFacts, warn: &mut Warn) {
    let named = Named::of(facts.checks);
    // A project's own patterns are its planner's to know; ours are many.
    let Ok(protected) = Protected::new::<&str>(&[]) else {
        return;
    };
    for glob in &card.files {
        let matched = facts.files.matched_by(glob);
        let shut: Vec<String> = matched
            .iter()
            .filter(|path| !allowed.names_exactly(path))
            .filter(|path| named.by(path).is_some() || protected.pattern_for(path).is_some())
            .map(ToString::to_string)
            .collect();
        if let Some(first) = shut.first() {
            let more = match shut.len() {
                1 => String::new(),
                number => format!(" and {} more", number - 1),
            };
            warn(
                glob,
                "shut-by-glob",
                format!("`{glob}` matches {first}{more}, which only an exact name opens"),
                format!("if the task is to change it, add \"{first}\" to `files`"),
            );
        }
    }
}

fn lock_files(allowed: &Allowed, facts: &LintFacts, warn: &mut Warn) {
    for (manifest, lock) in facts.files.locked() {
        if allowed.matches(manifest) && !allowed.matches(lock) {
            warn(
                &String::from_utf8_lossy(manifest.file_name()),
                "lock-file",
                format!("{manifest} is allowed without {lock}, which changes with it"),
                format!("add \"{lock}\" to `files`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::format::card_md::parse_card;

    fn codes(files: &str, more: &str, tree: &[&str]) -> Vec<&'static str> {
        let text = format!(
            "+++\nid = \"t-1\"\ntitle = \"T\"\nplan = \"p\"\nfiles = {files}\nverify = [\"node test/a.js\"]\n{more}+++\n## Instructions\n- Do it\n## Definition of done\n- d\n## Stop condition\nStop.\n"
        );
        let card = parse_card("t.md", &text).unwrap();
        let tree = Files::new(tree.iter().map(|name| RepoPath::try_from(*name).unwrap()).collect());
        let facts = LintFacts {
            files: &tree,
            checks: &[Check {
                kind: CheckKind::Acceptance,
                ..Check::from_command("node test/a.js")
            }],
            lanes: &[],
        };
        lint(&card, "t.md", &text, &facts).iter().map(|one| one.code).collect()
    }

    #[test]
    fn s09_too_wide_a_glob_is_told() {
        let many: Vec<String> = (0..60).map(|number| format!("src/{number}.js")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(codes("[\"src/**\"]", "", &many), ["wide-glob"]);
        assert_eq!(codes("[\"**\"]", "", &["src/a.js", "spec/b.js"]), ["sources-and-tests"]);
        assert!(codes("[\"src/*.js\"]", "", &many[..10]).is_empty());
    }

    #[test]
    fn a_glob_that_does_not_open_what_it_matches_is_told() {
        assert_eq!(codes("[\"test/*\"]", "", &["test/a.js"]), ["shut-by-glob"]);
        assert_eq!(codes("[\"web/*\"]", "", &["web/package.json"]), ["shut-by-glob"]);
        assert!(codes("[\"test/*\", \"test/a.js\"]", "", &["test/a.js"]).is_empty());
        assert!(codes("[\"web/*\"]", "", &["web/a.js"]).is_empty());
    }

    #[test]
    fn tests_may_not_go_unsaid() {
        assert_eq!(codes("[\"a\"]", "tests_removed = 2\n", &[]), ["tests-removed-unsaid"]);
    }
}
