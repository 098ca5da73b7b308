//! D: what an edit does not touch stays to the byte.

use super::*;

fn swap(file: &[u8], search: &str, replace: &str) -> Vec<u8> {
    let answer = format!("a.rs\n{}", block(search, replace));
    let applied = applied(&answer, &[("a.rs", file)]).unwrap();
    applied.files[0].bytes.clone().unwrap()
}

#[test]
fn line_ends() {
    assert_eq!(
        swap(b"one\r\ntwo\r\n", "one\n", "ONE\nmore\n"),
        b"ONE\r\nmore\r\ntwo\r\n",
        "D1"
    );
    assert_eq!(
        swap(b"one\r\ntwo\nthree\r\n", "two\n", "TWO\n"),
        b"one\r\nTWO\r\nthree\r\n",
        "D2"
    );
    assert_eq!(
        swap(b"one\ntwo", "one\n", "ONE\n"),
        b"ONE\ntwo",
        "C11 and D3: the last line is not touched"
    );
    assert_eq!(
        swap(b"one\ntwo", "two\n", "TWO\n"),
        b"one\nTWO\n",
        "D3: the last line is"
    );
    assert_eq!(swap(b"x\r\nx\n", "x\nx\n", "x\n"), b"x\r\n", "D4");
    assert_eq!(swap(b"a\rb\r\nc\r\n", "c\n", "C\n"), b"a\rb\r\nC\r\n", "D5");
    assert_eq!(
        swap(b"\xef\xbb\xbfone\ntwo\n", "one\n", "ONE\n"),
        b"\xef\xbb\xbfONE\ntwo\n",
        "D6"
    );
    assert_eq!(swap(b"one  \ntwo\n", "one\ntwo\n", "one\nTWO\n"), b"one  \nTWO\n", "D9");
}

#[test]
fn what_is_no_text() {
    let answer = format!("a.rs\n{}", block("one\n", "ONE\n"));
    for bytes in [&b"one\n\xff\xfe\n"[..], b"one\n\0\n"] {
        assert_eq!(
            applied(&answer, &[("a.rs", bytes)]).unwrap_err().class(),
            "not_text",
            "D7"
        );
        let whole = applied("a.rs\n```\nnew\n```\n", &[("a.rs", bytes)]);
        assert_eq!(whole.unwrap_err().class(), "not_text", "D7 whole");
    }
    let gone = applied("--- a.rs\n+++ /dev/null\n", &[("a.rs", b"\0")]);
    assert_eq!(gone.unwrap().files[0].bytes, None, "D7: it may go");
    let nul = applied("a.rs\n```\nn\0w\n```\n", &[("a.rs", b"x\n")]);
    assert_eq!(nul.unwrap_err().class(), "malformed", "D10 NUL");
    let bidi = applied("a.rs\n```\na\u{202e}b\n```\n", &[("a.rs", b"x\n")]).unwrap();
    let noted = |applied: &Applied| {
        applied
            .notices
            .iter()
            .any(|notice| matches!(notice, Notice::Hidden { .. }))
    };
    assert!(noted(&bidi), "D10 bidi");
    let kept = applied(
        &format!("a.rs\n{}", block("y\n", "z\n")),
        &[("a.rs", "a\u{202e}b\ny\n".as_bytes())],
    )
    .unwrap();
    assert!(!noted(&kept), "D10: what was there before is nobody's doing");
}

#[test]
fn links_and_modes() {
    let link = applied(&format!("a.rs\n{}", block("x\n", "y\n")), &[("a.rs", LINK)]);
    assert_eq!(link.unwrap_err().class(), "not_a_file", "D8 link");
    // The mode of a file that is moved goes with it: whoever writes is told where it came from.
    let patch = "*** Begin Patch\n*** Update File: a.rs\n*** Move to: b.rs\n*** End Patch\n";
    let moved = applied(patch, &[("a.rs", b"x\n")]).unwrap();
    assert_eq!(moved.files[1].moved_from, Some(paths(&["a.rs"])[0].clone()), "D8 mode");
}
