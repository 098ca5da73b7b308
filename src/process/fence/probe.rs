//! The self-test: each tier tries what it forbids, from inside, before it is used for the first time on a machine.
//!
//! What a tier does not promise it is not tried for. The result is remembered until the machine starts again, the kernel
//! or this program changes, or another user asks.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::domain::check::FenceTier;
use crate::domain::network::Network;
use crate::process;

use super::tried::Outside;
use super::{Closed, Confinement, Fence, Overlay, inside};

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

/// The strongest tier of this machine that passes its test. `dir` is a folder of ours outside of `/tmp`.
pub fn find(dir: &Path) -> std::io::Result<Found> {
    // Walls stand around places, however one comes there.
    let dir = &dir.canonicalize()?;
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
    let place = tempfile::tempdir_in(dir).map_err(|error| format!("the test could not be made: {error}"))?;
    let result = test_in(fence, place.path());
    // The kernel leaves a folder of its own in an overlay's, which its owner may not even list.
    let _ = process::remove(place.path(), &|| false);
    result
}

fn test_in(fence: &Fence, place: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("the test could not be made: {error}");
    let canary = tempfile::Builder::new()
        .prefix("harness-canary")
        .tempfile_in("/tmp")
        .map_err(failed)?;
    let at = |name: &str| place.join(name);
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
            dir: at("closed"),
            dots_only: false,
        }],
        shown: vec![fence.program.clone(), at("closed/shown")],
        hidden: vec![at("hidden")],
        network: Network::None,
        door: None,
        runtime_dir: None,
        watched: None,
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
