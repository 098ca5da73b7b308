//! Refs below our names that nobody of ours can have made, or that say nothing that can be read: each is named with the
//! command that takes it away, and left out of everything else.

use crate::domain::id::{TaskId, WriterId};
use crate::domain::oid::CommitId;
use crate::domain::words::shell_word;
use crate::engine::Engine;
use crate::git::{Answer, Named, Swap};
use crate::ledger::TakeInError;

use super::view::{MOST_OTHERS, READ_AT_MOST, TURNS, View};
use super::{Server, ServerError};

/// A ref of the server that is passed over.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Odd {
    /// Its full name there.
    pub reference: String,
    /// What is wrong with it.
    pub why: String,
    /// What takes it away.
    pub mend: String,
}

impl Server {
    /// Everything that is wrong with what others published, as far as it was brought.
    pub fn odd(&self, engine: &Engine, view: &View) -> Result<Vec<Odd>, ServerError> {
        let mut found = Vec::new();
        if view.unread > 0 {
            found.push(Odd {
                reference: self.there("claims") + "*",
                why: format!(
                    "{} more claims than the {MOST_OTHERS} that are looked at, beside those of cards on {}",
                    view.unread, self.target
                ),
                mend: format!(
                    "look at `git ls-remote {0} '{1}*'`, then git push {0} --delete REF…",
                    word(self.name()),
                    self.there("claims")
                ),
            });
        }
        for (name, commit) in engine.git.references_below(&self.here("claims"))? {
            let why = match (name.parse::<TaskId>(), engine.git.named(commit)) {
                (Err(_), _) => match first_part(&name).parse::<TaskId>() {
                    Ok(task) if name.contains('/') => format!("no claim, and it keeps {task} from being claimed"),
                    _ => "no claim: no task can have this name".to_owned(),
                },
                (Ok(_), Named::Other(kind)) => format!("a {kind}, which is no claim"),
                (Ok(_), _) if view.claims.get(&name).is_some_and(|seen| seen.claim.is_none()) => {
                    "a claim that cannot be read: it counts for an hour after it last moved".to_owned()
                }
                (Ok(_), _) => continue,
            };
            found.push(self.odd_one(self.there("claims") + &name, why));
        }
        for (name, _) in engine.git.references_below(&self.here("turns"))? {
            if is_in_the_way(&name, &self.target) {
                let why = format!("no turn, and it keeps the turn of {} from being taken", self.target);
                found.push(self.odd_one(self.there("turns") + &name, why));
            }
        }
        for (name, commit) in engine.git.references_below(&self.here("ledger"))? {
            let why = match (name.parse::<WriterId>(), engine.git.tree_if_any(commit)) {
                (Err(_), _) => match first_part(&name).parse::<WriterId>() {
                    Ok(writer) if name.contains('/') => {
                        format!("no journal, and it keeps the one of {writer} from being published")
                    }
                    _ => "no journal: no clone can have this name".to_owned(),
                },
                (Ok(_), None) => "no commit with a journal".to_owned(),
                (Ok(_), Some(_)) => continue,
            };
            found.push(self.odd_one(self.there("ledger") + &name, why));
        }
        Ok(found)
    }

    /// Everything that is wrong with what stands there, looked at anew: names that are in the way of ours, and journals
    /// that cannot be taken in.
    pub(in crate::engine) fn examine(&self, engine: &Engine) -> Result<Vec<Odd>, ServerError> {
        let view = self.look(engine)?;
        let journals = self.bring_journals(engine)?;
        let mut found = self.odd(engine, &view)?;
        let namespace = &self.rules().namespace;
        for (name, _) in self.remote.list(&format!("{namespace}/"))? {
            let kinds = ["claims", "turns", "ledger"].map(|kind| format!("{namespace}/{kind}"));
            if kinds.contains(&name) || name == *namespace {
                found.push(self.odd_one(
                    name,
                    "a ref where a folder of refs belongs: none can be made in it".to_owned(),
                ));
            }
        }
        for (writer, _) in journals {
            let segments = self.published_as(engine, &writer)?;
            if let Err(error) = engine.ledger.judge(&writer, &segments) {
                found.push(self.odd_one(self.there("ledger") + writer.as_str(), error.to_string()));
            }
        }
        if let Err(ServerError::Journal(error @ TakeInError::Fork(_))) = self.is_ours(engine) {
            found.push(Odd {
                reference: self.own_ledger().0,
                why: error.to_string(),
                mend: format!("git harness sync --new-writer {}", word(self.name())),
            });
        }
        Ok(found)
    }

    /// What takes a journal away on the server; what was taken in of it stays.
    pub(in crate::engine) fn mend(&self, writer: &WriterId) -> String {
        self.odd_one(self.there("ledger") + writer.as_str(), String::new()).mend
    }

    /// Where a ref of the server that is below our names is kept here.
    fn here_of(&self, name: &str) -> String {
        let rest = name
            .strip_prefix(&format!("{}/", self.rules().namespace))
            .unwrap_or(name);
        format!("refs/harness/remotes/{}/{rest}", self.name())
    }

    pub(super) fn odd_one(&self, reference: String, why: String) -> Odd {
        Odd {
            mend: format!("git push {} --delete {}", word(self.name()), word(&reference)),
            reference,
            why,
        }
    }

    /// Takes away what keeps a claim of this name from being made. Whether anything did.
    pub(super) fn clear_name(&self, engine: &Engine, what: &str) -> Result<bool, ServerError> {
        self.clear(engine, &[self.claim_ref(what)])
    }

    /// The same for every ref that a push is to make.
    pub(super) fn clear_the_way(&self, engine: &Engine, swaps: &[Swap]) -> Result<bool, ServerError> {
        let made = swaps.iter().filter(|swap| swap.new.is_some() && swap.old.is_none());
        let names: Vec<String> = made.map(|swap| swap.reference.clone()).collect();
        self.clear(engine, &names)
    }

    /// Takes away names above and below these, which git cannot have beside them and nobody of ours can have made.
    fn clear(&self, engine: &Engine, wanted: &[String]) -> Result<bool, ServerError> {
        if wanted.is_empty() {
            return Ok(false);
        }
        let namespace = format!("{}/", self.rules().namespace);
        let there = self.remote.list(&namespace)?;
        let new = |name: &str| wanted.iter().any(|wanted| is_in_the_way(name, wanted));
        let in_the_way: Vec<(String, CommitId)> = there
            .into_iter()
            .filter(|(name, _)| name.starts_with(&namespace) && new(name))
            .collect();
        for (name, at) in &in_the_way {
            let gone = self.remote.push(&[Swap {
                reference: name.clone(),
                old: Some(*at),
                new: None,
            }])?;
            if gone == Answer::Done {
                let here = self.here_of(name);
                if let Some(at) = engine.git.names(&here)? {
                    engine.git.drop_references(&[(here, at)])?;
                }
                self.notice(format!(
                    "{name} was taken away from {}: nobody of ours can have made it, and it kept a name of ours from being used",
                    self.name()
                ));
            }
        }
        Ok(!in_the_way.is_empty())
    }
}

/// Whether git cannot have both of these names.
pub(super) fn is_in_the_way(name: &str, other: &str) -> bool {
    let is_below = |name: &str, other: &str| name.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'));
    is_below(name, other) || is_below(other, name)
}

/// A word of a command, quoted where a shell would read something else.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    match text.chars().all(is_plain) {
        true => text.to_owned(),
        false => shell_word(text),
    }
}

fn first_part(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

/// Whether a name that was brought below our claims or turns can be somebody's.
pub(super) fn is_claim(what: &str) -> bool {
    what.starts_with(TURNS) || what.parse::<TaskId>().is_ok()
}

/// What a claim's commit says; nothing where it is none, or too large to be one.
pub(super) fn message(engine: &Engine, commit: CommitId) -> Option<String> {
    engine.git.message_of(commit, READ_AT_MOST)
}
