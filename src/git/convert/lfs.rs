//! Git LFS by its own format: a small text is stored that points to the content, which lies beside git's objects
//! (<https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>). Nothing is fetched and no program is started.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};

use crate::fault::{self, Point};
use crate::git::open::Repository;

use super::{Cleaned, ConvertError};

/// The name that the filter has in every repository.
pub(super) const FILTER: &str = "lfs";

const VERSION: &str = "version https://git-lfs.github.com/spec/v1";

/// A pointer is shorter than this.
const LONGEST: usize = 1024;

/// What a stored pointer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    oid: String,
    size: u64,
    is_plain: bool,
}

/// A content to be kept beside git's objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LfsObject {
    oid: String,
    bytes: Vec<u8>,
}

/// Where the content of a pointer is.
pub(super) enum Content {
    Empty,
    At(PathBuf),
    Absent(String),
}

impl Pointer {
    /// Reads a pointer; `None` where these bytes are none.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() >= LONGEST {
            return None;
        }
        let mut lines = std::str::from_utf8(bytes).ok()?.lines();
        if lines.next()? != VERSION {
            return None;
        }
        let (mut oid, mut size, mut is_plain) = (None, None, true);
        for line in lines {
            match line.split_once(' ')? {
                ("oid", value) => oid = Some(value.strip_prefix("sha256:")?.to_owned()),
                ("size", value) => size = Some(value.parse().ok()?),
                // Its content was changed by another program on the way.
                _ => is_plain = false,
            }
        }
        let oid =
            oid.filter(|oid| oid.len() == 64 && oid.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))?;
        Some(Self {
            oid,
            size: size?,
            is_plain,
        })
    }

    /// The size of the content.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether these bytes are its content.
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        u64::try_from(bytes.len()) == Ok(self.size) && hex(ring::digest::digest(&SHA256, bytes).as_ref()) == self.oid
    }

    /// Whether a file holds its content.
    pub fn is_of_file(&self, file: &Path) -> io::Result<bool> {
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let mut options = File::options();
        let mut file = options.read(true).custom_flags(flags.bits() as i32).open(file)?;
        let found = file.metadata()?;
        if !found.is_file() || found.len() != self.size {
            return Ok(false);
        }
        let mut context = Context::new(&SHA256);
        let mut part = vec![0; 64 * 1024];
        loop {
            match file.read(&mut part)? {
                0 => return Ok(hex(context.finish().as_ref()) == self.oid),
                length => context.update(&part[..length]),
            }
        }
    }
}

impl LfsObject {
    /// The content.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What is stored of a content: its pointer, and the content itself.
    pub(super) fn of(bytes: Vec<u8>) -> Cleaned<'static> {
        let oid = hex(ring::digest::digest(&SHA256, &bytes).as_ref());
        let pointer = format!("{VERSION}\noid sha256:{oid}\nsize {}\n", bytes.len());
        Cleaned {
            bytes: Cow::Owned(pointer.into_bytes()),
            object: Some(Self { oid, bytes }),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Repository {
    fn lfs_folder(&self) -> PathBuf {
        let own = self.common_dir().join("lfs");
        match self.config_value("lfs.storage") {
            Some(path) => self.common_dir().join(path),
            None => own,
        }
    }

    fn lfs_file(&self, oid: &str) -> PathBuf {
        self.lfs_folder()
            .join("objects")
            .join(&oid[..2])
            .join(&oid[2..4])
            .join(oid)
    }

    pub(super) fn lfs_content(&self, pointer: &Pointer) -> Result<Content, ConvertError> {
        if !pointer.is_plain {
            return Ok(Content::Absent(
                "is stored with an extension of Git LFS, which is not run".to_owned(),
            ));
        }
        if pointer.size == 0 {
            return Ok(Content::Empty);
        }
        let file = self.lfs_file(&pointer.oid);
        match fs::metadata(&file) {
            Ok(found) if found.is_file() && found.len() == pointer.size => Ok(Content::At(file)),
            Ok(_) => Ok(Content::Absent(
                "its content in Git LFS is damaged here (`git lfs fsck` tells)".to_owned(),
            )),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Content::Absent(
                "its content in Git LFS is not on this machine (`git lfs fetch` brings it)".to_owned(),
            )),
            Err(source) => Err(ConvertError::Io { path: file, source }),
        }
    }

    /// Keeps a content where Git LFS looks for it, whole or not at all, before anything points to it.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep_lfs(&self, object: &LfsObject) -> io::Result<()> {
        let file = self.lfs_file(&object.oid);
        if fs::metadata(&file).is_ok_and(|found| usize::try_from(found.len()) == Ok(object.bytes.len())) {
            return Ok(());
        }
        let Some(folder) = file.parent() else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        fs::create_dir_all(folder)?;
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        fault::at(Point::LfsWrite)?;
        new.write_all(&object.bytes)?;
        new.as_file().sync_all()?;
        fault::at(Point::LfsRename)?;
        new.persist(&file).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()?;
        fault::at(Point::LfsRenamed)
    }
}
