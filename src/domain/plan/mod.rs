//! Plans: cards and their graph, what makes them bad, and how they are written and read.
//!
//! Text in, cards out; no file is read here.

pub mod card;
pub mod clean;
pub mod conflict;
mod files;
pub mod format;
pub mod graph;
pub mod lint;
pub mod reach;
pub mod revision;
