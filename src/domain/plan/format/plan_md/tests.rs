//! Plans as people write them, and the parts that are found in them.

use proptest::prelude::*;

use super::*;
use crate::domain::plan::card::CardCheck;

const PLAN: &str = "# A small game\n\nBrief: enemies.\n\n## Task 01: Config\n\nObjective: hold the interval\n\n### Allowed files\n- src/config.js\n\n### Instructions\n1. Add spawnInterval\n\n### Definition of done\n- it is there\n\n### Verification commands\n```\nsh test.sh\n```\n\n## Task 04: Add enemy spawn timing\n**Dependencies:** Task 01\n**Allowed files:** `src/gameLoop.js`, src/Enemy.js\n**Context:** src/config.js:1-5\n\n**Definition of done:**\n- Enemies spawn repeatedly\n\n**Verification:** `npm test`\n\n**Stop condition:** Summarize and stop\n\n## Risks\n\nnone\n";

#[test]
fn headings_bold_words_and_labels_are_all_understood() {
    let read = read(&SourceFile {
        name: "game.md",
        text: PLAN,
    });
    assert!(read.wrong.is_empty(), "{:?}", read.wrong);
    assert_eq!(read.title.as_deref(), Some("A small game"));
    assert_eq!(read.blueprint, "# A small game\n\nBrief: enemies.\n\n## Risks\n\nnone");
    let (one, four) = (&read.drafts[0].1, &read.drafts[1].1);
    assert_eq!(one.id.as_ref().unwrap().0.as_str(), "task-01");
    assert_eq!(one.objective, "hold the interval");
    assert_eq!(one.files, ["src/config.js"]);
    assert_eq!(one.verify.len(), 1);
    assert_eq!(four.title.as_deref(), Some("Add enemy spawn timing"));
    assert_eq!(four.depends_on.as_ref().unwrap()[0].0.as_str(), "task-01");
    assert_eq!(four.files, ["src/gameLoop.js", "src/Enemy.js"]);
    assert_eq!(four.definition_of_done, ["Enemies spawn repeatedly"]);
    assert_eq!(four.stop_condition, "Summarize and stop");
}

#[test]
fn a_command_may_say_what_kind_of_check_it_is() {
    let read = read(&SourceFile {
        name: "x.md",
        text: "## Task 1: One\n### Verification\n- acceptance: `sh test.sh: x`\n- echo: no kind\n",
    });
    assert!(read.wrong.is_empty(), "{:?}", read.wrong);
    let checks = &read.drafts[0].1.verify;
    let CardCheck::Inline(check) = &checks[0] else {
        panic!("{checks:?}");
    };
    assert_eq!(
        (check.run.as_str(), check.kind),
        ("sh test.sh: x", CheckKind::Acceptance)
    );
    assert_eq!(checks[1], CardCheck::Text("echo: no kind".to_owned()));
}

#[test]
fn a_task_is_called_by_its_number_where_no_other_has_that_name() {
    let needs = |heading: &str| {
        let text = format!("## {heading}: One\n\n## Task 2: Two\nDepends on: 01\n");
        let read = read(&SourceFile {
            name: "x.md",
            text: &text,
        });
        read.drafts[1].1.depends_on.as_ref().unwrap()[0].0.to_string()
    };
    assert_eq!(needs("Task 01"), "task-01");
    assert_eq!(needs("01"), "01");
    assert_eq!(needs("Task 1"), "01", "what is not there is told as it was written");
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "(?s)(## Task 01: x\n)?.{0,300}") {
        let _ = read(&SourceFile { name: "x.md", text: &text });
    }
}
