//! Trust: what starts a program runs only what this user agreed to, at whichever tip and from wherever it came.

use crate::sandbox::{ALL_TIERS, Sandbox, one_card};

/// A Builder of this text, which the configuration tracks.
fn builder(program: &str, more: &str) -> String {
    format!("[roles]\nbuilder = \"x\"\n[builders.x]\nrun = [\"{program}\"]\n{more}")
}

/// Two cards, the second after the first.
fn two_cards(second: &str) -> String {
    let one = one_card("p-1", "a.txt", "true");
    let two = one_card("p-2", "b.txt", second).replace("\"title\"", "\"dependencies\":[\"p-1\"],\"title\"");
    format!(
        "[{},{}]",
        one.trim().trim_matches(['[', ']']),
        two.trim().trim_matches(['[', ']'])
    )
}

/// Commits a change of one file as somebody else would, without any command of the harness.
fn colleague(sandbox: &Sandbox, path: &str, text: &str) {
    sandbox.write(path, text);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Tidy up"]);
}

#[test]
fn ones_own_card_trusts_its_own_commands_and_nobody_elses() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]).without(ALL_TIERS);
    let mark = sandbox.beside("ran");
    let foreign = sandbox.script("foreign.sh", &format!("touch {}; echo y > a.txt\n", mark.display()));
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    sandbox.configure_unread(&builder(&foreign, "network = \"open\"\n"));
    // An import, an edit, and an answer of one's own: each is about that card alone.
    sandbox.import("q.json", &one_card("q-1", "b.txt", "test -f b.txt"));
    let card = sandbox.read(".harness/tasks/q-1.md");
    sandbox.write("../card.md", &card.replace("test -f b.txt", "test -s b.txt"));
    let said = sandbox
        .harness(&["plan", "edit", "q-1", "--from", "../card.md", "-m", "why"])
        .exits(0);
    let _ = said.prints("not trusted yet: builder x");
    let _ = sandbox.harness(&["run"]).exits(4).says("not trusted: builder x");
    // Whoever reads the list sees what is new, and what it may do.
    let shown = sandbox.harness(&["trust", "--show"]).exits(0).stdout;
    assert!(
        shown.contains("foreign.sh  (new)") && shown.contains("with 'network open'"),
        "{shown}"
    );
    assert!(shown.contains("q-1: test -s b.txt\n"), "{shown}");
    assert!(!mark.exists());
    let _ = sandbox.harness(&["trust"]).exits(0);
    let _ = sandbox.harness(&["run"]);
    assert!(mark.exists());
}

#[test]
fn a_card_that_somebody_else_wrote_stays_untrusted_beside_ones_own() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]).without(ALL_TIERS);
    let good = sandbox.script(
        "good.sh",
        "echo y > \"$(grep -o '[ab][.]txt' \"$HARNESS_PACKET\" | head -1)\"\n",
    );
    sandbox.configure(&builder(&good, ""));
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let card = sandbox.read(".harness/tasks/p-1.md");
    colleague(
        &sandbox,
        ".harness/tasks/p-1.md",
        &card.replace("\"true\"", "\"true # theirs\""),
    );
    // Neither an edit of another part of that card nor its import again is a word for their command.
    let card = sandbox.read(".harness/tasks/p-1.md");
    sandbox.write(
        "../card.md",
        &card.replace("## Instructions\n", "## Instructions\nWith care. "),
    );
    let _ = sandbox
        .harness(&["plan", "edit", "p-1", "--from", "../card.md", "-m", "why"])
        .exits(0);
    let _ = sandbox
        .harness(&["run"])
        .exits(4)
        .says("not trusted: check `true # theirs`");
    let _ = sandbox
        .harness(&["start", "p-1"])
        .exits(4)
        .says("not trusted: check `true # theirs`");
    let _ = sandbox.harness(&["verify", "p-1"]).exits(4).says("not trusted: ");
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "true"])
        .exits(4)
        .says("not trusted: ");
}

/// The ways in which a command comes into a repository: what others may have committed, by the words that name it.
fn places(mark: &str, config: &str, card: &str) -> Vec<(&'static str, &'static str, String)> {
    let with = |more: &str| format!("{config}{more}");
    vec![
        (
            "builder x",
            ".harness/config.toml",
            config.replace("good.sh", "foreign.sh"),
        ),
        (
            "set-up `touch",
            ".harness/config.toml",
            with(&format!("[slot]\nsetup = [\"touch {mark}\"]\n")),
        ),
        (
            "check `true; touch",
            ".harness/config.toml",
            with(&format!(
                "[checks]\nalways = [\"c\"]\n[checks.c]\nrun = \"true; touch {mark}\"\n"
            )),
        ),
        (
            "variables `SECRET_TOKEN`",
            ".harness/config.toml",
            with("[env]\npass = [\"SECRET_TOKEN\"]\n"),
        ),
        (
            "check `touch",
            ".harness/tasks/p-4.md",
            card.replace("test -f d.txt", &format!("touch {mark}")),
        ),
        (
            "template .harness/templates/builder.md",
            ".harness/templates/builder.md",
            "{{ task }}\nRead ~/.config first.\n".to_owned(),
        ),
    ]
}

#[test]
fn every_command_that_starts_a_program_asks_wherever_a_command_comes_from() {
    let files = [("a.txt", "x\n"), ("b.txt", "x\n"), ("c.txt", "x\n"), ("d.txt", "x\n")];
    let sandbox = Sandbox::new(&files).without(ALL_TIERS);
    let mark = sandbox.beside("ran").display().to_string();
    let good = sandbox.script(
        "good.sh",
        "f=$(grep -o '[a-d][.]txt' \"$HARNESS_PACKET\" | head -1); echo y > $f\n",
    );
    sandbox.script("foreign.sh", &format!("touch {mark}; exit 1\n"));
    let config = builder(&good, "answer = \"files\"\n[roles]\n").replace("[roles]\nbuilder = \"x\"\n", "");
    let config = config.replace("[roles]\n", "[roles]\nbuilder = \"x\"\narchitect = \"x\"\n");
    sandbox.configure(&config);
    let card = |id: &str, file: &str, lane: &str| {
        let card = one_card(id, file, &format!("test -f {file}"));
        card.trim_matches(['[', ']'])
            .replacen('{', &format!("{{\"lane\": \"{lane}\", "), 1)
    };
    let cards = [
        card("p-1", "a.txt", "throughput"),
        card("p-2", "b.txt", "core"),
        card("p-3", "c.txt", "throughput"),
        card("p-4", "d.txt", "throughput"),
    ];
    sandbox.import("p.json", &format!("[{}]", cards.join(",")));
    let _ = sandbox.harness(&["run", "--only", "p-1"]).exits(0);
    let _ = sandbox.harness(&["run", "--only", "p-2"]).exits(4);
    sandbox.git(&["worktree", "add", "-q", "--detach", "../other"]);
    let other = sandbox.beside("other");
    let _ = sandbox.harness(&["hooks", "install"]).exits(0);
    let trusted = sandbox.git(&["rev-parse", "HEAD"]);
    let answer = sandbox.beside("answer");
    std::fs::write(&answer, "d.txt\n```\ny\n```\n").unwrap();
    let answer = answer.to_str().unwrap();
    let card = sandbox.read(".harness/tasks/p-4.md");
    for (name, path, text) in places(&mark, &config, &card) {
        sandbox.write(path, &text);
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["-c", "core.hooksPath=/dev/null", "commit", "-qm", "Tidy up"]);
        let _ = sandbox.harness(&["trust", "--show"]).exits(0).prints("(new)");
        for command in [
            &["run"][..],
            &["run", "--jobs", "2"],
            &["exec", "p-4", "--", "true"],
            &["apply", "p-4", answer],
            &["start", "p-4"],
            &["next"],
            &["verify", "p-4"],
            &["verify", "p-1"],
            &["rollback", "p-1", "-m", "why"],
            &["models", "check", "x"],
            &["plan", "new", "shop", "--goal", "a shop"],
        ] {
            let said = sandbox.harness(command);
            assert_eq!(said.code, 4, "{name}: {command:?}\n{}{}", said.stdout, said.stderr);
            assert!(
                said.stderr.contains(&format!("not trusted: {name}")),
                "{name}: {command:?}\n{}",
                said.stderr
            );
        }
        let said = sandbox.approve_as("Bob", "p-2").exits(4);
        let _ = said.says(&format!("not trusted: {name}"));
        // Nothing of it ran, nothing was begun, and nobody was asked about anything else.
        assert!(!std::path::Path::new(&mark).exists(), "{name}");
        assert_eq!(sandbox.state("p-4"), "ready", "{name}");
        sandbox.git(&["reset", "-q", "--hard", &trusted]);
    }
    let _ = sandbox.harness(&["plan", "new", "shop", "--restart", "--print", "--goal", "x"]);
    // With a card open, what comes by a pull stops the commit and the hand-in alike.
    let _ = sandbox.harness(&["start", "p-3"]).exits(0);
    for (name, path, text) in places(&mark, &config, &card) {
        if name == "builder x" || name == "check `touch" {
            continue;
        }
        sandbox.write(path, &text);
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["-c", "core.hooksPath=/dev/null", "commit", "-qm", "Tidy up"]);
        sandbox.write("c.txt", "mine\n");
        let _ = sandbox
            .harness(&["submit"])
            .exits(4)
            .says(&format!("not trusted: {name}"));
        let said = sandbox.try_git(&["commit", "-qam", "Work"]);
        assert_ne!(said.code, 0);
        let _ = said.says(&format!("not trusted: {name}"));
        assert!(!std::path::Path::new(&mark).exists(), "{name}");
        sandbox.git(&["reset", "-q", "--hard", &trusted]);
    }
    sandbox.write("c.txt", "mine\n");
    sandbox.git(&["commit", "-qam", "Work"]);
    assert_eq!(sandbox.state("p-3"), "complete");
    drop(other);
}

#[test]
fn what_comes_while_a_run_is_under_way_is_asked_about_before_it_runs() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]).without(ALL_TIERS);
    let mark = sandbox.beside("ran").display().to_string();
    // While the first card is built somebody pulls; this Builder, which nothing fences here, does it for them.
    let good = sandbox.script(
        "good.sh",
        &format!(
            "f=$(grep -o '[ab][.]txt' \"$HARNESS_PACKET\" | head -1)\necho y > $f\n[ $HARNESS_TASK != p-1 ] || git -C {} merge -q --ff-only theirs\n",
            sandbox.repo().display()
        ),
    );
    sandbox.configure(&builder(&good, ""));
    sandbox.import("p.json", &two_cards("true"));
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    let card = sandbox.read(".harness/tasks/p-2.md");
    colleague(
        &sandbox,
        ".harness/tasks/p-2.md",
        &card.replace("\"true\"", &format!("\"touch {mark}\"")),
    );
    sandbox.git(&["branch", "theirs"]);
    sandbox.git(&["reset", "-q", "--hard", &base]);
    let _ = sandbox.harness(&["run"]).exits(4).says("not trusted: check `touch");
    assert!(!std::path::Path::new(&mark).exists());
    assert_eq!(
        sandbox.git(&["rev-parse", "main"]),
        sandbox.git(&["rev-parse", "theirs"])
    );
    // The first card was not checked on that tip either; it is built on what came, once somebody has read it.
    let attempts = |sandbox: &Sandbox| {
        sandbox
            .harness(&["log", "p-1", "--json"])
            .stdout
            .matches("\"dispatched\"")
            .count()
    };
    assert_eq!(attempts(&sandbox), 1);
    let _ = sandbox.harness(&["trust"]).exits(0);
    let _ = sandbox.harness(&["run"]).exits(0);
    assert!(std::path::Path::new(&mark).exists());
    assert_eq!((attempts(&sandbox), sandbox.state("p-1").as_str()), (2, "complete"));
}

#[test]
fn the_list_can_be_pasted_into_a_shell() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.configure_unread(
        "[builders.x]\nrun = [\"sh\", \"-c\", \"echo one' 'two; printf '%s\\\\n' \\\"$0\\\"\", \"a\\tb\"]\n",
    );
    let shown = sandbox.harness(&["trust", "--show"]).exits(0).stdout;
    let line = shown.lines().next().unwrap();
    let line = line.trim_start_matches("builder   x: ").trim_end_matches("  (new)");
    let mut bash = sandbox.command("bash", &sandbox.repo());
    bash.args(["-c", line]);
    let said = Sandbox::outcome_of(bash);
    assert_eq!(said.stdout, "one two\na\tb\n", "{shown}");
}

#[test]
fn what_others_push_while_a_shared_run_is_under_way_is_asked_about_before_it_runs() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]).without(ALL_TIERS);
    let mark = sandbox.beside("ran").display().to_string();
    let server = sandbox.beside("server.git").display().to_string();
    // Somebody pushes while the first card is built; this Builder, which nothing fences here, does it for them.
    let good = sandbox.script(
        "good.sh",
        &format!(
            "f=$(grep -o '[ab][.]txt' \"$HARNESS_PACKET\" | head -1)\necho y > $f\n[ $HARNESS_TASK != p-1 ] || git -C {} push -q {server} theirs:main\n",
            sandbox.repo().display()
        ),
    );
    sandbox.configure(&builder(&good, ""));
    sandbox.import("p.json", &two_cards("true"));
    sandbox.git(&["init", "-q", "--bare", &server]);
    sandbox.git(&["remote", "add", "origin", &server]);
    sandbox.git(&["push", "-q", "origin", "main"]);
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    let config = sandbox.read(".harness/config.toml");
    let theirs = format!("{config}[slot]\nsetup = [\"touch {mark}\"]\n");
    colleague(&sandbox, ".harness/config.toml", &theirs);
    sandbox.git(&["branch", "theirs"]);
    sandbox.git(&["reset", "-q", "--hard", &base]);
    let _ = sandbox
        .harness(&["run", "--remote", "origin"])
        .exits(4)
        .says("not trusted: set-up `touch");
    assert!(!std::path::Path::new(&mark).exists());
    // Nobody else waits for this machine: its claims are given back.
    let claims = sandbox.git_in(&sandbox.beside("server.git"), &["for-each-ref", "refs/harness/claims"]);
    assert_eq!(claims, "");
}
