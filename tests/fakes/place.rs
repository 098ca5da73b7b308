//! Where tests work: in memory where that can be, since most of their time would be spent on syncing files and on finding
//! room for new ones. Whoever sets `TMPDIR` chooses another place.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The kernel's own file system in memory, on every Linux.
const MEMORY: &str = "/dev/shm";

/// What the largest of the tests leave room for, side by side. Containers often give a few megabytes only.
const ROOM: u64 = 3 << 30;

/// The folder for a test's own folders.
pub fn place() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| {
        let memory = Path::new(MEMORY);
        match std::env::var_os("TMPDIR").is_none() && is_fit(memory) {
            true => memory.to_owned(),
            false => std::env::temp_dir(),
        }
    })
}

/// Whether programs may be started there, there is room, and it can hold the upper layer of an overlay, which needs
/// attributes that kernels before 6.6 do not keep in memory.
fn is_fit(dir: &Path) -> bool {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let may_start = |line: &str| {
        let mut words = line.split(' ').skip(1);
        let is_it = words.next().is_some_and(|place| Path::new(place) == dir);
        is_it && !words.nth(1).unwrap_or("noexec").split(',').any(|word| word == "noexec")
    };
    let has_room = rustix::fs::statvfs(dir).is_ok_and(|found| found.f_bavail * found.f_frsize >= ROOM);
    let keeps_attributes = tempfile::NamedTempFile::new_in(dir)
        .is_ok_and(|file| rustix::fs::setxattr(file.path(), "user.x", b"x", rustix::fs::XattrFlags::empty()).is_ok());
    mounts.lines().any(may_start) && has_room && keeps_attributes
}
