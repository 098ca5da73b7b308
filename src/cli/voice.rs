//! The voice of one command: what its engines tell of their work, one event after the other, however many they are.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::domain::task::event::{Event, Sink};
use crate::engine::builder::Watcher;
use crate::engine::slot::Watcher as Copying;
use crate::report::progress::{Moving, Progress};

/// What several engines tell of their work by.
#[derive(Clone)]
pub struct Voice {
    sink: Arc<Mutex<dyn Sink + Send>>,
    moving: Option<Moving>,
}

impl Voice {
    /// One that tells of events alone.
    pub fn new(sink: impl Sink + Send + 'static) -> Self {
        Self {
            sink: Arc::new(Mutex::new(sink)),
            moving: None,
        }
    }

    /// One that also shows what goes on this moment.
    pub fn moving(progress: Progress) -> Self {
        let moving = Some(progress.moving());
        Self {
            moving,
            ..Self::new(progress)
        }
    }

    /// Who is told of what a model has written so far, where that can be shown.
    pub fn watcher(&self) -> Option<Box<Watcher>> {
        let moving = self.moving.as_ref()?;
        Some(Box::new(moving.watcher()))
    }

    /// Who is told how far a copy is, where that can be shown.
    pub fn copying(&self) -> Option<Box<Copying>> {
        let moving = self.moving.as_ref()?;
        Some(Box::new(moving.copying()))
    }
}

impl Sink for Voice {
    fn event(&mut self, at: Timestamp, event: &Event) {
        // Whoever ended in the middle of a line left no worse than that line.
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        sink.event(at, event);
    }
}
