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
    let places: [&[u8]; 3] = [b"caf\xe9 \xff", b"line\nbreak", b"back\\slash \"quoted\""];
    for (tier, place) in TIERS.into_iter().flat_map(|tier| places.map(|place| (tier, place))) {
        let sandbox = Sandbox::new(&[("src/a.txt", "x\n")]).without(tier);
        let place = sandbox.beside("odd").join(OsString::from_vec(place.to_vec()));
        fs::create_dir(sandbox.beside("odd")).unwrap();
        fs::rename(sandbox.repo(), &place).unwrap();
        let plan = sandbox.beside("p.json");
        fs::write(&plan, one_card("p-1", "src/**", "grep -rqx y . && git log -1")).unwrap();
        let _ = sandbox
            .harness_in(&place, &["plan", "import", "--commit", plan.to_str().unwrap()])
            .exits(0);
        let words = ["exec", "p-1", "--", "sh", "-c", "git log -1 && echo y > src/a.txt"];
        let _ = sandbox.harness_in(&place, &words).exits(0);
        assert_eq!(
            sandbox.git_in(&place, &["show", "main:src/a.txt"]),
            "y",
            "{place:?} without {tier:?}"
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
        let until = std::time::Instant::now() + std::time::Duration::from_secs(300);
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

/// Programs with their owner's rights, which a Builder may leave in its copy, are out of reach for others.
#[test]
fn nobody_else_comes_to_the_copies() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new(&[("src/a.txt", "x\n")]);
    sandbox.import("p.json", &one_card("p-1", "src/**", "true"));
    let pool = || {
        let slots = fs::read_dir(sandbox.beside("cache/git-harness/slots")).unwrap();
        let mut clones = slots.map(|entry| entry.unwrap().path());
        clones.next().unwrap()
    };
    let mode = || fs::metadata(pool()).unwrap().permissions().mode() & 0o777;
    let _ = sandbox.harness(&["exec", "p-1", "--", "sh", "-c", "exit 3"]).exits(1);
    assert_eq!(mode(), 0o700);
    // As earlier versions made it.
    fs::set_permissions(pool(), fs::Permissions::from_mode(0o755)).unwrap();
    let _ = sandbox.harness(&["exec", "p-1", "--", "sh", "-c", "exit 3"]).exits(1);
    assert_eq!(mode(), 0o700);
}

/// A user's own folders that are links, or are named by way of others.
struct Roundabout {
    what: &'static str,
    /// Makes it, in the sandbox's folder.
    make: &'static str,
    /// What the command is told, by paths below the sandbox's folder; nothing of the name where empty.
    variables: &'static [(&'static str, &'static str)],
    /// Where what has to be seen and what must not be lies, as the user names it.
    cache: &'static str,
}

const ROUNDABOUT: [Roundabout; 5] = [
    Roundabout {
        what: "a linked cache folder",
        make: "mkdir -p disk/cache && ln -s ../disk/cache home/.cache",
        variables: &[("XDG_CACHE_HOME", "")],
        cache: "home/.cache",
    },
    Roundabout {
        what: "a linked home folder",
        make: "mkdir -p home/.cache && ln -s home me",
        variables: &[("HOME", "me"), ("XDG_CACHE_HOME", "")],
        cache: "me/.cache",
    },
    Roundabout {
        what: "a cache folder that is named by way of others",
        make: "mkdir -p disk home/.store/cache && ln -s home/.store store",
        variables: &[("XDG_CACHE_HOME", "disk/../store/../.store/cache")],
        cache: "disk/../store/../.store/cache",
    },
    Roundabout {
        what: "a linked folder for temporary files",
        make: "mkdir -p disk/for/temporary/files cache && ln -s disk/for/temporary/files t",
        variables: &[("TMPDIR", "t")],
        cache: "cache",
    },
    Roundabout {
        what: "links in links",
        make: "mkdir -p disk/cache disk/ssh && ln -s disk two && ln -s ../two/cache home/.cfg-cache && \
               ln -s .cfg-cache home/.cache && ln -s / home/machine && \
               ln -s ../disk/ssh home/.ssh && echo secret > disk/ssh/id",
        variables: &[("XDG_CACHE_HOME", "")],
        cache: "home/.cache",
    },
];

/// The walls of a machine do not depend on how its user's folders are named, and what has to be seen in them is.
#[test]
fn walls_stand_around_places_and_not_around_names() {
    std::thread::scope(|scope| {
        for tier in TIERS {
            scope.spawn(move || ROUNDABOUT.iter().for_each(|one| roundabout(one, tier, &[])));
        }
        if rustix::process::geteuid().is_root() {
            let somebody = &["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"];
            scope.spawn(|| ROUNDABOUT.iter().for_each(|one| roundabout(one, "", somebody)));
        }
    });
}

fn roundabout(one: &Roundabout, without: &'static str, as_whom: &[&str]) {
    let sandbox = Sandbox::new(&[("src/a.txt", "x\n")]).without(without);
    let case = format!("{}, without {without:?}, {as_whom:?}", one.what);
    // What is named as tools do, and by its place, for whoever looks for it.
    let check = "test -e \"$cache/pip/there\" && ls \"$cache\" > \"$TMPDIR/list\" && \
                 ! cat \"$cache/own/key\" \"$PLACE/own/key\" \"$HOME/.ssh/id\" \"$SSH/id\" 2>/dev/null | grep secret";
    let seen = "test -e \"$cache/pip/there\" && echo x > \"$TMPDIR/x\"";
    let script = match without {
        ALL_TIERS => seen,
        _ => check,
    };
    let shell = format!("cd {:?} && {}", sandbox.beside(""), one.make);
    let made = std::process::Command::new("sh").args(["-ec", &shell]).status().unwrap();
    assert!(made.success(), "{case}");
    let cache = sandbox.beside(one.cache);
    for (name, text) in [("pip/there", "x"), ("own/key", "secret")] {
        fs::create_dir_all(cache.join(name).parent().unwrap()).unwrap();
        fs::write(cache.join(name), text).unwrap();
    }
    let place = cache.canonicalize().unwrap();
    let script = format!(
        "cache=\"${{XDG_CACHE_HOME:-$HOME/.cache}}\" PLACE={place:?} SSH={:?}; {script}",
        sandbox.beside("disk/ssh")
    );
    let plan = serde_json::json!([{
        "id": "p-1", "title": "Do it", "files_allowed": ["src/**"], "instructions": "Do it",
        "definition_of_done": ["done"], "verification": [script],
    }]);
    sandbox.import("p.json", &plan.to_string());
    if !as_whom.is_empty() {
        let mut own = std::process::Command::new("chown");
        own.args(["-hR", "1234:1234"]).arg(sandbox.beside(""));
        assert!(own.status().unwrap().success());
    }
    let harness = |words: &[&str], named: bool| {
        let mut argv: Vec<OsString> = as_whom.iter().map(OsString::from).collect();
        argv.push(Sandbox::program().into());
        argv.extend(words.iter().map(OsString::from));
        let mut command = sandbox.command(&argv[0], &sandbox.repo());
        command.args(&argv[1..]);
        for (name, value) in one.variables.iter().filter(|_| named) {
            match *value {
                "" => command.env_remove(name),
                value => command.env(name, sandbox.beside(value)),
            };
        }
        Sandbox::outcome_of(command)
    };
    let builder = format!("{script} && echo y > src/a.txt");
    let done = harness(&["exec", "p-1", "--", "sh", "-c", &builder], true).exits(0);
    // The same walls as where everything is named by its place, and said aloud where they are not the best.
    let usual = harness(&["status"], false).exits(0).stdout;
    let usual = usual
        .lines()
        .find(|line| line.starts_with("fence: "))
        .unwrap()
        .to_owned();
    let tier = usual.trim_start_matches("fence: ");
    assert!(
        harness(&["status"], true).stdout.contains(&format!("{usual}\n")),
        "{case}: not {usual}"
    );
    let record = sandbox.git(&["-c", "safe.directory=*", "show", "main:.harness/ledger/p-1.toml"]);
    assert!(record.contains(&format!("fence = \"{tier}\"")), "{case}: {record}");
    let said = done.stderr.matches("fence: only").count();
    assert_eq!(said, usize::from(tier != "overlay"), "{case}: {}", done.stderr);
}

/// A cache whose path is no text takes no wall away, and a Builder finds what bounds its work there.
#[test]
fn a_cache_whose_path_is_no_text_is_worked_in() {
    for (tier, fence) in TIERS.into_iter().zip(["overlay", "shadow+landlock", "shadow"]) {
        let sandbox = Sandbox::new(&[("src/a.txt", "x\n")]).without(tier);
        sandbox.import("p.json", &one_card("p-1", "src/**", "grep -rqx y ."));
        let cache = sandbox
            .beside("x")
            .with_file_name(OsString::from_vec(b"lat\xe9n".to_vec()));
        fs::create_dir(&cache).unwrap();
        let mut command = sandbox.command(Sandbox::program(), &sandbox.repo());
        command.env("XDG_CACHE_HOME", &cache);
        command.args([
            "exec",
            "p-1",
            "--",
            "sh",
            "-c",
            "test -s \"$HARNESS_SCOPE\" && echo y > src/a.txt",
        ]);
        let _ = Sandbox::outcome_of(command).exits(0);
        let record = sandbox.git(&["show", "main:.harness/ledger/p-1.toml"]);
        assert!(record.contains(&format!("fence = \"{fence}\"")), "{record}");
        // Nor does the test of the fence leave anything there that nobody can remove.
        let left = fs::read_dir(cache.join("git-harness")).unwrap();
        let left: Vec<_> = left
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name.as_encoded_bytes().starts_with(b".tmp"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// A clone that borrows objects, two hops away, from where little is shown inside.
#[test]
fn a_copy_of_a_clone_that_borrows_objects_can_be_asked() {
    for tier in TIERS {
        let sandbox = Sandbox::new(&[("src/a.txt", "x\n")]).without(tier);
        let mirrors = sandbox.beside("home/.cache/mirrors");
        fs::create_dir_all(&mirrors).unwrap();
        let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
        let (first, second, clone) = (
            mirrors.join("first.git"),
            mirrors.join("second.git"),
            sandbox.beside("borrower"),
        );
        sandbox.git(&[
            "clone",
            "-q",
            "--bare",
            "--no-local",
            &text(&sandbox.repo()),
            &text(&first),
        ]);
        sandbox.git(&["clone", "-q", "--bare", "--shared", &text(&first), &text(&second)]);
        sandbox.git(&["clone", "-q", "--shared", &text(&second), &text(&clone)]);
        let plan = sandbox.beside("p.json");
        let ask = "git log -1 --stat && git status --porcelain && git fsck --no-dangling";
        fs::write(&plan, one_card("p-1", "src/**", ask)).unwrap();
        let _ = sandbox
            .harness_in(&clone, &["plan", "import", "--commit", &text(&plan)])
            .exits(0);
        let words = ["exec", "p-1", "--", "sh", "-c", &format!("{ask} && echo y > src/a.txt")];
        let _ = sandbox.harness_in(&clone, &words).exits(0);
    }
}
