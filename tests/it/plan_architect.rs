//! `plan new` with a model or a program as the Architect, and with a person at a terminal.

use std::fs;

use serde_json::Value;

use super::fakes::model_server::{ModelServer, Step, Told, Tongue, head, respond, send};
use super::fakes::person::Person;
use super::plan_new::{QUESTIONS, blueprint};
use super::sandbox::{Outcome, Sandbox};

const TONGUE: Tongue = Tongue::OpenAi;

/// A repository whose Architect is a model that follows the scripts; `more` joins the configuration.
fn with_architect(more: &str, scripts: Vec<Vec<Step>>) -> (Sandbox, ModelServer) {
    let server = ModelServer::start(scripts);
    let sandbox = Sandbox::new(&[("README.md", "A shop to be.\n")]);
    sandbox.configure(&format!(
        "[roles]\narchitect = \"strong\"\n[models.strong]\nprovider = \"openai\"\nmodel = \"fake\"\nmax_output = 1000\nprice = {{ input = 3.00, output = 15.00 }}\n{more}"
    ));
    let own = sandbox.beside("config/git-harness");
    fs::create_dir_all(&own).unwrap();
    let address = format!("[models.strong]\nbase_url = \"{}\"\n", server.address);
    fs::write(own.join("config.toml"), address).unwrap();
    (sandbox, server)
}

fn says(text: &str) -> Vec<Step> {
    TONGUE.answer(text)
}

fn plan_new(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    sandbox.harness(&[&["plan", "new", "shop"], args].concat())
}

fn answers(sandbox: &Sandbox, text: &str) -> String {
    let file = sandbox.beside("answers.md");
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {}", outcome.stdout))
}

#[test]
fn from_a_goal_to_landed_commits() {
    let sandbox = Sandbox::new(&[]);
    let answers = sandbox.beside("answers");
    for (name, text) in [
        ("shop/architect-1.md", QUESTIONS),
        ("shop/architect-2.md", &blueprint()),
        ("shop-01/1.md", "shop.sh\n```\nplums\n```\n\n- Sells\n"),
        ("shop-02/1.md", "count.sh\n```\nthree\n```\n\n- Counts\n"),
    ] {
        let file = answers.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"recorded\"\narchitect = \"recorded\"\n[builders.recorded]\nkind = \"replay\"\ndir = \"{}\"\n[approval]\nplan = \"required\"\n",
        answers.display()
    ));
    let _ = plan_new(&sandbox, &["--goal", "A small shop"]).exits(4);
    let _ = plan_new(&sandbox, &["--done", "--commit"])
        .exits(0)
        .says("next: read it, then say so: git harness plan approve shop");
    assert_eq!(sandbox.state("shop-01"), "pending");
    let _ = sandbox.approve_plan("shop").exits(0);
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(
        (sandbox.state("shop-01").as_str(), sandbox.state("shop-02").as_str()),
        ("complete", "complete")
    );
    let subjects = sandbox.subjects("main");
    assert_eq!(
        subjects.last().map(String::as_str),
        Some("Task shop-02: Write count.sh"),
        "{subjects:?}"
    );
}

#[test]
fn a_window_that_is_too_small_is_told_before_any_call() {
    let (sandbox, server) = with_architect("context = 2000\n", vec![says(QUESTIONS)]);
    let _ = plan_new(&sandbox, &["--goal", "A small shop", "--done"])
        .exits(2)
        .says("the window has room for")
        .says("give its model a larger `context`");
    assert_eq!(server.requests_left(), 0);
}

/// What the model was asked.
fn asked(server: &ModelServer) -> String {
    server.request().body["messages"][0]["content"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_model_interviews_step_by_step_and_what_it_cost_is_told() {
    for tongue in Tongue::ALL {
        let scripts = [QUESTIONS, "no more questions", &blueprint()];
        let (sandbox, server) = with_architect("", scripts.iter().map(|text| tongue.answer(text)).collect());
        let own = sandbox.beside("config/git-harness/config.toml");
        let provider = format!("provider = \"{}\"\n", format!("{tongue:?}").to_lowercase());
        fs::write(&own, fs::read_to_string(&own).unwrap() + &provider).unwrap();
        let first = plan_new(&sandbox, &["--goal", "A small shop", "--json"]).exits(4);
        assert_eq!(json(&first)["step"], "answer");
        assert_eq!(json(&first)["questions"][1]["topic"], "edge cases");
        let file = answers(&sandbox, "1. Ann\n");
        let ready = json(&plan_new(&sandbox, &["--answers", &file, "--json"]).exits(0));
        assert_eq!(ready["step"], "commit");
        // Three times 1000 tokens in for 3 dollars a million and 100 out for 15.
        assert_eq!(
            (&ready["consulted"], &ready["usage"]["micro_dollars"]),
            (&Value::from(3), &Value::from(13500))
        );
        let prompts: Vec<Value> = (0..3).map(|_| server.request().body).collect();
        let has = |at: usize, text: &str| prompts[at].to_string().contains(text);
        assert!(has(0, "A small shop") && has(0, "A shop to be.") && !has(0, "A: Ann"));
        assert!(has(1, "A: Ann") && has(1, "no more questions"));
        assert!(has(2, "A: Ann") && has(2, "## Test matrix"));
        let _ = plan_new(&sandbox, &["--commit"]).exits(0);
        assert_eq!(sandbox.state("shop-01"), "ready");
        let _ = sandbox.harness(&["models"]).exits(0).prints("architect");
        let log = sandbox.harness(&["log"]).exits(0).stdout;
        assert_eq!(
            log.matches("Architect strong spoke on the plan shop").count(),
            3,
            "{log}"
        );
    }
}

#[test]
fn mistakes_go_back_to_the_architect_and_then_to_a_person() {
    let weak = blueprint().replace("\"kind\": \"acceptance\"", "\"kind\": \"test\"");
    let (sandbox, server) = with_architect("", vec![says(&weak), says(&blueprint())]);
    let _ = plan_new(&sandbox, &["--goal", "A small shop", "--done", "--commit"])
        .exits(0)
        .says("because of 2 weak places");
    let _ = server.request();
    let again = asked(&server);
    assert!(
        again.contains("task shop-01: no check is of this card's own definition of done"),
        "{again}"
    );
    assert!(again.contains("Your last blueprint:\n"), "{again}");
    let _ = sandbox.harness(&["plan", "lint"]).exits(0).prints("no weak places");

    // One that never gets better: asked twice more, then the draft is a person's.
    let (sandbox, server) = with_architect("", vec![says(&weak), says(&weak), says(&weak), says(&weak)]);
    let _ = plan_new(&sandbox, &["--goal", "A small shop", "--done"])
        .exits(1)
        .says("the blueprint of shop has weak places; it is kept in");
    assert_eq!(server.requests_left(), 3);
    assert!(
        sandbox
            .read(".git/harness/plans/shop/blueprint.md")
            .contains("\"kind\": \"test\"")
    );
    let _ = plan_new(&sandbox, &["--continue", "--allow-weak", "--commit"]).exits(0);
    assert_eq!(server.requests_left(), 0, "a person takes it as it is");
}

#[test]
fn an_answer_of_no_use_is_asked_for_once_more() {
    let (sandbox, server) = with_architect(
        "",
        vec![says("Let me think."), says(QUESTIONS), says("Hm."), says("Hm, hm.")],
    );
    let _ = plan_new(&sandbox, &["--goal", "A small shop"])
        .exits(4)
        .prints("1. users: Who uses it?");
    let _ = server.request();
    let again = asked(&server);
    assert!(
        again.contains("Your last answer was of no use: it holds neither numbered questions"),
        "{again}"
    );
    let file = answers(&sandbox, "All as you think.\n");
    let _ = plan_new(&sandbox, &["--answers", &file])
        .exits(1)
        .says("the Architect's answer could not be read");
    assert!(
        sandbox
            .read(".git/harness/plans/shop/interview.toml")
            .contains("All as you think.")
    );
}

#[test]
fn an_architect_that_asks_after_the_end_has_to_decide_by_itself() {
    let (sandbox, server) = with_architect("", vec![says(QUESTIONS), says(&blueprint())]);
    let _ = plan_new(&sandbox, &["--goal", "A small shop", "--done"]).exits(0);
    let _ = server.request();
    let again = asked(&server);
    assert!(again.contains("the interview is over"), "{again}");
}

#[test]
fn a_server_that_fails_loses_nothing_and_what_it_cost_is_recorded() {
    let (sandbox, _server) = with_architect(
        "",
        vec![
            says(QUESTIONS),
            vec![head(200, TONGUE.content_type(), ""), send(TONGUE.text("## Prod"))],
            respond(401, "application/json", "", r#"{"error":{"message":"no such key"}}"#),
            says("no more questions"),
            says(&blueprint()),
        ],
    );
    let _ = plan_new(&sandbox, &["--goal", "A small shop"]).exits(4);
    let file = answers(&sandbox, "1. Ann\n2. Say so.\n");
    let _ = plan_new(&sandbox, &["--answers", &file]).exits(4).says("--continue");
    let _ = plan_new(&sandbox, &["--continue"])
        .exits(2)
        .says("does not accept the key");
    let rows = sandbox.harness(&["log", "--json"]).exits(0).stdout;
    let failed: Vec<&str> = rows
        .lines()
        .filter(|row| row.contains("plan_consulted") && !row.contains("\"reason\":null"))
        .collect();
    assert_eq!(failed.len(), 2, "{rows}");
    let ready = json(&plan_new(&sandbox, &["--continue", "--json"]).exits(0));
    assert_eq!(
        (&ready["asked"], &ready["answered"], &ready["consulted"]),
        (&2.into(), &2.into(), &5.into())
    );
}

#[test]
fn a_budget_holds_for_plans_too() {
    let (sandbox, server) = with_architect("[budget]\ntask = \"0.06\"\n", vec![says(QUESTIONS), says(QUESTIONS)]);
    // About 0.015 for the answer and less than 0.02 for the question, each time at the most.
    let _ = plan_new(&sandbox, &["--goal", "A small shop"]).exits(4);
    let long = "word ".repeat(8000);
    let file = answers(&sandbox, &format!("1. {long}\n"));
    let _ = plan_new(&sandbox, &["--answers", &file]).exits(4).says("budget");
    assert_eq!(server.requests_left(), 1);
}

#[test]
fn a_program_may_be_the_architect() {
    let sandbox = Sandbox::new(&[("README.md", "A shop to be.\n")]);
    let answer = sandbox.beside("blueprint.md");
    fs::write(&answer, blueprint()).unwrap();
    let text = fs::read_to_string(&answer).unwrap();
    let script = format!(
        "if grep -q 'Create the project blueprint' \"$HARNESS_PACKET\"; then\ncat <<'END'\n{text}END\nelse echo 'no more questions'; fi\n"
    );
    let program = sandbox.script("architect.sh", &script);
    sandbox.configure_unread(&format!(
        "[roles]\narchitect = \"agent\"\n[builders.agent]\nrun = [\"{program}\"]\nanswer = \"stdout\"\n"
    ));
    let _ = plan_new(&sandbox, &["--goal", "A small shop"])
        .exits(4)
        .says("not trusted: builder agent");
    let _ = sandbox.harness(&["trust"]).exits(0);
    let _ = plan_new(&sandbox, &["--goal", "A small shop"])
        .exits(0)
        .prints("2 cards");
    // The prompts can be had all the same, and another can be asked.
    let _ = plan_new(&sandbox, &["--restart", "--goal", "A shop", "--architect", "manual"])
        .exits(4)
        .prints("You are the Architect");
    let _ = plan_new(&sandbox, &["--continue", "--architect", "nobody"])
        .exits(2)
        .says("there is no builder `nobody`");
}

fn at_terminal(sandbox: &Sandbox, args: &[&str]) -> Person {
    let mut command = sandbox.harness_command();
    command.args(["plan", "new"]).args(args);
    Person::at(command)
}

#[test]
fn a_person_is_interviewed_in_the_terminal() {
    let more = "## Questions\n1. Definition of done: When is it done?\n";
    let (sandbox, server) = with_architect(
        "",
        vec![
            says(QUESTIONS),
            says(more),
            says("no more questions"),
            says(&blueprint()),
        ],
    );
    let mut person = at_terminal(&sandbox, &[]);
    let _ = person
        .sees("What is to be built?")
        .types("A small shop,")
        .types("with plums")
        .types("")
        .sees("A short id for the plan [small-shop]")
        .types("con")
        .sees("device name")
        .types("shop")
        .sees("asking Architect strong")
        .sees("1 of 2, users: Who uses it?")
        .types("Ann, and \\")
        .types("her friends")
        .sees("2 of 2, edge cases: What if the shop is empty?")
        .types("")
        .sees("1 of 1, definition of done: When is it done?")
        .types("When it sells")
        .sees("2 cards (asked 3, answered 2)")
        .sees("the Architect used 4000 tokens in, 400 out, $0.018000, in 4 calls")
        .sees("runs    grep -q plums shop.sh")
        .sees("Commit this plan onto main, and trust its commands? [y/N]")
        .types("y")
        .sees("2 cards of plan shop committed on main");
    assert_eq!(person.leaves(), Some(0), "{}", person.shown);
    let prompts: Vec<String> = (0..4).map(|_| asked(&server)).collect();
    assert!(prompts[0].contains("A small shop,\nwith plums"), "{}", prompts[0]);
    assert!(prompts[1].contains("A: Ann, and\nher friends") || prompts[1].contains("A: Ann, and \nher friends"));
    assert_eq!(sandbox.state("shop-02"), "pending");
}

#[test]
fn ctrl_c_loses_nothing_and_continue_goes_on() {
    let hanging = vec![
        head(200, TONGUE.content_type(), ""),
        send(TONGUE.text("## Pro")),
        Step::Tell,
        Step::WaitForHangUp,
    ];
    let (sandbox, server) = with_architect("", vec![says(QUESTIONS), hanging, says(&blueprint())]);
    let mut person = at_terminal(&sandbox, &["shop", "--goal", "A small shop"]);
    let _ = person.sees("1 of 2").types("Ann").sees("2 of 2").interrupts();
    assert_eq!(person.leaves(), Some(130), "{}", person.shown);
    assert!(
        person.shown.contains("go on: git harness plan new shop --continue"),
        "{}",
        person.shown
    );
    assert!(
        sandbox
            .read(".git/harness/plans/shop/interview.toml")
            .contains("answer = \"Ann\"")
    );

    // The second question alone is asked, and /done ends it; then the model is interrupted.
    let mut person = at_terminal(&sandbox, &["--continue"]);
    let _ = person
        .sees("1 of 1, edge cases: What if the shop is empty?")
        .types("/done")
        .sees("asking Architect strong for the blueprint");
    while !matches!(server.next(), Told::Reached) {}
    assert_eq!(person.interrupts().leaves(), Some(130), "{}", person.shown);

    // And without any: the blueprint is asked for again, and a person says no.
    let mut person = at_terminal(&sandbox, &["shop", "--continue"]);
    let _ = person
        .sees("[y/N]")
        .types("")
        .sees("next: git harness plan new shop --commit");
    assert_eq!(person.leaves(), Some(0), "{}", person.shown);
    assert_eq!(sandbox.subjects("main"), ["Begin", "Configure"]);
    let interview = sandbox.read(".git/harness/plans/shop/interview.toml");
    assert!(
        interview.contains("answer = \"Ann\"") && interview.contains("closed = true"),
        "{interview}"
    );
}

#[test]
fn whoever_leaves_everything_open_is_not_asked_again() {
    let (sandbox, server) = with_architect("", vec![says(QUESTIONS), says(&blueprint())]);
    let mut person = at_terminal(&sandbox, &["shop", "--goal", "A small shop"]);
    let _ = person
        .sees("1 of 2")
        .types("")
        .sees("2 of 2")
        .types("")
        .sees("[y/N]")
        .types("yes")
        .sees("committed on main");
    assert_eq!(person.leaves(), Some(0), "{}", person.shown);
    assert_eq!(server.requests_left(), 2);
}
