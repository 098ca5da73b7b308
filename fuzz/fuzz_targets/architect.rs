//! Whatever an Architect answers is read or refused; a blueprint's mistakes lie inside its text, and what people and models
//! said survives the file of an interview.

#![no_main]

use git_harness::domain::blueprint::{Blueprint, Interview, Reply, check, read_answers, read_reply};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let blueprint = Blueprint::read(text);
    for mistake in check(&blueprint, "blueprint.md") {
        assert!(blueprint.text.get(mistake.span.clone()).is_some(), "{mistake:?}");
    }
    let mut interview = Interview::new("shop".parse().expect("an id"), text, Vec::new());
    if let Ok(Reply::Questions(questions)) = read_reply(text) {
        let count = questions.len();
        interview.ask(questions);
        let answers = read_answers(text, count);
        assert_eq!(answers.texts.len(), count);
        answers.texts.iter().for_each(|answer| interview.answer(answer));
    }
    let kept = interview.render().expect("an interview can be written");
    assert_eq!(Interview::parse(&kept), Ok(interview));
    let _ = Interview::parse(text);
});
