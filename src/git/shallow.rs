//! Shallow clones: history that was left at the remote.

use std::fs;
use std::io;

use crate::domain::oid::CommitId;

use super::open::Repository;
use super::tree::ReadError;

impl Repository {
    /// Whether history is cut off, so that what needs it cannot be answered.
    pub fn is_shallow(&self) -> bool {
        self.common_dir()
            .join("shallow")
            .metadata()
            .is_ok_and(|file| file.len() > 0)
    }

    /// The commits here whose parents were left at the remote; none where the whole history is here.
    ///
    /// Read anew at each call, since another process may have fetched in the meantime.
    pub fn cut_off_at(&self) -> Result<Vec<CommitId>, ReadError> {
        let file = self.common_dir().join("shallow");
        let unreadable = |error: &dyn std::fmt::Display| ReadError::reference(&file.display().to_string(), &error);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(&error)),
        };
        let mut found = Vec::new();
        for line in text.lines() {
            let commit: CommitId = line.trim().parse().map_err(|error| unreadable(&error))?;
            // What was collected since stays in the list.
            if self.contains(commit.object_id()) {
                found.push(commit);
            }
        }
        Ok(found)
    }
}
