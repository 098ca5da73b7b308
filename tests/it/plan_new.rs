//! `plan new`: from a goal to committed cards, by hand.

use std::fs;

use super::sandbox::{Outcome, Sandbox};

/// What an Architect asks.
pub const QUESTIONS: &str = "Good idea.\n\n## Questions\n1. Users: Who uses it?\n2. Edge cases: What if the shop is empty?\n   I would say so.\n";

/// Every section of a blueprint.
const SECTIONS: &str = "# A small shop\n\n## Product brief\nAnn sells plums.\n\n## User stories\nAs Ann I want to sell.\n\n## Architecture plan\nOne script.\n\n## File structure\n`shop.sh` sells.\n\n## Data and state model\nOpen or shut.\n\n## Build plan\nFirst sell, then count.\n\n## Testing strategy\nScripts.\n\n## Test matrix\n\n| task | success | failure | edge | check |\n|---|---|---|---|---|\n| shop-01 | sells | says no | empty | sold |\n\n## Risks\n- Security: none.\n- Data integrity: none is kept.\n- Migration: none.\n\n## Non-goals\nPears.\n\n## Open questions\nnone\n\n## Local or cloud\nA local model can do all of it.\n\n";

fn task(id: &str, file: &str, depends: &str, wanted: &str) -> String {
    format!(
        r#"{{ "id": "{id}", "title": "Write {file}", "objective": "{file} is there.", "dependencies": [{depends}],
  "files_allowed": ["{file}"], "instructions": ["Write {wanted} into {file}"], "constraints": ["Nothing else"],
  "definition_of_done": ["{file} says {wanted}"],
  "verification": [{{ "name": "{id}", "run": "grep -q {wanted} {file}", "kind": "acceptance", "red_first": true }}],
  "stop_condition": "Summarize the changed files and stop.", "lane": "throughput" }}"#
    )
}

/// A blueprint without a fault.
pub fn blueprint() -> String {
    let tasks = [
        task("shop-01", "shop.sh", "", "plums"),
        task("shop-02", "count.sh", "\"shop-01\"", "three"),
    ];
    format!(
        "{SECTIONS}## Task list\n\n```json\n{{ \"tasks\": [\n{}\n] }}\n```\n",
        tasks.join(",\n")
    )
}

struct Desk {
    sandbox: Sandbox,
}

impl Desk {
    fn new() -> Self {
        Self {
            sandbox: Sandbox::new(&[("README.md", "A shop to be.\n"), ("a.txt", "x\n")]),
        }
    }

    fn plan_new(&self, args: &[&str]) -> Outcome {
        self.sandbox.harness(&[&["plan", "new", "shop"], args].concat())
    }

    /// The same with a text in the file that the last option wants.
    fn given(&self, option: &str, text: &str) -> Outcome {
        let file = self.sandbox.beside("given.md");
        fs::write(&file, text).unwrap();
        self.plan_new(&[option, file.to_str().unwrap()])
    }

    fn kept(&self, name: &str) -> String {
        self.sandbox.read(&format!(".git/harness/plans/shop/{name}"))
    }
}

#[test]
fn by_hand_a_goal_becomes_cards() {
    let desk = Desk::new();
    let begun = desk
        .plan_new(&["--goal", "A small shop", "--context", "a.txt"])
        .exits(4)
        .prints("The goal, in my words:\nA small shop\n")
        .prints("README.md")
        .prints("a.txt (whole file)")
        .says("plan new shop --from FILE");
    assert!(begun.stdout.starts_with("You are the Architect"), "{}", begun.stdout);
    let _ = desk
        .given("--from", QUESTIONS)
        .exits(4)
        .prints("1. users: Who uses it?\n2. edge cases: What if the shop is empty?\n   I would say so.\n")
        .says("--answers FILE");
    let _ = desk
        .given("--answers", "1. Ann\n")
        .exits(4)
        .prints("Q: (users) Who uses it?\nA: Ann\n")
        .prints("A: left to you");
    let asked = desk
        .given("--from", "no more questions\n")
        .exits(4)
        .prints("Create the project blueprint.")
        .prints("A: Ann");
    assert!(asked.stdout.contains("`shop-01`"), "{}", asked.stdout);
    let _ = desk
        .given("--from", &format!("Here it is:\n\n{}", blueprint()))
        .exits(0)
        .prints("shop: A small shop, 2 cards (asked 2, answered 1)")
        .prints("runs    grep -q plums shop.sh")
        .says("git harness plan new shop --commit");
    assert_eq!(desk.sandbox.subjects("main"), ["Begin"]);
    assert_eq!(
        desk.sandbox.git(&["status", "--porcelain"]),
        "",
        "nothing is written yet"
    );

    let _ = desk
        .plan_new(&["--commit"])
        .exits(0)
        .prints("2 cards of plan shop committed on main");
    assert_eq!(desk.sandbox.subjects("main"), ["Begin", "Plan shop: A small shop"]);
    assert_eq!(desk.sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(desk.sandbox.state("shop-01"), "ready");
    assert_eq!(desk.sandbox.state("shop-02"), "pending");
    let _ = desk
        .sandbox
        .harness(&["plan", "lint"])
        .exits(0)
        .prints("no weak places");
    let _ = desk
        .sandbox
        .harness(&["plan", "show", "shop"])
        .exits(0)
        .prints("Ann sells plums.");
    assert!(
        desk.sandbox
            .read(".harness/plans/shop.source/interview.toml")
            .contains("answer = \"Ann\"")
    );
    assert!(
        desk.sandbox
            .read(".harness/plans/shop.source/blueprint.md")
            .contains("\"shop-02\"")
    );
    assert!(!desk.sandbox.repo().join(".git/harness/plans/shop").exists());
    let _ = desk
        .plan_new(&["--goal", "Again"])
        .exits(2)
        .says("there is a plan shop already");
}

#[test]
fn the_prompts_can_be_had_alone_and_as_json() {
    let desk = Desk::new();
    let printed = desk.plan_new(&["--print"]).exits(0);
    assert!(printed.stdout.contains("How to answer:") && !printed.stdout.contains("in my words"));
    let printed = desk.plan_new(&["--print", "--done"]).exits(0);
    assert!(printed.stdout.contains("## Task list"), "{}", printed.stdout);
    let ready = desk.given("--from", &blueprint()).exits(0);
    assert!(!ready.stdout.contains("Task list"), "{}", ready.stdout);
    let json: serde_json::Value =
        serde_json::from_str(&desk.plan_new(&["--continue", "--json"]).exits(0).stdout).unwrap();
    assert_eq!((json["v"].as_u64(), json["step"].as_str()), (Some(1), Some("commit")));
    assert_eq!(json["tasks"], serde_json::json!(["shop-01", "shop-02"]));

    let asked = Desk::new();
    let json = |outcome: Outcome| -> serde_json::Value { serde_json::from_str(&outcome.stdout).unwrap() };
    let begun = json(asked.plan_new(&["--goal", "A shop", "--json"]).exits(4));
    assert_eq!(begun["step"], "ask_architect");
    assert!(begun["prompt"].as_str().unwrap().contains("A shop"));
    let _ = asked.given("--from", QUESTIONS).exits(4);
    let open = json(asked.plan_new(&["--continue", "--json"]).exits(4));
    assert_eq!(open["step"], "answer");
    assert_eq!(
        open["questions"][0],
        serde_json::json!({"number": 1, "topic": "users", "text": "Who uses it?"})
    );
}

#[test]
fn what_is_wrong_is_named_and_the_draft_is_kept() {
    let desk = Desk::new();
    let bad = blueprint()
        .replace("## Non-goals\nPears.\n\n", "")
        .replace("\"dependencies\": [\"shop-01\"]", "\"dependencies\": [\"shop-07\"]");
    let _ = desk
        .given("--from", &bad)
        .exits(1)
        .says("the blueprint has no section `Non-goals`")
        .says("shop-02 depends on shop-07, which does not exist")
        .says("it is kept in")
        .says("plan new shop --continue");
    let _ = desk
        .plan_new(&["--print"])
        .exits(0)
        .prints("Your last blueprint has mistakes.")
        .prints("shop-02 depends on shop-07, which does not exist. To mend it:")
        .prints("Ann sells plums.");
    let weak = blueprint().replace("\"kind\": \"acceptance\"", "\"kind\": \"test\"");
    let _ = desk
        .given("--from", &weak)
        .exits(1)
        .says("has weak places")
        .says("no check is of this card's own definition of done")
        .says("--allow-weak");
    let json = desk.plan_new(&["--continue", "--json"]).exits(1).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (json["step"].as_str(), json["found"].as_array().unwrap().len()),
        (Some("mend"), 2)
    );
    let _ = desk
        .plan_new(&["--continue", "--allow-weak"])
        .exits(0)
        .prints("2 cards");
    assert_eq!(desk.sandbox.subjects("main"), ["Begin"]);
    // A person mends the file that is kept.
    let path = desk.sandbox.repo().join(".git/harness/plans/shop/blueprint.md");
    fs::write(path, blueprint()).unwrap();
    let _ = desk.plan_new(&["--continue", "--commit"]).exits(0);
    assert_eq!(desk.sandbox.state("shop-01"), "ready");
}

#[test]
fn ids_that_were_given_go_back_to_the_architect() {
    let desk = Desk::new();
    desk.sandbox
        .import("p.json", &super::sandbox::one_card("shop-01", "a.txt", "true"));
    let _ = desk
        .given("--from", &blueprint())
        .exits(1)
        .says("these ids belong to another plan: shop-01");
}

#[test]
fn every_wrong_call_says_what_to_do() {
    let desk = Desk::new();
    for (args, message, hint) in [
        (&["plan", "new"][..], "the plan has no name", "plan new shop --goal"),
        (
            &["plan", "new", "shop"],
            "nothing says what shop is to be",
            "--goal-file FILE",
        ),
        (
            &["plan", "new", "shop", "--continue"],
            "no plan shop is in the making",
            "begin it",
        ),
        (
            &["plan", "new", "shop", "--goal", "x", "--context", "no.txt"],
            "cannot show no.txt to the Architect",
            "git ls-files",
        ),
    ] {
        let _ = desk.sandbox.harness(args).exits(2).says(message).says(hint);
    }
    let _ = desk.plan_new(&["--goal", "A shop"]).exits(4);
    let _ = desk
        .plan_new(&["--goal", "Another"])
        .exits(2)
        .says("the plan shop is in the making already")
        .says("--restart");
    let _ = desk.plan_new(&[]).exits(2).says("--continue");
    let _ = desk
        .given("--answers", "1. Ann\n")
        .exits(2)
        .says("no question of the plan shop is open");
    let before = desk.kept("interview.toml");
    let _ = desk
        .given("--from", "I will begin to write code now.\n")
        .exits(1)
        .says("it holds neither numbered questions")
        .says("nothing was changed");
    assert_eq!(desk.kept("interview.toml"), before);
    let _ = desk.plan_new(&["--goal", "Another", "--restart"]).exits(4);
    assert!(desk.kept("interview.toml").contains("goal = \"Another\""));
    fs::write(
        desk.sandbox.repo().join(".git/harness/plans/shop/interview.toml"),
        "v = 9\n",
    )
    .unwrap();
    let _ = desk
        .plan_new(&["--continue"])
        .exits(2)
        .says("interview.toml")
        .says("--restart");
}

#[test]
fn a_secret_in_an_answer_is_neither_kept_nor_asked_about() {
    let desk = Desk::new();
    let key = ["ghp_", &"A1b2".repeat(9)].concat();
    let _ = desk.plan_new(&["--goal", "A shop"]).exits(4);
    let _ = desk.given("--from", QUESTIONS).exits(4);
    let asked = desk.given("--answers", &format!("1. Ann, with {key}\n")).exits(4);
    assert!(asked.stdout.contains("Ann, with [redacted"), "{}", asked.stdout);
    assert!(!desk.kept("interview.toml").contains(&key));
}
