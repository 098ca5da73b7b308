//! What is written is read as it was written, and what others write is taken for no more than it is.

use proptest::prelude::*;

use super::*;
use crate::domain::actor::Actor;
use crate::domain::id::WriterId;
use crate::domain::reversal;

fn landing(bullets: &[String]) -> String {
    let task = TaskId::new("game-04").unwrap();
    LandingMessage {
        subject: "Task {id}: {title}",
        plan: &PlanId::new("game").unwrap(),
        title: "Add enemy spawn timing",
        bullets,
        checks: &["npm test".to_owned(), "spawn".to_owned()],
        ours: LandingTrailers {
            task: &task,
            attempt: 2,
            card: "1".repeat(40).parse().unwrap(),
            check_tree: "2".repeat(40).parse().unwrap(),
            check_digest: Digest::of(b"checks"),
            row: (&WriterId::new("w1").unwrap(), 17, Digest::of(b"row")),
            self_approved: false,
        },
        reviewed_by: &[Actor::Person("Ann <ann@example.invalid>".into())],
        assisted_by: Some("ollama:qwen"),
        signed_off_by: None,
    }
    .render()
}

#[test]
fn an_indented_first_line_cuts_nothing_off_the_others() {
    let message = "Subject\n\n     R: x\n)'r)zHarness-Task: p-1\n";
    assert_eq!(trailers(message), []);
    let squashed = "Subject\n\n    R: x\n    Harness-Task: p-1\n";
    assert_eq!(trailers(squashed).len(), 2);
    assert_eq!(harness_lines(squashed).len(), 1);
}

#[test]
fn a_landing_reads_as_the_design_shows_it() {
    insta::assert_snapshot!(landing(&["Added spawn interval handling".to_owned()]), @r"
    Task game-04: Add enemy spawn timing

    - Added spawn interval handling
    - Verified with: npm test, spawn

    Harness-Task: game-04
    Harness-Attempt: 2
    Harness-Card: 1111111111111111111111111111111111111111
    Harness-Evidence: 2222222222222222222222222222222222222222 736e817c64d5
    Harness-Ledger: w1:17 06f1a15f1e5e
    Assisted-by: ollama:qwen
    Reviewed-by: Ann <ann@example.invalid>
    ");
}

#[test]
fn every_line_that_is_written_stays_narrow_and_reads_as_it_was_meant() {
    let task = TaskId::new("t".repeat(64)).unwrap();
    let plan = PlanId::new("p".repeat(64)).unwrap();
    let oid = "3".repeat(40);
    let sha_256 = "5".repeat(64);
    let evidence = folded(EVIDENCE, &format!("{sha_256} 0123456789ab"));
    let landing = LandingMessage {
        subject: "Task {id}: {title}",
        plan: &plan,
        title: "A title that is quite long, so that no subject can hold all of it in one line",
        bullets: &[],
        checks: &[],
        ours: LandingTrailers {
            task: &task,
            attempt: 4_000_000_000,
            card: oid.parse().unwrap(),
            check_tree: oid.parse().unwrap(),
            check_digest: Digest::of(b"checks"),
            row: (&WriterId::new("w1234567").unwrap(), u64::MAX, Digest::of(b"row")),
            self_approved: true,
        },
        reviewed_by: &[Actor::Person(
            "Somebody of a Rather Long Name <somebody.of.a.rather.long.name@example.invalid>".into(),
        )],
        assisted_by: Some("provider:model"),
        signed_off_by: None,
    }
    .render();
    let rollback = RollbackMessage {
        task: &task,
        title: "t",
        landing: oid.parse().unwrap(),
        why: "",
    }
    .render();
    let revision = RevisionMessage {
        task: &task,
        title: "t",
        by: &Actor::Harness,
        why: "",
    }
    .render();
    let approval = approval_message(&plan, Digest::of(b"plan"), &Actor::Harness);
    let landed: CommitId = oid.parse().unwrap();
    let adoption = AdoptionMessage {
        cards: &[(&task, oid.parse().unwrap())],
        commit: landed,
        by: &Actor::Harness,
        why: "",
    }
    .render();
    let verification = VerificationMessage {
        blocks: &[VerificationBlock {
            task: task.clone(),
            landing: landed,
            check_tree: oid.parse().unwrap(),
            check_digest: Digest::of(b"checks"),
            row: (WriterId::new("w1").unwrap(), 1, Digest::of(b"row")),
        }],
        by: &Actor::Harness,
    }
    .render();
    for text in [
        &evidence,
        &landing,
        &rollback,
        &revision,
        &approval,
        &adoption,
        &verification,
    ] {
        for line in text.lines() {
            assert!(line.chars().count() <= 72, "{line}");
        }
    }
    assert_eq!(read_message(&landing), [Said::Landed(task.clone())]);
    let pairs = trailers(&landing);
    assert_eq!(
        value(&pairs, EVIDENCE),
        Some(&*format!("{oid} {}", Digest::of(b"checks").short()))
    );
    assert_eq!(
        value(&pairs, "Reviewed-by"),
        Some("Somebody of a Rather Long Name <somebody.of.a.rather.long.name@example.invalid>")
    );
    let (landing, digest) = (oid.parse().unwrap(), Digest::of(b"plan"));
    assert_eq!(
        reversal::read(&rollback).map(|said| said.tasks),
        Some(vec![(task.clone(), landing)])
    );
    assert_eq!(read_message(&revision), [Said::Revised(task)]);
    assert_eq!(read_message(&approval), [Said::Approved { plan, digest }]);
    let said = read_message(&adoption);
    assert!(
        matches!(&said[..], [Said::Adopted { landing, .. }] if *landing == landed),
        "{said:?}"
    );
    let said = read_message(&verification);
    assert!(
        matches!(&said[..], [Said::Verified { tree, .. }] if *tree == oid),
        "{said:?}"
    );
    let read = trailers(&format!("s\n\n{evidence}"));
    assert_eq!(value(&read, EVIDENCE), Some(&*format!("{sha_256} 0123456789ab")));
}

#[test]
fn a_folded_trailer_of_ours_is_read_as_one() {
    let message = "s\n\nHarness-Task:\n t-1\nHarness-Attempt: 1\n\n  indented prose\n";
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(harness_trailers(message), [pair(TASK, "t-1"), pair(ATTEMPT, "1")]);
}

#[test]
fn evidence_is_read_with_and_without_counts() {
    let counts = |text| EvidenceLine::read(text).map(|line| line.counts);
    assert_eq!(counts("a b"), Some(None));
    assert_eq!(counts("a b 2/2"), Some(Some("2/2")));
    assert_eq!(counts("a"), None);
    assert_eq!(counts("a b 2/2 c"), None);
}

#[test]
fn git_finds_trailers_in_the_last_paragraph_only() {
    assert_eq!(trailers("Harness-Task: a\n"), [], "never the first paragraph");
    let two = "s\n\nHarness-Task: a\n\nSigned-off-by: x\n";
    assert_eq!(trailers(two), [("Signed-off-by".to_owned(), "x".to_owned())]);
    assert_eq!(
        read_message(two),
        [Said::Landed(TaskId::new("a").unwrap())],
        "a block of ours counts anywhere"
    );
    assert_eq!(trailers("s\n\nHarness-Task: a\nand prose\n"), []);
}

#[test]
fn what_git_writes_into_a_block_and_remarks_beside_it_leave_it_one() {
    let task = ("Harness-Task".to_owned(), "a".to_owned());
    let picked = "s\n\nHarness-Task: a\n(cherry picked from commit 3333333333333333333333333333333333333333)\n";
    assert_eq!(trailers(picked), std::slice::from_ref(&task));
    assert_eq!(read_message(picked), [Said::Landed(TaskId::new("a").unwrap())]);
    let remark = "s\n\nHarness-Task:\n a\nSigned-off-by: Ann <a@b>\n[ann: touched up,\n Harness-like]\n";
    assert_eq!(
        trailers(remark),
        [task, ("Signed-off-by".to_owned(), "Ann <a@b>".to_owned())]
    );
    assert_eq!(trailers("s\n\nHarness-Task: a\n[ann: touched up]\n"), []);
}

#[test]
fn a_key_that_stands_twice_says_nothing() {
    assert_eq!(read_message("s\n\nHarness-Task: a\nHarness-Task: b\n"), []);
}

#[test]
fn an_indented_block_of_a_squash_merge_counts() {
    let squash =
        "Squashed commit\n\ncommit 1\n\n    Task a: x\n\n    Harness-Task: a\n    Harness-Attempt: 1\n\ncommit 2\n";
    assert_eq!(read_message(squash), [Said::Landed(TaskId::new("a").unwrap())]);
}

#[test]
fn every_spelling_of_a_forged_trailer_is_seen() {
    let message = "s\n\nharness-task: a\n  Harness-Evidence : x\nHarnessing: no\nsee Harness-Task: b\n";
    assert_eq!(harness_lines(message), ["harness-task: a", "  Harness-Evidence : x"]);
}

proptest! {
    #[test]
    fn no_bullet_can_forge_a_trailer(bullets in proptest::collection::vec(".*", 0..4)) {
        let message = landing(&bullets);
        prop_assert_eq!(read_message(&message), [Said::Landed(TaskId::new("game-04").unwrap())]);
        prop_assert_eq!(harness_lines(&message).len(), 5);
    }

    #[test]
    fn reading_never_panics(message in "(?s).*") {
        let _ = (read_message(&message), trailers(&message), harness_lines(&message));
    }
}
