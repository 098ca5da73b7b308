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

/// Who wrote here last, as far as the file says.
pub(super) fn known_writer(ledger: &Path) -> Option<WriterId> {
    let text = fs::read_to_string(ledger.join("writer")).ok()?;
    text.split(' ').next()?.parse().ok()
}

/// This clone's writer. A copied clone gets a new one: its folder has another inode, so two clones never write the
/// same numbers.
pub(super) fn own_writer(ledger: &Path, clock: &dyn Clock) -> Result<WriterId, JournalError> {
    let place = place_of(ledger)?;
    let file = ledger.join("writer");
    if let Ok(text) = fs::read_to_string(&file)
        && let Some((name, rest)) = text.trim_end().split_once(' ')
        && rest == place
        && let Ok(writer) = name.parse()
    {
        return Ok(writer);
    }
    let name = format!("w{}", clock.random_name(10));
    let writer: WriterId = name
        .parse()
        .map_err(|error| io_at(&file)(io::Error::other(format!("{error}"))))?;
    let mut temporary = tempfile::NamedTempFile::new_in(ledger).map_err(io_at(&file))?;
    fault::at(Point::WriterWrite)
        .and_then(|()| writeln!(temporary, "{writer} {place}"))
        .and_then(|()| temporary.as_file().sync_all())
        .and_then(|()| fault::at(Point::WriterRename))
        .map_err(io_at(&file))?;
    temporary.persist(&file).map_err(|error| io_at(&file)(error.error))?;
    sync_folder(ledger)?;
    fault::at(Point::WriterRenamed).map_err(io_at(&file))?;
    Ok(writer)
}

/// What tells this clone from a copy of it: the machine, and the device and inode of its folder.
fn place_of(ledger: &Path) -> Result<String, JournalError> {
    let machine = fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let folder = fs::metadata(ledger).map_err(io_at(ledger))?;
    let machine = Digest::of(machine.trim().as_bytes()).short();
    Ok(format!("{machine} {}:{}", folder.dev(), folder.ino()))
}
