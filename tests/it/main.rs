//! Stories with the real binary on real repositories, one file for each part of the product.

#![expect(clippy::unwrap_used, reason = "in a test a surprise is a failure")]

mod agent_hooks;
mod agents;
mod architecture;
mod attended;
mod audit;
mod canaries;
mod chain;
mod clone;
mod conversions;
mod deep_folders;
mod doctor;
mod evidence;
#[path = "../fakes/mod.rs"]
mod fakes;
mod fence;
mod fence_places;
mod fewer_tests;
mod fleet;
mod floods;
mod follow;
mod forms;
mod history;
mod home;
mod hooks;
mod hostile;
mod jobs;
mod landed;
mod left_behind;
mod local;
mod lost;
mod merges;
mod merging;
mod messages;
mod model;
mod money;
mod notations;
mod packets;
#[path = "../fakes/place.rs"]
mod place;
mod plan_architect;
mod plan_first;
mod plan_new;
mod plans;
mod provider;
mod proxy;
mod record;
mod records;
mod remote;
mod rewrites;
mod rewritten;
mod rollback;
mod run;
mod sandbox;
mod secrets;
mod shallow;
mod slots;
mod sparse;
mod status_channel;
mod stranger;
mod triggers;
mod twelve;
mod under_way;
mod words;
mod worktrees;
