//! What holds after one resume, whatever struck: nothing acknowledged is lost, nothing is done twice, history and
//! ledger tell the same, and nothing is left lying about.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use git_harness::clock::SystemClock;
use git_harness::domain::id::WriterId;
use git_harness::domain::oid::Digest;
use git_harness::domain::task::event::Event;
use git_harness::domain::task::replay::Replay;
use git_harness::domain::task::row::{Row, RowEvent};
use git_harness::ledger::Ledger;

use super::world::World;

/// Everything that does not hold.
pub fn broken(world: &World, acknowledged: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    match rows(world) {
        Ok(rows) => {
            once(&rows, &mut wrong);
            kept(&rows, acknowledged, &mut wrong);
            landed(world, &rows, &mut wrong);
        }
        Err(error) => wrong.push(format!("the journal cannot be read: {error}")),
    }
    repository(world, &mut wrong);
    left_over(world, &mut wrong);
    wrong
}

/// Whether resuming what is finished changes something.
pub fn unchanged(world: &World) -> Vec<String> {
    let look = || {
        let journal: Vec<Vec<u8>> = world
            .files_of_git("harness/journal")
            .into_iter()
            .map(|file| fs::read(file).unwrap())
            .collect();
        (journal, world.git("for-each-ref"), world.git("status --porcelain"))
    };
    let before = look();
    let _ = world.sh("\"$H\" next --peek", &[]);
    let _ = world.sh("\"$H\" submit", &[]);
    match before == look() {
        true => Vec::new(),
        false => vec!["resuming once more changed something".to_owned()],
    }
}

/// Every row of the journal, each checked.
pub fn rows(world: &World) -> Result<Vec<Row>, String> {
    let dir = world.repo().join(".git/harness");
    let ledger = Ledger::open_to_read(&dir, Arc::new(SystemClock)).map_err(|error| error.to_string())?;
    ledger.every_row().map_err(|error| error.to_string())
}

fn known(rows: &[Row]) -> impl Iterator<Item = &Event> {
    rows.iter().filter_map(Row::known)
}

/// No step twice: the table of states took every row, each attempt was given out once and landed at most once.
fn once(rows: &[Row], wrong: &mut Vec<String>) {
    for oddity in Replay::from_rows(rows).oddities() {
        let row = rows
            .iter()
            .find(|row| row.writer == oddity.writer && row.seq == oddity.seq);
        let name = row.map(|row| format!("{:?}", row.event)).unwrap_or_default();
        wrong.push(format!(
            "row {} was written against the rules: {}: {name:.200}",
            oddity.seq, oddity.why
        ));
    }
    let mut seen = BTreeSet::new();
    for event in known(rows) {
        let name = match event {
            Event::Dispatched(row) => format!("attempt {} given out", row.attempt),
            Event::Landed(row) => format!("attempt {} landed", row.attempt),
            Event::BuilderFinished(row) => format!("attempt {} built", row.attempt),
            Event::AttemptFailed { attempt, .. } => format!("attempt {attempt} failed"),
            Event::AttemptLost { attempt, .. } => format!("attempt {attempt} lost"),
            Event::CardRevised(row) => format!("revision {}", row.commit),
            Event::RolledBack(row) => format!("{} rolled back", row.reverted),
            _ => continue,
        };
        if !seen.insert(name.clone()) {
            wrong.push(format!("{name} twice"));
        }
    }
}

/// Whatever was told as recorded is in the journal.
fn kept(rows: &[Row], acknowledged: &[String], wrong: &mut Vec<String>) {
    let mut there: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        if let RowEvent::Known(event) = &row.event {
            *there
                .entry(told(&row.time.to_string(), &serde_json::to_value(event).unwrap()))
                .or_default() += 1;
        }
    }
    for line in acknowledged {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(line) else {
            continue;
        };
        // The last line may tell of an error instead.
        let Some(name) = value["event"].as_str() else {
            continue;
        };
        if ["check_started", "check_finished", "told"].contains(&name) {
            continue;
        }
        let time = value["at"].as_str().unwrap_or_default().to_owned();
        match there.get_mut(&told(&time, &value)) {
            Some(count) if *count > 0 => *count -= 1,
            _ => wrong.push(format!("an acknowledged record is lost: {line:.300}")),
        }
    }
}

fn told(time: &str, value: &serde_json::Value) -> String {
    format!("{time} {} {}", value["event"], value["data"])
}

/// What a row was called before it was written anew under another name.
fn former<'a>(rows: &'a [Row], row: &'a Row) -> impl Iterator<Item = (&'a WriterId, u64, Digest)> {
    rows.iter()
        .filter(|head| head.writer == row.writer)
        .filter_map(|head| match head.known()? {
            Event::JournalBegunAnew { former, rows } => {
                let at = usize::try_from(row.seq.checked_sub(head.seq + 1)?).ok()?;
                rows.get(at).map(|(seq, hash)| (former, *seq, *hash))
            }
            _ => None,
        })
}

/// History and ledger tell the same of landings.
fn landed(world: &World, rows: &[Row], wrong: &mut Vec<String>) {
    let format = "%H %(trailers:key=Harness-Task,valueonly,separator=%x2C) %(trailers:key=Harness-Ledger,valueonly,separator=%x2C)";
    let log = world.git(&format!("log --format='{format}' main"));
    let mut commits: BTreeMap<String, String> = BTreeMap::new();
    let mut served = BTreeSet::new();
    for line in log.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if let [commit, task, writer_and_seq, hash] = words[..]
            && !task.is_empty()
        {
            commits.insert(commit.to_owned(), task.to_owned());
            let row = rows.iter().find(|row| {
                let own = (&row.writer, row.seq, row.hash);
                let mut names = [own].into_iter().chain(former(rows, row));
                names.any(|(writer, seq, is)| {
                    format!("{writer}:{seq}") == writer_and_seq && is.to_string().starts_with(hash)
                })
            });
            match row.and_then(|row| row.known()) {
                Some(Event::Accepted(accepted)) => {
                    if !served.insert(accepted.attempt.clone()) {
                        wrong.push(format!("attempt {} has two commits", accepted.attempt));
                    }
                }
                _ => wrong.push(format!(
                    "commit {commit} names a row that is not there: {writer_and_seq}"
                )),
            }
        }
    }
    let recorded: BTreeMap<String, String> = known(rows)
        .filter_map(|event| match event {
            Event::Landed(row) => Some((row.commit.to_string(), row.task.to_string())),
            _ => None,
        })
        .collect();
    for (commit, task) in commits.iter().filter(|(commit, _)| !recorded.contains_key(*commit)) {
        wrong.push(format!("the landing {commit} of {task} has no record"));
    }
    for (commit, task) in recorded.iter().filter(|(commit, _)| !commits.contains_key(*commit)) {
        wrong.push(format!(
            "the record of {task} names the commit {commit}, which is not on the branch"
        ));
    }
    let mut tasks: BTreeMap<&String, usize> = BTreeMap::new();
    for task in commits.values() {
        *tasks.entry(task).or_default() += 1;
    }
    let reverts = world.git("log --format='%(trailers:key=Harness-Reverts,valueonly)' main");
    for (task, count) in tasks {
        let undone = reverts
            .lines()
            .filter(|line| line.starts_with(&format!("{task}@")))
            .count();
        if count > undone + 1 {
            wrong.push(format!("{task} has {count} commits"));
        }
    }
    for event in known(rows) {
        if let Event::Harvested(row) = event
            && let Some(tree) = row.tree
            && world.sh(&format!("git cat-file -e {tree}"), &[]).code != 0
        {
            wrong.push(format!("the candidate {tree} of {} is gone", row.task));
        }
    }
}

fn repository(world: &World, wrong: &mut Vec<String>) {
    let fsck = world.sh("git fsck --strict --no-dangling 2>&1", &[]);
    if fsck.code != 0 || fsck.out.lines().any(|line| !line.starts_with("notice:")) {
        wrong.push(format!("git fsck: {}", fsck.out));
    }
    // What somebody commits by hand belongs to no task, and the audit says so.
    let audit = world.sh(
        "\"$H\" audit --strength recorded | grep '✗' | grep -v 'changed without a task'",
        &[],
    );
    if !audit.out.is_empty() || !audit.err.is_empty() {
        wrong.push(format!("audit: {}{}", audit.out, audit.err));
    }
    let status = world.git("status --porcelain");
    if !status.is_empty() {
        wrong.push(format!("the worktree does not follow the branch:\n{status}"));
    }
}

fn left_over(world: &World, wrong: &mut Vec<String>) {
    for process in world.processes() {
        wrong.push(format!("a process is left: {process}"));
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let places = [world.root(), world.repos()].map(|place| place.display().to_string());
    let is_ours = |line: &&str| places.iter().any(|place| line.contains(place));
    for mount in mounts.lines().filter(is_ours) {
        wrong.push(format!("a mount is left: {mount}"));
    }
    for file in world.files_of_git("") {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_lock = name.ends_with(".lock") && name != "journal.lock";
        if is_lock || name.starts_with("index.harness.") {
            wrong.push(format!("a lock is left: {}", file.display()));
        }
    }
}
