//! The fence, tier by tier: what it promises to stop is tried here from inside, and honest work goes on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::sandbox::Sandbox;

/// Runs a shell script as an order of the hidden mode; gives what it printed and how it ended.
pub struct Cell {
    dir: tempfile::TempDir,
    tier: &'static str,
    network: &'static str,
    /// Who is told to be its parent.
    harness: u32,
}

impl Cell {
    pub fn new(tier: &'static str) -> Self {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        for name in ["tree", "upper", "work", "tmp", "outside", "secret"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        fs::write(dir.path().join("tree/there.txt"), "base\n").unwrap();
        fs::write(dir.path().join("outside/file"), "x").unwrap();
        fs::write(dir.path().join("secret/key"), "hidden words").unwrap();
        Self {
            dir,
            tier,
            network: "none",
            harness: std::process::id(),
        }
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    pub fn command(&self, script: &str) -> Command {
        let at = |name: &str| self.at(name).to_str().unwrap().to_owned();
        let order = serde_json::json!({
            "tier": self.tier,
            "harness": self.harness,
            "dir": at("tree"),
            "confinement": {
                "overlays": [{"tree": at("tree"), "upper": at("upper"), "work": at("work")}],
                "writable": [at("tmp")],
                "shown": [Sandbox::program().to_str().unwrap()],
                "hidden": [at("secret")],
                "network": self.network,
                "runtime_dir": null,
            },
        });
        fs::write(self.at("report"), order.to_string()).unwrap();
        let mut command = Command::new(Sandbox::program());
        command
            .args(["--inside-the-fence", &at("report"), "sh", "-c", script])
            .current_dir(self.at("tree"))
            .env("OUTSIDE", self.at("outside"))
            .env("SECRET", self.at("secret"))
            .env("TMPDIR", self.at("tmp"));
        command
    }

    pub fn run(&self, script: &str) -> (i32, String) {
        let output = self.command(script).output().unwrap();
        let report = fs::read_to_string(self.at("report")).unwrap();
        assert_eq!(report, "ready\n", "the walls of {} did not stand", self.tier);
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        use std::os::unix::process::ExitStatusExt;
        let status = output.status;
        (status.code().unwrap_or_else(|| -status.signal().unwrap()), text)
    }
}

const KERNEL: [&str; 2] = ["overlay", "shadow_landlock"];

/// Nobody would end it: whoever started it has died.
#[test]
fn with_another_parent_than_it_was_told_nothing_is_run() {
    for tier in ["overlay", "shadow_landlock", "shadow"] {
        let mut cell = Cell::new(tier);
        cell.harness = std::os::unix::process::parent_id();
        let output = cell.command("echo ran").output().unwrap();
        let said = fs::read_to_string(cell.at("report")).unwrap();
        assert_eq!(
            (said.as_str(), output.status.code()),
            ("the harness has ended", Some(125)),
            "{tier}"
        );
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{tier}");
    }
}

#[test]
fn work_in_the_folder_goes_on_in_every_tier() {
    for tier in ["overlay", "shadow_landlock", "shadow"] {
        let cell = Cell::new(tier);
        let script = "set -e; echo one > new.txt; mv new.txt moved.txt; mkdir -p d/e; cp moved.txt d/e/; rm there.txt; \
             echo two > .tmp && mv .tmp moved.txt; chmod +x moved.txt; ln -s moved.txt link; echo x > \"$TMPDIR/t\"; \
             git init -q . && git add -A && git -c user.name=a -c user.email=a@b commit -qm m && git log --oneline | wc -l; \
             for i in $(seq 50); do /bin/true; done; echo done > /dev/null; seq 3 | tail -1";
        let (code, text) = cell.run(script);
        assert_eq!((code, text.as_str()), (0, "1\n3\n"), "{tier}");
    }
}

#[test]
fn the_rest_of_the_machine_cannot_be_written_nor_secrets_read() {
    for tier in KERNEL {
        let cell = Cell::new(tier);
        for script in [
            "echo y >> \"$OUTSIDE/file\"",
            "echo y > \"$OUTSIDE/new\"",
            "rm \"$OUTSIDE/file\"",
            "mv there.txt \"$OUTSIDE/\"",
            "ln \"$OUTSIDE/file\" linked",
            "cat \"$SECRET/key\"",
            "echo y >> /etc/passwd",
            "echo y > \"$HOME/.bashrc\"",
            "mount -t tmpfs none /mnt",
            "unshare -r true",
            "echo y > /proc/sys/kernel/core_pattern",
        ] {
            let (code, text) = cell.run(script);
            assert_ne!(code, 0, "{tier}: {script}: {text}");
            assert!(!text.contains("hidden words"), "{tier}: {script}");
        }
        assert_eq!(fs::read_to_string(cell.at("outside/file")).unwrap(), "x");
        assert_eq!(fs::read_dir(cell.at("outside")).unwrap().count(), 1);
    }
}

#[test]
fn the_overlay_leaves_its_folder_alone_and_hides_the_machine() {
    let cell = Cell::new("overlay");
    let canary = tempfile::NamedTempFile::new_in("/tmp").unwrap();
    let script = format!(
        "chmod 777 \"$OUTSIDE/file\" 2>/dev/null && echo mode; \
         touch -d 2001-01-01 \"$OUTSIDE/file\" 2>/dev/null && echo time; \
         test -e {} && echo tmp; ls /run; ls /dev | grep vda; \
         ls -d /proc/[0-9]* | awk 'END {{ if (NR > 7) print \"processes\" }}'; \
         echo new > made; rm there.txt",
        canary.path().display()
    );
    assert_eq!(cell.run(&script), (0, String::new()));
    assert!(cell.at("tree/there.txt").exists() && !cell.at("tree/made").exists());
    assert!(cell.at("upper/made").exists());
}

#[test]
fn a_socket_is_out_of_reach_wherever_it_lies() {
    let cell = Cell::new("overlay");
    let path = cell.at("outside").join("a b.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let connect = "python3 -c \"import socket, os; s = socket.socket(socket.AF_UNIX); \
         s.connect(os.environ['OUTSIDE'] + '/a b.sock'); print('connected')\" 2>&1";
    let (code, text) = cell.run(connect);
    // Where the checkout itself lies in a folder that is fresh inside, there is not even the file.
    let refused = text.contains("ConnectionRefusedError") || text.contains("FileNotFoundError");
    assert!(code != 0 && refused, "{text}");
    // Outside it is one still.
    drop(std::os::unix::net::UnixStream::connect(&path).unwrap());
    drop(listener);
}

#[test]
fn no_network_means_none_but_oneself() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connect = format!(
        "python3 -c \"import socket; socket.create_connection(('127.0.0.1', {port}), 2); print('connected')\" 2>&1"
    );
    for tier in KERNEL {
        let mut cell = Cell::new(tier);
        let (_, text) = cell.run(&connect);
        assert!(!text.contains("connected"), "{tier}: {text}");
        cell.network = "open";
        let (_, text) = cell.run(&connect);
        assert!(text.contains("connected"), "{tier}: {text}");
    }
    let own = "python3 -c \"import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname()); print('own')\"";
    assert_eq!(Cell::new("overlay").run(own), (0, "own\n".to_owned()));
}

#[test]
fn exit_codes_and_signals_come_out_as_they_are() {
    for tier in ["overlay", "shadow_landlock", "shadow"] {
        let cell = Cell::new(tier);
        assert_eq!(cell.run("exit 7").0, 7, "{tier}");
        assert_eq!(cell.run("kill -9 $$").0, -9, "{tier}");
        assert_eq!(cell.run("kill -15 $$").0, -15, "{tier}");
    }
}

/// Whether somebody else holds a lock on the file. Ours is given up by name: a child that another test starts at this
/// moment holds the open file, and a lock lives as long as anybody does.
fn is_locked(file: &Path) -> bool {
    let file = fs::File::open(file).unwrap();
    let is_taken = file.try_lock().is_err();
    if !is_taken {
        file.unlock().unwrap();
    }
    is_taken
}

#[test]
fn what_is_left_behind_in_the_overlay_dies_with_it() {
    let cell = Cell::new("overlay");
    fs::write(cell.at("tmp/lock"), "").unwrap();
    let (code, _) = cell.run(
        "setsid flock \"$TMPDIR/lock\" sleep 1000 >/dev/null 2>&1 & while flock -n \"$TMPDIR/lock\" true; do :; done",
    );
    assert_eq!(code, 0);
    // The namespace ends with its first process; the kernel may still be at it.
    let is_alone = (0..6000).any(|_| {
        let is_free = !is_locked(&cell.at("tmp/lock"));
        if !is_free {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        is_free
    });
    assert!(is_alone, "a process outlived its namespace");
}

#[test]
fn where_a_wall_cannot_be_built_the_program_does_not_run() {
    let cell = Cell::new("overlay");
    fs::remove_dir(cell.at("work")).unwrap();
    let output = cell.command("echo ran > \"$TMPDIR/ran\"").output().unwrap();
    assert!(!output.status.success());
    assert!(!cell.at("tmp/ran").exists());
    let report = fs::read_to_string(cell.at("report")).unwrap();
    assert!(report.starts_with("the overlay: "), "{report}");
}
