//! Conversions: between a file as git stores it and as it lies in a folder (gitattributes(5)).
//!
//! Which conversions a path goes through is read from the attributes in a tree. Nothing uncommitted is asked, no
//! `info/attributes`, and no filter program of anybody's configuration is started: line ends and `$Id$` are converted here,
//! encodings by git itself (`encoding.rs`), Git LFS by its own format (`lfs.rs`), and what goes through another filter is
//! named and left as it is stored.

mod attributes;
mod encoding;
mod ident;
mod lfs;

use std::borrow::Cow;
use std::cell::RefCell;
use std::path::PathBuf;

use gix::bstr::{BStr, ByteSlice};
use gix_filter::eol::{self, AttributesDigest, AutoCrlf, Configuration};

use crate::domain::oid::{BlobId, TreeId};
use crate::domain::path::RepoPath;

use super::command::GitError;
use super::open::Repository;
use super::tree::ReadError;

use attributes::{AttributeFile, Searching, may_convert};

pub use lfs::{LfsObject, Pointer};

/// Why a file could not be converted.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// It goes through a filter that is a program of the user's configuration.
    #[error(
        "the filter `{0}` of your git configuration stores it in another form, and filters are not run on a Builder's work; \
         make this change yourself: `git harness start`, and `git commit` runs the filter"
    )]
    Filter(String),
    /// It is not in the encoding that its attributes name.
    #[error("it is not in the encoding {encoding} that .gitattributes names: {why}")]
    Encoding {
        /// The encoding.
        encoding: String,
        /// What git said.
        why: String,
    },
    /// A conversion failed.
    #[error("it cannot be converted: {0}")]
    Failed(String),
    /// An object could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file could not be read or written.
    #[error("cannot use {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// git could not be started.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// How the conversions of a tree's files are decided.
pub struct Conversions {
    search: Option<RefCell<Searching>>,
    /// What a fresh clone of this user converts to where attributes leave it open.
    checkout: Configuration,
    /// What `git add` converts from here where attributes leave it open.
    add: Configuration,
    form: String,
    encodings: encoding::Encodings,
}

/// What one path goes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    text: Option<AttributesDigest>,
    ident: bool,
    encoding: Option<String>,
    filter: Option<String>,
    checkout: Copied,
    add: Copied,
}

/// `Configuration` compares to nothing; this does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Copied(AutoCrlf, Option<eol::Mode>);

impl From<Configuration> for Copied {
    fn from(from: Configuration) -> Self {
        Self(from.auto_crlf, from.eol)
    }
}

impl From<Copied> for Configuration {
    fn from(from: Copied) -> Self {
        Self {
            auto_crlf: from.0,
            eol: from.1,
        }
    }
}

/// What comes of a stored file.
#[derive(Debug, PartialEq, Eq)]
pub enum Smudged<'a> {
    /// These bytes.
    Bytes(Cow<'a, [u8]>),
    /// The content of a file elsewhere.
    Copy(PathBuf),
    /// Less than a clone would have: these bytes, and why.
    Lacks(Cow<'a, [u8]>, String),
}

/// What is stored of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Cleaned<'a> {
    /// The bytes of its blob.
    pub bytes: Cow<'a, [u8]>,
    /// What has to be kept beside it, since the blob only points there.
    pub object: Option<LfsObject>,
}

impl Conversions {
    /// Those that the attributes of some files decide: the folder of each, empty for the top, and what it says.
    pub fn of_files(git: &Repository, files: &[AttributeFile]) -> Self {
        let (checkout, add) = git.line_ends();
        let is_default = |config: Configuration| Copied::from(config) == Copied(AutoCrlf::Disabled, None);
        let mut said: Vec<&AttributeFile> = files.iter().filter(|(_, text)| may_convert(text)).collect();
        // A macro that decides a conversion is defined at the top.
        if !said.is_empty() {
            said = files.iter().collect();
        }
        // The last list is asked first, and what stands deeper decides.
        said.sort_by_key(|(folder, _)| (folder.iter().filter(|byte| **byte == b'/').count(), folder.len()));
        let mut form = Vec::new();
        if !is_default(checkout) {
            form.push(format!("{:?} {:?}", checkout.auto_crlf, checkout.eol).into_bytes());
        }
        for (folder, text) in &said {
            form.push(folder.clone());
            form.push(text.clone());
        }
        let is_plain = said.is_empty() && is_default(checkout) && is_default(add);
        Self {
            search: (!is_plain).then(|| RefCell::new(Searching::of(&said))),
            checkout,
            add,
            form: match form.is_empty() {
                true => String::new(),
                false => crate::domain::oid::Digest::of_fields(form.iter().map(Vec::as_slice)).to_string(),
            },
            encodings: encoding::Encodings::new(git),
        }
    }

    /// Those of a tree.
    pub fn of_tree(git: &Repository, tree: TreeId) -> Result<Self, ReadError> {
        Ok(Self::of_files(git, &git.attribute_files(tree)?))
    }

    /// The settings under which git sees the files of a copy as they are meant, as lines of a configuration.
    pub(super) fn checkout_settings(git: &Repository) -> String {
        let (checkout, _) = git.line_ends();
        let auto = match checkout.auto_crlf {
            AutoCrlf::Disabled => "false",
            AutoCrlf::Enabled => "true",
            AutoCrlf::Input => "input",
        };
        let ends = match checkout.eol {
            None => "native",
            Some(eol::Mode::Lf) => "lf",
            Some(eol::Mode::CrLf) => "crlf",
        };
        format!("\tautocrlf = {auto}\n\teol = {ends}\n")
    }

    /// Whether no file is ever converted.
    pub fn is_plain(&self) -> bool {
        self.search.is_none()
    }

    /// What decides the bytes of a file in a folder, besides its blob: empty where nothing does.
    pub fn form(&self) -> &str {
        &self.form
    }

    /// What a path goes through.
    pub fn at(&self, path: &RepoPath) -> Way {
        let mut way = Way {
            text: None,
            ident: false,
            encoding: None,
            filter: None,
            checkout: self.checkout.into(),
            add: self.add.into(),
        };
        if let Some(searching) = &self.search {
            searching.borrow_mut().ask(path.as_bytes().as_bstr(), &mut way);
        }
        way
    }

    /// A stored file as it lies in a folder.
    pub fn smudge<'a>(
        &self,
        git: &Repository,
        way: &Way,
        blob: BlobId,
        stored: Cow<'a, [u8]>,
    ) -> Result<Smudged<'a>, ConvertError> {
        if let Some(filter) = &way.filter {
            if filter == lfs::FILTER
                && let Some(pointer) = Pointer::read(&stored)
            {
                return Ok(match git.lfs_content(&pointer)? {
                    lfs::Content::Empty => Smudged::Bytes(Cow::Borrowed(&[])),
                    lfs::Content::At(file) => Smudged::Copy(file),
                    lfs::Content::Absent(why) => Smudged::Lacks(stored, why),
                });
            }
            if let Some(program) = git.filter_program(filter) {
                return Ok(Smudged::Lacks(
                    stored,
                    format!("goes through the filter `{filter}` ({program}), which is not run"),
                ));
            }
        }
        let config = Configuration::from(way.checkout);
        let mut bytes = stored;
        let mut buffer = Vec::new();
        let failed = |error: &dyn std::fmt::Display| ConvertError::Failed(error.to_string());
        if way.ident
            && let Some(expanded) = ident::expand(&bytes, blob)
        {
            bytes = Cow::Owned(expanded);
        }
        let digest = resolved(way.text, config);
        if eol::convert_to_worktree(&bytes, digest, &mut buffer, config).map_err(|error| failed(&error))? {
            bytes = Cow::Owned(std::mem::take(&mut buffer));
        }
        if let Some(encoding) = &way.encoding {
            bytes = Cow::Owned(self.encodings.to_worktree(encoding, &bytes)?);
        }
        Ok(Smudged::Bytes(bytes))
    }

    /// A file as `git add` would store it. `old` is what is stored of it now: where that has carriage returns, and nothing
    /// but a guess says that it is text, they stay.
    pub fn clean<'a>(
        &self,
        git: &Repository,
        way: &Way,
        bytes: Cow<'a, [u8]>,
        old: Option<BlobId>,
    ) -> Result<Cleaned<'a>, ConvertError> {
        // git decodes whether or not somebody configured the filter; what does go through one is no text any more.
        let is_filtered = way
            .filter
            .as_deref()
            .is_some_and(|name| name == lfs::FILTER || git.filter_program(name).is_some());
        let decoded = match &way.encoding {
            Some(encoding) if !is_filtered => Cow::Owned(self.encodings.to_git(encoding, &bytes)?),
            _ => bytes,
        };
        self.clean_text(git, way, decoded, old)
    }

    /// The same for what is in git's own encoding already, as the answer of a model is.
    pub fn clean_text<'a>(
        &self,
        git: &Repository,
        way: &Way,
        bytes: Cow<'a, [u8]>,
        old: Option<BlobId>,
    ) -> Result<Cleaned<'a>, ConvertError> {
        if let Some(filter) = &way.filter {
            if git.filter_program(filter).is_some() {
                return Err(ConvertError::Filter(filter.clone()));
            }
            if filter == lfs::FILTER {
                return Ok(match bytes.is_empty() || Pointer::read(&bytes).is_some() {
                    true => Cleaned { bytes, object: None },
                    false => LfsObject::of(bytes.into_owned()),
                });
            }
        }
        let config = Configuration::from(way.add);
        let failed = |error: &dyn std::fmt::Display| ConvertError::Failed(error.to_string());
        let mut bytes = bytes;
        let mut buffer = Vec::new();
        let mut unread = None;
        let mut before = |buffer: &mut Vec<u8>| match old.map(|old| git.blob(old)) {
            None => Ok(None),
            Some(Ok(blob)) => {
                *buffer = blob;
                Ok(Some(()))
            }
            Some(Err(error)) => {
                unread = Some(error);
                Ok(None)
            }
        };
        let options = eol::convert_to_git::Options {
            round_trip_check: None,
            config,
        };
        let digest = resolved(way.text, config);
        let changed = eol::convert_to_git(&bytes, digest, &mut buffer, &mut before, options);
        if let Some(error) = unread {
            return Err(error.into());
        }
        if changed.map_err(|error| failed(&error))? {
            bytes = Cow::Owned(std::mem::take(&mut buffer));
        }
        if way.ident && gix_filter::ident::undo(&bytes, &mut buffer).map_err(|error| failed(&error))? {
            bytes = Cow::Owned(buffer);
        }
        Ok(Cleaned { bytes, object: None })
    }
}

impl Way {
    /// Whether a file of this way lies in a folder as it is stored, both ways.
    pub fn is_plain(&self) -> bool {
        self.is_written_as_stored() && resolved(self.text, self.add.into()) == AttributesDigest::Binary
    }

    /// Whether a blob lies in a folder byte for byte, whatever is stored of it afterwards.
    pub fn is_written_as_stored(&self) -> bool {
        !self.ident && self.encoding.is_none() && self.filter.is_none() && !self.ends_in_crlf(self.checkout)
    }

    fn ends_in_crlf(&self, config: Copied) -> bool {
        let text = resolved(self.text, config.into());
        text != AttributesDigest::Binary && text.to_eol(config.into()) == Some(eol::Mode::CrLf)
    }

    /// Whether its content lies elsewhere.
    pub fn is_lfs(&self) -> bool {
        self.filter.as_deref() == Some(lfs::FILTER)
    }
}

/// What is done with a file, once the configuration has said what attributes leave open.
fn resolved(text: Option<AttributesDigest>, config: Configuration) -> AttributesDigest {
    match text {
        None => config.auto_crlf.into(),
        Some(AttributesDigest::Text) => config.to_eol().into(),
        Some(said) => said,
    }
}

impl Repository {
    /// What the configuration says of line ends: on the way out only what a fresh clone of this user has as well, on the way
    /// in what `git add` goes by here.
    fn line_ends(&self) -> (Configuration, Configuration) {
        use gix::config::Source;
        let snapshot = self.gix.config_snapshot();
        let file = snapshot.plumbing();
        let own = |source: Source| {
            matches!(
                source,
                Source::GitInstallation | Source::System | Source::Git | Source::User
            )
        };
        let read = |all: bool| {
            let value = |key: &str| file.string_filter(key, |meta| all || own(meta.source));
            let is_true = |value: &BStr| gix::config::Boolean::try_from(value).is_ok_and(|value| value.0);
            Configuration {
                auto_crlf: match value("core.autocrlf") {
                    Some(value) if value.eq_ignore_ascii_case(b"input") => AutoCrlf::Input,
                    Some(value) if is_true(value.as_bstr()) => AutoCrlf::Enabled,
                    _ => AutoCrlf::Disabled,
                },
                eol: match value("core.eol") {
                    Some(value) if value.eq_ignore_ascii_case(b"crlf") => Some(eol::Mode::CrLf),
                    Some(value) if value.eq_ignore_ascii_case(b"lf") => Some(eol::Mode::Lf),
                    _ => None,
                },
            }
        };
        (read(false), read(true))
    }

    /// The program of a filter that git would start here, if it is none that is done without.
    fn filter_program(&self, name: &str) -> Option<String> {
        let program = |what: &str| self.config_value(&format!("filter.{name}.{what}"));
        let found = ["clean", "smudge", "process"].into_iter().find_map(program)?;
        let is_lfs = name == lfs::FILTER && (found.starts_with("git-lfs ") || found.starts_with("git lfs "));
        (!is_lfs && !found.trim().is_empty()).then_some(found)
    }
}

#[cfg(test)]
mod tests;
