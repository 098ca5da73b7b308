//! The fence: what keeps a program that nobody trusts inside its copy (design section 6, security reference 3).
//!
//! The program is started by our own binary in a hidden mode that branches in `main` before anything else, while the
//! process has one thread: it builds the walls around itself and then becomes the program. No wall may be missing in
//! silence: where one cannot be built the program is not run, and a tier that fails its own test on this machine is not
//! used. This is the only room in which `unsafe` may stand, and it stands in `sys.rs`.
//!
//! What each tier stops, and what not:
//!
//! * `overlay`: namespaces for users, mounts, processes, IPC and (unless it is opened) network. The machine is read-only,
//!   `/tmp`, `/run`, `/dev` and the runtime folder are fresh, secrets are hidden, changes go to an upper layer. Everything
//!   in it dies with the attempt. Landlock and seccomp stand behind it.
//! * `landlock`: no capabilities, not even the machine's root; the machine is read-only but for modes and times of files that are one's own, secrets cannot be read,
//!   internet sockets are closed unless the network is open. What it started ends with it. Not stopped: chmod and utimes
//!   outside, pathname sockets, looking at other processes.
//! * `shadow`: a copy, no new privileges, no core files. What a program started ends with it, unless it ends the process that
//!   sees to that, which is a failure. Nothing keeps a program inside.

mod closed;
mod door;
mod inside;
mod mounts;
pub mod paths;
mod places;
mod probe;
mod remains;
mod sys;
mod tried;
mod upper;
mod walls;
mod watch;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use door::{Door, PORT, close};
pub use inside::enter_if_asked;
pub use probe::{Found, find};
pub use upper::{Known, Touched, UpperError, hides, leave_new, merge, white_out};

use crate::domain::check::FenceTier;
use crate::domain::network::Network;

/// A folder that a program sees with its changes, which go elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlay {
    /// The folder, which stays as it is.
    #[serde(with = "paths::one")]
    pub tree: PathBuf,
    /// The folders whose entries show in it, the topmost first; the folder itself has to be one of them. None: it alone.
    #[serde(default, with = "paths::many")]
    pub lower: Vec<PathBuf>,
    /// Where its changes go: an empty folder on the same file system.
    #[serde(with = "paths::one")]
    pub upper: PathBuf,
    /// A second empty folder beside it, for the kernel.
    #[serde(with = "paths::one")]
    pub work: PathBuf,
}

/// A folder that is also seen at a second place, which is shorter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// The folder, which may be written.
    #[serde(with = "paths::one")]
    pub folder: PathBuf,
    /// The place, in a folder that is fresh inside.
    #[serde(with = "paths::one")]
    pub at: PathBuf,
}

/// A folder of which only what is shown is seen, so that what is new in it is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Its real path.
    #[serde(with = "paths::one")]
    pub dir: PathBuf,
    /// Folders at its top are seen whose names do not begin with a dot.
    pub dots_only: bool,
}

/// What is inside of the walls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// Folders seen through an overlay; without the overlay tier they are written directly.
    pub overlays: Vec<Overlay>,
    /// Folders that are written directly.
    #[serde(with = "paths::many")]
    pub writable: Vec<PathBuf>,
    /// Folders that are also seen elsewhere; in the overlay tier alone.
    #[serde(default)]
    pub bound: Vec<Bound>,
    /// Folders of which only the rest that is named here is seen.
    #[serde(default)]
    pub closed: Vec<Closed>,
    /// What stays visible, read-only, though it lies in a folder that is fresh or closed.
    #[serde(with = "paths::many")]
    pub shown: Vec<PathBuf>,
    /// What cannot be read. Paths that do not exist are passed over.
    #[serde(with = "paths::many")]
    pub hidden: Vec<PathBuf>,
    /// Whether it may speak to anyone.
    pub network: Network,
    /// Where the socket of a closed network's only way out is handed over; see [`Door`].
    #[serde(default, with = "paths::maybe")]
    pub door: Option<PathBuf>,
    /// The user's runtime folder, if there is one: fresh inside.
    #[serde(default, with = "paths::maybe")]
    pub runtime_dir: Option<PathBuf>,
    /// A folder of which it is told afterwards whether anything read a file in it; see [`Fenced::left_unread`].
    #[serde(default, with = "paths::maybe")]
    pub watched: Option<PathBuf>,
}

/// The tier that is used on this machine, and the program that builds it.
#[derive(Debug, Clone)]
pub struct Fence {
    tier: FenceTier,
    program: PathBuf,
}

/// The first argument of the hidden mode.
const MODE: &str = "--inside-the-fence";

/// What the inside is told.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    tier: FenceTier,
    /// The process that has to be the parent of the inside: with any other one nobody ends it.
    harness: u32,
    #[serde(with = "paths::one")]
    dir: PathBuf,
    confinement: Confinement,
}

/// Why a program was not run inside the walls.
#[derive(Debug, thiserror::Error)]
pub enum FenceError {
    /// What is to be built cannot be told to the inside.
    #[error("the order to the fence cannot be written down: {0}")]
    Order(serde_json::Error),
    /// A folder could not be prepared.
    #[error("cannot prepare {path} for the fence: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A wall could not be built; the program was not run.
    #[error("the {tier} fence could not be built: {why}")]
    Broken {
        /// The tier.
        tier: FenceTier,
        /// The wall, and what the system said.
        why: String,
    },
}

/// A command line that runs inside, and the way to know afterwards that it did.
#[derive(Debug)]
#[must_use = "without the report nobody knows whether the walls stood"]
pub struct Fenced {
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    tier: FenceTier,
    report: PathBuf,
}

impl Fence {
    /// A fence of a tier, built by this program, which lies there.
    fn new(tier: FenceTier, program: &Path) -> Self {
        Self {
            tier,
            program: program.to_owned(),
        }
    }

    /// Its tier.
    pub fn tier(&self) -> FenceTier {
        self.tier
    }

    /// Where the program lies that builds it, this one, for others to call it. An upgrade may have put another there.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The command line that runs `argv` in `dir` inside the walls. `report` is a file outside of them, which is made. The
    /// inside finds its order there, which may be longer than an argument, and says there afterwards whether the walls stood.
    pub fn wrap(
        &self,
        confinement: &Confinement,
        dir: &Path,
        report: &Path,
        argv: Vec<OsString>,
    ) -> Result<Fenced, FenceError> {
        let order = Order {
            tier: self.tier,
            harness: std::process::id(),
            dir: dir.to_owned(),
            confinement: confinement.clone(),
        };
        let order = serde_json::to_vec(&order).map_err(FenceError::Order)?;
        // It takes the place of what an earlier program left to be read here, which would be believed.
        if let Err(source) = fs::write(report, order) {
            return Err(FenceError::Io {
                path: report.to_owned(),
                source,
            });
        }
        let mut words: Vec<OsString> = vec![inside::OWN_IMAGE.into(), MODE.into(), report.into()];
        words.extend(argv);
        Ok(Fenced {
            argv: words,
            tier: self.tier,
            report: report.to_owned(),
        })
    }
}

impl Fenced {
    /// Whether the walls stood before the program ran. Asked after it ended.
    pub fn stood(&self) -> Result<(), FenceError> {
        let said = self.said();
        if said.starts_with(inside::READY) {
            return Ok(());
        }
        // An order that nobody took out begins like this.
        let why = if said.is_empty() || said.starts_with('{') {
            "it said nothing".to_owned()
        } else {
            said
        };
        Err(FenceError::Broken { tier: self.tier, why })
    }

    /// Whether it is known that nothing read a file in the folder that was to be watched. Asked after the program ended by
    /// itself.
    pub fn left_unread(&self) -> bool {
        self.said().strip_prefix(inside::READY) == Some(inside::UNREAD)
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.report).unwrap_or_default()
    }
}

/// Keeps other programs of the same user from looking into this process, which holds keys and decides what lands, and
/// leaves no core file of it.
pub fn shield_this_process() {
    // Where the system allows neither, nothing is lost but a second line of defence.
    let _ = sys::not_dumpable();
    let _ = sys::limit(libc::RLIMIT_CORE, 0);
}

/// What lies in a home folder that no Builder and no check has to read, whoever asks for it to be shown.
pub fn secrets_of(home: &Path) -> Vec<PathBuf> {
    [
        ".ssh",
        ".gnupg",
        ".aws",
        ".azure",
        ".kube",
        ".docker/config.json",
        ".config/gh",
        ".config/gcloud",
        ".config/git/credentials",
        ".git-credentials",
        ".netrc",
        ".pgpass",
        ".pypirc",
        ".cargo/credentials",
        ".cargo/credentials.toml",
        ".password-store",
        ".local/share/keyrings",
        ".mozilla",
        ".config/chromium",
        ".config/google-chrome",
    ]
    .map(|name| home.join(name))
    .into()
}
