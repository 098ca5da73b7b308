//! Blocks of ours in bodies. A squash indents, quotes, wraps and joins messages, and git then finds no trailer in them; what
//! such a block says is a claim that names a task, its card and the tree that was verified, and proves nothing by itself.

use super::id::TaskId;
use super::oid::{BlobId, TreeId};
use super::trailer::TASK;

/// The most blocks that one message is believed to hold.
const MOST: usize = 512;

/// What a whole block says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The task that is said to be done.
    pub task: TaskId,
    /// Its card.
    pub card: BlobId,
    /// The tree that its checks ran on.
    pub tree: TreeId,
    /// The digest of the checks.
    pub checks: String,
    /// The accepted row: `<writer>:<seq>` and the hash's beginning.
    pub row: Option<(String, String)>,
}

/// Every whole block of a message: with its task, card and evidence, each once.
pub fn claims(message: &str) -> Vec<Claim> {
    let mut found = Vec::new();
    let mut block: Vec<(String, String)> = Vec::new();
    for line in message.lines() {
        let line = bare(line);
        if line.is_empty() {
            found.extend(whole(&block));
            block.clear();
            continue;
        }
        match key_of(line) {
            Some((key, value)) => {
                let key = key.to_ascii_lowercase();
                if key == TASK.to_ascii_lowercase() && !block.is_empty() {
                    found.extend(whole(&block));
                    block.clear();
                }
                block.push((key, value.to_owned()));
            }
            // A wrapped line goes on with the one before.
            None => {
                if let Some((_, value)) = block.last_mut() {
                    value.push(' ');
                    value.push_str(line);
                }
            }
        }
        if found.len() >= MOST {
            return found;
        }
    }
    found.extend(whole(&block));
    found
}

/// Whether a message holds a line that could begin a block.
pub fn has_any(message: &str) -> bool {
    message
        .lines()
        .any(|line| key_of(bare(line)).is_some_and(|(key, _)| key.eq_ignore_ascii_case(TASK)))
}

/// How many lines a message holds that could begin a block.
pub fn begun(message: &str) -> usize {
    let begins = |line: &&str| key_of(bare(line)).is_some_and(|(key, _)| key.eq_ignore_ascii_case(TASK));
    message.lines().filter(begins).count()
}

/// A line without the indentation, the quotation marks and the bullets that squashes and mails put before it.
fn bare(line: &str) -> &str {
    let mut line = line.trim();
    while let Some(rest) = line.strip_prefix(['>', '*']) {
        line = rest.trim_start();
    }
    line
}

fn key_of(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let key = key.trim_end();
    let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_key.then_some((key, value.trim()))
}

/// The claim of a block in which each of our keys stands once.
fn whole(block: &[(String, String)]) -> Option<Claim> {
    let words = |key: &str| {
        let mut values = block.iter().filter(|(name, _)| name == key);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value.split_whitespace()),
            _ => None,
        }
    };
    let task = words("harness-task")?.next()?.parse().ok()?;
    let card = words("harness-card")?.next()?.parse().ok()?;
    let mut evidence = words("harness-evidence")?;
    let tree = evidence.next()?.parse().ok()?;
    let checks = evidence.next()?.to_owned();
    let row = words("harness-ledger").and_then(|mut words| Some((words.next()?.to_owned(), words.next()?.to_owned())));
    Some(Claim {
        task,
        card,
        tree,
        checks,
        row,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BLOCK: &str = "Harness-Task: t-1\nHarness-Attempt: 1\nHarness-Card: 1111111111111111111111111111111111111111\nHarness-Evidence: 2222222222222222222222222222222222222222 736e817c64d5 2/2\nHarness-Ledger: w1:17 06f1a15f1e5e\n";

    fn told(message: &str) -> Vec<String> {
        claims(message)
            .into_iter()
            .map(|claim| {
                format!(
                    "{} {} {:?}",
                    claim.task,
                    claim.tree.short(4),
                    claim.row.map(|row| row.0)
                )
            })
            .collect()
    }

    #[test]
    fn a_block_is_found_however_a_squash_left_it() {
        let one = ["t-1 2222 Some(\"w1:17\")"];
        let indented: String = BLOCK.lines().map(|line| format!("    {line}\n")).collect();
        let quoted: String = BLOCK.lines().map(|line| format!("> {line}\n")).collect();
        let wrapped = BLOCK.replace(" 2/2", "\n2/2").replace(" 736e", "\n736e");
        for message in [
            format!("Title (#1)\n\n* Fine work\n\n{BLOCK}"),
            format!("Title\n\n{indented}"),
            format!("Title\n\n{quoted}\nMore prose: here\n"),
            format!("Title\r\n\r\n{}", BLOCK.replace('\n', "\r\n")),
            format!("Title\n\n{wrapped}\n---------\n\nCo-authored-by: Bob <b@example.invalid>\n"),
            format!("Title\n\nCloses: #12\n{BLOCK}Closes #12\n"),
            format!("Title\n\n* Task t-1: x\n{BLOCK}"),
        ] {
            assert_eq!(told(&message), one, "{message}");
        }
        let two = format!("T\n\n{BLOCK}{}", BLOCK.replace("t-1", "t-2"));
        assert_eq!(told(&two).len(), 2);
    }

    #[test]
    fn half_a_block_and_a_doubled_key_say_nothing() {
        let half = BLOCK.replace("Harness-Evidence", "Evidence");
        assert_eq!(told(&format!("T\n\n{half}")), [] as [&str; 0]);
        let twice = BLOCK.replace(
            "Harness-Attempt: 1",
            "Harness-Card: 3333333333333333333333333333333333333333",
        );
        assert_eq!(told(&format!("T\n\n{twice}")), [] as [&str; 0]);
        assert!(has_any(&half) && !has_any("Add a task\n"));
    }

    proptest! {
        #[test]
        fn reading_never_panics(message in "(?s).*") {
            let _ = (claims(&message), has_any(&message));
        }
    }
}
