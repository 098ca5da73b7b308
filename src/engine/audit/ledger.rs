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
        if let Some(message) = message {
            judged.report.findings.push(Finding {
                commit: landing.commit,
                task: Some(landing.task.clone()),
                rule: AuditRule::Ledger,
                level: AuditRule::Ledger.level(),
                path: None,
                message,
            });
        }
    }
    judged.report.strength = Strength::Recorded;
    Ok(())
}

fn differs(git: &Repository, landing: &Landing, accepted: &Accepted) -> Result<Option<String>, ReadError> {
    let what = if accepted.task != landing.task {
        "another task"
    } else if accepted.parent != landing.parent {
        "another parent"
    } else if accepted.card != landing.card {
        "another card"
    } else if accepted.evidence.key.check_tree != git.tree_without(landing.tree, ".harness")? {
        "another tree"
    } else if !accepted.evidence.passed() {
        "checks that failed"
    } else {
        return Ok(None);
    };
    Ok(Some(format!("the row that it names accepted {what}")))
}
