//! Walls: what a program that works in a slot may see and change, and running it inside of them.
//!
//! The fence itself is `process::fence`; here stands what it is built around: the slot, the user's home and caches, what
//! the program needs to be seen, and what nobody has to read.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::domain::check::FenceTier;
use crate::domain::network::{Contact, Network};
use crate::model::relay::Relay;
use crate::process::fence::{self, Closed, Confinement, Fence, FenceError, Overlay};
use crate::process::{self, Ending, Environment, Finished, Program, StartError};
use crate::proxy::{Proxy, Rules};

use super::Engine;
use super::home::{self, Home};
use super::slot::{Run, Slot, SlotError, Temporary};
use super::trusted::Permit;

pub use super::home::Inmate;

/// Why a program could not be run inside. Always the machine's fault.
#[derive(Debug, thiserror::Error)]
pub enum WallsError {
    /// The program is not there.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A wall could not be built.
    #[error(transparent)]
    Fence(#[from] FenceError),
    /// A layer could not be prepared.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// Only the overlay can hold a program to named hosts.
    #[error(
        "`network` with named hosts, and `gateway`, need the overlay fence; here is {0}: \
         `git harness doctor` says why, and `network = \"open\"` does without"
    )]
    NoProxy(FenceTier),
    /// The proxy could not be started.
    #[error("the proxy cannot be started: {0}")]
    Proxy(std::io::Error),
    /// No tier could be looked for.
    #[error("the fence cannot be tested: {0}")]
    Untested(std::io::Error),
}

/// Caches of well-known tools, below the home folder: programs see them and may change them, and the changes are thrown
/// away. What else some of them hold is hidden (`home.rs`).
const CACHES: [&str; 11] = [
    ".cargo/registry",
    ".cargo/git",
    ".cache/go-build",
    "go/pkg/mod",
    ".npm",
    ".cache/pip",
    ".cache/uv",
    ".local/share/pnpm",
    ".gradle",
    ".m2",
    ".cache/ccache",
];

/// What the repository of a copy borrows from the real one, and so all that is seen of that. The settings of a clone, of its
/// worktrees and of its submodules hold passwords now and then.
const LENT: [&str; 2] = ["objects", "lfs"];

/// What one program is confined to.
#[derive(Debug)]
pub struct Walls {
    fence: Fence,
    confinement: Confinement,
    report: PathBuf,
    /// The folder for temporary files, as programs inside name it.
    tmp: PathBuf,
    /// A folder that nobody inside can write.
    door_dir: PathBuf,
    inmate: Inmate,
    contacts: RefCell<Vec<Contact>>,
    /// Whether a program may have read the copy's repository.
    asked: Cell<bool>,
}

impl Walls {
    /// The walls around a slot for one run in it: what is trusted may start there.
    pub fn around(
        engine: &Engine,
        permit: &Permit,
        slot: &Slot,
        run: &Run,
        inmate: Inmate,
        network: &Network,
    ) -> Result<Self, WallsError> {
        let config = permit.config();
        let fence = engine.fence().map_err(WallsError::Untested)?.fence.clone();
        let variable = |name: &str| engine.host.variables.get(OsStr::new(name)).map(PathBuf::from);
        let home = variable("HOME");
        let mut own = Home::of(&engine.host.variables, inmate, engine.ledger.redactor());
        let named_caches = cache_names(config, home.as_deref(), inmate);
        let caches = caches(&named_caches, slot);
        let mut overlays = Vec::new();
        if let Some(layers) = run.overlay() {
            overlays.push(layers);
            for cache in caches {
                overlays.push(run.cache_layers(cache)?);
            }
        } else {
            own.shown.extend(caches);
            overlays.push(Overlay {
                tree: slot.tree(),
                lower: Vec::new(),
                upper: PathBuf::new(),
                work: PathBuf::new(),
            });
        }
        let mut hidden = vec![
            // What one run did, another one does not have to know.
            slot.runs_dir(),
            engine.ledger.dir().to_owned(),
            engine.host.config_dir.clone(),
        ];
        hidden.extend(own.hidden);
        if let Some(home) = &home {
            hidden.extend(fence::secrets_of(home));
            if inmate == Inmate::Check {
                hidden.extend(home::AGENTS.map(|name| home.join(name)));
            }
        }
        hidden.extend(named(&config.fence_hide, home.as_deref()));
        let path = engine.host.variables.get(OsStr::new("PATH"));
        let parts = path
            .into_iter()
            .flat_map(|path| path.as_bytes().split(|byte| *byte == b':'));
        let mut shown: BTreeSet<PathBuf> = parts.map(|part| PathBuf::from(OsStr::from_bytes(part))).collect();
        shown.extend(own.shown);
        // Tools come to them by these names.
        shown.extend(named_caches.into_iter().filter(|path| path.is_dir()));
        shown.extend(named(&config.fence_show, home.as_deref()));
        // What lies in a closed folder is shown piece by piece; elsewhere the folder is.
        let is_closed = |path: &PathBuf| {
            let place = path.canonicalize();
            let place = place.as_ref().unwrap_or(path);
            own.closed.iter().any(|closed| place.starts_with(&closed.dir))
        };
        let whole = ["CARGO_HOME", "RUSTUP_HOME"].into_iter().filter_map(variable);
        shown.extend(whole.filter(|path| !is_closed(path)));
        shown.extend(home);
        let common = engine.git.common_dir();
        shown.insert(common.to_owned());
        shown.extend(LENT.map(|name| common.join(name)));
        // A clone that borrows objects itself: git inside goes from one store to the next.
        shown.extend(engine.git.borrowed_stores());
        own.closed.push(Closed {
            dir: common.canonicalize().unwrap_or_else(|_| common.to_owned()),
            dots_only: false,
        });
        shown.insert(fence.program().to_owned());
        let shown: Vec<PathBuf> = shown.into_iter().filter(|path| path.is_absolute()).collect();
        let tmp = Temporary::of(fence.tier(), slot, &shown, variable("TMPDIR"))?;
        Ok(Self {
            fence,
            tmp: tmp.place().to_owned(),
            confinement: Confinement {
                overlays,
                writable: tmp.writable(slot),
                bound: tmp.bound(slot),
                closed: own.closed,
                shown,
                hidden,
                network: network.clone(),
                door: None,
                runtime_dir: variable("XDG_RUNTIME_DIR"),
                watched: (inmate == Inmate::Check).then(|| slot.repository()),
            },
            report: slot.report(),
            door_dir: slot.door_dir().to_owned(),
            inmate,
            contacts: RefCell::default(),
            asked: Cell::new(false),
        })
    }

    /// Runs a program inside.
    pub fn run(&self, program: Program, cancel: &process::Cancel) -> Result<Finished, WallsError> {
        self.run_with(None, program, cancel)
    }

    /// Runs a program inside that finds a model's server at the proxy's address.
    pub fn run_with(
        &self,
        relay: Option<Relay>,
        program: Program,
        cancel: &process::Cancel,
    ) -> Result<Finished, WallsError> {
        let network = &self.confinement.network;
        if relay.is_none() && !matches!(network, Network::Hosts(_)) {
            return self.run_inside(&self.confinement, program, cancel);
        }
        if self.fence.tier() != FenceTier::Overlay {
            return Err(WallsError::NoProxy(self.fence.tier()));
        }
        let rules = Rules {
            network: network.clone(),
            relay,
        };
        let mut environment = program.environment.clone();
        rules.announce(&mut environment);
        let proxy = Proxy::start(&self.door_dir, rules).map_err(WallsError::Proxy)?;
        let confinement = Confinement {
            door: Some(proxy.door().to_owned()),
            ..self.confinement.clone()
        };
        let program = Program {
            environment: &environment,
            ..program
        };
        let finished = self.run_inside(&confinement, program, cancel);
        for contact in proxy.close() {
            contact.add_to(&mut self.contacts.borrow_mut());
        }
        finished
    }

    /// The variables of a program inside: its temporary folder is the slot's, by a path that leaves room for a socket's name.
    pub fn with_tmp(&self, environment: &Environment) -> Environment {
        let mut environment = environment.clone();
        environment.set("TMPDIR", self.tmp.as_os_str());
        environment.go_straight();
        // What Landlock closes is there all the same, and git stops at a file that it may not read.
        if self.inmate == Inmate::Check && self.fence.tier() == FenceTier::ShadowLandlock {
            environment.set("GIT_CONFIG_GLOBAL", OsStr::new("/dev/null"));
        }
        environment
    }

    /// This very program, which programs inside may call.
    pub fn own_program(&self) -> &Path {
        self.fence.program()
    }

    /// How strong they are.
    pub fn tier(&self) -> FenceTier {
        self.fence.tier()
    }

    /// What programs inside asked of the network by name since this was asked last.
    pub fn take_contacts(&self) -> Vec<Contact> {
        self.contacts.take()
    }

    /// Whether the check that ran may have asked the copy's repository anything: what the tree does not say.
    pub fn asked(&self) -> bool {
        self.asked.get()
    }

    fn run_inside(
        &self,
        confinement: &Confinement,
        mut program: Program,
        cancel: &process::Cancel,
    ) -> Result<Finished, WallsError> {
        program.is_there()?;
        let mut confinement = confinement.clone();
        // What the command line names has to be seen, wherever it lies.
        let words = program.argv.iter().map(PathBuf::from);
        confinement
            .shown
            .extend(words.filter(|word| word.is_absolute() && word.exists()));
        let fenced = self.fence.wrap(&confinement, program.dir, &self.report, program.argv)?;
        program.argv = fenced.argv.clone();
        // One in a layer that shows inside alone is gone to by the fence itself.
        let dir = if program.dir.is_dir() {
            program.dir
        } else {
            &self.door_dir
        };
        let program = Program { dir, ..program };
        let finished = process::run(&program, cancel)?;
        match finished.ending {
            // Ended from outside, it may not have come so far.
            Ending::TimedOut | Ending::Cancelled => {}
            Ending::Exited(_) | Ending::Signalled(_) => fenced.stood()?,
        }
        if !fenced.left_unread() {
            self.asked.set(true);
        }
        Ok(finished)
    }
}

/// What caches are called, whether they are there or not.
fn cache_names(config: &Config, user: Option<&Path>, inmate: Inmate) -> Vec<PathBuf> {
    let agents: &[&str] = match inmate {
        Inmate::Builder => &home::AGENTS,
        Inmate::Check => &[],
    };
    let names = CACHES.iter().chain(agents);
    let known = user
        .into_iter()
        .flat_map(|home| names.clone().map(|name| home.join(name)));
    known.chain(named(&config.fence_caches, user)).collect()
}

/// The caches that are there, and that do not hold the slot.
fn caches(names: &[PathBuf], slot: &Slot) -> Vec<PathBuf> {
    let found: BTreeSet<PathBuf> = names
        .iter()
        .filter_map(|path| path.canonicalize().ok())
        .filter(|path| path.is_dir() && !slot.tree().starts_with(path))
        .collect();
    // One inside of another needs no layer of its own.
    let outermost = |path: &&PathBuf| !found.iter().any(|other| other != *path && path.starts_with(other));
    found.iter().filter(outermost).cloned().collect()
}

/// Paths as a configuration names them: `~` is the home folder.
fn named(paths: &[PathBuf], home: Option<&Path>) -> Vec<PathBuf> {
    let absolute = |path: &PathBuf| match path.strip_prefix("~") {
        Ok(rest) => Some(home?.join(rest)),
        Err(_) => Some(path.clone()),
    };
    paths.iter().filter_map(absolute).collect()
}
