//! Scenes: what a person does with a small repository, step by step, and what has to come of it whatever strikes in
//! between.

/// One scene.
#[derive(Debug)]
pub struct Scene {
    /// Its name.
    pub name: &'static str,
    /// A script that makes the world before anything strikes.
    pub before: &'static str,
    /// What is done; one of them is struck, and done once more.
    pub steps: &'static [&'static str],
    /// What another process does meanwhile; each leaves the outcome as it is.
    pub others: &'static [&'static str],
    /// A script that ends well where the outcome is right.
    pub outcome: &'static str,
}

/// Somebody who commits another file by hand.
const COMMIT: &str = "echo hand >> hand.txt
for n in 1 2 3; do git add hand.txt && git commit -qm Hand hand.txt && break; done || { git reset -q hand.txt; rm -f hand.txt; }";
/// Somebody who takes a card in another worktree and gives it back.
const TAKE: &str = "cd \"$R\" && { [ -d other ] || git -C repo worktree add -q -b other ../other; } && cd other && \"$H\" start p-2 && \"$H\" release p-2";
/// The same command by somebody else.
const RUN: &str = "\"$H\" run --json";

/// All of them.
pub const SCENES: &[Scene] = &[
    Scene {
        name: "run",
        before: "begin; right p-1 a.txt; answer p-2 1 b.txt wrong; for n in 2 3 4 5; do answer p-2 $n b.txt p-2; done
plan \"$(card p-1 a.txt 'grep -q p-1 a.txt'),$(card p-2 b.txt 'grep -q p-2 b.txt' '\"dependencies\": [\"p-1\"]')\"",
        steps: &["exec \"$H\" run --json"],
        others: &[COMMIT, RUN, "\"$H\" pause; \"$H\" resume", "\"$H\" note p-2 remember"],
        outcome: "complete p-1 && complete p-2 && grep -q p-1 a.txt && grep -q p-2 b.txt",
    },
    Scene {
        name: "first",
        before: "begin; right p-1 a.txt; plan \"$(card p-1 a.txt 'grep -q p-1 a.txt')\"; rm -rf .git/harness",
        steps: &["exec \"$H\" run --json"],
        others: &["\"$H\" note p-1 remember"],
        outcome: "complete p-1",
    },
    Scene {
        name: "jobs",
        before: "begin; right p-1 a.txt; right p-2 b.txt
plan \"$(card p-1 a.txt 'grep -q p-1 a.txt'),$(card p-2 b.txt 'grep -q p-2 b.txt')\"",
        steps: &["exec \"$H\" run --json --jobs 2"],
        others: &[COMMIT, TAKE],
        outcome: "complete p-1 && complete p-2 && grep -q p-1 a.txt && grep -q p-2 b.txt",
    },
    Scene {
        name: "command",
        before: "begin; printf 'mkdir -p out; date +%%N > out/build; echo p-1 > a.txt' > \"$W/builder.sh\"
printf '[roles]\\nbuilder = \"sh\"\\n[builders.sh]\\nrun = [\"sh\", \"%s/builder.sh\"]\\n[slot]\\nsetup = [\"mkdir -p out; echo ready > out/ready\"]\\nkeep = [\"kept\"]\\n' \"$W\" > .harness/config.toml
git commit -qam Configure; plan \"$(card p-1 a.txt 'grep -q p-1 a.txt && test -e out/ready && mkdir -p kept && echo log > kept/log')\"; \"$H\" trust > /dev/null",
        steps: &["exec \"$H\" run --json"],
        others: &[COMMIT],
        outcome: "complete p-1 && grep -q p-1 a.txt",
    },
    Scene {
        name: "paid",
        before: r#"begin; cat > "$W/codex" <<'END'
case "$*" in
--version) echo codex-cli 1; exit ;;
'exec --help') echo '--json --ephemeral --ignore-user-config --ignore-rules --skip-git-repo-check -s, --sandbox -c, --config -C, --cd -m, --model --output-schema'; exit ;;
esac
echo p-1 > a.txt
echo '{"type":"turn.completed","usage":{"input_tokens":3000,"output_tokens":60}}'
END
printf '[roles]\nbuilder = "c"\n[builders.c]\nagent = "codex"\nrun = ["sh", "%s/codex"]\nmax_cost = "0.10"\n[budget]\nday = 100\n' "$W" > .harness/config.toml
git commit -qam Configure; plan "$(card p-1 a.txt 'grep -q p-1 a.txt')"; "$H" trust > /dev/null"#,
        steps: &["exec \"$H\" run --json"],
        others: &[COMMIT],
        outcome: "complete p-1 && grep -q p-1 a.txt",
    },
    Scene {
        name: "large",
        before: "begin; echo 'a.txt filter=lfs -text' > .gitattributes; git add -A; git commit -qm Large; right p-1 a.txt
plan \"$(card p-1 a.txt 'grep -q p-1 a.txt')\"",
        steps: &["exec \"$H\" run --json"],
        others: &[COMMIT],
        outcome: "complete p-1 && git show main:a.txt | grep -q '^oid sha256:' && grep -rq p-1 .git/lfs/objects",
    },
    Scene {
        name: "lower",
        before: "begin; right p-1 a.txt; plan \"$(card p-1 a.txt 'grep -q p-1 a.txt')\"",
        steps: &["export GIT_HARNESS_FENCE_WITHOUT=overlay; exec \"$H\" run --json"],
        others: &[COMMIT],
        outcome: "complete p-1 && grep -q p-1 a.txt",
    },
    Scene {
        name: "submit",
        before: "begin; plan \"$(card p-1 'a.txt' 'grep -q p-1 a.txt'),$(card p-2 b.txt true)\"; git rm -q --cached b.txt; git commit -qm Less; rm b.txt",
        steps: &["exec \"$H\" next", "echo p-1 > a.txt", "exec \"$H\" submit", "exec \"$H\" start p-2", "exec \"$H\" release p-2"],
        others: &[COMMIT, "\"$H\" note p-2 remember", "\"$H\" next"],
        outcome: "complete p-1 && grep -q p-1 a.txt && later && [ ! -e .git/harness/open ]",
    },
    Scene {
        name: "submit-killed",
        before: "begin; plan \"$(card p-1 'a.txt' 'grep -q p-1 a.txt')\"; \"$H\" next > /dev/null; echo p-1 > a.txt
FAILPOINTS='land.intended=kill' \"$H\" submit > /dev/null 2>&1 || true",
        steps: &["exec \"$H\" run --json", "exec \"$H\" submit"],
        others: &[RUN, "\"$H\" note p-1 remember"],
        // The mark may stay as long as HEAD is the landing, which may still be amended; it goes with the next command.
        outcome: "complete p-1 && grep -q p-1 a.txt && later && [ ! -e .git/harness/open ]",
    },
    Scene {
        name: "hooks",
        before: "begin; plan \"$(card p-1 a.txt 'grep -q p-1 a.txt')\"; \"$H\" hooks install > /dev/null; \"$H\" next > /dev/null; echo p-1 > a.txt; git add a.txt",
        // The mark stays while HEAD is the task's commit, and goes when something stands on it.
        steps: &[
            "exec git commit -qm 'By hand'",
            "exec \"$H\" next",
            "git commit -q --allow-empty -m Later; exec \"$H\" next",
        ],
        others: &["\"$H\" note p-1 remember"],
        outcome: "complete p-1 && later && [ ! -e .git/harness/open ]",
    },
    Scene {
        name: "rollback",
        before: "begin; right p-1 a.txt; right p-2 b.txt; plan \"$(card p-1 a.txt 'grep -q p-1 a.txt'),$(card p-2 b.txt true '\"dependencies\": [\"p-1\"]')\"; \"$H\" run > /dev/null",
        steps: &["exec \"$H\" rollback p-1 --with-dependants -m why"],
        others: &[COMMIT, "\"$H\" note p-1 remember"],
        outcome: "state p-1 ready && state p-2 pending && grep -q base a.txt && grep -q base b.txt",
    },
    Scene {
        name: "person-answers",
        before: "begin; answer p-1 1 a.txt one; answer p-1 2 a.txt two; for n in 3 4 5 6; do answer p-1 $n a.txt p-1; done
plan \"$(card p-1 a.txt 'grep -q p-1 a.txt')\"; \"$H\" run > /dev/null
printf '## Diagnosis\\nIt guesses.\\n\\n## Corrected task instructions\\n- write p-1\\n' > \"$W/answer.md\"",
        steps: &["exec \"$H\" escalate p-1 --answer \"$W/answer.md\"", "exec \"$H\" run --json"],
        others: &[COMMIT, "\"$H\" note p-1 remember"],
        outcome: "complete p-1 && [ $(git log --format=%s | grep -c '^Revise task p-1') = 1 ]",
    },
    Scene {
        name: "architect-answers",
        before: "begin recorded; answer p-1 1 a.txt one; answer p-1 2 a.txt two; for n in 3 4 5 6; do answer p-1 $n a.txt p-1; done
printf '## Diagnosis\\nIt guesses.\\n\\n## Corrected task instructions\\n- write p-1\\n' > \"$W/answers/p-1/architect-1.md\"
plan \"$(card p-1 a.txt 'grep -q p-1 a.txt')\"",
        steps: &["exec \"$H\" run --json"],
        others: &[COMMIT],
        outcome: "complete p-1 && [ $(git log --format=%s | grep -c '^Revise task p-1') -le 1 ]",
    },
    Scene {
        name: "review",
        before: "begin; right p-1 a.txt; plan \"$(card p-1 a.txt 'grep -q p-1 a.txt' '\"review\": \"person\"')\"; \"$H\" run > /dev/null
echo other > b.txt; git commit -qam Meanwhile",
        steps: &["export GIT_COMMITTER_NAME=Bob GIT_COMMITTER_EMAIL=bob@example.invalid; exec \"$H\" approve p-1 --of \"$(\"$H\" show p-1 | sed -n 's/^  change  *//p')\""],
        others: &[COMMIT, "GIT_COMMITTER_NAME=Bob GIT_COMMITTER_EMAIL=bob@example.invalid \"$H\" approve p-1 --of \"$(\"$H\" show p-1 | sed -n 's/^  change  *//p')\"", RUN],
        outcome: "\"$H\" run > /dev/null; complete p-1 && grep -q p-1 a.txt && grep -q other b.txt",
    },
    Scene {
        name: "plan",
        before: "CONFIG='[approval]
plan = \"required\"'; begin; printf '[%s]' \"$(card p-1 a.txt 'grep -q p-1 a.txt')\" > \"$W/plan.json\"; right p-1 a.txt",
        steps: &[
            "exec \"$H\" plan import --commit \"$W/plan.json\"",
            "exec \"$H\" plan approve plan --of \"$(\"$H\" plan show plan | sed -n 's/.*(as \\(.*\\))$/\\1/p')\"",
            "sed 's/^Do it$/Do it well/' .harness/tasks/p-1.md > \"$W/p-1.md\"; exec \"$H\" plan edit p-1 --from \"$W/p-1.md\"",
            "exec \"$H\" plan approve plan --of \"$(\"$H\" plan show plan | sed -n 's/.*(as \\(.*\\))$/\\1/p')\"",
            "exec \"$H\" trust",
            "exec \"$H\" run --json",
        ],
        others: &[COMMIT],
        outcome: "complete p-1 && [ $(git log --format=%s | grep -c '^Approve plan') = 2 ] && [ $(git log --format=%s | grep -c '^Revise task') = 1 ]",
    },
    Scene {
        name: "pause",
        before: "begin; right p-1 a.txt; plan \"$(card p-1 a.txt 'grep -q p-1 a.txt')\"",
        steps: &["exec \"$H\" pause", "\"$H\" run", "exec \"$H\" resume", "exec \"$H\" run --json"],
        others: &[COMMIT],
        outcome: "complete p-1",
    },
    Scene {
        name: "torn",
        before: "begin; right p-1 a.txt; plan \"$(card p-1 a.txt 'grep -q p-1 a.txt')\"; for f in .git/harness/journal/*/*.jsonl; do printf '{\"v\":1,\"half' >> $f; done",
        steps: &["exec \"$H\" run --json"],
        others: &["\"$H\" note p-1 remember"],
        outcome: "complete p-1 && ls .git/harness/journal/*/torn.1",
    },
    Scene {
        name: "long",
        before: "begin; right p-1 a.txt; plan \"$(card p-1 a.txt 'grep -q p-1 a.txt')\"; long=$(head -c 60000 /dev/zero | tr '\\0' 'x'); for n in 1 2 3 4 5; do \"$H\" note p-1 \"$long\" > /dev/null; done; rm -rf .git/harness/cache",
        steps: &["exec \"$H\" run --json", "exec \"$H\" note p-1 last"],
        others: &["\"$H\" note p-1 remember"],
        outcome: "complete p-1",
    },
    Scene {
        name: "anew",
        before: "begin; right p-1 a.txt; plan \"$(card p-1 a.txt 'grep -q p-1 a.txt')\"
git init -q --bare \"$R/server.git\"; git remote add origin ../server.git; git push -q origin main; \"$H\" sync > /dev/null; \"$H\" run > /dev/null",
        steps: &["exec \"$H\" sync --new-writer"],
        others: &["\"$H\" note p-1 remember"],
        outcome: "complete p-1 && \"$H\" sync > /dev/null && \"$H\" audit --strength recorded > /dev/null",
    },
    Scene {
        name: "killed-before",
        before: "begin; right p-1 a.txt; plan \"$(card p-1 a.txt 'grep -q p-1 a.txt')\"; FAILPOINTS='land.moved=kill' \"$H\" run > /dev/null 2>&1 || true; git log -1 --format=%B | grep -q Harness-Task",
        steps: &["exec \"$H\" run --json"],
        others: &["\"$H\" next", "\"$H\" status"],
        outcome: "complete p-1 && grep -q p-1 a.txt",
    },
    Scene {
        name: "killed-early",
        before: "begin; right p-1 a.txt; plan \"$(card p-1 a.txt 'grep -q p-1 a.txt')\"; FAILPOINTS='land.intended=kill' \"$H\" run > /dev/null 2>&1 || true",
        steps: &["exec \"$H\" run --json"],
        others: &["\"$H\" next", COMMIT],
        outcome: "complete p-1 && grep -q p-1 a.txt",
    },
];
