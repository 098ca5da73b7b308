//! Aside: what ends one card's turn is no reason to end the run. A card that keeps losing attempts for the same words waits
//! for a person, and everybody else goes on.

use std::error::Error;
use std::io;

use crate::domain::plan::card::Card;
use crate::domain::task::replay::TaskLog;
use crate::engine::Engine;
use crate::engine::recover;
use crate::engine::resume::{ENDED, resume};

use super::{Doings, RunError};

/// How many attempts of a round may be lost for the same words.
const MOST_ALIKE: usize = 3;

/// How many one run loses with one card for whatever words.
const MOST_LOST: usize = 6;

/// Goes on without a card whose turn ended in an error; gives the error back where it is everybody's.
pub(super) fn aside(engine: &mut Engine, card: &Card, doings: &mut Doings, error: RunError) -> Result<(), RunError> {
    if is_everybodys(&error) {
        return Err(error);
    }
    // What had begun to land is brought to its end now, not by whatever command comes next.
    if engine
        .replay()
        .task(&card.id)
        .is_some_and(|log| log.land_intent.is_some())
        && resume(engine).is_ok()
    {
        return Ok(());
    }
    let words = error.to_string();
    let (alike, lost) = engine.replay().task(&card.id).map_or((0, 0), |log| lost(log, &words));
    if alike >= MOST_ALIKE {
        return recover::block(
            engine,
            card,
            format!("{alike} attempts were lost for the same reason: {words}"),
        );
    }
    // One that was lost is made again; what went wrong without an attempt would only go wrong once more.
    if alike == 0 || lost >= MOST_LOST {
        doings.left.insert(card.id.clone(), words);
    }
    Ok(())
}

/// Brings to its end what had begun to land and was interrupted while another member of the crew had the turn.
pub(super) fn end_landings(engine: &mut Engine) -> Result<(), RunError> {
    // The others have written since this one last looked.
    engine.record_if(|_| Vec::new())?;
    let is_open = engine.replay().in_hand().any(|(_, log)| log.land_intent.is_some());
    match is_open {
        true => resume(engine),
        false => Ok(()),
    }
}

/// How many attempts at the end of a round were lost for these words, and how many for any.
fn lost(log: &TaskLog, words: &str) -> (usize, usize) {
    let of_round = log
        .attempts
        .iter()
        .rev()
        .filter(|attempt| attempt.dispatched.place.round == log.round)
        .map(|attempt| attempt.lost.as_deref())
        // Whoever killed a run says nothing of the card.
        .filter(|lost| *lost != Some(ENDED));
    let reasons: Vec<&str> = of_round.map_while(|lost| lost).collect();
    let alike = reasons
        .iter()
        .take_while(|reason| plain(reason) == plain(words))
        .count();
    (alike, reasons.len())
}

/// Words without the numbers in them, which tell slots, processes and times apart, and no reasons.
fn plain(words: &str) -> String {
    let mut plain: String = words
        .chars()
        .map(|c| if c.is_ascii_digit() { '#' } else { c })
        .collect();
    while plain.contains("##") {
        plain = plain.replace("##", "#");
    }
    plain
}

/// Whether an error would meet every other card as well.
fn is_everybodys(error: &RunError) -> bool {
    match error {
        // One card, one change, one copy of the tree.
        RunError::Slot(_)
        | RunError::View(_)
        | RunError::Harvest(_)
        | RunError::Judge(_)
        | RunError::Verify(_)
        | RunError::Accept(_)
        | RunError::Land(_)
        | RunError::Commit(_)
        | RunError::Door(_)
        | RunError::Write(_)
        | RunError::Read(_)
        | RunError::History(_)
        | RunError::KeepCandidate(_)
        | RunError::Resume(_)
        | RunError::CardGone(_) => is_of_the_disk(error),
        // What a person has to mend first, a server that does not answer, or the wish to stop.
        RunError::Project(_)
        | RunError::Untrusted(_)
        | RunError::Dispatch(_)
        | RunError::Builder(_)
        | RunError::Append(_)
        | RunError::Transcript(_)
        | RunError::Template { .. }
        | RunError::Server(_)
        | RunError::Audit(_)
        | RunError::Journal(_)
        | RunError::Advance(_)
        | RunError::AlreadyRunning(_)
        | RunError::RedOnBase { .. }
        | RunError::NoProgram { .. }
        | RunError::NoBuilder(_)
        | RunError::Crew(_)
        | RunError::Interrupted => true,
    }
}

/// Whether there is no room, or nothing can be written at all.
pub(in crate::engine) fn is_of_the_disk(error: &(dyn Error + 'static)) -> bool {
    let mut at = Some(error);
    while let Some(error) = at {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if let Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::ReadOnlyFilesystem) =
            kind
        {
            return true;
        }
        at = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn numbers_make_no_other_words() {
        assert_eq!(
            plain("cannot read slots/build-1/x"),
            plain("cannot read slots/build-12/x")
        );
        assert_ne!(plain("cannot read a"), plain("cannot read b"));
    }
}
