//! The configuration as a whole: what is read, and what is refused with which words.

use crate::domain::diagnostic::Diagnostic;
use crate::domain::gate::{AiPermission, SelfApproval};
use crate::domain::path::RepoPath;
use crate::domain::plan::card::Card;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::route::Course;

use super::*;

pub(super) fn source(layer: Layer, text: &str) -> Source<'_> {
    let file = match layer {
        Layer::Tracked => ".harness/config.toml",
        Layer::User => "~/.config/git-harness/config.toml",
        Layer::Clone => ".git/harness/config.toml",
    };
    let file = file.to_owned();
    Source { file, text, layer }
}

fn tracked(text: &str) -> Result<Config, Vec<Diagnostic>> {
    load(&[source(Layer::Tracked, text)])
}

fn shown(found: Result<Config, Vec<Diagnostic>>) -> String {
    let lines: Vec<String> = found
        .unwrap_err()
        .iter()
        .map(|one| format!("{one}\n  {}: {}", one.code, one.fix))
        .collect();
    lines.join("\n")
}

fn card(head: &str) -> Card {
    let text = format!(
        "+++\nid = \"a-01\"\ntitle = \"t\"\nplan = \"a\"\nfiles = [\"web/x.js\"]\n{head}\n+++\n## Objective\nx\n## Definition of done\n- y\n"
    );
    parse_card("a-01.md", &text).unwrap()
}

#[test]
fn without_a_file_a_person_builds() {
    let config = load(&[]).unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.roles.builder, ["manual"]);
    assert_eq!(config.architect().unwrap().kind, BuilderKind::Manual);
    assert_eq!(config.lanes.len(), 3);
}

#[test]
fn every_key_of_the_reference_is_read() {
    let config = tracked(
        r#"
        format = 1
        default_lane = "docs"
        [roles]
        builder = ["qwen", "manual"]
        architect = "claude"
        [builders.qwen]
        run = ["ollama", "run", "qwen"]
        answer = "stdout"
        timeout = "10m"
        env = ["OLLAMA_HOST"]
        model = "ollama:qwen"
        [builders.claude]
        kind = "replay"
        dir = "/answers"
        [lanes.core]
        retries = 3
        [lanes.docs]
        ai = "advise"
        gates = ["review"]
        corrections = 0
        parallel = false
        open_protected = false
        [checks]
        always = ["unit"]
        always_in = { "web/**" = ["web"] }
        [checks.unit]
        run = "cargo test"
        timeout = 90
        [checks.web]
        run = "npm test"
        dir = "web"
        kind = "browser"
        [approval]
        plan = "required"
        self = "allow"
        [policy]
        incidental = ["Cargo.lock"]
        protected = ["infra/**"]
        max_file_bytes = 1000
        max_files = 10
        [policy.route]
        scope = "block"
        [slot]
        setup = "npm ci"
        setup_inputs = ["package-lock.json"]
        keep = ["target/", "web/.next"]
        sparse = ["libs/core/", "tools"]
        env = ["NPM_TOKEN"]
        [env]
        pass = ["LIBCLANG_PATH"]
        [commit]
        subject = "feat({plan}): {title}"
        sign_off = true
        [ledger]
        track = false
        [worktrees]
        dir = "/fast"
        [fence]
        require = "kernel"
        [packet]
        window_tokens = 8000
        notes_tokens = 0
        "#,
    )
    .unwrap();
    let sparse: Vec<_> = config.slot.sparse.iter().flatten().map(RepoPath::to_text).collect();
    assert_eq!(sparse, ["libs/core", "tools"]);
    let keep: Vec<_> = config.slot.keep.iter().map(RepoPath::to_text).collect();
    assert_eq!(keep, ["target", "web/.next"]);
    assert_eq!(config.default_lane, "docs");
    assert_eq!(config.lanes["core"].retries, 3);
    assert_eq!(config.lanes["core"].gates, ["review"], "what is not said stays");
    let docs = &config.lanes["docs"];
    assert_eq!((docs.ai, docs.corrections, docs.retries), (AiPermission::Advise, 0, 1));
    assert!(!docs.parallel && !docs.open_protected);
    let BuilderKind::Command {
        answer,
        timeout_seconds,
        env,
        model,
        ..
    } = &config.builders["qwen"].kind
    else {
        panic!("no command")
    };
    assert_eq!((*answer, *timeout_seconds), (AnswerMode::Stdout, 600));
    assert_eq!(
        (env.as_slice(), model.as_deref()),
        (&["OLLAMA_HOST".to_owned()][..], Some("ollama:qwen"))
    );
    assert_eq!(
        config.builders["claude"].kind,
        BuilderKind::Replay { dir: "/answers".into() }
    );
    assert_eq!(config.checks["unit"].timeout_seconds, 90);
    assert_eq!(config.checks["web"].dir, "web");
    assert_eq!(config.approval.plan, PlanApproval::Required);
    assert_eq!(config.approval.self_, SelfApproval::Allow);
    assert_eq!(config.policy.protected, ["infra/**"]);
    assert_eq!((config.policy.max_file_bytes, config.policy.max_files), (1000, 10));
    assert_eq!(config.policy.route["scope"], Course::Block);
    assert_eq!(config.slot.setup, ["npm ci"]);
    assert_eq!((config.slot.env.len(), config.env.len()), (1, 1));
    assert!(config.commit.sign_off && !config.ledger_track);
    assert_eq!(config.worktrees_dir, Some("/fast".into()));
    assert_eq!(config.fence_require, FenceRequire::Kernel);
    assert_eq!((config.packet.window_tokens, config.packet.notes_tokens), (8000, 0));
}

#[test]
fn all_mistakes_come_at_once_in_the_order_of_the_file() {
    let text = r#"
# qwn and unit in a comment are not the place of a mistake
[role]
builder = "x"
[roles]
builder = ["qwn", 3]
builder = "again"
[builders.qwen]
run = ["q"]
timeot = 3
timeout = "soon"
dir = "/x"
[builders.manual]
run = ["q"]
[builders.shell]
run = "npm test && rm x"
[checks]
always = ["unit"]
always_in = { "/etc/**" = [] }
[approval]
plan = true
self = "maybe"
[policy]
protected = ["a[", ""]
max_files = 0
[policy.route]
scope = "ignore"
colour = "retry"
[commit]
subject = "{id}: {titel}"
[worktrees]
dir = "../slots"
[packet]
window_tokens = -1
[fence]
require = 1
[env]
pass = ["A=b"]
"#;
    insta::assert_snapshot!(shown(tracked(text)));
}

#[test]
fn a_name_is_looked_for_in_all_layers_and_blamed_where_it_stands() {
    let project = source(
        Layer::Tracked,
        "[roles]\nbuilder = \"local\"\n[checks]\nalways = [\"ghost\"]\n",
    );
    let user = source(
        Layer::User,
        "[builders.local]\nrun = [\"q\"]\n[roles]\narchitect = \"locl\"\n",
    );
    let wrong = load(&[project, user]).unwrap_err();
    let places: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    assert_eq!(
        places,
        [
            ".harness/config.toml:4:11: there is no check `ghost`",
            "~/.config/git-harness/config.toml:4:13: there is no builder `locl`",
        ]
    );
    assert_eq!(wrong[0].fix, "define it as [checks.ghost]");
    assert_eq!(wrong[1].fix, "write `local`, or define it as [builders.locl]");
}

#[test]
fn a_later_layer_takes_the_place_of_a_role_that_nobody_defines() {
    let project = source(Layer::Tracked, "[roles]\nbuilder = \"theirs\"\n");
    let user = source(Layer::User, "[roles]\nbuilder = \"manual\"\n");
    let alone = load(std::slice::from_ref(&project)).unwrap();
    let undefined: Vec<String> = alone.undefined.iter().map(ToString::to_string).collect();
    assert_eq!(undefined, [".harness/config.toml:2:11: there is no builder `theirs`"]);
    let both = load(&[project, user]).unwrap();
    assert_eq!(both.roles.builder, ["manual"]);
    assert_eq!(both.undefined, []);
}

#[test]
fn an_overlay_may_not_govern() {
    for text in [
        "[checks.unit]\nrun = \"true\"\n",
        "[approval]\nself = \"allow\"\n",
        "default_lane = \"core\"\n",
        "[env]\npass = [\"X\"]\n",
    ] {
        for layer in [Layer::User, Layer::Clone] {
            let wrong = load(&[source(layer, text)]).unwrap_err();
            assert_eq!(wrong[0].code, "not-here", "{text}");
            assert!(
                wrong[0].message.contains(".harness/config.toml"),
                "{}",
                wrong[0].message
            );
        }
    }
}

#[test]
fn an_overlay_may_raise_the_least_fence_and_not_lower_it() {
    let with = |first: &str, then: &str| {
        let text = |word: &str| format!("[fence]\nrequire = \"{word}\"\n");
        let (first, then) = (text(first), text(then));
        let layers = [source(Layer::Tracked, &first), source(Layer::User, &then)];
        load(&layers).unwrap().fence_require
    };
    assert_eq!(with("kernel", "none"), FenceRequire::Kernel);
    assert_eq!(with("none", "overlay"), FenceRequire::Overlay);
}

#[test]
fn a_key_in_the_tracked_file_is_refused_and_in_the_users_own_it_is_theirs() {
    let text = format!("# old: sk-{}\n", "a1b2".repeat(8));
    assert_eq!(tracked(&text).unwrap_err()[0].code, "secret");
    assert!(load(&[source(Layer::User, &text)]).is_ok());
}

#[test]
fn a_newer_format_is_refused_by_name() {
    assert_eq!(
        shown(tracked("format = 2\n")),
        ".harness/config.toml:1:10: format 2 needs a newer git-harness\n  newer-format: install a newer version"
    );
}

#[test]
fn a_card_gets_its_own_checks_then_those_of_everybody_then_those_of_its_paths() {
    let config = tracked(
        "[checks]\nalways = [\"unit\"]\nalways_in = { \"web/**\" = [\"web\", \"unit\"], \"docs/**\" = [\"spell\"] }\n[checks.unit]\nrun = \"u\"\n[checks.web]\nrun = \"w\"\n[checks.spell]\nrun = \"s\"\n",
    )
    .unwrap();
    let names = |head: &str| -> Vec<String> {
        config
            .checks_for(&card(head))
            .into_iter()
            .map(|check| check.name)
            .collect()
    };
    assert_eq!(names("verify = [\"make\"]"), ["make", "unit", "web"]);
    assert_eq!(names("verify = [\"web\"]"), ["web", "unit"], "by name, once");
}

#[test]
fn a_card_without_a_lane_is_in_the_default_one_and_an_unknown_lane_is_the_strictest() {
    let config = tracked("default_lane = \"core\"\n").unwrap();
    let lane = |head: &str| config.lane(&card(&format!("verify = [\"x\"]\n{head}"))).name.clone();
    assert_eq!(lane(""), "core");
    assert_eq!(lane("lane = \"throughput\""), "throughput");
    assert_eq!(lane("lane = \"troughput\""), "critical");
    assert_eq!(tracked("default_lane = \"cor\"\n").unwrap_err()[0].code, "unknown-name");
}

/// The template for new repositories, with everything that is commented out taken in.
#[test]
fn the_template_is_valid_as_it_is_and_with_every_example_switched_on() {
    let template = include_str!("../../templates/config.toml");
    assert_eq!(tracked(template).unwrap(), Config::default());
    let all: String = template
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest)
                if rest.starts_with('[') || rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) =>
            {
                rest
            }
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let config = tracked(&all).unwrap_or_else(|wrong| panic!("{wrong:#?}\n{all}"));
    assert_ne!(config, Config::default());
}

#[test]
fn every_class_of_failure_may_be_sent_elsewhere() {
    use crate::domain::failure::Failure;
    for failure in [
        Failure::NoChange,
        Failure::Scope { violations: vec![] },
        Failure::Checks { results: vec![] },
        Failure::WeakChecks { checks: vec![] },
        Failure::FewerTests { checks: vec![] },
        Failure::BuilderTimeout { seconds: 1 },
        Failure::Missing { names: vec![] },
        Failure::MergeConflict { paths: vec![] },
        Failure::AlreadyThere,
    ] {
        assert!(policy::CLASSES.contains(&failure.class()), "{}", failure.class());
    }
}

#[test]
fn the_reference_describes_every_key() {
    let reference = include_str!("../../docs/configuration.md");
    let under =
        |section: &str, keys: &[&str]| -> Vec<String> { keys.iter().map(|key| format!("{section}.{key}")).collect() };
    let mut keys: Vec<String> = vec!["format".into(), "default_lane".into()];
    keys.extend(under("roles", &sections::ROLES));
    keys.extend(under("builders.NAME", &super::builders::KEYS));
    keys.extend(under("models.NAME", &super::models::KEYS));
    keys.extend(under("models.NAME.price", &super::models::PRICE));
    keys.extend(under("lanes.NAME", &sections::LANE));
    keys.extend(under("approval", &sections::APPROVAL));
    keys.extend(under("policy", &policy::POLICY[..4]));
    keys.extend(under("budget", &budget::BUDGET));
    keys.extend(under("slot", &sections::SLOT));
    keys.extend(under("commit", &sections::COMMIT));
    keys.extend(under("packet", &sections::PACKET));
    keys.extend(under("fence", &super::fence::FENCE));
    keys.extend(under("remote", &super::remote::REMOTE));
    keys.extend(["checks.always", "checks.always_in", "policy.route.CLASS", "env.pass"].map(String::from));
    keys.extend(["ledger.track", "worktrees.dir", "fence.require"].map(String::from));
    let missing: Vec<&String> = keys
        .iter()
        .filter(|key| !reference.contains(&format!("`{key}`")))
        .collect();
    assert!(missing.is_empty(), "docs/configuration.md lacks {missing:?}");
    for class in policy::CLASSES {
        assert!(
            reference.contains(&format!("`{class}`")),
            "docs/configuration.md lacks {class}"
        );
    }
}
