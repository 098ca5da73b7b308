//! Every way of writing a commit's message while a task is open, as a table of what landed: the subject that the person
//! typed, the trailers as the last paragraph, and nothing where the message was left empty.

use super::sandbox::{Outcome, Sandbox, one_card};

/// Evidence, card and row, with which a landing has its whole block.
const BLOCK: [&str; 5] = [
    "Harness-Task: p-1",
    "Harness-Attempt: ",
    "Harness-Card: ",
    "Harness-Evidence: ",
    "Harness-Ledger: ",
];

pub fn opened() -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "grep -q good a.txt"));
    let _ = sandbox.harness(&["start", "p-1"]).exits(0);
    sandbox
}

/// Which git programs there are: the first on the path, and an older one where the machine has it.
fn gits() -> Vec<&'static str> {
    let older = std::path::Path::new("/usr/bin/git").exists() && std::path::Path::new("/usr/local/bin/git").exists();
    if older {
        vec!["git", "/usr/bin/git"]
    } else {
        vec!["git"]
    }
}

/// One row: settings and words of the commit, and what the editor does with the file `$1` (none where none may open).
struct Row {
    name: &'static str,
    words: &'static [&'static str],
    editor: &'static str,
}

const fn row(name: &'static str, words: &'static [&'static str], editor: &'static str) -> Row {
    Row { name, words, editor }
}

const TYPE: &str = "sed -i '1s/^/Say hello/' \"$1\"";
const BODY: &str = "sed -i '1s/^/Say hello\\n\\nAnd why/' \"$1\"";
const DROP: &str = "printf 'Say hello\\n' > \"$1\"";
const NOTHING: &str = "true";

const ROWS: &[Row] = &[
    row("plain", &["commit"], TYPE),
    row("body on the first line", &["commit"], BODY),
    row(
        "return after the subject",
        &["commit"],
        "sed -i '1s/^/Say hello\\n/' \"$1\"",
    ),
    row("no return at the end", &["commit"], "printf 'Say hello' > \"$1\""),
    row("verbose", &["commit", "-v"], TYPE),
    row("verbose twice", &["commit", "-vv"], TYPE),
    row("commit.verbose", &["-c", "commit.verbose=true", "commit"], TYPE),
    row("no status", &["commit", "--no-status"], TYPE),
    row("no status, verbose", &["commit", "--no-status", "-v"], TYPE),
    row("an empty -m and an editor", &["commit", "-m", "", "-e"], TYPE),
    row("-m and an editor", &["commit", "-m", "Say hello", "-e"], NOTHING),
    row(
        "-m, an editor and verbose",
        &["commit", "-v", "-m", "Say hello", "-e"],
        NOTHING,
    ),
    row("-F", &["commit", "-F", "../message"], ""),
    row("-m", &["commit", "-m", "Say hello"], ""),
    row("-m twice", &["commit", "-m", "Say hello", "-m", "And why"], ""),
    row("-m with a hash", &["commit", "-m", "Say hello\n\n#12 wants it"], ""),
    row(
        "-m and verbose",
        &["-c", "commit.verbose=true", "commit", "-m", "Say hello"],
        "",
    ),
    row("-m, signed off", &["commit", "-s", "-m", "Say hello"], ""),
    row(
        "-m, trailers given",
        &["commit", "--trailer", "Ticket: 7", "-m", "Say hello"],
        "",
    ),
    row(
        "a subject that looks like a trailer",
        &["commit", "-m", "fix: say hello"],
        "",
    ),
    row("signed off", &["commit", "-s"], TYPE),
    row("comments are ;", &["-c", "core.commentChar=;", "commit"], TYPE),
    row(
        "comments are ;, verbose",
        &["-c", "core.commentChar=;", "commit", "-v"],
        TYPE,
    ),
    row(
        "comments are %, -e -v -m",
        &["-c", "core.commentChar=%", "commit", "-evm", "Say hello"],
        NOTHING,
    ),
    row("comments are chosen", &["-c", "core.commentChar=auto", "commit"], TYPE),
    row(
        "comments are chosen, verbose",
        &["-c", "core.commentChar=auto", "commit", "-v"],
        TYPE,
    ),
    row(
        "comments are chosen, # is text",
        &["-c", "core.commentChar=auto", "commit", "-em", "Say hello\n\n#12"],
        NOTHING,
    ),
    row("clean-up strip", &["commit", "--cleanup=strip"], TYPE),
    row(
        "clean-up strip, -m",
        &["commit", "--cleanup=strip", "-m", "# gone\nSay hello"],
        "",
    ),
    row("clean-up scissors", &["commit", "--cleanup=scissors"], TYPE),
    row(
        "clean-up scissors, verbose",
        &["-c", "commit.cleanup=scissors", "commit", "-v"],
        TYPE,
    ),
    row(
        "clean-up whitespace, comments removed",
        &["commit", "--cleanup=whitespace"],
        "sed -i '1s/^/Say hello/; /^#/d' \"$1\"",
    ),
    row(
        "clean-up whitespace, comments kept",
        &["commit", "--cleanup=whitespace"],
        TYPE,
    ),
    row(
        "clean-up verbatim",
        &["commit", "--cleanup=verbatim"],
        "sed -i '1s/^/Say hello/; /^#/d' \"$1\"",
    ),
    row(
        "clean-up verbatim, set",
        &["-c", "commit.cleanup=verbatim", "commit", "--no-verify"],
        TYPE,
    ),
    row(
        "clean-up verbatim, -m",
        &["commit", "--cleanup=verbatim", "-m", "Say hello"],
        "",
    ),
    row(
        "template of comments",
        &["commit", "-t", "../comments"],
        "sed -i '1s/^/Say hello/' \"$1\"",
    ),
    row(
        "template that ends in Ticket:",
        &["commit", "-t", "../ticket"],
        "sed -i '1s/.*/Say hello/; s/^Ticket:/& 7/' \"$1\"",
    ),
    row(
        "template whose key stays empty",
        &["commit", "-t", "../ticket"],
        "sed -i '1s/.*/Say hello/' \"$1\"",
    ),
    row(
        "template that ends in Reviewed-by:",
        &["commit", "-t", "../reviewed"],
        "sed -i '1s/.*/Say hello/; s/^Reviewed-by:/& Bob/' \"$1\"",
    ),
    row("a tool that rewrites all", &["commit"], DROP),
    row("a tool that rewrites all, no verify", &["commit", "-n"], DROP),
    row(
        "lines of ours deleted",
        &["commit"],
        "sed -i '/^Harness-/d; 1s/.*/Say hello/' \"$1\"",
    ),
    row(
        "typed below our lines",
        &["commit"],
        "sed -i 's/^# Please/Say hello\\n&/' \"$1\"",
    ),
    row("no verify", &["commit", "-n"], TYPE),
    row(
        "Latin-1, -F",
        &["-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-F", "../latin"],
        "",
    ),
    row(
        "Latin-1, typed",
        &["-c", "i18n.commitEncoding=ISO-8859-1", "commit"],
        "printf 'Gr\\374\\337e\\n' > \"$1\"",
    ),
    row("left empty", &["commit"], NOTHING),
    row("left empty, verbose", &["commit", "-v"], NOTHING),
    row("left empty, no verify", &["commit", "-n"], NOTHING),
    row("left empty, signed off", &["commit", "-s"], NOTHING),
    row("an empty -m", &["commit", "-m", ""], ""),
    row(
        "an empty -m, allowed",
        &["commit", "--allow-empty-message", "-m", ""],
        "",
    ),
    row("all deleted", &["commit"], ": > \"$1\""),
    row("an editor that does nothing, named so", &["commit"], ":"),
    row("template left as it was", &["commit", "-t", "../ticket"], NOTHING),
    row(
        "template left as it was, no verify",
        &["commit", "-n", "-t", "../ticket"],
        NOTHING,
    ),
    row("an editor that fails", &["commit"], "exit 1"),
];

fn commit(sandbox: &Sandbox, git: &str, row: &Row) -> Outcome {
    let mut command = sandbox.command(git, &sandbox.repo());
    match row.editor {
        "" => {}
        ":" => {
            command.env("GIT_EDITOR", ":");
        }
        script => {
            command.env("GIT_EDITOR", sandbox.script("editor", script));
        }
    }
    command.args(row.words);
    Sandbox::outcome_of(command)
}

#[test]
fn every_way_of_writing_a_message_lands_as_it_was_meant() {
    let sandbox = opened();
    for (name, bytes) in [
        ("message", &b"Say hello\n"[..]),
        ("latin", b"Gr\xfc\xdfe\n"),
        ("comments", b"# What?\n#\n# Why?\n"),
        ("ticket", b"What?\n\nWhy?\n\nTicket:\n"),
        ("reviewed", b"What?\n\n# hint\nReviewed-by:\n"),
    ] {
        std::fs::write(sandbox.beside(name), bytes).unwrap();
    }
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    for git in gits() {
        let mut table = String::new();
        for row in ROWS {
            sandbox.git(&["reset", "-q", "--hard", &base]);
            sandbox.write("a.txt", "good\n");
            sandbox.git(&["add", "-A"]);
            let outcome = commit(&sandbox, git, row);
            let landed = sandbox.git(&["rev-parse", "HEAD"]) != base;
            let shown = match landed {
                true => landing(&sandbox),
                false if outcome.stderr.contains("problem with the editor") => "stopped: the editor failed".to_owned(),
                false => format!("stopped: {}", outcome.stderr.lines().next().unwrap_or_default()),
            };
            assert_eq!(landed, outcome.code == 0, "{}: {}", row.name, outcome.stderr);
            table.push_str(&format!("{:38} | {shown}\n", row.name));
        }
        insta::assert_snapshot!("every_way_of_writing_a_message", table);
    }
    sandbox.git(&["reset", "-q", "--hard", &base]);
    let left = std::fs::read_dir(sandbox.repo().join(".git/hooks")).unwrap().flatten();
    let left: Vec<String> = left
        .map(|file| file.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!left.iter().any(|name| name.contains("rewrite")), "{left:?}");
}

/// The subject, what is between it and the trailers, and the trailers that git finds, of which ours have to be whole.
fn landing(sandbox: &Sandbox) -> String {
    let own = sandbox.trailers("HEAD");
    for key in BLOCK {
        assert_eq!(
            own.iter().filter(|line| line.starts_with(key)).count(),
            1,
            "{key} in {own:?}"
        );
    }
    let others: Vec<&str> = own
        .iter()
        .map(String::as_str)
        .filter(|line| !line.starts_with("Harness-"))
        .collect();
    let text = sandbox.git(&["log", "-1", "--encoding=UTF-8", "--format=%B"]);
    let (body, _) = text.rsplit_once("\n\n").unwrap();
    let body = body.split("Please enter").next().unwrap();
    let body: Vec<&str> = body.lines().collect();
    format!("{} | {}", body.join("/"), others.join(", "))
        .trim_end()
        .to_owned()
}

#[test]
fn a_card_that_changed_is_refused_until_it_is_taken_anew() {
    let sandbox = opened();
    let card = sandbox.read(".harness/tasks/p-1.md").replace("Do p-1", "Do it all");
    let file = sandbox.beside("card.md");
    std::fs::write(&file, card).unwrap();
    let _ = sandbox
        .harness(&["plan", "edit", "p-1", "--from", file.to_str().unwrap()])
        .exits(0);
    sandbox.write("a.txt", "good\n");
    let wanted = "the card of p-1 has changed since it was handed out";
    let _ = sandbox.harness(&["submit"]).exits(1).says(wanted);
    let refused = sandbox.try_git(&["commit", "-qam", "Say hello"]);
    assert!(refused.stderr.contains(wanted), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("git harness next --refresh"),
        "{}",
        refused.stderr
    );
    let log = sandbox.harness(&["log", "p-1"]).exits(0).stdout;
    assert_eq!(log.matches("card revised by").count(), 1, "{log}");
    let _ = sandbox.harness(&["next", "--refresh"]).exits(0);
    sandbox.git(&["commit", "-qam", "Say hello"]);
    let _ = sandbox.harness(&["audit"]).exits(0);
}

#[test]
fn other_words_for_a_landing_keep_its_trailers_whoever_made_it() {
    for by_hand in [true, false] {
        let sandbox = opened();
        sandbox.write("a.txt", "good\n");
        if by_hand {
            sandbox.git(&["commit", "-qam", "Say hello"]);
        } else {
            let _ = sandbox.harness(&["submit"]).exits(0);
        }
        let before = sandbox.trailers("HEAD");
        sandbox.git(&["commit", "-q", "--amend", "-m", "Other words"]);
        assert_eq!(sandbox.git(&["log", "-1", "--format=%s"]), "Other words");
        let of_ours = |own: Vec<String>| {
            own.into_iter()
                .filter(|line| line.starts_with("Harness-"))
                .collect::<Vec<_>>()
        };
        assert_eq!(of_ours(sandbox.trailers("HEAD")), of_ours(before));
        assert_eq!(sandbox.state("p-1"), "complete");
        let _ = sandbox.harness(&["audit"]).exits(0);
        // A second commit with that message would be a second landing.
        sandbox.write("a.txt", "good and more\n");
        let twice = sandbox.try_git(&["commit", "-qaC", "HEAD"]);
        assert_ne!(twice.code, 0, "{}", twice.stderr);
        sandbox.git(&["commit", "-qam", "Ordinary"]);
        assert_eq!(sandbox.git(&["log", "-1", "--format=%(trailers)"]), "");
        let left = sandbox.repo().join(".git/hooks/reference-transaction");
        assert!(!left.exists(), "the hook for one commit is still there");
    }
}

#[test]
fn the_projects_own_message_hook_has_a_word_where_it_is_wanted() {
    let hook = "#!/bin/sh\ngrep -q forbidden \"$1\" && { echo 'not these words' >&2; exit 1; }\n\
        exec git interpret-trailers --in-place --trailer 'Change-Id: I1' \"$1\"\n";
    for (setting, by_submit, by_exec) in [("attended", true, false), ("all", true, true), ("none", false, false)] {
        let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]);
        sandbox.write(".git/hooks/commit-msg", hook);
        sandbox
            .command("chmod", &sandbox.repo())
            .args(["+x", ".git/hooks/commit-msg"])
            .status()
            .unwrap();
        let _ = sandbox.harness(&["init"]).exits(0);
        sandbox.configure(&format!("[commit]\nhooks = \"{setting}\"\n"));
        sandbox.import("p.json", &one_card("p-1", "a.txt", "grep -q good a.txt"));
        sandbox.import("q.json", &one_card("q-1", "b.txt", "true"));
        let _ = sandbox
            .harness(&["exec", "q-1", "--", "sh", "-c", "echo good > b.txt"])
            .exits(0);
        let own = sandbox.trailers("HEAD");
        assert_eq!(own.contains(&"Change-Id: I1".to_owned()), by_exec, "{setting}: {own:?}");
        let _ = sandbox.harness(&["start", "p-1"]).exits(0);
        sandbox.write("a.txt", "good\n");
        if by_submit {
            let _ = sandbox
                .harness(&["submit", "-m", "forbidden"])
                .exits(1)
                .says("not these words");
        }
        let _ = sandbox.harness(&["submit", "-m", "- Said with a dash"]).exits(0);
        let own = sandbox.trailers("HEAD");
        assert_eq!(
            own.contains(&"Change-Id: I1".to_owned()),
            by_submit,
            "{setting}: {own:?}"
        );
        assert!(own.contains(&"Harness-Task: p-1".to_owned()), "{own:?}");
        let _ = sandbox.harness(&["audit"]).exits(0);
    }
}
