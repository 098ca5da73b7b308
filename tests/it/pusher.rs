//! Somebody who may push to the server and means ill, or whose clone is broken: nobody else stops, and what is wrong is
//! named with what takes it away.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use git_harness::domain::oid::Digest;

use super::remote::{AT_ONCE, Team};
use super::sandbox::{Outcome, Sandbox};

/// Rows of a journal with right hashes, which anybody can make: each is given as its part behind the time.
fn forged(writer: &str, rows: &[&str]) -> String {
    let mut prev = "null".to_owned();
    let mut text = String::new();
    for (seq, row) in (1..).zip(rows) {
        let head = format!(
            r#"{{"v":1,"writer":"{writer}","seq":{seq},"at":{seq},"time":"2026-01-01T00:00:00Z",{row},"prev":{prev}"#
        );
        let hash = Digest::of(head.as_bytes()).to_string();
        text.push_str(&format!("{head},\"hash\":\"{hash}\"}}\n"));
        prev = format!("\"{hash}\"");
    }
    text
}

const RESUMED: &str = r#""event":"resumed","data":{"by":{"kind":"harness"}}"#;
const FUTURE: &str = r#""event":"from_the_future","data":{},"must":true"#;

/// A clone of the pusher's, with git alone.
struct Pusher<'a> {
    team: &'a Team,
    clone: PathBuf,
}

impl<'a> Pusher<'a> {
    fn new(team: &'a Team) -> Self {
        let root = team.sandbox.beside("");
        team.sandbox.git_in(&root, &["clone", "-q", "server.git", "pusher"]);
        Self {
            team,
            clone: root.join("pusher"),
        }
    }

    fn git(&self, args: &[&str]) -> String {
        self.team.sandbox.git_in(&self.clone, args)
    }

    fn fed(&self, args: &[&str], input: &[u8]) -> String {
        let mut git = Command::new("git");
        git.current_dir(&self.clone).args(args);
        git.env("HOME", self.team.sandbox.beside("home"));
        let mut git = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        git.stdin.take().unwrap().write_all(input).unwrap();
        let output = git.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn blob(&self, bytes: &[u8]) -> String {
        self.fed(&["hash-object", "-w", "--stdin"], bytes)
    }

    fn tree(&self, entries: &[(&str, &str, &str)]) -> String {
        let lines: String = entries
            .iter()
            .map(|(mode, id, name)| {
                let kind = if *mode == "040000" { "tree" } else { "blob" };
                format!("{mode} {kind} {id}\t{name}\n")
            })
            .collect();
        self.fed(&["mktree"], lines.as_bytes())
    }

    fn commit(&self, tree: &str) -> String {
        self.fed(&["commit-tree", tree], b"Journal\n")
    }

    fn push(&self, id: &str, reference: &str) {
        self.git(&["push", "-q", "-f", "origin", &format!("{id}:{reference}")]);
    }

    /// Publishes segments as somebody's journal, and transcripts beside them.
    fn publish(&self, writer: &str, segments: &[&[u8]], transcripts: &[(&str, &[u8])]) {
        let blobs: Vec<(String, String)> = (1..)
            .zip(segments)
            .map(|(number, bytes)| (format!("{number:06}.jsonl"), self.blob(bytes)))
            .collect();
        let entries: Vec<_> = blobs
            .iter()
            .map(|(name, id)| ("100644", id.as_str(), name.as_str()))
            .collect();
        let journal = self.tree(&entries);
        let folders: Vec<(String, String)> = transcripts
            .iter()
            .map(|(name, bytes)| {
                let blob = self.blob(bytes);
                (name[..2].to_owned(), self.tree(&[("100644", &blob, &name[2..])]))
            })
            .collect();
        let entries: Vec<_> = folders
            .iter()
            .map(|(name, id)| ("040000", id.as_str(), name.as_str()))
            .collect();
        let texts = self.tree(&entries);
        let tree = self.tree(&[("040000", &journal, "journal"), ("040000", &texts, "transcripts")]);
        self.push(&self.commit(&tree), &format!("refs/harness/ledger/{writer}"));
    }
}

fn at(team: &Team, clone: &Path, args: &[&str]) -> Outcome {
    team.sandbox.harness_in(clone, args)
}

fn writer_of(clone: &Path) -> String {
    let text = fs::read_to_string(clone.join(".git/harness/writer")).unwrap();
    text.split(' ').next().unwrap().to_owned()
}

#[test]
fn rows_that_need_a_later_version_stop_nobody_else() {
    let team = Team::new(&["a"], "");
    let one = team.machine("one", AT_ONCE);
    let pusher = Pusher::new(&team);
    let rows = forged("wfuture", &[RESUMED, FUTURE, RESUMED]);
    pusher.publish("wfuture", &[rows.as_bytes()], &[]);
    let _ = at(&team, &one, &["sync"])
        .exits(5)
        .prints("row 2 of the journal of wfuture is `from_the_future`")
        .prints("git push origin --delete refs/harness/ledger/wfuture")
        .prints("1 new rows");
    let _ = at(&team, &one, &["resume"]).exits(0);
    let _ = at(&team, &one, &["note", "a", "goes on"]).exits(0);
    // A copy of an earlier version, which holds such a row already, stops nobody, either.
    let copy = one.join(".git/harness/journal/wfuture/000001.jsonl");
    fs::write(&copy, &rows).unwrap();
    let _ = at(&team, &one, &["resume"]).exits(0);
    let _ = at(&team, &one, &["run", "--remote", "origin"])
        .exits(0)
        .prints("1 landed");
    let _ = at(&team, &one, &["doctor", "--remote", "origin"])
        .exits(1)
        .prints("from_the_future")
        .prints("git push origin --delete refs/harness/ledger/wfuture");
}

#[test]
fn refs_that_are_nothing_of_ours_are_named_and_stop_nobody() {
    let team = Team::new(&["a", "b"], "");
    let one = team.machine("one", AT_ONCE);
    let pusher = Pusher::new(&team);
    let blob = pusher.blob(b"x\n");
    let empty = pusher.tree(&[]);
    let nonsense = format!("tree {empty}\nauthor nonsense\ncommitter nonsense\n\nhello\n");
    let nonsense = pusher.fed(
        &["hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        nonsense.as_bytes(),
    );
    pusher.git(&["tag", "-am", "T", "note"]);
    let commit = pusher.commit(&empty);
    let _ = at(&team, &one, &["note", "a", "before"]).exits(0);
    let own = writer_of(&one);
    for (id, reference) in [
        (blob.as_str(), "refs/harness/claims/blob".to_owned()),
        ("note", "refs/harness/claims/tag".to_owned()),
        (&nonsense, "refs/harness/claims/nonsense".to_owned()),
        (&blob, "refs/harness/ledger/wblob".to_owned()),
        // Names below those of ours, which cannot be beside them.
        (&commit, "refs/harness/claims/a/x".to_owned()),
        (&commit, "refs/harness/claims/b/x/y".to_owned()),
        (&commit, "refs/harness/turns/main/x".to_owned()),
        (&commit, format!("refs/harness/ledger/{own}/x")),
    ] {
        pusher.push(id, &reference);
    }
    let doctor = at(&team, &one, &["doctor", "--remote", "origin"]).exits(1);
    let named = [
        "claims/blob: a blob",
        "claims/tag: a tag",
        "ledger/wblob: no commit with a journal",
        "claims/a/x: no claim, and it keeps a from being claimed",
        "turns/main/x: no turn, and it keeps the turn of main from being taken",
    ];
    for named in named {
        assert!(doctor.stdout.contains(named), "{named}: {}", doctor.stdout);
    }
    let command = format!("git push origin --delete refs/harness/ledger/{own}/x");
    assert!(doctor.stdout.contains(&command), "{}", doctor.stdout);
    let run = at(&team, &one, &["run", "--remote", "origin"])
        .exits(0)
        .prints("2 landed");
    assert!(
        run.stdout.clone().contains("refs/harness/claims/a/x was taken away")
            || run.stderr.contains("claims/a/x was taken away")
    );
    assert_eq!(team.landings(), ["a", "b"]);
    let sync = at(&team, &one, &["sync"]).exits(5);
    assert!(
        sync.stdout.contains("! refs/harness/claims/blob: a blob"),
        "{}",
        sync.stdout
    );
    let published = team.on_server(&[
        "rev-parse",
        "--verify",
        &format!("refs/harness/ledger/{own}^{{commit}}"),
    ]);
    assert_eq!(published.len(), 40);
    // The commands that were named are all it takes.
    for reference in [
        "claims/blob",
        "claims/tag",
        "claims/nonsense",
        "ledger/wblob",
        "turns/main/x",
    ] {
        pusher.git(&["push", "-q", "origin", "--delete", &format!("refs/harness/{reference}")]);
    }
    let _ = at(&team, &one, &["sync"]).exits(0);
    let _ = at(&team, &one, &["doctor", "--remote", "origin"]).exits(0);
}

#[test]
fn a_ref_in_place_of_a_folder_of_refs_goes_and_the_claim_comes() {
    let team = Team::new(&["a"], "");
    let one = team.machine("one", AT_ONCE);
    let pusher = Pusher::new(&team);
    let commit = pusher.commit(&pusher.tree(&[]));
    pusher.push(&commit, "refs/harness/claims");
    pusher.push(&commit, "refs/harness/ledger");
    let _ = at(&team, &one, &["doctor", "--remote", "origin"])
        .exits(1)
        .prints("refs/harness/claims: a ref where a folder of refs belongs");
    let _ = at(&team, &one, &["run", "--remote", "origin"])
        .exits(0)
        .prints("1 landed");
    assert_eq!(team.claims(), Vec::<String>::new());
}

#[test]
fn what_others_published_is_bounded() {
    let team = Team::new(&["a"], "");
    let one = team.machine("one", AT_ONCE);
    let pusher = Pusher::new(&team);
    // Of a journal: a segment of zeros is named by its size and never read, one of tiny size in place of a row is damage.
    pusher.publish("wzeros", &[&vec![0; 50 << 20]], &[]);
    pusher.publish("wshort", &[b"\0"], &[]);
    // Transcripts: only what a row of the same journal names.
    let text = b"nobody's words";
    let name = Digest::of(text).to_string();
    let told = b"somebody's words";
    let told_name = Digest::of(told).to_string();
    let noted = format!(r#""event":"noted","data":{{"task":"a","by":{{"kind":"harness"}},"text":"{told_name}"}}"#);
    let rows = forged("wtexts", &[&noted]);
    pusher.publish("wtexts", &[rows.as_bytes()], &[(&name, text), (&told_name, told)]);
    // Claims: as many as somebody cares to make.
    let claim = pusher.commit(&pusher.tree(&[]));
    pusher.push(&claim, "refs/harness/claims/x-0");
    let many: String = (1..3000)
        .map(|number| format!("create refs/harness/claims/x-{number} {claim}\n"))
        .collect();
    let mut update = Command::new("git");
    update
        .current_dir(team.sandbox.beside("server.git"))
        .args(["update-ref", "--stdin"]);
    let mut update = update.stdin(Stdio::piped()).spawn().unwrap();
    update.stdin.take().unwrap().write_all(many.as_bytes()).unwrap();
    assert!(update.wait().unwrap().success());
    let sync = at(&team, &one, &["sync"]).exits(5);
    for named in [
        "the journal of wzeros is none: segment 1 has 52428800 bytes",
        "the journal of wshort is damaged in segment 1, line 1",
        "2500 more claims than the 500",
        "1 transcripts",
    ] {
        assert!(sync.stdout.contains(named), "{named}: {}", sync.stdout);
    }
    assert!(sync.stdout.lines().count() < 150, "{}", sync.stdout.lines().count());
    let kept = |name: &str| one.join(".git/harness/transcripts").join(&name[..2]).join(&name[2..]);
    assert!(kept(&told_name).exists() && !kept(&name).exists());
    // Claims of nothing keep nobody waiting.
    let _ = at(&team, &one, &["run", "--remote", "origin", "--wait"])
        .exits(0)
        .prints("1 landed");
}

/// Adds empty files behind the segments of a published journal.
fn with_empty_files(pusher: &Pusher, writer: &str) {
    let reference = format!("refs/harness/ledger/{writer}");
    pusher.git(&["fetch", "-q", "origin", &reference]);
    let first = pusher.git(&["rev-parse", "FETCH_HEAD:journal/000001.jsonl"]);
    let empty = pusher.blob(b"");
    let journal = pusher.tree(&[
        ("100644", first.trim(), "000001.jsonl"),
        ("100644", &empty, "000002.jsonl"),
        ("100644", &empty, "000009.jsonl"),
    ]);
    let tree = pusher.tree(&[("040000", &journal, "journal")]);
    let commit = pusher.git(&["commit-tree", "-p", "FETCH_HEAD", "-m", "Journal", &tree]);
    pusher.push(commit.trim(), &reference);
}

#[test]
fn a_journal_that_is_hidden_or_replaced_keeps_nothing_from_landing_and_goes_on_under_another_name() {
    let team = Team::new(&["a", "b", "c"], "");
    let (one, two) = (team.machine("one", AT_ONCE), team.machine("two", AT_ONCE));
    let pusher = Pusher::new(&team);
    let _ = at(&team, &one, &["note", "a", "first"]).exits(0);
    let _ = at(&team, &one, &["sync"]).exits(0);
    let former = writer_of(&one);
    with_empty_files(&pusher, &former);
    let _ = at(&team, &one, &["block", "c", "--reason", "hidden"]).exits(0);
    let _ = at(&team, &one, &["sync"])
        .exits(5)
        .says(&format!("there are two journals of {former}"))
        .says("git harness sync --new-writer origin");
    let _ = team_run(&team, &one, &["--only", "a"]).exits(0).prints("1 landed");
    let rows = forged(&former, &[RESUMED, RESUMED]);
    pusher.publish(&former, &[rows.as_bytes()], &[]);
    let _ = team_run(&team, &one, &["--only", "b"]).exits(0).prints("1 landed");
    assert_eq!(team.landings(), ["a", "b"]);
    let _ = at(&team, &one, &["doctor", "--remote", "origin"])
        .exits(1)
        .prints("there are two journals")
        .prints("git harness sync --new-writer origin");
    // The way on: nothing that only this clone had is lost, and the landings have their rows again.
    let anew = at(&team, &one, &["sync", "--new-writer"])
        .exits(0)
        .prints("this clone goes on as");
    assert_ne!(writer_of(&one), former, "{}", anew.stdout);
    assert!(one.join(format!(".git/harness/aside/{former}.1/000001.jsonl")).exists());
    let _ = at(&team, &one, &["sync"]).exits(0);
    // What somebody decides elsewhere counts where a person says so.
    let _ = at(&team, &two, &["sync"]).exits(0);
    let _ = at(&team, &two, &["sync", "--believe", &writer_of(&one)]).exits(0);
    for clone in [&one, &two] {
        let _ = at(&team, clone, &["show", "c"]).exits(0).prints("hidden");
        let _ = at(&team, clone, &["show", "a"]).exits(0).prints("first");
        let _ = at(&team, clone, &["audit", "--strength", "recorded"])
            .exits(0)
            .prints("2 landings");
    }
    // And it is the same to work on.
    let _ = at(&team, &one, &["unblock", "c"]).exits(0);
    let _ = team_run(&team, &one, &[]).exits(0).prints("1 landed");
}

fn team_run(team: &Team, clone: &Path, more: &[&str]) -> Outcome {
    let args: Vec<&str> = ["run", "--remote", "origin"]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    at(team, clone, &args)
}

#[test]
fn an_image_that_is_started_twice_loses_nothing() {
    let team = Team::new(&["a", "b"], "");
    let (one, three) = (team.machine("one", AT_ONCE), team.machine("three", AT_ONCE));
    let _ = at(&team, &one, &["note", "a", "before the image"]).exits(0);
    let _ = at(&team, &one, &["sync"]).exits(0);
    // The same machine, device and inode: the copy is told that it is the original.
    let two = team.sandbox.beside("two");
    let copied = Command::new("cp").arg("-a").arg(&one).arg(&two).status().unwrap();
    assert!(copied.success());
    let _ = at(&team, &two, &["pause"]).exits(0);
    let own = fs::read_to_string(two.join(".git/harness/writer")).unwrap();
    let (started, place) = own.lines().next().unwrap().split_once(' ').unwrap();
    let former = writer_of(&one);
    assert_ne!(started, former, "a copy has a name of its own");
    fs::remove_dir_all(two.join(".git/harness/journal").join(started)).unwrap();
    fs::write(two.join(".git/harness/writer"), format!("{former} {place}\n")).unwrap();
    let _ = team_run(&team, &one, &["--only", "a"]).exits(0).prints("1 landed");
    let _ = at(&team, &two, &["note", "b", "of the second"]).exits(0);
    let _ = at(&team, &two, &["sync"]).exits(5).says("sync --new-writer");
    let _ = at(&team, &two, &["trust"]).exits(0);
    let _ = team_run(&team, &two, &["--only", "b"]).exits(0).prints("1 landed");
    let _ = at(&team, &two, &["sync", "--new-writer"])
        .exits(0)
        .prints("written anew");
    for clone in [&two, &one, &three] {
        let _ = at(&team, clone, &["sync"]).exits(0);
        let _ = at(&team, clone, &["show", "b"]).exits(0).prints("of the second");
        let _ = at(&team, clone, &["show", "a"]).exits(0).prints("before the image");
        let _ = at(&team, clone, &["audit", "--strength", "recorded"])
            .exits(0)
            .prints("2 landings");
    }
}

#[test]
fn whoever_made_a_transcript_takes_it_back_everywhere() {
    let team = Team::new(&["a", "b"], "");
    let (one, two) = (team.machine("one", AT_ONCE), team.machine("two", AT_ONCE));
    let _ = team_run(&team, &one, &["--only", "a"]).exits(0);
    let _ = at(&team, &one, &["sync"]).exits(0);
    let _ = at(&team, &two, &["sync"]).exits(0).prints("transcripts");
    let _ = team_run(&team, &two, &["--only", "b"]).exits(0);
    let _ = at(&team, &two, &["sync"]).exits(0);
    // What others made is theirs to publish.
    let texts = |clone: &Path| {
        let list = team.on_server(&[
            "ls-tree",
            "-r",
            "--name-only",
            &format!("refs/harness/ledger/{}", writer_of(clone)),
        ]);
        let names = list.lines().filter_map(|name| name.strip_prefix("transcripts/"));
        let mut names: Vec<String> = names.map(|name| name.replace('/', "")).collect();
        names.sort();
        names
    };
    let (of_one, of_two) = (texts(&one), texts(&two));
    assert!(!of_one.is_empty() && !of_two.is_empty());
    let shared: Vec<&String> = of_one.iter().filter(|name| of_two.contains(name)).collect();
    let gone = of_one.iter().find(|name| !shared.contains(name)).unwrap();
    let kept = |clone: &Path| {
        clone
            .join(".git/harness/transcripts")
            .join(&gone[..2])
            .join(&gone[2..])
            .exists()
    };
    assert!(kept(&one) && kept(&two));
    // Nobody else can.
    let _ = at(&team, &two, &["sync", "--erase", gone])
        .exits(1)
        .says("not this clone's to erase");
    assert!(kept(&two));
    let _ = at(&team, &one, &["sync", "--erase", gone])
        .exits(0)
        .prints("one transcript erased");
    assert!(!kept(&one) && !texts(&one).contains(gone));
    let blobs = team.on_server(&[
        "rev-list",
        "--objects",
        &format!("refs/harness/ledger/{}", writer_of(&one)),
    ]);
    assert!(!blobs.contains(&format!("transcripts/{}/{}", &gone[..2], &gone[2..])));
    let _ = at(&team, &two, &["sync"]).exits(0).prints("one transcript erased");
    assert!(!kept(&two));
    // A word against what others made takes nothing away.
    let pusher = Pusher::new(&team);
    let victim = of_two.iter().find(|name| !shared.contains(name)).unwrap();
    let erasure = format!(r#""event":"transcript_erased","data":{{"digest":"{victim}","by":{{"kind":"harness"}}}}"#);
    let named = format!(r#""event":"noted","data":{{"task":"a","by":{{"kind":"harness"}},"text":"{victim}"}}"#);
    pusher.publish("wother", &[forged("wother", &[&named, &erasure]).as_bytes()], &[]);
    let _ = at(&team, &two, &["sync"]).exits(0);
    assert!(
        two.join(".git/harness/transcripts")
            .join(&victim[..2])
            .join(&victim[2..])
            .exists()
    );
}

#[test]
fn folders_of_ours_are_for_their_owner_alone_whatever_the_umask() {
    let team = Team::new(&["a"], "");
    let one = team.machine("one", AT_ONCE);
    let run = format!(
        "umask 000; exec '{}' exec a -- sh -c 'echo a > a.txt'",
        Sandbox::program().display()
    );
    let mut command = team.sandbox.command("sh", &one);
    let output = command.args(["-c", &run]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let cache = team.sandbox.beside("cache");
    let open = |top: &Path| {
        let found = Command::new("find")
            .arg(top)
            .args(["-maxdepth", "3", "-type", "d", "-perm", "/022"])
            .output()
            .unwrap();
        String::from_utf8_lossy(&found.stdout).into_owned()
    };
    // What is in a copy belongs to the project; the folder around it lets nobody in.
    for top in [one.join(".git/harness"), cache.join("git-harness")] {
        assert!(top.exists(), "{}", top.display());
        assert_eq!(open(&top), "", "{}", top.display());
    }
}

/// Four machines on one plan, and somebody who pushes whatever comes to mind while they work.
#[test]
fn a_fleet_does_the_whole_plan_beside_somebody_who_means_ill() {
    let cards = ["a", "b", "c", "d", "e", "f"];
    let team = Team::with_lease(2, &cards, "");
    let names = ["one", "two", "three", "four"];
    let machines: Vec<PathBuf> = names.iter().map(|name| team.machine(name, AT_ONCE)).collect();
    let pusher = Pusher::new(&team);
    let blob = pusher.blob(b"x\n");
    let commit = pusher.commit(&pusher.tree(&[]));
    for machine in &machines {
        let _ = at(&team, machine, &["note", "a", "here"]).exits(0);
        pusher.push(&commit, &format!("refs/harness/ledger/{}/x", writer_of(machine)));
    }
    for card in cards {
        pusher.push(&commit, &format!("refs/harness/claims/{card}/x"));
    }
    pusher.push(&blob, "refs/harness/claims/zz");
    pusher.push(&commit, "refs/harness/turns/main/x");
    let rows = forged("wfuture", &[FUTURE]);
    pusher.publish("wfuture", &[rows.as_bytes()], &[]);
    let runs: Vec<_> = machines
        .iter()
        .map(|machine| team.start(machine, &["--wait"]))
        .collect();
    for run in runs {
        let outcome = super::remote::ended(run);
        assert!([0, 3].contains(&outcome.code), "{}{}", outcome.stdout, outcome.stderr);
    }
    assert_eq!(team.landings(), cards);
    assert_eq!(team.claims(), ["zz"]);
    let doctor = at(&team, &machines[0], &["doctor", "--remote", "origin"]).exits(1);
    for named in ["claims/zz: a blob", "from_the_future"] {
        assert!(doctor.stdout.contains(named), "{named}: {}", doctor.stdout);
    }
}
