//! A remote against a real bare repository, and what the words of a push mean.

use std::path::Path;

use super::porcelain::{complaint, missing_ref, read};
use super::*;
use crate::git::tests::{git, repository, tip};

const CLAIM: &str = "refs/harness/claims/a";

/// A repository with the remote `origin`, which holds its branch.
fn with_origin(dir: &Path) -> (Repository, Remote) {
    let (server, clone) = (dir.join("server.git"), dir.join("clone"));
    std::fs::create_dir_all(&clone).unwrap();
    let repository = repository(&clone);
    git(dir, &["init", "--quiet", "--bare", "server.git"]);
    git(&clone, &["remote", "add", "origin", server.to_str().unwrap()]);
    git(&clone, &["push", "--quiet", "origin", "main"]);
    let repository = Repository::discover_plainly(repository.work_tree().unwrap()).unwrap();
    let remote = repository.remote("origin", &Cancel::new()).unwrap();
    (repository, remote)
}

fn swap(reference: &str, old: Option<CommitId>, new: Option<CommitId>) -> Swap {
    Swap {
        reference: reference.to_owned(),
        old,
        new,
    }
}

fn refused(answer: &Answer) -> Vec<(&str, bool)> {
    match answer {
        Answer::Done => Vec::new(),
        Answer::Refused(refusals) => refusals
            .iter()
            .map(|refusal| (refusal.reference.as_str(), refusal.for_another))
            .collect(),
    }
}

#[test]
fn a_ref_moves_only_from_where_it_is_said_to_stand() {
    let dir = tempfile::tempdir().unwrap();
    let (_, remote) = with_origin(dir.path());
    let note = |text: &str, parent| remote.write_note(text, parent, 1).unwrap();
    let (one, two) = (note("one", None), note("two", None));
    let push = |old, new| remote.push(&[swap(CLAIM, old, new)]).unwrap();
    assert_eq!(push(None, Some(one)), Answer::Done);
    // The same object again is what was there already; another one comes second.
    assert_eq!(push(None, Some(one)), Answer::Done);
    assert_eq!(refused(&push(None, Some(two))), [(CLAIM, false)]);
    assert_eq!(refused(&push(Some(two), Some(note("x", Some(two))))), [(CLAIM, false)]);
    let renewed = note("one again", Some(one));
    assert_eq!(push(Some(one), Some(renewed)), Answer::Done);
    assert_eq!(push(Some(renewed), Some(two)), Answer::Done);
    assert_eq!(refused(&push(Some(one), None)), [(CLAIM, false)]);
    assert_eq!(push(Some(two), None), Answer::Done);
    assert_eq!(push(None, Some(one)), Answer::Done);
}

#[test]
fn several_refs_move_together_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let (repository, remote) = with_origin(dir.path());
    let base = tip(&repository);
    let (mine, theirs) = (
        remote.write_note("mine", None, 1).unwrap(),
        remote.write_note("theirs", None, 1).unwrap(),
    );
    let next = remote.write_note("next", Some(base), 2).unwrap();
    assert_eq!(remote.push(&[swap(CLAIM, None, Some(theirs))]).unwrap(), Answer::Done);
    let landing = |claim| {
        let swaps = [
            swap("refs/heads/main", Some(base), Some(next)),
            swap(CLAIM, Some(claim), None),
        ];
        remote.push(&swaps).unwrap()
    };
    let answer = landing(mine);
    assert_eq!(refused(&answer), [(CLAIM, false), ("refs/heads/main", true)]);
    assert_eq!(answer.reasons(), format!("{CLAIM}: stale info"));
    let server = dir.path().join("server.git");
    assert_eq!(git(&server, &["rev-parse", "main"]), base.to_string());
    assert_eq!(landing(theirs), Answer::Done);
    assert_eq!(git(&server, &["rev-parse", "main"]), next.to_string());
    assert_eq!(git(&server, &["for-each-ref", "refs/harness"]), "");
}

#[test]
fn what_others_have_is_brought_below_a_name_of_its_own_and_goes_when_it_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let (repository, remote) = with_origin(dir.path());
    let base = tip(&repository);
    let claim = remote.write_note("mine", None, 1).unwrap();
    let pairs = [
        (
            "refs/heads/main".to_owned(),
            "refs/harness/remotes/origin/heads/main".to_owned(),
        ),
        (
            "refs/harness/claims/*".to_owned(),
            "refs/harness/remotes/origin/claims/*".to_owned(),
        ),
    ];
    let _ = remote.push(&[swap(CLAIM, None, Some(claim))]).unwrap();
    remote.fetch(&pairs).unwrap();
    let at = |name: &str| {
        repository
            .reference(&format!("refs/harness/remotes/origin/{name}"))
            .unwrap()
    };
    assert_eq!((at("heads/main"), at("claims/a")), (Some(base), Some(claim)));
    assert_eq!(
        repository
            .references_below("refs/harness/remotes/origin/claims/")
            .unwrap(),
        [("a".to_owned(), claim)]
    );
    let _ = remote.push(&[swap(CLAIM, Some(claim), None)]).unwrap();
    remote.fetch(&pairs).unwrap();
    assert_eq!((at("heads/main"), at("claims/a")), (Some(base), None));
    assert_eq!(
        git(&dir.path().join("clone"), &["for-each-ref", "refs/remotes"])
            .lines()
            .count(),
        1
    );
    let missing = [(
        "refs/heads/other".to_owned(),
        "refs/harness/remotes/origin/heads/other".to_owned(),
    )];
    let error = remote.fetch(&missing).unwrap_err();
    assert_eq!(error.to_string(), "origin has no branch other");
}

#[test]
fn only_a_remote_that_is_configured_is_spoken_to() {
    let dir = tempfile::tempdir().unwrap();
    let (repository, remote) = with_origin(dir.path());
    let path = dir.path().join("server.git").display().to_string();
    for unknown in ["upstream", path.as_str(), "--upload-pack=x"] {
        let error = repository.remote(unknown, &Cancel::new()).unwrap_err();
        assert_eq!(error.to_string(), format!("there is no remote {unknown}"));
    }
    let cancel = Cancel::new();
    cancel.cancel();
    let stopped = Remote {
        cancel,
        ..remote.clone()
    }
    .fetch(&[]);
    assert!(stopped.is_err_and(|error| matches!(error, RemoteError::Stopped(_))));
    let clone = dir.path().join("clone");
    git(&clone, &["remote", "set-url", "--add", "--push", "origin", &path]);
    git(
        &clone,
        &["remote", "set-url", "--add", "--push", "origin", "/elsewhere"],
    );
    let again = Repository::discover_plainly(&clone).unwrap();
    let error = again.remote("origin", &Cancel::new()).unwrap_err();
    assert!(matches!(error, RemoteError::SeveralAddresses(_)), "{error}");
    git(&clone, &["remote", "remove", "origin"]);
    assert!(remote.push(&[swap(CLAIM, None, None)]).is_err());
}

#[test]
fn a_complaint_is_not_buried_in_chatter() {
    let said = "Pushing to git://127.0.0.1/a.git\nLooking up 127.0.0.1 ... done.\nConnecting to 127.0.0.1 (port 9418) ... done.\n\
                fatal: remote error: access denied or repository not exported: /a.git\n";
    assert_eq!(
        complaint(said),
        "fatal: remote error: access denied or repository not exported: /a.git"
    );
    let by_ssh = "git@host: Permission denied (publickey).\nfatal: Could not read from remote repository.\n";
    assert_eq!(complaint(by_ssh), by_ssh.trim());
    assert_eq!(complaint("Pushing to /a\n"), "Pushing to /a");
}

#[test]
fn the_words_of_a_push() {
    let swaps = [swap("refs/heads/main", None, None), swap(CLAIM, None, None)];
    let lines =
        |main: &str, claim: &str| format!("To x\n{main}\t1:refs/heads/main\t{claim}\t:{CLAIM}\t[deleted]\nDone\n");
    let done = lines(" ", "1..2\n-");
    assert_eq!(read(&swaps, &done, true), Some(Answer::Done));
    // A connection that broke after the first words tells nothing.
    assert_eq!(read(&swaps, &done, false), None);
    assert_eq!(read(&swaps, &done[..done.len() / 2], true), None);
    assert_eq!(read(&swaps, "", true), None);
    let hook = lines("!", "[remote rejected] (pre-receive hook declined)\n!");
    let answer = read(&swaps, &hook, false).unwrap();
    assert_eq!(
        answer.reasons(),
        format!("refs/heads/main: pre-receive hook declined; {CLAIM}: [deleted]")
    );
    let raced = lines("!", "[remote rejected] (atomic transaction failed)\n-");
    assert_eq!(
        read(&swaps, &raced, false).unwrap().reasons(),
        "atomic transaction failed"
    );
    assert_eq!(
        missing_ref("fatal: couldn't find remote ref refs/heads/x\n"),
        Some("refs/heads/x")
    );
    assert_eq!(missing_ref("fatal: unable to access"), None);
}

#[test]
fn what_a_call_leaves_running_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let (_, remote) = with_origin(dir.path());
    let clone = dir.path().join("clone");
    // As ssh does that keeps its connection: something lives on with the pipe for what goes wrong.
    let helper = dir.path().join("ssh");
    // Another process writes it: what is open for writing anywhere, in a child of another test too, is not started.
    let text = format!(
        "#!/bin/sh\nsleep 600 >/dev/null & echo $! > {}\nexec git-upload-pack {}\n",
        dir.path().join("pid").display(),
        dir.path().join("server.git").display()
    );
    let written = std::process::Command::new("sh")
        .args(["-c", "printf %s \"$1\" > \"$2\" && chmod 755 \"$2\"", "sh", &text])
        .arg(&helper)
        .status();
    assert!(written.unwrap().success());
    git(&clone, &["config", "core.sshCommand", helper.to_str().unwrap()]);
    git(&clone, &["remote", "set-url", "origin", "ssh://nobody/server.git"]);
    let pair = (
        "refs/heads/main".to_owned(),
        "refs/harness/remotes/origin/heads/main".to_owned(),
    );
    remote.fetch(&[pair]).unwrap();
    let pid = std::fs::read_to_string(dir.path().join("pid")).unwrap();
    let killed = std::process::Command::new("kill").arg(pid.trim()).status().unwrap();
    assert!(killed.success(), "it had ended by itself");
}
