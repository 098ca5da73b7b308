//! Which attributes a path has, by the files of a tree.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use gix::bstr::{BStr, ByteSlice};
use gix::glob::pattern::Case;
use gix_filter::attributes::search::{MetadataCollection, Outcome};
use gix_filter::attributes::{Search, StateRef};
use gix_filter::eol::AttributesDigest;

use crate::domain::oid::TreeId;
use crate::git::open::Repository;
use crate::git::tree::ReadError;

use super::Way;

/// The attributes that decide a conversion, in the order in which they are asked for.
const ATTRIBUTES: [&str; 6] = ["text", "crlf", "eol", "ident", "filter", "working-tree-encoding"];

/// Lines of at least so many bytes, and files of more, say nothing: git leaves them out.
const LONGEST_LINE: usize = 2048;
const LARGEST_FILE: usize = 100 * 1024 * 1024;

/// A file of attributes: the folder it stands in, empty for the top, and what it says.
pub type AttributeFile = (Vec<u8>, Vec<u8>);

/// The attributes of a tree, ready to be asked for one path after the other.
pub(super) struct Searching {
    search: Search,
    outcome: Outcome,
}

impl Searching {
    pub(super) fn of(files: &[&AttributeFile]) -> Self {
        let mut search = Search::default();
        let mut names = MetadataCollection::default();
        let mut add = |folder: &[u8], text: &[u8]| {
            let file = Path::new(OsStr::from_bytes(folder)).join(".gitattributes");
            // Bytes in memory are read without an error.
            let _ = search.add_patterns_buffer(text, file, Some(Path::new("")), &mut names, folder.is_empty());
        };
        add(b"", b"[attr]binary -diff -merge -text");
        for (folder, text) in files {
            add(folder, text);
        }
        let mut outcome = Outcome::default();
        outcome.initialize_with_selection(&names, ATTRIBUTES);
        Self { search, outcome }
    }

    pub(super) fn ask(&mut self, path: &BStr, way: &mut Way) {
        self.outcome.reset();
        if !self
            .search
            .pattern_matching_relative_path(path, Case::Sensitive, Some(false), &mut self.outcome)
        {
            return;
        }
        let mut found = self.outcome.iter_selected().map(|found| found.assignment.state);
        let mut next = || found.next().unwrap_or(StateRef::Unspecified);
        let (text, crlf, eol) = (next(), next(), next());
        way.text = text_of(text).or_else(|| text_of(crlf));
        if way.text != Some(AttributesDigest::Binary) {
            way.text = with_eol(way.text, eol);
        }
        way.ident = next() == StateRef::Set;
        let name = |state: StateRef<'_>| match state {
            StateRef::Value(name) => Some(name.as_bstr().to_str_lossy().into_owned()),
            _ => None,
        };
        way.filter = name(next());
        // What is UTF-8 in the folder is stored as it lies there.
        way.encoding = name(next()).filter(|name| !["utf-8", "utf8"].contains(&name.to_ascii_lowercase().as_str()));
    }
}

/// What `text`, or `crlf` of old, says.
fn text_of(state: StateRef<'_>) -> Option<AttributesDigest> {
    match state {
        StateRef::Set => Some(AttributesDigest::Text),
        StateRef::Unset => Some(AttributesDigest::Binary),
        StateRef::Value(value) if value.as_bstr() == "input" => Some(AttributesDigest::TextInput),
        StateRef::Value(value) if value.as_bstr() == "auto" => Some(AttributesDigest::TextAuto),
        StateRef::Unspecified | StateRef::Value(_) => None,
    }
}

/// The same together with what `eol` says.
fn with_eol(text: Option<AttributesDigest>, eol: StateRef<'_>) -> Option<AttributesDigest> {
    let StateRef::Value(value) = eol else {
        return text;
    };
    let is_auto = text == Some(AttributesDigest::TextAuto);
    match (value.as_bstr().as_bytes(), is_auto) {
        (b"lf", true) => Some(AttributesDigest::TextAutoInput),
        (b"crlf", true) => Some(AttributesDigest::TextAutoCrlf),
        (b"lf", false) => Some(AttributesDigest::TextInput),
        (b"crlf", false) => Some(AttributesDigest::TextCrlf),
        _ => text,
    }
}

/// What git obeys of a file of attributes.
fn obeyed(text: Vec<u8>) -> Vec<u8> {
    if text.len() > LARGEST_FILE {
        return Vec::new();
    }
    let is_short = |line: &&[u8]| line.len() < LONGEST_LINE;
    match text.split(|byte| *byte == b'\n').all(|line| is_short(&line)) {
        true => text,
        false => {
            let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(is_short).collect();
            lines.join(&b'\n')
        }
    }
}

/// Whether attributes can say anything of a conversion.
pub(super) fn may_convert(text: &[u8]) -> bool {
    ATTRIBUTES.iter().any(|name| text.contains_str(name)) || text.contains_str("binary")
}

impl Repository {
    /// The attributes in a tree: the folder of each file, and what it says.
    pub fn attribute_files(&self, tree: TreeId) -> Result<Vec<AttributeFile>, ReadError> {
        let mut found = Vec::new();
        for (path, blob) in self.deciding(tree)?.attributes {
            let folder = path
                .parent()
                .map(|folder| folder.as_bytes().to_vec())
                .unwrap_or_default();
            found.push((folder, obeyed(self.blob(blob)?)));
        }
        Ok(found)
    }
}
