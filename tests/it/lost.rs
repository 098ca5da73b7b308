//! What a Builder breaks in its view is its own failure, by name; what the machine breaks is nobody's. Neither keeps other
//! cards from being built.

use std::process::Command;

use super::sandbox::{Outcome, Sandbox};

/// Two cards that have nothing to do with each other; `p-1` is the first.
fn ready(builder: &str, sandbox: Sandbox) -> Sandbox {
    let _ = sandbox.harness(&["init"]).exits(0);
    let script = sandbox.script("builder.sh", builder);
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"script\"\n\n[builders.script]\nkind = \"command\"\nrun = [\"{script}\"]\n"
    ));
    let card = |id: &str, files: &str, check: &str| {
        format!(
            "{{\"id\": \"{id}\", \"title\": \"Do {id}\", \"files_allowed\": [\"{files}\"], \"instructions\": \"Do it\", \
             \"definition_of_done\": [\"done\"], \"verification\": [\"{check}\"]}}"
        )
    };
    let plan = format!("[{}, {}]", card("p-1", "src/**", "true"), card("p-2", "b.txt", "true"));
    sandbox.import("p.json", &plan);
    sandbox
}

fn plain() -> Sandbox {
    Sandbox::new(&[("src/a.txt", "x\n"), ("src/d/e.txt", "x\n"), ("b.txt", "x\n")])
}

/// The same commands as somebody who is not above the rights of files.
struct Ordinary<'a>(&'a Sandbox);

impl<'a> Ordinary<'a> {
    fn of(sandbox: &'a Sandbox) -> Self {
        if rustix::process::geteuid().is_root() {
            let root = sandbox.beside("");
            let owned = Command::new("chown").args(["-R", "65534:65534"]).arg(root).status();
            assert!(owned.unwrap().success());
        }
        Self(sandbox)
    }

    fn harness(&self, args: &[&str]) -> Outcome {
        self.run(Sandbox::program().to_str().unwrap(), args)
    }

    fn git(&self, args: &[&str]) -> String {
        self.run("git", args).exits(0).stdout.trim_end().to_owned()
    }

    fn run(&self, program: &str, args: &[&str]) -> Outcome {
        let mut command = if rustix::process::geteuid().is_root() {
            let mut command = self.0.command("setpriv", &self.0.repo());
            command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--", program]);
            command
        } else {
            self.0.command(program, &self.0.repo())
        };
        command.args(args);
        Sandbox::outcome_of(command)
    }

    fn state(&self, task: &str) -> String {
        let outcome = self.harness(&["status", "--json"]).exits(0);
        let json: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        let tasks = json["targets"][0]["tasks"].as_array().unwrap();
        let found = tasks.iter().find(|found| found["id"] == task).unwrap();
        found["state"].as_str().unwrap().to_owned()
    }
}

#[test]
fn what_a_builder_closed_is_its_own_failure_by_name() {
    for (breaks, named) in [
        ("echo y > src/a.txt; chmod 000 src/a.txt", "src/a.txt: cannot be read"),
        ("chmod 000 src", "src: cannot be read"),
        ("mkdir src/new; echo y > src/new/f; chmod 000 src/new", "src/new"),
        ("mkdir src/new; echo y > src/new/f; chmod 400 src/new", "src/new"),
    ] {
        for tiers in ["", "overlay", "overlay,shadow+landlock"] {
            let sandbox = ready("true\n", plain().without(tiers));
            let user = Ordinary::of(&sandbox);
            let outcome = user.harness(&["exec", "p-1", "--", "sh", "-c", breaks]);
            assert!(
                !outcome.stderr.contains("attempt lost"),
                "{breaks} {tiers}: {}",
                outcome.stderr
            );
            if tiers.is_empty() && !breaks.contains("000 src/a.txt") {
                // With layers a folder's rights are given back before anybody looks, so it is no obstacle.
                assert_ne!(user.state("p-1"), "in_progress", "{breaks}");
                continue;
            }
            let _ = outcome.exits(1).says(named);
            assert_eq!(user.state("p-1"), "failed", "{breaks} {tiers}");
            // The next one begins with everything in its place.
            let good = ["exec", "p-1", "--", "sh", "-c", "echo good > src/a.txt"];
            let _ = user.harness(&good).exits(0);
            assert_eq!(user.git(&["show", "main:src/a.txt"]), "good");
            assert_eq!(user.git(&["show", "main:src/d/e.txt"]), "x");
        }
    }
}

#[test]
fn a_builder_that_closes_its_view_keeps_nobody_from_work() {
    let builder = "grep -q p-1 \"$HARNESS_PACKET\" && { chmod 000 src; exit 0; }; echo good > b.txt\n";
    let sandbox = ready(builder, plain());
    let user = Ordinary::of(&sandbox);
    let _ = user.harness(&["run"]).exits(4).prints("p-1");
    assert_eq!(user.state("p-1"), "escalated", "one retry, then the Architect");
    assert_eq!(user.state("p-2"), "complete");
}

#[test]
fn a_card_that_keeps_losing_attempts_is_left_aside_and_the_run_goes_on() {
    let builder = "grep -q p-1 \"$HARNESS_PACKET\" && { echo good > src/a.txt; exit 0; }; echo good > b.txt\n";
    let sandbox = ready(builder, plain());
    let run = |points: &str| {
        let mut command = sandbox.harness_command();
        command.env("FAILPOINTS", points).args(["run"]);
        Sandbox::outcome_of(command)
    };
    let lost = run("view.write@1+=error").exits(4);
    assert!(
        lost.stdout.contains("3 attempts were lost for the same reason"),
        "{}",
        lost.stdout
    );
    assert_eq!(
        lost.stderr.matches("attempt lost").count(),
        6,
        "three of each: {}",
        lost.stderr
    );
    assert_eq!(sandbox.state("p-1"), "blocked");
    assert_eq!(sandbox.state("p-2"), "blocked", "it was tried, too");
    let _ = sandbox.harness(&["unblock", "p-1"]).exits(0);
    let _ = sandbox.harness(&["run"]).exits(4);
    assert_eq!(sandbox.state("p-1"), "complete");
}

#[test]
fn a_full_disk_is_everybodys_and_blames_no_card() {
    let sandbox = ready("echo good > b.txt; echo good > src/a.txt\n", plain());
    let mut command = sandbox.harness_command();
    command.env("FAILPOINTS", "view.write@1+=nospace").args(["run"]);
    let _ = Sandbox::outcome_of(command).exits(1);
    assert_eq!(sandbox.state("p-1"), "ready");
    assert_eq!(sandbox.state("p-2"), "ready");
}

#[test]
fn thousands_of_deletions_are_told_in_a_few_lines() {
    let names: Vec<String> = (0..6000).map(|number| format!("other/{number}.txt")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "x\n")).collect();
    files.push(("src/a.txt", "x\n"));
    let sandbox = ready("true\n", Sandbox::new(&files));
    for (what, said) in [
        // Below the limit each of them is outside of the card; above it they are one accident.
        (
            "ls other | head -1900 | sed s,^,other/, | xargs rm",
            "1850 more paths break a rule",
        ),
        ("rm -r other; echo y > src/a.txt", "more than 2000 paths differ"),
    ] {
        let outcome = sandbox
            .harness(&["exec", "p-1", "--", "sh", "-c", what])
            .exits(1)
            .says(said);
        assert!(
            outcome.stderr.lines().count() < 200,
            "{} lines",
            outcome.stderr.lines().count()
        );
        assert!(outcome.stderr.len() < 32 * 1024, "{} bytes", outcome.stderr.len());
        let _ = sandbox.harness(&["retry", "p-1"]).exits(0);
    }
    let _ = sandbox.harness(&["start", "p-1"]).exits(0);
    std::fs::remove_dir_all(sandbox.repo().join("other")).unwrap();
    sandbox.git(&["rm", "-rq", "--cached", "other"]);
    let commit = sandbox.try_git(&["commit", "-qm", "All gone"]);
    assert_ne!(commit.code, 0);
    assert!(commit.stderr.lines().count() < 200, "{}", commit.stderr.lines().count());
}
