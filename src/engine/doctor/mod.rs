//! Doctor: whether this machine, this clone and what guards it are as they should be. Says how to mend each thing that it
//! finds, and changes nothing but what may be thrown away: a copy for checks, in which set-up is tried.

mod clone;
mod machine;
mod server;
mod setup;

use serde::Serialize;

use super::Engine;

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should be.
    Good,
    /// Worth a look: there may be a reason for it.
    Look,
    /// Wrong: something does not work, or guards nothing.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Symptom {
    /// What was looked at: a short, stable name.
    pub name: &'static str,
    /// How it stands.
    pub health: Health,
    /// What was found.
    pub found: String,
    /// How to mend it; empty where nothing is wrong.
    pub fix: String,
}

/// What one look gathers.
#[derive(Debug, Default)]
struct Findings(Vec<Symptom>);

impl Findings {
    fn good(&mut self, name: &'static str, found: impl Into<String>) {
        self.add(name, Health::Good, found.into(), String::new());
    }

    fn look(&mut self, name: &'static str, found: impl Into<String>, fix: impl Into<String>) {
        self.add(name, Health::Look, found.into(), fix.into());
    }

    fn bad(&mut self, name: &'static str, found: impl Into<String>, fix: impl Into<String>) {
        self.add(name, Health::Bad, found.into(), fix.into());
    }

    fn add(&mut self, name: &'static str, health: Health, found: String, fix: String) {
        self.0.push(Symptom {
            name,
            health,
            found,
            fix,
        });
    }

    /// Says that a thing is good where nothing was said against it.
    fn good_without_other(&mut self, name: &'static str, found: &str) {
        if self.0.iter().all(|symptom| symptom.name != name) {
            self.good(name, found);
        }
    }
}

/// Tries out whether a remote can be shared by several machines.
pub fn examine_remote(engine: &mut Engine, name: &str) -> Vec<Symptom> {
    let mut findings = Findings::default();
    server::probe(engine, name, &mut findings);
    findings.0
}

/// Looks at everything.
pub fn examine(engine: &mut Engine) -> Vec<Symptom> {
    let mut findings = Findings::default();
    machine::git(engine, &mut findings);
    machine::identity(engine, &mut findings);
    machine::fence(engine, &mut findings);
    machine::sockets(engine, &mut findings);
    clone::worktrees(engine, &mut findings);
    clone::settings(engine, &mut findings);
    clone::history(engine, &mut findings);
    clone::permissions(engine, &mut findings);
    clone::journal(engine, &mut findings);
    machine::project(engine, &mut findings);
    let projects = setup::projects(engine);
    setup::set_up(engine, &projects, &mut findings);
    findings.0
}
