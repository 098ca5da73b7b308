//! What `git push --porcelain` says of each ref. The exit status alone does not tell a claim from a lost race.

use super::Swap;

/// What came of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Every ref stands where it was to.
    Done,
    /// Nothing moved.
    Refused(Vec<Refusal>),
}

impl Answer {
    /// What the server had against a push, in one line: the reasons that are not only another ref's.
    pub fn reasons(&self) -> String {
        let Self::Refused(refusals) = self else {
            return String::new();
        };
        let own = refusals.iter().filter(|refusal| !refusal.for_another);
        let shown: Vec<String> = own
            .map(|refusal| format!("{}: {}", refusal.reference, refusal.reason))
            .collect();
        match (shown.is_empty(), refusals.first()) {
            (true, Some(first)) => first.reason.clone(),
            _ => shown.join("; "),
        }
    }
}

/// A ref that did not move. Whether somebody came first is seen by looking where it stands, not by these words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The ref.
    pub reference: String,
    /// What git or the server said.
    pub reason: String,
    /// Nothing was said against this one, only against another ref of the same push.
    pub for_another: bool,
}

/// What git prints while nothing is wrong yet.
const CHATTER: [&str; 5] = ["Pushing to ", "POST git-", "Looking up ", "Connecting to ", "To "];

/// What git has to complain of, without what it told of its way there.
pub(super) fn complaint(stderr: &str) -> String {
    let lines = stderr.lines().map(str::trim);
    let telling: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !CHATTER.iter().any(|chatter| line.starts_with(chatter)))
        .collect();
    match telling.is_empty() {
        true => stderr.trim().to_owned(),
        false => telling.join("\n"),
    }
}

/// Reads the lines of a push; `None` where they do not tell of every ref, so that nothing is known.
pub(super) fn read(swaps: &[Swap], stdout: &str, success: bool) -> Option<Answer> {
    let mut refusals = Vec::new();
    let mut done = 0;
    for line in stdout.lines() {
        let mut fields = line.splitn(3, '\t');
        let (Some(flag), Some(names), Some(summary)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let reference = names.split_once(':').map_or(names, |(_, there)| there);
        if !swaps.iter().any(|swap| swap.reference == reference) {
            continue;
        }
        match flag {
            // Created, moved on, moved elsewhere, removed; and what an earlier push of the same object did already,
            // whose answer was lost on the way. No two of our objects are the same, so it was ours.
            "*" | " " | "+" | "-" | "=" => done += 1,
            _ => refusals.push(refusal(reference, summary)),
        }
    }
    if !refusals.is_empty() {
        return Some(Answer::Refused(refusals));
    }
    (success && done == swaps.len()).then_some(Answer::Done)
}

fn refusal(reference: &str, summary: &str) -> Refusal {
    let reason = summary
        .rsplit_once('(')
        .map_or(summary, |(_, reason)| reason.trim_end_matches(')'));
    Refusal {
        reference: reference.to_owned(),
        reason: reason.to_owned(),
        for_another: reason.contains("atomic"),
    }
}

/// The ref that a fetch asked for and the server lacks.
pub(super) fn missing_ref(stderr: &str) -> Option<&str> {
    let (_, rest) = stderr.split_once("couldn't find remote ref ")?;
    rest.lines().next().map(str::trim)
}
