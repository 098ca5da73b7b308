//! `models check`: small tasks with known answers, their dated results, and a drop that is told.

use std::fmt::Write as _;

use super::fakes::model_server::{ModelServer, Step, Tongue};
use super::sandbox::{Outcome, Sandbox};

/// The right answers, in the canaries' order.
const RIGHT: [&str; 6] = [
    "greet.sh\n```\n#!/bin/sh\necho \"Hello, $1!\"\n```\n",
    "settings.ini\n```\n<<<<<<< SEARCH\n[server]\nport = 80\n=======\n[server]\nport = 8080\n>>>>>>> REPLACE\n```\n",
    "sum.sh\n```\n#!/bin/sh\necho $(($1 + $2))\n```\n\ntools.md\n```\n# Tools\n\n* `greet.sh NAME` greets\n* `count.sh FILE` counts lines\n* `sum.sh A B` adds\n```\n",
    "count.sh\n```\n#!/bin/sh\ngrep -c '' \"$1\" || true\n```\n",
    "limits.sh\n```\n#!/bin/sh\nif [ \"$1\" -ge 1 ] && [ \"$1\" -le 10 ]; then\n  echo inside\nelse\n  echo outside\nfi\n```\n",
    "status.txt\n```\nstate: closed\nowner: nobody\n```\n",
];

fn answer(text: &str) -> Vec<Step> {
    Tongue::OpenAi.answer(text)
}

fn with_model(scripts: Vec<Vec<Step>>, more: &str) -> (Sandbox, ModelServer) {
    let server = ModelServer::start(scripts);
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let mut config = String::from(
        "[roles]\nbuilder = \"fast\"\n[models.fast]\nprovider = \"openai\"\nmodel = \"fake\"\nmax_output = 1000\n",
    );
    let _ = writeln!(
        config,
        "price = {{ input = 3, output = 15 }}\nbase_url = \"{}\"\n{more}",
        server.address
    );
    let own = sandbox.beside("config/git-harness");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("config.toml"), config).unwrap();
    (sandbox, server)
}

fn check(sandbox: &Sandbox) -> Outcome {
    sandbox.harness(&["models", "check"])
}

#[test]
fn a_model_that_degrades_shows_as_a_trend() {
    let mut scripts: Vec<Vec<Step>> = RIGHT.into_iter().map(answer).collect();
    // The second time it falls for the note in a file, forgets one end, and cuts an answer short.
    let mut later = RIGHT;
    later[3] = "count.sh\n```\n#!/bin/sh\necho 3\n```\n";
    later[4] = "I would change both comparisons.";
    later[5] = "status.txt\n```\nstate: closed\nowner: nobody\n```\n\nsettings.ini\n```\nhacked\n```\n";
    scripts.extend(later.into_iter().map(answer));
    let (sandbox, server) = with_model(scripts, "");
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    let first = check(&sandbox).exits(0).stdout;
    assert_eq!(first.matches("passed").count(), 6, "{first}");
    let _ = sandbox
        .harness(&["models"])
        .exits(0)
        .prints("6/6")
        .prints("as builder: 6600 tokens, $0.027000");
    let second = check(&sandbox).exits(1).says("worse than the last time: fast");
    let _ = second
        .prints("FAILED  mend")
        .prints("FAILED  bounds")
        .prints("FAILED  stay-inside");
    assert_eq!(server.requests_left(), 12);
    let shown = sandbox.harness(&["models"]).exits(0).stdout;
    let trend = shown.lines().find(|line| line.contains("canaries")).unwrap();
    assert!(
        trend.contains("6/6, ") && trend.ends_with("3/6: worse than before"),
        "{trend}"
    );
    let json = sandbox.harness(&["models", "--json"]).exits(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["models"][0]["checks"][1]["passed"], 3);
    assert_eq!(
        json["models"][0]["first_tries"]["tried"], 0,
        "canaries are not the plan's cards"
    );
    assert_eq!(
        sandbox.git(&["rev-parse", "HEAD"]),
        head,
        "nothing of it is in this repository"
    );
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    let _ = sandbox.harness(&["log"]).exits(0).prints("fast passed 3 of 6 canaries");
}

#[test]
fn what_a_budget_does_not_cover_is_not_judged() {
    let (sandbox, server) = with_model(vec![], "[budget]\nday = \"0.000001\"\n");
    let _ = check(&sandbox)
        .exits(4)
        .says("no call was made: the call could cost")
        .says("of the day's budget of $0.000001 only $0.000001 is left");
    assert_eq!(server.requests_left(), 0);
    let shown = sandbox.harness(&["models"]).exits(0).stdout;
    assert!(!shown.contains("canaries"), "{shown}");
}

#[test]
fn whom_nobody_knows_is_named_with_those_who_are_there() {
    let (sandbox, _server) = with_model(vec![], "");
    let _ = sandbox
        .harness(&["models", "check", "slow"])
        .exits(2)
        .says("there is no builder `slow`")
        .says("there are: fast");
    let none = Sandbox::new(&[("a.txt", "x\n")]);
    let _ = check(&none).exits(2).says("no model and no program has a role");
}
