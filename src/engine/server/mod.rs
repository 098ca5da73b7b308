//! The server: where several machines share a branch and tell each other what they work on. It is the Git server that
//! a team has already, and nothing runs on it but git.
//!
//! The branch *there* is the one that counts: work stands on its tip as it was last seen, and lands by a push that
//! moves it from exactly there and gives the task's claim back in the same step. So a machine whose claim was taken
//! over lands nothing, and nothing lands on what was not verified. The branch here follows where it can.

mod bringing;
mod claims;
mod landing;
mod moving;
mod odd;
mod offer;
mod person;
mod publish;
mod pulse;
mod transcripts;
mod turn;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::clock::Clock;
use crate::config::RemoteRules;
use crate::domain::claim::Holder;
use crate::domain::id::WriterId;
use crate::domain::oid::{CommitId, Digest};
use crate::domain::path::PathError;
use crate::domain::task::event::Event;
use crate::git::{MoveError, ReadError, Remote, RemoteError, SwapError, WriteError};
use crate::ledger::{FileLock, Ledger, Locks, TakeInError};

use super::Engine;
use super::project::Project;
use super::run::RunError;

pub use landing::{AdvanceError, Then};
pub use odd::Odd;
pub use offer::{Hunt, Offer, Taken};
pub use publish::Share;
pub use pulse::Pulse;
pub(super) use transcripts::take_transcripts;
pub use view::{Seen, View};

/// Why work could not be shared.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The remote could not be used.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// What was brought could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The note of what was brought could not be moved.
    #[error(transparent)]
    Swap(#[from] SwapError),
    /// A lock or a transcript could not be used.
    #[error("cannot use what lies beside the journal: {0}")]
    Lock(std::io::Error),
    /// A journal could not be taken in or published.
    #[error(transparent)]
    Journal(#[from] TakeInError),
    /// An object could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A name is no path; digests and numbers make this impossible, and it is reported rather than believed.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The server refuses although nobody came first.
    #[error("{remote} refuses: {why}")]
    Refused {
        /// The remote.
        remote: String,
        /// What it said.
        why: String,
    },
    /// The branch here has commits that the server lacks.
    #[error("{branch} has commits that {remote} lacks")]
    Unpushed {
        /// The branch.
        branch: String,
        /// The remote.
        remote: String,
    },
    /// The branch here is not where the server's is, and cannot follow now.
    #[error("{branch} here is not where {remote} has it")]
    Behind {
        /// The branch.
        branch: String,
        /// The remote.
        remote: String,
    },
    /// A transcript is to be erased that another clone made, or nobody.
    #[error("no row of this clone names the transcript {0}, so it is not this clone's to erase")]
    NotOurs(Digest),
    /// No server was named.
    #[error("this command does not speak to any server")]
    Alone,
    /// Nobody commits here.
    #[error("the ledger was opened for reading")]
    ReadOnly,
}

/// A server, and what this process holds on it. Everybody of a run's crew shares it.
pub struct Server {
    remote: Remote,
    target: String,
    me: Holder,
    rules: OnceLock<RemoteRules>,
    clock: Arc<dyn Clock>,
    locks: Locks,
    held: Mutex<BTreeMap<String, Held>>,
    /// A claim came to rest.
    rested: Condvar,
    /// The branch here could not follow, and somebody was told so.
    behind: Mutex<bool>,
    /// Something there keeps git from bringing everything at once, so refs are listed first.
    is_careful: AtomicBool,
    /// The names of the cards at the tip that was looked at last.
    cards: Mutex<Option<(CommitId, Arc<BTreeSet<String>>)>>,
    /// Somebody keeps the turn to land and lands nothing.
    turn_is_kept: AtomicBool,
    /// What is to be told of it and was not yet.
    notices: Mutex<Vec<String>>,
}

/// A claim that this process holds.
#[derive(Debug)]
struct Held {
    /// Where its ref stands; `None` once it was taken over.
    at: Option<CommitId>,
    lease_seconds: u64,
    /// Somebody of this process moves it there; nobody else does meanwhile.
    is_moving: bool,
    /// Tells other processes of this clone that the holder lives.
    _lock: FileLock,
}

impl Server {
    fn new(ledger: &Ledger, remote: Remote, target: &str, clock: Arc<dyn Clock>) -> Result<Self, ServerError> {
        let writer = ledger.writer().cloned().ok_or(ServerError::ReadOnly)?;
        Ok(Self::of(writer, ledger, remote, target, clock))
    }

    /// For whoever only looks: nothing can be claimed with it.
    pub(super) fn to_look(
        engine: &Engine,
        remote: Remote,
        target: &str,
        rules: RemoteRules,
    ) -> Result<Self, ServerError> {
        let nobody = || "nobody".parse().map_err(|_| ServerError::ReadOnly);
        let writer = engine.ledger.known_writer().map_or_else(nobody, Ok)?;
        let server = Self::of(writer, &engine.ledger, remote, target, engine.clock.clone());
        server.rules.get_or_init(|| rules);
        Ok(server)
    }

    fn of(writer: WriterId, ledger: &Ledger, remote: Remote, target: &str, clock: Arc<dyn Clock>) -> Self {
        Self {
            me: Holder {
                writer,
                name: clock.random_name(8),
                host: host_name(),
            },
            remote,
            target: target.to_owned(),
            rules: OnceLock::new(),
            clock,
            locks: ledger.locks(),
            held: Mutex::default(),
            rested: Condvar::new(),
            behind: Mutex::default(),
            is_careful: AtomicBool::new(false),
            cards: Mutex::default(),
            turn_is_kept: AtomicBool::new(false),
            notices: Mutex::default(),
        }
    }

    /// The remote's name.
    pub fn name(&self) -> &str {
        self.remote.name()
    }

    /// What this process chooses by, so that it does not run after the same cards as all others.
    pub fn seed(&self) -> &str {
        &self.me.name
    }

    /// How the project wants machines to meet.
    pub fn rules(&self) -> &RemoteRules {
        self.rules.get_or_init(RemoteRules::default)
    }

    /// The ref that holds the tip of the branch as it was last seen.
    fn tip_ref(&self) -> String {
        format!("refs/harness/remotes/{}/heads/{}", self.name(), self.target)
    }

    /// Where something that others publish is kept here.
    fn here(&self, kind: &str) -> String {
        format!("refs/harness/remotes/{}/{kind}/", self.name())
    }

    /// Where it stands on the server.
    fn there(&self, kind: &str) -> String {
        format!("{}/{kind}/", self.rules().namespace)
    }

    fn claim_ref(&self, what: &str) -> String {
        match what.strip_prefix(view::TURNS) {
            Some(branch) => self.there("turns") + branch,
            None => self.there("claims") + what,
        }
    }

    fn branch_ref(&self) -> String {
        format!("refs/heads/{}", self.target)
    }

    /// Keeps something to be told by whoever has the engine.
    fn notice(&self, text: String) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if !notices.contains(&text) {
            notices.push(text);
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, Held>> {
        // Each change of it is whole, whatever became of whoever made it.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The machine's name, for people who look at a claim.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().chars().filter(|c| !c.is_control()).take(64).collect()
}

impl Engine {
    /// Shares the work on a branch with other machines from here on. The branch here follows the server's.
    pub fn join(&mut self, remote: &str, target: &str) -> Result<(), RunError> {
        self.meet(remote, target)?;
        self.follow_server()
    }

    /// The same where the branch here may stand elsewhere.
    pub(in crate::engine) fn meet(&mut self, remote: &str, target: &str) -> Result<(), RunError> {
        let remote = self.git.remote(remote, &self.cancel).map_err(ServerError::from)?;
        let server = Server::new(&self.ledger, remote, target, self.clock.clone())?;
        server.look_at_branch()?;
        let server = Arc::new(server);
        self.server = Some(Arc::clone(&server));
        // How machines meet is read where they do; nobody else has the server yet, so nothing was set before.
        let rules = Project::load(self, target)?.config.remote;
        server.rules.get_or_init(|| rules);
        Ok(())
    }

    /// Tells what was noticed of the server.
    pub(in crate::engine) fn tell_notices(&mut self, server: &Server) {
        let notices = std::mem::take(&mut *server.notices.lock().unwrap_or_else(PoisonError::into_inner));
        for text in notices {
            self.tell(&Event::Told { task: None, text });
        }
    }

    /// The tip that work on a branch stands on: the server's as last seen, or the branch's own here.
    pub fn tip(&self, target: &str) -> Result<Option<CommitId>, ReadError> {
        match self.server_of(target) {
            Some(server) => self.git.reference(&server.tip_ref()),
            None => self.git.branch_tip(target),
        }
    }

    /// The same after a look at the server, where there is one.
    pub fn tip_now(&self, target: &str) -> Result<Option<CommitId>, RunError> {
        if let Some(server) = self.server_of(target) {
            server.look(self)?;
        }
        Ok(self.tip(target)?)
    }

    pub(super) fn server_of(&self, target: &str) -> Option<&Arc<Server>> {
        self.server.as_ref().filter(|server| server.target == target)
    }

    /// Lets the branch here follow the server's. Commits that only this clone has are the user's to publish.
    pub fn follow_server(&mut self) -> Result<(), RunError> {
        let Some(server) = self.server.clone() else {
            return Ok(());
        };
        let (Some(tip), Some(here)) = (self.tip(&server.target)?, self.git.branch_tip(&server.target)?) else {
            return Ok(());
        };
        if tip == here {
            return Ok(());
        }
        if !self.git.is_ancestor(here, tip)? {
            return Err(ServerError::Unpushed {
                branch: server.target.clone(),
                remote: server.name().to_owned(),
            }
            .into());
        }
        match self
            .git
            .move_branch(&server.target, tip, here, "harness: follow the server")
        {
            // Another one of the crew, or the user, brought it on meanwhile.
            Ok(()) | Err(MoveError::Moved { .. }) => Ok(()),
            Err(why) if why.is_in_the_way() => {
                server.tell_behind(self, &why);
                Ok(())
            }
            Err(error) => Err(RunError::Resume(error)),
        }
    }
}
