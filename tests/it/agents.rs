//! Agent programs that the harness knows: scripts that print what the real ones print. Those run in `tests/agents/run`.

use std::fs;

use super::sandbox::{Sandbox, one_card};

/// The flags that the harness uses of Codex.
const HELP: &str = "--json --ephemeral --ignore-user-config --ignore-rules --skip-git-repo-check -s, --sandbox -c, --config -C, --cd -m, --model --output-schema";

const USAGE: &str = r#"{"type":"turn.completed","usage":{"input_tokens":3000,"cached_input_tokens":1200,"cache_write_input_tokens":0,"output_tokens":60}}"#;

/// A sandbox whose only builder is Codex as a script, with more of its configuration, and one card.
fn with_codex(script: &str, more: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]);
    let program = sandbox.script(
        "codex",
        &format!(
            "case \"$*\" in
             --version) echo codex-cli 0.169.0; exit ;;
             'exec --help') echo '{HELP}'; exit ;;
             esac
             {script}"
        ),
    );
    let own = sandbox.beside("config/git-harness");
    fs::create_dir_all(&own).unwrap();
    let config = format!("[roles]\nbuilder = \"c\"\n[builders.c]\nagent = \"codex\"\nrun = [\"{program}\"]\n{more}");
    fs::write(own.join("config.toml"), config).unwrap();
    sandbox.import("p.json", &one_card("p-1", "a.txt", "grep -q good a.txt"));
    sandbox
}

fn said(text: &str) -> String {
    format!("echo '{{\"type\":\"item.completed\",\"item\":{{\"type\":\"agent_message\",\"text\":\"{text}\"}}}}'\n")
}

#[test]
fn an_edit_lands_with_what_it_used_and_who_helped() {
    let script = format!(
        "cat > \"$TMPDIR/packet\"; grep -q 'Task p-1' \"$TMPDIR/packet\" || exit 9
         echo good > a.txt\n{}echo '{USAGE}'",
        said("- Made it good\\\\nnotes: mind the gap")
    );
    let sandbox = with_codex(&script, "model = \"gpt-5.4\"\n");
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(sandbox.read("a.txt"), "good\n");
    assert!(
        sandbox
            .trailers("HEAD")
            .contains(&"Assisted-by: codex:gpt-5.4".to_owned())
    );
    assert!(sandbox.git(&["log", "-1", "--format=%b"]).contains("- Made it good"));
    let show = sandbox.harness(&["show", "--full", "p-1"]).exits(0);
    for text in [
        "1800 tokens in (1200 more from the cache), 60 out",
        "cost unknown",
        "mind the gap",
    ] {
        assert!(show.stdout.contains(text), "`{text}` is not in\n{}", show.stdout);
    }
    let json = sandbox.harness(&["models", "--json"]).exits(0);
    assert!(json.stdout.contains("codex-cli 0.169.0 gpt-5.4"), "{}", json.stdout);
}

#[test]
fn it_is_started_as_its_version_asks_and_held_by_our_fence_alone() {
    let sandbox = with_codex(
        "cat > /dev/null; printf '%s\\n' good \"$@\" > a.txt",
        "arguments = [\"--oss\"]\n",
    );
    let _ = sandbox.harness(&["run"]).exits(0);
    let words = sandbox.read("a.txt").replace('\n', " ");
    assert!(
        words.starts_with("good exec --json --ephemeral --ignore-user-config"),
        "{words}"
    );
    assert!(
        words.contains("--sandbox danger-full-access") && words.ends_with("- --oss "),
        "{words}"
    );
}

#[test]
fn a_proposal_is_applied_and_what_it_wrote_by_itself_is_not() {
    let edits = r#"{\"edits\":[{\"path\":\"a.txt\",\"content\":\"good\\n\",\"search\":null,\"replace\":null,\"move_to\":null,\"delete\":null}],\"summary\":[\"Made it good\"],\"notes\":[],\"stop\":null}"#;
    let script = format!(
        "cat > /dev/null; echo mine > b.txt; echo mine > a.txt
         for word; do case $word in *.schema.json) grep -q additionalProperties $word || exit 9;; esac; done
         cat <<'E'\n{{\"type\":\"item.completed\",\"item\":{{\"type\":\"agent_message\",\"text\":\"{edits}\"}}}}\nE
         echo '{USAGE}'"
    );
    let sandbox = with_codex(&script, "mode = \"propose\"\n");
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(
        (sandbox.read("a.txt"), sandbox.read("b.txt")),
        ("good\n".to_owned(), "x\n".to_owned())
    );
    assert!(sandbox.git(&["log", "-1", "--format=%b"]).contains("- Made it good"));
    assert_eq!(
        sandbox.git(&["show", "--name-only", "--format=", "HEAD"]),
        ".harness/ledger/p-1.toml\na.txt"
    );
}

#[test]
fn a_server_that_fails_counts_for_nothing_and_a_window_that_is_too_small_does() {
    let failing = |words: &str| {
        format!(
            "cat > /dev/null
             echo '{{\"type\":\"error\",\"message\":\"Reconnecting... 1/5\"}}'
             echo '{{\"type\":\"turn.failed\",\"error\":{{\"message\":\"{words}\"}}}}'
             exit 1"
        )
    };
    let sandbox = with_codex(&failing("unexpected status 401 Unauthorized: no such key"), "");
    let run = sandbox.harness(&["run"]);
    assert_ne!(run.code, 0);
    assert!(
        run.stderr.contains("does not accept the key: status 401"),
        "{}",
        run.stderr
    );
    assert_eq!(sandbox.state("p-1"), "ready", "nobody is blamed for the server");
    let long = failing("Codex ran out of room in the model is context window.");
    let sandbox = with_codex(&long.replace("model is", "model'\"'\"'s"), "");
    let _ = sandbox.harness(&["run"]);
    let show = sandbox.harness(&["show", "p-1"]).exits(0);
    assert!(show.stdout.contains("the packet does not fit"), "{}", show.stdout);
}

#[test]
fn a_program_that_ends_badly_or_too_late_fails_its_attempt_by_name() {
    let sandbox = with_codex("cat > /dev/null; echo good > a.txt; echo it broke >&2; exit 3", "");
    let _ = sandbox.harness(&["run"]);
    let show = sandbox.harness(&["show", "p-1"]).exits(0);
    assert!(
        show.stdout.contains("the Builder ended with status 3"),
        "{}",
        show.stdout
    );
    let sandbox = with_codex("cat > /dev/null; sleep 600", "timeout = \"1s\"\n");
    let _ = sandbox.harness(&["run"]);
    let show = sandbox.harness(&["show", "p-1"]).exits(0);
    assert!(show.stdout.contains("was ended after 1 s"), "{}", show.stdout);
}

#[test]
fn a_version_that_lacks_a_flag_is_told_and_nobody_is_blamed() {
    let sandbox = with_codex("exit 9", "");
    sandbox.script(
        "codex",
        "case \"$*\" in --version) echo codex-cli 0.1.0;; 'exec --help') echo '--model';; *) exit 9;; esac",
    );
    let run = sandbox.harness(&["run"]);
    assert_ne!(run.code, 0);
    assert!(
        run.stderr.contains("this version of codex has no `--json`"),
        "{}",
        run.stderr
    );
    assert_eq!(sandbox.state("p-1"), "ready");
}

#[test]
fn an_architect_may_be_an_agent_program_and_changes_nothing() {
    let script = format!(
        "cat > \"$TMPDIR/packet\"
         if grep -q '^diagnosis' \"$TMPDIR/packet\" || grep -qi architect \"$TMPDIR/packet\"; then
           echo mine > b.txt
           {}
         else
           echo bad > a.txt
         fi
         echo '{USAGE}'",
        said("diagnosis: it says bad\\\\ninstructions: make a.txt say good")
    );
    let sandbox = with_codex(&script, "");
    let config = sandbox.beside("config/git-harness/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("[roles]\n", "[roles]\narchitect = \"c\"\n")).unwrap();
    let _ = sandbox.harness(&["run"]);
    let show = sandbox.harness(&["show", "--full", "p-1"]).exits(0);
    assert!(show.stdout.contains("make a.txt say good"), "{}", show.stdout);
    assert_eq!(sandbox.read("b.txt"), "x\n");
}

#[test]
fn what_a_program_cannot_do_is_a_mistake_of_the_configuration() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    for (text, why) in [
        ("agent = \"cline\"", "aider"),
        ("agent = \"aider\"\nmode = \"propose\"", "aider only edits"),
        (
            "agent = \"gemini\"\ngateway = \"m\"",
            "gemini speaks to its own servers only",
        ),
        (
            "agent = \"codex\"\nanswer = \"files\"",
            "an agent builder has no `answer`",
        ),
        ("kind = \"agent\"", "does not say which agent program it is"),
    ] {
        sandbox.configure(&format!(
            "[models.m]\nprovider = \"openai\"\nmodel = \"x\"\n[builders.b]\n{text}\n"
        ));
        let status = sandbox.harness(&["status"]);
        assert!(status.stderr.contains(why), "`{why}` is not in\n{}", status.stderr);
    }
}
