//! Packets as their readers get them.

use super::*;
use crate::domain::packet::template::Template;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::scope::violation::{Rule, Violation};

fn card() -> Card {
    parse_card(
        "c",
        "+++\nid = \"game-04\"\ntitle = \"Add enemy spawn timing\"\nplan = \"game\"\nfiles = [\"src/gameLoop.js\"]\nverify = [\"sh test.sh\"]\n+++\n## Instructions\n- Spawn every 2 seconds\n## Definition of done\n- Enemies spawn repeatedly\n",
    )
    .unwrap()
}

fn excerpt(text: &str) -> Excerpt {
    Excerpt::cut("src/config.js".into(), text, None)
}

fn packet<'a>(card: &'a Card, excerpts: &'a [Excerpt], previous: Option<&'a Failure>) -> BuilderPacket<'a> {
    BuilderPacket {
        card,
        checks: &[],
        excerpts,
        notes: &[],
        previous,
        proposal: None,
        answer: AnswerFormat::EditsInPlace,
        seed: Digest::of(b"seed"),
    }
}

#[test]
fn a_first_packet_as_the_builder_gets_it() {
    let rendered = render_builder(
        &packet(&card(), &[excerpt("x\n")], None),
        Template::Builder.built_in(),
        &Budget::default(),
    )
    .unwrap();
    insta::assert_snapshot!(rendered.text);
    let again = render_builder(
        &packet(&card(), &[excerpt("x\n")], None),
        Template::Builder.built_in(),
        &Budget::default(),
    )
    .unwrap();
    assert_eq!(rendered, again);
}

#[test]
fn a_retry_names_what_failed_and_restates_the_bounds() {
    let failure = Failure::Scope {
        violations: vec![Violation {
            path: "src/other.js".into(),
            rule: Rule::OutsideCard,
        }],
    };
    let rendered = render_builder(
        &packet(&card(), &[], Some(&failure)),
        Template::Retry.built_in(),
        &Budget::default(),
    )
    .unwrap();
    insta::assert_snapshot!(rendered.text);
}

#[test]
fn an_escalation_as_the_architect_gets_it() {
    let escalation = EscalationPacket {
        card: &card(),
        checks: &[],
        failure: Some(&Failure::NoChange),
        question: "repeated failure",
        attempted: &[],
        notes: &[],
        seed: Digest::of(b"seed"),
    };
    insta::assert_snapshot!(
        render_escalation(&escalation, Template::Escalation.built_in(), &Budget::default())
            .unwrap()
            .text
    );
}

fn within(most: usize) -> Budget {
    Budget {
        most: Some(most),
        ..Budget::default()
    }
}

#[test]
fn excerpts_go_before_the_card_does() {
    let large = excerpt(&"long line\n".repeat(2000));
    let card = card();
    let excerpts = [excerpt("x\n"), large];
    let template = Template::Builder.built_in();
    let rendered = render_builder(&packet(&card, &excerpts, None), template, &within(800)).unwrap();
    assert!(rendered.tokens <= 800);
    let left_out: Vec<&str> = rendered.left_out().map(|account| account.name.as_str()).collect();
    assert_eq!(left_out, ["src/config.js"]);
    assert!(rendered.text.contains("src/config.js: there is no room for it here."));
    assert!(
        rendered.text.contains("src/config.js (whole file)"),
        "the first one is there"
    );
    let error = render_builder(&packet(&card, &excerpts, None), template, &within(20)).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("at the least") && text.contains("has room for 20"),
        "{text}"
    );
}

#[test]
fn of_a_file_that_may_be_changed_the_named_lines_stay() {
    let text = "+++\nid = \"game-04\"\ntitle = \"t\"\nplan = \"game\"\nfiles = [\"src/a.js\"]\ncontext = [\"src/a.js:2-3\"]\nverify = [\"true\"]\n+++\n## Instructions\n- x\n## Definition of done\n- y\n";
    let card = parse_card("c", text).unwrap();
    let file = format!("one\ntwo\nthree\n{}", "more\n".repeat(2000));
    let excerpts = [Excerpt::cut("src/a.js".into(), &file, None)];
    let template = Template::Builder.built_in();
    let rendered = render_builder(&packet(&card, &excerpts, None), template, &within(800)).unwrap();
    assert!(
        rendered.text.contains("src/a.js (lines 2-3 of 2003)"),
        "{}",
        rendered.text
    );
    assert_eq!(rendered.left_out().next().unwrap().fate, Fate::Cut);
}

#[test]
fn a_template_with_a_wrong_variable_is_refused_with_the_right_ones() {
    let error = render_builder(&packet(&card(), &[], None), "{{ tsak }}", &Budget::default()).unwrap_err();
    assert!(error.to_string().contains("the variables are: task"), "{error}");
}
