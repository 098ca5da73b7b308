//! Several cards at a time: what may go on beside what, and one landing after the other.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use super::sandbox::Sandbox;

/// Where builders report: each says its task, is answered once `together` of them are at work, and hangs up at its end.
struct Desk {
    address: SocketAddr,
    /// Every set of tasks that were at work at one moment.
    seen: Arc<Mutex<Vec<BTreeSet<String>>>>,
    arrived: Receiver<String>,
}

impl Desk {
    fn open(together: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<BTreeSet<String>>>> = Arc::default();
        let at_work: Arc<AtWork> = Arc::default();
        let (told, arrived) = mpsc::channel();
        let moments = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (told, moments, at_work) = (told.clone(), Arc::clone(&moments), Arc::clone(&at_work));
                thread::spawn(move || attend(&stream.unwrap(), together, &told, &moments, &at_work));
            }
        });
        Self { address, seen, arrived }
    }

    /// Whether two tasks were ever at work at the same moment.
    fn together(&self, one: &str, other: &str) -> bool {
        let seen = self.seen.lock().unwrap();
        seen.iter().any(|moment| moment.contains(one) && moment.contains(other))
    }
}

/// The tasks at work, and whether enough of them are there to be answered.
type AtWork = (Mutex<(BTreeSet<String>, bool)>, Condvar);

fn attend(
    stream: &TcpStream,
    together: usize,
    told: &mpsc::Sender<String>,
    moments: &Mutex<Vec<BTreeSet<String>>>,
    (at_work, changed): &AtWork,
) {
    let mut reader = BufReader::new(stream);
    let mut task = String::new();
    let _ = reader.read_line(&mut task);
    let task = task.trim().to_owned();
    let mut state = at_work.lock().unwrap();
    state.0.insert(task.clone());
    state.1 |= state.0.len() >= together;
    moments.lock().unwrap().push(state.0.clone());
    changed.notify_all();
    let _ = told.send(task.clone());
    let state = changed.wait_while(state, |(_, open)| !*open).unwrap();
    drop(state);
    // Who has been ended hears nothing, and hangs up all the same.
    let _ = (&*stream).write_all(b"go on\n");
    let _ = reader.read_line(&mut String::new());
    at_work.lock().unwrap().0.remove(&task);
}

/// A sandbox whose builder reports at the desk and writes its task's name into the file that the card is for.
fn with_desk(desk: &Desk, cards: &[(&str, &str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new(&[("all.txt", "x\n")]);
    let own = sandbox.beside("config/git-harness");
    fs::create_dir_all(&own).unwrap();
    let script = sandbox.script(
        "builder.sh",
        &format!(
            "exec 3<>/dev/tcp/{}/{}; echo $HARNESS_TASK >&3; read -r line <&3; echo $HARNESS_TASK > $HARNESS_TASK.txt",
            desk.address.ip(),
            desk.address.port()
        ),
    );
    fs::write(
        own.join("config.toml"),
        format!("[roles]\nbuilder = \"b\"\n[builders.b]\nrun = [\"bash\", \"{script}\"]\nnetwork = \"open\"\n"),
    )
    .unwrap();
    let cards: Vec<serde_json::Value> = cards
        .iter()
        .map(|(id, file, label)| {
            serde_json::json!({
                "id": id, "title": format!("Card {id}"), "files_allowed": [file, format!("{id}.txt")],
                "labels": if label.is_empty() { vec![] } else { vec![label] },
                "definition_of_done": ["it is there"], "verification": [format!("grep -q {id} {id}.txt")],
            })
        })
        .collect();
    sandbox.import("p.json", &serde_json::to_string(&cards).unwrap());
    sandbox
}

const CARDS: [(&str, &str, &str); 7] = [
    ("a", "one/**", ""),
    ("b", "one/two/**", ""),
    ("c", "three/**", ""),
    ("d", "four/**", "data-model"),
    ("e", "five/**", ""),
    ("f", "six/**", ""),
    ("g", "five/x.txt", ""),
];

#[test]
fn cards_go_on_side_by_side_where_they_cannot_meet_and_land_one_by_one() {
    let desk = Desk::open(2);
    let sandbox = with_desk(&desk, &CARDS);
    let _ = sandbox.harness(&["run", "--jobs", "3"]).exits(0).prints("7 landed");
    for (one, other) in [
        ("a", "b"),
        ("e", "g"),
        ("d", "a"),
        ("d", "c"),
        ("d", "e"),
        ("d", "f"),
        ("d", "g"),
    ] {
        assert!(!desk.together(one, other), "{one} and {other} were worked on together");
    }
    assert!(desk.together("a", "c"), "the first two that may go on together");
    assert_eq!(sandbox.git(&["rev-list", "--count", "--merges", "HEAD"]), "0");
    for (id, ..) in CARDS {
        assert_eq!(sandbox.state(id), "complete");
        assert_eq!(sandbox.read(&format!("{id}.txt")), format!("{id}\n"));
    }
    // Every landing's evidence is for the tree that was committed, merged or not.
    let _ = sandbox
        .harness(&["audit", "--strength", "recorded"])
        .exits(0)
        .prints("7 landings");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn what_keeps_cards_apart_is_told() {
    let desk = Desk::open(1);
    let sandbox = with_desk(&desk, &CARDS);
    insta::assert_snapshot!(sandbox.harness(&["plan", "graph", "--conflicts"]).exits(0).stdout, @r"
    a and b may touch the same file: one/** and one/two/**
    d goes alone: work labelled data-model goes alone
    e and g may touch the same file: five/** and five/x.txt
    ");
    let json = sandbox
        .harness(&["plan", "graph", "--conflicts", "--json"])
        .exits(0)
        .stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let tasks = json["targets"][0]["tasks"].as_array().unwrap();
    assert_eq!(tasks[6]["conflicts"][0]["with"], "e");
    assert_eq!(tasks[3]["alone"]["name"], "data-model");
}

#[test]
fn a_stop_ends_all_of_them_and_the_next_run_goes_on() {
    // Nobody is ever answered.
    let desk = Desk::open(usize::MAX);
    let sandbox = with_desk(&desk, &CARDS[4..6]);
    let mut command = sandbox.harness_command();
    command
        .args(["run", "-j2"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let mut at_work = [desk.arrived.recv().unwrap(), desk.arrived.recv().unwrap()];
    at_work.sort();
    assert_eq!(at_work, ["e", "f"]);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(130),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        sandbox.states(),
        [
            ("e".to_owned(), "ready".to_owned()),
            ("f".to_owned(), "ready".to_owned())
        ]
    );
    let open = Desk::open(2);
    let own = sandbox.beside("builder.sh");
    let script = fs::read_to_string(&own).unwrap();
    let port = |desk: &Desk| format!("/{}", desk.address.port());
    fs::write(&own, script.replace(&port(&desk), &port(&open))).unwrap();
    let _ = sandbox.harness(&["run", "-j2"]).exits(0).prints("2 landed");
}

#[test]
fn a_number_of_jobs_that_is_none_is_said() {
    let desk = Desk::open(1);
    let sandbox = with_desk(&desk, &CARDS[..1]);
    let _ = sandbox
        .harness(&["run", "--jobs", "0"])
        .exits(2)
        .says("0 is not in 1..=64");
}
