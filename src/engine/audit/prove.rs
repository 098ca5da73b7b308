//! The strength `proved`: the checks of every landing, run again on its tree. Nothing that was known before is used.

use crate::config::Config;
use crate::domain::audit::{AuditRule, Finding, Strength};
use crate::engine::Engine;
use crate::engine::trusted::Permit;
use crate::engine::verify::{self, Ground, VerifyError};

use super::Judged;

/// Why checks could not be run again.
#[derive(Debug, thiserror::Error)]
#[error("{task} in {commit}: {source}")]
pub struct ProveError {
    task: String,
    commit: String,
    source: VerifyError,
}

/// Runs the checks of every landing again, on a machine that is thrown away also those that nobody agreed to here.
pub fn prove(engine: &mut Engine, judged: &mut Judged, is_disposable: bool) -> Result<(), ProveError> {
    for landing in &judged.landings {
        let failed = |source| ProveError {
            task: landing.task.to_string(),
            commit: landing.commit.short(10).to_string(),
            source,
        };
        // What set-up makes is made on the landing's base, as it was then.
        let base = engine
            .git
            .tree_of(landing.parent)
            .map_err(|error| failed(error.into()))?;
        let config = Config {
            base: Some(landing.parent),
            ..Config::clone(&landing.config)
        };
        let permit = match is_disposable {
            true => Permit::on_a_disposable_machine(&config),
            false => Permit::for_checks(engine, &config, &landing.checks).map_err(|error| failed(error.into()))?,
        };
        let ground = Ground::new(permit, &landing.cone, base);
        let record = verify::prove_tree(engine, &ground, landing.tree, &landing.checks).map_err(failed)?;
        for result in record.results.iter().filter(|result| !result.status.passed()) {
            judged.report.findings.push(Finding {
                commit: landing.commit,
                task: Some(landing.task.clone()),
                rule: AuditRule::Proof,
                level: AuditRule::Proof.level(),
                path: None,
                message: format!("{}: {}", result.name, result.status),
            });
        }
    }
    judged.report.strength = Strength::Proved;
    Ok(())
}
