//! What is told where nothing of a repository may run.

use crate::cli::exit::Exit;
use crate::config::TrustError;
use crate::engine::trusted::Untrusted;
use crate::report::text::visible;

use super::CliError;

impl From<Untrusted> for CliError {
    fn from(error: Untrusted) -> Self {
        let message = visible(&error.to_string()).into_owned();
        match error {
            Untrusted::Commands(_) => Self::new(Exit::PersonNeeded, message)
                .hint("read what this repository runs (`git harness trust --show`), then say so: git harness trust"),
            Untrusted::Fence { .. } => Self::new(Exit::PersonNeeded, message).hint(
                "`git harness doctor` tells more; or run it on a machine of its own (container, VM) with [fence] require = \"none\" in every file that sets it",
            ),
            Untrusted::Untested(error) => error.into(),
            Untrusted::Read(error) => error.into(),
        }
    }
}

impl From<TrustError> for CliError {
    fn from(error: TrustError) -> Self {
        Self::new(Exit::Refused, error.to_string())
    }
}
