//! One check: run where it finds nothing of any other run, as often as it may, and what it gave.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use crate::domain::check::{Check, CheckKind, CheckResult, CheckStatus};
use crate::engine::Engine;
use crate::engine::count;
use crate::engine::trusted::Permit;
use crate::engine::walls::{Inmate, Walls, WallsError};
use crate::process::{self, Ending, Environment, Input, Program};

use super::VerifyError;
use super::ignored;
use super::ready::Ready;

/// Bytes of a check's output that are kept.
const KEPT_OUTPUT: usize = 256 * 1024;

/// Bytes of a failed check's output that a retry packet quotes.
const QUOTED_OUTPUT: usize = 6 * 1024;

/// Runs a check. Each run of it begins on the tree as it was.
pub(super) fn run(
    engine: &Engine,
    permit: &Permit,
    ready: &mut Ready,
    check: &Check,
    environment: &Environment,
) -> Result<CheckResult, VerifyError> {
    permit.allows(engine, check)?;
    let limit = Duration::from_secs(check.timeout_seconds);
    let (mut millis, mut runs, mut contacts, mut asked_git) = (0, 0, Vec::new(), false);
    loop {
        let run = ready.begin(engine)?;
        let Some(folder) = run.folder(&check.dir) else {
            return Ok(no_folder(check));
        };
        let slot = ready.slot();
        let walls = Walls::around(engine, permit, slot, &run, Inmate::Check, &check.network)?;
        let mut own = walls.with_tmp(environment);
        for (name, value) in &check.env {
            own.set(name, OsStr::new(value));
        }
        runs += 1;
        if !check.report.is_empty() {
            // Where it cannot be hidden it is no file, and will not be read as one.
            let _ = run.hide(&folder.join(&check.report));
        }
        let dir = slot.tree().join(&folder);
        let finished = shell(engine, &walls, &check.run, &dir, &own, limit, &slot.log())?;
        millis += u64::try_from(finished.wall.as_millis()).unwrap_or(u64::MAX);
        for contact in walls.take_contacts() {
            contact.add_to(&mut contacts);
        }
        asked_git |= walls.asked();
        let status = match finished.ending {
            Ending::Exited(0) => CheckStatus::Passed,
            Ending::Exited(code) => CheckStatus::Failed(code),
            Ending::Signalled(signal) => CheckStatus::Signalled(signal),
            Ending::TimedOut => CheckStatus::TimedOut,
            Ending::Cancelled => return Err(VerifyError::Cancelled),
        };
        if !status.passed() && runs <= check.flaky_retries {
            ready.end(run, false)?;
            continue;
        }
        let output = finished.output.to_bytes();
        let log = engine.ledger.transcripts().put(&output).map_err(VerifyError::Log)?;
        let tests = count::count(&run.written(&folder), check, &finished);
        ready.end(run, status.passed())?;
        return Ok(CheckResult {
            name: check.name.clone(),
            kind: check.kind,
            status,
            millis,
            tests,
            not_counted: status.passed() && check.kind == CheckKind::Test && tests.is_none(),
            runs,
            log: Some(log),
            contacts,
            asked_git,
            excerpt: if status.passed() {
                String::new()
            } else {
                let mut shown = excerpt(&String::from_utf8_lossy(&output));
                for line in ready.slot().lacks() {
                    shown.push_str(&format!("\nthe copy for the checks lacks {line}"));
                }
                if let Some(line) = ignored::told(engine, permit.config()) {
                    shown.push_str(&format!("\n{line}"));
                }
                shown
            },
        });
    }
}

/// A check whose folder a tree does not have is red on it, like one whose program fails there.
fn no_folder(check: &Check) -> CheckResult {
    CheckResult {
        name: check.name.clone(),
        kind: check.kind,
        status: CheckStatus::NoFolder,
        millis: 0,
        tests: None,
        not_counted: false,
        runs: 0,
        log: None,
        contacts: Vec::new(),
        asked_git: false,
        excerpt: format!("it runs in the folder {}, which is not in the tree", check.dir),
    }
}

/// Runs a command line inside of walls.
pub(super) fn shell(
    engine: &Engine,
    walls: &Walls,
    command: &str,
    dir: &Path,
    environment: &Environment,
    limit: Duration,
    log: &Path,
) -> Result<process::Finished, WallsError> {
    walls.run(
        Program {
            argv: process::shell(command),
            dir,
            environment,
            input: Input::Closed,
            timeout: Some(limit),
            keep_bytes: KEPT_OUTPUT,
            log: Some(log),
            redactor: engine.ledger.redactor(),
        },
        &engine.cancel,
    )
}

/// The part of a log that explains a failure: its end, where test runners and compilers sum up, cut at a line.
pub(super) fn excerpt(text: &str) -> String {
    let text = text.trim_end();
    if text.len() <= QUOTED_OUTPUT {
        return text.to_owned();
    }
    let from = text.len() - QUOTED_OUTPUT;
    let from = (from..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(from);
    let from = text[from..].find('\n').map_or(from, |newline| from + newline + 1);
    format!("… {from} bytes before this are in the log …\n{}", &text[from..])
}
