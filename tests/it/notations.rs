//! Plans as files are: marks, line ends, encodings, and words that a notation takes for something else. Each is read as it was
//! meant, or refused with its place and a way out.

use std::fs;

use super::sandbox::{Outcome, Sandbox};

const CARD: &str =
    "- id: n-1\n  title: T\n  files: [a.txt]\n  instructions: do\n  definition_of_done: [done]\n  verify: [make]\n";

fn import(name: &str, bytes: &[u8]) -> (Sandbox, Outcome) {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let _ = sandbox.harness(&["init"]).exits(0);
    let file = sandbox.beside(name);
    fs::write(&file, bytes).unwrap();
    let outcome = sandbox.harness(&["plan", "import", file.to_str().unwrap()]);
    (sandbox, outcome)
}

fn card(name: &str, bytes: &[u8], id: &str) -> String {
    let (sandbox, outcome) = import(name, bytes);
    let _ = outcome.exits(0);
    sandbox.read(&format!(".harness/tasks/{id}.md"))
}

fn refused(name: &str, bytes: &[u8], words: &[&str]) {
    let (sandbox, outcome) = import(name, bytes);
    let outcome = outcome.exits(2);
    let text = format!("{}{}", outcome.stdout, outcome.stderr);
    for word in words {
        assert!(text.contains(word), "{name}: `{word}` is not in\n{text}");
    }
    assert!(text.len() < 20_000, "{name}: {}", text.len());
    assert!(!sandbox.repo().join(".harness/tasks").exists(), "{name}");
}

#[test]
fn marks_and_line_ends_of_other_systems_are_read() {
    let plain = card("n.yaml", CARD.as_bytes(), "n-1");
    for (name, text) in [
        ("n.yaml", format!("\u{feff}{CARD}")),
        ("n.yaml", CARD.replace('\n', "\r\n")),
        ("n.yaml", CARD.replace('\n', "\r")),
    ] {
        assert_eq!(card(name, text.as_bytes(), "n-1"), plain, "{text:?}");
    }
    let json = "\u{feff}[{\"id\":\"n-1\",\"title\":\"T\",\"files_allowed\":[\"a.txt\"],\"instructions\":\"do\",\"definition_of_done\":[\"done\"],\"verification\":[\"make\"]}]";
    assert_eq!(card("n.json", json.as_bytes(), "n-1"), plain);
    let markdown =
        "## Task n-1: T\n\ndo\n\n### Files\n\n- a.txt\n\n### Verify\n\n- `make`\n\n### Definition of done\n\n- done\n";
    let plain = card("n.md", markdown.as_bytes(), "n-1");
    for end in ["\r\n", "\r"] {
        let text = format!("\u{feff}{}", markdown.replace('\n', end));
        assert_eq!(card("n.md", text.as_bytes(), "n-1"), plain, "{end:?}");
    }
}

#[test]
fn what_yaml_takes_for_numbers_is_the_word_that_stands_there() {
    for id in ["1.10", "007", "2024-01-01", "1e3"] {
        let text = CARD.replace("n-1", id).replace("title: T", "title: 1.10 # a version");
        let card = card("n.yaml", text.as_bytes(), id);
        assert!(card.contains(&format!("id = \"{id}\"")), "{card}");
        assert!(card.contains("title = \"1.10"), "{card}");
    }
}

#[test]
fn what_yaml_takes_for_yes_and_no_is_refused_with_its_place() {
    for (from, to, place) in [
        ("title: T", "title: No", "n.yaml:2"),
        ("id: n-1", "id: yes", "n.yaml:1"),
        ("[done]", "[on]", "n.yaml:5"),
        ("[a.txt]", "[a.txt, off]", "n.yaml:3"),
    ] {
        refused(
            "n.yaml",
            CARD.replace(from, to).as_bytes(),
            &["put the word in quotes", place],
        );
    }
}

#[test]
fn what_is_no_text_or_no_plan_is_refused_by_name() {
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(CARD.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    refused("n.yaml", &wide, &["n.yaml", "save it as UTF-8"]);
    for (name, bytes) in [
        ("empty.json", &b""[..]),
        ("empty.yaml", b""),
        ("empty.md", b""),
        ("nul.json", b"[{\"id\":\"a\0\"}]"),
        ("nul.md", b"a\0b"),
    ] {
        refused(name, bytes, &[name, "nothing was written"]);
    }
    let deep = "[".repeat(100_000);
    for name in ["deep.json", "deep.yaml"] {
        refused(name, deep.as_bytes(), &[name, "nothing was written"]);
    }
    refused(
        "deep.md",
        ">".repeat(100_000).as_bytes(),
        &["deep.md", "nothing was written"],
    );
}
