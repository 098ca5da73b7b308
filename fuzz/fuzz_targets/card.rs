//! A card that is read prints and reads back as the same card.

#![no_main]

use git_harness::domain::plan::format::card_md::{parse_card, render_card};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(card) = parse_card("card.md", text) {
        let again = parse_card("card.md", &render_card(&card)).expect("what is printed can be read");
        assert_eq!(card, again);
    }
});
