//! Checks: names, digests, and rows of earlier versions.

use super::*;

#[test]
fn every_kind_is_found_by_its_name() {
    for kind in CheckKind::ALL {
        assert_eq!(CheckKind::from_name(kind.as_str()), Some(kind));
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
    }
    assert_eq!(CheckKind::from_name("unit"), None);
}

#[test]
fn the_program_of_a_command_line_is_named_where_it_is_plain() {
    let program = |run: &str| Check::from_command(run).program().map(str::to_owned);
    assert_eq!(program("npm test").as_deref(), Some("npm"));
    for hidden in [
        "./check.sh",
        "test -e x",
        "CI=1 npm test",
        "(cd web && npm test)",
        "! grep x y",
        "",
    ] {
        assert_eq!(program(hidden), None, "{hidden}");
    }
}

#[test]
fn a_result_from_before_tests_were_counted_still_reads() {
    let old = r#"{"name":"t","kind":"test","status":{"failed":1},"millis":2,"runs":1,"log":null,"excerpt":"x"}"#;
    let result: CheckResult = serde_json::from_str(old).unwrap();
    assert_eq!(result.tests, None);
    assert_eq!(serde_json::to_string(&result).unwrap(), old);
}

#[test]
fn a_key_from_before_set_up_was_part_of_it_still_reads() {
    let old = format!(
        r#"{{"check_tree":"{}","checks":"{}","environment":"{}","fence":"overlay"}}"#,
        "7".repeat(40),
        "b".repeat(64),
        "e".repeat(64)
    );
    let key: EvidenceKey = serde_json::from_str(&old).unwrap();
    assert_eq!((key.setup, key.warmth, key.repository), (None, None, None));
    assert_eq!(serde_json::to_string(&key).unwrap(), old);
    let now = EvidenceKey {
        setup: Some(key.checks),
        warmth: Some(Warmth::Warm),
        ..key
    };
    let text = serde_json::to_string(&now).unwrap();
    assert!(text.ends_with(r#""warmth":"warm"}"#), "{text}");
    assert_eq!(serde_json::from_str::<EvidenceKey>(&text).unwrap(), now);
}

#[test]
fn whatever_changes_a_result_changes_the_digest() {
    let check = Check::from_command("npm test");
    let variants = [
        Check {
            run: "npm test -- --all".into(),
            ..check.clone()
        },
        Check {
            dir: "web".into(),
            ..check.clone()
        },
        Check {
            red_first: true,
            ..check.clone()
        },
        Check {
            report: "junit.xml".into(),
            ..check.clone()
        },
        Check {
            timeout_seconds: 1,
            ..check.clone()
        },
        Check {
            env: BTreeMap::from([("CI".into(), "1".into())]),
            ..check.clone()
        },
    ];
    for variant in &variants {
        assert_ne!(variant.digest(), check.digest(), "{variant:?}");
    }
    assert_ne!(
        check_set_digest(&[check.clone(), variants[0].clone()]),
        check_set_digest(&[variants[0].clone(), check])
    );
}
