//! Writing many files of a copy: their bytes come from git in one thread, and go to the disk in several.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::{SlotError, io_at};

/// What a copy has at a place.
#[derive(Debug)]
pub enum Made {
    /// The folder of a submodule, whose files come by themselves.
    Folder,
    /// A link to this.
    Link(std::ffi::OsString),
    /// A file of these bytes.
    Bytes(Vec<u8>, u32),
    /// The bytes of another file.
    CopyOf(PathBuf, u32),
}

impl Made {
    /// Puts it where nothing is yet. Says what the system has of a file.
    pub(super) fn put(&self, place: &Path) -> io::Result<Option<Metadata>> {
        match self {
            Self::Folder => fs::create_dir_all(place).map(|()| None),
            Self::Link(target) => std::os::unix::fs::symlink(target, place).map(|()| None),
            Self::Bytes(bytes, mode) => {
                let mut file = create(place, *mode)?;
                file.write_all(bytes)?;
                finished(&file, *mode).map(Some)
            }
            Self::CopyOf(from, mode) => {
                let mut file = create(place, *mode)?;
                io::copy(&mut File::open(from)?, &mut file)?;
                // Older than any index that knows it: git would read it again, and without the filter take it for another
                // content.
                file.set_modified(file.metadata()?.modified()? - Duration::from_secs(10))?;
                finished(&file, *mode).map(Some)
            }
        }
    }

    /// Whether it is better written at once than kept in memory beside others.
    fn is_large(&self) -> bool {
        matches!(self, Self::Bytes(bytes, _) if bytes.len() > LARGE)
    }
}

/// A new file. Nothing is there but, where a file system takes two names of a tree for one, the other file of that name.
fn create(place: &Path, mode: u32) -> io::Result<File> {
    let create = || OpenOptions::new().write(true).create_new(true).mode(mode).open(place);
    match create() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !is_folder(place) => {
            fs::remove_file(place)?;
            create()
        }
        other => other,
    }
}

fn is_folder(place: &Path) -> bool {
    fs::symlink_metadata(place).is_ok_and(|found| found.is_dir())
}

fn finished(file: &File, mode: u32) -> io::Result<Metadata> {
    let found = file.metadata()?;
    if found.permissions().mode() & 0o7777 == mode {
        return Ok(found);
    }
    // The user's mask took something away.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.metadata()
}

/// Fewer files are written one after the other.
const MANY: usize = 200;

/// The most threads that write.
const MOST_THREADS: usize = 8;

/// Files that wait to be written, at most, and the most bytes of one of them.
const WAITING: usize = 64;
const LARGE: usize = 256 * 1024;

/// One file on its way: its number, where it goes, and what it is.
type Job = (usize, PathBuf, Made);

/// What became of them, by their numbers, and the first that failed.
type Written = (Vec<(usize, Metadata)>, Option<SlotError>);

/// Writes what `next` gives until it gives nothing any more, and hands back what the system says of each file by its number.
/// `next` has made the folders of what it gives.
pub(super) fn all(
    count: usize,
    mut next: impl FnMut(usize) -> Result<(PathBuf, Made), SlotError>,
) -> Result<Vec<(usize, Metadata)>, SlotError> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let mut found = Vec::with_capacity(count);
    let mut here = |number: usize, place: &Path, made: &Made| -> Result<(), SlotError> {
        let written = made.put(place).map_err(io_at(place))?;
        found.extend(written.map(|kind| (number, kind)));
        Ok(())
    };
    if count < MANY || threads < 2 {
        for number in 0..count {
            let (place, made) = next(number)?;
            here(number, &place, &made)?;
        }
        return Ok(found);
    }
    let (send, receive) = sync_channel::<Job>(WAITING);
    let receive = Mutex::new(receive);
    let results: Vec<Result<Written, SlotError>> = thread::scope(|scope| {
        let writers: Vec<_> = (0..threads).map(|_| scope.spawn(|| write_from(&receive))).collect();
        let fed = feed(count, &mut next, &mut here, &send);
        // Nothing more comes.
        drop(send);
        let mut results: Vec<Result<Written, SlotError>> = Vec::new();
        for writer in writers {
            let lost = || io_at(Path::new("."))(io::Error::other("a thread that wrote files ended"));
            results.push(writer.join().map_err(|_| lost()));
        }
        results.push(fed.map(|()| (Vec::new(), None)));
        results
    });
    for result in results {
        let (written, failed) = result?;
        if let Some(error) = failed {
            return Err(error);
        }
        found.extend(written);
    }
    Ok(found)
}

fn feed(
    count: usize,
    next: &mut impl FnMut(usize) -> Result<(PathBuf, Made), SlotError>,
    here: &mut impl FnMut(usize, &Path, &Made) -> Result<(), SlotError>,
    send: &SyncSender<Job>,
) -> Result<(), SlotError> {
    for number in 0..count {
        let (place, made) = next(number)?;
        if made.is_large() {
            here(number, &place, &made)?;
        } else if send.send((number, place, made)).is_err() {
            // Nobody writes any more: each of them says why.
            break;
        }
    }
    Ok(())
}

fn write_from(jobs: &Mutex<Receiver<Job>>) -> Written {
    let mut written = Vec::new();
    let mut failed = None;
    loop {
        let job = match jobs.lock() {
            Ok(jobs) => jobs.recv(),
            Err(_) => break,
        };
        let Ok((number, place, made)) = job else { break };
        // What comes after a failure is thrown away, so that whoever sends is not left waiting.
        if failed.is_some() {
            continue;
        }
        match made.put(&place) {
            Ok(found) => written.extend(found.map(|kind| (number, kind))),
            Err(error) => failed = Some(io_at(&place)(error)),
        }
    }
    (written, failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(number: usize) -> Made {
        match number % 100 {
            99 => Made::Link("target".into()),
            98 => Made::Bytes(vec![b'x'; LARGE + 1], 0o644),
            _ => Made::Bytes(number.to_string().into_bytes(), [0o644, 0o755][number % 2]),
        }
    }

    #[test]
    fn each_file_is_there_with_its_bytes_and_rights_however_many() {
        for count in [3, MANY * 3] {
            let dir = tempfile::tempdir().unwrap();
            let place = |number: usize| dir.path().join(number.to_string());
            let found = all(count, |number| Ok((place(number), made(number)))).unwrap();
            assert_eq!(found.len(), (0..count).filter(|number| number % 100 != 99).count());
            for (number, kind) in &found {
                let there = fs::symlink_metadata(place(*number)).unwrap();
                assert_eq!(there.modified().unwrap(), kind.modified().unwrap());
                assert_eq!(there.permissions().mode() & 0o7777, [0o644, 0o755][number % 2]);
            }
            assert_eq!(fs::read_link(place(99)).is_ok(), count > 99);
            assert_eq!(fs::read_to_string(place(2)).unwrap(), "2");
        }
    }

    #[test]
    fn a_link_is_not_written_through_and_where_nothing_can_be_written_nobody_waits_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let place = |number: usize| dir.path().join(number.to_string());
        fs::write(place(1), "theirs").unwrap();
        std::os::unix::fs::symlink(place(1), place(0)).unwrap();
        made(0).put(&place(0)).unwrap();
        assert_eq!(fs::read_to_string(place(1)).unwrap(), "theirs");
        fs::create_dir(place(5)).unwrap();
        let error = all(MANY * 10, |number| Ok((place(number), made(number)))).unwrap_err();
        assert!(error.to_string().contains("/5"), "{error}");
    }
}
