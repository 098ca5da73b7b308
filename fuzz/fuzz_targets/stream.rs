//! A stream gives the same events however its bytes are cut.

#![no_main]

use git_harness::model::decode::ndjson::NdjsonDecoder;
use git_harness::model::decode::sse::SseDecoder;
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 1 << 16;

fn events(bytes: &[u8], size: usize) -> String {
    let mut decoder = SseDecoder::new(LIMIT);
    let mut events = Vec::new();
    for part in bytes.chunks(size) {
        if let Err(error) = decoder.feed(part, &mut events) {
            return format!("{events:?} {error}");
        }
    }
    format!("{events:?} {:?}", decoder.finish())
}

fn lines(bytes: &[u8], size: usize) -> String {
    let mut decoder = NdjsonDecoder::new(LIMIT);
    let mut lines = Vec::new();
    for part in bytes.chunks(size) {
        if let Err(error) = decoder.feed(part, &mut lines) {
            return format!("{lines:?} {error}");
        }
    }
    format!("{lines:?} {:?}", decoder.finish())
}

fuzz_target!(|input: (&[u8], u8)| {
    let (bytes, size) = input;
    let size = usize::from(size).max(1);
    let whole = bytes.len().max(1);
    assert_eq!(events(bytes, size), events(bytes, whole));
    assert_eq!(lines(bytes, size), lines(bytes, whole));
});
