//! Plans in the making: interviews and blueprints that are not committed yet, a folder for each plan. They are this
//! clone's alone, and stay until they became cards.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::id::PlanId;
use crate::domain::redact::Redactor;
use crate::folders::make_private;

/// A clone's plans in the making.
#[derive(Debug)]
pub struct Drafts {
    dir: PathBuf,
    redactor: Arc<Redactor>,
}

impl Drafts {
    pub(super) fn new(dir: &Path, redactor: Arc<Redactor>) -> Self {
        Self {
            dir: dir.to_owned(),
            redactor,
        }
    }

    /// Where a file of a plan is kept, whether it is there or not.
    pub fn path(&self, plan: &PlanId, name: &str) -> PathBuf {
        self.dir.join(plan.folded()).join(name)
    }

    /// The plans that have this file.
    pub fn with(&self, name: &str) -> io::Result<Vec<PlanId>> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let plan = entry.file_name().to_str().and_then(|name| PlanId::new(name).ok());
            found.extend(plan.filter(|_| entry.path().join(name).is_file()));
        }
        found.sort();
        Ok(found)
    }

    /// A file's text; `None` where there is none.
    pub fn read(&self, plan: &PlanId, name: &str) -> io::Result<Option<String>> {
        match fs::read(self.path(plan, name)) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps a text without the secrets in it, whole or not at all; it is on disk when this returns.
    pub fn write(&self, plan: &PlanId, name: &str, text: &str) -> io::Result<()> {
        let path = self.path(plan, name);
        let dir = path.parent().unwrap_or(&self.dir);
        make_private(dir)?;
        // tempfile makes files for their owner alone.
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(self.redactor.text(text).as_bytes())?;
        file.as_file().sync_data()?;
        file.persist(&path).map_err(|error| error.error)?;
        fs::File::open(dir)?.sync_all()
    }

    /// Forgets a plan's files.
    pub fn remove(&self, plan: &PlanId) -> io::Result<()> {
        match fs::remove_dir_all(self.dir.join(plan.folded())) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn what_is_kept_is_whole_clean_and_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let redactor = Arc::new(Redactor::new(&["kn0wn-by-value"], b"salt"));
        let drafts = Drafts::new(&dir.path().join("plans"), redactor);
        let plan = PlanId::new("Shop").unwrap();
        assert_eq!(drafts.with("a.md").unwrap(), []);
        assert_eq!(drafts.read(&plan, "a.md").unwrap(), None);
        drafts.write(&plan, "a.md", "the key is kn0wn-by-value\n").unwrap();
        drafts.write(&plan, "a.md", "again kn0wn-by-value\n").unwrap();
        let text = drafts.read(&plan, "a.md").unwrap().unwrap();
        assert!(text.starts_with("again [redacted:known:"), "{text}");
        assert_eq!(drafts.with("a.md").unwrap(), [PlanId::new("shop").unwrap()]);
        assert_eq!(drafts.with("b.md").unwrap(), []);
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&drafts.path(&plan, "a.md")), 0o600);
        assert_eq!(mode(&dir.path().join("plans/shop")), 0o700);
        drafts.remove(&plan).unwrap();
        drafts.remove(&plan).unwrap();
        assert_eq!(drafts.with("a.md").unwrap(), []);
    }
}
