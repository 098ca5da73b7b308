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

/// Six processes on three branches in two clones: what each may spend is what all of them have left.
#[test]
fn the_budget_of_a_day_is_one_for_all_branches_processes_and_clones() {
    let server = ModelServer::start((0..6).map(|_| answer("right")).collect());
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    // One call is covered; once it is paid, what is left is less than the worst case of another.
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"fast\"\n[models.fast]\nprovider = \"openai\"\nmodel = \"fake\"\n{PRICE}[budget]\nday = \"0.020\"\n"
    ));
    let own = sandbox.beside("config/git-harness");
    fs::create_dir_all(&own).unwrap();
    let address = format!(
        "[models.fast]\nbase_url = \"{}\"\nkey_env = \"FAST_KEY\"\n",
        server.address
    );
    fs::write(own.join("config.toml"), address).unwrap();
    let branches = ["d1", "d2", "d3"];
    for branch in branches {
        let _ = sandbox.git(&["checkout", "-q", "-b", branch, "main"]);
        sandbox.import(
            &format!("{branch}.json"),
            &one_card(&format!("{branch}-1"), "a.txt", "grep -q right a.txt"),
        );
    }
    let _ = sandbox.git(&["checkout", "-q", "main"]);
    let two = sandbox.beside("two");
    let _ = sandbox.git(&["clone", "-q", ".", &two.to_string_lossy()]);
    let in_two = |args: &[&str]| {
        let mut command = sandbox.harness_command();
        command.current_dir(&two).args(args);
        Sandbox::outcome_of(command)
    };
    let git_in_two = |args: &[&str]| sandbox.git(&[&["-C", &two.to_string_lossy()], args].concat());
    let _ = in_two(&["init"]);
    for branch in branches {
        let _ = git_in_two(&["checkout", "-q", "-b", branch, &format!("origin/{branch}")]);
        let _ = in_two(&["trust"]).exits(0);
    }
    let _ = git_in_two(&["checkout", "-q", "main"]);
    let started = branches.iter().flat_map(|branch| {
        [sandbox.repo(), two.clone()].map(|repo| {
            let mut command = sandbox.harness_command();
            command
                .args(["run", "--onto", branch])
                .current_dir(repo)
                .env("FAST_KEY", "secret-key-4711")
                .env("COLUMNS", "160")
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            command.spawn().unwrap()
        })
    });
    let ended: Vec<_> = started
        .collect::<Vec<_>>()
        .into_iter()
        .map(|child| child.wait_with_output().unwrap())
        .collect();
    let said: Vec<String> = ended
        .iter()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
        .collect();
    let refused = said
        .iter()
        .filter(|said| said.contains("of the day's budget of $0.020000 only"))
        .count();
    assert_eq!((server.requests_left(), refused), (1, 5), "{said:#?}");
    let _ = sandbox
        .harness(&["status"])
        .prints("spent today: $0.004500 of $0.020000");
    let _ = in_two(&["status"]).prints("spent today: $0.004500 of $0.020000");
}
