//! One plan of twelve cards, run by whole files, by SEARCH/REPLACE, by a model that fails its first try on every third
//! card, and by a chain whose first model degrades half-way.

use std::fs;

use super::fakes::model_server::{ModelServer, Step, Tongue};
use super::sandbox::{Outcome, Sandbox};

const CARDS: usize = 12;

/// A list of levels in one file, and twelve cards, each of which adds a level, checks it, and builds on the one before.
fn sandbox(config: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[("levels.txt", "level 0\nend\n")]);
    let card = |n: usize| {
        let depends = if n > 1 {
            format!("\"g-{:02}\"", n - 1)
        } else {
            String::new()
        };
        format!(
            "{{\"id\": \"g-{n:02}\", \"title\": \"Add level {n}\", \"dependencies\": [{depends}], \"files_allowed\": [\"levels.txt\"], \"instructions\": \"Add level {n} before the end\", \"definition_of_done\": [\"Level {n} is there\"], \"verification\": [\"sh -c 'test $(grep -c ^level levels.txt) = {}'\", \"grep -qx end levels.txt\"]}}",
            n + 1
        )
    };
    let all: Vec<String> = (1..=CARDS).map(card).collect();
    sandbox.configure("format = 1\n");
    let own = sandbox.beside("config/git-harness");
    fs::create_dir_all(&own).unwrap();
    fs::write(own.join("config.toml"), config).unwrap();
    sandbox.import("p.json", &format!("[{}]", all.join(",")));
    sandbox
}

fn model(name: &str, server: &ModelServer, more: &str) -> String {
    format!(
        "[models.{name}]\nprovider = \"openai\"\nmodel = \"{name}-1\"\nbase_url = \"{}\"\nprice = {{ input = 1, output = 2 }}\n{more}",
        server.address
    )
}

fn whole(n: usize) -> Vec<Step> {
    let levels: String = (0..=n).map(|level| format!("level {level}\n")).collect();
    Tongue::OpenAi.answer(&format!("levels.txt\n```\n{levels}end\n```\n\n- Added level {n}\n"))
}

/// The file as it was before: the checks fail.
fn wrong(n: usize) -> Vec<Step> {
    let levels: String = (0..n).map(|level| format!("level {level}\n")).collect();
    Tongue::OpenAi.answer(&format!(
        "levels.txt\n```\n{levels}level of attempt\nlevel too many\nend\n```\n"
    ))
}

fn search_replace(n: usize) -> Vec<Step> {
    Tongue::OpenAi.answer(&format!(
        "levels.txt\n```\n<<<<<<< SEARCH\nlevel {}\nend\n=======\nlevel {}\nlevel {n}\nend\n>>>>>>> REPLACE\n```\n",
        n - 1,
        n - 1
    ))
}

fn run(sandbox: &Sandbox) -> Outcome {
    let mut command = sandbox.harness_command();
    command.arg("run").env("COLUMNS", "160");
    Sandbox::outcome_of(command)
}

/// Twelve commits in order, each green when it is checked out alone, and an audit without findings.
fn all_landed(sandbox: &Sandbox) {
    let subjects = sandbox.subjects("main");
    let tasks: Vec<&String> = subjects
        .iter()
        .filter(|subject| subject.starts_with("Task g-"))
        .collect();
    assert_eq!(tasks.len(), CARDS, "{subjects:?}");
    for n in 1..=CARDS {
        let commit = sandbox.git(&[
            "log",
            "-1",
            "--format=%H",
            "--grep",
            &format!("Harness-Task: g-{n:02}"),
            "main",
        ]);
        let text = sandbox.git(&["show", &format!("{commit}:levels.txt")]);
        assert_eq!(text.lines().count(), n + 2, "g-{n:02}");
    }
    let _ = sandbox.harness(&["audit"]).exits(0);
}

fn attempts(sandbox: &Sandbox, n: usize) -> Vec<String> {
    let rows = sandbox
        .harness(&["log", &format!("g-{n:02}"), "--json"])
        .exits(0)
        .stdout;
    let rows = rows
        .lines()
        .map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap());
    rows.filter(|row| row["event"] == "dispatched")
        .map(|row| row["data"]["author"]["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn by_whole_files() {
    let server = ModelServer::start((1..=CARDS).map(whole).collect());
    let config = format!(
        "[roles]\nbuilder = \"fast\"\n{}",
        model("fast", &server, "edits = \"whole\"\n")
    );
    let sandbox = sandbox(&config);
    let _ = run(&sandbox)
        .exits(0)
        .prints("12 landed, 0 retried")
        .prints("12 attempts: 12000 tokens in, 1200 out, $0.014400");
    all_landed(&sandbox);
    let _ = sandbox.harness(&["show", "g-07"]).exits(0).prints("read as whole");
}

#[test]
fn by_search_and_replace() {
    let server = ModelServer::start((1..=CARDS).map(search_replace).collect());
    let config = format!(
        "[roles]\nbuilder = \"fast\"\n{}",
        model("fast", &server, "edits = \"search_replace\"\n")
    );
    let sandbox = sandbox(&config);
    let _ = run(&sandbox).exits(0).prints("12 landed, 0 retried");
    all_landed(&sandbox);
    let _ = sandbox
        .harness(&["show", "g-07"])
        .exits(0)
        .prints("read as search_replace");
}

#[test]
fn by_one_that_fails_its_first_try_on_every_third_card() {
    let scripts = (1..=CARDS).flat_map(|n| match n % 3 {
        0 => vec![wrong(n), whole(n)],
        _ => vec![whole(n)],
    });
    let server = ModelServer::start(scripts.collect());
    let config = format!("[roles]\nbuilder = \"fast\"\n{}", model("fast", &server, ""));
    let sandbox = sandbox(&config);
    let _ = run(&sandbox).exits(0).prints("12 landed, 4 retried, 0 escalated");
    all_landed(&sandbox);
    assert_eq!((attempts(&sandbox, 2).len(), attempts(&sandbox, 3).len()), (1, 2));
    let _ = sandbox.harness(&["models"]).exits(0).prints("first tries 8/12");
}

#[test]
fn by_a_chain_whose_first_model_degrades_half_way() {
    // Six good answers, then none: two failed attempts each on cards 7 and 8, and the first try of card 9.
    let good = (1..=6).map(whole);
    let bad = [7, 7, 8, 8, 9].into_iter().map(wrong);
    let first = ModelServer::start(good.chain(bad).collect());
    let second = ModelServer::start((7..=CARDS).map(whole).collect());
    let config = format!(
        "[roles]\nbuilder = [\"first\", \"second\"]\n{}{}",
        model("first", &first, "quality_threshold = \"0.85\"\n"),
        model("second", &second, "")
    );
    let sandbox = sandbox(&config);
    let ended = run(&sandbox).exits(0).prints("12 landed, 3 retried, 0 escalated");
    all_landed(&sandbox);
    assert_eq!(attempts(&sandbox, 6), ["first"]);
    assert_eq!(attempts(&sandbox, 7), ["first", "first", "second"]);
    assert_eq!(attempts(&sandbox, 9), ["first", "second"]);
    assert_eq!(attempts(&sandbox, 10), ["second"]);
    // When and why: announced as it happened, in the journal with its time, and in what is told afterwards.
    let why = "builder first  first-try 6/9 (66 %), 90 % interval ≤ 82.8 % < threshold 85 % → demoted; next: second";
    let _ = ended.says(why);
    let log = sandbox.harness(&["log"]).exits(0).stdout;
    let line = log.lines().find(|line| line.contains(why)).unwrap();
    assert!(line.starts_with("20"), "with its time: {line}");
    let _ = sandbox
        .harness(&["status"])
        .exits(0)
        .prints("first: first-try 6/9, demoted until")
        .prints("builder  first (openai:first-1)    11 attempts")
        .prints("builder  second (openai:second-1)  6 attempts");
    assert_eq!((first.requests_left(), second.requests_left()), (11, 6));
}
