//! What is seen of the user's own folders inside the fence: what builds need, and nothing that nobody named.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::sandbox::{Sandbox, one_card};

/// The tiers that hide anything.
const TIERS: [&str; 2] = ["", "overlay"];

fn write(dir: &Path, file: &str, text: &str) {
    let file = dir.join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn sandbox(tier: &'static str) -> Sandbox {
    let sandbox = Sandbox::new(&[("src/a.txt", "x\n")]).without(tier);
    sandbox.import("p.json", &one_card("p-1", "src/**", "true"));
    sandbox
}

/// What a Builder could read of these files of the home folder.
fn readable(sandbox: &Sandbox, files: &[&str]) -> Vec<String> {
    let list = files.join(" ");
    let script =
        format!("for f in {list}; do grep -qs . \"$HOME/$f\" && echo $f; done > src/a.txt; echo end >> src/a.txt");
    let _ = sandbox.harness(&["exec", "p-1", "--", "sh", "-c", &script]).exits(0);
    let seen = sandbox.git(&["show", "main:src/a.txt"]);
    seen.lines().filter(|line| *line != "end").map(str::to_owned).collect()
}

#[test]
fn what_nobody_named_is_not_seen() {
    for tier in TIERS {
        let sandbox = sandbox(tier);
        let home = sandbox.beside("home");
        let secret = [
            ".vault-token",
            ".newtool/credentials",
            ".config/newtool/auth.json",
            ".local/share/newtool/token",
            ".cache/huggingface/token",
            ".cargo/credentials.toml",
            ".cargo/token-of-tomorrow",
            ".m2/settings-security.xml",
            ".m2/settings.xml",
            ".gradle/gradle.properties",
            ".gradle/keys/k",
            ".npm/token",
            ".npmrc",
            ".bash_history",
            "access-keys.csv",
            "link",
        ];
        for file in &secret[..secret.len() - 1] {
            write(&home, file, "password = x\n");
        }
        symlink(home.join(".newtool/credentials"), home.join("link")).unwrap();
        let open = [
            ".cargo/registry/x",
            ".cargo/config.toml",
            ".m2/repository/x",
            ".gradle/caches/x",
            ".npm/_cacache/x",
            ".rustup/x",
            ".cache/huggingface/hub/x",
            ".local/bin/x",
            "work/x",
        ];
        for file in open {
            write(&home, file, "harmless\n");
        }
        let all: Vec<&str> = secret.iter().chain(&open).copied().collect();
        assert_eq!(readable(&sandbox, &all), open, "without {tier:?}");
    }
}

#[test]
fn the_user_shows_and_hides_more() {
    for tier in TIERS {
        let sandbox = sandbox(tier);
        let home = sandbox.beside("home");
        for file in [".tool/lib/x", ".tool-more/x", "work/x", "work/keys/x"] {
            write(&home, file, "x");
        }
        write(
            &sandbox.beside("config"),
            "git-harness/config.toml",
            "[fence]\nshow = [\"~/.tool\"]\nhide = [\"~/work/keys\"]\n",
        );
        let seen = readable(&sandbox, &[".tool/lib/x", ".tool-more/x", "work/x", "work/keys/x"]);
        assert_eq!(seen, [".tool/lib/x", "work/x"], "without {tier:?}");
    }
}

/// A program on the path finds what lies beside it, whatever its folder is called.
#[test]
fn a_program_on_the_path_brings_its_own() {
    for tier in TIERS {
        let sandbox = sandbox(tier);
        let home = sandbox.beside("home");
        for file in [".odd/bin/x", ".odd/lib/x", ".odd/auth"] {
            write(&home, file, "x");
        }
        let path = std::env::var("PATH").unwrap();
        let script = "for f in bin/x lib/x auth; do grep -qs . \"$HOME/.odd/$f\" && echo $f; done > src/a.txt; true";
        let mut command = sandbox.harness_command();
        command
            .args(["exec", "p-1", "--", "sh", "-c", script])
            .env("PATH", format!("{}:{path}", home.join(".odd/bin").display()));
        let _ = Sandbox::outcome_of(command).exits(0);
        assert_eq!(
            sandbox.git(&["show", "main:src/a.txt"]),
            "bin/x\nlib/x",
            "without {tier:?}"
        );
    }
}

/// Of the real repository only the objects are seen, which the copy's own one borrows: settings of the clone, of its
/// worktrees and of its submodules hold passwords now and then.
#[test]
fn the_real_repository_shows_its_objects_alone() {
    for tier in TIERS {
        let sandbox = sandbox(tier);
        let git = sandbox.repo().join(".git");
        let secret = [
            "config",
            "config.worktree",
            "modules/lib/config",
            "modules/deep/lib/config.worktree",
            "worktrees/other/config.worktree",
            "remotes/old",
            "of-tomorrow",
        ];
        for file in &secret[1..] {
            write(
                &git,
                file,
                "[remote \"x\"]\n\turl = https://me:password@example.invalid/\n",
            );
        }
        let all = secret.map(|file| git.join(file).display().to_string()).join(" ");
        let script = format!(
            "for f in {all}; do grep -qs . \"$f\" && echo \"$f\"; done > src/a.txt; git log -1 --format=%s >> src/a.txt; \
             git cat-file -e HEAD:src/a.txt && echo end >> src/a.txt"
        );
        let _ = sandbox.harness(&["exec", "p-1", "--", "sh", "-c", &script]).exits(0);
        let subject = sandbox.git(&["log", "-1", "--format=%s", "main~1"]);
        assert_eq!(
            sandbox.git(&["show", "main:src/a.txt"]),
            format!("{subject}\nend"),
            "without {tier:?}"
        );
    }
}

/// npm 2 to 4 kept a folder for each package there, and the order to the fence names each.
#[test]
fn a_cache_of_very_many_things_is_no_reason_to_run_nothing() {
    for tier in TIERS {
        let sandbox = sandbox(tier);
        let home = sandbox.beside("home");
        for number in 1..=1500 {
            fs::create_dir_all(home.join(format!(".npm/some-package-with-an-ordinary-name-{number}"))).unwrap();
        }
        write(&home, ".npm/token", "password = x\n");
        assert_eq!(readable(&sandbox, &[".npm/token"]), Vec::<String>::new(), "{tier:?}");
    }
}
