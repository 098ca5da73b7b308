//! Forty keys of real shape, put where keys turn up: afterwards none is in the repository, in a log, or on the terminal.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use super::sandbox::{ALL_TIERS, Sandbox, one_card};

/// `length` letters and digits, drawn by a seed; at least two of each kind.
fn drawn(length: usize, seed: u64) -> String {
    let letters: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').collect();
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut text: String = (4..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            letters[usize::try_from(state % 62).unwrap()]
        })
        .collect();
    text.insert_str(text.len() / 2, "4Zq7");
    text
}

/// Keys as their services make them, by number. None of them stands in this file.
fn key(number: u64) -> String {
    let word = |length| drawn(length, number + 100);
    match number % 13 {
        0 => format!("sk-{}-api03-{}", "ant", word(80)),
        1 => format!("s{}{}", "k-", word(48)),
        2 => format!("gh{}{}", "p_", word(36)),
        3 => format!("gh{}{}", "s_", word(36)),
        4 => format!("github_{}_{}", "pat", word(80)),
        5 => format!("gl{}-{}", "pat", word(22)),
        6 => format!("xo{}-12345678901-{}", "xb", word(24)),
        7 => format!("AK{}{}", "IA", word(16).to_uppercase()),
        8 => format!("AI{}{}", "za", word(35)),
        9 => format!("np{}{}", "m_", word(36)),
        10 => format!("h{}{}", "f_", word(34)),
        11 => format!("ey{0}{1}.ey{0}{2}.{3}", "J", word(30), word(60), word(43)),
        _ => format!(
            "-----{} PRIVATE KEY-----\n{}\n{}\n-----{} PRIVATE KEY-----",
            "BEGIN",
            drawn(64, number),
            word(64),
            "END"
        ),
    }
}

/// Every file below a folder that holds a text as it is.
fn holders(dir: &Path, text: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            holders(&path, text, found);
        } else if kind.is_file() {
            let bytes = fs::read(&path).unwrap();
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
}

/// The lines of a key that give it away.
fn parts(key: &str) -> Vec<String> {
    key.lines()
        .filter(|line| !line.starts_with("-----"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn of_forty_keys_none_is_kept_or_shown() {
    let keys: Vec<String> = (0..36).map(key).collect();
    // Four that nothing but their value gives away.
    let by_value = [
        "correct#horse#77",
        "Tr0ub4dor&three",
        "p/w+with=odd chars1",
        "0nly-by-value-x",
    ];
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]).without(ALL_TIERS);
    // The keys lie beside the repository; programs print them from there.
    for (number, key) in keys.iter().enumerate() {
        fs::write(sandbox.beside(&format!("k{number}")), key).unwrap();
    }
    let at = |number: usize| sandbox.beside(&format!("k{number}")).display().to_string();
    let print = |numbers: std::ops::Range<usize>| -> String {
        numbers
            .map(|number| format!("echo \"key: $(cat {})\"; ", at(number)))
            .collect()
    };
    let check = sandbox.script(
        "check.sh",
        &format!(
            // Test output, by value in three forms, and a key that comes in two writes.
            "{} echo \"$A_TOKEN\"; printf %s \"$B_SECRET\" | base64; echo \"$PASSED\"; head -c 9 {}; sleep 0.05; tail -c +10 {}; grep -q good a.txt\n",
            print(0..13),
            at(13),
            at(13)
        ),
    );
    let builder = sandbox.script(
        "builder.sh",
        &format!(
            // Model output with notes, error text, and files in scope.
            "{} echo \"- Used $(cat {})\"; echo \"notes: $A_TOKEN $(cat {})\"; echo \"$C_PASSWORD\" >&2\ncase $(cat \"$0.n\" 2>/dev/null) in\n'') echo 1 > \"$0.n\"; cp {} a.txt ;;\n1) echo 2 > \"$0.n\"; {} exit 3 ;;\n2) echo 3 > \"$0.n\"; echo bad > a.txt ;;\n*) echo good > a.txt ;;\nesac\n",
            print(14..24),
            at(24),
            at(25),
            at(26),
            print(27..36),
        ),
    );
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"sh\"\n[builders.sh]\nrun = [\"{builder}\"]\nenv = [\"C_PASSWORD\", \"A_TOKEN\"]\n[env]\npass = [\"PASSED\", \"A_TOKEN\", \"B_SECRET\"]\n"
    ));
    sandbox.import("p.json", &one_card("p-1", "a.txt", &format!("sh {check}")));
    let mut shown = String::new();
    let mut harness = |arguments: &[&str]| -> String {
        let output = sandbox
            .harness_command()
            .args(arguments)
            .env("A_TOKEN", by_value[0])
            .env("B_SECRET", by_value[1])
            .env("C_PASSWORD", by_value[2])
            .env("PASSED", format!("{}-4242", by_value[3]))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        shown.push_str(&text);
        text
    };
    harness(&["trust"]);
    let file = harness(&["exec", "p-1", "--", &builder]);
    assert!(file.contains("a.txt: line 1 holds a secret ("), "{file}");
    let exit = harness(&["exec", "p-1", "--", &builder]);
    assert!(exit.contains("ended with status 3"), "{exit}");
    let red = harness(&["exec", "p-1", "--", &builder]);
    assert!(
        red.contains("verification failed") && red.contains("[redacted:"),
        "{red}"
    );
    harness(&["note", "p-1", &format!("by hand: {} {}", keys[0], by_value[0])]);
    harness(&["apply", "p-1", &at(1)]);
    harness(&["run"]);
    for arguments in [
        &["show", "p-1"][..],
        &["packet", "p-1"],
        &["log"],
        &["status", "--json"],
        &["block", "p-1", &keys[2]],
        &["show", "p-1", "--json"],
    ] {
        harness(arguments);
    }
    for (number, key) in keys.iter().enumerate() {
        for part in parts(key) {
            let mut found = Vec::new();
            for dir in ["repo/.git", "repo/.harness", "cache", "config"] {
                let dir = sandbox.beside(dir);
                if dir.exists() {
                    holders(&dir, &part, &mut found);
                }
            }
            assert!(
                found.iter().all(|path| path.contains("/tree/")),
                "key {number} is in {found:?}"
            );
            assert!(!shown.contains(&part), "key {number} was shown");
        }
    }
    let encoded = ["VHIwdWI0ZG9yJnRocmVl", "Tr0ub4dor%26three"];
    for value in by_value.iter().chain(&encoded) {
        let mut found = Vec::new();
        holders(&sandbox.beside("repo"), value, &mut found);
        holders(&sandbox.beside("cache"), value, &mut found);
        assert!(
            found.iter().all(|path| path.contains("/tree/")),
            "{value} is in {found:?}"
        );
        assert!(!shown.contains(*value), "{value} was shown");
    }
    // Git packs its objects, so they are asked for as git gives them.
    let objects = sandbox.git(&[
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objectname) %(objecttype)",
    ]);
    for object in objects
        .lines()
        .filter_map(|line| line.strip_suffix(" blob").or_else(|| line.strip_suffix(" commit")))
    {
        let content = sandbox.git(&["cat-file", "-p", object]);
        assert!(
            !keys
                .iter()
                .flat_map(|key| parts(key))
                .any(|part| content.contains(&part)),
            "{object}"
        );
        assert!(!by_value.iter().any(|value| content.contains(value)), "{object}");
    }
}

#[test]
fn a_secret_that_the_base_holds_already_keeps_nobody_from_working() {
    let secret = key(2);
    let sandbox = Sandbox::new(&[("a.txt", &format!("{secret}\n"))]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let builder = sandbox.script("builder.sh", "echo more >> a.txt\n");
    let _ = sandbox.harness(&["exec", "p-1", "--", &builder]).exits(0);
}

#[test]
fn a_commit_by_hand_may_not_bring_in_a_key() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let _ = sandbox.harness(&["hooks", "install"]).exits(0);
    let _ = sandbox.harness(&["start", "p-1"]).exits(0);
    sandbox.write("a.txt", &format!("x\ny\n{}\n", key(4)));
    for arguments in [&["commit", "-qam", "Key"][..], &["commit", "-qnam", "Key"]] {
        let refused = sandbox.try_git(arguments);
        assert_ne!(refused.code, 0);
        assert!(!refused.stderr.contains(&key(4)));
        let _ = refused.says("a.txt: line 3 holds a secret (github-token)");
    }
    sandbox.write("a.txt", "x\ny\n");
    sandbox.git(&["commit", "-qam", "No key"]);
}

#[test]
fn the_terminal_shows_no_key_that_the_repository_or_a_command_line_holds() {
    let secret = key(3);
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", &format!("{secret}\n"))]);
    let card = one_card("p-1", "a.txt", "true").replacen('{', "{\"context\": [\"b.txt\"], ", 1);
    sandbox.import("p.json", &card);
    // What is committed is printed in an excerpt; what is typed is repeated in an error, ours or of the arguments.
    let shown = sandbox
        .harness(&["packet", "p-1"])
        .exits(0)
        .prints("[redacted:github-token:");
    assert!(!shown.stdout.contains(&secret));
    for arguments in [&["run", "--onto", &secret][..], &["status", &format!("--{secret}")]] {
        let wrong = sandbox.harness(arguments).says("[redacted:github-token:");
        assert_ne!(wrong.code, 0);
        assert!(!wrong.stderr.contains(&secret), "{}", wrong.stderr);
    }
}
