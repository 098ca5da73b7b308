//! Configuration: `.harness/config.toml` of a commit, with the user's and the clone's laid over it.
//!
//! Decisions are not made here. What is unknown, twice, or of the wrong kind is an error with file, line and the fix,
//! all of them at once. The tracked file governs the project; the overlays may only say who builds and where, and can
//! only raise the least fence.

mod agents;
mod budget;
mod builders;
mod commands;
mod fence;
mod load;
mod lookup;
mod model;
mod models;
pub mod paths;
mod policy;
mod reader;
mod remote;
mod secret;
mod sections;
#[cfg(test)]
mod tests;
mod trust;

pub use agents::{AgentDef, AgentMode};
pub use commands::{Listed, settings_of};
pub use load::{Layer, Source, load};
pub use model::{
    AnswerMode, Approval, BuilderDef, BuilderKind, Commit, CommitHooks, Config, FenceRequire, Guard, Packet,
    PlanApproval, Policy, Roles, SlotSetup, Unrecorded,
};
pub use models::{CallSeconds, KeySource, ModelDef, ModelProvider};
pub use remote::RemoteRules;
pub use secret::secret_values;
pub use trust::{Trust, TrustError};
