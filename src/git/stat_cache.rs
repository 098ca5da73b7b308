//! What files in a folder of ours were when their contents were last known: a cache, so that what has not been touched
//! since is not read again.
//!
//! A file that somebody wrote has another time of change, which no program can set. As git does, a file is read again that
//! was changed as late as the cache itself was written: it may have been written once more within the clock's tick. Kept
//! in the format of git's index, written and read by gix; which folders may be believed at all is the caller's business.

use std::cmp::Ordering;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use gix::bstr::BStr;
use gix::hash::Kind;
use gix::index::entry::stat::Time;
use gix::index::entry::{Flags, Mode, Stat};
use gix::index::{File, State};

use crate::domain::change::{Entry, FileMode};
use crate::domain::oid::BlobId;
use crate::domain::path::RepoPath;

/// What is known of a folder's files. The empty one knows nothing.
#[derive(Default)]
pub struct StatCache {
    known: Option<(State, Time)>,
}

impl StatCache {
    /// Reads one; where it is missing or damaged nothing is known.
    pub fn read(file: &Path, hash: Kind) -> Self {
        let read = || {
            let found = fs::metadata(file).ok()?;
            let written = time(found.mtime(), found.mtime_nsec());
            let index = File::at(file, hash, true, gix::index::decode::Options::default()).ok()?;
            Some((index.into_parts().0, written))
        };
        Self { known: read() }
    }

    /// The same files, with the contents of none known any more.
    #[must_use]
    pub fn names(self) -> Self {
        let never = time(0, 0);
        Self {
            known: self.known.map(|(state, _)| (state, never)),
        }
    }

    /// Whether a file of this path is known, touched or not.
    pub fn has(&self, path: &RepoPath) -> bool {
        let state = self.known.as_ref().map(|(state, _)| state);
        state.is_some_and(|state| state.entry_by_path(path.as_bytes().into()).is_some())
    }

    /// Whether any file in this folder is.
    pub fn has_below(&self, folder: &RepoPath) -> bool {
        let below = [folder.as_bytes(), b"/"].concat();
        let state = self.known.as_ref().map(|(state, _)| state);
        state.is_some_and(|state| state.prefixed_entries_range(below[..].into()).is_some())
    }

    /// How many files are known.
    pub fn len(&self) -> usize {
        self.known.as_ref().map_or(0, |(state, _)| state.entries().len())
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same, for whoever asks for one path after the other in the order of their bytes.
    pub(super) fn in_order(&self) -> InOrder<'_> {
        InOrder { cache: self, at: 0 }
    }

    /// The contents of the regular file that `found` was asked of, if it is as it was.
    pub fn blob(&self, path: &RepoPath, found: &Metadata) -> Option<BlobId> {
        let (state, written) = self.known.as_ref()?;
        let entry = state.entry_by_path(path.as_bytes().into())?;
        let now = stat(found);
        (entry.stat == now && now.ctime < *written && now.mtime < *written).then(|| BlobId::new(entry.id))
    }
}

/// A stat cache that is gone through once.
pub(super) struct InOrder<'a> {
    cache: &'a StatCache,
    at: usize,
}

impl InOrder<'_> {
    /// What was noted of a file, touched or not: its contents then, and what the system said of it.
    pub(super) fn find(&mut self, path: &BStr) -> Option<(BlobId, Stat)> {
        let (state, _) = self.cache.known.as_ref()?;
        let rest = state.entries().get(self.at..)?;
        for entry in rest {
            match entry.path(state).cmp(path) {
                Ordering::Less => self.at += 1,
                Ordering::Equal => return Some((BlobId::new(entry.id), entry.stat)),
                Ordering::Greater => return None,
            }
        }
        None
    }
}

/// What will be known of a folder's files.
pub struct NewStatCache {
    state: State,
}

impl NewStatCache {
    /// An empty one, for blobs that are named by this hash.
    pub fn new(hash: Kind) -> Self {
        Self {
            state: State::new(hash),
        }
    }

    /// Notes a regular file: what the system says of it, asked before its contents were read, or after they were written.
    pub fn add(&mut self, path: &RepoPath, found: &Metadata, entry: Entry) {
        let mode = match entry.mode {
            FileMode::Executable => Mode::FILE_EXECUTABLE,
            _ => Mode::FILE,
        };
        let (id, path) = (entry.blob.object_id(), path.as_bytes().into());
        self.state
            .dangerously_push_entry(stat(found), id, Flags::empty(), mode, path);
    }

    /// How many files were noted.
    pub fn len(&self) -> usize {
        self.state.entries().len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(mut self, file: &Path) -> io::Result<()> {
        self.state.sort_entries();
        let mut bytes = Vec::new();
        let options = gix::index::write::Options {
            extensions: gix::index::write::Extensions::None,
            skip_hash: true,
        };
        let index = File::from_state(self.state, file);
        index.write_to(&mut bytes, options).map_err(io::Error::other)?;
        let new = file.with_extension("new");
        fs::write(&new, bytes)?;
        fs::rename(&new, file)
    }
}

fn time(secs: i64, nsecs: i64) -> Time {
    Time {
        secs: secs as u32,
        nsecs: nsecs as u32,
    }
}

/// Large numbers are cut, as in git's index; all of them together have to be the same.
pub(super) fn stat(found: &Metadata) -> Stat {
    Stat {
        mtime: time(found.mtime(), found.mtime_nsec()),
        ctime: time(found.ctime(), found.ctime_nsec()),
        dev: found.dev() as u32,
        ino: found.ino() as u32,
        uid: found.uid(),
        gid: found.gid(),
        size: found.len() as u32,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::time::{Duration, SystemTime};

    use super::*;

    struct Dir {
        dir: tempfile::TempDir,
        path: RepoPath,
    }

    impl Dir {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("a"), "one").unwrap();
            Self {
                dir,
                path: RepoPath::new("a").unwrap(),
            }
        }

        fn file(&self) -> PathBuf {
            self.dir.path().join("a")
        }

        /// Notes the file, and lets the clock go on, for `later` as if the cache were written so much later.
        fn cache(&self, later: Duration) -> StatCache {
            let entry = Entry {
                mode: FileMode::Regular,
                blob: one(),
            };
            let mut new = NewStatCache::new(Kind::Sha1);
            new.add(&self.path, &fs::metadata(self.file()).unwrap(), entry);
            let place = self.dir.path().join("cache");
            new.write(&place).unwrap();
            let cache = fs::File::open(&place).unwrap();
            cache.set_modified(SystemTime::now() + later).unwrap();
            StatCache::read(&place, Kind::Sha1)
        }

        fn known(&self, cache: &StatCache) -> Option<BlobId> {
            cache.blob(&self.path, &fs::metadata(self.file()).unwrap())
        }
    }

    fn one() -> BlobId {
        let id = gix::objs::compute_hash(Kind::Sha1, gix::objs::Kind::Blob, b"one");
        BlobId::new(id.unwrap())
    }

    const LATER: Duration = Duration::from_secs(10);

    #[test]
    fn a_file_that_nobody_touched_is_known() {
        let dir = Dir::new();
        let cache = dir.cache(LATER);
        assert_eq!(dir.known(&cache), Some(one()));
        assert_eq!(cache.len(), 1);
        let other = RepoPath::new("b").unwrap();
        assert_eq!(cache.blob(&other, &fs::metadata(dir.file()).unwrap()), None);
    }

    #[test]
    fn a_file_that_was_written_is_not_whatever_its_size_and_time() {
        let dir = Dir::new();
        let cache = dir.cache(LATER);
        let before = fs::metadata(dir.file()).unwrap().modified().unwrap();
        fs::write(dir.file(), "two").unwrap();
        fs::File::open(dir.file()).unwrap().set_modified(before).unwrap();
        assert_eq!(dir.known(&cache), None);
    }

    #[test]
    fn nor_one_whose_rights_changed_and_came_back() {
        let dir = Dir::new();
        let cache = dir.cache(LATER);
        for mode in [0o600, 0o644] {
            fs::set_permissions(dir.file(), fs::Permissions::from_mode(mode)).unwrap();
        }
        assert_eq!(dir.known(&cache), None);
    }

    #[test]
    fn nor_one_that_changed_no_earlier_than_the_cache_was_written() {
        let dir = Dir::new();
        let cache = dir.cache(Duration::ZERO);
        let stamp = fs::metadata(dir.dir.path().join("cache")).unwrap().modified().unwrap();
        fs::File::open(dir.file()).unwrap().set_modified(stamp + LATER).unwrap();
        let late = dir.cache(Duration::ZERO);
        assert_eq!(dir.known(&late), None);
        assert_eq!(dir.known(&cache), None);
    }

    #[test]
    fn a_damaged_cache_knows_nothing() {
        let dir = Dir::new();
        let place = dir.dir.path().join("cache");
        drop(dir.cache(LATER));
        let whole = fs::read(&place).unwrap();
        for length in 0..whole.len() {
            fs::write(&place, &whole[..length]).unwrap();
            let cut = StatCache::read(&place, Kind::Sha1);
            assert!(cut.is_empty() || dir.known(&cut) == Some(one()));
        }
        fs::remove_file(&place).unwrap();
        assert!(StatCache::read(&place, Kind::Sha1).is_empty());
    }
}
