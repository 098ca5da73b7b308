//! Keys of real shape, put together here so that none stands in this file, and text that only looks like them.

use proptest::prelude::*;

use super::*;

/// `length` characters of an alphabet, drawn by a seed.
fn drawn(alphabet: &str, length: usize, seed: u64) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            letters[usize::try_from(state % letters.len() as u64).unwrap()]
        })
        .collect()
}

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn keys() -> Vec<(&'static str, String)> {
    let alnum = |length, seed| drawn(ALNUM, length, seed);
    let upper = |seed| drawn("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 14, seed) + "7Q";
    let lines: Vec<String> = (0..5).map(|line| alnum(64, line + 90)).collect();
    let pem = |kind: &str| {
        let end = alnum(10, 7);
        format!(
            "-----{0} {kind}PRIVATE KEY-----\n{2}\n{end}==\n-----{1} {kind}PRIVATE KEY-----",
            "BEGIN",
            "END",
            lines.join("\n")
        )
    };
    vec![
        (
            "anthropic-key",
            format!("sk-{}-api03-{}-{}AA", "ant", alnum(40, 1), alnum(40, 2)),
        ),
        ("api-key", format!("sk-{}{}", "", alnum(48, 3))),
        ("api-key", format!("sk-{}-{}", "proj", alnum(60, 4))),
        ("github-token", format!("gh{}{}", "p_", alnum(36, 5))),
        ("github-token", format!("gh{}{}", "o_", alnum(36, 6))),
        ("github-token", format!("gh{}{}", "s_", alnum(36, 7))),
        (
            "github-token",
            format!("github_{}_{}_{}", "pat", alnum(22, 8), alnum(59, 9)),
        ),
        ("gitlab-token", format!("gl{}-{}", "pat", alnum(20, 10) + "1a2")),
        (
            "slack-token",
            format!("xo{}-{}-{}", "xb", drawn("0123456789", 12, 11), alnum(24, 12)),
        ),
        ("aws-key", format!("AK{}{}", "IA", upper(13))),
        ("aws-key", format!("AS{}{}", "IA", upper(14))),
        ("google-key", format!("AI{}{}", "za", alnum(35, 15))),
        ("registry-token", format!("np{}{}", "m_", alnum(36, 16))),
        ("registry-token", format!("h{}{}", "f_", alnum(34, 17))),
        (
            "jwt",
            format!(
                "ey{0}{1}.ey{0}{2}.{3}",
                "J",
                alnum(30, 18),
                alnum(60, 19),
                alnum(43, 20)
            ),
        ),
        ("private-key", pem("")),
        ("private-key", pem("RSA ")),
        ("private-key", pem("OPENSSH ")),
    ]
}

fn plain() -> Redactor {
    Redactor::new::<&str>(&[], b"salt")
}

#[test]
fn every_kind_of_key_is_found_wherever_it_stands() {
    let redactor = plain();
    for (kind, key) in keys() {
        for (before, after) in [
            ("", ""),
            ("KEY=", "\n"),
            ("key: \"", "\","),
            ("\u{1b}[32m", "\u{1b}[0m"),
            ("line\\n", "\\n"),
            ("?token%3D", "&x"),
            ("(", ")"),
        ] {
            let text = format!("{before}{key}{after}");
            let clean = redactor.text(&text);
            assert!(
                clean.starts_with(&format!("{before}[redacted:{kind}:")),
                "{kind}: {text} became {clean}"
            );
            assert!(
                clean.ends_with(after) && clean.len() < before.len() + after.len() + 40,
                "{clean}"
            );
            assert_eq!(redactor.text(&clean), clean, "twice changes nothing");
        }
    }
}

#[test]
fn headers_and_addresses_lose_their_secret_and_keep_the_rest() {
    let redactor = plain();
    let value = drawn(ALNUM, 24, 30) + "4x";
    for (text, start, end) in [
        (
            format!("> Authorization: Bearer {value}\r\n"),
            "> Authorization: Bearer [",
            "]\r\n",
        ),
        (
            format!("authorization: token {value} x"),
            "authorization: token [",
            "] x",
        ),
        (
            format!("{{\"Authorization\": \"Basic {value}==\"}}"),
            "{\"Authorization\": \"Basic [",
            "]\"}",
        ),
        (format!("AUTHORIZATION={value}"), "AUTHORIZATION=[", "]"),
        (
            format!("postgres://app:{value}@db:5432/x"),
            "postgres://app:[",
            "]@db:5432/x",
        ),
        (format!("redis://:{value}@h"), "redis://:[", "]@h"),
    ] {
        let clean = redactor.text(&text);
        assert!(
            clean.starts_with(start) && clean.ends_with(end) && !clean.contains(&value),
            "{clean}"
        );
        assert_eq!(redactor.text(&clean), clean);
    }
}

#[test]
fn a_known_value_is_found_as_it_is_in_base64_and_in_urls() {
    let secret = "p@ss w/rd+ü=9";
    let redactor = Redactor::new(&[secret, "short", "postgres"], b"salt");
    let tag = redactor.text(secret).into_owned();
    assert!(tag.starts_with("[redacted:known:"), "{tag}");
    let base64 = [
        "cEBzcyB3L3JkK8O8PTk=",
        "dXNlcjpwQHNzIHcvcmQrw7w9OQ==",
        "dTpwQHNzIHcvcmQrw7w9OQ==",
        "dXM6cEBzcyB3L3JkK8O8PTk=",
    ];
    for text in ["p%40ss%20w%2Frd%2B%C3%BC%3D9", "p%40ss+w%2Frd%2B%C3%BC%3D9"]
        .iter()
        .chain(&base64)
    {
        let clean = redactor.text(text);
        assert!(clean.contains(&tag), "{text} became {clean}");
    }
    assert_eq!(
        redactor.text("short postgres"),
        "short postgres",
        "what is in every log stays"
    );
    let other = Redactor::new(&[secret], b"other salt");
    assert_ne!(other.text(secret), tag, "another repository, another hash");
    assert!(redactor.knows(secret) && redactor.knows("short") && !redactor.knows("another-1"));
    assert!(redactor.and_knowing(&["another-1"]).text("x another-1").ends_with(']'));
    assert_eq!(redactor.and_knowing(&["another-1"]).text(secret), tag, "the salt stays");
}

#[test]
fn words_addresses_and_hashes_of_ordinary_files_survive() {
    let redactor = plain();
    for text in [
        "sk-learn-compatible-models-for-everyone",
        "class=\"sk-fading-circle12 sk-circle10 sk-cube-grid\"",
        "disk-0123456789abcdef0123 task-3f2a9c1b8d7e6f5a4b3c",
        "npm_config_registry_of_the_whole_company_123",
        "integrity sha512-9Zt3M6vYQ4Qd0bqkO3ZJx1hO5b3hZkO0cC0v8gQ2n5uQvY1mM3kQb7aP1sK8eYJrT2wX4zL6nB9dF5hG7jK1lA==",
        "checksum = \"ad8553b9b26413251cbf30e620595c7a41b3887f03da04579c0e6b0d6a06b4b2\"",
        "resolved \"https://registry.example/@scope/pkg/-/pkg-1.0.0.tgz#da39a3ee5e6b4b0d3255bfef95601890afd80709\"",
        "git+ssh://git@host.example:org/repo.git",
        "http://localhost:8080/@vite/client",
        "postgres://user:${PASSWORD}@db/x https://user:<password>@host",
        "Authorization: required for this resource",
        "the authorization: none",
        "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ0\n-----END CERTIFICATE-----",
        "a line with -----BEGIN PRIVATE KEY----- in prose, and more words",
        "commit 1f2e3d4c5b6a79880716253443526170f0e1d2c3",
    ] {
        assert_eq!(redactor.text(text), text);
    }
}

/// Ten megabytes of lock files and build logs, by a seed.
fn ordinary(seed: u64) -> String {
    let mut text = String::with_capacity(11 << 20);
    let base64 = format!("{ALNUM}+/");
    let mut at = seed;
    while text.len() < 10 << 20 {
        at += 1;
        let name = drawn("abcdefghijklmnopqrstuvwxyz-", 12, at);
        match at % 5 {
            0 => text.push_str(&format!(
                "    \"node_modules/{name}\": {{ \"integrity\": \"sha512-{}==\" }},\n",
                drawn(&base64, 86, at)
            )),
            1 => text.push_str(&format!(
                "[[package]]\nname = \"{name}\"\nchecksum = \"{}\"\n",
                drawn("0123456789abcdef", 64, at)
            )),
            2 => text.push_str(&format!(
                "2026-01-02T03:04:05Z INFO {name} GET /v1/{}?id={at} 200 12ms\n",
                drawn(ALNUM, 22, at)
            )),
            3 => text.push_str(&format!(
                "golang.org/x/{name} v1.{at}.0 h1:{}=\n",
                drawn(&base64, 43, at)
            )),
            _ => text.push_str(&format!(
                "test {name}::tests::{} ... ok ({at} passed) in target/debug/deps/{name}-{}\n",
                drawn("abcdefgh_", 24, at),
                drawn("0123456789abcdef", 16, at)
            )),
        }
    }
    text
}

#[test]
fn ten_megabytes_of_lock_files_and_logs_hold_less_than_one_false_secret() {
    let redactor = plain();
    let text = ordinary(1);
    let found = redactor.find(text.as_bytes()).unwrap();
    let shown: Vec<&str> = found.iter().map(|found| &text[found.at.clone()]).collect();
    assert!(shown.is_empty(), "{shown:?}");
}

#[test]
fn a_key_is_found_wherever_the_border_between_two_pieces_lies() {
    let redactor = Redactor::new(&["kn0wn-by-value"], b"salt");
    let mut text = String::new();
    for (_, key) in keys() {
        text.push_str(&format!("log line {key} and more\n"));
    }
    text.push_str("kn0wn-by-value without an end of line");
    let whole = redactor.text(&text).into_owned();
    for size in [1, 2, 3, 7, 64, 1000] {
        let mut stream = redactor.stream();
        let mut clean = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            clean.extend(stream.push(piece));
        }
        clean.extend(stream.finish());
        assert_eq!(String::from_utf8(clean).unwrap(), whole, "pieces of {size}");
    }
    for border in 0..text.len() {
        let mut stream = redactor.stream();
        let mut clean = stream.push(&text.as_bytes()[..border]);
        clean.extend(stream.push(&text.as_bytes()[border..]));
        clean.extend(stream.finish());
        assert_eq!(clean, whole.as_bytes(), "border at {border}");
    }
}

#[test]
fn an_endless_line_and_a_key_without_an_end_are_let_through_in_bounded_memory() {
    let redactor = plain();
    let (_, key) = &keys()[1];
    let line = format!("{}{}{}", " x".repeat(3000), key, " y".repeat(90_000));
    let mut stream = redactor.stream();
    let mut clean = Vec::new();
    for piece in line.as_bytes().chunks(997) {
        clean.extend(stream.push(piece));
    }
    let late = stream.finish();
    assert!(late.len() <= 5000, "{}", late.len());
    clean.extend(late);
    assert_eq!(clean, redactor.bytes(line.as_bytes()).into_owned());
    let open = format!(
        "-----{} PRIVATE KEY-----\n{}",
        "BEGIN",
        "words and so on\n".repeat(9000)
    );
    let mut stream = redactor.stream();
    let early = stream.push(open.as_bytes());
    assert!(open.len() - early.len() < 70_000);
}

#[test]
fn a_line_that_is_no_key_is_let_through_at_once() {
    let redactor = plain();
    let mut stream = redactor.stream();
    assert_eq!(stream.push(b"one\ntwo"), b"one\n");
    assert_eq!(stream.push(b"\n"), b"two\n");
    assert_eq!(stream.finish(), b"");
}

proptest! {
    #[test]
    fn twice_is_once_and_pieces_are_the_whole(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "sk-", "AKIA", "A1b2C3d4E5f6G7h8I9j0", "0123456789", " ", "\n", "-----BEGIN ", "PRIVATE KEY-----", "-----END ", "://", ":", "@", "u",
            "Authorization: ", "Bearer ", "[redacted:known:", "01234567", "]", "\u{1b}[3", "m", "ghp_", "kn0wn-value", "eyJ", ".", "ä",
        ]), 0..40),
        size in 1..50usize,
    ) {
        let text = parts.concat();
        let redactor = Redactor::new(&["kn0wn-value"], b"salt");
        let once = redactor.bytes(text.as_bytes()).into_owned();
        let twice = redactor.bytes(&once).into_owned();
        prop_assert_eq!(&twice, &once);
        let mut stream = redactor.stream();
        let mut clean = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            clean.extend(stream.push(piece));
        }
        clean.extend(stream.finish());
        prop_assert!(!clean.windows(11).any(|window| window == b"kn0wn-value"));
    }
}

/// Not a test of speed: the figure is printed for whoever asks for it.
#[test]
#[ignore = "prints a figure"]
fn megabytes_a_second() {
    let redactor = Redactor::new(&["kn0wn-by-value", "an0ther-value"], b"salt");
    let text = ordinary(2);
    let _ = redactor.find(b"warm");
    let started = std::time::Instant::now();
    let found = redactor.find(text.as_bytes()).unwrap();
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("{:.0} MB/s, {} found", text.len() as f64 / 1e6 / seconds, found.len());
}
