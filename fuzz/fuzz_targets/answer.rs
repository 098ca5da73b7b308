//! A model's answer is read or refused, and applying it never panics.

#![no_main]

use git_harness::domain::edit::{apply, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (answer, there) = input;
    if let Ok(operations) = parse(answer, &[]) {
        let _ = apply(&operations, &mut |_| Some(there.as_bytes().to_vec()));
    }
});
