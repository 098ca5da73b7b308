//! The general contractor for software built with AI, inside git.
//!
//! A plan becomes task cards. The contractor hands one card at a time to an untrusted Builder, takes only the
//! changes that the card allows, verifies exactly the tree that will be committed, commits it with trailers, and
//! records every step.
//!
//! # The rings, from the bottom up
//!
//! ```text
//! main → cli → engine → { git  ledger  model  process  config } → domain
//!              report ──────────────────────────────────────────→ domain          clock, fault, folders: anyone
//! ```
//!
//! * [`domain`]: the vocabulary and every decision, as functions of their arguments.
//! * [`clock`]: time and randomness, handed in.
//! * [`fault`]: places where a test may strike; empty in every normal build.
//! * [`folders`]: folders and files for their owner alone.
//! * [`config`]: what a project, a user and a clone say, with every mistake at its place.
//! * [`git`]: reads by gix, writes by the git program, hooks, and a plain view for those who believe nobody.
//! * [`ledger`]: the journal, its checkpoints, transcripts, locks, caches.
//! * [`process`]: foreign programs, and the fence around them.
//! * [`model`]: models behind HTTP.
//! * [`proxy`]: the only way out of the fence, to named hosts.
//! * [`engine`]: the loop, one file a step; the audit; the doctor.
//! * [`report`]: events and tables for people and programs.
//! * [`cli`]: one file a command.
//!
//! # Invariants
//!
//! 1. A Builder's claims and commits count for nothing; what counts is the change set taken from its view and the
//!    check results on the tree made of it.
//! 2. Git history is the truth about what is done, the ledger about what was tried. Both are only appended to, and
//!    state is derived from them.
//! 3. Same inputs, same packet, same decision: models are called at named points only.

pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod engine;
pub mod fault;
pub mod folders;
pub mod git;
pub mod ledger;
pub mod model;
pub mod process;
pub mod proxy;
pub mod report;
