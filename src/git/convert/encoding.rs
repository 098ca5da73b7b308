//! Other encodings than UTF-8, by git itself: it knows by iconv what nobody should write anew. It works in a git folder of
//! our own, whose attributes say one encoding for every path.

use std::cell::OnceCell;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::domain::oid::BlobId;
use crate::git::command::{GitError, GitProgram};
use crate::git::open::Repository;

use super::ConvertError;

/// The folders in which encodings are converted, made when the first file needs one.
pub(super) struct Encodings {
    program: GitProgram,
    config: String,
    place: OnceCell<tempfile::TempDir>,
    made: RefCell<BTreeSet<String>>,
}

impl Encodings {
    pub(super) fn new(git: &Repository) -> Self {
        Self {
            program: git.program().clone(),
            config: git.plain_config(),
            place: OnceCell::new(),
            made: RefCell::default(),
        }
    }

    /// What lies in a folder, from what is stored.
    pub(super) fn to_worktree(&self, encoding: &str, stored: &[u8]) -> Result<Vec<u8>, ConvertError> {
        let dir = self.folder(encoding)?;
        let id = self.store(&dir, encoding, stored, true)?;
        let mut call = self.program.trusted(&dir);
        call.words(["cat-file", "--filters", "--path=file"])
            .word(id.to_string());
        call.bytes().map_err(|error| said(encoding, error))
    }

    /// What is stored, from what lies in a folder.
    pub(super) fn to_git(&self, encoding: &str, bytes: &[u8]) -> Result<Vec<u8>, ConvertError> {
        let dir = self.folder(encoding)?;
        let id = self.store(&dir, encoding, bytes, false)?;
        let mut call = self.program.trusted(&dir);
        call.words(["cat-file", "blob"]).word(id.to_string());
        call.bytes().map_err(|error| said(encoding, error))
    }

    fn store(&self, dir: &std::path::Path, encoding: &str, bytes: &[u8], as_is: bool) -> Result<BlobId, ConvertError> {
        let mut call = self.program.trusted(dir);
        call.words(["hash-object", "-w", "--stdin"])
            .word(if as_is { "--no-filters" } else { "--path=file" })
            .input(bytes);
        let text = call.text().map_err(|error| said(encoding, error))?;
        text.parse()
            .map_err(|_| ConvertError::Git(call.unexpected(text.as_bytes())))
    }

    fn folder(&self, encoding: &str) -> Result<PathBuf, ConvertError> {
        let at = |path: &std::path::Path| {
            let path = path.to_owned();
            move |source| ConvertError::Io { path, source }
        };
        let place = match self.place.get() {
            Some(place) => place,
            None => {
                let made = tempfile::tempdir().map_err(at(std::path::Path::new("a temporary folder")))?;
                self.place.get_or_init(|| made)
            }
        };
        let name: String = encoding
            .bytes()
            .map(|byte| match byte {
                byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                byte => format!("_{byte:02x}"),
            })
            .collect();
        let dir = place.path().join(&name);
        if self.made.borrow_mut().insert(name) {
            let make = || {
                for folder in ["refs", "objects", "info"] {
                    fs::create_dir_all(dir.join(folder))?;
                }
                fs::write(dir.join("HEAD"), "ref: refs/heads/none\n")?;
                fs::write(dir.join("config"), &self.config)?;
                fs::write(
                    dir.join("info/attributes"),
                    format!("* -text working-tree-encoding={encoding}\n"),
                )
            };
            make().map_err(at(&dir))?;
        }
        Ok(dir)
    }
}

/// What git said of a file that it could not convert.
fn said(encoding: &str, error: GitError) -> ConvertError {
    match error {
        GitError::Status { stderr, .. } => ConvertError::Encoding {
            encoding: encoding.to_owned(),
            why: stderr.lines().last().unwrap_or_default().to_owned(),
        },
        other => ConvertError::Git(other),
    }
}
