//! Whatever a message says, each of our lines in it is seen as one of ours.

#![no_main]

use git_harness::domain::trailer::{harness_lines, one_line, read_message, trailers, without_comments};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &str| {
    let found = trailers(message);
    let ours = found
        .iter()
        .filter(|(key, _)| key.get(..8).is_some_and(|head| head.eq_ignore_ascii_case("harness-")))
        .count();
    assert!(
        harness_lines(message).len() >= ours,
        "a trailer that the forgery check does not see"
    );
    let _ = read_message(message);
    let _ = without_comments(message, '#');
    assert!(!one_line(message, 80).contains('\n'));
});
