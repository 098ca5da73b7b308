//! No line but one whose bytes give its hash is a row.

#![no_main]

use git_harness::domain::oid::Digest;
use git_harness::domain::task::row::Row;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &str| {
    let _ = Row::read(body, None);
    // The same with its right hash, so that what is behind it is reached.
    let sealed = format!("{body},\"hash\":\"{}\"}}", Digest::of(body.as_bytes()));
    if let Ok(row) = Row::read(&sealed, None) {
        assert!(
            Row::read(&sealed, Some(row.hash)).is_err(),
            "a row does not follow itself"
        );
        let mut changed = sealed.into_bytes();
        changed[0] ^= 1;
        if let Ok(text) = String::from_utf8(changed) {
            assert!(Row::read(&text, None).is_err(), "a changed row");
        }
    }
});
