//! A plan in any notation is read or refused with mistakes that lie inside the text.

#![no_main]

use git_harness::domain::plan::format::{ImportOptions, SourceFile, read_plan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &str)| {
    let (notation, text) = input;
    let name = ["plan.md", "plan.json", "plan.yaml", "plan.toml", "0x01-task.md"][usize::from(notation) % 5];
    match read_plan(&[SourceFile { name, text }], &ImportOptions::default()) {
        Ok(plan) => assert!(!plan.cards.is_empty()),
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            for mistake in mistakes {
                assert!(mistake.span.end <= text.len(), "{mistake:?}");
                assert!(text.get(mistake.span.clone()).is_some(), "{mistake:?}");
            }
        }
    }
});
