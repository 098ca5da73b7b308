//! Readers of events and printers of tables. Knows the domain and nothing else.
//!
//! All text that somebody else wrote goes through [`text::visible`] on its way to a terminal.

pub mod chronicle;
pub mod json;
pub mod mistakes;
pub mod money;
pub mod progress;
pub mod sarif;
pub mod table;
pub mod terminal;
pub mod text;

use crate::domain::task::event::{Event, Sink};

/// Nobody watches.
#[derive(Debug, Default)]
pub struct Silence;

impl Sink for Silence {
    fn event(&mut self, _at: jiff::Timestamp, _event: &Event) {}
}
