//! Agent programs: what each is started with and asked for, what they say before they edit a file, and what their output
//! tells.
//!
//! Everything here is read from text that a foreign program wrote, and nothing of it is believed: whether work was in
//! scope is found out by the harvest. No program is started here and no file is looked at. A new program is a file with
//! its command line and the reader of its output, and a line in each table of `program.rs`.

mod aider;
mod claude;
mod codex;
mod gemini;
mod goose;
pub mod hook;
mod opencode;
pub mod program;
pub mod proposal;
mod qwen;
pub mod reply;
pub mod report;
pub mod settings;
