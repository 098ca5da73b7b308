//! Counts: how many tests a check ran, and that no fewer watch over a candidate than over its base.
//!
//! What a base's count is decides the base tree, never the Builder: it is taken from an earlier result on that tree,
//! else the check is run there once. Reading the text is `domain::test_report`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::domain::check::{Check, CheckStatus, EvidenceKey, EvidenceRecord};
use crate::domain::oid::TreeId;
use crate::domain::plan::card::Card;
use crate::domain::scope::cone::Cone;
use crate::domain::test_report::{self, FewerTests, MOST_BYTES, Ratchet, TestCount};
use crate::process::Finished;

use super::Engine;
use super::harvest::read_regular;
use super::known;
use super::verify::{self, VerifyError};

/// The place of a check's report, if it names one that lies in its slot.
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

/// Removes the report of an earlier run, or one that was committed: what is read afterwards was written by this run.
pub(super) fn clear_report(dirs: &[PathBuf], check: &Check) {
    for path in dirs.iter().filter_map(|dir| report(dir, check)) {
        // Where it cannot be removed it is no file, and will not be read as one.
        let _ = fs::remove_file(path);
    }
}

/// How many tests a run told of, by its report where the check has one, else by its output.
pub(super) fn count(dirs: &[PathBuf], check: &Check, finished: &Finished) -> Option<TestCount> {
    if !check.report.is_empty() {
        let reports = dirs.iter().filter_map(|dir| report(dir, check));
        let bytes = reports
            .map(|path| read_regular(&path, MOST_BYTES as u64))
            .find_map(Result::ok)?;
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
pub(super) fn prepare(
    engine: &mut Engine,
    config: &Config,
    cone: &Cone,
    base: TreeId,
    checks: &[Check],
) -> Result<(), VerifyError> {
    let counting: Vec<&Check> = checks.iter().filter(|check| known::tells(engine, check)).collect();
    if counting.is_empty() {
        return Ok(());
    }
    for check in counting {
        at_base(engine, config, cone, base, check)?;
    }
    Ok(())
}

/// Refuses passed checks that ran fewer tests than at the base, beyond what the card lets go.
pub(super) fn hold(
    engine: &mut Engine,
    config: &Config,
    card: &Card,
    cone: &Cone,
    base: TreeId,
    checks: &[Check],
    record: &mut EvidenceRecord,
) -> Result<(), VerifyError> {
    let ratchet = Ratchet {
        may_fall: card.tests_removed.into(),
    };
    for (check, result) in checks.iter().zip(&mut record.results) {
        let was = if result.tests.is_some() || known::tells(engine, check) {
            at_base(engine, config, cone, base, check)?
        } else {
            // Its output told of tests at the base and tells of none now: that is known without running anything.
            known::tests(engine, &key(engine, config, cone, base, check)?, check).flatten()
        };
        if let Err(FewerTests { was, now }) = ratchet.hold(was.as_ref(), result.tests.as_ref()) {
            result.status = CheckStatus::FewerTests { was, now };
        }
    }
    Ok(())
}

fn at_base(
    engine: &mut Engine,
    config: &Config,
    cone: &Cone,
    base: TreeId,
    check: &Check,
) -> Result<Option<TestCount>, VerifyError> {
    let key = key(engine, config, cone, base, check)?;
    if let Some(count) = known::tests(engine, &key, check) {
        return Ok(count);
    }
    let (record, _slot) = verify::run_on(engine, config, cone, None, base, std::slice::from_ref(check))?;
    let count = record.results.first().and_then(|result| result.tests);
    known::keep_tests(engine, &key, check, count);
    Ok(count)
}

fn key(engine: &Engine, config: &Config, cone: &Cone, base: TreeId, check: &Check) -> Result<EvidenceKey, VerifyError> {
    let tree = engine.git.narrowed_id(base, cone)?;
    let environment = verify::environment(engine, config);
    Ok(known::key(
        tree,
        std::slice::from_ref(check),
        &environment,
        verify::tier(engine)?,
    ))
}
