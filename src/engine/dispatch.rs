//! Dispatch: claim a card and make its packet (design section 5, steps 2 and 3).
//!
//! The claim is one row of the journal, written under its lock after the state was looked at again there, so that no
//! card is given out twice. The packet is written before it, by hash, and is what the Builder gets to the byte.

use crate::domain::actor::Actor;
use crate::domain::check::Check;
use crate::domain::failure::Failure;
use crate::domain::id::{AttemptId, TaskId};
use crate::domain::oid::{BlobId, TreeId};
use crate::domain::packet::{BuilderPacket, Excerpt, Note, PacketError, Template, newest_within, render_builder};
use crate::domain::plan::card::Card;
use crate::domain::task::event::{AttemptMode, AttemptPlace, Dispatched, Event};
use crate::domain::task::state::TaskState;
use crate::git::{ReadError, WriteError};
use crate::ledger::{AppendIfError, TaskLock};

use super::Engine;
use super::asking::Asking;
use super::builder::Builder;
use super::project::Project;

/// Why a card was not given out.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// Another process has it.
    #[error("{0} is being worked on by another process")]
    Busy(TaskId),
    /// It is in no state to be given out.
    #[error("{task} is {state}, not ready")]
    NotReady {
        /// The task.
        task: TaskId,
        /// Its state.
        state: TaskState,
    },
    /// The card is not in the branch's tree any more.
    #[error("{0} has no card at the tip of its branch")]
    NoCard(TaskId),
    /// The packet does not fit the window: a planning error.
    #[error("the packet of {task} does not fit: {why}")]
    TooLarge {
        /// The task.
        task: TaskId,
        /// What was needed and what there is.
        why: String,
    },
    /// A template of the repository is unusable.
    #[error("{file}: {why}")]
    Template {
        /// The template.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The card names files that do not exist: the Architect's business.
    #[error("the card of {task} names what does not exist: {}", .names.join(", "))]
    Missing {
        /// The task.
        task: TaskId,
        /// The files.
        names: Vec<String>,
    },
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A tree could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The packet or a lock could not be written.
    #[error("cannot write beside the journal: {0}")]
    Io(#[from] std::io::Error),
    /// The row could not be written.
    #[error(transparent)]
    Append(#[from] crate::ledger::AppendError),
}

/// A card in somebody's hands.
#[derive(Debug)]
#[must_use = "a claimed card that nobody works on blocks the queue"]
pub struct Assignment {
    /// The row.
    pub dispatched: Dispatched,
    /// The packet's text.
    pub packet: String,
    /// Its tokens, by the estimate before any scale.
    pub estimated: usize,
    /// What the view starts as.
    pub start: TreeId,
    /// Held while the work goes on: the kernel's answer to "is its owner alive".
    pub lock: Option<TaskLock>,
}

/// Claims the card and makes its packet.
pub fn dispatch(
    engine: &mut Engine,
    project: &Project,
    card: &Card,
    builder: &dyn Builder,
    author: Actor,
    mode: AttemptMode,
) -> Result<Assignment, DispatchError> {
    let task = &card.id;
    let lock = match mode {
        AttemptMode::Unattended => Some(
            engine
                .ledger
                .locks()
                .try_task(task)?
                .ok_or_else(|| DispatchError::Busy(task.clone()))?,
        ),
        AttemptMode::Attended { .. } => None,
    };
    let blob = *project
        .blobs
        .get(task)
        .ok_or_else(|| DispatchError::NoCard(task.clone()))?;
    let asking = match mode {
        AttemptMode::Attended { .. } => Asking::Commit,
        AttemptMode::Unattended => Asking::of(builder),
    };
    let draft = draft_packet(engine, project, card, asking)?;
    let packet = engine.ledger.transcripts().put(draft.text.as_bytes())?;
    let dispatched = claim(
        engine,
        card,
        &Claim {
            blob,
            packet,
            author,
            mode,
            model: builder.model().map(str::to_owned),
            base: project.tip,
            from_tree: draft.from_tree,
            undone: undone_landing(engine, project, task),
        },
    )?;
    Ok(Assignment {
        dispatched,
        packet: draft.text,
        estimated: draft.tokens,
        start: draft.from_tree.unwrap_or(project.tree),
        lock,
    })
}

struct Claim {
    blob: BlobId,
    packet: crate::domain::oid::Digest,
    author: Actor,
    mode: AttemptMode,
    model: Option<String>,
    base: crate::domain::oid::CommitId,
    from_tree: Option<TreeId>,
    /// The last landing, if the branch's history took it back.
    undone: Option<crate::domain::oid::CommitId>,
}

fn undone_landing(engine: &Engine, project: &Project, task: &TaskId) -> Option<crate::domain::oid::CommitId> {
    let last = engine.replay().task(task)?.landed.last()?.commit;
    project.history.is_reverted(last).then_some(last)
}

/// Writes the row, if the task may still be given out when the journal's lock is held.
fn claim(engine: &mut Engine, card: &Card, claim: &Claim) -> Result<Dispatched, DispatchError> {
    let task = &card.id;
    let Engine {
        ledger, replay, seen, ..
    } = engine;
    let writer = ledger.writer().cloned().ok_or(crate::ledger::AppendError::ReadOnly)?;
    let decided = ledger.append_if(|new_rows| {
        for row in new_rows {
            replay.apply(row);
        }
        *seen += new_rows.len();
        let log = replay.task(task);
        let state = log.map_or(TaskState::Ready, |log| log.state);
        let undone = log
            .filter(|log| log.state == TaskState::Passed)
            .and_then(|log| log.landed.last())
            .is_some_and(|landed| claim.undone == Some(landed.commit));
        if !undone && !matches!(state, TaskState::Ready | TaskState::Failed) {
            return Err(DispatchError::NotReady {
                task: task.clone(),
                state,
            });
        }
        let dispatched = Dispatched {
            task: task.clone(),
            attempt: AttemptId {
                writer: writer.clone(),
                n: replay.attempts_by(&writer) + 1,
            },
            place: AttemptPlace {
                number: log.map_or(0, |log| log.number) + 1,
                round: log.map_or(1, |log| log.round) + u32::from(undone),
                in_round: log.filter(|_| !undone).map_or(0, |log| log.in_round) + 1,
            },
            mode: claim.mode.clone(),
            author: claim.author.clone(),
            model: claim.model.clone(),
            base: claim.base,
            card: claim.blob,
            packet: claim.packet,
            from_tree: claim.from_tree,
        };
        // History took the last landing back, which opens a round.
        let reopened = undone.then(|| Event::RetryRequested {
            task: task.clone(),
            by: Actor::Harness,
            reason: "its landing was undone".to_owned(),
        });
        let events = reopened.into_iter().chain([Event::Dispatched(dispatched.clone())]);
        Ok((events.collect(), dispatched))
    });
    let (rows, dispatched) = match decided {
        Ok(done) => done,
        Err(AppendIfError::Refused(error)) => return Err(error),
        Err(AppendIfError::Append(error)) => return Err(error.into()),
    };
    engine.catch_up();
    engine.show(&rows);
    Ok(dispatched)
}

/// A packet, and the tree that its attempt starts from where that is not the base.
#[derive(Debug)]
pub struct Draft {
    /// The exact text.
    pub text: String,
    /// An estimate of its tokens.
    pub tokens: usize,
    /// What was left out to make it fit.
    pub dropped: Vec<String>,
    /// What the attempt goes on from.
    pub from_tree: Option<TreeId>,
}

/// Makes the packet that the next attempt of a card would get.
pub fn draft_packet(engine: &Engine, project: &Project, card: &Card, asking: Asking) -> Result<Draft, DispatchError> {
    let log = engine.replay().task(&card.id);
    let previous: Option<&Failure> = log
        .filter(|log| log.state == TaskState::Failed)
        .and_then(|log| log.last_failure.as_ref());
    let from_tree = match log {
        Some(log) if previous.is_some() || log.keep_changes => going_on_from(engine, project, card)?,
        _ => None,
    };
    let checks: Vec<Check> = project.config.checks_for(card);
    let start = from_tree.unwrap_or(project.tree);
    let excerpts = excerpts(engine, project, card, asking, start)?;
    let (notes, older) = newest_within(notes(engine, card), project.config.packet.notes_tokens);
    let packet = BuilderPacket {
        card,
        checks: &checks,
        excerpts: &excerpts,
        notes: &notes,
        previous,
        answer: asking.answer(card, &excerpts, previous),
    };
    let template = if previous.is_some() {
        Template::Retry
    } else {
        Template::Builder
    };
    let text = template_text(engine, project, template)?;
    let budget = project.config.packet.window_tokens;
    match render_builder(&packet, &text, budget) {
        Ok(mut rendered) => {
            if older > 0 {
                let notes = format!("{older} older notes (packet.notes_tokens)");
                rendered.dropped.insert(0, notes);
            }
            Ok(Draft {
                text: rendered.text,
                tokens: rendered.tokens,
                dropped: rendered.dropped,
                from_tree,
            })
        }
        Err(error @ PacketError::TooLarge { .. }) => Err(DispatchError::TooLarge {
            task: card.id.clone(),
            why: error.to_string(),
        }),
        Err(error) => Err(DispatchError::Template {
            file: format!(".harness/templates/{}.md", template.name()),
            why: error.to_string(),
        }),
    }
}

/// The text of a prompt: the repository's own where it has one, else the built-in.
pub fn template_text(engine: &Engine, project: &Project, template: Template) -> Result<String, ReadError> {
    let path = format!(".harness/templates/{}.md", template.name());
    Ok(match engine.git.file(project.tree, &path)? {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        None => template.built_in().to_owned(),
    })
}

/// The in-scope changes of the last attempt, on the present base. Where others changed one of its files meanwhile, the
/// attempt starts from the base.
fn going_on_from(engine: &Engine, project: &Project, card: &Card) -> Result<Option<TreeId>, DispatchError> {
    let Some((kept, base)) = engine.replay().task(&card.id).and_then(|log| log.kept()) else {
        return Ok(None);
    };
    let old_base = engine.git.tree_of(base)?;
    if old_base == project.tree {
        return Ok(Some(kept));
    }
    let changes = engine.git.diff(old_base, kept)?;
    let others = engine.git.diff(old_base, project.tree)?;
    if changes.paths().any(|path| others.paths().any(|other| other == path)) {
        return Ok(None);
    }
    let edits: Vec<_> = changes.iter().map(|change| (change.path.clone(), change.new)).collect();
    Ok(Some(engine.git.write_tree(project.tree, &edits)?))
}

/// The card's context; for a Builder that answers in text also the files that it may change, since it sees no other.
fn excerpts(
    engine: &Engine,
    project: &Project,
    card: &Card,
    asking: Asking,
    start: TreeId,
) -> Result<Vec<Excerpt>, DispatchError> {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for wanted in &card.context {
        let path = wanted.path.to_text().into_owned();
        let Some(bytes) = engine.git.file(project.tree, &path)? else {
            missing.push(path);
            continue;
        };
        found.push(Excerpt::cut(path, &String::from_utf8_lossy(&bytes), wanted.lines));
    }
    if !missing.is_empty() {
        return Err(DispatchError::Missing {
            task: card.id.clone(),
            names: missing,
        });
    }
    if matches!(asking, Asking::Text(_)) {
        for path in &card.files {
            let known = found
                .iter()
                .any(|excerpt: &Excerpt| excerpt.path == *path && excerpt.is_whole());
            if known {
                continue;
            }
            // A glob names no file; what it matches is for the planner to give as context.
            if let Some(bytes) = engine.git.file(start, path)? {
                found.push(Excerpt::cut(path.clone(), &String::from_utf8_lossy(&bytes), None));
            }
        }
    }
    Ok(found)
}

/// What was noted on the tasks that this one builds on, and on itself.
fn notes(engine: &Engine, card: &Card) -> Vec<Note> {
    card.depends_on
        .iter()
        .chain([&card.id])
        .filter_map(|task| Some((task, engine.replay().task(task)?)))
        .flat_map(|(task, log)| {
            log.notes.iter().map(move |(by, text)| Note {
                task: task.to_string(),
                by: by.to_string(),
                text: text.clone(),
            })
        })
        .collect()
}
