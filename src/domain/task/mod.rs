//! Tasks in motion: states, events, the one table that joins them, replay, and the queue.

pub mod books;
pub mod event;
pub mod queue;
pub mod replay;
pub mod row;
pub mod state;
pub mod transition;
pub mod voice;
