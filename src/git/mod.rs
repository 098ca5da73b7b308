//! The repository: reads by gix, writes by the git program, so that what lands is what git itself would make.
//!
//! This room knows objects, refs, worktrees, hooks and history. It knows no cards, lanes or models. The git program
//! is started in `command.rs` and nowhere else.

mod blobs;
mod cache_tree;
mod command;
mod convert;
mod create;
mod deciding;
mod diff;
mod durable;
mod folder;
mod foreign;
mod hash;
mod history;
mod ignored;
mod index;
mod land;
mod lent;
mod merge;
mod message;
mod open;
mod owner;
mod plain;
mod refs;
mod refs_by_git;
mod remote;
mod scratch;
mod shallow;
mod stat_cache;
mod submodule;
mod taken;
mod tree;
mod tree_id;
mod under_way;
mod walks;
mod worktrees;
mod write;

pub mod hooks;

pub use command::{GitError, GitProgram};
pub use convert::{Cleaned, Conversions, ConvertError, LfsObject, Pointer, Smudged, Way};
pub use create::CreateError;
pub use folder::Folder;
pub use foreign::Named;
pub use history::{Before, History, HistorySeed, How, Verified};
pub use index::{Authorship, Replaying};
pub use land::MoveError;
pub use lent::Lent;
pub use merge::Merge;
pub use open::{Form, OpenError, Repository};
pub use plain::{PlainError, PlainPlace, PlainView};
pub use refs::{Head, SwapError};
pub use remote::{Answer, Refusal, Remote, RemoteError, Swap};
pub use stat_cache::{NewStatCache, StatCache};
pub use submodule::submodules_in;
pub use taken::{Taken, WorktreeError};
pub use tree::{Commit, ReadError};
pub use under_way::UnderWay;
pub use walks::Saying;
pub use worktrees::{Away, Worktree};
pub use write::{Identity, IdentityError, NewCommit, WriteError};

#[cfg(test)]
mod tests;
