//! Builders: whoever does the work, and the Architect, who is asked in the same ways.
//!
//! A Builder is untrusted. What it says is kept for people; what it did is found out by the harvest. A new kind of
//! Builder is one file here and one line in [`builder_for`].

pub mod agent;
pub mod command;
mod endpoint;
pub mod manual;
pub mod model;
mod payer;
pub mod replay;

use std::cell::RefCell;
use std::path::Path;

use crate::clock::Clock;
use crate::config::{AnswerMode, BuilderDef, BuilderKind};
use crate::domain::actor::Actor;
use crate::domain::edit::Format;
use crate::domain::failure::Failure;
use crate::domain::id::TaskId;
use crate::domain::network::Network;
use crate::domain::packet::Window;
use crate::domain::redact::Redactor;
use crate::domain::usage::Progress;
use crate::engine::purse::Account;
use crate::engine::walls::{Walls, WallsError};
use crate::ledger::Caches;
use crate::model::Fault;
use crate::process::{Cancel, Environment};

/// One piece of work for a Builder.
pub struct Job<'a> {
    /// The task.
    pub task: &'a TaskId,
    /// The attempt's number, counted for ever.
    pub number: u32,
    /// The card's allowed files; none where advice is asked for.
    pub files: &'a [String],
    /// The packet's exact text.
    pub packet: &'a str,
    /// A copy of the base (or of what a retry goes on from), thrown away afterwards.
    pub view: &'a Path,
    /// A folder beside the view for the packet's file and logs.
    pub tmp: &'a Path,
    /// What its program is confined to.
    pub walls: &'a Walls,
    /// The variables that a Builder may see.
    pub environment: &'a Environment,
    /// What takes secrets out of what it prints.
    pub redactor: &'a Redactor,
    /// Set when the user wants to stop.
    pub cancel: &'a Cancel,
    /// The time, and chance.
    pub clock: &'a dyn Clock,
    /// Told of what a model has written so far, and of `None` once it stops.
    pub progress: &'a Watcher,
    /// Where what the work uses is noted, also where it fails; it is asked before each call.
    pub account: &'a Account,
    /// What can be found out again: which flags a program has.
    pub caches: &'a Caches,
    /// Where keys are noted that nobody knew before.
    pub keys: &'a Keys,
}

/// Keys that programs printed for this piece of work, to be kept out of everything that is written from then on.
#[derive(Default)]
pub struct Keys(RefCell<Vec<String>>);

impl Keys {
    /// Adds one.
    pub fn add(&self, key: &str) {
        self.0.borrow_mut().push(key.to_owned());
    }

    /// All of them.
    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// Somebody who is told what a model has written so far, and of `None` once it stops.
pub type Watcher = dyn Fn(Option<&Progress>);

/// How a Builder's work arrives.
#[derive(Debug)]
pub enum Built {
    /// It edited its view; this is what it printed.
    Edited(Vec<u8>),
    /// It answered with text that holds the edits.
    Answered(String),
    /// It failed; this is what it printed.
    Failed(Failure, Vec<u8>),
}

/// Why a Builder could not be put to work. Counts for nothing.
#[derive(Debug, thiserror::Error)]
pub enum BuilderError {
    /// Its program could not be run inside the fence.
    #[error(transparent)]
    Walls(#[from] WallsError),
    /// What bounds its work could not be read.
    #[error(transparent)]
    Bounds(crate::git::ReadError),
    /// A file beside its view could not be written or read.
    #[error("cannot use {path}: {source}")]
    Io {
        /// Which.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The recording has no answer for this attempt.
    #[error("the recording has no answer {path}")]
    NoRecording {
        /// The file that was looked for.
        path: std::path::PathBuf,
    },
    /// A model's key is not there.
    #[error("there is no key for the model {model}: {why}")]
    NoKey {
        /// The model's name in the configuration.
        model: String,
        /// What is the matter with its source.
        why: String,
    },
    /// A model could not be asked, also not by trying again.
    #[error("the model {model} did not answer: {fault}")]
    Provider {
        /// The model's name in the configuration.
        model: String,
        /// Why.
        fault: Fault,
    },
    /// An agent program cannot be used as it is configured or installed.
    #[error("the agent program of {builder} cannot be used: {why}")]
    Agent {
        /// The Builder's name in the configuration.
        builder: String,
        /// Why.
        why: String,
    },
    /// The call was not made, since no budget covers it.
    #[error("no call was made: {0}")]
    NotPaid(String),
    /// A person is the Builder or the Architect, and is not asked by a program.
    #[error("{0} is a person's work")]
    Person(String),
    /// The user stopped it.
    #[error("stopped by the user")]
    Cancelled,
}

/// Someone who can be given a card, or asked for help.
pub trait Builder {
    /// Its name in the configuration, or the command of `exec`.
    fn name(&self) -> &str;

    /// `provider:model` where known, for the `Assisted-by` trailer.
    fn model(&self) -> Option<&str>;

    /// How its edits arrive, which its packet has to tell it.
    fn answers_with(&self) -> AnswerMode;

    /// Whether it reads the files of its folder, also where it answers with text.
    fn looks_around(&self) -> bool {
        self.answers_with() == AnswerMode::Files
    }

    /// The format that it is asked for where it answers with text; the one that suits the files without.
    fn edits(&self) -> Option<Format> {
        None
    }

    /// The window that its packets have to fit into, where one is known.
    fn window(&self) -> Option<Window> {
        None
    }

    /// Names of variables that it may see besides the allow-list.
    fn variables(&self) -> &[String] {
        &[]
    }

    /// Whom its program may speak to.
    fn network(&self) -> &Network {
        &Network::None
    }

    /// Whether a person does the work, in a worktree and by hand.
    fn is_person(&self) -> bool {
        false
    }

    /// Makes one attempt.
    fn build(&self, job: &Job) -> Result<Built, BuilderError>;

    /// Answers the Architect's question.
    fn advise(&self, job: &Job) -> Result<String, BuilderError>;

    /// Who is the author of what it builds.
    fn author(&self) -> Actor {
        Actor::Builder(self.name().to_owned())
    }
}

/// The Builder that a configuration describes.
pub fn builder_for(definition: &BuilderDef) -> Box<dyn Builder> {
    match &definition.kind {
        BuilderKind::Manual => Box::new(manual::Manual::new(&definition.name)),
        BuilderKind::Command { .. } => Box::new(command::Command::new(definition.clone())),
        BuilderKind::Agent(one) => Box::new(agent::Agent::new(&definition.name, (**one).clone())),
        BuilderKind::Model(one) => Box::new(model::Model::new(&definition.name, (**one).clone())),
        BuilderKind::Replay { dir } => Box::new(replay::Replay::new(&definition.name, dir.clone())),
    }
}
