//! What becomes of the record when the program is ended, fails, finds no space or meets another one, at every point
//! that `git_harness::fault` names and at random moments. `cargo test` plays a slice of it, `.ci/crash` all.
//!
//! Failpoints are empty without debug assertions, and so is this.

#![cfg(debug_assertions)]
#![expect(clippy::unwrap_used, reason = "in a test a surprise is a failure")]
#![expect(clippy::print_stdout, reason = "figures and tables are what this prints")]

mod by_hand;
mod claims;
mod invariants;
mod journal;
mod matrix;
#[path = "../fakes/place.rs"]
mod place;
mod races;
mod scenes;
mod torture;
mod world;
