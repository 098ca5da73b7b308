//! Several machines, one plan: clones of a bare repository that claim cards there and land by pushing.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::sandbox::{Outcome, Sandbox, write_executable};

/// Where a builder that waits reports: its task, and the line to tell it to go on.
pub(super) struct Door {
    pub(super) port: u16,
    arrived: Receiver<(String, TcpStream)>,
}

impl Door {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (told, arrived) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let mut task = String::new();
                let _ = BufReader::new(&stream).read_line(&mut task);
                if told.send((task.trim().to_owned(), stream)).is_err() {
                    return;
                }
            }
        });
        Self { port, arrived }
    }

    /// Waits until a builder is at work on a task.
    pub(super) fn at_work_on(&self, task: &str) -> TcpStream {
        let (arrived, stream) = self.somebody_at_work();
        assert_eq!(arrived, task);
        stream
    }

    /// Waits until a builder is at work, and tells on what.
    pub(super) fn somebody_at_work(&self) -> (String, TcpStream) {
        self.arrived.recv().unwrap()
    }
}

pub(super) fn go_on(mut stream: TcpStream) {
    stream.write_all(b"go on\n").unwrap();
}

/// A server and clones of it.
pub(super) struct Team {
    pub(super) sandbox: Sandbox,
    pub(super) door: Door,
}

/// How the builder of a machine works.
pub(super) const AT_ONCE: &str = "at-once";
pub(super) const WAITS: &str = "waits";

impl Team {
    /// A machine that takes a card and is killed while it works on it. Its Builder goes on as long as what is returned is
    /// kept.
    fn dies_at_work(&self, machine: &Path, card: &str) -> TcpStream {
        let mut run = self.start(machine, &[]);
        let builder = self.door.at_work_on(card);
        run.kill().unwrap();
        run.wait().unwrap();
        builder
    }

    /// Another one waits until the claim has stood still for long enough, and lands the card.
    fn takes_over(&self, machine: &Path, card: &str) {
        let _ = self
            .run(machine, &["--wait"])
            .exits(0)
            .prints("1 landed")
            .says("taken over");
        assert_eq!(self.landings(), [card]);
    }

    /// A plan of cards, each with a file of its own, pushed to a bare repository. `more` joins the configuration.
    pub(super) fn new(cards: &[&str], more: &str) -> Self {
        Self::with_lease(3600, cards, more)
    }

    /// The same where a claim that stands still may be taken over after so many seconds.
    pub(super) fn with_lease(seconds: u32, cards: &[&str], more: &str) -> Self {
        let sandbox = Sandbox::new(&[("all.txt", "x\n")]);
        let cards: Vec<serde_json::Value> = cards
            .iter()
            .map(|id| {
                serde_json::json!({
                    "id": id, "title": format!("Card {id}"), "files_allowed": [format!("{id}.txt")],
                    "definition_of_done": ["it is there"], "verification": [format!("grep -q {id} {id}.txt")],
                })
            })
            .collect();
        sandbox.configure(&format!("[remote]\nlease = {seconds}\n{more}"));
        sandbox.import("p.json", &serde_json::to_string(&cards).unwrap());
        let door = Door::open();
        sandbox.script(
            "builder.sh",
            &format!(
                "if [ $1 = waits ]; then exec 3<>/dev/tcp/127.0.0.1/{}; echo $HARNESS_TASK >&3; read -r line <&3; fi\necho $HARNESS_TASK by $2 > $HARNESS_TASK.txt\n",
                door.port
            ),
        );
        sandbox.git(&["init", "-q", "--bare", "../server.git"]);
        sandbox.git(&["remote", "add", "origin", "../server.git"]);
        sandbox.git(&["push", "-q", "origin", "main"]);
        Self { sandbox, door }
    }

    /// Another machine: a clone of the server whose builder works so.
    pub(super) fn machine(&self, name: &str, builder: &str) -> PathBuf {
        let root = self.sandbox.beside("");
        self.sandbox.git_in(&root, &["clone", "-q", "server.git", name]);
        let clone = root.join(name);
        self.builder(&clone, name, builder);
        let _ = self.sandbox.harness_in(&clone, &["trust"]).exits(0);
        clone
    }

    fn builder(&self, clone: &std::path::Path, name: &str, builder: &str) {
        let own = clone.join(".git/harness");
        fs::create_dir_all(&own).unwrap();
        let script = self.sandbox.beside("builder.sh");
        fs::write(
            own.join("config.toml"),
            format!(
                "[roles]\nbuilder = \"b\"\n[builders.b]\nrun = [\"bash\", \"{}\", \"{builder}\", \"{name}\"]\nnetwork = \"open\"\n",
                script.display()
            ),
        )
        .unwrap();
    }

    pub(super) fn run(&self, clone: &std::path::Path, more: &[&str]) -> Outcome {
        let args: Vec<&str> = ["run", "--remote", "origin"]
            .into_iter()
            .chain(more.iter().copied())
            .collect();
        self.sandbox.harness_in(clone, &args)
    }

    /// Starts a run and lets it go on beside the test.
    pub(super) fn start(&self, clone: &std::path::Path, more: &[&str]) -> Child {
        let mut command = self.sandbox.harness_command_in(clone);
        command.args(["run", "--remote", "origin"]).args(more);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub(super) fn on_server(&self, args: &[&str]) -> String {
        self.sandbox.git_in(&self.sandbox.beside("server.git"), args)
    }

    /// What is claimed on the server.
    pub(super) fn claims(&self) -> Vec<String> {
        let listing = self.on_server(&["for-each-ref", "--format=%(refname:lstrip=3)", "refs/harness/claims"]);
        listing.lines().map(str::to_owned).collect()
    }

    /// The name of the change that waits in a clone, as `show` prints it.
    pub(super) fn change_of(&self, clone: &std::path::Path, task: &str) -> String {
        let shown = self.sandbox.harness_in(clone, &["show", task]).stdout;
        let name = shown.lines().find_map(|line| line.trim_start().strip_prefix("change "));
        name.unwrap_or_default().trim().to_owned()
    }

    /// How often each task has landed on the server's branch.
    pub(super) fn landings(&self) -> Vec<String> {
        let log = self.on_server(&["log", "--format=%(trailers:key=Harness-Task,valueonly)", "main"]);
        let mut tasks: Vec<String> = log.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        tasks.sort();
        tasks
    }
}

pub(super) fn ended(child: Child) -> Outcome {
    let output = child.wait_with_output().unwrap();
    Outcome {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap_or(-1),
    }
}

pub(super) fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
}

#[test]
fn two_machines_share_a_plan_and_what_came_second_is_verified_again() {
    let team = Team::new(&["a", "b"], "");
    let (one, two) = (team.machine("one", WAITS), team.machine("two", AT_ONCE));
    let first = team.start(&one, &["--only", "a"]);
    let builder = team.door.at_work_on("a");
    assert_eq!(team.claims(), ["a"]);
    // The other one gives way to what is claimed, and its landing moves the branch.
    let _ = team
        .run(&two, &[])
        .exits(0)
        .prints("1 landed")
        .prints("1 with other machines");
    assert_eq!(team.landings(), ["b"]);
    go_on(builder);
    let _ = ended(first).exits(0).prints("1 landed");
    assert_eq!(team.landings(), ["a", "b"]);
    assert_eq!(team.on_server(&["rev-list", "--count", "--merges", "main"]), "0");
    assert_eq!(team.on_server(&["show", "main:a.txt"]), "a by one");
    assert_eq!(team.on_server(&["show", "main:b.txt"]), "b by two");
    assert_eq!(team.claims(), Vec::<String>::new());
    // The branch here and its files have followed, and the evidence is for the merged tree.
    let head = team.on_server(&["rev-parse", "main"]);
    assert_eq!(team.sandbox.git_in(&one, &["rev-parse", "main"]), head);
    assert_eq!(fs::read_to_string(one.join("b.txt")).unwrap(), "b by two\n");
    assert_eq!(team.sandbox.git_in(&one, &["status", "--porcelain"]), "");
    let _ = team.run(&two, &[]).exits(3);
    assert_eq!(team.sandbox.git_in(&two, &["rev-parse", "main"]), head);
    let _ = team
        .sandbox
        .harness_in(&two, &["audit", "--strength", "scope"])
        .exits(0);
}

#[test]
fn the_claim_of_a_machine_that_died_is_taken_over() {
    let team = Team::with_lease(2, &["a"], "");
    let (one, two) = (team.machine("one", WAITS), team.machine("two", AT_ONCE));
    let _builder = team.dies_at_work(&one, "a");
    assert_eq!(team.claims(), ["a"]);
    // Without a wait there is nothing to do yet: nobody knows that its holder is dead.
    let _ = team.run(&two, &[]).prints("1 with other machines");
    team.takes_over(&two, "a");
    assert_eq!(team.on_server(&["show", "main:a.txt"]), "a by two");
    // It comes back, and finds that there is nothing left to do.
    team.builder(&one, "one", AT_ONCE);
    let _ = team.run(&one, &[]).exits(3);
    assert_eq!(team.landings(), ["a"]);
    assert_eq!(team.claims(), Vec::<String>::new());
}

#[test]
fn a_machine_that_died_goes_on_with_its_own_claim_at_once() {
    let team = Team::new(&["a"], "");
    let one = team.machine("one", WAITS);
    let _builder = team.dies_at_work(&one, "a");
    team.builder(&one, "one", AT_ONCE);
    let _ = team.run(&one, &[]).exits(0).prints("1 landed").says("taken up again");
    assert_eq!(team.landings(), ["a"]);
}

#[test]
fn a_machine_that_was_only_slow_lands_nothing_of_what_others_took_over() {
    let team = Team::with_lease(2, &["a"], "");
    let (one, two) = (team.machine("one", WAITS), team.machine("two", WAITS));
    let first = team.start(&one, &[]);
    let slow = team.door.at_work_on("a");
    signal(&first, "-STOP");
    let second = team.start(&two, &["--wait"]);
    let quick = team.door.at_work_on("a");
    // It wakes up while the other one is at work, and is done before it.
    signal(&first, "-CONT");
    go_on(slow);
    let outcome = ended(first);
    assert!(
        outcome.stderr.contains("taken over by another machine"),
        "{}",
        outcome.stderr
    );
    assert_eq!(team.landings(), Vec::<String>::new());
    go_on(quick);
    let _ = ended(second).exits(0).prints("1 landed");
    assert_eq!(team.on_server(&["show", "main:a.txt"]), "a by two");
    assert_eq!(team.landings(), ["a"]);
}

#[test]
fn what_waits_for_a_person_stays_with_the_machine_that_knows_it() {
    let team = Team::new(&["a", "b"], "[lanes.throughput]\ngates = [\"review\"]\n");
    let (one, two) = (team.machine("one", AT_ONCE), team.machine("two", AT_ONCE));
    let _ = team.run(&one, &["--only", "a"]).exits(4).prints("needs_review");
    assert_eq!(team.claims(), ["a"]);
    assert!(
        team.on_server(&["log", "-1", "--format=%B", "refs/harness/claims/a"])
            .contains("waits for review")
    );
    let _ = team.run(&two, &[]).exits(4).prints("b").prints("needs_review");
    assert_eq!(team.claims(), ["a", "b"]);
    // Whoever has nothing to do does not say that all is done, and leaves no journal behind.
    let journals = team.on_server(&["for-each-ref", "refs/harness/ledger"]);
    let three = team.machine("three", AT_ONCE);
    let _ = team
        .run(&three, &["--wait"])
        .exits(4)
        .prints("a waits in another clone: waits for review, on ")
        .prints("b waits in another clone: ");
    assert_eq!(team.on_server(&["for-each-ref", "refs/harness/ledger"]), journals);
    // An approval alone lands nothing here: the task is claimed, and lands, on the server.
    let mut approve = team.sandbox.harness_command_in(&one);
    approve
        .args(["approve", "a", "--of", &team.change_of(&one, "a")])
        .env("GIT_COMMITTER_NAME", "Bob")
        .env("GIT_COMMITTER_EMAIL", "bob@example.invalid");
    let approved = approve.output().unwrap();
    let said = String::from_utf8_lossy(&approved.stdout).into_owned() + &String::from_utf8_lossy(&approved.stderr);
    assert!(said.contains("git harness run --remote origin"), "{said}");
    assert_eq!(team.landings(), Vec::<String>::new());
    let _ = team.run(&one, &["--only", "a"]).exits(0).prints("1 landed");
    assert_eq!(team.landings(), ["a"]);
    assert_eq!(team.claims(), ["b"]);
}

#[test]
fn a_run_that_is_stopped_gives_its_claims_back() {
    let team = Team::new(&["a"], "");
    let one = team.machine("one", WAITS);
    let first = team.start(&one, &[]);
    let _builder = team.door.at_work_on("a");
    signal(&first, "-INT");
    let _ = ended(first).exits(130);
    assert_eq!(team.claims(), Vec::<String>::new());
}

/// A commit that says that somebody has the turn to land on the branch.
fn turn_of_another(team: &Team, lease: u32) -> String {
    let turn = format!(
        "v = 1\nwhat = \"turn/main\"\nwriter = \"wother\"\nholder = \"p\"\nhost = \"h\"\nnonce = \"n\"\nlease_seconds = {lease}\n"
    );
    let tree = team.on_server(&["hash-object", "-t", "tree", "-w", "/dev/null"]);
    let message = format!("Claim turn/main\n\n{turn}");
    let identity = ["-c", "user.name=Bob", "-c", "user.email=bob@example.invalid"];
    let words = ["commit-tree", "-m", message.as_str(), tree.as_str()];
    team.on_server(&[&identity[..], &words[..]].concat())
}

/// As a push arrives that lands something, the branch moves, and somebody takes the turn.
const MOVES: &str = "#!/bin/sh
while read -r old new ref; do
	[ \"$ref\" = refs/heads/main ] && [ -e turn ] || continue
	unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
	git update-ref refs/harness/turns/main \"$(cat turn)\" && rm turn
	commit=$(git -c user.name=Bob -c user.email=bob@example.invalid commit-tree -p main -m Moved 'main^{tree}')
	git update-ref refs/heads/main \"$commit\"
done
";

#[test]
fn one_that_is_stopped_while_it_waits_for_its_turn_leaves_nothing_that_others_cannot_take() {
    let team = Team::new(&["a"], "");
    let (one, two) = (team.machine("one", AT_ONCE), team.machine("two", AT_ONCE));
    let server = team.sandbox.beside("server.git");
    fs::write(server.join("turn"), turn_of_another(&team, 3600)).unwrap();
    write_executable(&server.join("hooks/pre-receive"), MOVES.as_bytes());
    let mut first = team.start(&one, &[]);
    let passed = "\"state\": \"passed\"";
    while !team
        .sandbox
        .harness_in(&one, &["status", "--json"])
        .stdout
        .contains(passed)
    {
        assert!(first.try_wait().unwrap().is_none(), "it did not wait for its turn");
    }
    signal(&first, "-TERM");
    let _ = ended(first).exits(130);
    assert_eq!(team.claims(), Vec::<String>::new());
    team.on_server(&["update-ref", "-d", "refs/harness/turns/main"]);
    let _ = team.run(&two, &[]).exits(0).prints("1 landed");
    let _ = team.run(&one, &[]).exits(3).prints("is complete");
    assert_eq!(team.landings(), ["a"]);
}

#[test]
fn commits_that_only_this_clone_has_are_its_users_to_publish() {
    let team = Team::new(&["a"], "");
    let one = team.machine("one", AT_ONCE);
    team.sandbox
        .git_in(&one, &["commit", "-q", "--allow-empty", "-m", "Mine"]);
    let _ = team
        .run(&one, &[])
        .exits(4)
        .says("main has commits that origin lacks")
        .says("git push origin main");
    let _ = team
        .sandbox
        .harness_in(&one, &["run", "--remote", "upstream"])
        .exits(2)
        .says("there is no remote upstream");
    let path = team.sandbox.beside("server.git");
    let _ = team
        .sandbox
        .harness_in(&one, &["run", "--remote", path.to_str().unwrap()])
        .exits(2);
    assert_eq!(team.landings(), Vec::<String>::new());
}

#[test]
fn what_is_in_the_way_here_keeps_nothing_from_landing_there() {
    let team = Team::new(&["a", "b"], "");
    let one = team.machine("one", AT_ONCE);
    fs::write(one.join("a.txt"), "a: mine, not committed\n").unwrap();
    let _ = team
        .run(&one, &[])
        .exits(0)
        .prints("2 landed")
        .says("main stays behind origin here")
        .says("a.txt");
    assert_eq!(team.landings(), ["a", "b"]);
    assert_eq!(
        fs::read_to_string(one.join("a.txt")).unwrap(),
        "a: mine, not committed\n"
    );
    fs::remove_file(one.join("a.txt")).unwrap();
    let _ = team.run(&one, &[]).exits(3);
    assert_eq!(fs::read_to_string(one.join("a.txt")).unwrap(), "a by one\n");
}

#[test]
fn a_person_claims_a_card_and_lands_it_where_others_see_it() {
    let team = Team::new(&["a", "b"], "");
    let (one, two) = (team.machine("one", AT_ONCE), team.machine("two", AT_ONCE));
    let at = |clone: &PathBuf, args: &[&str]| team.sandbox.harness_in(clone, args);
    let _ = at(&one, &["next", "--remote", "origin"]).exits(0).prints("Card a");
    assert_eq!(team.claims(), ["a"]);
    fs::write(one.join("a.txt"), "a by hand\n").unwrap();
    // Meanwhile the other card lands; nobody but its holder gets the first one.
    let _ = team
        .run(&two, &[])
        .exits(0)
        .prints("1 landed")
        .prints("1 with other machines");
    let _ = at(&two, &["next", "--remote", "origin"])
        .exits(3)
        .says("other machines have every card");
    let _ = at(&two, &["release", "a", "--remote", "origin"])
        .exits(1)
        .says("by another machine");
    let _ = at(&one, &["submit"])
        .exits(2)
        .says("git harness submit --remote origin");
    // What landed is taken in, since it touches nothing that is edited here, and the change is verified on it.
    let _ = at(&one, &["submit", "--remote", "origin"]).exits(0).prints("a landed");
    assert_eq!(team.landings(), ["a", "b"]);
    assert_eq!(team.on_server(&["show", "main:a.txt"]), "a by hand");
    assert_eq!(team.claims(), Vec::<String>::new());
    assert_eq!(team.sandbox.git_in(&one, &["status", "--porcelain"]), "");
    let _ = at(&one, &["next", "--remote", "origin"])
        .exits(3)
        .says("no card is ready");
}

#[test]
fn a_persons_work_that_meets_what_others_landed_is_theirs_to_bring_together() {
    let team = Team::new(&["a"], "");
    let one = team.machine("one", AT_ONCE);
    let at = |args: &[&str]| team.sandbox.harness_in(&one, args);
    let _ = at(&["start", "a", "--remote", "origin"]).exits(0);
    fs::write(one.join("a.txt"), "a by hand\n").unwrap();
    // Somebody beside the harness puts a file there.
    team.sandbox.write("a.txt", "theirs\n");
    team.sandbox.git(&["add", "-A"]);
    team.sandbox.git(&["commit", "-qm", "Theirs"]);
    team.sandbox.git(&["push", "-q", "origin", "main"]);
    let _ = at(&["submit", "--remote", "origin"]).exits(4).says("git pull --rebase");
    assert_eq!(fs::read_to_string(one.join("a.txt")).unwrap(), "a by hand\n");
    fs::remove_file(one.join("a.txt")).unwrap();
    team.sandbox
        .git_in(&one, &["pull", "-q", "--rebase", "--autostash", "origin", "main"]);
    fs::write(one.join("a.txt"), "theirs, and a by hand\n").unwrap();
    let _ = at(&["submit", "--remote", "origin"]).exits(0);
    assert_eq!(team.landings(), ["a"]);
}

#[test]
fn a_claim_can_be_given_back_and_taken_from_one_who_does_not_come_back() {
    let team = Team::new(&["a"], "");
    let (one, two) = (team.machine("one", AT_ONCE), team.machine("two", AT_ONCE));
    let at = |clone: &PathBuf, args: &[&str]| team.sandbox.harness_in(clone, args);
    let _ = at(&one, &["next", "--remote", "origin"]).exits(0);
    let _ = at(&one, &["release", "a", "--remote", "origin"])
        .exits(0)
        .prints("free again on origin");
    assert_eq!(team.claims(), Vec::<String>::new());
    let _ = at(&one, &["release", "a", "--remote", "origin"])
        .exits(0)
        .prints("not claimed");
    let _ = at(&one, &["next", "--remote", "origin"]).exits(0);
    fs::write(one.join("a.txt"), "a by one\n").unwrap();
    let _ = at(&two, &["release", "a", "--remote", "origin", "--theirs"])
        .exits(0)
        .prints("free again on origin");
    let _ = at(&two, &["next", "--remote", "origin"]).exits(0);
    let _ = at(&one, &["submit", "--remote", "origin"])
        .exits(4)
        .says("taken over by another machine");
    assert_eq!(team.landings(), Vec::<String>::new());
}

#[test]
fn the_turn_to_land_of_a_machine_that_died_is_taken_over() {
    let team = Team::with_lease(2, &["a"], "");
    let one = team.machine("one", AT_ONCE);
    let turn = turn_of_another(&team, 2);
    team.on_server(&["update-ref", "refs/harness/turns/main", &turn]);
    let _ = team.run(&one, &[]).exits(0).prints("1 landed");
    assert_eq!(team.landings(), ["a"]);
    assert_eq!(
        team.on_server(&["for-each-ref", "refs/harness/turns", "refs/harness/claims"]),
        ""
    );
}

#[test]
fn a_decision_travels_to_the_machine_that_knows_the_work() {
    let team = Team::new(&["a"], "[lanes.throughput]\ngates = [\"review\"]\n");
    let (one, two) = (team.machine("one", AT_ONCE), team.machine("two", AT_ONCE));
    let at = |clone: &PathBuf, args: &[&str]| team.sandbox.harness_in(clone, args);
    let _ = team.run(&one, &[]).exits(4).prints("needs_review");
    let _ = at(&two, &["sync"]).exits(0).prints("parked").prints("waits for review");
    let _ = at(&two, &["status"]).exits(0).prints("needs_review");
    let mut approve = team.sandbox.harness_command_in(&two);
    approve
        .args(["approve", "a", "--of", &team.change_of(&two, "a")])
        .env("GIT_COMMITTER_NAME", "Bob")
        .env("GIT_COMMITTER_EMAIL", "bob@example.invalid");
    assert_eq!(approve.output().unwrap().status.code(), Some(0));
    let synced = at(&two, &["sync"]).exits(0);
    // A name in a row of another clone proves nothing: whoever works here says whose decisions count.
    let _ = team.run(&one, &[]).exits(4).prints("needs_review");
    let (_, writer) = synced.stdout.trim_end().rsplit_once("this clone writes as ").unwrap();
    let _ = at(&one, &["sync", "--believe", writer]).exits(0);
    let _ = team.run(&one, &[]).exits(0).prints("1 landed");
    let trailers = team.on_server(&["log", "-1", "--format=%(trailers:only)", "main"]);
    assert!(
        trailers.contains("Reviewed-by: Bob <bob@example.invalid>"),
        "{trailers}"
    );
    // The whole story is known to both.
    let _ = at(&two, &["sync"]).exits(0);
    let _ = at(&two, &["show", "a"]).exits(0).prints("attempt 1");
    let _ = at(&two, &["audit"]).exits(0);
}

#[test]
fn what_was_committed_by_hand_goes_with_its_journal() {
    let team = Team::new(&["a"], "");
    let (one, two) = (team.machine("one", AT_ONCE), team.machine("two", AT_ONCE));
    let at = |clone: &PathBuf, args: &[&str]| team.sandbox.harness_in(clone, args);
    let _ = at(&one, &["init"]).exits(0);
    let _ = at(&one, &["next", "--remote", "origin"]).exits(0);
    fs::write(one.join("a.txt"), "a by hand\n").unwrap();
    team.sandbox.git_in(&one, &["add", "a.txt"]);
    team.sandbox.git_in(&one, &["commit", "-qm", "By hand"]);
    let _ = at(&one, &["status"]).exits(0).prints("complete");
    let _ = at(&one, &["sync"])
        .exits(0)
        .prints("main: 1 pushed to origin")
        .prints("a is done, and its claim was given back");
    assert_eq!(team.landings(), ["a"]);
    assert_eq!(team.claims(), Vec::<String>::new());
    let _ = at(&two, &["sync"]).exits(0).prints("main was behind origin");
    let _ = at(&two, &["audit"]).exits(0).prints("one landing");
    // What no card allows is not published on anybody's behalf.
    fs::write(one.join("all.txt"), "y\n").unwrap();
    let message = "Task a: more\n\nHarness-Task: a\nHarness-Attempt: 2\n";
    team.sandbox
        .git_in(&one, &["-c", "core.hooksPath=/dev/null", "commit", "-qam", message]);
    let _ = at(&one, &["sync"]).exits(1).prints("main is not pushed");
    assert_eq!(team.landings(), ["a"]);
}

#[test]
fn a_journal_that_was_changed_on_the_server_is_refused_by_name_and_keeps_no_other_out() {
    let team = Team::new(&["a", "b"], "");
    let (one, two) = (team.machine("one", AT_ONCE), team.machine("two", AT_ONCE));
    let three = team.machine("three", AT_ONCE);
    let at = |clone: &PathBuf, args: &[&str]| team.sandbox.harness_in(clone, args);
    let _ = team.run(&one, &["--only", "a"]).exits(0);
    let _ = team.run(&two, &["--only", "b"]).exits(0);
    // Somebody with the right to push rewrites a row of the first one.
    let list = team.on_server(&["for-each-ref", "--format=%(refname)", "refs/harness/ledger"]);
    let names: Vec<&str> = list.lines().collect();
    assert_eq!(names.len(), 2);
    let rows = team.on_server(&["show", &format!("{}:journal/000001.jsonl", names[0])]);
    let forged = team.sandbox.beside("forged.jsonl");
    fs::write(
        &forged,
        rows.replacen("local", "locaI", 1).replacen("\"at\":1,", "\"at\":9,", 1) + "\n",
    )
    .unwrap();
    let blob = team.on_server(&["hash-object", "-w", forged.to_str().unwrap()]);
    let index = team.sandbox.beside("index");
    let with_index = |args: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(team.sandbox.beside("server.git")).args(args);
        command
            .env("GIT_INDEX_FILE", &index)
            .env("HOME", team.sandbox.beside("home"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    with_index(&["read-tree", names[0]]);
    with_index(&[
        "update-index",
        "--cacheinfo",
        &format!("100644,{blob},journal/000001.jsonl"),
    ]);
    let tree = with_index(&["write-tree"]);
    let commit = with_index(&["commit-tree", "-m", "Forged", "-p", names[0], &tree]);
    team.on_server(&["update-ref", names[0], &commit]);
    let outcome = at(&three, &["sync"]).exits(5).prints("is damaged in segment 1, line 1");
    assert!(outcome.stdout.contains("from 1 of 2 clones"), "{}", outcome.stdout);
    // Its own writer does not go on from what it did not write.
    let writer = names[0].rsplit('/').next().unwrap();
    let of_writer = |clone: &&PathBuf| {
        fs::read_to_string(clone.join(".git/harness/writer"))
            .unwrap()
            .starts_with(writer)
    };
    let victim = [&one, &two].into_iter().find(of_writer).unwrap();
    let _ = at(victim, &["sync"]).exits(5).says("there are two journals of");
}

#[test]
fn what_a_machine_left_in_the_middle_is_begun_anew_by_whoever_takes_it_over() {
    let team = Team::with_lease(2, &["a"], "");
    let (one, two) = (team.machine("one", WAITS), team.machine("two", AT_ONCE));
    let at = |clone: &PathBuf, args: &[&str]| team.sandbox.harness_in(clone, args);
    let _builder = team.dies_at_work(&one, "a");
    // Its journal says that it is at work, and the other one has read so.
    let _ = at(&one, &["sync"]).exits(0);
    let _ = at(&two, &["sync"]).exits(0);
    assert!(at(&two, &["status"]).exits(0).stdout.contains("in_progress"));
    team.takes_over(&two, "a");
    let _ = at(&one, &["sync"]).exits(0);
    let _ = at(&one, &["status"]).exits(0).prints("complete");
}

#[test]
fn the_doctor_tries_a_server_out_and_leaves_nothing_behind() {
    let team = Team::new(&["a"], "");
    let one = team.machine("one", AT_ONCE);
    let doctor = || team.sandbox.harness_in(&one, &["doctor", "--remote", "origin"]);
    let _ = doctor()
        .exits(0)
        .prints("origin answers")
        .prints("together or not at all")
        .prints("main has nothing that origin lacks");
    assert_eq!(team.on_server(&["for-each-ref", "refs/harness"]), "");
    assert_eq!(
        team.sandbox
            .git_in(&one, &["for-each-ref", "refs/harness/remotes/origin/probe"]),
        ""
    );
    // A server that takes branches alone.
    let hook = team.sandbox.beside("server.git/hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let refuses = |what: &str| {
        let text =
            format!("#!/bin/sh\nwhile read -r old new ref; do case \"$new $ref\" in {what} exit 1 ;; esac; done\n");
        write_executable(&hook, text.as_bytes());
    };
    refuses("*' refs/heads/'*) ;; *)");
    let _ = doctor()
        .exits(1)
        .prints("pre-receive hook declined")
        .prints("namespace = \"refs/heads/harness\"");
    let _ = team
        .run(&one, &[])
        .exits(1)
        .says("origin refuses")
        .says("doctor --remote origin");
    refuses("0000000*)");
    let _ = doctor().exits(1).prints("cannot be taken away");
    fs::remove_file(&hook).unwrap();
    team.on_server(&["config", "receive.advertiseAtomic", "false"]);
    let outcome = doctor().exits(1).prints("receive.advertiseAtomic = true");
    assert!(!outcome.stdout.contains("Pushing to"), "{}", outcome.stdout);
    team.sandbox.git_in(&one, &["remote", "set-url", "origin", "/nowhere"]);
    let _ = doctor().exits(1).prints("git ls-remote origin");
    let _ = team
        .sandbox
        .harness_in(&one, &["doctor", "--remote", "upstream"])
        .exits(1)
        .prints("there is no remote upstream");
}

#[test]
fn a_server_that_takes_branches_only_can_be_shared_too() {
    let team = Team::new(&["a", "b"], "namespace = \"refs/heads/harness\"\n");
    let (one, two) = (team.machine("one", WAITS), team.machine("two", AT_ONCE));
    let first = team.start(&one, &["--only", "a"]);
    let builder = team.door.at_work_on("a");
    assert_eq!(
        team.on_server(&["branch", "--list", "harness/claims/*"]).trim(),
        "harness/claims/a"
    );
    let _ = team.run(&two, &[]).exits(0).prints("1 landed");
    go_on(builder);
    let _ = ended(first).exits(0);
    assert_eq!(team.landings(), ["a", "b"]);
    let _ = team.sandbox.harness_in(&two, &["sync"]).exits(0);
    let _ = team.sandbox.harness_in(&two, &["audit"]).exits(0);
}
