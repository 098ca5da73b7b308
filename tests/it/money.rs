//! Money: what calls cost, who used what, and budgets that hold before a call is made.

use std::fs;

use super::fakes::model_server::{ModelServer, Step, Tongue, head, send};
use super::sandbox::{Outcome, Sandbox, one_card};

/// 1000 tokens in for 3 dollars a million, 100 out for 15: 4500 micro-dollars a call.
const PRICE: &str = "price = { input = 3.00, output = 15.00 }\nmax_output = 1000\n";

fn with_model(price: &str, budget: &str, scripts: Vec<Vec<Step>>) -> (Sandbox, ModelServer) {
    let server = ModelServer::start(scripts);
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"fast\"\n[models.fast]\nprovider = \"openai\"\nmodel = \"fake\"\n{price}{budget}"
    ));
    let own = sandbox.beside("config/git-harness");
    fs::create_dir_all(&own).unwrap();
    let address = format!(
        "[models.fast]\nbase_url = \"{}\"\nkey_env = \"FAST_KEY\"\n",
        server.address
    );
    fs::write(own.join("config.toml"), address).unwrap();
    sandbox.import("p.json", &one_card("p-1", "a.txt", "grep -q right a.txt"));
    (sandbox, server)
}

fn run(sandbox: &Sandbox) -> Outcome {
    let mut command = sandbox.harness_command();
    command
        .args(["run"])
        .env("FAST_KEY", "secret-key-4711")
        .env("COLUMNS", "160");
    Sandbox::outcome_of(command)
}

fn answer(text: &str) -> Vec<Step> {
    Tongue::OpenAi.answer(&format!("a.txt\n```\n{text}\n```\n"))
}

#[test]
fn what_a_run_used_is_told_by_task_role_and_model() {
    let (sandbox, _server) = with_model(PRICE, "", vec![answer("wrong"), answer("right")]);
    let ended = run(&sandbox).exits(0);
    let _ = ended
        .prints("2200 tokens, $0.009000")
        .prints("builder  fast (openai:fake)  2 attempts: 2000 tokens in, 200 out, $0.009000");
    let _ = sandbox
        .harness(&["status"])
        .exits(0)
        .prints("used so far:\n  builder  fast (openai:fake)  2 attempts");
    let json = sandbox.harness(&["status", "--json"]).exits(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["used"][0]["usage"]["micro_dollars"], 9000);
    assert_eq!(json["used"][0]["role"], "builder");
    assert_eq!(json["spent_today"]["micro_dollars"], 9000);
    let _ = sandbox
        .harness(&["show", "p-1"])
        .exits(0)
        .prints("in all   2000 tokens in, 200 out, $0.009000");
}

#[test]
fn a_call_that_a_budget_does_not_cover_is_not_made() {
    for span in ["task", "run", "day"] {
        // The first call is covered; what is left then is less than the worst case of a second one.
        let budget = format!("[budget]\n{span} = \"0.020\"\n");
        let (sandbox, server) = with_model(PRICE, &budget, vec![answer("wrong"), answer("right")]);
        let ended = run(&sandbox).exits(4);
        let _ = ended.prints(&format!("of the {span}'s budget of $0.020000 only $0.015500 is left"));
        assert_eq!(server.requests_left(), 1, "{span}: the second call never went out");
        assert_eq!(sandbox.state("p-1"), "failed", "nothing is lost: the retry waits");
        // With more money it goes on where it stopped. A run has its own.
        let config = sandbox.read(".harness/config.toml");
        sandbox.configure(&config.replace(&budget, &format!("[budget]\n{span} = 1\n")));
        let _ = run(&sandbox).exits(0);
        assert_eq!(sandbox.state("p-1"), "complete");
    }
}

#[test]
fn what_is_not_known_is_not_nothing() {
    let budget = "[budget]\nday = 100\n";
    for (price, why) in [
        ("", "what the call can cost is unknown"),
        (
            "price = { input = 3.00, output = 15.00 }\n",
            "what the call can cost is unknown",
        ),
    ] {
        let (sandbox, server) = with_model(price, budget, vec![answer("right")]);
        let _ = run(&sandbox)
            .exits(4)
            .prints(why)
            .prints("give the model `max_output` and a `price`");
        assert_eq!(server.requests_left(), 0);
    }
    let (sandbox, _server) = with_model("", "", vec![answer("right")]);
    let _ = run(&sandbox).exits(0).prints("1100 tokens, cost unknown");
}

#[test]
fn a_cut_call_counts_with_the_most_that_it_can_have_cost() {
    let cut = vec![
        head(200, Tongue::OpenAi.content_type(), ""),
        send(Tongue::OpenAi.text("a.txt\n```\nright\n")),
    ];
    let (sandbox, _server) = with_model(PRICE, "[budget]\nday = 1\n", vec![cut, answer("right")]);
    let ended = run(&sandbox).exits(0).stdout;
    assert!(ended.contains("at most $0."), "{ended}");
    assert!(ended.contains("more for calls that did not end well"), "{ended}");
    let _ = sandbox.harness(&["status"]).exits(0).prints("spent today: $0.0");
}
