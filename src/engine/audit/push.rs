//! A push, as a server judges it: every ref that is judged, under each of its names, by what judged refs hold already. What
//! another ref of the server holds was judged by nobody.

use std::collections::BTreeSet;

use crate::domain::audit::{AuditReport, AuditRule, Finding, Level, Strength};
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::engine::history;
use crate::git::{Head, PlainView, Repository};

use super::{AuditError, Range, audit, audit_own};

/// Where machines meet (`remote.namespace`): what they claim there and tell one another is no work, whichever refs are judged.
const MEETING: [&str; 5] = [
    "refs/harness/",
    "refs/heads/harness/claims/",
    "refs/heads/harness/turns/",
    "refs/heads/harness/ledger/",
    "refs/heads/harness/probe/",
];

/// What begins the harness in a history.
pub const BEGINNING: [&str; 3] = [".harness/config.toml", ".harness/plans", ".harness/tasks"];

/// One line of a push: a ref that is to move.
#[derive(Debug, Clone)]
pub struct Move {
    /// Its name, as it was pushed.
    pub name: String,
    /// Where it stands; `None` where it is new.
    pub old: Option<CommitId>,
    /// Where it is to stand; `None` where it goes.
    pub new: Option<CommitId>,
}

/// Which refs are judged.
pub struct Judged<'a> {
    /// Whether a name is one of them.
    pub is_judged: &'a dyn Fn(&str) -> bool,
    /// Whether the server's owner named them; else it is all of them.
    pub named: bool,
}

struct Server<'a> {
    git: &'a Repository,
    view: &'a PlainView,
    judged: &'a Judged<'a>,
    /// Names that stand for others, and what for.
    symbolic: Vec<(String, String)>,
    /// The default branch and its tip.
    head: (String, Option<CommitId>),
    /// The tips of everything that is judged.
    tips: Vec<(String, CommitId)>,
}

/// Judges a push. Its objects may still be in quarantine, where `view` finds them.
pub fn judge_push(
    git: &Repository,
    view: &PlainView,
    judged: &Judged<'_>,
    moves: &[Move],
) -> Result<AuditReport, AuditError> {
    let mut server = Server {
        git,
        view,
        judged,
        symbolic: git.symbolic_references()?,
        head: match git.head()? {
            Head::Branch { branch, commit } => (format!("refs/heads/{branch}"), Some(commit)),
            Head::Unborn { branch } => (format!("refs/heads/{branch}"), None),
            Head::Detached { commit } => ("HEAD".to_owned(), Some(commit)),
        },
        tips: Vec::new(),
    };
    server.symbolic.push(("HEAD".to_owned(), server.head.0.clone()));
    server.tips = server.judged_tips()?;
    let mut all = AuditReport {
        strength: Strength::Scope,
        commits: 0,
        landings: 0,
        findings: Vec::new(),
    };
    for one in moves {
        let names = server.names(&one.name)?;
        if !names.iter().any(|name| server.is_judged(name)) {
            continue;
        }
        if let Some(new) = one.new {
            let report = server.judge(one, new)?;
            all.commits += report.commits;
            all.landings += report.landings;
            all.findings.extend(report.findings);
        }
        all.findings.extend(server.rewound(one, &names)?);
    }
    Ok(all)
}

impl Server<'_> {
    fn is_judged(&self, name: &str) -> bool {
        !MEETING.iter().any(|place| name.starts_with(place)) && (self.judged.is_judged)(name)
    }

    fn judged_tips(&self) -> Result<Vec<(String, CommitId)>, AuditError> {
        let mut tips = Vec::new();
        for (rest, id) in self.git.references_below("refs/")? {
            let name = format!("refs/{rest}");
            if self.names(&name)?.iter().any(|name| self.is_judged(name))
                && let Ok(commit) = self.view.resolve(&id.to_string())
            {
                tips.push((name, commit));
            }
        }
        Ok(tips)
    }

    /// Every name of what a name moves: its own, what it stands for, and what stands for that.
    fn names(&self, name: &str) -> Result<BTreeSet<String>, AuditError> {
        let known = self.symbolic.iter().find(|(symbolic, _)| symbolic == name);
        let real = match known {
            Some((_, real)) => real.clone(),
            // One that stands for nothing yet is in no list.
            None if self.git.names(name)?.is_none() => self.git.stands_for(name)?,
            None => name.to_owned(),
        };
        let others = self.symbolic.iter().filter(|(_, behind)| *behind == real);
        let others = others.map(|(symbolic, _)| symbolic.clone());
        Ok(others.chain([name.to_owned(), real.clone()]).collect())
    }

    /// The default branch's tip, if that is judged.
    fn judged_head(&self) -> Option<CommitId> {
        let is_judged = self.is_judged(&self.head.0) || self.is_judged("HEAD");
        self.head.1.filter(|_| is_judged)
    }

    /// Judges what a ref gains, by what it and the default branch hold: another branch was judged by rules of its own.
    fn judge(&self, one: &Move, new: CommitId) -> Result<AuditReport, AuditError> {
        let head = self.judged_head();
        let mut strict: Vec<CommitId> = self.head.1.into_iter().collect();
        let mut without: Vec<CommitId> = one.old.into_iter().chain(head).collect();
        if without.is_empty() && !self.tips.is_empty() {
            without.extend(self.tips.iter().map(|(_, tip)| *tip));
            strict.extend(&without);
        }
        if let Some(base) = without.first().copied() {
            let range = Range {
                tips: vec![new],
                without,
                base: Some(base),
                strict,
            };
            return Ok(audit(self.view, &range)?.report);
        }
        // Nothing is judged here so far, so this is what the project begins with: what its landings say has to hold, from
        // where the harness came in.
        let begun = match self.head.1 {
            Some(head) => Some(head),
            None => self.view.first_change_of(new, &BEGINNING)?,
        };
        let Some(begun) = begun else {
            return Ok(AuditReport {
                strength: Strength::Scope,
                commits: 0,
                landings: 0,
                findings: Vec::new(),
            });
        };
        let range = Range {
            tips: vec![new],
            without: vec![begun],
            base: Some(begun),
            strict,
        };
        audit_own(self.view, &range)
    }

    /// Landings that a move takes out of what is judged.
    fn rewound(&self, one: &Move, names: &BTreeSet<String>) -> Result<Vec<Finding>, AuditError> {
        let Some(old) = one.old else { return Ok(Vec::new()) };
        if let Some(new) = one.new
            && self.view.is_ancestor(old, new)?
        {
            return Ok(Vec::new());
        }
        let before = history::of(self.view, old, None)?;
        // What somebody else's judged branch holds is not gone with this one; of a branch that only moves it is.
        let others = self
            .tips
            .iter()
            .filter(|(name, _)| one.new.is_none() && !names.contains(name));
        let tips: Vec<CommitId> = one.new.into_iter().chain(others.map(|(_, tip)| *tip)).collect();
        let mut kept: BTreeSet<TaskId> = BTreeSet::new();
        for tip in &tips {
            kept.extend(
                history::of(self.view, *tip, None)?
                    .landings()
                    .map(|(task, _)| task.clone()),
            );
        }
        let is_default = names.contains(&self.head.0) || names.contains("HEAD");
        let level = match is_default || self.judged.named {
            true => Level::Error,
            false => Level::Warning,
        };
        let mut findings = Vec::new();
        for (task, landing) in before.landings().filter(|(task, _)| !kept.contains(*task)) {
            let mut is_there = false;
            for tip in &tips {
                is_there |= self.view.is_ancestor(landing, *tip)?;
            }
            if is_there {
                continue;
            }
            let moved = match one.new {
                Some(new) => format!("{} moves to {}", one.name, new.short(10)),
                None => format!("{} is deleted", one.name),
            };
            findings.push(Finding {
                commit: landing,
                task: Some(task.clone()),
                rule: AuditRule::Rewind,
                level,
                path: None,
                message: format!(
                    "{moved}, which takes this landing away; `git harness rollback {task}` undoes one in the open"
                ),
            });
        }
        Ok(findings)
    }
}
