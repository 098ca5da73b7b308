//! Commit messages: the `Harness-*` trailers, written and read (design section 7).
//!
//! The grammar is git's: the block is the last paragraph, never the first, and one that git takes for a block (see
//! `trailer_block`). What is read out of a body besides that are complete blocks of ours, since a squash merge indents and
//! joins messages.

use std::fmt::Write as _;

use super::actor::Actor;
use super::id::{PlanId, TaskId, WriterId};
use super::oid::{BlobId, CommitId, Digest, TreeId};
use super::trailer_block::{self, Line};

/// The key of a landing.
pub const TASK: &str = "Harness-Task";
/// The key of an attempt's number.
pub const ATTEMPT: &str = "Harness-Attempt";
/// The key of a landing's card: its blob.
pub const CARD: &str = "Harness-Card";
/// The key of a landing's evidence: see [`EvidenceLine`].
pub const EVIDENCE: &str = "Harness-Evidence";
/// The key of a landing's row: `<writer>:<seq> <hash>`.
pub const LEDGER: &str = "Harness-Ledger";
/// The key of an author's own approval.
pub const SELF_APPROVED: &str = "Harness-Self-Approved";
/// The key of a rollback: `<id>@<oid>`.
pub const REVERTS: &str = "Harness-Reverts";
/// The key of an adoption: `<id>@<oid>`.
pub const ADOPTS: &str = "Harness-Adopts";
/// The key of a verification of a landing as it is: `<id>@<oid>`.
pub const VERIFIES: &str = "Harness-Verifies";
/// The key of a card revision.
pub const REVISES: &str = "Harness-Revises";
/// The key of a plan approval: `<plan> <digest>`.
pub const APPROVES: &str = "Harness-Approves";

/// The longest bullet, in characters.
pub const BULLET: usize = 100;
/// The most bullets.
pub const BULLETS: usize = 10;
/// The longest subject, in characters: what tools that list commits show of it.
const SUBJECT: usize = 72;
/// The longest line of a trailer block. Forges wrap bodies at this width, and a wrapped block is none to git.
const WIDTH: usize = 72;

/// One thing that a message says of tasks and plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The commit lands a task.
    Landed(TaskId),
    /// A person says that another commit holds a task's work.
    Adopted {
        /// The task.
        task: TaskId,
        /// That commit.
        landing: CommitId,
    },
    /// The checks of a task passed on its landing as it is.
    Verified {
        /// The task.
        task: TaskId,
        /// Its landing.
        landing: CommitId,
        /// The tree that they ran on.
        tree: String,
        /// The beginning of the digest of the checks.
        digest: String,
    },
    /// The commit revises a card.
    Revised(TaskId),
    /// The commit approves a plan.
    Approved {
        /// The plan.
        plan: PlanId,
        /// What was approved.
        digest: Digest,
    },
}

/// A `Key: value` pair of a trailer block.
pub type Trailer = (String, String);

/// The trailers of a message: git's block, and complete blocks of ours elsewhere in the body (squash merges).
pub fn blocks(message: &str) -> Vec<Vec<Trailer>> {
    let paragraphs = paragraphs(message);
    let mut found = Vec::new();
    for (index, paragraph) in paragraphs.iter().enumerate().skip(1) {
        let Some(block) = parse_block(paragraph) else {
            continue;
        };
        let is_last = index + 1 == paragraphs.len();
        let is_ours = block.iter().any(|(key, _)| is_harness_key(key));
        if is_last || is_ours {
            found.push(block);
        }
    }
    found
}

/// The trailers that git itself would find: those of the last paragraph.
pub fn trailers(message: &str) -> Vec<Trailer> {
    let paragraphs = paragraphs(message);
    match &paragraphs[..] {
        [_, .., last] => parse_block(last).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The value of a trailer that stands exactly once.
pub fn value<'a>(trailers: &'a [Trailer], key: &str) -> Option<&'a str> {
    let mut found = trailers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(key));
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

fn paragraphs(message: &str) -> Vec<Vec<&str>> {
    let mut paragraphs = Vec::new();
    let mut current: Vec<&str> = Vec::new();
    for line in message.lines() {
        if line.trim().is_empty() {
            if !current.is_empty() {
                paragraphs.push(std::mem::take(&mut current));
            }
        } else {
            current.push(line);
        }
    }
    if !current.is_empty() {
        paragraphs.push(current);
    }
    paragraphs
}

/// The trailers of a paragraph that is a block of them, or nothing. Squash merges indent all lines alike.
fn parse_block(lines: &[&str]) -> Option<Vec<Trailer>> {
    let indent = lines.first()?.len() - lines.first()?.trim_start().len();
    let mut bare = Vec::with_capacity(lines.len());
    for line in lines {
        let (margin, line) = line.split_at_checked(indent)?;
        if !margin.trim().is_empty() {
            return None;
        }
        bare.push(line);
    }
    if !trailer_block::is_block(&bare.iter().map(|line| line.as_bytes()).collect::<Vec<_>>()) {
        return None;
    }
    let mut block: Vec<Trailer> = Vec::new();
    let mut goes_on = false;
    for line in bare {
        match Line::of(line.as_bytes()) {
            Line::Pair { key, value } => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
                block.push((text(key), text(value)));
                goes_on = true;
            }
            Line::Folded(_) => {
                if let Some((_, value)) = block.last_mut().filter(|_| goes_on) {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            }
            // Somebody's remark, or the note of a cherry-pick.
            Line::Other => goes_on = false,
        }
    }
    for (_, value) in &mut block {
        // A value that begins on the line after its key.
        if value.starts_with(' ') {
            value.remove(0);
        }
    }
    (!block.is_empty()).then_some(block)
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

/// Whether a key is one of ours, or looks like it to a reader that ignores case.
pub fn is_harness_key(key: &str) -> bool {
    key.get(..8).is_some_and(|head| head.eq_ignore_ascii_case("harness-"))
}

/// Everything that a message says. Blocks in which one of our keys stands twice say nothing.
pub fn read_message(message: &str) -> Vec<Said> {
    let mut said = Vec::new();
    for block in blocks(message) {
        // What speaks of another commit's landing is none itself.
        let speaks_of_another = block
            .iter()
            .any(|(key, _)| key.eq_ignore_ascii_case(ADOPTS) || key.eq_ignore_ascii_case(VERIFIES));
        if let Some(task) = value(&block, TASK).and_then(|text| text.parse().ok())
            && !speaks_of_another
        {
            said.push(Said::Landed(task));
        }
        if let Some((task, landing)) = value(&block, ADOPTS).and_then(task_at) {
            said.push(Said::Adopted { task, landing });
        }
        if let Some((task, landing)) = value(&block, VERIFIES).and_then(task_at)
            && let Some(line) = value(&block, EVIDENCE).and_then(EvidenceLine::read)
        {
            said.push(Said::Verified {
                task,
                landing,
                tree: line.tree.to_owned(),
                digest: line.digest.to_owned(),
            });
        }
        if let Some(task) = value(&block, REVISES).and_then(|text| text.parse().ok()) {
            said.push(Said::Revised(task));
        }
        if let Some((plan, digest)) = value(&block, APPROVES).and_then(|text| text.split_once(' '))
            && let (Ok(plan), Ok(digest)) = (plan.parse(), digest.trim().parse())
        {
            said.push(Said::Approved { plan, digest });
        }
    }
    said
}

/// `<id>@<oid>`. Where the line was too long it was folded before the `@`.
pub fn task_at(text: &str) -> Option<(TaskId, CommitId)> {
    let (task, commit) = text.split_once('@')?;
    Some((task.trim_end().parse().ok()?, commit.parse().ok()?))
}

/// The trailer that names a task at a commit.
fn folded_task_at(key: &str, task: &TaskId, commit: CommitId) -> String {
    let whole = format!("{task}@{commit}");
    match key.len() + 2 + whole.len() <= WIDTH {
        true => folded(key, &whole),
        false => folded(key, &format!("{task} @{commit}")),
    }
}

/// Lines that look like a trailer of ours to any reader of trailers. In a message that we did not write, every one
/// is a forgery, wherever it stands.
pub fn harness_lines(message: &str) -> Vec<&str> {
    message
        .lines()
        .filter(|line| harness_line(line.trim_start()).is_some())
        .collect()
}

/// The trailers of ours in a message, unfolded, wherever they stand: see [`harness_lines`].
pub fn harness_trailers(message: &str) -> Vec<Trailer> {
    let mut found: Vec<Trailer> = Vec::new();
    for line in parts(message) {
        match line {
            Part::Ours { key, value } => found.push((key.to_owned(), value.to_owned())),
            Part::Folded(more) => {
                if let Some((_, value)) = found.last_mut() {
                    if !value.is_empty() {
                        value.push(' ');
                    }
                    value.push_str(more);
                }
            }
            Part::Other => {}
        }
    }
    found
}

/// A line of a message.
enum Part<'a> {
    /// It begins a trailer of ours.
    Ours { key: &'a str, value: &'a str },
    /// It goes on with one.
    Folded(&'a str),
    /// It is neither.
    Other,
}

fn parts(message: &str) -> Vec<Part<'_>> {
    // How far the trailer that the line before belongs to is indented.
    let mut indent: Option<usize> = None;
    message
        .lines()
        .map(|line| {
            let text = line.trim_start();
            let margin = line.len() - text.len();
            if let Some((key, value)) = harness_line(text) {
                indent = Some(margin);
                return Part::Ours {
                    key,
                    value: value.trim(),
                };
            }
            if indent.is_some_and(|indent| margin > indent) && !text.is_empty() {
                return Part::Folded(text.trim_end());
            }
            indent = None;
            Part::Other
        })
        .collect()
}

/// The key and the value of a line that any reader could take for a trailer of ours.
fn harness_line(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let key = key.trim_end();
    let is_key = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (is_harness_key(key) && is_key).then_some((key, value))
}

/// Text from outside as one line: no control or direction characters, no blanks in a row, cut.
pub fn one_line(text: &str, most: usize) -> String {
    let visible = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_deceptive(*c));
    let words: String = visible.collect();
    let line = words
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let mut cut: String = line.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Characters that change how a line looks without being seen: directions, joiners, marks of zero width.
pub const fn is_deceptive(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{061c}'
    )
}

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

/// What `Harness-Evidence` says: the check tree, and the beginning of the check digest. Until version 0.1 it also counted
/// the checks that passed, of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvidenceLine<'a> {
    /// The tree that the checks ran on.
    pub tree: &'a str,
    /// The beginning of the digest of the checks.
    pub digest: &'a str,
    /// `passed/all`, in what was written then.
    pub counts: Option<&'a str>,
}

impl<'a> EvidenceLine<'a> {
    /// Reads the trailer's value.
    pub fn read(value: &'a str) -> Option<Self> {
        let words: Vec<&str> = value.split_whitespace().collect();
        let (tree, digest, counts) = match words[..] {
            [tree, digest] => (tree, digest, None),
            [tree, digest, counts] => (tree, digest, Some(counts)),
            _ => return None,
        };
        Some(Self { tree, digest, counts })
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::reversal;

    fn landing(bullets: &[String]) -> String {
        let task = TaskId::new("game-04").unwrap();
        LandingMessage {
            subject: "Task {id}: {title}",
            plan: &PlanId::new("game").unwrap(),
            title: "Add enemy spawn timing",
            bullets,
            checks: &["npm test".to_owned(), "spawn".to_owned()],
            ours: LandingTrailers {
                task: &task,
                attempt: 2,
                card: "1".repeat(40).parse().unwrap(),
                check_tree: "2".repeat(40).parse().unwrap(),
                check_digest: Digest::of(b"checks"),
                row: (&WriterId::new("w1").unwrap(), 17, Digest::of(b"row")),
                self_approved: false,
            },
            reviewed_by: &[Actor::Person("Ann <ann@example.invalid>".into())],
            assisted_by: Some("ollama:qwen"),
            signed_off_by: None,
        }
        .render()
    }

    #[test]
    fn an_indented_first_line_cuts_nothing_off_the_others() {
        let message = "Subject\n\n     R: x\n)'r)zHarness-Task: p-1\n";
        assert_eq!(trailers(message), []);
        let squashed = "Subject\n\n    R: x\n    Harness-Task: p-1\n";
        assert_eq!(trailers(squashed).len(), 2);
        assert_eq!(harness_lines(squashed).len(), 1);
    }

    #[test]
    fn a_landing_reads_as_the_design_shows_it() {
        insta::assert_snapshot!(landing(&["Added spawn interval handling".to_owned()]), @r"
        Task game-04: Add enemy spawn timing

        - Added spawn interval handling
        - Verified with: npm test, spawn

        Harness-Task: game-04
        Harness-Attempt: 2
        Harness-Card: 1111111111111111111111111111111111111111
        Harness-Evidence: 2222222222222222222222222222222222222222 736e817c64d5
        Harness-Ledger: w1:17 06f1a15f1e5e
        Assisted-by: ollama:qwen
        Reviewed-by: Ann <ann@example.invalid>
        ");
    }

    #[test]
    fn every_line_that_is_written_stays_narrow_and_reads_as_it_was_meant() {
        let task = TaskId::new("t".repeat(64)).unwrap();
        let plan = PlanId::new("p".repeat(64)).unwrap();
        let oid = "3".repeat(40);
        let sha_256 = "5".repeat(64);
        let evidence = folded(EVIDENCE, &format!("{sha_256} 0123456789ab"));
        let landing = LandingMessage {
            subject: "Task {id}: {title}",
            plan: &plan,
            title: "A title that is quite long, so that no subject can hold all of it in one line",
            bullets: &[],
            checks: &[],
            ours: LandingTrailers {
                task: &task,
                attempt: 4_000_000_000,
                card: oid.parse().unwrap(),
                check_tree: oid.parse().unwrap(),
                check_digest: Digest::of(b"checks"),
                row: (&WriterId::new("w1234567").unwrap(), u64::MAX, Digest::of(b"row")),
                self_approved: true,
            },
            reviewed_by: &[Actor::Person(
                "Somebody of a Rather Long Name <somebody.of.a.rather.long.name@example.invalid>".into(),
            )],
            assisted_by: Some("provider:model"),
            signed_off_by: None,
        }
        .render();
        let rollback = RollbackMessage {
            task: &task,
            title: "t",
            landing: oid.parse().unwrap(),
            why: "",
        }
        .render();
        let revision = RevisionMessage {
            task: &task,
            title: "t",
            by: &Actor::Harness,
            why: "",
        }
        .render();
        let approval = approval_message(&plan, Digest::of(b"plan"), &Actor::Harness);
        let landed: CommitId = oid.parse().unwrap();
        let adoption = AdoptionMessage {
            cards: &[(&task, oid.parse().unwrap())],
            commit: landed,
            by: &Actor::Harness,
            why: "",
        }
        .render();
        let verification = VerificationMessage {
            blocks: &[VerificationBlock {
                task: task.clone(),
                landing: landed,
                check_tree: oid.parse().unwrap(),
                check_digest: Digest::of(b"checks"),
                row: (WriterId::new("w1").unwrap(), 1, Digest::of(b"row")),
            }],
            by: &Actor::Harness,
        }
        .render();
        for text in [
            &evidence,
            &landing,
            &rollback,
            &revision,
            &approval,
            &adoption,
            &verification,
        ] {
            for line in text.lines() {
                assert!(line.chars().count() <= 72, "{line}");
            }
        }
        assert_eq!(read_message(&landing), [Said::Landed(task.clone())]);
        let pairs = trailers(&landing);
        assert_eq!(
            value(&pairs, EVIDENCE),
            Some(&*format!("{oid} {}", Digest::of(b"checks").short()))
        );
        assert_eq!(
            value(&pairs, "Reviewed-by"),
            Some("Somebody of a Rather Long Name <somebody.of.a.rather.long.name@example.invalid>")
        );
        let (landing, digest) = (oid.parse().unwrap(), Digest::of(b"plan"));
        assert_eq!(
            reversal::read(&rollback).map(|said| said.tasks),
            Some(vec![(task.clone(), landing)])
        );
        assert_eq!(read_message(&revision), [Said::Revised(task)]);
        assert_eq!(read_message(&approval), [Said::Approved { plan, digest }]);
        let said = read_message(&adoption);
        assert!(
            matches!(&said[..], [Said::Adopted { landing, .. }] if *landing == landed),
            "{said:?}"
        );
        let said = read_message(&verification);
        assert!(
            matches!(&said[..], [Said::Verified { tree, .. }] if *tree == oid),
            "{said:?}"
        );
        let read = trailers(&format!("s\n\n{evidence}"));
        assert_eq!(value(&read, EVIDENCE), Some(&*format!("{sha_256} 0123456789ab")));
    }

    #[test]
    fn a_folded_trailer_of_ours_is_read_as_one() {
        let message = "s\n\nHarness-Task:\n t-1\nHarness-Attempt: 1\n\n  indented prose\n";
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(harness_trailers(message), [pair(TASK, "t-1"), pair(ATTEMPT, "1")]);
    }

    #[test]
    fn evidence_is_read_with_and_without_counts() {
        let counts = |text| EvidenceLine::read(text).map(|line| line.counts);
        assert_eq!(counts("a b"), Some(None));
        assert_eq!(counts("a b 2/2"), Some(Some("2/2")));
        assert_eq!(counts("a"), None);
        assert_eq!(counts("a b 2/2 c"), None);
    }

    #[test]
    fn git_finds_trailers_in_the_last_paragraph_only() {
        assert_eq!(trailers("Harness-Task: a\n"), [], "never the first paragraph");
        let two = "s\n\nHarness-Task: a\n\nSigned-off-by: x\n";
        assert_eq!(trailers(two), [("Signed-off-by".to_owned(), "x".to_owned())]);
        assert_eq!(
            read_message(two),
            [Said::Landed(TaskId::new("a").unwrap())],
            "a block of ours counts anywhere"
        );
        assert_eq!(trailers("s\n\nHarness-Task: a\nand prose\n"), []);
    }

    #[test]
    fn what_git_writes_into_a_block_and_remarks_beside_it_leave_it_one() {
        let task = ("Harness-Task".to_owned(), "a".to_owned());
        let picked = "s\n\nHarness-Task: a\n(cherry picked from commit 3333333333333333333333333333333333333333)\n";
        assert_eq!(trailers(picked), std::slice::from_ref(&task));
        assert_eq!(read_message(picked), [Said::Landed(TaskId::new("a").unwrap())]);
        let remark = "s\n\nHarness-Task:\n a\nSigned-off-by: Ann <a@b>\n[ann: touched up,\n Harness-like]\n";
        assert_eq!(
            trailers(remark),
            [task, ("Signed-off-by".to_owned(), "Ann <a@b>".to_owned())]
        );
        assert_eq!(trailers("s\n\nHarness-Task: a\n[ann: touched up]\n"), []);
    }

    #[test]
    fn a_key_that_stands_twice_says_nothing() {
        assert_eq!(read_message("s\n\nHarness-Task: a\nHarness-Task: b\n"), []);
    }

    #[test]
    fn an_indented_block_of_a_squash_merge_counts() {
        let squash =
            "Squashed commit\n\ncommit 1\n\n    Task a: x\n\n    Harness-Task: a\n    Harness-Attempt: 1\n\ncommit 2\n";
        assert_eq!(read_message(squash), [Said::Landed(TaskId::new("a").unwrap())]);
    }

    #[test]
    fn every_spelling_of_a_forged_trailer_is_seen() {
        let message = "s\n\nharness-task: a\n  Harness-Evidence : x\nHarnessing: no\nsee Harness-Task: b\n";
        assert_eq!(harness_lines(message), ["harness-task: a", "  Harness-Evidence : x"]);
    }

    proptest! {
        #[test]
        fn no_bullet_can_forge_a_trailer(bullets in proptest::collection::vec(".*", 0..4)) {
            let message = landing(&bullets);
            prop_assert_eq!(read_message(&message), [Said::Landed(TaskId::new("game-04").unwrap())]);
            prop_assert_eq!(harness_lines(&message).len(), 5);
        }

        #[test]
        fn reading_never_panics(message in "(?s).*") {
            let _ = (read_message(&message), trailers(&message), harness_lines(&message));
        }
    }
}
