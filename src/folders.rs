//! Folders and files of ours: for their owner alone, whatever the umask says. Anyone may make some; nothing else enters here.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Makes a folder and those above it that are missing. One that is there stays as it is.
pub fn make_private(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Makes a file anew.
pub fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn what_is_ours_is_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let ours = dir.path().join("one/two");
        make_private(&ours).unwrap();
        make_private(&ours).unwrap();
        let file = ours.join("file");
        create_private(&file).unwrap();
        for (path, mode) in [(dir.path().join("one"), 0o700), (ours, 0o700), (file, 0o600)] {
            assert_eq!(path.metadata().unwrap().mode() & 0o777, mode, "{}", path.display());
        }
    }
}
