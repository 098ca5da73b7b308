//! The pulse: renews the claims in hand for as long as the work goes on, so that others see that its holder lives.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::task::event::Event;
use crate::engine::Engine;

use super::Server;

/// How often it looks whether there is anything to renew.
const IDLE: u64 = 1;

/// Beats until it is stopped.
#[derive(Default)]
pub struct Pulse {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Pulse {
    /// Ends it.
    pub fn stop(&self) {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Renews until it is stopped. What cannot be renewed now is tried again at the next beat; what others have taken
    /// over is told, and whoever works on it lands nothing.
    pub fn beat(&self, engine: &mut Engine, server: &Server) {
        let mut waited = 0;
        let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        while !*stopped {
            let nap = self.changed.wait_timeout(stopped, Duration::from_secs(IDLE));
            stopped = nap.unwrap_or_else(PoisonError::into_inner).0;
            waited += IDLE;
            let due = server.next_renewal().is_some_and(|seconds| waited >= seconds);
            if *stopped || !due {
                continue;
            }
            waited = 0;
            drop(stopped);
            match server.renew(engine) {
                Ok(lost) => {
                    for what in lost {
                        tell(
                            engine,
                            &what,
                            "its claim was taken over by another machine; what is made here will not land",
                        );
                    }
                }
                Err(error) => engine.tell(&Event::Told {
                    task: None,
                    text: format!("claims could not be renewed: {error}"),
                }),
            }
            stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn tell(engine: &mut Engine, what: &str, text: &str) {
    engine.tell(&Event::Told {
        task: what.parse().ok(),
        text: text.to_owned(),
    });
}
