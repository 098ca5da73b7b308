//! The strength `recorded`: each landing against the accepted row that it names.

use std::collections::HashMap;

use crate::domain::audit::{AuditRule, Finding, Strength};
use crate::domain::check::EvidenceRecord;
use crate::domain::oid::{CommitId, Digest, TreeId};
use crate::domain::scope::cone::Cone;
use crate::domain::task::event::{Accepted, Event};
use crate::domain::task::row::Row;
use crate::git::{ReadError, Repository};

use super::renewal::{Renewal, is_renewed};
use super::{Judged, Landing};

/// Holds every landing against the journal's rows. A landing without its row is a finding.
pub fn hold_against_journal(git: &Repository, judged: &mut Judged, rows: &[Row]) -> Result<(), ReadError> {
    let names = names(rows);
    let mut accepted: HashMap<Name, (Digest, &Accepted)> = HashMap::new();
    let mut verified: HashMap<Name, (Digest, &EvidenceRecord)> = HashMap::new();
    for row in rows {
        let own = [((row.writer.as_str(), row.seq), row.hash)];
        let former = names.get(&own[0].0).into_iter().flatten().copied();
        for (name, hash) in own.into_iter().chain(former) {
            match row.known() {
                Some(Event::Accepted(row)) => drop(accepted.entry(name).or_insert((hash, row))),
                Some(Event::LandingVerified { evidence, .. }) => {
                    verified.entry(name).or_insert((hash, evidence));
                }
                _ => {}
            }
        }
    }
    let mut answered = Vec::new();
    for landing in &judged.landings {
        if let Some(renewal) = is_renewed(git, &landing.task, landing.commit, &judged.renewals)? {
            answered.push(renewal);
            let message = unverified(git, landing, renewal, &verified)?;
            judged.report.findings.extend(message.map(|message| Finding {
                commit: landing.commit,
                task: Some(landing.task.clone()),
                rule: AuditRule::Ledger,
                level: AuditRule::Ledger.level(),
                path: None,
                message,
            }));
            continue;
        }
        let row = landing
            .row
            .as_ref()
            .and_then(|(writer, seq, hash)| Some((accepted.get(&(writer.as_str(), *seq))?, hash)));
        if row.is_none() && landing.row.is_none() && is_recorded(landing, accepted.values().map(|(_, row)| *row)) {
            continue;
        }
        let message = match row {
            None => Some("no journal that was looked at holds the row it names: it is unrecorded".to_owned()),
            Some(((own, accepted), hash)) if own.short() == *hash => differs(git, landing, accepted)?,
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
    // What was said of landings before the range has its row all the same.
    for renewal in judged.renewals.iter().filter(|renewal| !answered.contains(renewal)) {
        let (writer, seq, hash) = &renewal.row;
        let message = match verified.get(&(writer.as_str(), *seq)) {
            None => "no journal that was looked at holds the row of what it verified: it is unrecorded",
            Some((own, _)) if own.short() != *hash => "the row of what it verified has another hash",
            Some((_, evidence)) if evidence.key.check_tree.to_string() != renewal.tree => {
                "the row of what it verified is for another tree"
            }
            Some((_, evidence)) if !evidence.passed() => "the row of what it verified says that checks failed",
            Some(_) => continue,
        };
        judged.report.findings.push(Finding {
            commit: renewal.commit,
            task: Some(renewal.task.clone()),
            rule: AuditRule::Ledger,
            level: AuditRule::Ledger.level(),
            path: None,
            message: message.to_owned(),
        });
    }
    judged.report.strength = Strength::Recorded;
    Ok(())
}

/// How a trailer names a row: its writer and its number there.
type Name<'a> = (&'a str, u64);

/// What rows were called before they were written anew under another name, with the hash of then.
fn names(rows: &[Row]) -> HashMap<Name<'_>, Vec<(Name<'_>, Digest)>> {
    let mut names: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        if let Some(Event::JournalBegunAnew { former, rows }) = row.known() {
            for (seq, (was, hash)) in (row.seq + 1..).zip(rows) {
                let name = names.entry((row.writer.as_str(), seq)).or_default();
                name.push(((former.as_str(), *was), *hash));
            }
        }
    }
    names
}

/// Whether a row accepted what a squash brings of a task, where no message tells which.
fn is_recorded<'r>(landing: &Landing, mut rows: impl Iterator<Item = &'r Accepted>) -> bool {
    rows.any(|row| {
        let is_same = row.task == landing.task && row.card == landing.card;
        is_same && landing.squashed == Some(row.evidence.key.check_tree) && row.evidence.passed()
    })
}

/// What is wrong with the row of a verification that came after the landing.
fn unverified(
    git: &Repository,
    landing: &Landing,
    renewal: &Renewal,
    rows: &HashMap<Name, (Digest, &EvidenceRecord)>,
) -> Result<Option<String>, ReadError> {
    let (writer, seq, hash) = &renewal.row;
    let what = match rows.get(&(writer.as_str(), *seq)) {
        None => "no journal that was looked at holds the row of its verification: it is unrecorded",
        Some((own, _)) if own.short() != *hash => "the row of its verification has another hash",
        Some((_, evidence)) if evidence.key.check_tree != git.narrowed_id(landing.tree, &landing.cone)? => {
            "the row of its verification is for another tree"
        }
        Some((_, evidence)) if !evidence.passed() => "the row of its verification says that checks failed",
        Some(_) => return Ok(None),
    };
    Ok(Some(what.to_owned()))
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

/// Whether what was accepted stood on other content: a rebase gives a parent another id, and its tree stays.
fn is_another_parent(git: &Repository, accepted: CommitId, landed: CommitId) -> Result<bool, ReadError> {
    // What was rewritten may be gone; the tree that was verified is held against the commit's all the same.
    if accepted == landed || !git.contains(accepted.object_id()) {
        return Ok(false);
    }
    let content = |commit: CommitId| git.narrowed_id(git.tree_of(commit)?, &Cone::WHOLE);
    Ok(content(accepted)? != content(landed)?)
}

/// The tree that a landing was verified on: its own, or the one before the rest of its squash.
fn verified_tree(git: &Repository, landing: &Landing) -> Result<TreeId, ReadError> {
    match landing.squashed {
        Some(tree) => Ok(tree),
        None => git.narrowed_id(landing.tree, &landing.cone),
    }
}

fn differs(git: &Repository, landing: &Landing, accepted: &Accepted) -> Result<Option<String>, ReadError> {
    let what = if accepted.task != landing.task {
        "another task"
    } else if landing.squashed.is_none() && is_another_parent(git, accepted.parent, landing.parent)? {
        "another parent"
    } else if accepted.card != landing.card {
        "another card"
    } else if accepted.evidence.key.check_tree != verified_tree(git, landing)? {
        "another tree"
    } else if !accepted.evidence.passed() {
        "checks that failed"
    } else {
        return Ok(None);
    };
    Ok(Some(format!("the row that it names accepted {what}")))
}
