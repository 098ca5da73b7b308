//! What the suite found, as a table for the terminal and as `docs/attacks.md`.

use std::collections::BTreeMap;
use std::path::Path;

use super::attack::Mode;
use super::case::Case;

/// The page, but for its tables.
const TEMPLATE: &str = include_str!("attacks.md");

/// The groups of the catalogue.
const GROUPS: [(char, &str); 7] = [
    ('H', "Going round the hooks"),
    ('P', "Paths and kinds of files"),
    ('S', "What defines the scope"),
    ('V', "Verification"),
    ('R', "The record"),
    ('M', "Answers and output of models"),
    ('E', "Running on the trusted side, and getting out"),
];

/// One case's outcomes by the names of the modes.
pub type Row<'a> = (&'a Case, BTreeMap<&'static str, String>);

/// How good an outcome is, in one word for the summary.
fn class(word: &str) -> &'static str {
    match word.split(' ').next().unwrap_or_default() {
        "refused" | "no" | "held" => "stopped",
        "found" | "audit" => "found",
        "warned" => "warned",
        "open" => "open",
        "undetected" => "undetected",
        _ => "",
    }
}

/// Outcomes by group and mode: how many of each class.
pub fn summary(rows: &[Row], modes: &[Mode]) -> String {
    const CLASSES: [&str; 5] = ["stopped", "found", "warned", "open", "undetected"];
    let mut text = String::from("| group | cases |");
    for mode in modes {
        text.push_str(&format!(" {} |", mode.name()));
    }
    text.push_str(&format!("\n|---|---|{}\n", "---|".repeat(modes.len())));
    let all = GROUPS
        .map(|(letter, name)| (Some(letter), format!("{letter} {}", name.to_lowercase())))
        .into_iter()
        .chain([(None, "**all**".to_owned())]);
    for (letter, name) in all {
        let of_group: Vec<&Row> = rows
            .iter()
            .filter(|(case, _)| letter.is_none_or(|letter| case.group() == letter))
            .collect();
        text.push_str(&format!("| {name} | {} |", of_group.len()));
        for mode in modes {
            let words: Vec<&str> = of_group
                .iter()
                .filter_map(|(_, outcomes)| outcomes.get(mode.name()).map(|word| class(word)))
                .collect();
            let parts: Vec<String> = CLASSES
                .iter()
                .map(|class| (words.iter().filter(|word| *word == class).count(), class))
                .filter(|(count, _)| *count > 0)
                .map(|(count, class)| format!("{count} {class}"))
                .collect();
            text.push_str(&format!(" {} |", parts.join(", ")));
        }
        text.push('\n');
    }
    text
}

/// The page `docs/attacks.md`.
pub fn page(rows: &[Row], modes: &[Mode]) -> String {
    let mut cases = String::new();
    for (letter, name) in GROUPS {
        cases.push_str(&format!("\n### {letter}. {name}\n\n| case | what is tried |"));
        for mode in modes {
            cases.push_str(&format!(" {} |", mode.name()));
        }
        cases.push_str(&format!("\n|---|---|{}\n", "---|".repeat(modes.len())));
        for (case, outcomes) in rows.iter().filter(|(case, _)| case.group() == letter) {
            let file = case.file.file_name().unwrap().to_string_lossy();
            let title = &case.title;
            cases.push_str(&format!("| [{}](../tests/attacks/{file}) | {title} |", case.id));
            for mode in modes {
                let word = outcomes.get(mode.name()).map_or("–", String::as_str);
                cases.push_str(&format!(" {word} |"));
            }
            cases.push('\n');
        }
    }
    TEMPLATE
        .replace("@SUMMARY@", summary(rows, modes).trim_end())
        .replace("@CASES@", cases.trim())
        .replace("@COUNT@", &rows.len().to_string())
}

/// Writes the page where `UPDATE` is set; else it has to be up to date.
pub fn hold(page: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/attacks.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, page).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        there == page,
        "docs/attacks.md is not what the suite found: UPDATE=1 cargo test --test attacks"
    );
}
