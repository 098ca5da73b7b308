//! Sync: what travels between clones besides the branch itself. Journals of others are taken in, this clone's is
//! published, and claims of what is done are given back; what only this clone has of the branch goes along with its
//! journal, both or neither.
//!
//! What others published is taken in as what they say: checked row by row to be theirs and whole, replayed in one order
//! with our own rows, and never in place of what is here.

use std::sync::Arc;

use serde::Serialize;

use crate::domain::actor::Actor;
use crate::domain::audit::Finding;
use crate::domain::claim::Standing;
use crate::domain::id::{TaskId, WriterId};
use crate::domain::oid::{BlobId, CommitId, Digest};
use crate::domain::task::event::Event;
use crate::ledger::{Anew, LONGEST_SEGMENT, MOST_SEGMENTS, Published, TakeInError, TakenIn, segment_name};

use super::Engine;
use super::audit::{self, AuditError};
use super::project::Project;
use super::run::RunError;
use super::server::{Odd, Seen, Server, ServerError, Share, View, take_transcripts};

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
    /// What takes it away on the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
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
    /// Transcripts that were taken away, since whoever made them erased them.
    pub erased: usize,
    /// There was something of ours to publish.
    pub published: bool,
    /// Why this clone's journal was not published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_wrong: Option<String>,
    /// The name that this clone goes on under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anew: Option<Anew>,
    /// Refs there that are passed over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub odd: Vec<Odd>,
    /// Claims of ours that were given back, since their tasks are done.
    pub freed: Vec<TaskId>,
    /// What is claimed now.
    pub claims: Vec<Claimed>,
}

/// What is asked for beside the exchange itself.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// This clone goes on under another name.
    pub new_writer: bool,
    /// Transcripts of this clone that are to be nowhere any more.
    pub erase: Vec<Digest>,
    /// Who wants it.
    pub by: Option<Actor>,
}

/// Takes in what others published, and publishes what is ours.
pub fn sync(
    engine: &mut Engine,
    remote: &str,
    target: &str,
    share: Share,
    wishes: &Wishes,
) -> Result<Synced, RunError> {
    let mut server = meet(engine, remote, target)?;
    let anew = match wishes.new_writer {
        true => {
            let anew = begin_anew(engine, &server)?;
            server = meet(engine, remote, target)?;
            Some(anew)
        }
        false => None,
    };
    erase(engine, wishes)?;
    let taken_in = take_in_all(engine, &server)?;
    let transcripts = match share {
        Share::Everything => transcripts_of_all(engine, &server)?,
        Share::Journal => 0,
    };
    let erased = engine.ledger.obey_erasures().map_err(ServerError::from)?;
    engine.read_again()?;
    let branch = send(engine, &server, target, share)?;
    let (published, own_wrong) = match server.publish(engine, share) {
        Ok(published) => (published || matches!(branch, Branch::Pushed { .. }), None),
        Err(ServerError::Journal(error @ TakeInError::Fork(_))) => (false, Some(error.to_string())),
        Err(error) => return Err(error.into()),
    };
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
    let odd = server.odd(engine, &view)?;
    engine.tell_notices(&server);
    Ok(Synced {
        branch,
        journals: taken_in,
        transcripts,
        erased,
        published,
        own_wrong,
        anew,
        odd,
        claims: claims(&view, &freed),
        freed,
    })
}

fn meet(engine: &mut Engine, remote: &str, target: &str) -> Result<Arc<Server>, RunError> {
    engine.meet(remote, target)?;
    engine.server.clone().ok_or_else(|| ServerError::Alone.into())
}

/// Goes on under another name, with whatever of this clone's journals is not published under the one before.
fn begin_anew(engine: &mut Engine, server: &Server) -> Result<Anew, RunError> {
    server.bring_journals(engine)?;
    let mut journals = Vec::new();
    let left_behind = engine.ledger.left_behind().map_err(ServerError::from)?;
    for writer in engine.ledger.own_writers()? {
        let segments = server.published_as(engine, &writer)?;
        // What others only have the beginning of goes on under its own name.
        let is_ours = engine.ledger.writer() == Some(&writer);
        if is_ours
            || left_behind.contains(&writer)
            || engine.ledger.is_forked(&writer, &segments).map_err(ServerError::from)?
        {
            journals.push(Published { writer, segments });
        }
    }
    let anew = engine.ledger.begin_anew(&journals).map_err(ServerError::from)?;
    engine.read_again()?;
    Ok(anew)
}

/// Notes what is to be erased, and takes it away here.
fn erase(engine: &mut Engine, wishes: &Wishes) -> Result<(), RunError> {
    let Some(by) = &wishes.by else { return Ok(()) };
    let named = engine.ledger.names_of_own().map_err(ServerError::from)?;
    for digest in &wishes.erase {
        if named.erased().contains(digest) {
            continue;
        }
        if !named.contains(digest) {
            return Err(ServerError::NotOurs(*digest).into());
        }
        engine.record(&[Event::TranscriptErased {
            digest: *digest,
            by: by.clone(),
        }])?;
    }
    Ok(())
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

/// The most journals of clones that were not heard of before that are taken in at once.
const MOST_NEW: usize = 4_096;

/// As much of a journal is taken in in one step, in bytes.
const STEP: usize = 16 * 1024 * 1024;

/// Takes in the journals of all other clones. What is wrong in one keeps no other one out.
pub fn take_in_all(engine: &Engine, server: &Server) -> Result<Vec<Journal>, ServerError> {
    let mut journals = Vec::new();
    let mut new = 0;
    for (writer, commit) in server.bring_journals(engine)? {
        new += usize::from(!engine.ledger.is_copied(&writer));
        let taken = match new > MOST_NEW {
            false => take_in(engine, &writer, commit),
            true => Err(TakeInError::Foreign {
                writer: writer.clone(),
                why: format!("{MOST_NEW} others came new with it; the next sync goes on"),
            }
            .into()),
        };
        let (rows, wrong) = match taken {
            Ok(TakenIn { rows, held_back }) => (rows, held_back.map(|why| why.to_string())),
            // Of files here, or of the lock: nothing that others can do.
            Err(ServerError::Journal(error @ TakeInError::Io { .. })) => return Err(error.into()),
            Err(error) => (0, Some(error.to_string())),
        };
        let mend = wrong.as_ref().map(|_| server.mend(&writer));
        journals.push(Journal {
            writer,
            rows,
            wrong,
            mend,
        });
    }
    Ok(journals)
}

fn transcripts_of_all(engine: &Engine, server: &Server) -> Result<usize, ServerError> {
    let mut new = 0;
    for (writer, commit) in server.journals(engine)? {
        new += take_transcripts(engine, &writer, commit)?;
    }
    Ok(new)
}

/// Takes in the rows of another clone.
fn take_in(engine: &Engine, writer: &WriterId, commit: CommitId) -> Result<TakenIn, ServerError> {
    let foreign = |why: &str| TakeInError::Foreign {
        writer: writer.clone(),
        why: why.to_owned(),
    };
    let tree = engine.git.tree_if_any(commit).ok_or_else(|| foreign("no commit"))?;
    let files = engine.git.files_in(tree, "journal", MOST_SEGMENTS);
    let files = files.ok_or_else(|| foreign("its folder holds something else than segments"))?;
    let mut taken = TakenIn::default();
    let mut number = engine.ledger.wanted_of(writer);
    let mut wrong = None;
    while wrong.is_none() {
        let (mut segments, mut length) = (Vec::new(), 0);
        while let Some((name, blob)) = usize::try_from(number).ok().and_then(|number| files.get(number - 1)) {
            match segment(engine, number, name, *blob) {
                Ok(bytes) => {
                    length += bytes.len();
                    segments.push((number, bytes));
                    number += 1;
                }
                Err(why) => {
                    wrong = Some(foreign(&why));
                    break;
                }
            }
            if length > STEP {
                break;
            }
        }
        if segments.is_empty() {
            break;
        }
        let step = engine.ledger.take_in(writer, &segments)?;
        taken.rows += step.rows;
        if step.held_back.is_some() {
            wrong = step.held_back;
        }
    }
    taken.held_back = wrong;
    Ok(taken)
}

/// One segment of another clone, as far as it can be one.
fn segment(engine: &Engine, number: u64, name: &str, blob: BlobId) -> Result<Vec<u8>, String> {
    let wanted = segment_name(number);
    if name != wanted {
        return Err(format!("there is `{name}` where {wanted} belongs"));
    }
    match engine.git.blob_size(blob) {
        Ok(size) if size > LONGEST_SEGMENT => Err(format!(
            "segment {number} has {size} bytes, and none has more than {LONGEST_SEGMENT}"
        )),
        Ok(_) => engine.git.blob(blob).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
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
        strict: Vec::new(),
    };
    let view = engine.git.plain_view().map_err(AuditError::from)?;
    let report = audit::audit_own(&view, &range)?;
    let shown = |finding: &Finding| format!("{}: {}", finding.commit.short(10), finding.message);
    Ok((report.commits, report.errors().map(shown).collect()))
}
