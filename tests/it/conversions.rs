//! Conversions: a Builder and a check see files as a fresh clone has them, and what a Builder leaves is stored as `git add`
//! would store it, so that nothing is modified after a landing and the next one finds nothing in its way.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::sandbox::{Sandbox, one_card};

/// Tiers of the fence that a machine lacks: none, the overlay, everything.
const TIERS: [&str; 3] = ["", "overlay", "overlay,shadow+landlock"];

/// A repository whose files are committed by git itself, under attributes.
fn sandbox(attributes: &str, files: &[(&str, &str)], check: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[(".gitattributes", attributes)]);
    for (path, text) in files {
        sandbox.write(path, text);
    }
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-q", "--allow-empty", "-m", "Files"]);
    sandbox.configure("");
    let twice = |id: &str| one_card(id, "work/**", check);
    sandbox.import("p.json", &twice("p-1"));
    sandbox.import("q.json", &twice("q-1"));
    sandbox
}

/// Lets a Builder do something.
fn exec(sandbox: &Sandbox, card: &str, work: &str) {
    let _ = sandbox.harness(&["exec", card, "--", "sh", "-ec", work]).exits(0);
    assert_eq!(sandbox.state(card), "complete");
    is_clean(sandbox);
}

fn is_clean(sandbox: &Sandbox) {
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    // Not by what the index remembers: every file is looked at.
    sandbox.git(&["add", "--renormalize", "."]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

/// A stored file as bytes, shown.
fn stored(sandbox: &Sandbox, path: &str) -> String {
    let output = sandbox
        .command("git", &sandbox.repo())
        .args(["cat-file", "blob", &format!("HEAD:{path}")])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{path}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout.escape_ascii().to_string()
}

#[test]
fn line_ends_are_converted_both_ways_in_every_tier() {
    for without in TIERS {
        let sandbox = sandbox(
            "*.txt text eol=crlf\n",
            &[("work/w.txt", "a\r\nb\r\n")],
            "test $(cat work/w.* | wc -c) -eq 9",
        )
        .without(without);
        exec(
            &sandbox,
            "p-1",
            "test $(wc -c < work/w.txt) -eq 6; printf 'c\\r\\n' >> work/w.txt",
        );
        assert_eq!(stored(&sandbox, "work/w.txt"), "a\\nb\\nc\\n", "{without}");
        assert_eq!(sandbox.read("work/w.txt"), "a\r\nb\r\nc\r\n");
        exec(&sandbox, "q-1", "printf 'a\\nb\\r\\nd\\n' > work/w.txt");
        assert_eq!(stored(&sandbox, "work/w.txt"), "a\\nb\\nd\\n", "{without}");
        let _ = sandbox.harness(&["audit", "--strength", "recorded"]).exits(0);
    }
}

#[test]
fn text_that_git_would_normalize_is_normalized() {
    let sandbox = sandbox("* text=auto\n", &[("work/old", "x\n")], "true");
    exec(
        &sandbox,
        "p-1",
        "printf 'a\\r\\nb\\n' > work/mixed; printf 'a\\r\\n\\000' > work/binary; printf 'x\\r\\ny\\r\\n' > work/old",
    );
    assert_eq!(stored(&sandbox, "work/mixed"), "a\\nb\\n");
    assert_eq!(stored(&sandbox, "work/binary"), "a\\r\\n\\x00");
    assert_eq!(stored(&sandbox, "work/old"), "x\\ny\\n");
}

#[test]
fn the_users_autocrlf_counts_as_it_does_for_git_add() {
    let sandbox = Sandbox::new(&[("work/a", "a\n")]);
    sandbox.git(&["config", "core.autocrlf", "true"]);
    sandbox.configure("");
    sandbox.import("p.json", &one_card("p-1", "work/**", "true"));
    exec(
        &sandbox,
        "p-1",
        "printf 'a\\r\\nb\\r\\n' > work/a; printf 'n\\r\\n' > work/new",
    );
    assert_eq!(stored(&sandbox, "work/a"), "a\\nb\\n");
    assert_eq!(stored(&sandbox, "work/new"), "n\\n");
}

#[test]
fn encodings_and_ident_are_converted() {
    let sandbox = sandbox(
        "*.rc text working-tree-encoding=UTF-16LE-BOM\n*.id ident\n",
        &[("work/a.id", "$Id$\n")],
        "grep -q 'Id: [0-9a-f]' work/*.i*",
    );
    exec(
        &sandbox,
        "p-1",
        "grep -q 'Id: [0-9a-f]' work/a.id; echo more >> work/a.id; printf '\\377\\376h\\000i\\000\\n\\000' > work/a.rc",
    );
    assert_eq!(stored(&sandbox, "work/a.rc"), "hi\\n");
    assert_eq!(stored(&sandbox, "work/a.id"), "$Id$\\nmore\\n");
    // What is in no such encoding is refused by name, and not stored as it lies there.
    let _ = sandbox
        .harness(&["exec", "q-1", "--", "sh", "-c", "echo plain! > work/a.rc"])
        .exits(1)
        .says("work/a.rc: it is not in the encoding UTF-16LE-BOM");
}

#[test]
fn what_nobody_touched_is_no_change_though_git_would_store_it_otherwise() {
    for without in TIERS {
        let sandbox = Sandbox::new(&[("work/old.txt", "a\r\nb\r\n"), ("work/other", "x\n")]).without(without);
        // Stored with carriage returns before the attributes came.
        sandbox.write(".gitattributes", "*.txt text\n");
        sandbox.git(&["add", ".gitattributes"]);
        sandbox.git(&["commit", "-qm", "Attributes"]);
        sandbox.configure("");
        sandbox.import("p.json", &one_card("p-1", "work/**", "true"));
        let _ = sandbox
            .harness(&["exec", "p-1", "--", "sh", "-c", "echo y > work/other"])
            .exits(0);
        let changed = sandbox.git(&["diff", "--name-only", "HEAD^", "HEAD", "--", "work"]);
        assert_eq!(changed, "work/other", "{without}");
    }
}

#[test]
fn attributes_that_the_card_opens_count_for_what_lands_with_them() {
    let sandbox = Sandbox::new(&[("work/a", "a\n")]);
    sandbox.configure("");
    let card = one_card("p-1", ".gitattributes\", \"work/**", "true");
    sandbox.import("p.json", &card);
    exec(
        &sandbox,
        "p-1",
        "printf '*.bat text eol=crlf\\n' > .gitattributes; printf 'go\\r\\n' > work/go.bat",
    );
    assert_eq!(stored(&sandbox, "work/go.bat"), "go\\n");
}

#[test]
fn an_answer_is_stored_as_git_would_store_it() {
    let sandbox = sandbox("* text=auto\n", &[("work/a.txt", "a\n")], "true");
    let answer = "```work/a.txt\nb\r\nc\r\n```\n";
    fs::write(sandbox.beside("answer"), answer).unwrap();
    let file = sandbox.beside("answer").to_string_lossy().into_owned();
    let _ = sandbox.harness(&["apply", "p-1", &file]).exits(0);
    assert_eq!(stored(&sandbox, "work/a.txt"), "b\\nc\\n");
    is_clean(&sandbox);
}

/// The pointer of a content, as Git LFS writes it, which lies where Git LFS looks for it if `is_here`.
fn pointer(sandbox: &Sandbox, content: &str, is_here: bool) -> String {
    let file = sandbox.beside("content");
    fs::write(&file, content).unwrap();
    let sum = sandbox
        .command("sha256sum", &sandbox.repo())
        .arg(&file)
        .output()
        .unwrap();
    let oid = String::from_utf8(sum.stdout).unwrap()[..64].to_owned();
    if is_here {
        let dir = sandbox.repo().join(".git/lfs/objects").join(&oid[..2]).join(&oid[2..4]);
        fs::create_dir_all(&dir).unwrap();
        fs::copy(&file, dir.join(&oid)).unwrap();
    }
    format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {}\n",
        content.len()
    )
}

#[test]
fn a_content_of_lfs_is_seen_and_stored_without_its_program() {
    for without in TIERS {
        let sandbox =
            Sandbox::new(&[(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")]).without(without);
        let old = pointer(&sandbox, "the old content\n", true);
        sandbox.write("work/d.bin", &old);
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["commit", "-qm", "Data"]);
        sandbox.configure("");
        let check = "grep -q content work/d.b* && ! grep -q version work/d.b*";
        sandbox.import("p.json", &one_card("p-1", "work/**", check));
        sandbox.import("q.json", &one_card("q-1", "work/**", check));
        exec(
            &sandbox,
            "p-1",
            "grep -q 'old content' work/d.bin; echo 'new content' > work/d.bin",
        );
        let new = pointer(&sandbox, "new content\n", false);
        assert_eq!(sandbox.git(&["show", "HEAD:work/d.bin"]), new.trim_end());
        exec(
            &sandbox,
            "q-1",
            "grep -q 'new content' work/d.bin; echo other > work/plain",
        );
        assert_eq!(
            sandbox.git(&["diff", "--name-only", "HEAD^", "HEAD", "--", "work"]),
            "work/plain"
        );
    }
}

#[test]
fn a_filter_of_the_configuration_is_not_run_and_its_files_are_refused_by_name() {
    let sandbox = Sandbox::new(&[
        (".gitattributes", "*.big filter=swap\n"),
        ("work/a.big", "x\n"),
        ("work/b", "b\n"),
    ]);
    let mark = sandbox.beside("ran");
    let program = sandbox.script("filter", &format!("touch {}; cat\n", mark.display()));
    sandbox.configure("");
    sandbox.import("p.json", &one_card("p-1", "work/**", "true"));
    sandbox.import("q.json", &one_card("q-1", "work/**", "true"));
    sandbox.git(&["config", "filter.swap.clean", &program]);
    sandbox.git(&["config", "filter.swap.smudge", &program]);
    let _ = sandbox.git(&["status"]);
    let _ = fs::remove_file(&mark);
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", "echo y > work/a.big"])
        .exits(1)
        .says("work/a.big: the filter `swap`")
        .says("git harness start");
    assert!(!mark.exists(), "the filter ran");
    let _ = sandbox
        .harness(&["exec", "q-1", "--", "sh", "-c", "echo y > work/b"])
        .exits(0);
}

#[test]
fn rights_that_nobody_changed_stay() {
    let sandbox = sandbox("*.sh text eol=lf\n", &[("work/a.sh", "echo\n")], "true");
    let file = sandbox.repo().join("work/a.sh");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.git(&["commit", "-qam", "Executable"]);
    exec(&sandbox, "p-1", "printf 'echo\\r\\n' > work/a.sh; echo > work/n");
    assert!(sandbox.git(&["ls-tree", "HEAD", "work/a.sh"]).starts_with("100755"));
    assert_eq!(stored(&sandbox, "work/a.sh"), "echo\\n");
}

/// git decodes whether or not somebody configured the filter that attributes name.
#[test]
fn an_encoding_counts_where_nobody_configured_the_filter() {
    let sandbox = sandbox(
        "*.t filter=nobody working-tree-encoding=latin1\n",
        &[("work/b", "x\n")],
        "true",
    );
    exec(&sandbox, "p-1", "printf 'gr\\374n\\n' > work/a.t");
    assert_eq!(stored(&sandbox, "work/a.t"), "gr\\xc3\\xbcn\\n");
}

/// git leaves out attributes on lines of 2,048 bytes and more, and so does whoever wants to see what git sees.
#[test]
fn attributes_that_are_too_long_for_git_say_nothing() {
    let long = format!("*.txt {} eol=crlf\n*.md eol=crlf\n", "x".repeat(3000));
    let check = "test $(cat work/*.txt | tr -cd '\\\\r' | wc -c) -le 1 && test $(cat work/*.md | wc -c) -eq 3";
    let sandbox = sandbox(&long, &[("work/a.txt", "x\n"), ("work/a.md", "x\n")], check);
    exec(&sandbox, "p-1", "printf 'y\\r\\n' > work/a.txt");
    assert_eq!(stored(&sandbox, "work/a.txt"), "y\\r\\n");
}

/// Files that were stored before attributes asked for other line ends: git calls a fresh checkout of them modified, and
/// nothing that a person can do takes that away.
#[test]
fn files_that_were_never_normalized_keep_nothing_from_landing() {
    let sandbox = sandbox(
        "# none\n",
        &[("work/a.txt", "one\r\ntwo\r\n"), ("work/b.txt", "x\r\n")],
        "true",
    );
    sandbox.write(".gitattributes", "*.txt text\n");
    sandbox.git(&["commit", "-qm", "Attributes", "--", ".gitattributes"]);
    let modified = || {
        // As in a fresh clone, whose files are as new as its index.
        for path in ["work/a.txt", "work/b.txt"] {
            let text = sandbox.read(path);
            sandbox.write(path, &text);
        }
        sandbox.git(&["status", "--porcelain", "--", "work"])
    };
    assert_eq!(modified(), " M work/a.txt\n M work/b.txt");
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", "printf 'three\\r\\n' >> work/a.txt"])
        .exits(0);
    assert_eq!(sandbox.state("p-1"), "complete");
    assert_eq!(stored(&sandbox, "work/a.txt"), "one\\ntwo\\nthree\\n");
    assert_eq!(modified(), " M work/b.txt", "nobody touched it");
    // What a person wrote there is theirs.
    sandbox.write("work/b.txt", "mine\r\n");
    let _ = sandbox
        .harness(&["exec", "q-1", "--", "sh", "-c", "echo more >> work/b.txt"])
        .exits(4)
        .says("work/b.txt");
    assert_eq!(sandbox.read("work/b.txt"), "mine\r\n");
}
