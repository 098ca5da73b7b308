//! Known results: what was found out about a tree before, under the whole key that it holds for.
//!
//! Only passed checks and counts of tests are kept. Losing them costs time, never truth.

use crate::domain::check::{Check, CheckResult, EvidenceKey, FenceTier, Warmth, check_set_digest};
use crate::domain::oid::{CommitId, Digest, TreeId};
use crate::domain::test_report::TestCount;
use crate::git::WriteError;
use crate::process::Environment;

use super::Engine;

/// Results of passed checks. Another name than before it was known which of them had asked the copy's repository.
const RESULTS: &str = "watched-checks";
/// Checks that asked the copy's repository, on whatever tree.
const ASKING: &str = "asking-checks";
/// Checks that told a count, on whatever tree.
const TELLING: &str = "telling-checks";
/// Counts of bases, also of those on which the check is red.
const BASES: &str = "lone-base-tests";

/// What results on a tree hold for where nothing warm is found.
pub(super) fn key(
    tree: TreeId,
    checks: &[Check],
    environment: &Environment,
    fence: FenceTier,
    setup: Option<Digest>,
) -> EvidenceKey {
    EvidenceKey {
        check_tree: tree,
        checks: check_set_digest(checks),
        environment: environment.digest(),
        fence,
        setup,
        warmth: Some(Warmth::Cold),
        repository: None,
    }
}

/// The name of one check's result: it does not depend on the other checks of its set.
fn name(key: &EvidenceKey, check: &Check) -> String {
    let fields = [
        key.check_tree.to_string(),
        check.digest().to_string(),
        key.environment.to_string(),
        key.fence.to_string(),
        key.setup.map_or_else(String::new, |digest| digest.to_string()),
        key.warmth.map_or_else(String::new, |warmth| warmth.to_string()),
    ];
    let repository = key.repository.map(|digest| digest.to_string());
    Digest::of_fields(fields.iter().chain(&repository).map(String::as_bytes)).to_string()
}

/// The result of a check that passed before, with at most so much warmth. One from a cold copy holds for all.
fn result(engine: &Engine, key: &EvidenceKey, most: Warmth, check: &Check) -> Option<(CheckResult, Warmth)> {
    let allowed = [Warmth::Cold, Warmth::Warm]
        .into_iter()
        .filter(|warmth| *warmth <= most);
    allowed
        .filter_map(|warmth| {
            let key = EvidenceKey {
                warmth: Some(warmth),
                ..*key
            };
            let bytes = engine.ledger.caches().get(RESULTS, &name(&key, check))?;
            Some((serde_json::from_slice(&bytes).ok()?, warmth))
        })
        .next()
}

/// What is known of a check on this tree, and what the repository said then, where it asked. A check that did not ask found
/// the tree alone; one that did is believed on the same commit with the same tags.
pub(super) fn before(
    engine: &Engine,
    base: Option<CommitId>,
    key: &EvidenceKey,
    most: Warmth,
    check: &Check,
) -> Result<Option<(CheckResult, Warmth, Option<Digest>)>, WriteError> {
    if let Some((result, warmth)) = result(engine, key, most, check) {
        return Ok(Some((result, warmth, None)));
    }
    if !asks(engine, check) {
        return Ok(None);
    }
    let repository = Some(engine.git.lent_digest(base)?);
    let found = result(engine, &EvidenceKey { repository, ..*key }, most, check);
    Ok(found.map(|(result, warmth)| (result, warmth, repository)))
}

/// Whether a check asked the copy's repository on any tree before. One that did not on this tree had no reason to.
fn asks(engine: &Engine, check: &Check) -> bool {
    let caches = engine.ledger.caches();
    caches.get(ASKING, &check.digest().to_string()).is_some()
}

/// Keeps a result, if the check passed. The key of one that asked the repository has to say what that was.
pub(super) fn keep(engine: &Engine, key: &EvidenceKey, check: &Check, result: &CheckResult) {
    if result.tests.is_some() {
        engine.ledger.caches().put(TELLING, &check.digest().to_string(), b"");
    }
    if result.asked_git {
        engine.ledger.caches().put(ASKING, &check.digest().to_string(), b"");
        // How many tests a tree has is no claim that they pass, and says so on any commit with it.
        if let (true, Some(count)) = (result.status.passed(), result.tests) {
            let anywhere = EvidenceKey {
                repository: None,
                warmth: Some(Warmth::Cold),
                ..*key
            };
            keep_tests(engine, &anywhere, check, Some(count));
        }
    }
    if let (true, Ok(bytes)) = (result.status.passed(), serde_json::to_vec(result)) {
        engine.ledger.caches().put(RESULTS, &name(key, check), &bytes);
    }
}

/// What is known of how many tests a check ran: `None` where it did not run there, `Some(None)` where it told nothing.
pub(super) fn tests(engine: &Engine, key: &EvidenceKey, most: Warmth, check: &Check) -> Option<Option<TestCount>> {
    if let Some(bytes) = engine.ledger.caches().get(BASES, &name(key, check)) {
        return serde_json::from_slice(&bytes).ok();
    }
    result(engine, key, most, check).map(|(result, _)| result.tests)
}

/// Whether a check told how many tests it ran on any tree before, so that silence would be odd.
pub(super) fn tells(engine: &Engine, check: &Check) -> bool {
    check.counts_tests()
        || engine
            .ledger
            .caches()
            .get(TELLING, &check.digest().to_string())
            .is_some()
}

/// Keeps a count, whether the check passed or not.
pub(super) fn keep_tests(engine: &Engine, key: &EvidenceKey, check: &Check, count: Option<TestCount>) {
    if let Ok(bytes) = serde_json::to_vec(&count) {
        engine.ledger.caches().put(BASES, &name(key, check), &bytes);
    }
}
