//! Hooks of agent programs: an edit outside of the open card is refused before it happens, in each program's own words.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::sandbox::{Sandbox, one_card};

const PROGRAMS: [&str; 4] = ["claude", "codex", "gemini", "cursor"];

/// A repository whose task p-1 is open and allows `src/*.txt`.
fn working() -> Sandbox {
    let sandbox = Sandbox::new(&[("src/a.txt", "x\n"), ("b.txt", "x\n"), ("Makefile", "all:\n")]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", &one_card("p-1", "src/*.txt", "grep -qr good src"));
    let _ = sandbox.harness(&["start", "p-1"]).exits(0);
    sandbox
}

/// What a program sends before it writes a file, with everything that its version of 2026 sends besides.
fn before_writing(program: &str, cwd: &Path, file: &str) -> Value {
    let cwd = cwd.to_str().unwrap();
    match program {
        "claude" => json!({
            "session_id": "9b2b6b7e-6d1f-4a0b-9c58-3a1a8f0c2f10",
            "transcript_path": "/home/ann/.claude/projects/repo/9b2b6b7e.jsonl",
            "cwd": cwd,
            "permission_mode": "acceptEdits",
            "hook_event_name": "PreToolUse",
            "tool_name": "Edit",
            "tool_input": {"file_path": file, "old_string": "x", "new_string": "good", "replace_all": false},
            "tool_use_id": "toolu_01ABC",
        }),
        "codex" => json!({
            "session_id": "0199a213", "turn_id": "1", "transcript_path": null, "cwd": cwd,
            "hook_event_name": "PreToolUse", "model": "gpt-5.4", "permission_mode": "bypassPermissions",
            "tool_name": "apply_patch",
            "tool_input": {"command": format!("*** Begin Patch\n*** Update File: {file}\n@@\n-x\n+good\n*** End Patch\n")},
            "tool_use_id": "call_1",
        }),
        "gemini" => json!({
            "session_id": "s", "transcript_path": "/home/ann/.gemini/tmp/x.json", "cwd": cwd,
            "hook_event_name": "BeforeTool", "timestamp": "2026-09-01T10:00:00.000Z",
            "tool_name": "replace",
            "tool_input": {"file_path": file, "instruction": "mend", "old_string": "x", "new_string": "good"},
        }),
        "cursor" => json!({
            "conversation_id": "c", "generation_id": "g", "model": "m", "hook_event_name": "preToolUse",
            "cursor_version": "2.4.1", "workspace_roots": [cwd], "user_email": null, "transcript_path": null,
            "tool_name": "Write", "tool_input": {"file_path": file, "content": "good\n"},
            "tool_use_id": "t", "cwd": "",
        }),
        other => panic!("no payload for {other}"),
    }
}

struct Said {
    code: i32,
    stdout: String,
    stderr: String,
}

fn ask_in(sandbox: &Sandbox, dir: &Path, program: &str, input: &[u8]) -> Said {
    let mut command: Command = sandbox.harness_command();
    let mut child = command
        .current_dir(dir)
        .args(["hook", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A hook that does not exist reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Asks as a program does that was started at the repository's top.
fn ask(sandbox: &Sandbox, program: &str, file: &str) -> Said {
    let repo = sandbox.repo();
    let call = before_writing(program, &repo, file).to_string();
    ask_in(sandbox, &repo, program, call.as_bytes())
}

fn is_allowed(said: &Said, program: &str) {
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{program}");
    let wanted = match program {
        "gemini" => "{}\n",
        "cursor" => "{\"permission\":\"allow\"}\n",
        _ => "",
    };
    assert_eq!(said.stdout, wanted, "{program}");
}

fn is_refused(said: &Said, program: &str, why: &str) {
    assert_eq!(said.code, 2, "{program}: {}", said.stderr);
    assert!(said.stderr.contains(why), "{program}: {}", said.stderr);
    match program {
        "cursor" => {
            let reply: Value = serde_json::from_str(&said.stdout).unwrap();
            assert_eq!(reply["permission"], "deny");
            assert!(reply["agent_message"].as_str().unwrap().contains(why));
        }
        _ => assert_eq!(said.stdout, "", "{program}"),
    }
}

#[test]
fn each_program_may_edit_what_the_card_allows_and_nothing_else() {
    let sandbox = working();
    for program in PROGRAMS {
        is_allowed(&ask(&sandbox, program, "src/a.txt"), program);
        is_allowed(&ask(&sandbox, program, "src/new.txt"), program);
        let said = ask(&sandbox, program, "b.txt");
        is_refused(&said, program, "task p-1 does not allow this edit");
        is_refused(&said, program, "b.txt: outside the card's allowed files");
        is_refused(&said, program, "allowed: src/*.txt");
    }
}

#[test]
fn every_form_of_a_path_is_judged_by_where_it_leads() {
    let sandbox = working();
    let repo = sandbox.repo();
    let at = |path: &str| repo.join(path).to_str().unwrap().to_owned();
    std::fs::create_dir(sandbox.beside("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", repo.join("src/out")).unwrap();
    std::os::unix::fs::symlink("../b.txt", repo.join("src/link.txt")).unwrap();
    std::os::unix::fs::symlink(&repo, sandbox.beside("door")).unwrap();
    for (path, allowed) in [
        (at("src/a.txt"), true),
        (at("b.txt"), false),
        ("./src/../src/a.txt".to_owned(), true),
        (at("src/../b.txt"), false),
        (sandbox.beside("door/src/a.txt").to_str().unwrap().to_owned(), true),
        (sandbox.beside("door/b.txt").to_str().unwrap().to_owned(), false),
        ("src/link.txt".to_owned(), false),
        ("src/out/x.txt".to_owned(), false),
        ("src/out/../a.txt".to_owned(), false),
        ("../repo/src/a.txt".to_owned(), true),
        ("../elsewhere/a.txt".to_owned(), false),
        ("/etc/hosts".to_owned(), false),
        ("~/.bashrc".to_owned(), false),
        (".git/hooks/pre-commit".to_owned(), false),
        (".harness/config.toml".to_owned(), false),
        ("src/Makefile".to_owned(), false),
        ("src/nul.txt".to_owned(), false),
        ("src/A.txt".to_owned(), false),
        ("src".to_owned(), false),
        (".".to_owned(), false),
    ] {
        for program in ["claude", "codex"] {
            let said = ask(&sandbox, program, &path);
            assert_eq!(said.code == 0, allowed, "{program} {path}: {}", said.stderr);
        }
    }
}

#[test]
fn a_program_that_works_in_a_folder_below_or_in_another_worktree_is_judged_there() {
    let sandbox = working();
    let repo = sandbox.repo();
    let below = repo.join("src");
    let call = before_writing("claude", &below, "../b.txt").to_string();
    is_refused(
        &ask_in(&sandbox, &below, "claude", call.as_bytes()),
        "claude",
        "b.txt: outside",
    );
    let call = before_writing("claude", &below, "a.txt").to_string();
    is_allowed(&ask_in(&sandbox, &below, "claude", call.as_bytes()), "claude");
    // No task is open in the linked worktree, so it is free, and it is no way into the other one.
    let linked = sandbox.beside("linked");
    sandbox.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "side"]);
    let call = before_writing("claude", &linked, "b.txt").to_string();
    is_allowed(&ask_in(&sandbox, &linked, "claude", call.as_bytes()), "claude");
    let call = before_writing("claude", &linked, repo.join("b.txt").to_str().unwrap()).to_string();
    is_refused(
        &ask_in(&sandbox, &linked, "claude", call.as_bytes()),
        "claude",
        "b.txt: outside",
    );
    let _ = sandbox.harness(&["release", "p-1"]).exits(0);
    is_allowed(&ask(&sandbox, "claude", "b.txt"), "claude");
    // A folder of no repository at all.
    let elsewhere = sandbox.beside("home");
    let call = before_writing("gemini", &elsewhere, "notes.txt").to_string();
    is_allowed(&ask_in(&sandbox, &elsewhere, "gemini", call.as_bytes()), "gemini");
}

#[test]
fn build_output_and_what_the_project_calls_incidental_is_nobodys_business() {
    let sandbox = working();
    is_allowed(&ask(&sandbox, "claude", "out/log.txt"), "claude");
    let _ = sandbox.harness(&["release", "p-1"]).exits(0);
    sandbox.configure("[policy]\nincidental = [\"*.snap\"]\n");
    let _ = sandbox.harness(&["start", "p-1"]).exits(0);
    is_allowed(&ask(&sandbox, "claude", "a.snap"), "claude");
    is_refused(&ask(&sandbox, "claude", "a.snip"), "claude", "a.snip: outside");
}

#[test]
fn every_file_of_a_patch_counts() {
    let sandbox = working();
    let repo = sandbox.repo();
    for (body, why) in [
        (
            "*** Update File: src/a.txt\n*** Move to: b2.txt\n@@\n-x\n+good",
            "b2.txt: outside",
        ),
        (
            "*** Add File: src/new.txt\n+x\n*** Delete File: b.txt",
            "b.txt: outside",
        ),
        ("*** Delete File: Makefile", "Makefile: protected"),
    ] {
        let mut call = before_writing("codex", &repo, "");
        call["tool_input"]["command"] = json!(format!("*** Begin Patch\n{body}\n*** End Patch"));
        is_refused(
            &ask_in(&sandbox, &repo, "codex", call.to_string().as_bytes()),
            "codex",
            why,
        );
        // The same patch on a command line.
        call["tool_name"] = json!("Bash");
        call["tool_input"]["command"] = json!(format!("apply_patch <<'E'\n*** Begin Patch\n{body}\n*** End Patch\nE"));
        is_refused(
            &ask_in(&sandbox, &repo, "codex", call.to_string().as_bytes()),
            "codex",
            why,
        );
    }
}

#[test]
fn what_cannot_be_read_is_refused_and_what_is_no_edit_passes() {
    let sandbox = working();
    let repo = sandbox.repo();
    let call = |change: &dyn Fn(&mut Value)| {
        let mut call = before_writing("claude", &repo, "src/a.txt");
        change(&mut call);
        call.to_string().into_bytes()
    };
    for (input, why) in [
        (Vec::new(), "what claude sent is no JSON"),
        (b"\xff\xfe".to_vec(), "what claude sent is no JSON"),
        (b"{\"tool_name\": \"Edit\"".to_vec(), "what claude sent is no JSON"),
        (b"{}".to_vec(), "has no `hook_event_name`"),
        (
            call(&|call| call["tool_input"] = json!({"path": "src/a.txt"})),
            "does not say on which file",
        ),
        (
            call(&|call| call["tool_input"]["file_path"] = json!(["src/a.txt"])),
            "does not say on which file",
        ),
        (
            call(&|call| call["tool_input"]["file_path"] = json!("a\u{0}b")),
            "is no name of a file",
        ),
    ] {
        is_refused(&ask_in(&sandbox, &repo, "claude", &input), "claude", why);
    }
    for tool in ["Read", "Bash", "Grep", "mcp__github__create_issue"] {
        let input = call(&|call| call["tool_name"] = json!(tool));
        is_allowed(&ask_in(&sandbox, &repo, "claude", &input), "claude");
    }
    let with_mark = [
        b"\xef\xbb\xbf".to_vec(),
        before_writing("cursor", &repo, "b.txt").to_string().into_bytes(),
    ];
    is_refused(
        &ask_in(&sandbox, &repo, "cursor", &with_mark.concat()),
        "cursor",
        "b.txt: outside",
    );
    let unknown = ask_in(&sandbox, &repo, "aider", b"{}");
    assert_eq!(unknown.code, 1);
    assert!(
        unknown.stderr.contains("there is no hook `aider`"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn nothing_is_changed_while_a_task_waits_for_a_person() {
    let sandbox = working();
    let reviewed = one_card("q-1", "b.txt", "true").replace("\"title\"", "\"review\": \"person\", \"title\"");
    sandbox.import("q.json", &reviewed);
    let _ = sandbox.harness(&["release", "p-1"]).exits(0);
    let _ = sandbox.harness(&["start", "q-1"]).exits(0);
    is_allowed(&ask(&sandbox, "claude", "b.txt"), "claude");
    sandbox.write("b.txt", "ready\n");
    let _ = sandbox.harness(&["submit"]).exits(4).says("waits for review");
    let said = ask(&sandbox, "claude", "b.txt");
    is_refused(&said, "claude", "task q-1 is needs_review: it waits for a person");
}

#[test]
fn a_reason_can_neither_colour_nor_hide() {
    let sandbox = working();
    let said = ask(&sandbox, "gemini", "b\u{1b}[2J\u{202e}.txt");
    assert_eq!(said.code, 2);
    assert!(!said.stderr.contains(['\u{1b}', '\u{202e}']), "{:?}", said.stderr);
}

#[test]
fn init_puts_the_hook_beside_what_is_there_and_once() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let mine = "{\n\t\"model\": \"opus\",\n\t\"hooks\": {\n\t\t\"Stop\": []\n\t}\n}\n";
    sandbox.write(".claude/settings.json", mine);
    sandbox.write(".gemini/settings.json", "{\n  // mine\n  \"theme\": \"dark\"\n}\n");
    let said = sandbox
        .harness(&["init", "--agents=claude,codex,gemini,cursor"])
        .exits(0);
    for line in [
        "added the hook to .claude/settings.json",
        "wrote .codex/hooks.json",
        "wrote .cursor/hooks.json",
        ".gemini/settings.json stays as it is: it is no plain JSON",
        "\"command\": \"git-harness hook gemini\"",
    ] {
        assert!(said.stdout.contains(line), "`{line}` is not in\n{}", said.stdout);
    }
    let claude = sandbox.read(".claude/settings.json");
    assert!(claude.starts_with(mine.trim_end_matches("\n\t}\n}\n")), "{claude}");
    assert!(sandbox.read(".gemini/settings.json").contains("// mine"));
    let again = sandbox.harness(&["init", "--agents", "--no-hooks"]).exits(0);
    assert_eq!(
        again.stdout.matches("calls the hook already").count(),
        3,
        "{}",
        again.stdout
    );
    assert_eq!(sandbox.read(".claude/settings.json"), claude);
    let _ = sandbox
        .harness(&["init", "--agents=aider"])
        .exits(2)
        .says("possible values: claude");
}

#[test]
fn what_init_writes_calls_a_hook_that_refuses() {
    let sandbox = working();
    let _ = sandbox.harness(&["init", "--agents=cursor"]).exits(0);
    let settings: Value = serde_json::from_str(&sandbox.read(".cursor/hooks.json")).unwrap();
    let command = settings["hooks"]["preToolUse"][0]["command"].as_str().unwrap();
    let words: Vec<&str> = command.split(' ').collect();
    assert_eq!(words[..2], ["git-harness", "hook"]);
    is_refused(&ask(&sandbox, words[2], "b.txt"), "cursor", "b.txt: outside");
}

#[test]
fn a_program_inside_of_the_fence_may_ask_too() {
    let sandbox = Sandbox::new(&[("src/a.txt", "x\n"), ("b.txt", "x\n")]);
    let program = Sandbox::program();
    // It asks before each edit, and does what it is told.
    let ask = |path: &str| {
        let call = json!({
            "hook_event_name": "PreToolUse", "cwd": "HERE", "tool_name": "Write", "tool_input": {"file_path": path},
        });
        format!(
            "printf '%s' '{call}' | sed \"s|HERE|$PWD|\" | '{}' hook claude 2>> said; echo \"{path} $?\" >> said\n",
            program.display()
        )
    };
    let script = [ask("src/a.txt"), ask("b.txt"), ask("src/build.rs"), ask("/etc/x")].concat();
    let script = sandbox.script("builder.sh", &format!("{script}mv said src/a.txt"));
    let own = sandbox.beside("config/git-harness");
    std::fs::create_dir_all(&own).unwrap();
    let config = format!("[roles]\nbuilder = \"b\"\n[builders.b]\nrun = [\"{script}\"]\n");
    std::fs::write(own.join("config.toml"), config).unwrap();
    sandbox.import("p.json", &one_card("p-1", "src/**", "true"));
    let _ = sandbox.harness(&["run"]).exits(0);
    let said = sandbox.read("src/a.txt");
    for line in [
        "src/a.txt 0",
        "b.txt: outside the card's allowed files",
        "b.txt 2",
        "src/build.rs: protected (build.rs)",
        "src/build.rs 2",
        // Nothing outside of its folder can be written, and that is not for a hook to say.
        "/etc/x 0",
    ] {
        assert!(said.contains(line), "`{line}` is not in\n{said}");
    }
}
