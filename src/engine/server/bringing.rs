//! Bringing what stands on the server. Whoever may push there decides what its refs are called and what they name, so
//! where one of them keeps git from bringing any, they are listed first, and only those that can be of use are brought.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::domain::id::TaskId;
use crate::engine::Engine;
use crate::git::RemoteError;

use super::{Server, ServerError};

/// How long it is waited before a look is tried again.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

/// The most refs of one kind that are brought one by one.
const MOST_REFS: usize = 8_192;

impl Server {
    /// Brings the branch alone, before it is known how the project wants machines to meet.
    pub(super) fn look_at_branch(&self) -> Result<(), ServerError> {
        let _alone = self.locks.remote(self.name()).map_err(ServerError::Lock)?;
        let pair = [(self.branch_ref(), self.tip_ref())];
        let mut pauses = PAUSES.iter();
        loop {
            match (self.remote.fetch(&pair), pauses.next()) {
                (Err(error), Some(pause)) if error.may_pass() => std::thread::sleep(*pause),
                (done, _) => return Ok(done?),
            }
        }
    }

    /// Fetches; what may be a passing fault is tried again. (A server that takes a ref away while it tells of it may
    /// name an object that is none.)
    pub(super) fn bring(&self, engine: &Engine, pairs: &[(String, String)]) -> Result<(), ServerError> {
        let mut pauses = PAUSES.iter();
        let mut failed = None;
        loop {
            if self.is_careful.load(Ordering::Relaxed) || failed.as_ref().is_some_and(RemoteError::may_pass) {
                match self.bring_carefully(engine, pairs) {
                    Ok(()) => {
                        self.is_careful.store(true, Ordering::Relaxed);
                        return Ok(());
                    }
                    Err(ServerError::Remote(error)) => failed = Some(error),
                    Err(error) => return Err(error),
                }
                match (failed.take(), pauses.next()) {
                    (Some(error), Some(pause)) if error.may_pass() => std::thread::sleep(*pause),
                    (Some(error), _) => return Err(error.into()),
                    (None, _) => {}
                }
            }
            match (self.remote.fetch(pairs), pauses.next()) {
                (Err(error), Some(pause)) if error.may_pass() => {
                    std::thread::sleep(*pause);
                    failed = Some(error);
                }
                (done, _) => return Ok(done?),
            }
        }
    }

    /// Brings what can be of use and nothing else: refs whose names are whole, and each object whatever git's checks say
    /// of it, since none of it is ever checked out. The branch is brought as the user has git bring it.
    fn bring_carefully(&self, engine: &Engine, pairs: &[(String, String)]) -> Result<(), ServerError> {
        let there = self.remote.list("refs/")?;
        let mut wanted = Vec::new();
        for (pattern, here) in pairs {
            let (Some(begin), Some(here)) = (pattern.strip_suffix('*'), here.strip_suffix('*')) else {
                self.remote.fetch(&[(pattern.clone(), here.clone())])?;
                continue;
            };
            let is_turn = begin == self.there("turns");
            let named = there.iter().filter_map(|(name, _)| {
                let rest = name.strip_prefix(begin)?;
                let last = name.rsplit('/').next()?;
                let is_whole = match is_turn {
                    true => rest == self.target,
                    false => !rest.contains('/') && last.parse::<TaskId>().is_ok(),
                };
                is_whole.then(|| (name.clone(), format!("{here}{rest}")))
            });
            let brought: Vec<(String, String)> = named.take(MOST_REFS).collect();
            let gone = engine.git.references_below(&folder_of(here))?;
            let gone = gone.into_iter().filter_map(|(rest, commit)| {
                let name = format!("{}{rest}", folder_of(here));
                let is_gone = name.starts_with(here) && brought.iter().all(|(_, here)| *here != name);
                is_gone.then_some((name, commit))
            });
            engine.git.drop_references(&gone.collect::<Vec<_>>())?;
            wanted.extend(brought);
        }
        Ok(self.remote.fetch_exactly(&wanted)?)
    }
}

/// The part of a name up to its last slash.
fn folder_of(name: &str) -> String {
    name.rfind('/').map_or_else(String::new, |end| name[..=end].to_owned())
}
