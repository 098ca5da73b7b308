//! Going through an answer from the top down: which lines are words, which open a fence, and which open an edit in a
//! format of its own. What the formats have in common about names and places stands here too.

use crate::domain::path::RepoPath;

use super::error::AnswerError;
use super::fence::Fence;
use super::format::Format;
use super::name::{Names, Purpose};
use super::notice::Notice;
use super::operation::{Action, Operation};
use super::whole_file::{self, Blocks};
use super::{READERS, Reader, search_replace, unified};

/// How many lines with something in them are looked at for the beginning of an edit inside of a fence.
const DEEP: usize = 3;
/// How far before an edit its file may be named.
const BEFORE: usize = 3;

/// An answer on its way to operations.
pub(super) struct Scan<'a> {
    pub(super) lines: Vec<&'a str>,
    /// The line that is looked at.
    pub(super) at: usize,
    pub(super) names: &'a Names<'a>,
    pub(super) operations: Vec<Operation>,
    pub(super) notices: Vec<Notice>,
    pub(super) formats: Vec<Format>,
    /// The file of the edit before.
    pub(super) last: Option<RepoPath>,
    /// The words since the last block, without blank lines.
    pub(super) words: Vec<&'a str>,
    /// The fence round edits in a format of their own.
    fence: Option<Fence<'a>>,
    blocks: Blocks<'a>,
}

impl<'a> Scan<'a> {
    pub(super) fn of(answer: &'a str, names: &'a Names<'a>) -> Self {
        Self {
            lines: answer.split('\n').collect(),
            at: 0,
            names,
            operations: Vec::new(),
            notices: Vec::new(),
            formats: Vec::new(),
            last: None,
            words: Vec::new(),
            fence: None,
            blocks: Blocks::default(),
        }
    }

    /// Reads every edit of the answer.
    pub(super) fn read(mut self) -> Result<Self, AnswerError> {
        while let Some(line) = self.lines.get(self.at).copied() {
            if self.fence.is_some_and(|fence| fence.closes(line)) {
                self.fence = None;
                self.at += 1;
            } else if let Some(reader) = self.reader_at(self.at) {
                self.uses(reader.format);
                (reader.read)(&mut self)?;
                self.words.clear();
            } else if self.fence.is_none()
                && let Some(fence) = Fence::opening(line)
            {
                self.open(fence)?;
            } else {
                if !line.trim().is_empty() {
                    self.words.push(line.trim());
                }
                self.at += 1;
            }
        }
        let blocks = std::mem::take(&mut self.blocks);
        blocks.finish(&mut self)?;
        let is_whole = |operation: &Operation| matches!(operation.action, Action::Overwrite { .. });
        if self.operations.iter().any(is_whole) && !self.formats.contains(&Format::Json) {
            self.uses(Format::Whole);
        }
        Ok(self)
    }

    fn uses(&mut self, format: Format) {
        if !self.formats.contains(&format) {
            self.formats.push(format);
        }
    }

    fn reader_at(&self, at: usize) -> Option<&'static Reader> {
        READERS.iter().find(|reader| (reader.opens)(&self.lines[at..]))
    }

    /// A fence opens: round edits, round a patch, or round a whole file.
    fn open(&mut self, fence: Fence<'a>) -> Result<(), AnswerError> {
        let is_patch = matches!(whole_file::language(fence.info).as_str(), "diff" | "patch" | "udiff");
        let named = self.words.last().and_then(|line| self.names.plain(line));
        let about_patch = named
            .as_ref()
            .is_some_and(|name| name.ends_with(".diff") || name.ends_with(".patch"));
        if is_patch && !about_patch || self.holds_edits(fence, named.is_some(), about_patch) {
            self.fence = Some(fence);
            self.at += 1;
            // A patch in its fence needs no head.
            let begins = (self.at..self.lines.len()).find(|at| !self.lines[*at].trim().is_empty());
            if is_patch && begins.is_none_or(|at| self.reader_at(at).is_none()) {
                self.uses(Format::Diff);
                unified::read(self)?;
            }
            return Ok(());
        }
        let mut blocks = std::mem::take(&mut self.blocks);
        let read = blocks.block(self, fence);
        self.blocks = blocks;
        read
    }

    /// Whether edits in a format of their own begin right behind a fence, or behind the path in it.
    fn holds_edits(&self, fence: Fence, named: bool, about_patch: bool) -> bool {
        let inside = self.at + 1..self.lines.len();
        let texts = inside
            .take_while(|at| !fence.closes(self.lines[*at]))
            .filter(|at| !self.lines[*at].trim().is_empty());
        let mut before_it_paths = true;
        for (seen, at) in texts.take(DEEP).enumerate() {
            let opened = self.reader_at(at).filter(|reader| {
                // A file that is named may well be JSON with a list of edits, or hold a patch.
                let may_be_text = named && (reader.format == Format::Json || about_patch);
                !may_be_text && (seen == 0 || !named || before_it_paths)
            });
            if opened.is_some() {
                return true;
            }
            before_it_paths &= self.names.plain(self.lines[at]).is_some();
        }
        false
    }

    /// Where the open fence closes, or the end of the answer; and whether it closes.
    pub(super) fn end_of_fence(&self) -> (usize, bool) {
        let Some(fence) = self.fence else {
            return (self.lines.len(), true);
        };
        match (self.at..self.lines.len()).find(|at| fence.closes(self.lines[*at])) {
            Some(end) => (end, true),
            None => (self.lines.len(), false),
        }
    }

    pub(super) fn is_in_fence(&self) -> bool {
        self.fence.is_some()
    }

    /// The path that stands shortly before a line: alone on a line, or behind the marks of a fence.
    pub(super) fn path_before(&self, at: usize) -> Option<String> {
        let mut info = None;
        let texts = self.lines[..at].iter().rev().filter(|line| !line.trim().is_empty());
        for line in texts.take(BEFORE) {
            if let Some(fence) = Fence::opening(line) {
                info = info.or_else(|| self.names.in_info(fence.info));
            } else if search_replace::is_end(line) {
                return info;
            } else {
                return self.names.plain(line).or(info);
            }
        }
        info
    }

    /// The file of an edit that names none: that of the words before it, that of the edit before it, or the only one.
    pub(super) fn path_nearby(&self) -> Option<RepoPath> {
        let mentioned = self
            .words
            .last()
            .and_then(|line| self.names.mentioned(line))
            .filter(|name| self.names.is_known(name))
            .and_then(|name| RepoPath::in_tree(name).ok());
        mentioned
            .or_else(|| self.last.clone())
            .or_else(|| self.names.only().cloned())
    }

    pub(super) fn push(&mut self, operation: Operation) {
        self.last = Some(match &operation.action {
            Action::Move { to, .. } => to.clone(),
            _ => operation.path.clone(),
        });
        self.operations.push(operation);
    }

    /// The path that a name means; that it was put right is noted.
    pub(super) fn resolve(&mut self, said: &str, purpose: Purpose) -> Result<RepoPath, AnswerError> {
        let path = self.names.resolve(said, purpose)?;
        let meant = path.to_text();
        if meant != said.trim().trim_start_matches("./") {
            let notice = Notice::NamePutRight {
                said: said.to_owned(),
                meant: meant.into_owned(),
            };
            if !self.notices.contains(&notice) {
                self.notices.push(notice);
            }
        }
        Ok(path)
    }
}
