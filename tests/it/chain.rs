//! Chains of Builders: who goes on when one fails, is not there, costs too much, or is not good enough any more.

use std::fmt::Write as _;

use super::fakes::model_server::{ModelServer, Tongue, respond};
use super::sandbox::{Outcome, Sandbox};

/// Cards `p-1` to `p-n`, each of which wants `right` in a file of its own.
fn cards(count: usize) -> String {
    let card = |n: usize| {
        format!(
            "{{\"id\": \"p-{n}\", \"title\": \"Do {n}\", \"files_allowed\": [\"f{n}.txt\"], \"instructions\": \"Do it\", \"definition_of_done\": [\"done\"], \"verification\": [\"grep -q right f{n}.txt\"]}}"
        )
    };
    let all: Vec<String> = (1..=count).map(card).collect();
    format!("[{}]", all.join(","))
}

/// A repository whose Builders are the scripts of a chain.
fn with_chain(count: usize, scripts: &[(&str, &str)], more: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let names: Vec<&str> = scripts.iter().map(|(name, _)| *name).collect();
    let mut config = format!("[roles]\nbuilder = {names:?}\n{more}");
    for (name, script) in scripts {
        let program = sandbox.script(&format!("{name}.sh"), script);
        let _ = write!(config, "[builders.{name}]\nrun = [\"{program}\"]\n");
    }
    sandbox.configure(&config);
    sandbox.import("p.json", &cards(count));
    sandbox
}

/// Writes `right` into the file that the packet allows.
const GOOD: &str = "f=$(grep -o 'f[0-9]*[.]txt' \"$HARNESS_PACKET\" | head -1); echo right > $f\n";
const BAD: &str = "f=$(grep -o 'f[0-9]*[.]txt' \"$HARNESS_PACKET\" | head -1); echo wrong $$ > $f\n";

fn authors(sandbox: &Sandbox, task: &str) -> Vec<String> {
    let rows = sandbox.harness(&["log", task, "--json"]).exits(0).stdout;
    let rows = rows
        .lines()
        .map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap());
    rows.filter(|row| row["event"] == "dispatched")
        .map(|row| row["data"]["author"]["name"].as_str().unwrap().to_owned())
        .collect()
}

fn run(sandbox: &Sandbox) -> Outcome {
    sandbox.harness(&["run"])
}

#[test]
fn the_next_one_takes_a_card_that_the_first_one_failed_twice() {
    let sandbox = with_chain(1, &[("first", BAD), ("second", GOOD)], "");
    let _ = run(&sandbox).exits(0);
    assert_eq!(authors(&sandbox, "p-1"), ["first", "first", "second"]);
    // Where all of them fail, the Architect is asked, as without a chain.
    let sandbox = with_chain(1, &[("first", BAD), ("second", BAD)], "");
    let _ = run(&sandbox).exits(4);
    assert_eq!(authors(&sandbox, "p-1"), ["first", "first", "second", "second"]);
    assert_eq!(sandbox.state("p-1"), "escalated");
}

#[test]
fn a_card_that_names_its_builder_has_no_chain() {
    let sandbox = with_chain(1, &[("first", BAD), ("second", GOOD)], "");
    let _ = sandbox.harness(&["run", "--builder", "first"]).exits(4);
    assert_eq!(authors(&sandbox, "p-1"), ["first", "first"]);
}

#[test]
fn a_builder_that_fails_too_often_is_passed_over_and_says_why() {
    let sandbox = with_chain(8, &[("first", BAD), ("second", GOOD)], "");
    let ended = run(&sandbox).exits(0);
    let announced =
        "builder first  first-try 0/5 (0 %), 90 % interval ≤ 24.7 % < threshold 60 % → demoted; next: second";
    let _ = ended.says("first is passed over: demoted until").says(announced);
    // The fifth first try shows it; from then on everything goes to the second, that card's own retry too.
    assert_eq!(authors(&sandbox, "p-4"), ["first", "first", "second"]);
    assert_eq!(authors(&sandbox, "p-5"), ["first", "second"]);
    assert_eq!(authors(&sandbox, "p-6"), ["second"]);
    assert_eq!(authors(&sandbox, "p-8"), ["second"]);
    let _ = sandbox.harness(&["log"]).exits(0).prints(announced);
    let _ = sandbox
        .harness(&["status"])
        .exits(0)
        .prints("first: first-try 0/5, demoted until");
    let models = sandbox.harness(&["models"]).exits(0);
    let _ = models.prints("first").prints("0/5").prints("3/3");
    let json = sandbox.harness(&["models", "--json"]).exits(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let first = json["models"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "first")
        .unwrap();
    assert_eq!(
        (&first["first_tries"]["passed"], &first["first_tries"]["tried"]),
        (&0.into(), &5.into())
    );
    assert_eq!(first["standing"], "demoted");
    // A person can give it another chance.
    let _ = sandbox.harness(&["models", "reset", "first"]).exits(0);
    let _ = sandbox.harness(&["models"]).exits(0).prints("0/0");
    let _ = sandbox
        .harness(&["models", "reset", "nobody"])
        .exits(2)
        .says("there is no builder `nobody`");
}

#[test]
fn a_threshold_of_its_own_keeps_a_weak_builder() {
    let sandbox = with_chain(6, &[("first", BAD), ("second", GOOD)], "");
    let config = sandbox.read(".harness/config.toml");
    // Of none in six it is sure that it is below 60 %, but not that it is below 10 %.
    sandbox.configure(&config.replace("[builders.second]", "quality_threshold = \"0.10\"\n[builders.second]"));
    let _ = run(&sandbox).exits(0);
    assert_eq!(authors(&sandbox, "p-6"), ["first", "first", "second"]);
    let _ = sandbox
        .harness(&["models"])
        .exits(0)
        .prints("0/6")
        .prints("threshold 10 %");
    assert!(!sandbox.harness(&["log"]).exits(0).stdout.contains("demoted"));
}

#[test]
fn a_server_that_is_gone_is_left_alone_and_the_next_one_goes_on() {
    let quota = || respond(402, "application/json", "", "{\"error\":{\"message\":\"no credit\"}}");
    let server = ModelServer::start(vec![quota(), Tongue::OpenAi.answer("x")]);
    let sandbox = with_chain(3, &[("second", GOOD)], "");
    let own = sandbox.beside("config/git-harness");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(
        own.join("config.toml"),
        format!(
            "[roles]\nbuilder = [\"gone\", \"second\"]\n[models.gone]\nprovider = \"openai\"\nmodel = \"q\"\nbase_url = \"{}\"\n",
            server.address
        ),
    )
    .unwrap();
    let _ = run(&sandbox)
        .exits(0)
        .says("gone is passed over: its server does not accept the key or the quota is used up");
    assert_eq!(server.requests_left(), 1, "it was asked once");
    assert_eq!(authors(&sandbox, "p-1"), ["gone", "second"]);
    assert_eq!(authors(&sandbox, "p-2"), ["second"]);
    let _ = sandbox.harness(&["models"]).exits(0).prints("gone");
}

#[test]
fn whom_no_budget_covers_is_passed_over_for_one_that_costs_nothing() {
    let server = ModelServer::start(vec![Tongue::OpenAi.answer("x")]);
    let sandbox = with_chain(1, &[("second", GOOD)], "[budget]\nday = \"0.000001\"\n");
    let own = sandbox.beside("config/git-harness");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(
        own.join("config.toml"),
        format!(
            "[roles]\nbuilder = [\"dear\", \"second\"]\n[models.dear]\nprovider = \"openai\"\nmodel = \"q\"\nmax_output = 100\nbase_url = \"{}\"\nprice = {{ input = 3, output = 15 }}\n",
            server.address
        ),
    )
    .unwrap();
    let _ = run(&sandbox).exits(0);
    assert_eq!(server.requests_left(), 0);
    assert_eq!(authors(&sandbox, "p-1"), ["dear", "second"]);
}
