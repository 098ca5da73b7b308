//! Evidence is of exactly the committed tree: what one run leaves decides nothing in another, in any tier.

use super::sandbox::{ALL_TIERS, Outcome, Sandbox};

/// The tiers of the fence, by what the machine is to lack.
const TIERS: [&str; 3] = ["", "overlay", ALL_TIERS];

/// A check that believes an earlier verdict, and runs the program that it tests, as test runners do.
const CHECK: &str = "if [ -f out/verdict ]; then exit \"$(cat out/verdict)\"; fi
if [ -f \"$TMPDIR/verdict\" ]; then exit \"$(cat \"$TMPDIR/verdict\")\"; fi
if [ -f src/gen/program.sh ]; then sh src/gen/program.sh; fi
grep -q good src/allowed.txt
";

/// A build step before it, which runs what the card allows, too.
const BUILD: &str = "if [ -f src/gen/part.sh ]; then . ./src/gen/part.sh; fi\n";

fn ground(without: &'static str, config: &str, cards: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new(&[
        ("src/allowed.txt", "start\n"),
        ("src/gen/keep", "keep\n"),
        ("src/build.sh", BUILD),
        ("tests/check.sh", CHECK),
        ("deps.lock", "one\n"),
    ])
    .without(without);
    sandbox.configure(&format!("[roles]\nbuilder = \"manual\"\n{config}"));
    let tasks: String = cards
        .iter()
        .map(|(id, verify)| {
            format!(
                "[[tasks]]\nid = \"{id}\"\ntitle = \"Do {id}\"\nfiles = [\"src/allowed.txt\", \"src/gen/**\", \"deps.lock\", \"pkg/**\"]\ndefinition_of_done = [\"done\"]\nverify = {verify}\n"
            )
        })
        .collect();
    if !cards.is_empty() {
        sandbox.import("p.toml", &tasks);
    }
    let _ = sandbox.harness(&["trust"]).exits(0);
    sandbox
}

fn exec(sandbox: &Sandbox, task: &str, script: &str) -> Outcome {
    sandbox.harness(&["exec", task, "--", "sh", "-c", script])
}

/// The evidence of the last attempt at a task.
fn evidence(sandbox: &Sandbox, task: &str) -> serde_json::Value {
    let shown = sandbox.harness(&["show", task, "--json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    let attempts = json["log"]["attempts"].as_array().unwrap_or_else(|| panic!("{json}"));
    attempts.last().unwrap()["evidence"].clone()
}

#[test]
fn what_one_check_changes_is_gone_before_the_next_one() {
    let both = "[\"sh src/build.sh\", \"sh tests/check.sh\"]";
    for without in TIERS {
        let tricks = [
            "echo exit 0 > tests/check.sh",
            "mkdir -p out; echo 0 > out/verdict",
            "echo 0 > \"$TMPDIR/verdict\"",
            "rm -r tests; mkdir -p tests; ln -s /dev/null tests/check.sh",
            "echo good > src/allowed.txt; chmod 000 src",
        ];
        let ids: Vec<String> = (0..tricks.len()).map(|number| format!("t-{number}")).collect();
        let cards: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), both)).collect();
        let sandbox = ground(without, "", &cards);
        for (id, trick) in ids.iter().zip(tricks) {
            let script = format!("echo bad > src/allowed.txt; cat > src/gen/part.sh <<'E'\n{trick}\nE\n");
            let _ = exec(&sandbox, id, &script).exits(1).says("sh tests/check.sh");
        }
    }
}

#[test]
fn a_worktree_commit_is_held_to_the_same() {
    for without in TIERS {
        let sandbox = ground(without, "", &[("t-1", "[\"sh src/build.sh\", \"sh tests/check.sh\"]")]);
        let _ = sandbox.harness(&["hooks", "install"]).exits(0);
        let _ = sandbox.harness(&["start", "t-1"]).exits(0);
        sandbox.write("src/allowed.txt", "bad\n");
        sandbox.write(
            "src/gen/part.sh",
            "echo exit 0 > tests/check.sh; mkdir -p out; echo 0 > out/verdict\n",
        );
        sandbox.git(&["add", "-A"]);
        let _ = sandbox.try_git(&["commit", "-qm", "Work"]).exits(1);
        let _ = sandbox.harness(&["submit"]).exits(1);
        sandbox.write("src/allowed.txt", "good\n");
        let _ = sandbox.harness(&["submit"]).exits(0);
    }
}

#[test]
fn each_retry_of_a_flaky_check_begins_anew() {
    for without in TIERS {
        let config = "[checks.c]\nrun = \"sh tests/check.sh\"\nflaky_retries = 2\n";
        let sandbox = ground(without, config, &[("t-1", "[\"c\"]")]);
        for trick in [
            "mkdir -p out; echo 0 > out/verdict",
            "echo 0 > \"$TMPDIR/verdict\"",
            "echo exit 0 > tests/check.sh",
        ] {
            let script = format!(
                "echo bad > src/allowed.txt; cat > src/gen/program.sh <<'E'\n({trick})\nE\necho 'kill -9 $$' >> src/gen/keep"
            );
            let _ = exec(&sandbox, "t-1", &script);
            let json = evidence(&sandbox, "t-1");
            let red = json["results"][0].clone();
            assert_eq!(red["runs"], 3, "{without:?} {trick}: {json}");
            let _ = sandbox.harness(&["retry", "t-1", "--reason", "again"]);
        }
        assert_eq!(sandbox.read("src/allowed.txt"), "start\n");
    }
}

#[test]
fn accepted_work_leaves_nothing_that_decides_a_later_check() {
    for without in TIERS {
        let check = "[\"sh tests/check.sh\"]";
        let sandbox = ground(without, "", &[("t-1", check), ("t-2", check)]);
        let plant =
            "echo good > src/allowed.txt; echo 'mkdir -p out; echo 0 > out/verdict; touch loose' > src/gen/program.sh";
        let _ = exec(&sandbox, "t-1", plant).exits(0);
        let _ = exec(&sandbox, "t-2", "echo bad > src/allowed.txt").exits(1);
        assert_eq!(evidence(&sandbox, "t-2")["key"]["warmth"], "cold");
    }
}

/// The same in ordinary clothes: a compiled file that python believes without looking at its source.
#[test]
fn a_compiled_file_that_nobody_checks_is_not_there_for_the_next_card() {
    let python = std::process::Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|output| output.status.success()) {
        return eprintln!("skipped: there is no python3");
    }
    for without in TIERS {
        let sandbox = Sandbox::new(&[
            (".gitignore", "__pycache__/\n"),
            ("src/mod.py", "def value():\n    return 0\n"),
            (
                "tests/test_it.py",
                "import sys\nsys.path.insert(0, 'src')\nimport mod\n\n\ndef check():\n    assert mod.value() == 42\n",
            ),
            (
                "run.py",
                "import sys\nsys.path[:0] = ['src', 'tests']\nimport mod, test_it\ntest_it.check()\n",
            ),
        ])
        .without(without);
        sandbox.configure("[roles]\nbuilder = \"manual\"\n");
        let card = |id: &str| {
            format!(
                "[[tasks]]\nid = \"{id}\"\ntitle = \"T\"\nfiles = [\"src/mod.py\"]\ndefinition_of_done = [\"d\"]\nverify = [\"python3 run.py\"]\n"
            )
        };
        sandbox.import("p.toml", &[card("t-1"), card("t-2")].concat());
        let _ = sandbox.harness(&["trust"]).exits(0);
        let plant = "cat > src/mod.py <<'E'\nimport os, py_compile\nos.makedirs('tests/__pycache__', exist_ok=True)\nsource = os.environ['TMPDIR'] + '/t.py'\nopen(source, 'w').write('def check():\\n    pass\\n')\nimport importlib.util\npy_compile.compile(source, cfile=importlib.util.cache_from_source('tests/test_it.py'), dfile='tests/test_it.py', invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)\ndef value():\n    return 42\nE\n";
        let _ = exec(&sandbox, "t-1", plant).exits(0);
        let _ = exec(
            &sandbox,
            "t-2",
            "printf 'def value():\\n    return 666\\n' > src/mod.py",
        )
        .exits(1);
    }
}

#[test]
fn set_up_runs_on_the_base_and_no_candidate_steers_it() {
    for without in TIERS {
        let config = "[slot]\nsetup = [\"sh setup.sh\"]\nsetup_inputs = [\"deps.lock\"]\n";
        let sandbox = ground(without, config, &[]);
        sandbox.write("setup.sh", "mkdir -p out; cp deps.lock out/deps\nif [ -f src/gen/deps.sh ]; then . ./src/gen/deps.sh; fi\necho changed > src/build.sh\necho loose > loose\n");
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["commit", "-qm", "Set-up"]);
        let check = "[\"test \\\"$(cat out/deps)\\\" = one\", \"test \\\"$(cat loose)\\\" = loose\", \"grep -q part.sh src/build.sh\", \"sh tests/check.sh\"]";
        let card = |id: &str| {
            format!(
                "[[tasks]]\nid = \"{id}\"\ntitle = \"T\"\nfiles = [\"src/**\", \"deps.lock\", \"loose\"]\ndefinition_of_done = [\"d\"]\nverify = {check}\n"
            )
        };
        sandbox.import("q.toml", &[card("s-1"), card("s-2"), card("s-3")].concat());
        let _ = sandbox.harness(&["trust"]).exits(0);
        // What set-up made is there, and not what it did to the tree's own files.
        let _ = exec(&sandbox, "s-1", "echo good > src/allowed.txt; test -f out/deps").exits(0);
        // Neither a file that it reads nor one that it is keyed by is the candidate's.
        let steer = "echo bad > src/allowed.txt; echo two > deps.lock; echo 'mkdir -p out; echo 0 > out/verdict' > src/gen/deps.sh";
        let _ = exec(&sandbox, "s-2", steer).exits(1).says("set-up ran on the base");
        // A retry starts from what was in scope of the first one; set-up still does not.
        let _ = exec(&sandbox, "s-2", "echo again > src/gen/more").exits(1);
        let shown = evidence(&sandbox, "s-2");
        let states: Vec<&str> = shown["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| result["status"].as_str().unwrap_or("failed"))
            .collect();
        assert_eq!(states, ["passed", "passed", "passed", "failed"], "{without:?}: {shown}");
        // Once it has landed, set-up is done anew for whoever comes after it.
        let _ = exec(
            &sandbox,
            "s-3",
            "echo fine-good > src/allowed.txt; echo two > deps.lock",
        )
        .exits(0);
        let outcome = sandbox.harness(&["verify", "s-1"]).exits(1);
        let _ = outcome.prints("failed (exit 1)  test \"$(cat out/deps)\" = one");
    }
}

#[test]
fn what_decides_what_a_check_sees_is_part_of_its_key() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let config = |setup: &str, more: &str| {
        format!(
            "[roles]\nbuilder = \"manual\"\n[checks]\nalways = [\"one\"]\n[checks.one]\nrun = \"test $(cat out/set) = one\"\n[slot]\nsetup = [\"mkdir -p out; {setup} > out/set\"]\n{more}"
        )
    };
    let verify = |config: &str, code: i32| {
        sandbox.configure(config);
        let _ = sandbox.harness(&["trust"]).exits(0);
        let outcome = sandbox.harness(&["verify", "--json"]).exits(code);
        let json: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        json["reused"].as_bool().unwrap()
    };
    assert!(!verify(&config("echo one", ""), 0));
    let again = sandbox.harness(&["verify"]).exits(0);
    let _ = again.prints("were reused");
    assert!(!verify(&config("echo two", ""), 1), "the set-up commands");
    assert!(verify(&config("echo one", ""), 0), "as it was at first");
    assert!(
        !verify(&config("echo one", "setup_inputs = [\"a.txt\"]"), 0),
        "its inputs"
    );
    sandbox.write("a.txt", "y\n");
    assert!(
        !verify(&config("echo one", "setup_inputs = [\"a.txt\"]"), 0),
        "what they hold"
    );
    let caches = "setup_inputs = [\"a.txt\"]\n[fence]\ncaches = [\"~/mine\"]";
    assert!(!verify(&config("echo one", caches), 0), "caches that show inside");
}

#[test]
fn kept_folders_are_warm_after_accepted_work_and_cold_where_somebody_looks() {
    for without in TIERS {
        let config = "[checks]\nalways = [\"b\"]\n[checks.b]\nrun = \"sh src/seen.sh\"\n[slot]\nkeep = [\"out/cache\", \"other\"]\n[lanes.gated]\ngates = [\"review\"]\n";
        let sandbox = ground(without, config, &[]);
        sandbox.write(".gitignore", "/out\n/other\n");
        sandbox.write("src/seen.sh", "mkdir -p out/cache; cp src/allowed.txt \"out/cache/$(cat src/allowed.txt)\"; echo x > out/loose; ! grep -q bad src/allowed.txt\n");
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["commit", "-qm", "A cache"]);
        let card = |id: &str, lane: &str, verify: &str| {
            format!(
                "[[tasks]]\nid = \"{id}\"\ntitle = \"T\"\nlane = \"{lane}\"\nfiles = [\"src/allowed.txt\"]\ndefinition_of_done = [\"d\"]\nverify = {verify}\n"
            )
        };
        let warm = "[\"test -e out/cache/first\", \"! test -e out/cache/bad\", \"! test -e out/loose\"]";
        let cards = [
            card("k-1", "throughput", "[\"! test -e out/cache\"]"),
            card("k-2", "throughput", "[\"true\"]"),
            card("k-3", "throughput", warm),
            card("k-4", "gated", "[\"! test -e out\"]"),
        ];
        sandbox.import("q.toml", &cards.concat());
        let _ = sandbox.harness(&["trust"]).exits(0);
        let warmth = |task: &str| evidence(&sandbox, task)["key"]["warmth"].as_str().unwrap().to_owned();
        let _ = exec(&sandbox, "k-1", "echo first > src/allowed.txt").exits(0);
        assert_eq!(warmth("k-1"), "cold", "{without:?}: nothing was there");
        let _ = exec(&sandbox, "k-2", "echo bad > src/allowed.txt").exits(1);
        assert_eq!(warmth("k-2"), "warm", "{without:?}");
        let _ = exec(&sandbox, "k-3", "echo third > src/allowed.txt").exits(0);
        let _ = sandbox.harness(&["show", "k-3"]).exits(0).prints(", warm)");
        let _ = exec(&sandbox, "k-4", "echo fourth > src/allowed.txt").exits(4);
        assert_eq!(warmth("k-4"), "cold", "{without:?}: somebody looks at it");
        let _ = sandbox.harness(&["audit", "--rerun", "main~2..main"]);
        let record = sandbox.git(&["show", "main:.harness/ledger/k-3.toml"]);
        assert!(record.contains("warmth = \"warm\""), "{record}");
    }
}

#[test]
fn a_kept_folder_keeps_no_file_of_the_tree() {
    for without in TIERS {
        let config = "[slot]\nkeep = [\"src/gen\"]\n";
        let check = "[\"sh tests/check.sh\", \"! grep -rq evil src/gen\"]";
        let sandbox = ground(without, config, &[("t-1", check), ("t-2", check), ("t-3", check)]);
        let _ = exec(&sandbox, "t-1", "echo good > src/allowed.txt; echo fine > src/gen/extra; echo 'test -e src/gen/extra && echo ev$(echo il) > src/gen/extra; true' > src/gen/program.sh").exits(0);
        let _ = exec(&sandbox, "t-2", "rm src/gen/extra; echo good2 > src/allowed.txt").exits(0);
        let _ = exec(&sandbox, "t-3", "echo good3 > src/allowed.txt").exits(0);
    }
}

#[test]
fn what_an_open_task_verifies_is_not_accepted_and_leaves_nothing() {
    for without in TIERS {
        let config = "[slot]\nkeep = [\"out\"]\n";
        let sandbox = ground(without, config, &[("t-1", "[\"sh tests/check.sh\"]")]);
        let _ = sandbox.harness(&["start", "t-1"]).exits(0);
        sandbox.write("src/allowed.txt", "good\n");
        sandbox.write("src/gen/program.sh", "mkdir -p out; echo 0 > out/verdict\n");
        let _ = sandbox.harness(&["verify"]).exits(0);
        sandbox.write("src/allowed.txt", "bad\n");
        let _ = sandbox.harness(&["verify"]).exits(1);
    }
}

#[test]
fn a_check_that_is_red_first_may_run_in_a_folder_that_the_card_creates() {
    for without in TIERS {
        let verify = "[{ run = \"ls | grep -q .\", dir = \"pkg/new\", red_first = true }]";
        let sandbox = ground(without, "", &[("t-1", verify)]);
        let _ = exec(&sandbox, "t-1", "echo other > src/allowed.txt")
            .exits(1)
            .says("its folder is not in the tree");
        let _ = exec(&sandbox, "t-1", "mkdir -p pkg/new; echo x > pkg/new/test").exits(0);
    }
}

#[test]
fn a_check_may_run_in_a_folder_that_set_up_makes() {
    for without in TIERS {
        let config = "[slot]\nsetup = [\"mkdir -p out/build; echo made > out/build/file\"]\n";
        let sandbox = ground(
            without,
            config,
            &[("t-1", "[{ run = \"grep made file\", dir = \"out/build\" }]")],
        );
        let _ = exec(&sandbox, "t-1", "echo good > src/allowed.txt").exits(0);
    }
}

#[test]
fn a_check_of_tests_that_cannot_be_counted_says_so() {
    let sandbox = ground(
        "",
        "",
        &[("t-1", "[\"sh tests/check.sh\", { run = \"true\", kind = \"lint\" }]")],
    );
    let _ = exec(&sandbox, "t-1", "echo good > src/allowed.txt")
        .exits(0)
        .says("not counted");
    let json = evidence(&sandbox, "t-1");
    assert_eq!(json["results"][0]["not_counted"], true, "{json}");
    assert_eq!(json["results"][1]["not_counted"], serde_json::Value::Null, "{json}");
    let _ = sandbox.harness(&["show", "t-1"]).exits(0).prints("tests not counted");
    let record = sandbox.git(&["show", "main:.harness/ledger/t-1.toml"]);
    assert!(record.contains("tests = \"not counted\""), "{record}");
}

#[test]
fn init_proposes_set_up_from_lock_files_and_doctor_tries_it() {
    let sandbox = Sandbox::new(&[
        ("package-lock.json", "{}\n"),
        ("core/Cargo.lock", "\n"),
        ("a.txt", "x\n"),
    ]);
    let _ = sandbox
        .harness(&["init", "--no-hooks"])
        .exits(0)
        .prints("found core/Cargo.lock, package-lock.json");
    let config = sandbox.read(".harness/config.toml");
    for line in [
        "# setup = [\"(cd core && cargo fetch --locked)\", \"npm ci\"]\n",
        "# setup_inputs = [\"core/Cargo.lock\", \"package-lock.json\"]\n",
        "# keep = [\"core/target\"]\n",
    ] {
        assert!(config.contains(line), "{config}");
    }
    sandbox.import("p.json", &super::sandbox::one_card("p-1", "a.txt", "true"));
    let doctor = || sandbox.harness(&["doctor"]).stdout;
    let said = doctor();
    assert!(
        said.contains("copies for checks hold nothing of what core/Cargo.lock, package-lock.json locks"),
        "{said}"
    );
    let set_up = |command: &str| {
        sandbox.configure_unread(&format!(
            "[roles]\nbuilder = \"manual\"\n[slot]\nsetup = [\"{command}\"]\n"
        ));
    };
    set_up("echo no such package; exit 3");
    let said = doctor();
    assert!(said.contains("not tried: its commands are not trusted"), "{said}");
    let _ = sandbox.harness(&["trust"]).exits(0);
    let said = doctor();
    assert!(said.contains("fails in a copy: no such package"), "{said}");
    set_up("mkdir out && cp a.txt out/made");
    let _ = sandbox.harness(&["trust"]).exits(0);
    let said = doctor();
    assert!(said.contains("works in a copy"), "{said}");
    assert!(!sandbox.repo().join("out").exists());
}

/// Build output that a run removed does not come back in the next one.
#[test]
fn what_an_accepted_run_removed_is_warm_no_more() {
    for without in TIERS {
        let sandbox = ground(without, "[slot]\nkeep = [\"out\", \"deep/out\"]\n", &[]);
        sandbox.write(".gitignore", "/out\n/deep\n");
        let build = "n=$(cat src/allowed.txt); mkdir -p out deep/out; touch out/$n deep/out/$n; case $n in 2) rm out/1 ;; 3) rm -r out deep; mkdir -p out; touch out/3 ;; esac\n";
        sandbox.write("src/make.sh", build);
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["commit", "-qm", "A build"]);
        let card = |id: &str, verify: &str| {
            format!(
                "[[tasks]]\nid = \"{id}\"\ntitle = \"T\"\nfiles = [\"src/allowed.txt\"]\ndefinition_of_done = [\"d\"]\nverify = {verify}\n"
            )
        };
        let both = "[\"sh src/make.sh\", \"mkdir -p out && touch out/second\"]";
        let looks = "[\"test -e out/2 && test -e out/second && test -e deep/out/1 && ! test -e out/1\"]";
        let after = "[\"test -e out/3 && ! test -e out/2 && ! test -e out/second && ! test -e deep/out/2\"]";
        let cards = [
            card("k-1", both),
            card("k-2", both),
            card("k-3", looks),
            card("k-4", "[\"sh src/make.sh\"]"),
            card("k-5", after),
        ];
        sandbox.import("q.toml", &cards.concat());
        let _ = sandbox.harness(&["trust"]).exits(0);
        for (task, content) in [
            ("k-1", "1"),
            ("k-2", "2"),
            ("k-3", "looks"),
            ("k-4", "3"),
            ("k-5", "after"),
        ] {
            let _ = exec(&sandbox, task, &format!("echo {content} > src/allowed.txt")).exits(0);
        }
    }
}

/// Shells and Go believe `$PWD`, and compare names with it.
#[test]
fn the_folder_of_a_check_has_its_own_name() {
    for without in TIERS {
        let check = "[\"test \\\"$PWD\\\" = \\\"$(cd . && pwd -P)\\\" && case $PWD in */) exit 1 ;; esac\"]";
        let sandbox = ground(without, "", &[("t-1", check)]);
        let _ = exec(
            &sandbox,
            "t-1",
            "case $PWD in */) exit 1 ;; esac; echo good > src/allowed.txt",
        )
        .exits(0);
    }
}

/// What an accepted run kept may not help who believes nobody.
#[test]
fn rerun_finds_nothing_warm() {
    for without in TIERS {
        let config = "[slot]\nkeep = [\"out\"]\n";
        let sandbox = ground(
            without,
            config,
            &[("t-1", "[\"sh tests/warm.sh\"]"), ("t-2", "[\"sh tests/warm.sh\"]")],
        );
        // It passes on a cold copy always, and on a warm one where the file says so.
        sandbox.write(
            "tests/warm.sh",
            "if [ -f out/warm ]; then grep -q warm src/allowed.txt; else mkdir -p out; touch out/warm; ! grep -q warm src/allowed.txt; fi\n",
        );
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["commit", "-qm", "A check that knows where it is"]);
        let _ = exec(&sandbox, "t-1", "echo cold > src/allowed.txt").exits(0);
        let _ = exec(&sandbox, "t-2", "echo warm > src/allowed.txt").exits(0);
        assert_eq!(evidence(&sandbox, "t-2")["key"]["warmth"], "warm");
        let _ = sandbox.harness(&["audit", "--rerun", "HEAD~2..HEAD~1"]).exits(0);
        // The second passed on what the first had left, which a cold copy does not have.
        let _ = sandbox.harness(&["audit", "--rerun", "HEAD~1..HEAD"]).exits(1);
    }
}
