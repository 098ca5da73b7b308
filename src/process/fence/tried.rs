//! What the self-test tries from inside: every act that a tier promises to stop, and what has to work all the same.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use serde::{Deserialize, Serialize};

use crate::domain::check::FenceTier;

use super::{paths, probe, sys};

/// The first version of Landlock that keeps signals inside.
const SIGNALS_ARE_HELD: i64 = 6;

/// What the tests inside are told of the outside.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Outside {
    pub tier: FenceTier,
    #[serde(with = "paths::one")]
    pub view: PathBuf,
    #[serde(with = "paths::one")]
    pub tmp: PathBuf,
    #[serde(with = "paths::one")]
    pub file: PathBuf,
    #[serde(with = "paths::one")]
    pub hidden: PathBuf,
    #[serde(with = "paths::one")]
    pub closed: PathBuf,
    #[serde(with = "paths::one")]
    pub canary: PathBuf,
    #[serde(with = "paths::one")]
    pub socket: PathBuf,
    pub port: u16,
    pub process: u32,
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
            "a device of one's own",
            // The first disk that a loop would give, if anybody had made one.
            mknodat(
                CWD,
                outside.view.join("device"),
                FileType::BlockDevice,
                Mode::RUSR,
                makedev(7, 0),
            )
            .is_ok(),
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
    ]);
    if outside.tier == FenceTier::ShadowLandlock {
        let theirs = fs::read(format!("/proc/{}/environ", outside.process));
        acts.insert(
            "reading another process's environment",
            theirs.is_ok_and(|bytes| !bytes.is_empty()),
        );
    }
    // Older kernels cannot hold signals without a namespace, and no more is promised there.
    if outside.tier == FenceTier::Overlay || sys::landlock_version() >= SIGNALS_ARE_HELD {
        let process = i32::try_from(outside.process).ok();
        let may_end = |pid| rustix::process::test_kill_process(pid).is_ok();
        acts.extend([
            (
                "ending a process outside",
                process.and_then(rustix::process::Pid::from_raw).is_some_and(may_end),
            ),
            (
                "ending the process that waits for it",
                rustix::process::getppid().is_some_and(may_end),
            ),
        ]);
    }
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
    fs::read_to_string(format!("/proc/{process}/cmdline")).is_ok_and(|line| !line.contains(probe::MODE))
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
