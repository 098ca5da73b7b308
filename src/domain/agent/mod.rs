//! Agent programs: what they say before they edit a file, and what they are told.
//!
//! Everything here is read from text that a foreign program wrote, and nothing of it is believed: whether work was in
//! scope is found out by the harvest. No program is started here and no file is looked at.

pub mod hook;
pub mod reply;
pub mod settings;
