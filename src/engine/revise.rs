//! Revise: an Architect's correction, or a person's, becomes a commit of the card alone, and a new round begins.

use crate::domain::actor::Actor;
use crate::domain::packet::answer::{ArchitectAnswer, read_architect};
use crate::domain::plan::card::Card;
use crate::domain::plan::clean;
use crate::domain::plan::revision::{self, Correction};
use crate::domain::task::event::{CardRevised, Event, RevisionIntended};
use crate::domain::trailer::RevisionMessage;
use crate::fault::{self, Point};

use super::Engine;
use super::commit::commit_files;
use super::door::{self, DoorError};
use super::project::Project;
use super::recover::block;
use super::run::RunError;
use super::trusted;

/// Applies an answer that was given and kept before an interruption, so that nobody is asked twice. Whether there was
/// one.
pub fn apply_kept_answer(engine: &mut Engine, project: &Project, card: &Card) -> Result<bool, RunError> {
    // What another clone was told is for that one to carry out: its row says who answered, and nothing here shows that.
    if engine.is_elsewhere(&card.id) {
        return Ok(false);
    }
    let Some(answered) = engine.replay().task(&card.id).and_then(|log| log.unapplied.clone()) else {
        return Ok(false);
    };
    let kept = engine.ledger.transcripts().get(answered.answer);
    let Some(bytes) = kept.map_err(RunError::Transcript)? else {
        return Ok(false);
    };
    let Ok(answer) = read_architect(&String::from_utf8_lossy(&bytes)) else {
        return Ok(false);
    };
    engine.tell(&Event::Told {
        task: Some(card.id.clone()),
        text: "the Architect's answer from before the interruption is applied".to_owned(),
    });
    revise(engine, project, card, &answered.by, &answer)?;
    Ok(true)
}

/// Revises the card as an answer says, or blocks the task where a person has to agree first.
pub(super) fn revise(
    engine: &mut Engine,
    project: &Project,
    card: &Card,
    by: &Actor,
    answer: &ArchitectAnswer,
) -> Result<(), RunError> {
    let (new_card, mut loosened) = corrected(card, answer);
    loosened.extend(unseen(engine, project, card, &new_card));
    if !loosened.is_empty() && !by.is_person() {
        return block(
            engine,
            card,
            format!(
                "the Architect's correction needs a person, because of what it would change: {}; put it right with \
                 `git harness plan edit {}` or `escalate --answer`",
                loosened.join("; "),
                card.id
            ),
        );
    }
    commit_revision(
        engine,
        project,
        card,
        &new_card,
        by,
        answer.keep_changes,
        &answer.diagnosis,
    )
}

/// Whether a card that is corrected so could be read again.
///
/// # Errors
/// It could not.
pub(super) fn is_readable(card: &Card, answer: &ArchitectAnswer) -> Result<(), DoorError> {
    door::card(&corrected(card, answer).0).map(drop)
}

/// Commands of a correction that are neither the configuration's nor anything that this user agreed to.
fn unseen(engine: &Engine, project: &Project, old: &Card, new: &Card) -> Vec<String> {
    let before: Vec<_> = trusted::of_card(&project.config, old);
    let mut added = trusted::of_card(&project.config, new);
    added.retain(|command| before.iter().all(|known| known.digest != command.digest));
    let unseen = trusted::unknown(engine, added);
    unseen
        .iter()
        .map(|command| {
            format!(
                "it would run a command that nobody here has agreed to: {}",
                command.words.concat()
            )
        })
        .collect()
}

/// The card with a correction, and everything about it that a person has to agree to.
fn corrected(card: &Card, answer: &ArchitectAnswer) -> (Card, Vec<String>) {
    let correction = Correction {
        instructions: Some(answer.instructions.clone()),
        constraints: answer.constraints.clone(),
        definition_of_done: answer.definition_of_done.clone(),
        verify: answer.verify.clone(),
        files: answer.files.clone(),
    };
    let (new_card, widenings) = revision::apply(&correction, card);
    (
        clean::card(&new_card),
        widenings.iter().map(ToString::to_string).collect(),
    )
}

/// Commits a revision of a card and records it. Opens a new round.
pub fn commit_revision(
    engine: &mut Engine,
    project: &Project,
    old: &Card,
    new: &Card,
    by: &Actor,
    keep_changes: bool,
    why: &str,
) -> Result<(), RunError> {
    let new = &clean::card(new);
    let filed = door::card(new)?;
    let Some(old_blob) = project.blobs.get(&old.id).copied() else {
        return Err(RunError::CardGone(old.id.clone()));
    };
    let message = RevisionMessage {
        task: &old.id,
        title: &new.title,
        by,
        why,
    }
    .render();
    let correction = matches!(by, Actor::Architect(_));
    let new = engine.git.hash_blob(filed.text().as_bytes());
    let revised = |commit| CardRevised {
        task: old.id.clone(),
        commit,
        old: old_blob,
        new,
        by: by.clone(),
        keep_changes,
        correction,
    };
    let intent = |commit, parent| {
        Event::RevisionIntended(RevisionIntended {
            task: old.id.clone(),
            revision: revised(commit),
            target: project.target.clone(),
            parent,
        })
    };
    fault::at(Point::Revise).map_err(RunError::Transcript)?;
    let commit = commit_files(engine, &project.target, &[filed], &message, Some(&old.id), intent)?;
    let Some(commit) = commit else {
        return block(
            engine,
            old,
            "the Architect's correction does not change the card".to_owned(),
        );
    };
    fault::at(Point::Revised).map_err(RunError::Transcript)?;
    // Unless another process found it done.
    engine.record_if(|replay| {
        let open = replay.task(&old.id).and_then(|log| log.revision_intent.as_ref());
        let is_open = open.is_some_and(|open| open.revision.commit == commit);
        is_open
            .then(|| Event::CardRevised(revised(commit)))
            .into_iter()
            .collect()
    })?;
    Ok(())
}
