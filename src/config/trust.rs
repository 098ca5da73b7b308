//! Trust: a repository's commands run only after this user trusted the digest of each (design section 3).

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::oid::Digest;

/// Why trust could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {source}")]
pub struct TrustError {
    path: PathBuf,
    source: io::Error,
}

/// The digests that a user trusts in one clone.
#[derive(Debug)]
pub struct Trust {
    file: PathBuf,
    digests: BTreeSet<Digest>,
    for_now: BTreeSet<Digest>,
}

impl Trust {
    /// Reads what the user trusts in the clone of this common git folder. It is kept on the user's side, so that no
    /// repository can bring its own. `for_now` is what is trusted beside it and never written.
    pub fn of(config_dir: &Path, common_dir: &Path, for_now: &BTreeSet<Digest>) -> Self {
        let name = Digest::of(common_dir.as_os_str().as_encoded_bytes()).short();
        let file = config_dir.join("trusted").join(name);
        let digests = read(&file);
        Self {
            file,
            digests,
            for_now: for_now.clone(),
        }
    }

    /// Whether a digest is trusted.
    pub fn has(&self, digest: Digest) -> bool {
        self.digests.contains(&digest) || self.for_now.contains(&digest)
    }

    /// Trusts digests from now on.
    pub fn add(&mut self, digests: impl IntoIterator<Item = Digest>) -> Result<(), TrustError> {
        let before = self.digests.len();
        self.digests.extend(digests);
        if self.digests.len() == before {
            return Ok(());
        }
        // Another command may have trusted something since this value was read.
        self.digests.extend(read(&self.file));
        let failed = |source| TrustError {
            path: self.file.clone(),
            source,
        };
        let dir = self.file.parent().unwrap_or(Path::new("."));
        crate::folders::make_private(dir).map_err(failed)?;
        let text: String = self.digests.iter().map(|digest| format!("{digest}\n")).collect();
        let file = tempfile::NamedTempFile::new_in(dir).map_err(failed)?;
        fs::write(file.path(), text).map_err(failed)?;
        file.persist(&self.file).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

/// What the file holds. Where it cannot be read, nothing is trusted.
fn read(file: &Path) -> BTreeSet<Digest> {
    fs::read_to_string(file)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.trim().parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(config_dir: &Path, common_dir: &Path) -> Trust {
        Trust::of(config_dir, common_dir, &BTreeSet::new())
    }

    #[test]
    fn trust_is_kept_for_each_clone_apart() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (Path::new("/a/.git"), Path::new("/b/.git"));
        let digest = Digest::of(b"commands");
        of(dir.path(), a).add([digest]).unwrap();
        assert!(of(dir.path(), a).has(digest));
        assert!(!of(dir.path(), b).has(digest));
    }

    #[test]
    fn what_two_commands_trust_at_once_is_all_kept() {
        let dir = tempfile::tempdir().unwrap();
        let clone = Path::new("/a/.git");
        let (one, two) = (Digest::of(b"one"), Digest::of(b"two"));
        let (mut first, mut second) = (of(dir.path(), clone), of(dir.path(), clone));
        first.add([one]).unwrap();
        second.add([two]).unwrap();
        let kept = of(dir.path(), clone);
        assert!(kept.has(one) && kept.has(two));
    }

    #[test]
    fn a_file_that_cannot_be_read_trusts_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let clone = Path::new("/a/.git");
        let digest = Digest::of(b"commands");
        let mut trust = of(dir.path(), clone);
        trust.add([digest]).unwrap();
        fs::write(&trust.file, format!("{digest}x\n\u{0}\n")).unwrap();
        assert!(!of(dir.path(), clone).has(digest));
    }
}
