//! What a program in the overlay tier sees of the file system: everything read-only, some folders fresh, some hidden,
//! changes in upper layers.
//!
//! The order matters. Overlays and writable folders become mounts of their own first; closed folders are covered, and what
//! is seen of them put back; copies of what has to stay visible are taken before fresh folders cover it; then everything is made read-only, and last the few mounts that may be
//! written are opened again.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::closed::{self, Kept};
use super::walls::{Broken, broken};
use super::{Confinement, Overlay, sys};

/// Devices that programs need.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// The sockets that other programs listen on, by path, wherever they lie. Asked for before the network is left: a
/// socket's path says nothing afterwards, and to connect needs no right to write.
pub(super) fn foreign_sockets() -> Vec<PathBuf> {
    // Without the list only those in fresh and hidden folders are out of reach.
    let list = fs::read("/proc/self/net/unix").unwrap_or_default();
    let mut found: Vec<PathBuf> = list.split(|byte| *byte == b'\n').filter_map(path_of_socket).collect();
    found.sort();
    found.dedup();
    found
}

/// The path in a line of the kernel's list, which is its eighth word and may hold blanks.
fn path_of_socket(line: &[u8]) -> Option<PathBuf> {
    let at = line.iter().position(|byte| *byte == b'/')?;
    Some(PathBuf::from(OsStr::from_bytes(&line[at..])))
}

/// Where programs share memory, fresh like the rest of `/dev`.
const SHARED_MEMORY: &str = "/dev/shm";

/// Builds the view; `fresh` is what [`fresh_folders`] gave before.
pub(super) fn build(confinement: &Confinement, sockets: &[PathBuf], fresh: &[PathBuf]) -> Result<(), Broken> {
    sys::mount("none", Path::new("/"), "", libc::MS_REC | libc::MS_PRIVATE, b"").map_err(broken("private mounts"))?;
    for overlay in &confinement.overlays {
        mount_overlay(overlay).map_err(broken("the overlay"))?;
    }
    for path in &confinement.writable {
        sys::bind(path, path).map_err(broken("a writable folder"))?;
    }
    for one in &confinement.closed {
        closed::close(one, confinement)?;
    }
    let shared_memory = PathBuf::from(SHARED_MEMORY);
    let covered: Vec<&PathBuf> = fresh.iter().filter(|path| **path != shared_memory).collect();
    let kept = keep(confinement, fresh)?;
    let devices: Vec<(&str, OwnedFd)> = DEVICES
        .into_iter()
        .filter_map(|name| Some((name, sys::open_tree(&Path::new("/dev").join(name)).ok()?)))
        .collect();
    for path in &covered {
        sys::mount("tmpfs", path, "tmpfs", libc::MS_NOSUID | libc::MS_NODEV, b"mode=1777")
            .map_err(broken("a fresh folder"))?;
    }
    fresh_devices(&devices).map_err(broken("/dev"))?;
    for (path, what) in &kept {
        what.put(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    sys::mount("proc", Path::new("/proc"), "proc", flags, b"").map_err(broken("/proc"))?;
    for path in &confinement.hidden {
        hide(path).map_err(|error| format!("hiding {}: {error}", path.display()))?;
    }
    for path in sockets {
        hide_socket(path).map_err(|error| format!("hiding {}: {error}", path.display()))?;
    }
    sys::make_read_only(Path::new("/")).map_err(broken("the read-only machine"))?;
    let overlays = confinement.overlays.iter().map(|overlay| &overlay.tree);
    let bound = confinement.bound.iter().map(|bound| &bound.at);
    for path in overlays.chain(&confinement.writable).chain(bound).chain(fresh) {
        sys::make_writable(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// What the kernel leaves in the work folder of a volatile overlay, and refuses to mount again over.
const VOLATILE: &str = "work/incompat/volatile";

/// How often an overlay is mounted before it is given up. A killed command's slot is free a moment before its fence is
/// killed after it: where both mount the same layers in that moment, each takes the other's mark away.
const TRIES: u32 = 5;

fn mount_overlay(overlay: &Overlay) -> io::Result<()> {
    let mut tries = (1..TRIES).map(|_| mount_once(overlay));
    tries.find(Result::is_ok).unwrap_or_else(|| mount_once(overlay))
}

fn mount_once(overlay: &Overlay) -> io::Result<()> {
    // Without `volatile` the end of the last process inside waits until everything written is on the disk. Layers do not
    // have to outlive the machine: whoever keeps what is in them syncs it, and after a power cut nobody else reads them,
    // so the mark with which the kernel tells of that danger is not needed.
    match fs::remove_dir_all(overlay.work.join(VOLATILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = b"userxattr,volatile,lowerdir=".to_vec();
    let alone = std::slice::from_ref(&overlay.tree);
    let lower = if overlay.lower.is_empty() {
        alone
    } else {
        &overlay.lower
    };
    for (number, path) in lower.iter().enumerate() {
        if number > 0 {
            options.push(b':');
        }
        add_path(&mut options, path);
    }
    for (name, path) in [(&b",upperdir="[..], &overlay.upper), (b",workdir=", &overlay.work)] {
        options.extend_from_slice(name);
        add_path(&mut options, path);
    }
    sys::mount(
        "overlay",
        &overlay.tree,
        "overlay",
        libc::MS_NOSUID | libc::MS_NODEV,
        &options,
    )
}

/// Adds a path to the options of a mount; what would end it, or its option, is escaped.
fn add_path(options: &mut Vec<u8>, path: &Path) {
    for byte in path.as_os_str().as_bytes() {
        if matches!(byte, b'\\' | b',' | b':') {
            options.push(b'\\');
        }
        options.push(*byte);
    }
}

/// The folders that are fresh inside and may be written: those in which others leave sockets, temporary files and shared
/// memory; each once, by its real path. Asked for before there is a view.
pub(super) fn fresh_folders(confinement: &Confinement) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let fixed = ["/tmp", "/var/tmp", "/run"].map(PathBuf::from);
    for path in fixed.iter().chain(&confinement.runtime_dir) {
        if let Ok(real) = path.canonicalize()
            && real.is_dir()
            && !found.iter().any(|known| real.starts_with(known))
        {
            found.push(real);
        }
    }
    found.push(PathBuf::from(SHARED_MEMORY));
    found
}

/// Copies of what has to stay visible in folders that are about to be covered, outer ones first.
fn keep(confinement: &Confinement, fresh: &[PathBuf]) -> Result<Vec<(PathBuf, Kept)>, Broken> {
    let overlays = confinement.overlays.iter().map(|overlay| &overlay.tree);
    let is_covered = |path: &PathBuf| {
        let covers = |covered: &PathBuf| path.starts_with(covered) && path != covered;
        fresh.iter().any(covers)
    };
    let mut paths: Vec<&PathBuf> = overlays
        .chain(&confinement.writable)
        .chain(&confinement.shown)
        .filter(|path| is_covered(path) && fs::symlink_metadata(path).is_ok())
        .collect();
    paths.sort();
    paths.dedup();
    let bound = confinement.bound.iter().map(|bound| (&bound.at, &bound.folder));
    let places = paths.into_iter().map(|path| (path, path)).chain(bound);
    places
        .map(|(place, path)| {
            let what = Kept::take(path).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok((place.clone(), what))
        })
        .collect()
}

fn fresh_devices(devices: &[(&str, OwnedFd)]) -> io::Result<()> {
    let dev = Path::new("/dev");
    sys::mount("tmpfs", dev, "tmpfs", libc::MS_NOSUID, b"mode=755")?;
    for (name, tree) in devices {
        let place = dev.join(name);
        fs::write(&place, "")?;
        sys::move_mount(tree, &place)?;
    }
    for (name, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ] {
        std::os::unix::fs::symlink(target, dev.join(name))?;
    }
    let shm = Path::new(SHARED_MEMORY);
    fs::create_dir(shm)?;
    sys::mount("tmpfs", shm, "tmpfs", libc::MS_NOSUID | libc::MS_NODEV, b"mode=1777")
}

/// Covers a socket by a file at its end. What is none, or not to be seen any more, stays as it is.
fn hide_socket(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.file_type().is_socket() => sys::bind(Path::new("/dev/null"), path),
        _ => Ok(()),
    }
}

/// Covers a folder by an empty one, and a file by one at its end.
fn hide(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Err(_) => Ok(()),
        Ok(found) if found.is_dir() => sys::mount(
            "tmpfs",
            path,
            "tmpfs",
            libc::MS_NOSUID | libc::MS_NODEV,
            b"mode=0,size=4k",
        ),
        Ok(_) => sys::bind(Path::new("/dev/null"), path),
    }
}
