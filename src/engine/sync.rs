//! Sync: what travels between clones besides the branch itself. Journals of others are taken in, this clone's is
//! published, and claims of what is done are given back; what only this clone has of the branch goes along with its
//! journal, both or neither.
//!
//! What others published is taken in as what they say: checked row by row to be theirs and whole, replayed in one order
//! with our own rows, and never in place of what is here.

use serde::Serialize;

use crate::domain::audit::Finding;
use crate::domain::claim::Standing;
use crate::domain::id::{TaskId, WriterId};
use crate::domain::oid::CommitId;
use crate::ledger::TakeInError;

use super::Engine;
use super::audit::{self, AuditError};
use super::project::Project;
use super::run::RunError;
use super::server::{Seen, Server, ServerError, Share, View, place_of};

/// What a branch has to do with the server's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Branch {
    /// They stand at the same commit.
    Same,
    /// It was behind and has followed, or cannot for what is in the way here.
    Behind,
    /// What only this clone had was pushed.
    Pushed {
        /// The commits.
        commits: usize,
    },
    /// What only this clone has is not what a card allows, and was not pushed.
    Refused {
        /// Why.
        why: Vec<String>,
    },
    /// Both have commits of their own.
    Apart,
    /// It is not here.
    Elsewhere,
}

/// Another clone's journal, as far as it was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Journal {
    /// Whose.
    pub writer: WriterId,
    /// Rows that were new.
    pub rows: u64,
    /// Why it was not taken in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong: Option<String>,
}

/// Who has a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claimed {
    /// The task, or the turn to land.
    pub what: String,
    /// The machine, as it calls itself.
    pub host: String,
    /// `ours`, `held`, `lapsed` or `parked`.
    pub standing: &'static str,
    /// Why it rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Synced {
    /// The branch.
    pub branch: Branch,
    /// Journals of others.
    pub journals: Vec<Journal>,
    /// Transcripts of others that were new.
    pub transcripts: usize,
    /// There was something of ours to publish.
    pub published: bool,
    /// Claims of ours that were given back, since their tasks are done.
    pub freed: Vec<TaskId>,
    /// What is claimed now.
    pub claims: Vec<Claimed>,
}

/// Takes in what others published, and publishes what is ours.
pub fn sync(engine: &mut Engine, remote: &str, target: &str, share: Share) -> Result<Synced, RunError> {
    engine.meet(remote, target)?;
    let Some(server) = engine.server.clone() else {
        return Err(ServerError::Alone.into());
    };
    let taken_in = take_in_all(engine, &server)?;
    let transcripts = match share {
        Share::Everything => transcripts_of_all(engine, &server)?,
        Share::Journal => 0,
    };
    engine.read_again()?;
    let branch = send(engine, &server, target, share)?;
    let published = server.publish(engine, share)? || matches!(branch, Branch::Pushed { .. });
    let project = Project::load(engine, target)?;
    let view = server.look(engine)?;
    let mut freed = Vec::new();
    for (what, seen) in &view.claims {
        let Ok(task) = what.parse::<TaskId>() else { continue };
        if seen.standing == Standing::Ours
            && project.history.landing(&task).is_some()
            && server.remove(engine, what, seen.commit)?
        {
            freed.push(task);
        }
    }
    Ok(Synced {
        branch,
        journals: taken_in,
        transcripts,
        published,
        claims: claims(&view, &freed),
        freed,
    })
}

fn claims(view: &View, freed: &[TaskId]) -> Vec<Claimed> {
    let left = view
        .claims
        .iter()
        .filter(|(what, _)| !freed.iter().any(|task| task.as_str() == what.as_str()));
    let told = left.map(|(what, seen): (&String, &Seen)| Claimed {
        what: what.clone(),
        host: seen.claim.as_ref().map(|claim| claim.host.clone()).unwrap_or_default(),
        standing: match seen.standing {
            Standing::Free | Standing::Mine | Standing::Ours => "ours",
            Standing::Held { .. } => "held",
            Standing::Lapsed => "lapsed",
            Standing::Parked => "parked",
        },
        why: seen.claim.as_ref().and_then(|claim| claim.parked.clone()),
    });
    told.collect()
}

/// Takes in the journals of all other clones. What is wrong in one keeps no other one out.
pub fn take_in_all(engine: &Engine, server: &Server) -> Result<Vec<Journal>, ServerError> {
    let mut journals = Vec::new();
    for (writer, commit) in server.bring_journals(engine)? {
        let (rows, wrong) = match take_in(engine, &writer, commit) {
            Ok(rows) => (rows, None),
            Err(ServerError::Journal(error @ (TakeInError::Damaged { .. } | TakeInError::Fork(_)))) => {
                (0, Some(error.to_string()))
            }
            Err(error) => return Err(error),
        };
        journals.push(Journal { writer, rows, wrong });
    }
    Ok(journals)
}

fn transcripts_of_all(engine: &Engine, server: &Server) -> Result<usize, ServerError> {
    let mut new = 0;
    for (_, commit) in server.journals(engine)? {
        new += take_transcripts(engine, commit)?;
    }
    Ok(new)
}

/// Takes in the rows of another clone.
fn take_in(engine: &Engine, writer: &WriterId, commit: CommitId) -> Result<u64, ServerError> {
    let tree = engine.git.tree_of(commit)?;
    let mut segments = Vec::new();
    for number in engine.ledger.wanted_of(writer).. {
        match engine.git.file(tree, &place_of(number))? {
            Some(bytes) => segments.push((number, bytes)),
            None => break,
        }
    }
    Ok(engine.ledger.take_in(writer, &segments)?)
}

/// Takes in transcripts that are what their names say. Secrets that are known here are taken out of them, too.
fn take_transcripts(engine: &Engine, commit: CommitId) -> Result<usize, ServerError> {
    let transcripts = engine.ledger.transcripts();
    let known = transcripts.all().map_err(ServerError::Lock)?;
    let mut new = 0;
    for (path, entry) in engine.git.list(engine.git.tree_of(commit)?, "transcripts")? {
        let name: String = path.to_text().split('/').skip(1).collect();
        let Ok(digest) = name.parse::<crate::domain::oid::Digest>() else {
            continue;
        };
        if known.binary_search(&digest).is_ok() {
            continue;
        }
        let bytes = engine.git.blob(entry.blob)?;
        if crate::domain::oid::Digest::of(&bytes) == digest {
            transcripts.put(&bytes).map_err(ServerError::Lock)?;
            new += 1;
        }
    }
    Ok(new)
}

/// Brings the branch here and the server's together, as far as one of them only has to follow.
fn send(engine: &mut Engine, server: &Server, target: &str, share: Share) -> Result<Branch, RunError> {
    let Some(here) = engine.git.branch_tip(target)? else {
        return Ok(Branch::Elsewhere);
    };
    let there = engine.tip(target)?;
    let Some(there) = there.filter(|there| *there != here) else {
        return Ok(Branch::Same);
    };
    if engine.git.is_ancestor(here, there)? {
        engine.follow_server()?;
        return Ok(Branch::Behind);
    }
    if !engine.git.is_ancestor(there, here)? {
        return Ok(Branch::Apart);
    }
    let (commits, wrong) = judge(engine, here, there)?;
    if !wrong.is_empty() {
        return Ok(Branch::Refused { why: wrong });
    }
    match server.send(engine, here, there, share)? {
        true => Ok(Branch::Pushed { commits }),
        false => Ok(Branch::Apart),
    }
}

/// How many commits a push would bring, and what the hooks would say against them.
fn judge(engine: &Engine, new: CommitId, known: CommitId) -> Result<(usize, Vec<String>), RunError> {
    let range = audit::Range {
        tips: vec![new],
        without: vec![known],
        base: None,
    };
    let view = engine.git.plain_view().map_err(AuditError::from)?;
    let report = audit::audit_own(&view, &range)?;
    let shown = |finding: &Finding| format!("{}: {}", finding.commit.short(10), finding.message);
    Ok((report.commits, report.errors().map(shown).collect()))
}
