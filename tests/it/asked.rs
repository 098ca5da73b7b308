//! Checks that ask git: their evidence holds for what the repository said then, that of the others for the tree alone.

use super::sandbox::{ALL_TIERS, Outcome, Sandbox};

const TAG: &str = "git describe --tags --match 'v*' && test -z \"$(git tag -l v2)\"";

fn ground(without: &'static str) -> Sandbox {
    let sandbox = Sandbox::new(&[("src/a.txt", "start\n"), ("other.txt", "x\n")]).without(without);
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"manual\"\n[checks.tag]\nrun = '''{TAG}'''\n[checks.plain]\nrun = \"grep -q . src/a.txt && find . -name a.txt\"\n"
    ));
    let task = |id: &str, check: &str| {
        format!(
            "[[tasks]]\nid = \"{id}\"\ntitle = \"Do {id}\"\nfiles = [\"src/a.txt\"]\ndefinition_of_done = [\"done\"]\nverify = [\"{check}\"]\n"
        )
    };
    sandbox.import("p.toml", &[task("t-1", "tag"), task("t-2", "plain")].concat());
    let _ = sandbox.harness(&["trust"]).exits(0);
    sandbox.git(&["tag", "v1"]);
    sandbox
}

fn verify(sandbox: &Sandbox, task: &str) -> Outcome {
    sandbox.harness(&["verify", task])
}

const REUSED: &str = "were reused";

#[test]
fn what_tags_and_history_say_is_part_of_evidence_where_a_check_asks() {
    for without in ["", "overlay", ALL_TIERS] {
        let sandbox = ground(without);
        for task in ["t-1", "t-2"] {
            let first = verify(&sandbox, task).exits(0);
            assert!(!first.stdout.contains(REUSED), "{without:?} {task}");
            let _ = verify(&sandbox, task).exits(0).prints(REUSED);
        }
        // A tag, which a fresh clone has as well.
        sandbox.git(&["tag", "v2"]);
        let _ = verify(&sandbox, "t-1").exits(1);
        let _ = verify(&sandbox, "t-2").exits(0).prints(REUSED);
        sandbox.git(&["tag", "-d", "v2"]);
        let _ = verify(&sandbox, "t-1").exits(0).prints(REUSED);
        // The same tree on another commit.
        sandbox.git(&["commit", "-q", "--allow-empty", "-m", "Nothing"]);
        let again = verify(&sandbox, "t-1").exits(0);
        assert!(!again.stdout.contains(REUSED), "{without:?}");
        let _ = verify(&sandbox, "t-2").exits(0).prints(REUSED);
    }
}

#[test]
fn submit_after_verify_does_not_run_an_asking_check_twice() {
    let sandbox = ground("");
    let _ = sandbox.harness(&["start", "t-1"]).exits(0);
    sandbox.write("src/a.txt", "work\n");
    sandbox.git(&["add", "src/a.txt"]);
    let _ = sandbox.harness(&["verify"]).exits(0);
    let _ = sandbox.harness(&["verify"]).exits(0).prints(REUSED);
    let _ = sandbox.harness(&["submit"]).exits(0);
    let shown = sandbox.harness(&["show", "t-1", "--json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    let evidence = &json["log"]["attempts"][0]["evidence"];
    assert_eq!(evidence["reused"], true, "{json}");
    assert_eq!(evidence["results"][0]["asked_git"], true, "{json}");
    assert!(evidence["key"]["repository"].is_string(), "{json}");
}
