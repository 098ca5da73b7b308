//! Foreign programs: started with a clean environment, in a process group of their own, with a time limit and
//! bounded output.
//!
//! This room knows nothing of Builders or checks. The git program is not started here but in `git/command.rs`.

mod capture;
mod environment;
pub mod fence;
mod group;
mod pipes;
mod removal;

pub use capture::Captured;
pub use environment::Environment;
pub use group::{Cancel, Ending, Finished, Input, Program, StartError, find_program, run, shell};
pub use removal::remove;
