//! The vocabulary and every decision.
//!
//! Nothing in this ring touches a file system, a process, a network, a clock, an environment, a terminal, or a
//! repository: everything is a function of its arguments, so it cannot fail for reasons outside them and is tested
//! without any. Of gix only the hash type may enter. Every entry is a noun of the design; there are no helpers.

pub mod actor;
pub mod agent;
pub mod audit;
pub mod block;
pub mod blueprint;
pub mod breaker;
pub mod budget;
pub mod chain;
pub mod change;
pub mod check;
pub mod claim;
pub mod commit_message;
pub mod diagnostic;
pub mod edit;
pub mod failure;
pub mod gate;
pub mod id;
pub mod lockfile;
pub mod network;
pub mod oid;
pub mod packet;
pub mod path;
pub mod plan;
pub mod proposal;
pub mod quality;
pub mod record;
pub mod redact;
pub mod reversal;
pub mod route;
pub mod scope;
pub mod search;
pub mod symptom;
pub mod task;
pub mod test_report;
pub mod trailer;
pub mod trailer_block;
pub mod usage;
pub mod words;
