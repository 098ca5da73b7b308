//! Models as Builders: from the packet to a landed commit, against a server that the test plays.

use std::fs;
use std::process::{Command, Stdio};

use super::fakes::model_server::{ModelServer, Step, Told, Tongue, head, respond, send};
use super::sandbox::{Sandbox, one_card};

const KEY: &str = "secret-key-4711";

/// A card that wants `right` in `a.txt`, and a model whose server follows the scripts.
fn with_model(tongue: Tongue, scripts: Vec<Vec<Step>>) -> (Sandbox, ModelServer) {
    let server = ModelServer::start(scripts);
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let provider = match tongue {
        Tongue::OpenAi => "openai",
        Tongue::Ollama => "ollama",
        Tongue::Anthropic => "anthropic",
    };
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"fast\"\n[models.fast]\nprovider = \"{provider}\"\nmodel = \"fake\"\nprice = {{ input = 3.00, output = 15.00 }}\n"
    ));
    let own = sandbox.beside("config/git-harness");
    fs::create_dir_all(&own).unwrap();
    fs::write(
        own.join("config.toml"),
        format!(
            "[models.fast]\nbase_url = \"{}\"\nkey_env = \"FAST_KEY\"\n",
            server.address
        ),
    )
    .unwrap();
    sandbox.import("p.json", &one_card("p-1", "a.txt", "grep -q right a.txt"));
    (sandbox, server)
}

fn whole_file(text: &str) -> String {
    format!("a.txt\n```\n{text}\n```\n\n- Wrote {text}\n")
}

/// `run`, with the key in the environment.
fn run(sandbox: &Sandbox) -> Command {
    let mut command = sandbox.harness_command();
    command.args(["run", "--json"]).env("FAST_KEY", KEY);
    command
}

struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn ended(mut command: Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The events of one kind.
fn events(ended: &Ended, kind: &str) -> Vec<serde_json::Value> {
    ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|event: &serde_json::Value| event.to_string().contains(&format!("\"{kind}\"")))
        .collect()
}

#[test]
fn a_model_builds_a_card_and_what_it_cost_is_recorded() {
    for tongue in Tongue::ALL {
        let (sandbox, server) = with_model(tongue, vec![tongue.answer(&whole_file("right"))]);
        let ended = ended(run(&sandbox));
        assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
        assert_eq!(sandbox.state("p-1"), "complete");
        assert_eq!(sandbox.read("a.txt"), "right\n");
        let provider = format!("{tongue:?}").to_lowercase();
        let trailers = sandbox.trailers("main");
        assert!(
            trailers.contains(&format!("Assisted-by: {provider}:fake")),
            "{trailers:?}"
        );
        let received = server.request();
        assert!(
            received.body["messages"].to_string().contains("a.txt"),
            "the packet was sent"
        );
        let finished = events(&ended, "builder_finished");
        assert_eq!(finished.len(), 1, "{}", ended.stdout);
        // 1000 tokens in for 3 dollars a million, 100 out for 15: 4500 micro-dollars.
        assert!(
            finished[0].to_string().contains("\"micro_dollars\":4500"),
            "{}",
            finished[0]
        );
        let _ = sandbox
            .harness(&["show", "p-1"])
            .exits(0)
            .prints("used 1000 tokens in, 100 out, $0.004500");
    }
}

#[test]
fn a_cut_answer_fails_the_attempt_and_the_retry_lands() {
    let tongue = Tongue::OpenAi;
    let cut = vec![
        head(200, tongue.content_type(), ""),
        // All of the edit is there, and still it is no answer: nobody said that it ends here.
        send(tongue.text(&whole_file("right, but cut"))),
    ];
    let (sandbox, server) = with_model(tongue, vec![cut, tongue.answer(&whole_file("right"))]);
    let ended = ended(run(&sandbox));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(sandbox.read("a.txt"), "right\n");
    assert!(sandbox.trailers("main").contains(&"Harness-Attempt: 2".to_owned()));
    let _ = server.request();
    let packet = server.request().body["messages"].to_string();
    assert!(packet.contains("the answer was cut"), "{packet}");
    let finished = events(&ended, "builder_finished");
    assert!(
        !finished[0].to_string().contains("micro_dollars\":0"),
        "unknown is not free"
    );
}

#[test]
fn a_wrong_key_stops_the_run_by_name_and_uses_up_no_attempt() {
    let tongue = Tongue::OpenAi;
    let said = format!("{{\"error\":{{\"message\":\"Incorrect API key provided: {KEY}\"}}}}");
    let scripts = vec![
        respond(401, "application/json", "", &said),
        tongue.answer(&whole_file("right")),
    ];
    let (sandbox, _server) = with_model(tongue, scripts);
    let refused = ended(run(&sandbox));
    assert_eq!(refused.code, Some(2), "{}\n{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("does not accept the key"), "{}", refused.stderr);
    let again = ended(run(&sandbox));
    assert_eq!(again.code, Some(0), "{}\n{}", again.stdout, again.stderr);
    for shown in [&refused.stdout, &refused.stderr, &again.stdout, &again.stderr] {
        assert!(!shown.contains(KEY), "{shown}");
    }
    let hits = Command::new("grep")
        .args(["-rl", KEY])
        .args([sandbox.repo(), sandbox.beside("cache")])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&hits.stdout), "", "the key is written nowhere");
}

#[test]
fn what_a_lost_attempt_cost_is_recorded_too() {
    let tongue = Tongue::Anthropic;
    let broke =
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"billing_error\",\"message\":\"no credit\"}}\n\n";
    let script = vec![
        head(200, tongue.content_type(), ""),
        send(format!("{}{}{broke}", tongue.opening(), tongue.text("a.txt"))),
    ];
    let (sandbox, _server) = with_model(tongue, vec![script]);
    let ended = ended(run(&sandbox));
    assert_eq!(ended.code, Some(4), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("the quota is used up"), "{}", ended.stderr);
    // 1000 tokens in and 1 out were counted before the money ran out.
    let finished = events(&ended, "builder_finished");
    assert!(
        finished[0].to_string().contains("\"micro_dollars\":3015"),
        "{}",
        ended.stdout
    );
    assert_eq!(events(&ended, "attempt_lost").len(), 1, "{}", ended.stdout);
    assert_eq!(sandbox.state("p-1"), "ready");
}

#[test]
fn without_its_key_a_model_is_not_asked() {
    let (sandbox, server) = with_model(Tongue::OpenAi, vec![]);
    let mut command = run(&sandbox);
    command.env_remove("FAST_KEY");
    let ended = ended(command);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("FAST_KEY is not set"), "{}", ended.stderr);
    assert_eq!(server.requests_left(), 0);
}

#[test]
fn a_key_may_come_from_a_program_and_is_known_from_then_on() {
    const PRINTED: &str = "of-no-known-shape-0815";
    let tongue = Tongue::Anthropic;
    let telling = format!("{}- The key is {PRINTED}\n", whole_file("right"));
    let (sandbox, server) = with_model(tongue, vec![tongue.answer(&telling)]);
    let program = sandbox.script("key.sh", &format!("echo {PRINTED}\n"));
    fs::write(
        sandbox.beside("config/git-harness/config.toml"),
        format!(
            "[models.fast]\nbase_url = \"{}\"\nkey_cmd = [\"{program}\"]\n",
            server.address
        ),
    )
    .unwrap();
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(server.request().header("x-api-key"), Some(PRINTED));
    let rows = sandbox.harness(&["log", "--json"]).exits(0).stdout;
    assert!(rows.contains("The key is") && !rows.contains(PRINTED), "{rows}");
    assert!(!sandbox.git(&["log", "--format=%B"]).contains(PRINTED));
}

#[test]
fn a_packet_beyond_the_models_window_goes_to_the_architect() {
    let said = r#"{"error":{"code":400,"type":"exceed_context_size_error","message":"request (13392 tokens) exceeds the available context size (8192 tokens)","n_ctx":8192}}"#;
    let (sandbox, _server) = with_model(Tongue::OpenAi, vec![respond(400, "application/json", "", said)]);
    let ended = ended(run(&sandbox));
    assert_eq!(ended.code, Some(4), "{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(sandbox.state("p-1"), "escalated");
}

#[test]
fn a_stop_in_the_middle_of_an_answer_leaves_nothing_behind() {
    let tongue = Tongue::Ollama;
    let hanging = vec![
        head(200, tongue.content_type(), ""),
        send(tongue.text("a.txt\n```\nri")),
        Step::Tell,
        Step::WaitForHangUp,
    ];
    let (sandbox, server) = with_model(tongue, vec![hanging, tongue.answer(&whole_file("right"))]);
    let before = sandbox.git(&["rev-parse", "main"]);
    let mut command = run(&sandbox);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !matches!(server.next(), Told::Reached) {}
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(130),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(matches!(server.next(), Told::HungUp), "the connection is closed");
    assert_eq!(sandbox.git(&["rev-parse", "main"]), before);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.read("a.txt"), "x\n");
    let ended = ended(run(&sandbox));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(sandbox.read("a.txt"), "right\n");
}

#[test]
fn a_model_may_be_the_architect() {
    let tongue = Tongue::OpenAi;
    let wrong = |n: u32| tongue.answer(&whole_file(&format!("wrong {n}")));
    let advice = "## Diagnosis\nIt guesses.\n\n## Corrected task instructions\n- write right\n";
    let (sandbox, server) = with_model(
        tongue,
        vec![
            wrong(1),
            wrong(2),
            tongue.answer(advice),
            tongue.answer(&whole_file("right")),
        ],
    );
    let config = sandbox.read(".harness/config.toml");
    sandbox.configure(&config.replace("builder = \"fast\"", "builder = \"fast\"\narchitect = \"fast\""));
    let ended = ended(run(&sandbox));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(server.requests_left(), 4);
    let answered = events(&ended, "architect_answered");
    assert!(
        answered[0].to_string().contains("\"micro_dollars\":4500"),
        "{}",
        answered[0]
    );
}

#[test]
fn a_model_is_asked_for_its_format_and_after_a_failure_of_form_for_whole_files() {
    let tongue = Tongue::OpenAi;
    let wrong = "a.txt\n<<<<<<< SEARCH\nno such line\n=======\nright\n>>>>>>> REPLACE\n";
    let (sandbox, server) = with_model(tongue, vec![tongue.answer(wrong), tongue.answer(&whole_file("right"))]);
    let own = sandbox.beside("config/git-harness/config.toml");
    let text = fs::read_to_string(&own).unwrap();
    fs::write(&own, format!("{text}edits = \"search_replace\"\n")).unwrap();
    let ended = ended(run(&sandbox));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let first = server.request().body["messages"].to_string();
    assert!(
        first.contains("<<<<<<< SEARCH") && first.contains("stand at one place only"),
        "{first}"
    );
    let second = server.request().body["messages"].to_string();
    assert!(second.contains("Give the whole new text of each file"), "{second}");
    assert!(
        second.contains("these lines (line 2 of the answer) were not found"),
        "{second}"
    );
    let _ = sandbox.harness(&["show", "p-1"]).prints("read as whole");
}

#[test]
fn a_long_file_is_asked_for_in_blocks_where_nothing_else_is_said() {
    let tongue = Tongue::OpenAi;
    let block = "a.txt\n<<<<<<< SEARCH\nline 7\n=======\nright\n>>>>>>> REPLACE\n";
    let (sandbox, server) = with_model(tongue, vec![tongue.answer(block)]);
    let long: String = (0..301).map(|number| format!("line {number}\n")).collect();
    sandbox.write("a.txt", &long);
    sandbox.git(&["commit", "-qam", "A long file"]);
    let ended = ended(run(&sandbox));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert!(server.request().body["messages"].to_string().contains("<<<<<<< SEARCH"));
    assert_eq!(sandbox.read("a.txt"), long.replace("line 7\n", "right\n"));
}
