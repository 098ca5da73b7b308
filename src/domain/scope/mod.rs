//! Scope: which paths a card's Builder may change. Globs and names in, verdicts out.
//!
//! Nothing here reads a file: what is a link, a device or another repository is found by the harvest and judged
//! here by its name and kind.

pub mod bounds;
pub mod cone;
pub mod ignored;
pub mod links;
pub mod names;
pub mod near;
pub mod overlap;
pub mod submodules;
pub mod violation;

mod allowed;
mod built_in;
mod embedded;
mod entry;
mod named;
mod protected;
mod verdict;

#[cfg(test)]
mod tests;

pub use allowed::{Allowed, as_name};
pub use entry::{GlobError, doubt, escaped, has_wildcard};
pub use named::Named;
pub use protected::Protected;
pub use verdict::{Terms, verdict};
