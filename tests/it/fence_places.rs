//! The fence where things lie in unusual places: long and odd paths, an ordinary user's closed folders, and a program that
//! an upgrade replaces while it runs.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;

use super::sandbox::{ALL_TIERS, Sandbox, one_card};

const TIERS: [&str; 3] = ["", "overlay", ALL_TIERS];

/// A path for temporary files that leaves room for a socket's name, for Builders and checks.
#[test]
fn a_socket_fits_into_the_folder_for_temporary_files() {
    let bind = "test ${#TMPDIR} -le 40 && python3 -c 'import os, socket, tempfile
place = tempfile.mkdtemp(prefix=\"org.chromium.Chromium.\")
s = socket.socket(socket.AF_UNIX); s.bind(os.path.realpath(place) + \"/\" + \"s\" * 40)'";
    for tier in TIERS {
        let sandbox = Sandbox::new(&[("src/a.txt", "x\n"), ("check.sh", bind)]).without(tier);
        sandbox.import("p.json", &one_card("p-1", "src/**", "sh check.sh"));
        let builder = format!("{bind} && echo y > src/a.txt && echo $TMPDIR > src/tmp");
        let _ = sandbox.harness(&["exec", "p-1", "--", "sh", "-c", &builder]).exits(0);
        // Nothing of it is left when the command has ended.
        let place = sandbox.git(&["show", "main:src/tmp"]);
        assert!(!std::path::Path::new(&place).exists() || place == "/tmp", "{place}");
    }
}

#[test]
fn a_repository_whose_path_is_no_text_is_worked_in() {
    for tier in TIERS {
        let sandbox = Sandbox::new(&[("src/a.txt", "x\n")]).without(tier);
        let place = sandbox.beside("odd").join(OsString::from_vec(b"caf\xe9 \xff".to_vec()));
        fs::create_dir(sandbox.beside("odd")).unwrap();
        fs::rename(sandbox.repo(), &place).unwrap();
        let plan = sandbox.beside("p.json");
        fs::write(&plan, one_card("p-1", "src/**", "grep -rqx y .")).unwrap();
        let _ = sandbox
            .harness_in(&place, &["plan", "import", "--commit", plan.to_str().unwrap()])
            .exits(0);
        let words = ["exec", "p-1", "--", "sh", "-c", "echo y > src/a.txt"];
        let _ = sandbox.harness_in(&place, &words).exits(0);
        assert_eq!(
            sandbox.git_in(&place, &["show", "main:src/a.txt"]),
            "y",
            "without {tier:?}"
        );
    }
}

/// The rest of a command goes on with the program that it began with.
#[test]
fn an_upgrade_in_the_middle_of_a_command_does_not_end_it() {
    for tier in TIERS {
        let sandbox = Sandbox::new(&[("src/a.txt", "x\n")]).without(tier);
        sandbox.import("p.json", &one_card("p-1", "src/**", "grep -rqx y ."));
        let own = sandbox.copy_of_program("program");
        // Whoever upgrades is no Builder: it is told by a pipe when the time has come.
        let ready = sandbox.beside("home/ready");
        fs::create_dir(&ready).unwrap();
        let mut command = sandbox.command(&own, &sandbox.repo());
        command
            .args([
                "exec",
                "p-1",
                "--",
                "sh",
                "-c",
                "until test -e \"$HOME/ready/go\"; do sleep 0.02; done; echo y > src/a.txt",
            ])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let child = command.spawn().unwrap();
        // Written beside and moved, as installers do.
        let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let works = |pid: u32| {
            let path = format!("/proc/{pid}/task/{pid}/children");
            fs::read_to_string(path).is_ok_and(|children| !children.trim().is_empty())
        };
        while !works(child.id()) && std::time::Instant::now() < until {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let next = sandbox.script("next", "exit 99\n");
        fs::rename(next, &own).unwrap();
        fs::write(ready.join("go"), "").unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "without {tier:?}: {said}");
    }
}

/// Folders that a Builder or a check leaves without rights are no obstacle to an ordinary user, who is held by them.
#[test]
fn folders_without_rights_stop_nobody() {
    if !rustix::process::geteuid().is_root() {
        return closed_folders(&[]);
    }
    // Root is held by no rights: the same as somebody else.
    closed_folders(&["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"]);
}

fn closed_folders(as_whom: &[&str]) {
    let leaves = [
        "mkdir -p cache/m && echo x > cache/m/f && chmod 555 cache",
        "mkdir -p out/d/e && chmod 000 out/d/e && chmod 000 out/d",
        "chmod 555 src",
    ];
    for script in leaves {
        let sandbox = Sandbox::new(&[("src/a.txt", "x\n"), ("src/b/c.txt", "x\n")]);
        sandbox.write(".gitignore", "/out\n/cache\n");
        sandbox.configure("");
        sandbox.import(
            "p.json",
            &one_card("p-1", "src/**", &format!("grep -rqx y . && {script}")),
        );
        if !as_whom.is_empty() {
            let own = std::process::Command::new("chown")
                .args(["-R", "1234:1234"])
                .arg(sandbox.beside(""))
                .status();
            assert!(own.unwrap().success());
        }
        let mut words: Vec<OsString> = as_whom.iter().map(OsString::from).collect();
        words.push(Sandbox::program().into());
        words.extend(["exec", "p-1", "--", "sh", "-c"].map(OsString::from));
        words.push(format!("echo y > src/a.txt; {script}").into());
        let mut command = sandbox.command(&words[0], &sandbox.repo());
        command.args(&words[1..]);
        let _ = Sandbox::outcome_of(command).exits(0);
    }
}
