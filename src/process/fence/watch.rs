//! Whether anything read a file in a folder while a program ran: known from the kernel's own notices (inotify), which come for
//! each opening of a file, whoever opens it and however the folder is mounted. Where that cannot be known it counts as read.

use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

/// A folder that is looked at from before a program starts to after it ended.
pub(super) struct Watch(Option<OwnedFd>);

impl Watch {
    /// Looks at every folder that is there now. One that comes later holds nothing that was there before.
    pub(super) fn of(dir: &Path) -> Self {
        Self(begin(dir).ok())
    }

    /// Whether no file was opened. That folders were listed tells nobody what is in their files.
    pub(super) fn saw_nothing(self) -> bool {
        let Some(notices) = self.0 else { return false };
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(notices, &mut buffer);
        loop {
            match reader.next() {
                Ok(event) if event.events().contains(ReadFlags::ISDIR) => {}
                Ok(event) if event.events() == ReadFlags::IGNORED => {}
                // A file, or more notices than the kernel keeps.
                Ok(_) => return false,
                Err(error) => return error == Errno::AGAIN,
            }
        }
    }
}

fn begin(dir: &Path) -> io::Result<OwnedFd> {
    let notices = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        inotify::add_watch(
            &notices,
            &folder,
            WatchFlags::OPEN | WatchFlags::ONLYDIR | WatchFlags::DONT_FOLLOW,
        )?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(notices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_opened_is_seen_and_what_is_listed_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("refs/heads/work");
        fs::create_dir_all(dir.path().join("refs/heads")).unwrap();
        fs::write(&file, "x").unwrap();
        let look = |act: &dyn Fn()| {
            let watch = Watch::of(dir.path());
            act();
            watch.saw_nothing()
        };
        assert!(look(&|| {}));
        assert!(look(&|| assert_eq!(
            fs::read_dir(dir.path().join("refs")).unwrap().count(),
            1
        )));
        assert!(look(&|| assert!(fs::metadata(&file).unwrap().is_file())));
        assert!(!look(&|| assert_eq!(fs::read(&file).unwrap(), b"x")));
        assert!(!Watch::of(&dir.path().join("none")).saw_nothing());
    }
}
