//! Counts: how many tests a check ran, and that no fewer watch over a candidate than over its base.
//!
//! What a base's count is decides the base tree, never the Builder: it is taken from an earlier result on that tree,
//! else the check is run there once. Reading the text is `domain::test_report`.

use std::path::{Path, PathBuf};

use crate::domain::check::{Check, CheckStatus, EvidenceKey, EvidenceRecord};
use crate::domain::plan::card::Card;
use crate::domain::test_report::{self, FewerTests, MOST_BYTES, Ratchet, TestCount};
use crate::process::Finished;

use super::Engine;
use super::harvest::read_regular;
use super::known;
use super::verify::{self, Ground, VerifyError};

/// The place of a check's report, if it names one that lies where the check wrote.
fn report(dir: &Path, check: &Check) -> Option<PathBuf> {
    if check.report.is_empty() {
        return None;
    }
    let path = dir.join(&check.report);
    // A link in the tree may lead elsewhere; a report lies beside its check or is none.
    let parent = path.parent()?.canonicalize().ok()?;
    let inside = parent.starts_with(dir.canonicalize().ok()?);
    inside.then(|| parent.join(path.file_name().unwrap_or_default()))
}

/// How many tests a run told of, by the report that it wrote below `dir` where the check has one, else by its output.
pub(super) fn count(dir: &Path, check: &Check, finished: &Finished) -> Option<TestCount> {
    if !check.report.is_empty() {
        let bytes = read_regular(&report(dir, check)?, MOST_BYTES as u64).ok()?;
        return test_report::read_junit(&String::from_utf8_lossy(&bytes)).ok();
    }
    // Both streams, since some runners close on one and some on the other. Where they got mixed within a line, the
    // standard output alone may still be read.
    [&finished.output, &finished.stdout].into_iter().find_map(|captured| {
        let text = captured.text();
        match captured.dropped {
            0 => test_report::count(&text),
            _ => test_report::count_cut(&text),
        }
    })
}

/// Counts the base before the candidate is looked at, for checks that are known to count: so both use one warm slot.
pub(super) fn prepare(engine: &mut Engine, ground: &Ground, checks: &[Check]) -> Result<(), VerifyError> {
    let counting: Vec<&Check> = checks.iter().filter(|check| known::tells(engine, check)).collect();
    for check in counting {
        at_base(engine, ground, check)?;
    }
    Ok(())
}

/// Refuses passed checks that ran fewer tests than at the base, beyond what the card lets go.
pub(super) fn hold(
    engine: &mut Engine,
    ground: &Ground,
    card: &Card,
    checks: &[Check],
    record: &mut EvidenceRecord,
) -> Result<(), VerifyError> {
    let ratchet = Ratchet {
        may_fall: card.tests_removed.into(),
    };
    for (check, result) in checks.iter().zip(&mut record.results) {
        let was = if result.tests.is_some() || known::tells(engine, check) {
            at_base(engine, ground, check)?
        } else {
            // Its output told of tests at the base and tells of none now: that is known without running anything.
            known::tests(engine, &key(engine, ground, check)?, ground.most, check).flatten()
        };
        if let Err(FewerTests { was, now }) = ratchet.hold(was.as_ref(), result.tests.as_ref()) {
            result.status = CheckStatus::FewerTests { was, now };
        }
    }
    Ok(())
}

fn at_base(engine: &mut Engine, ground: &Ground, check: &Check) -> Result<Option<TestCount>, VerifyError> {
    let key = key(engine, ground, check)?;
    if let Some(count) = known::tests(engine, &key, ground.most, check) {
        return Ok(count);
    }
    let (record, _ready) = verify::run_on(engine, ground, None, ground.base, std::slice::from_ref(check))?;
    let count = record.results.first().and_then(|result| result.tests);
    known::keep_tests(engine, &key, check, count);
    Ok(count)
}

fn key(engine: &Engine, ground: &Ground, check: &Check) -> Result<EvidenceKey, VerifyError> {
    let tree = engine.git.narrowed_id(ground.base, ground.cone)?;
    verify::key(engine, ground, tree, std::slice::from_ref(check))
}
