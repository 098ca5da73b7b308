//! What one clone has and no other: settings, ignored files, files that cannot be read. None of it decides in silence.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::sandbox::{Sandbox, one_card};

fn verify(sandbox: &Sandbox, code: i32) -> bool {
    let outcome = sandbox.harness(&["verify", "--json"]).exits(code);
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    json["reused"].as_bool().unwrap()
}

const SETTINGS: [(&str, &str); 8] = [
    ("core.autocrlf", "true"),
    ("core.eol", "crlf"),
    ("core.safecrlf", "true"),
    ("core.symlinks", "false"),
    ("core.fileMode", "false"),
    ("core.ignoreCase", "true"),
    ("core.attributesFile", "/dev/null"),
    ("core.quotePath", "false"),
];

/// A repository whose check looks at bytes, rights and links.
fn looked_at() -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "one\n"), ("s.sh", "#!/bin/sh\n")]);
    fs::set_permissions(sandbox.repo().join("s.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("a.txt", sandbox.repo().join("link")).unwrap();
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "A program and a link"]);
    sandbox.configure("[checks]\nalways = [\"bytes\"]\n[checks.bytes]\nrun = \"test $(wc -c < a.txt) = 4 && test -x s.sh && test -L link && test -z \\\"$(git status --porcelain)\\\"\"\n");
    let _ = sandbox.harness(&["trust"]).exits(0);
    sandbox
}

#[test]
fn settings_of_a_clone_show_in_no_copy() {
    let sandbox = looked_at();
    for (key, value) in SETTINGS {
        sandbox.git(&["config", key, value]);
    }
    assert!(!verify(&sandbox, 0), "it was run, and saw nothing of them");
    for (key, _) in SETTINGS {
        sandbox.git(&["config", "--unset", key]);
        assert!(verify(&sandbox, 0), "{key}: known without it as well");
    }
}

#[test]
fn line_ends_of_a_fresh_clone_of_the_user_are_part_of_the_key() {
    let sandbox = looked_at();
    assert!(!verify(&sandbox, 0));
    sandbox.git(&["config", "--global", "core.autocrlf", "true"]);
    assert!(!verify(&sandbox, 1), "other line ends are seen");
    sandbox.git(&["config", "--global", "core.autocrlf", "false"]);
    assert!(verify(&sandbox, 0));
}

#[test]
fn a_failed_check_names_what_git_ignores_and_no_copy_has() {
    let sandbox = Sandbox::new(&[
        ("a.txt", "x\n"),
        (".gitignore", "/node_modules\n/.env\n/target\n*.log\n"),
    ]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", &one_card("p-1", "*.txt", "test -f node_modules/x"));
    fs::create_dir(sandbox.repo().join("node_modules")).unwrap();
    sandbox.write("node_modules/x", "x\n");
    sandbox.write(".env", "A=1\n");
    let doctor = sandbox.harness(&["doctor"]);
    assert!(doctor.stdout.contains("not .env, node_modules/"), "{}", doctor.stdout);
    let _ = sandbox.harness(&["start", "p-1"]).exits(0);
    sandbox.write("a.txt", "y\n");
    let said = "has nothing that git ignores: not .env, node_modules/; what a check needs of it, `setup` in [slot]";
    let _ = sandbox.harness(&["submit"]).exits(1).says(said);
    let commit = sandbox.try_git(&["commit", "-qam", "Mine"]);
    assert!(commit.code == 1 && commit.stderr.contains(said), "{}", commit.stderr);
}

#[test]
fn what_submit_cannot_read_is_refused_by_name() {
    if rustix::process::geteuid().is_root() {
        return eprintln!("skipped: root reads everything; .ci/ordinary runs this as somebody else");
    }
    let sandbox = Sandbox::new(&[("src/a.txt", "x\n")]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", &one_card("p-1", "src/**", "true"));
    let _ = sandbox.harness(&["start", "p-1"]).exits(0);
    sandbox.write("src/a.txt", "y\n");
    sandbox.write("src/bad.txt", "bad\n");
    let bad = sandbox.repo().join("src/bad.txt");
    fs::set_permissions(&bad, fs::Permissions::from_mode(0o000)).unwrap();
    let before = sandbox.git(&["rev-parse", "main"]);
    let _ = sandbox.harness(&["submit"]).exits(1).says("src/bad.txt");
    assert_eq!(sandbox.git(&["rev-parse", "main"]), before);
    fs::set_permissions(&bad, fs::Permissions::from_mode(0o644)).unwrap();
    let _ = sandbox.harness(&["submit"]).exits(0);
    assert_eq!(sandbox.git(&["show", "main:src/bad.txt"]), "bad");
}

#[test]
fn files_of_tools_that_nobody_has_listed_are_opened_by_their_name_alone() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    let unknown = [
        ".sometool",
        ".sometool/x",
        "sometool.config.js",
        "sometool.conf.yml",
        "Somefile",
    ];
    for (number, path) in unknown.into_iter().enumerate() {
        let (all, named) = (format!("all-{number}"), format!("named-{number}"));
        sandbox.import(&format!("{all}.json"), &one_card(&all, "**", "true"));
        sandbox.import(&format!("{named}.json"), &one_card(&named, path, "true"));
        let script = format!("mkdir -p $(dirname {path}); echo {number} > {path}");
        let build = |task: &str| sandbox.harness(&["exec", task, "--", "sh", "-c", &script]);
        let _ = build(&all).exits(1).says("protected");
        assert!(sandbox.try_git(&["cat-file", "-e", &format!("main:{path}")]).code != 0);
        let _ = build(&named).exits(0);
        sandbox.git(&["rm", "-q", path]);
        sandbox.git(&["commit", "-qm", "Away"]);
    }
    // Deeper down such names are fixtures, documents and code.
    sandbox.import("deep.json", &one_card("deep", "**", "true"));
    let deep = "mkdir -p src/.fixture; echo x > src/.fixture/.x; echo x > src/app.config.ts; echo x > README";
    let _ = sandbox.harness(&["exec", "deep", "--", "sh", "-c", deep]).exits(0);
}
