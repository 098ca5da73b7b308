//! Writers: whose journals there are, and which is this clone's own.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::clock::Clock;
use crate::domain::id::WriterId;
use crate::domain::oid::Digest;
use crate::fault::{self, Point};

use super::{JournalError, io_at, sync_folder};

pub(in crate::ledger) fn writers(ledger: &Path) -> Result<Vec<WriterId>, JournalError> {
    let dir = ledger.join("journal");
    let listing = match fs::read_dir(&dir) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_at(&dir)(error)),
    };
    let mut found: Vec<WriterId> = listing
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    found.sort();
    Ok(found)
}

/// Who writes here, as far as the file says; whoever wrote last, where this is another place.
pub(in crate::ledger) fn known_writer(ledger: &Path) -> Option<WriterId> {
    let text = fs::read_to_string(ledger.join("writer")).ok()?;
    let here = Place::of(ledger).ok();
    let own = here.and_then(|here| text.lines().find_map(|line| here.writer(line)));
    own.or_else(|| text.split(' ').next()?.parse().ok())
}

/// This clone's writer. A copied clone gets a new one: its folder has another inode, and an image that is started twice
/// another machine, so two clones never write the same numbers. Who comes back to a place has the name of before.
pub(super) fn own_writer(ledger: &Path, clock: &dyn Clock) -> Result<WriterId, JournalError> {
    let here = Place::of(ledger)?;
    let text = fs::read_to_string(ledger.join("writer")).unwrap_or_default();
    if let Some(writer) = text.lines().find_map(|line| here.writer(line)) {
        return Ok(writer);
    }
    // Earlier versions asked for the machine's id alone.
    let (writer, rest) = match text.lines().next().and_then(|line| here.writer_of_before(line)) {
        Some(writer) => (writer, String::new()),
        None => (new_name(ledger, clock)?, text),
    };
    write(ledger, &writer, &here, &rest)?;
    Ok(writer)
}

/// Another name for this place from here on.
pub(in crate::ledger) fn rename_writer(ledger: &Path, writer: &WriterId) -> Result<(), JournalError> {
    let here = Place::of(ledger)?;
    let text = fs::read_to_string(ledger.join("writer")).unwrap_or_default();
    let elsewhere = text.lines().filter(|line| here.writer(line).is_none());
    let rest: String = elsewhere.map(|line| format!("{line}\n")).collect();
    write(ledger, writer, &here, &rest)
}

/// A name that nobody has.
pub(in crate::ledger) fn new_name(ledger: &Path, clock: &dyn Clock) -> Result<WriterId, JournalError> {
    let name = format!("w{}", clock.random_name(10));
    name.parse()
        .map_err(|error| io_at(&ledger.join("writer"))(io::Error::other(format!("{error}"))))
}

fn write(ledger: &Path, writer: &WriterId, here: &Place, rest: &str) -> Result<(), JournalError> {
    let file = ledger.join("writer");
    let mut temporary = tempfile::NamedTempFile::new_in(ledger).map_err(io_at(&file))?;
    fault::at(Point::WriterWrite)
        .and_then(|()| write!(temporary, "{writer} {} {}\n{rest}", here.machine, here.folder))
        .and_then(|()| temporary.as_file().sync_all())
        .and_then(|()| fault::at(Point::WriterRename))
        .map_err(io_at(&file))?;
    temporary.persist(&file).map_err(|error| io_at(&file)(error.error))?;
    sync_folder(ledger)?;
    fault::at(Point::WriterRenamed).map_err(io_at(&file))
}

/// What tells this clone from a copy of it.
struct Place {
    /// The machine, and what this one has of its own even where its disk came from the same image: its name and the
    /// addresses of its network devices, which are given out when it starts.
    machine: String,
    /// The same by its id alone.
    machine_of_before: String,
    /// Device and inode of the folder.
    folder: String,
}

impl Place {
    fn of(ledger: &Path) -> Result<Self, JournalError> {
        let id = fs::read_to_string("/etc/machine-id").unwrap_or_default();
        let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let mut own = vec![id.trim().to_owned(), name.trim().to_owned()];
        own.extend(addresses());
        let folder = fs::metadata(ledger).map_err(io_at(ledger))?;
        Ok(Self {
            machine: Digest::of_fields(own.iter().map(String::as_bytes)).short(),
            machine_of_before: Digest::of(id.trim().as_bytes()).short(),
            folder: format!("{}:{}", folder.dev(), folder.ino()),
        })
    }

    /// The writer of a line of the file, if that is for here.
    fn writer(&self, line: &str) -> Option<WriterId> {
        self.named(line, &self.machine)
    }

    fn writer_of_before(&self, line: &str) -> Option<WriterId> {
        self.named(line, &self.machine_of_before)
    }

    fn named(&self, line: &str, machine: &str) -> Option<WriterId> {
        let (name, place) = line.split_once(' ')?;
        let (its_machine, folder) = place.split_once(' ')?;
        (its_machine == machine && folder == self.folder).then(|| name.parse().ok())?
    }
}

/// The addresses of this machine's network devices that are their own: not chosen anew whenever a device is made.
fn addresses() -> Vec<String> {
    let read = |dir: &Path, name: &str| fs::read_to_string(dir.join(name)).unwrap_or_default().trim().to_owned();
    let devices = fs::read_dir("/sys/class/net").into_iter().flatten().flatten();
    let own = devices.filter_map(|device| {
        let dir = device.path();
        // 0: burnt in, or given by whoever made the virtual machine. What can be unplugged tells nothing of the machine.
        let is_own = read(&dir, "addr_assign_type") == "0" && dir.join("device").exists();
        let is_fixed = !fs::canonicalize(&dir).is_ok_and(|path| path.to_string_lossy().contains("/usb"));
        let address = read(&dir, "address");
        (is_own && is_fixed && !address.is_empty()).then_some(address)
    });
    let mut own: Vec<String> = own.collect();
    own.sort();
    own
}
