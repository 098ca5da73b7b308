//! Packets: what the next attempt of a card would get, and what the Architect would. `domain::packet` puts them
//! together; this step brings it the files, the notes, the last failure, and the window of whoever reads it.

use crate::domain::check::Check;
use crate::domain::failure::Failure;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::packet::{
    Budget, BuilderPacket, EscalationPacket, Excerpt, Misfit, Note, PacketError, Rendered, Scale, Template,
    newest_within, render_builder, render_escalation,
};
use crate::domain::plan::card::Card;
use crate::domain::task::state::TaskState;
use crate::git::{ReadError, WriteError};

use super::Engine;
use super::asking::Asking;
use super::builder::Builder;
use super::project::Project;
use super::proposal;
use super::records;

/// Why there is no packet.
#[derive(Debug, thiserror::Error)]
pub enum PacketNotMade {
    /// It does not fit the window: a planning error.
    #[error("{0}")]
    TooLarge(Misfit),
    /// The card names files that do not exist: the Architect's business.
    #[error("the card names what does not exist: {}", .0.join(", "))]
    Missing(Vec<String>),
    /// A template of the repository is unusable.
    #[error("{file}: {why}")]
    Template {
        /// The template.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A tree could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl PacketNotMade {
    fn of(error: PacketError, template: Template) -> Self {
        match error {
            PacketError::TooLarge(misfit) => Self::TooLarge(misfit),
            PacketError::Template(why) => Self::Template {
                file: format!(".harness/templates/{}.md", template.name()),
                why,
            },
        }
    }
}

/// A packet, and the tree that its attempt starts from where that is not the base.
#[derive(Debug)]
pub struct Draft {
    /// The packet.
    pub rendered: Rendered,
    /// Notes that are older than those in it (`packet.notes_tokens`).
    pub older_notes: usize,
    /// What the attempt goes on from.
    pub from_tree: Option<TreeId>,
}

/// What a packet for somebody may have: their window, and their tokens as their server counted the last packets.
pub fn budget(engine: &Engine, project: &Project, builder: &dyn Builder) -> Budget {
    let record = engine.replay().books().record(builder.name());
    let counted = record.into_iter().flat_map(|record| &record.counted);
    let same = counted.filter(|counted| Some(counted.model.as_str()) == builder.model());
    Budget {
        window: builder.window(),
        most: Some(project.config.packet.window_tokens),
        scale: Scale::learn(same.collect::<Vec<_>>().into_iter()),
    }
}

/// Makes the packet that the next attempt of a card would get.
///
/// # Errors
/// See [`PacketNotMade`].
pub fn draft(
    engine: &Engine,
    project: &Project,
    card: &Card,
    asking: Asking,
    budget: &Budget,
) -> Result<Draft, PacketNotMade> {
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
    let (notes, older_notes) = newest_within(notes(engine, project, card)?, project.config.packet.notes_tokens);
    let agreed = match asking {
        Asking::Proposal => None,
        _ => proposal::agreed(engine, project, card),
    };
    let proposal = agreed.map(|agreed| format!("{}\nfiles: {}\n", agreed.plan, agreed.files.join(", ")));
    let number = log.map_or(0, |log| log.number) + 1;
    let packet = BuilderPacket {
        card,
        checks: &checks,
        excerpts: &excerpts,
        notes: &notes,
        previous,
        proposal: proposal.as_deref(),
        answer: asking.answer(card, &excerpts, previous),
        seed: engine.ledger.seed(&format!("{} {number}", card.id)),
    };
    let template = if previous.is_some() {
        Template::Retry
    } else {
        Template::Builder
    };
    let text = template_text(engine, project, template)?;
    let rendered = render_builder(&packet, &text, budget).map_err(|error| PacketNotMade::of(error, template))?;
    Ok(Draft {
        rendered,
        older_notes,
        from_tree,
    })
}

/// Makes the escalation packet of a task, as the Architect gets it.
///
/// # Errors
/// See [`PacketNotMade`].
pub fn escalation(engine: &Engine, project: &Project, card: &Card, budget: &Budget) -> Result<Rendered, PacketNotMade> {
    let log = engine.replay().task(&card.id);
    let failure = log.and_then(|log| log.last_failure.clone());
    let question = match log.and_then(|log| log.escalation.as_ref()) {
        Some(escalation) => format!("{}: {}", escalation.trigger, escalation.reason),
        None => String::new(),
    };
    let checks = project.config.checks_for(card);
    let attempted = engine
        .kept(&card.id)
        .map(|(tree, base)| attempted_files(engine, tree, base))
        .transpose()?
        .unwrap_or_default();
    let asked = log.map_or(0, |log| log.answers.len());
    let mut notes = notes(engine, project, card)?;
    notes.extend(records::advice(engine, project.records(), &card.id)?);
    let (notes, _) = newest_within(notes, project.config.packet.notes_tokens);
    let packet = EscalationPacket {
        card,
        checks: &checks,
        failure: failure.as_ref(),
        question: &question,
        attempted: &attempted,
        notes: &notes,
        seed: engine.ledger.seed(&format!("{} question {asked}", card.id)),
    };
    let template = template_text(engine, project, Template::Escalation)?;
    render_escalation(&packet, &template, budget).map_err(|error| PacketNotMade::of(error, Template::Escalation))
}

/// What the last attempt left in its files, for the Architect to look at.
fn attempted_files(engine: &Engine, tree: TreeId, base: CommitId) -> Result<Vec<Excerpt>, ReadError> {
    let mut found = Vec::new();
    for change in &engine.git.diff(engine.git.tree_of(base)?, tree)? {
        let Some(entry) = change.new.filter(|entry| entry.mode.is_file()) else {
            continue;
        };
        let bytes = engine.git.blob(entry.blob)?;
        let path = change.path.to_text().into_owned();
        found.push(Excerpt::cut(path, &String::from_utf8_lossy(&bytes), None));
    }
    Ok(found)
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
fn going_on_from(engine: &Engine, project: &Project, card: &Card) -> Result<Option<TreeId>, PacketNotMade> {
    let Some((kept, base)) = engine.kept(&card.id) else {
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
) -> Result<Vec<Excerpt>, PacketNotMade> {
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
        return Err(PacketNotMade::Missing(missing));
    }
    if matches!(asking, Asking::Text(_) | Asking::Proposal) {
        for path in &card.files {
            let known = found
                .iter()
                .any(|excerpt: &Excerpt| excerpt.path == *path && excerpt.is_whole());
            if known {
                continue;
            }
            // A glob names no file; what it matches is for the planner to give as context.
            if let Some(bytes) = engine.git.file(start, path)? {
                // The lines that the card names of it are what stays of the whole where there is no room.
                found.retain(|excerpt| excerpt.path != *path);
                found.push(Excerpt::cut(path.clone(), &String::from_utf8_lossy(&bytes), None));
            }
        }
    }
    Ok(found)
}

/// What was noted on the tasks that this one builds on, and on itself.
fn notes(engine: &Engine, project: &Project, card: &Card) -> Result<Vec<Note>, ReadError> {
    let mut found = Vec::new();
    for task in card.depends_on.iter().chain([&card.id]) {
        found.extend(records::notes(engine, project.records(), task)?);
    }
    Ok(found)
}
