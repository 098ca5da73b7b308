//! Configuration: `.harness/config.toml` of a commit, with the user's and the clone's laid over it.
//!
//! Decisions are not made here. What is unknown, twice, or of the wrong kind is an error with file, line and the fix,
//! all of them at once. The tracked file governs the project; the overlays may only say who builds and where.

mod load;
mod model;
mod trust;

pub use load::{Layer, Source, load};
pub use model::{
    AnswerMode, Approval, BuilderDef, BuilderKind, Commit, Config, FenceRequire, Packet, PlanApproval, Policy, Roles,
    SlotSetup,
};
pub use trust::{Trust, TrustError};
