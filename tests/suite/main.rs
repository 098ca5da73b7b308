//! The attack suite: every case of `tests/attacks/` in every mode, ordinary work in `tests/honest/`, and random
//! sequences of moves. `tests/attacks/README.md` says how to read and write a case.
//!
//! `CASE=H01,P05` runs these alone and prints what happened. `UPDATE=1` writes `docs/attacks.md` anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its world up has failed")]

mod attack;
mod case;
mod crew;
mod dice;
mod honest;
mod honest_sequences;
#[path = "../fakes/place.rs"]
mod place;
mod sequences;
mod table;
mod tier;
mod world;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use attack::{Mode, NOT_HERE, Outcome};
use case::Case;
use tier::Tier;
use world::{Kind, Templates};

/// The tests use every core themselves, so they take turns.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn every_attack_comes_to_what_its_header_says() {
    let _turn = TURN.lock();
    let began = Instant::now();
    let tier = Tier::wanted();
    let templates = Templates::new(&[Kind::Plain, Kind::Hooks, Kind::Strict, Kind::Builder]);
    if let Some(why) = tier.missing(&templates) {
        assert!(tier != Tier::Shadow, "every machine has this tier: {why}");
        println!(
            "skipped: this program runs no Builder in the tier {}: {why}",
            tier.name()
        );
        return;
    }
    let cases = Case::all("attacks");
    let jobs: Vec<(&Case, Mode)> = cases
        .iter()
        .flat_map(|case| Mode::all(tier).map(|mode| (case, mode)))
        .filter(|(case, mode)| !expected(case, *mode).starts_with(NOT_HERE))
        .collect();
    let outcomes: Vec<Outcome> = crew::each(&jobs, |(case, mode)| attack::attack(&templates, case, *mode));
    let mut wrong = Vec::new();
    let mut rows: Vec<table::Row> = cases.iter().map(|case| (case, BTreeMap::new())).collect();
    for ((case, mode), outcome) in jobs.iter().zip(&outcomes) {
        let wanted = expected(case, *mode);
        if outcome.word != wanted {
            wrong.push(format!("{} {}: {} (not: {wanted})", case.id, mode.name(), outcome.word));
        }
        if let Some((_, words)) = rows.iter_mut().find(|(row, _)| row.id == case.id) {
            words.insert(mode.name(), outcome.word.clone());
        }
        if is_chosen() {
            println!(
                "===== {} {}: {}\n{}\n\n{}",
                case.id,
                mode.name(),
                outcome.word,
                case.story,
                outcome.story
            );
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{}", table::summary(&rows, &Mode::all(tier)[1..]));
    println!("{} attacks, {} runs, {seconds:.1} s", cases.len(), jobs.len());
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    if tier == Tier::Shadow && !is_chosen() {
        table::hold(&table::page(&rows, &Mode::all(tier)[1..]));
    }
}

#[test]
fn ordinary_work_is_never_refused() {
    let _turn = TURN.lock();
    let began = Instant::now();
    let templates = Templates::new(&[Kind::Honest]);
    let cases = Case::all("honest");
    let jobs: Vec<(&Case, &str)> = cases
        .iter()
        .flat_map(|case| honest::WAYS.map(|way| (case, way)))
        .filter(|(case, way)| case.has(way))
        .collect();
    let results = crew::each(&jobs, |(case, way)| honest::work(&templates, case, way));
    let wrong: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{} ordinary workflows, {} runs, {seconds:.1} s",
        cases.len(),
        jobs.len()
    );
    assert!(wrong.is_empty(), "{} refused:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn no_sequence_of_moves_stays_undetected() {
    let _turn = TURN.lock();
    let began = Instant::now();
    let number = |name: &str, usual: u64| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (count, first) = (number("SEQUENCES", 60), number("SEED", 1));
    let templates = Templates::new(&[Kind::Hooks, Kind::Strict, Kind::Builder]);
    let seeds: Vec<u64> = (first..first + count).collect();
    let results = crew::each(&seeds, |seed| sequences::play(&templates, *seed));
    let bad: usize = results.iter().map(|result| result.bad).sum();
    let missed: Vec<&String> = results.iter().flat_map(|result| &result.missed).collect();
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{count} sequences from seed {first}: {bad} bad commits on the branch, {} undetected, {seconds:.1} s",
        missed.len()
    );
    assert!(bad > 0 || count < 10, "no sequence came to anything");
    for one in &missed {
        println!("{one}\n");
    }
    assert!(missed.is_empty(), "{} undetected", missed.len());
}

#[test]
fn honest_sequences_are_accepted_everywhere_and_states_match_the_tree() {
    let _turn = TURN.lock();
    if is_chosen() {
        return;
    }
    let began = Instant::now();
    let number = |name: &str, usual: u64| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (count, first) = (number("HONEST", 6), number("SEED", 1));
    let templates = Templates::new(&[Kind::Honest]);
    let seeds: Vec<u64> = (first..first + count).collect();
    let results = crew::each(&seeds, |seed| honest_sequences::play(&templates, *seed));
    let (done, complete): (usize, usize) = results.iter().fold((0, 0), |(done, complete), result| {
        (done + result.done, complete + result.complete)
    });
    let broken: Vec<&String> = results.iter().flat_map(|result| &result.broken).collect();
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{count} honest sequences from seed {first}: {done} moves done, {complete} tasks complete, {} broken, {seconds:.1} s",
        broken.len()
    );
    assert!(complete > 0 || count < 10, "no sequence completed a task");
    for one in &broken {
        println!("{one}\n");
    }
    assert!(broken.is_empty(), "{} broken", broken.len());
}

/// Whether only some cases run, for somebody who looks into them.
fn is_chosen() -> bool {
    std::env::var_os("CASE").is_some()
}

fn expected(case: &Case, mode: Mode) -> &str {
    match (case.field(mode.name()), mode) {
        (Some(word), _) => word,
        (None, Mode::Builder(_)) => case.field("shadow").unwrap_or("?"),
        (None, _) => "?",
    }
}
