//! The messages that the harness writes, with their block of trailers last.

use std::fmt::Write as _;

use crate::domain::actor::Actor;
use crate::domain::id::{PlanId, TaskId, WriterId};
use crate::domain::oid::{BlobId, CommitId, Digest, TreeId};

use super::{
    ADOPTS, APPROVES, ATTEMPT, CARD, EVIDENCE, LEDGER, REVERTS, REVISES, SELF_APPROVED, TASK, Trailer, VERIFIES,
    one_line,
};

/// The longest bullet, in characters.
pub const BULLET: usize = 100;
/// The most bullets.
pub const BULLETS: usize = 10;
/// The longest subject, in characters: what tools that list commits show of it.
const SUBJECT: usize = 72;
/// The longest line of a trailer block. Forges wrap bodies at this width, and a wrapped block is none to git.
const WIDTH: usize = 72;

/// What a landing's trailers say of its evidence and its row.
#[derive(Debug, Clone)]
pub struct LandingMessage<'a> {
    /// The subject's template: `{id}`, `{plan}`, `{title}`.
    pub subject: &'a str,
    /// Its plan.
    pub plan: &'a PlanId,
    /// Its title.
    pub title: &'a str,
    /// The Builder's summary, or what changed.
    pub bullets: &'a [String],
    /// The names of the checks that passed.
    pub checks: &'a [String],
    /// What our trailers say.
    pub ours: LandingTrailers<'a>,
    /// Who approved.
    pub reviewed_by: &'a [Actor],
    /// The model that helped.
    pub assisted_by: Option<&'a str>,
    /// Who signs it off, where the project asks for it.
    pub signed_off_by: Option<&'a str>,
}

impl LandingMessage<'_> {
    /// The whole message.
    pub fn render(&self) -> String {
        let mut text = subject(self.subject, self.ours.task, self.plan, self.title);
        text.push_str("\n\n");
        for bullet in self.bullets.iter().take(BULLETS) {
            let bullet = one_line(bullet.trim_start_matches(['-', '*', ' ']), BULLET);
            if !bullet.is_empty() {
                let _ = writeln!(text, "- {bullet}");
            }
        }
        if !self.checks.is_empty() {
            let names: Vec<String> = self.checks.iter().map(|name| one_line(name, BULLET)).collect();
            let _ = writeln!(text, "- Verified with: {}", names.join(", "));
        }
        if !text.ends_with("\n\n") {
            text.push('\n');
        }
        text.push_str(&self.trailers());
        text
    }

    /// The trailer block alone, as the hooks append it to a person's message.
    pub fn trailers(&self) -> String {
        let mut text: String = self
            .ours
            .pairs()
            .iter()
            .map(|(key, value)| folded(key, value))
            .collect();
        if let Some(model) = self.assisted_by {
            text.push_str(&folded("Assisted-by", &one_line(model, BULLET)));
        }
        for person in self.reviewed_by {
            text.push_str(&folded("Reviewed-by", &one_line(&person.to_string(), BULLET)));
        }
        if let Some(person) = self.signed_off_by {
            // Whoever looks for a sign-off looks at lines.
            let _ = writeln!(text, "Signed-off-by: {}", one_line(person, BULLET));
        }
        text
    }
}

/// The trailers of ours in a landing: what they say of its evidence and its row.
#[derive(Debug, Clone)]
pub struct LandingTrailers<'a> {
    /// The task.
    pub task: &'a TaskId,
    /// The attempt's number.
    pub attempt: u32,
    /// The card.
    pub card: BlobId,
    /// The tree that the checks ran on.
    pub check_tree: TreeId,
    /// The digest of the checks.
    pub check_digest: Digest,
    /// The accepted row: writer, number, hash.
    pub row: (&'a WriterId, u64, Digest),
    /// The author approved its own work, which the configuration allows.
    pub self_approved: bool,
}

impl LandingTrailers<'_> {
    /// Keys and values, in their order.
    pub fn pairs(&self) -> Vec<Trailer> {
        let (writer, seq, hash) = self.row;
        let mut pairs = vec![
            (TASK, self.task.to_string()),
            (ATTEMPT, self.attempt.to_string()),
            (CARD, self.card.to_string()),
            (EVIDENCE, format!("{} {}", self.check_tree, self.check_digest.short())),
            (LEDGER, format!("{writer}:{seq} {}", hash.short())),
        ];
        if self.self_approved {
            pairs.push((SELF_APPROVED, "yes".to_owned()));
        }
        pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

fn subject(template: &str, task: &TaskId, plan: &PlanId, title: &str) -> String {
    let filled = template
        .replace("{id}", task.as_str())
        .replace("{plan}", plan.as_str())
        .replace("{title}", title);
    one_line(&filled, SUBJECT)
}

/// The message of a card revision.
#[derive(Debug, Clone)]
pub struct RevisionMessage<'a> {
    /// The task.
    pub task: &'a TaskId,
    /// Its title.
    pub title: &'a str,
    /// Who wrote the revision.
    pub by: &'a Actor,
    /// Why, in a sentence.
    pub why: &'a str,
}

impl RevisionMessage<'_> {
    /// The whole message.
    pub fn render(&self) -> String {
        let head = one_line(&format!("Revise task {}: {}", self.task, self.title), SUBJECT);
        let by = one_line(&self.by.to_string(), BULLET);
        let why = one_line(self.why, 400);
        let body = if why.is_empty() {
            format!("- By {by}")
        } else {
            format!("- By {by}: {why}")
        };
        format!("{head}\n\n{body}\n\n{}", folded(REVISES, self.task.as_str()))
    }
}

/// The message of a rollback.
#[derive(Debug, Clone)]
pub struct RollbackMessage<'a> {
    /// The task.
    pub task: &'a TaskId,
    /// Its title.
    pub title: &'a str,
    /// The landing that is undone.
    pub landing: CommitId,
    /// Why, where somebody said.
    pub why: &'a str,
}

impl RollbackMessage<'_> {
    /// The whole message.
    pub fn render(&self) -> String {
        let head = one_line(&format!("Roll back task {}: {}", self.task, self.title), SUBJECT);
        let why = one_line(self.why, 400);
        let reason = if why.is_empty() {
            String::new()
        } else {
            format!("\n- {why}")
        };
        let block = folded_task_at(REVERTS, self.task, self.landing);
        format!("{head}\n\n- Undoes {}{reason}\n\n{block}", self.landing)
    }
}

/// The message of an adoption.
#[derive(Debug, Clone)]
pub struct AdoptionMessage<'a> {
    /// The tasks with their cards.
    pub cards: &'a [(&'a TaskId, BlobId)],
    /// The commit that holds their work.
    pub commit: CommitId,
    /// Who says so.
    pub by: &'a Actor,
    /// Why, where somebody said.
    pub why: &'a str,
}

impl AdoptionMessage<'_> {
    /// The whole message.
    pub fn render(&self) -> String {
        let names: Vec<&str> = self.cards.iter().map(|(task, _)| task.as_str()).collect();
        let head = one_line(&format!("Adopt {}", names.join(", ")), SUBJECT);
        let mut text = format!("{head}\n\n- As {}\n{}\n", self.commit, said_by(self.by, self.why));
        for (task, card) in self.cards {
            let at = folded_task_at(ADOPTS, task, self.commit);
            text.push_str(&format!("\n{at}{}", folded(CARD, &card.to_string())));
        }
        text
    }
}

/// What was verified of one landing.
#[derive(Debug, Clone)]
pub struct VerificationBlock {
    /// The task.
    pub task: TaskId,
    /// Its landing.
    pub landing: CommitId,
    /// The tree that the checks ran on.
    pub check_tree: TreeId,
    /// The digest of the checks.
    pub check_digest: Digest,
    /// The row: writer, number, hash.
    pub row: (WriterId, u64, Digest),
}

/// The message of a verification of landings.
#[derive(Debug, Clone)]
pub struct VerificationMessage<'a> {
    /// A block for each landing.
    pub blocks: &'a [VerificationBlock],
    /// Who had the checks run.
    pub by: &'a Actor,
}

impl VerificationMessage<'_> {
    /// The whole message.
    pub fn render(&self) -> String {
        let names: Vec<&str> = self.blocks.iter().map(|block| block.task.as_str()).collect();
        let head = one_line(&format!("Verify {} as it landed", names.join(", ")), SUBJECT);
        let mut text = format!("{head}\n\n{}\n", said_by(self.by, ""));
        for block in self.blocks {
            let (writer, seq, hash) = &block.row;
            let evidence = format!("{} {}", block.check_tree, block.check_digest.short());
            let row = format!("{writer}:{seq} {}", hash.short());
            let at = folded_task_at(VERIFIES, &block.task, block.landing);
            text.push_str(&format!(
                "\n{at}{}{}",
                folded(EVIDENCE, &evidence),
                folded(LEDGER, &row)
            ));
        }
        text
    }
}

fn said_by(by: &Actor, why: &str) -> String {
    let (by, why) = (one_line(&by.to_string(), BULLET), one_line(why, 400));
    match why.is_empty() {
        true => format!("- By {by}"),
        false => format!("- By {by}: {why}"),
    }
}

/// The message of a plan approval.
pub fn approval_message(plan: &PlanId, digest: Digest, by: &Actor) -> String {
    format!(
        "{}\n\n- By {}\n\n{}",
        one_line(&format!("Approve plan {plan}"), SUBJECT),
        one_line(&by.to_string(), BULLET),
        folded(APPROVES, &format!("{plan} {digest}"))
    )
}

/// A trailer as it is written: one line, or folded as git unfolds it where it is longer than [`WIDTH`]. A value is folded
/// at its blanks alone, so that reading gives back what was written.
pub fn folded(key: &str, value: &str) -> String {
    let mut text = format!("{key}:");
    let mut column = text.len();
    for word in value.split(' ') {
        let room = WIDTH.saturating_sub(column + 1);
        if word.chars().count() > room {
            text.push('\n');
            column = 0;
        }
        text.push(' ');
        text.push_str(word);
        column += 1 + word.chars().count();
    }
    text.push('\n');
    text
}

/// The trailer that names a task at a commit.
fn folded_task_at(key: &str, task: &TaskId, commit: CommitId) -> String {
    let whole = format!("{task}@{commit}");
    match key.len() + 2 + whole.len() <= WIDTH {
        true => folded(key, &whole),
        false => folded(key, &format!("{task} @{commit}")),
    }
}
