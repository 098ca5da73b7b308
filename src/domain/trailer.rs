//! Commit messages: the `Harness-*` trailers, written and read (design section 7).
//!
//! The grammar is git's: the block is the last paragraph, never the first, and is one of trailers only. What is read
//! out of a body besides that are complete blocks of ours, since a squash merge indents and joins messages.

use std::fmt::Write as _;

use super::actor::Actor;
use super::id::{PlanId, TaskId, WriterId};
use super::oid::{BlobId, CommitId, Digest, TreeId};

/// The key of a landing.
pub const TASK: &str = "Harness-Task";
/// The key of a rollback: `<id>@<oid>`.
pub const REVERTS: &str = "Harness-Reverts";
/// The key of a card revision.
pub const REVISES: &str = "Harness-Revises";
/// The key of a plan approval: `<plan> <digest>`.
pub const APPROVES: &str = "Harness-Approves";

/// The longest bullet, in characters.
pub const BULLET: usize = 100;
/// The most bullets.
pub const BULLETS: usize = 10;
/// The longest subject, in characters.
const SUBJECT: usize = 100;

/// One thing that a message says of tasks and plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The commit lands a task.
    Landed(TaskId),
    /// The commit undoes the landing of a task.
    RevertedTask {
        /// The task.
        task: TaskId,
        /// Its landing.
        landing: CommitId,
    },
    /// The commit undoes another, by git's own words.
    RevertedCommit(CommitId),
    /// The same with a shortened id, as `git revert --reference` writes it: lower-case hexadecimal digits.
    RevertedShort(String),
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

/// A paragraph of trailers and their continuations, or nothing. Squash merges indent all lines alike.
fn parse_block(lines: &[&str]) -> Option<Vec<Trailer>> {
    let indent = lines.first()?.len() - lines.first()?.trim_start().len();
    let mut block: Vec<Trailer> = Vec::new();
    for line in lines {
        let (margin, line) = line.split_at_checked(indent)?;
        if !margin.trim().is_empty() {
            return None;
        }
        if line.starts_with([' ', '\t']) {
            let (_, value) = block.last_mut()?;
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        let (key, value) = line.split_once(':')?;
        let key = key.trim_end();
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return None;
        }
        block.push((key.to_owned(), value.trim().to_owned()));
    }
    (!block.is_empty()).then_some(block)
}

fn is_harness_key(key: &str) -> bool {
    key.get(..8).is_some_and(|head| head.eq_ignore_ascii_case("harness-"))
}

/// Everything that a message says. Blocks in which one of our keys stands twice say nothing.
pub fn read_message(message: &str) -> Vec<Said> {
    let mut said = Vec::new();
    for block in blocks(message) {
        if let Some(task) = value(&block, TASK).and_then(|text| text.parse().ok()) {
            said.push(Said::Landed(task));
        }
        if let Some((task, landing)) = value(&block, REVERTS).and_then(|text| text.split_once('@'))
            && let (Ok(task), Ok(landing)) = (task.parse(), landing.parse())
        {
            said.push(Said::RevertedTask { task, landing });
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
    if !said.iter().any(|said| matches!(said, Said::RevertedTask { .. })) {
        said.extend(reverted_commits(message));
    }
    said
}

/// The shortest id that git prints for a commit.
const SHORTEST_ID: usize = 4;

/// The commits that git's own sentence names: `This reverts commit <oid>`, in full or shortened.
fn reverted_commits(message: &str) -> impl Iterator<Item = Said> + '_ {
    message.split("This reverts commit ").skip(1).filter_map(|rest| {
        let end = rest
            .bytes()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            .unwrap_or(rest.len());
        match &rest[..end] {
            _ if !(SHORTEST_ID..=40).contains(&end) => None,
            full if end == 40 => full.parse().ok().map(Said::RevertedCommit),
            short => Some(Said::RevertedShort(short.to_owned())),
        }
    })
}

/// Lines that look like a trailer of ours to any reader of trailers. In a message that we did not write, every one
/// is a forgery, wherever it stands.
pub fn harness_lines(message: &str) -> Vec<&str> {
    message
        .lines()
        .filter(|line| {
            let line = line.trim_start();
            is_harness_key(line)
                && line
                    .split_once(':')
                    .is_some_and(|(key, _)| key.trim_end().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        })
        .collect()
}

/// A message without the lines that git removes before it commits: comments, and all behind the scissors.
pub fn without_comments(message: &str, comment: char) -> String {
    let mut kept = String::new();
    for line in message.lines() {
        if line.starts_with(comment) {
            if line.contains("------------------------ >8 ------------------------") {
                break;
            }
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
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
    /// The task.
    pub task: &'a TaskId,
    /// Its plan.
    pub plan: &'a PlanId,
    /// Its title.
    pub title: &'a str,
    /// The Builder's summary, or what changed.
    pub bullets: &'a [String],
    /// The names of the checks that passed.
    pub checks: &'a [String],
    /// The attempt's number.
    pub attempt: u32,
    /// The card.
    pub card: BlobId,
    /// The tree that the checks ran on.
    pub check_tree: TreeId,
    /// The digest of the checks.
    pub check_digest: Digest,
    /// How many passed, of how many.
    pub passed: (usize, usize),
    /// The accepted row: writer, number, hash.
    pub row: (&'a WriterId, u64, Digest),
    /// Who approved.
    pub reviewed_by: &'a [Actor],
    /// The author approved its own work, which the configuration allows.
    pub self_approved: bool,
    /// The model that helped.
    pub assisted_by: Option<&'a str>,
    /// Who signs it off, where the project asks for it.
    pub signed_off_by: Option<&'a str>,
}

impl LandingMessage<'_> {
    /// The whole message.
    pub fn render(&self) -> String {
        let mut text = subject(self.subject, self.task, self.plan, self.title);
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
        let mut text = String::new();
        let (passed, total) = self.passed;
        let (writer, seq, hash) = self.row;
        let _ = writeln!(text, "{TASK}: {}", self.task);
        let _ = writeln!(text, "Harness-Attempt: {}", self.attempt);
        let _ = writeln!(text, "Harness-Card: {}", self.card);
        let _ = writeln!(
            text,
            "Harness-Evidence: {} {} {passed}/{total}",
            self.check_tree,
            self.check_digest.short()
        );
        let _ = writeln!(text, "Harness-Ledger: {writer}:{seq} {}", hash.short());
        if self.self_approved {
            text.push_str("Harness-Self-Approved: yes\n");
        }
        if let Some(model) = self.assisted_by {
            let _ = writeln!(text, "Assisted-by: {}", one_line(model, BULLET));
        }
        for person in self.reviewed_by {
            let _ = writeln!(text, "Reviewed-by: {}", one_line(&person.to_string(), BULLET));
        }
        if let Some(person) = self.signed_off_by {
            let _ = writeln!(text, "Signed-off-by: {}", one_line(person, BULLET));
        }
        text
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
        format!("{head}\n\n{body}\n\n{REVISES}: {}\n", self.task)
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
        format!(
            "{head}\n\n- Undoes {}{reason}\n\n{REVERTS}: {}@{}\n",
            self.landing, self.task, self.landing
        )
    }
}

/// The message of a plan approval.
pub fn approval_message(plan: &PlanId, digest: Digest, by: &Actor) -> String {
    format!(
        "Approve plan {plan}\n\n- By {}\n\n{APPROVES}: {plan} {digest}\n",
        one_line(&by.to_string(), BULLET)
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn landing(bullets: &[String]) -> String {
        let task = TaskId::new("game-04").unwrap();
        LandingMessage {
            subject: "Task {id}: {title}",
            task: &task,
            plan: &PlanId::new("game").unwrap(),
            title: "Add enemy spawn timing",
            bullets,
            checks: &["npm test".to_owned(), "spawn".to_owned()],
            attempt: 2,
            card: "1".repeat(40).parse().unwrap(),
            check_tree: "2".repeat(40).parse().unwrap(),
            check_digest: Digest::of(b"checks"),
            passed: (2, 2),
            row: (&WriterId::new("w1").unwrap(), 17, Digest::of(b"row")),
            reviewed_by: &[Actor::Person("Ann <ann@example.invalid>".into())],
            self_approved: false,
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
        Harness-Evidence: 2222222222222222222222222222222222222222 736e817c64d5 2/2
        Harness-Ledger: w1:17 06f1a15f1e5e
        Assisted-by: ollama:qwen
        Reviewed-by: Ann <ann@example.invalid>
        ");
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
    fn reverts_are_read_in_our_words_and_in_gits() {
        let oid = "3".repeat(40);
        let task = TaskId::new("a").unwrap();
        let ours = RollbackMessage {
            task: &task,
            title: "t",
            landing: oid.parse().unwrap(),
            why: "",
        }
        .render();
        assert_eq!(
            read_message(&ours),
            [Said::RevertedTask {
                task,
                landing: oid.parse().unwrap()
            }]
        );
        let plain = format!("Revert \"Task a\"\n\nThis reverts commit {oid}.\n");
        assert_eq!(read_message(&plain), [Said::RevertedCommit(oid.parse().unwrap())]);
        let reference = "Revert \"Task a\"\n\nThis reverts commit 3333333 (Task a, 2026-01-01).\n";
        assert_eq!(read_message(reference), [Said::RevertedShort("3333333".to_owned())]);
    }

    #[test]
    fn every_spelling_of_a_forged_trailer_is_seen() {
        let message = "s\n\nharness-task: a\n  Harness-Evidence : x\nHarnessing: no\nsee Harness-Task: b\n";
        assert_eq!(harness_lines(message), ["harness-task: a", "  Harness-Evidence : x"]);
    }

    #[test]
    fn comments_and_the_scissors_go() {
        let message = "s\n# c\n# ------------------------ >8 ------------------------\ndiff\n";
        assert_eq!(without_comments(message, '#'), "s\n");
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
