//! The audit's answer as SARIF 2.1.0, which forges show beside the commits.

use serde_json::{Value, json};

use crate::domain::audit::{AuditReport, AuditRule, Level};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

const fn level(level: Level) -> &'static str {
    match level {
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// The report as one SARIF log with one run.
pub fn sarif(report: &AuditReport) -> Value {
    let rules: Vec<Value> = AuditRule::ALL
        .iter()
        .map(|rule| {
            json!({
                "id": rule.name(),
                "shortDescription": {"text": rule.meaning()},
                "defaultConfiguration": {"level": level(rule.level())},
            })
        })
        .collect();
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            let mut result = json!({
                "ruleId": finding.rule.name(),
                "level": level(finding.level),
                "message": {"text": format!("{}: {}", finding.commit.short(10), finding.message)},
                // One finding stays the same finding when the audit runs again.
                "partialFingerprints": {
                    "commitRulePath/v1": format!(
                        "{}:{}:{}", finding.commit, finding.rule, finding.path.as_deref().unwrap_or_default()
                    ),
                },
                "properties": {"commit": finding.commit.to_string()},
            });
            if let Some(path) = &finding.path {
                result["locations"] = json!([{"physicalLocation": {"artifactLocation": {"uri": uri(path)}}}]);
            }
            if let Some(task) = &finding.task {
                result["properties"]["task"] = json!(task.as_str());
            }
            result
        })
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "git-harness",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "properties": {"strength": report.strength.to_string(), "commits": report.commits},
            "results": results,
        }],
    })
}

/// A path as the relative reference of a URI.
fn uri(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => text.push(char::from(byte)),
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{Finding, Strength};

    #[test]
    fn a_finding_names_its_rule_commit_and_place() {
        let report = AuditReport {
            strength: Strength::Scope,
            commits: 1,
            landings: 0,
            findings: vec![Finding {
                commit: "1".repeat(40).parse().unwrap(),
                task: None,
                rule: AuditRule::Unrecorded,
                level: Level::Error,
                path: Some("a b/ü.txt".to_owned()),
                message: "changed without a task".to_owned(),
            }],
        };
        let log = sarif(&report);
        let result = &log["runs"][0]["results"][0];
        assert_eq!(result["ruleId"], "unrecorded");
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(place, "a%20b/%C3%BC.txt");
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), AuditRule::ALL.len());
    }
}
