//! The general contractor: the loop of design section 5, one file per step, and the only room that knows all
//! adapters.
//!
//! Plan → queue → packet → builder → harvest → judge → verify → accept → land → record. A value goes through its
//! stages as types that only the file of that stage can make: `Harvested → InScope → Evidence → Accepted → Landed`.
//! Nothing here prints, and nothing here knows the command line: what happens is told as events to a sink.

pub mod accept;
pub mod adopt;
mod advice;
mod answer;
pub mod asking;
pub mod attempt;
pub mod attended;
pub mod audit;
pub mod backfill;
pub mod builder;
pub mod canary;
pub mod cards;
pub mod choose;
pub mod commit;
mod count;
pub mod dispatch;
pub mod doctor;
pub mod door;
pub mod early;
pub mod facts;
pub mod finish;
mod forms;
pub mod harvest;
pub mod history;
mod home;
pub mod import;
pub mod judge;
mod known;
pub mod land;
pub mod landed;
mod leak;
mod limits;
pub mod making;
mod meant;
pub mod merged;
pub mod models;
pub mod overview;
pub mod packet;
pub mod planning;
pub mod project;
pub mod proposal;
pub mod purse;
pub mod record;
pub mod records;
pub mod recover;
pub mod renew;
pub mod resume;
pub mod revise;
pub mod rollback;
pub mod run;
pub mod search;
pub mod server;
pub mod slot;
pub mod supply;
mod symptoms;
pub mod sync;
pub mod trusted;
pub mod undo;
pub mod verify;
pub mod view;
pub mod walls;
mod wording;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::clock::Clock;
use crate::config::{Config, secret_values};
use crate::domain::actor::Actor;
use crate::domain::budget::Spent;
use crate::domain::id::{TaskId, WriterId};
use crate::domain::oid::{CommitId, Digest, TreeId};
use crate::domain::task::event::{Event, Sink};
use crate::domain::task::replay::Replay;
use crate::domain::task::row::{Row, RowEvent};
use crate::git::{IdentityError, Repository};
use crate::ledger::{AppendError, AppendIfError, JournalError, Ledger, Till, Whose};
use crate::process::{Cancel, fence};

/// What the machine and its user bring along; read once at the edge.
#[derive(Debug, Clone)]
pub struct Host {
    /// The environment that the program was started with.
    pub variables: BTreeMap<OsString, OsString>,
    /// The user's cache folder for this program: slots live below it.
    pub cache_dir: PathBuf,
    /// The user's configuration folder for this program.
    pub config_dir: PathBuf,
}

/// A repository, its ledger, and everything that is handed in.
pub struct Engine {
    /// The repository.
    pub git: Repository,
    /// What was tried.
    pub ledger: Ledger,
    /// The machine and its user.
    pub host: Host,
    /// Time and randomness.
    pub clock: Arc<dyn Clock>,
    /// Set when the user wants to stop.
    pub cancel: Cancel,
    /// Told of what a model has written so far, and of `None` once it stops; nothing of it is recorded.
    pub progress: Box<builder::Watcher>,
    /// Told how far a copy of a tree is; nothing of it is recorded.
    pub copying: Box<slot::Watcher>,
    /// What all who work in this process share of the models.
    pub supply: Arc<supply::Supply>,
    /// Where the work is shared with other machines, if it is.
    pub server: Option<Arc<server::Server>>,
    /// Whose money calls cost, where it is not this clone's: a repository that is made for a look at a model has none.
    pub charged_to: Option<purse::Day>,
    till: Arc<Till>,
    replay: Replay,
    seen: usize,
    sink: Box<dyn Sink>,
    fence: OnceLock<fence::Found>,
    for_now: BTreeSet<Digest>,
    cards: cards::CardCache,
}

impl Engine {
    /// Joins the parts, and replays the ledger.
    pub fn new(
        git: Repository,
        mut ledger: Ledger,
        host: Host,
        clock: Arc<dyn Clock>,
        cancel: Cancel,
        sink: Box<dyn Sink>,
    ) -> Self {
        let replay = ledger.take_base();
        let till = Arc::new(Till::at(&host.config_dir.join("spent"), clock.clone()));
        let mut engine = Self {
            git,
            ledger,
            host,
            clock,
            cancel,
            progress: Box::new(|_| {}),
            copying: Box::new(|_| {}),
            supply: Arc::default(),
            server: None,
            charged_to: None,
            till,
            replay,
            seen: 0,
            sink,
            fence: OnceLock::new(),
            for_now: BTreeSet::new(),
            cards: cards::CardCache::default(),
        };
        engine.catch_up();
        let secrets = secret_values(&engine.host.variables, &[]);
        engine.ledger.keep_out(&secrets);
        engine
    }

    /// Opens the ledger anew, with what was taken in from others since.
    pub(crate) fn read_again(&mut self) -> Result<(), JournalError> {
        let mut ledger = Ledger::open(self.ledger.dir(), self.clock.clone())?;
        self.replay = ledger.take_base();
        self.ledger = ledger;
        self.seen = 0;
        self.catch_up();
        let secrets = secret_values(&self.host.variables, &[]);
        self.ledger.keep_out(&secrets);
        Ok(())
    }

    /// Makes the values of variables that a configuration passes on known, so that they are neither kept nor shown.
    pub(crate) fn keep_secrets_out(&mut self, config: &Config) {
        let secrets = secret_values(&self.host.variables, &config.passed_variables());
        self.ledger.keep_out(&secrets);
    }

    /// What the ledger says of every task.
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// What was spent so far: on a task by this clone, and today.
    pub(crate) fn spent_before(&self, task: &TaskId, tip: CommitId) -> purse::Before {
        let log = self.replay.task(task);
        let is_own = |writer: &WriterId| !self.ledger.is_copied(writer);
        purse::Before {
            task: log.map_or_else(Spent::default, |log| Spent::default().with(&log.usage_of(is_own))),
            day: self.day(Some(tip)),
        }
    }

    /// Where a day's money is kept, for a project whose history is known by a commit; without one, as far as it was
    /// looked up before.
    pub fn day(&self, tip: Option<CommitId>) -> purse::Day {
        if let Some(day) = &self.charged_to {
            return day.clone();
        }
        let common = self.git.common_dir();
        let common = common.canonicalize().unwrap_or_else(|_| common.to_owned());
        purse::Day {
            till: Arc::clone(&self.till),
            whose: Whose {
                project: self.project(tip),
                clone: Digest::of(common.as_os_str().as_encoded_bytes()).to_string(),
            },
            journal: self
                .replay
                .books()
                .days_of(|writer| !self.ledger.is_copied(writer))
                .into_iter()
                .collect(),
        }
    }

    /// The commit that the project's history begins with: what its clones have in common. A shallow clone does not know.
    fn project(&self, tip: Option<CommitId>) -> Option<String> {
        const KIND: &str = "project";
        let known = self.ledger.caches().get(KIND, "root");
        if let Some(known) = known.and_then(|bytes| String::from_utf8(bytes).ok()) {
            return Some(known);
        }
        if self.git.is_shallow() {
            return None;
        }
        let root = self.git.root_of(tip?).ok()??.to_string();
        self.ledger.caches().put(KIND, "root", root.as_bytes());
        Some(root)
    }

    /// What the last attempt of a task left, and the commit that it started from, where they are here: an attempt of
    /// another clone left its objects there.
    pub(crate) fn kept(&self, task: &TaskId) -> Option<(TreeId, CommitId)> {
        let (tree, base) = self.replay().task(task)?.kept()?;
        let is_here = self.git.contains(tree.object_id()) && self.git.contains(base.object_id());
        is_here.then_some((tree, base))
    }

    /// Whether a task was last worked on in another clone, whose journal was taken in.
    pub(crate) fn is_elsewhere(&self, task: &TaskId) -> bool {
        let last = self.replay().task(task).and_then(|log| log.last());
        last.is_some_and(|attempt| self.ledger.is_copied(&attempt.dispatched.attempt.writer))
    }

    /// Takes in rows that this value has not looked at yet.
    pub(crate) fn catch_up(&mut self) {
        for row in &self.ledger.rows()[self.seen..] {
            self.replay.apply(row);
        }
        self.seen = self.ledger.rows().len();
    }

    /// Writes events to the journal, one write for all of them, and then tells the sink.
    pub fn record(&mut self, events: &[Event]) -> Result<Vec<Row>, AppendError> {
        let rows = self.ledger.append(events)?;
        self.catch_up();
        self.show(&rows);
        Ok(rows)
    }

    /// Writes what is decided of everything that anybody has written by now, under the journal's lock: what one process
    /// finds to be done, another may have done a moment before.
    pub fn record_if(&mut self, decide: impl FnOnce(&Replay) -> Vec<Event>) -> Result<Vec<Row>, AppendError> {
        let Self {
            ledger, replay, seen, ..
        } = self;
        let decided = ledger.append_if(|new_rows| {
            for row in new_rows {
                replay.apply(row);
            }
            *seen += new_rows.len();
            Ok::<_, std::convert::Infallible>((decide(replay), ()))
        });
        let rows = match decided {
            Ok((rows, ())) => rows,
            Err(AppendIfError::Append(error)) => return Err(error),
            Err(AppendIfError::Refused(never)) => match never {},
        };
        self.catch_up();
        self.show(&rows);
        Ok(rows)
    }

    /// Shows rows to the sink.
    fn show(&mut self, rows: &[Row]) {
        for row in rows {
            if let RowEvent::Known(event) = &row.event {
                self.sink.event(row.time, event);
            }
        }
    }

    /// Tells the sink of something that is not recorded.
    pub fn tell(&mut self, event: &Event) {
        let now = self.clock.now();
        self.sink.event(now, event);
    }

    /// The person who runs the harness, as git knows them.
    pub fn person(&self) -> Result<Actor, IdentityError> {
        self.git.identity().map(|identity| Actor::Person(identity.to_string()))
    }

    /// The strongest fence that passes its test on this machine.
    pub fn fence(&self) -> io::Result<&fence::Found> {
        if let Some(found) = self.fence.get() {
            return Ok(found);
        }
        crate::folders::make_private(&self.host.cache_dir)?;
        let found = fence::find(&self.host.cache_dir)?;
        Ok(self.fence.get_or_init(|| found))
    }

    /// The folder below which this clone's slots live: one for each clone, named after it, outside of it.
    pub fn pool(&self, configured: Option<&std::path::Path>) -> PathBuf {
        let common = self.git.common_dir();
        let name = common
            .parent()
            .and_then(std::path::Path::file_name)
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let digest = Digest::of(common.as_os_str().as_encoded_bytes()).short();
        configured
            .map_or_else(|| self.host.cache_dir.join("slots"), std::path::Path::to_owned)
            .join(format!("{name}-{digest}"))
    }
}
