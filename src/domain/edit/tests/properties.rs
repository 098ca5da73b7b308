//! What holds for every answer.

use proptest::prelude::*;

use super::*;

/// Pieces that formats are made of, so that chance comes near them.
fn answer() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a.rs\n".to_owned()),
        Just("```rust\n".to_owned()),
        Just("```\n".to_owned()),
        Just("<<<<<<< SEARCH\n".to_owned()),
        Just("=======\n".to_owned()),
        Just(">>>>>>> REPLACE\n".to_owned()),
        Just("--- a.rs\n+++ a.rs\n@@ -1,2 +1,2 @@\n".to_owned()),
        Just("*** Begin Patch\n*** Update File: a.rs\n@@\n".to_owned()),
        Just("*** End Patch\n".to_owned()),
        Just("{\"edits\":[{\"path\":\"a.rs\",\"search\":\"x\",\"replace\":\"y\"}]}\n".to_owned()),
        Just("</think>\n".to_owned()),
        "[-+ ]?[ab]{0,3}\n",
        "\\PC{0,12}\n?",
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn text() -> impl Strategy<Value = String> {
    let lines = proptest::collection::vec("[ab ]{0,3}", 1..8);
    // New lines get the file's first end (D2), so a file of several ends is not restored to the byte.
    let end = prop_oneof![Just("\n"), Just("\r\n")];
    (lines, end, any::<bool>(), any::<bool>()).prop_map(|(lines, end, marked, open)| {
        let text: String = lines.iter().map(|line| format!("{line}{end}")).collect();
        let text = if open { text.trim_end().to_owned() } else { text };
        format!("{}{text}", if marked { "\u{feff}" } else { "" })
    })
}

proptest! {
    #[test]
    fn no_answer_makes_reading_or_applying_panic(answer in answer(), file in text()) {
        // A refused answer has nothing to write by its type; an accepted one names files once each.
        if let Ok(applied) = applied(&answer, &[("a.rs", file.as_bytes()), ("b.rs", b"x\n")]) {
            let names: std::collections::BTreeSet<_> = applied.files.iter().map(|file| &file.path).collect();
            prop_assert_eq!(names.len(), applied.files.len());
            prop_assert!(!applied.files.is_empty());
        }
    }

    #[test]
    fn a_line_that_is_swapped_and_swapped_back_leaves_every_byte(
        lines in proptest::collection::vec("[ab ]{0,3}", 0..8),
        at in 0..8_usize,
        end in prop_oneof![Just("\n"), Just("\r\n")],
        marked in any::<bool>(),
    ) {
        // New lines get the file's first end (D2), so a file of several ends would not be restored to the byte.
        let mut lines = lines;
        lines.insert(at.min(lines.len()), "  the one".to_owned());
        let text: String = lines.iter().map(|line| format!("{line}{end}")).collect();
        let file = format!("{}{text}", if marked { "\u{feff}" } else { "" });
        let there = format!("a.rs\n{}", block("  the one\n", "zz\n"));
        let back = format!("a.rs\n{}", block("zz\n", "  the one\n"));
        let changed = applied(&there, &[("a.rs", file.as_bytes())]).unwrap().files[0].bytes.clone().unwrap();
        let restored = applied(&back, &[("a.rs", &changed)]).unwrap().files[0].bytes.clone().unwrap();
        prop_assert_eq!(String::from_utf8(restored).unwrap(), file);
    }
}

#[test]
#[ignore = "prints a figure"]
fn milliseconds_for_two_hundred_edits_of_ten_thousand_lines() {
    let line = |number: usize| format!("    let value_{number} = compute({number}, \"some text\");\n");
    let file: String = (0..10_000).map(line).collect();
    let blocks: String = (0..200)
        .map(|number| block(&line(number * 50), &line(number * 50).replace("compute", "work_out")))
        .collect();
    let hunks: String = (0..200)
        .map(|number| {
            let (kept, old) = (line(number * 50), line(number * 50 + 1));
            format!("@@ @@\n {kept}-{old}+{}", old.replace("compute", "work_out"))
        })
        .collect();
    for (format, answer) in [
        ("search_replace", format!("a.rs\n{blocks}")),
        ("diff", format!("```diff\n--- a.rs\n+++ a.rs\n{hunks}```\n")),
        (
            "whole",
            format!("a.rs\n```\n{}```\n", file.replace("compute(5", "work_out(5")),
        ),
    ] {
        let mut times: Vec<f64> = (0..9)
            .map(|_| {
                let began = std::time::Instant::now();
                let applied = applied(&answer, &[("a.rs", file.as_bytes())]).unwrap();
                assert_eq!(applied.files.len(), 1);
                began.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("{format}: {:.1} ms", times[4]);
    }
}
