//! The strength `recorded`: each landing against the accepted row that it names.

use std::collections::HashMap;

use crate::domain::audit::{AuditRule, Finding, Strength};
use crate::domain::task::event::{Accepted, Event};
use crate::domain::task::row::Row;
use crate::git::{ReadError, Repository};

use super::{Judged, Landing};

/// Holds every landing against the journal's rows. A landing without its row is a finding.
pub fn hold_against_journal(git: &Repository, judged: &mut Judged, rows: &[Row]) -> Result<(), ReadError> {
    let accepted: HashMap<(&str, u64), (&Row, &Accepted)> = rows
        .iter()
        .filter_map(|row| match row.known()? {
            Event::Accepted(accepted) => Some(((row.writer.as_str(), row.seq), (row, accepted))),
            _ => None,
        })
        .collect();
    for landing in &judged.landings {
        let row = landing
            .row
            .as_ref()
            .and_then(|(writer, seq, hash)| Some((accepted.get(&(writer.as_str(), *seq))?, hash)));
        let message = match row {
            None => Some("no journal that was looked at holds the row it names: it is unrecorded".to_owned()),
            Some(((row, accepted), hash)) if row.hash.short() == *hash => differs(git, landing, accepted)?,
            Some(_) => Some("the row that it names has another hash".to_owned()),
        };
        let late = row.and_then(|((_, accepted), _)| misdated(landing, accepted));
        let found = [(AuditRule::Ledger, message), (AuditRule::Time, late)];
        for (rule, message) in found {
            judged.report.findings.extend(message.map(|message| Finding {
                commit: landing.commit,
                task: Some(landing.task.clone()),
                rule,
                level: rule.level(),
                path: None,
                message,
            }));
        }
    }
    judged.report.strength = Strength::Recorded;
    Ok(())
}

/// A landing's time is this near to its acceptance: checks and editors may take hours, and clocks differ.
const NEAR_SECONDS: u64 = 24 * 60 * 60;

/// What is odd about a landing's time: the journal's is the authority.
fn misdated(landing: &Landing, accepted: &Accepted) -> Option<String> {
    let apart = landing.seconds.abs_diff(accepted.commit_seconds);
    let side = if landing.seconds < accepted.commit_seconds {
        "before"
    } else {
        "after"
    };
    (apart > NEAR_SECONDS).then(|| format!("its time lies {} h {side} its acceptance in the journal", apart / 3600))
}

fn differs(git: &Repository, landing: &Landing, accepted: &Accepted) -> Result<Option<String>, ReadError> {
    let what = if accepted.task != landing.task {
        "another task"
    } else if accepted.parent != landing.parent {
        "another parent"
    } else if accepted.card != landing.card {
        "another card"
    } else if accepted.evidence.key.check_tree != git.narrowed_id(landing.tree, &landing.cone)? {
        "another tree"
    } else if !accepted.evidence.passed() {
        "checks that failed"
    } else {
        return Ok(None);
    };
    Ok(Some(format!("the row that it names accepted {what}")))
}
