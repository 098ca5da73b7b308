//! The self-test: each tier tries what it forbids, from inside, before it is used for the first time on a machine.
//!
//! What a tier does not promise it is not tried for. The result is remembered until the machine starts again, the kernel
//! or this program changes, or another user asks.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use serde::{Deserialize, Serialize};

use crate::domain::check::FenceTier;
use crate::domain::network::Network;

use super::{Closed, Confinement, Fence, Overlay, inside, sys};

/// The first argument of the hidden mode that tries everything.
pub(super) const MODE: &str = "--try-the-fence";

/// Tiers that this variable names fail their test: for tests of the lower tiers.
const WITHOUT: &str = "GIT_HARNESS_FENCE_WITHOUT";

/// What was found out about this machine's tiers.
#[derive(Debug, Clone)]
pub struct Found {
    /// The strongest tier that passed.
    pub fence: Fence,
    /// Why stronger ones did not.
    pub failed: Vec<(FenceTier, String)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    machine: String,
    tier: FenceTier,
    failed: Vec<(FenceTier, String)>,
}

/// What the tests inside are told of the outside.
#[derive(Debug, Serialize, Deserialize)]
struct Outside {
    tier: FenceTier,
    view: PathBuf,
    tmp: PathBuf,
    file: PathBuf,
    hidden: PathBuf,
    closed: PathBuf,
    canary: PathBuf,
    socket: PathBuf,
    port: u16,
    process: u32,
}

/// The strongest tier of this machine that passes its test. `dir` is a folder of ours outside of `/tmp`.
pub fn find(dir: &Path) -> std::io::Result<Found> {
    let program = inside::own_program()?;
    let without = std::env::var(WITHOUT).unwrap_or_default();
    let machine = machine(&without)?;
    let memory = dir.join("fence.json");
    let known = fs::read(&memory)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Remembered>(&bytes).ok());
    let known = match known.filter(|known| known.machine == machine) {
        Some(known) => known,
        None => {
            let mut failed = Vec::new();
            let mut tier = FenceTier::Shadow;
            for candidate in [FenceTier::Overlay, FenceTier::ShadowLandlock] {
                let result = if without.split(',').any(|name| name == candidate.to_string()) {
                    Err(format!("{WITHOUT} says so"))
                } else {
                    test(&Fence::new(candidate, &program), dir)
                };
                match result {
                    Ok(()) => {
                        tier = candidate;
                        break;
                    }
                    Err(why) => failed.push((candidate, why)),
                }
            }
            let found = Remembered { machine, tier, failed };
            // Forgotten, it is tested again.
            if let Ok(bytes) = serde_json::to_vec(&found) {
                let _ = fs::write(&memory, bytes);
            }
            found
        }
    };
    Ok(Found {
        fence: Fence::new(known.tier, &program),
        failed: known.failed,
    })
}

/// What the result of a test holds for.
fn machine(without: &str) -> std::io::Result<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let file = fs::metadata(inside::OWN_IMAGE)?;
    Ok(format!(
        "{} {} {} {} {} {} {without}",
        boot.trim(),
        kernel.trim(),
        file.ino(),
        file.len(),
        file.mtime_nsec(),
        rustix::process::geteuid().as_raw()
    ))
}

/// Tries everything that a tier forbids, from inside of it.
fn test(fence: &Fence, dir: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("the test could not be made: {error}");
    let place = tempfile::tempdir_in(dir).map_err(failed)?;
    let canary = tempfile::Builder::new()
        .prefix("harness-canary")
        .tempfile_in("/tmp")
        .map_err(failed)?;
    let at = |name: &str| place.path().join(name);
    for name in ["view", "upper", "work", "tmp", "outside", "hidden", "closed"] {
        fs::create_dir(at(name)).map_err(failed)?;
    }
    for file in [
        "view/there",
        "outside/file",
        "hidden/secret",
        "closed/secret",
        "closed/shown",
    ] {
        fs::write(at(file), "x").map_err(failed)?;
    }
    let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    let socket_dir = tempfile::Builder::new()
        .prefix("harness-socket")
        .tempdir_in("/tmp")
        .map_err(failed)?;
    let socket = socket_dir.path().join("s");
    let _named = UnixListener::bind(&socket).map_err(failed)?;
    let outside = Outside {
        tier: fence.tier(),
        view: at("view"),
        tmp: at("tmp"),
        file: at("outside/file"),
        hidden: at("hidden/secret"),
        closed: at("closed"),
        canary: canary.path().to_owned(),
        socket,
        port: listener.local_addr().map_err(failed)?.port(),
        process: std::process::id(),
    };
    let confinement = Confinement {
        overlays: vec![Overlay {
            tree: at("view"),
            lower: Vec::new(),
            upper: at("upper"),
            work: at("work"),
        }],
        writable: vec![at("tmp")],
        bound: Vec::new(),
        closed: vec![Closed {
            dir: at("closed").canonicalize().map_err(failed)?,
            dots_only: false,
        }],
        shown: vec![fence.program.clone(), at("closed/shown")],
        hidden: vec![at("hidden")],
        network: Network::None,
        door: None,
        runtime_dir: None,
    };
    let order = serde_json::to_string(&outside).map_err(|error| error.to_string())?;
    // By its place, which stays to be seen where the folder around it is fresh; one that is gone is in no such folder.
    let own = match fence.program.exists() {
        true => fence.program.clone().into(),
        false => OsString::from(inside::OWN_IMAGE),
    };
    let argv: Vec<OsString> = vec![own, MODE.into(), order.into()];
    let fenced = fence
        .wrap(&confinement, &at("view"), &at("report"), argv)
        .map_err(|error| error.to_string())?;
    // Not closed on exec: the fence has to close it.
    let leak = OpenOptions::new()
        .append(true)
        .open(at("outside/file"))
        .map_err(failed)?;
    let leaked = rustix::io::dup(&leak).map_err(|error| failed(error.into()))?;
    let output = Command::new(&fenced.argv[0])
        .args(&fenced.argv[1..])
        .current_dir(at("view"))
        .env("LEAKED", leaked.as_raw_fd().to_string())
        .stdin(Stdio::null())
        .output()
        .map_err(failed)?;
    fenced.stood().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if said.trim_end() != "held" {
        return Err(format!(
            "{} {}",
            said.trim(),
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    if fs::read(at("outside/file")).map_err(failed)? != b"x" {
        return Err("a file outside was written".to_owned());
    }
    if fence.tier() == FenceTier::Overlay && at("view/new").exists() {
        return Err("the overlay's lower folder was written".to_owned());
    }
    Ok(())
}

/// Inside: tries everything, and says which walls gave way.
pub(super) fn try_everything(order: Option<OsString>) -> ExitCode {
    let outside = order.and_then(|text| serde_json::from_str::<Outside>(text.to_str()?).ok());
    let Some(outside) = outside else {
        return ExitCode::FAILURE;
    };
    let mut wrong: Vec<&str> = forbidden(&outside)
        .into_iter()
        .filter(|(_, happened)| *happened)
        .map(|(name, _)| name)
        .collect();
    wrong.extend(
        permitted(&outside)
            .into_iter()
            .filter(|(_, works)| !*works)
            .map(|(name, _)| name),
    );
    let text = if wrong.is_empty() {
        "held".to_owned()
    } else {
        format!("gave way: {}", wrong.join(", "))
    };
    let _ = writeln!(std::io::stdout(), "{text}");
    ExitCode::SUCCESS
}

/// Every forbidden act that the tier promises to stop, and whether it happened all the same.
fn forbidden(outside: &Outside) -> BTreeMap<&'static str, bool> {
    let folder = outside.file.parent().unwrap_or(Path::new("/"));
    let write = |path: &Path| {
        OpenOptions::new()
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(b"y"))
    };
    let refused = |call: libc::c_long| sys::try_call(call) == Some(libc::EPERM);
    let leaked = std::env::var("LEAKED").ok().and_then(|text| text.parse::<i32>().ok());
    let mut acts = BTreeMap::from([
        ("writing outside", write(&outside.file).is_ok()),
        ("making a file outside", fs::write(folder.join("new"), "y").is_ok()),
        (
            "removing a file outside",
            fs::remove_file(folder.join("none")).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
                && fs::remove_file(&outside.file).is_ok(),
        ),
        (
            "reading what is hidden",
            fs::read(&outside.hidden).is_ok_and(|bytes| bytes == b"x"),
        ),
        (
            "reading what is closed",
            fs::read(outside.closed.join("secret")).is_ok_and(|bytes| bytes == b"x"),
        ),
        (
            "using an inherited file",
            leaked.is_some_and(|fd| fs::write(format!("/proc/self/fd/{fd}"), "y").is_ok()),
        ),
        (
            "a connection to a port outside",
            std::net::TcpStream::connect(("127.0.0.1", outside.port)).is_ok(),
        ),
        (
            "linking a file in from outside",
            fs::hard_link(&outside.file, outside.view.join("link")).is_ok(),
        ),
        (
            "moving a file out",
            fs::rename(outside.view.join("there"), folder.join("there")).is_ok(),
        ),
        ("mounting", !refused(libc::SYS_mount)),
        ("leaving namespaces", !refused(libc::SYS_unshare)),
        ("debugging", !refused(libc::SYS_ptrace)),
        ("the kernel's key rings", !refused(libc::SYS_keyctl)),
        ("io_uring", !refused(libc::SYS_io_uring_setup)),
        ("bpf", !refused(libc::SYS_bpf)),
        (
            "typing into the terminal",
            sys::try_terminal_input() != Some(libc::EPERM),
        ),
        (
            "a larger core limit",
            rustix::process::setrlimit(
                rustix::process::Resource::Core,
                rustix::process::Rlimit {
                    current: Some(1),
                    maximum: Some(1),
                },
            )
            .is_ok(),
        ),
        (
            "ending a process outside",
            i32::try_from(outside.process)
                .ok()
                .and_then(rustix::process::Pid::from_raw)
                .is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok()),
        ),
    ]);
    if outside.tier == FenceTier::Overlay {
        let devices = fs::read_dir("/dev").into_iter().flatten().flatten();
        acts.extend([
            (
                "changing a mode outside",
                fs::set_permissions(&outside.file, fs::Permissions::from_mode(0o777)).is_ok(),
            ),
            (
                "seeing a process outside",
                Path::new(&format!("/proc/{}", outside.process)).exists()
                    && std::process::id() != outside.process
                    && read_link_of(outside.process),
            ),
            ("seeing the machine's /tmp", outside.canary.exists()),
            (
                "a socket in the machine's /tmp",
                UnixStream::connect(&outside.socket).is_ok(),
            ),
            (
                "a disk in /dev",
                devices
                    .into_iter()
                    .any(|entry| entry.file_type().is_ok_and(|kind| kind.is_block_device())),
            ),
            (
                "writing to /proc/sys",
                write(Path::new("/proc/sys/kernel/core_pattern")).is_ok(),
            ),
        ]);
    }
    acts
}

/// Whether the process of that number is the one outside: small numbers are given inside, too.
fn read_link_of(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/cmdline")).is_ok_and(|line| !line.contains(MODE))
}

/// What has to work inside.
fn permitted(outside: &Outside) -> BTreeMap<&'static str, bool> {
    let shell = Command::new("/bin/sh")
        .args(["-c", "echo x > new && rm there && mkdir d && mv new d/n"])
        .current_dir(&outside.view)
        .status();
    BTreeMap::from([
        (
            "reading what is shown",
            fs::read(outside.closed.join("shown")).is_ok_and(|bytes| bytes == b"x"),
        ),
        (
            "a shell that works in its folder",
            shell.is_ok_and(|status| status.success()) && outside.view.join("d/n").exists(),
        ),
        (
            "writing to its temporary folder",
            fs::write(outside.tmp.join("t"), "x").is_ok(),
        ),
        ("throwing output away", fs::write("/dev/null", "x").is_ok()),
    ])
}
