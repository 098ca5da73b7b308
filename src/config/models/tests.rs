//! Models as people write them.

use super::*;
use crate::config::{Layer, Source, load};
use crate::domain::diagnostic::Diagnostic;

fn read(tracked: &str, user: &str) -> Result<Config, Vec<Diagnostic>> {
    load(
        &[(tracked, Layer::Tracked), (user, Layer::User)].map(|(text, layer)| Source {
            file: format!("{layer:?}"),
            text,
            layer,
        }),
    )
}

fn code(tracked: &str, user: &str) -> &'static str {
    let wrong = read(tracked, user).unwrap_err();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    wrong[0].code
}

const TRACKED: &str = "[roles]\nbuilder = \"sonnet\"\n[models.sonnet]\nprovider = \"anthropic\"\nmodel = \"s-1\"\nmax_output = 4000\nprice = { input = 3.00, output = 15, cache_read = 0.3 }\n";

#[test]
fn the_repository_names_the_model_and_the_user_the_way_to_it() {
    let user = "[models.sonnet]\nbase_url = \"https://proxy.example\"\nkey_env = \"MY_KEY\"\nstall = \"20s\"\n";
    let config = read(TRACKED, user).unwrap();
    let BuilderKind::Model(model) = &config.builders["sonnet"].kind else {
        panic!("no model")
    };
    assert_eq!(
        (model.provider, model.model.as_str()),
        (ModelProvider::Anthropic, "s-1")
    );
    assert_eq!(model.base_url.as_deref(), Some("https://proxy.example"));
    assert_eq!(model.key, Some(KeySource::Variable("MY_KEY".to_owned())));
    assert_eq!((model.seconds.stall, model.max_output), (Some(20), Some(4000)));
    let wanted = Price {
        input: Some(3_000_000),
        output: Some(15_000_000),
        cache_read: Some(300_000),
        cache_write: None,
    };
    assert_eq!(model.price, wanted);
}

#[test]
fn a_builder_may_have_another_name_than_its_model() {
    let config = read(
        "",
        "[roles]\narchitect = \"arch\"\n[models.q]\nprovider = \"ollama\"\nmodel = \"qwen\"\ncontext = 32768\ntemperature = 0.2\nkey_cmd = [\"pass\", \"show\", \"q\"]\n[builders.arch]\nkind = \"model\"\nmodel = \"q\"\n",
    )
    .unwrap();
    let BuilderKind::Model(model) = &config.architect().unwrap().kind else {
        panic!("no model")
    };
    assert_eq!((model.context, model.temperature_milli), (Some(32_768), Some(200)));
    assert_eq!(
        model.key,
        Some(KeySource::Command(["pass", "show", "q"].map(str::to_owned).to_vec()))
    );
}

#[test]
fn what_leads_to_a_server_or_to_money_is_refused_in_the_tracked_file() {
    for line in [
        "base_url = \"https://evil.example\"",
        "key_env = \"AWS_SECRET\"",
        "key_cmd = [\"cat\", \"x\"]",
        "proxy = \"http://x\"",
        "plain_http = true",
    ] {
        assert_eq!(code(&format!("{TRACKED}{line}\n"), ""), "not-here", "{line}");
    }
}

#[test]
fn mistakes_are_named() {
    let model = "[models.q]\nprovider = \"openai\"\nmodel = \"m\"\n";
    for (text, wanted) in [
        ("[models.q]\nmodel = \"m\"\n".to_owned(), "no-model"),
        (format!("{model}price = {{ input = -1 }}\n"), "wrong-type"),
        (format!("{model}price = {{ input = 0.1234567 }}\n"), "wrong-type"),
        (format!("{model}price = {{ imput = 1 }}\n"), "unknown-key"),
        (format!("{model}colour = 1\n"), "unknown-key"),
        (format!("{model}temperature = \"hot\"\n"), "wrong-type"),
        (format!("{model}context = 0\n"), "wrong-type"),
        (model.replace("openai", "opnai"), "wrong-type"),
        (model.replace(".q]", ".manual]"), "bad-name"),
        ("[builders.b]\nkind = \"model\"\n".to_owned(), "no-model"),
    ] {
        assert_eq!(code("", &text), wanted, "{text}");
    }
    assert_eq!(code(TRACKED, "[models.sonnet]\nkey_env = \"K\"\n"), "key-for-nobody");
    let ghost = read("", "[builders.b]\nkind = \"model\"\nmodel = \"ghost\"\n").unwrap();
    let undefined: Vec<&str> = ghost.undefined.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(undefined, ["there is no model `ghost`"]);
}

#[test]
fn a_key_where_its_variables_name_belongs_is_not_repeated() {
    let key = format!("sk-{}", "a1b2".repeat(8));
    let user = format!("[models.q]\nprovider = \"openai\"\nmodel = \"m\"\nkey_env = \"{key}\"\n");
    let wrong = read("", &user).unwrap_err();
    assert_eq!(wrong[0].code, "bad-variable");
    assert!(!format!("{} {}", wrong[0], wrong[0].fix).contains(&key));
}
