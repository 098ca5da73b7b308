//! A repository for a copy of a tree: it answers as a fresh clone would (`status`, `log`, `describe`, `ls-files`, `diff`) and
//! leads nowhere. It borrows our objects, has the tags and one branch, and no remote, no hook and nothing of this clone's
//! configuration. Whatever is done to it is thrown away; nothing is ever read back from it.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};
use gix::index::entry::{Flags, Mode, Stat};
use gix::index::{File, State};
use gix::objs::Write as _;

use crate::domain::change::{Entry, FileMode};
use crate::domain::oid::{CommitId, Digest, TreeId};
use crate::domain::scope::cone::Cone;

use super::convert::Conversions;
use super::open::Repository;
use super::stat_cache::{self, StatCache};
use super::tree::{ReadError, entries_of, entry_of, push};
use super::write::WriteError;

/// What a copy's repository stands on.
#[derive(Debug, Clone, Copy)]
pub struct Lent<'a> {
    /// The commit that the copy's tree comes from; `None` where there is none yet.
    pub base: Option<CommitId>,
    /// The whole tree of the copy.
    pub tree: TreeId,
    /// What the copy holds of it.
    pub cone: &'a Cone,
    /// Whether it holds what governs the work, which no check sees. Where it does not, the commit `base` is shown without it
    /// as well, so that nothing seems to be gone.
    pub governed: bool,
}

/// The branch that it has.
const BRANCH: &str = "refs/heads/work";

/// A line of a file of alternates: bytes as they are, in quotes where the line would say something else.
fn alternate(store: &Path) -> Vec<u8> {
    let path = store.as_os_str().as_bytes();
    let is_plain = !path.iter().any(|byte| matches!(byte, b'\n' | b'"' | b'\\'));
    let mut line = match is_plain {
        true => path.to_vec(),
        false => {
            let mut quoted = vec![b'"'];
            for byte in path {
                match byte {
                    b'\n' => quoted.extend_from_slice(b"\\n"),
                    b'"' | b'\\' => quoted.extend_from_slice(&[b'\\', *byte]),
                    byte => quoted.push(*byte),
                }
            }
            quoted.push(b'"');
            quoted
        }
    };
    line.push(b'\n');
    line
}

impl Repository {
    /// Writes such a repository into a folder that is not there yet. HEAD is `base` where that has this very tree, else a
    /// commit on it that only this repository holds. What is known of the copy's files is noted in its index, so that git
    /// need not read them again. Gives the digest of what it says besides the tree, as [`Repository::lent_digest`] does.
    pub fn lend(&self, dir: &Path, lent: &Lent, known: &StatCache) -> Result<Digest, WriteError> {
        for folder in ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"] {
            fs::create_dir_all(dir.join(folder))?;
        }
        let objects = fs::canonicalize(self.common_dir().join("objects"))?;
        fs::write(dir.join("objects/info/alternates"), alternate(&objects))?;
        fs::write(dir.join("HEAD"), format!("ref: {BRANCH}\n"))?;
        fs::write(dir.join("config"), self.lent_config(lent.governed))?;
        let shallow = self.shallow()?;
        if let Some(bytes) = &shallow {
            fs::write(dir.join("shallow"), bytes)?;
        }
        let tags = self.packed_tags()?;
        fs::write(dir.join("packed-refs"), &tags)?;
        let (head, tree) = self.lent_head(dir, lent)?;
        fs::write(dir.join(BRANCH), format!("{head}\n"))?;
        self.lend_index(&dir.join("index"), tree, lent.cone, known)?;
        Ok(said(lent.base, &tags, shallow.as_deref()))
    }

    /// The digest of what a lent repository on a base says besides the tree: the commit that it stands on, with all of its
    /// history, and the tags.
    pub fn lent_digest(&self, base: Option<CommitId>) -> Result<Digest, WriteError> {
        Ok(said(base, &self.packed_tags()?, self.shallow()?.as_deref()))
    }

    /// Where the history of a shallow clone ends.
    fn shallow(&self) -> io::Result<Option<Vec<u8>>> {
        match self.is_shallow() {
            true => fs::read(self.common_dir().join("shallow")).map(Some),
            false => Ok(None),
        }
    }

    /// The stores of objects that this clone borrows from (`clone --shared`, `--reference`), and those that they borrow from.
    pub fn borrowed_stores(&self) -> Vec<PathBuf> {
        // One that cannot be read is missing for git outside as well.
        let found = self.gix.objects.store_ref().alternate_db_paths().unwrap_or_default();
        found.iter().filter_map(|store| store.canonicalize().ok()).collect()
    }

    /// What this user's settings make of line ends in every fresh clone; `None` where they say nothing.
    pub fn own_line_ends(&self) -> Option<String> {
        let said = Conversions::checkout_settings(self);
        (said != "\tautocrlf = false\n\teol = native\n").then_some(said)
    }

    fn lent_config(&self, governed: bool) -> String {
        let line_ends = Conversions::checkout_settings(self);
        let plain = self.plain_config();
        // A check sees nobody's settings, and may commit in its copy all the same.
        let who = match governed {
            true => "",
            false => "[user]\n\tname = git-harness\n\temail = git-harness@localhost\n",
        };
        format!(
            "{plain}{who}[core]\n{line_ends}\thooksPath = /dev/null\n\tfsmonitor = false\n\tattributesFile = /dev/null\n\
             [gc]\n\tauto = 0\n[commit]\n\tgpgSign = false\n[tag]\n\tgpgSign = false\n[advice]\n\tdetachedHead = false\n"
        )
    }

    /// Whether it is known without asking the git program that there is no tag.
    fn has_no_tags(&self) -> bool {
        let first = || {
            let refs = self.gix.references().ok()?;
            Some(refs.tags().ok()?.next().is_none())
        };
        !self.refs_by_git && first().unwrap_or(false)
    }

    /// The tags as git packs them: with what annotated ones lead to.
    fn packed_tags(&self) -> Result<Vec<u8>, ReadError> {
        let mut text = b"# pack-refs with: peeled fully-peeled sorted \n".to_vec();
        if self.has_no_tags() {
            return Ok(text);
        }
        let mut call = self.trusted();
        call.words([
            "for-each-ref",
            "--format=%(objectname) %(refname)%(if)%(*objectname)%(then)%0a^%(*objectname)%(end)",
            "refs/tags",
        ]);
        text.extend(call.bytes()?);
        Ok(text)
    }

    /// The commit that HEAD stands at, and its tree.
    fn lent_head(&self, dir: &Path, lent: &Lent) -> Result<(CommitId, TreeId), WriteError> {
        let shown = |tree: TreeId| match lent.governed {
            true => Ok(tree),
            false => self.narrowed(tree, &Cone::WHOLE),
        };
        let tree = shown(lent.tree)?;
        let mut seconds = 0;
        let mut parent = String::new();
        if let Some(base) = lent.base {
            let commit = self.commit(base)?;
            let before = shown(commit.tree)?;
            if before != commit.tree {
                self.show_otherwise(dir, base, before)?;
            }
            if before == tree {
                return Ok((base, tree));
            }
            seconds = commit.seconds;
            parent = format!("parent {base}\n");
        }
        let who = format!("git-harness <git-harness@localhost> {seconds} +0000");
        let text = format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\nThe change that is being checked\n");
        Ok((self.write_commit(dir, text.as_bytes())?, tree))
    }

    /// Lets git show a commit with another tree, under its own id.
    fn show_otherwise(&self, dir: &Path, commit: CommitId, tree: TreeId) -> Result<(), WriteError> {
        let failed = |error: &dyn std::fmt::Display| ReadError::object(commit.object_id(), error);
        let object = self
            .gix
            .find_commit(commit.object_id())
            .map_err(|error| failed(&error))?;
        let Some(end) = object.data.iter().position(|byte| *byte == b'\n') else {
            return Err(failed(&"it has no lines").into());
        };
        let text = [format!("tree {tree}").as_bytes(), &object.data[end..]].concat();
        let other = self.write_commit(dir, &text)?;
        let refs = dir.join("refs/replace");
        fs::create_dir_all(&refs)?;
        Ok(fs::write(refs.join(commit.to_string()), format!("{other}\n"))?)
    }

    fn write_commit(&self, dir: &Path, text: &[u8]) -> io::Result<CommitId> {
        let store = gix::odb::loose::Store::at(dir.join("objects"), self.hash());
        let id = store.write_buf(gix::objs::Kind::Commit, text);
        Ok(CommitId::new(id.map_err(|error| io::Error::other(error.to_string()))?))
    }

    /// Hands every file of a tree over, by its path, in the order of paths.
    fn each_file(&self, tree: TreeId, take: &mut impl FnMut(&[u8], Entry)) -> Result<(), ReadError> {
        self.each_file_in(tree.object_id(), &mut Vec::new(), take)
    }

    fn each_file_in(
        &self,
        tree: ObjectId,
        prefix: &mut Vec<u8>,
        take: &mut impl FnMut(&[u8], Entry),
    ) -> Result<(), ReadError> {
        let object = self.tree_object(tree)?;
        for entry in entries_of(object.as_ref()) {
            let entry = entry.map_err(|error| ReadError::object(tree, &error))?;
            let length = prefix.len();
            push(prefix, entry.filename);
            match entry_of(entry.mode.kind(), entry.oid.into()) {
                Some(file) => take(prefix, file),
                None => self.each_file_in(entry.oid.into(), prefix, take)?,
            }
            prefix.truncate(length);
        }
        Ok(())
    }

    fn lend_index(&self, file: &Path, tree: TreeId, cone: &Cone, known: &StatCache) -> Result<(), WriteError> {
        let mut state = State::new(self.hash());
        let top = file.ancestors().nth(2).map(Path::to_owned).unwrap_or_default();
        let mut known = known.in_order();
        self.each_file(tree, &mut |path, entry| {
            let path = path.as_bstr();
            let stat = known.find(path).filter(|(blob, _)| *blob == entry.blob);
            let flags = match cone.is_whole() || cone.holds_file(path) {
                true => Flags::empty(),
                false => Flags::SKIP_WORKTREE | Flags::EXTENDED,
            };
            let stat = match stat {
                Some((_, stat)) => stat,
                // It was filled just now, so it is what it has to be.
                None if flags.is_empty() && entry.mode.is_file() => stat_at(&top, path),
                None => Stat::default(),
            };
            state.dangerously_push_entry(stat, entry.blob.object_id(), flags, mode_of(entry), path);
        })?;
        // A tree's order is the index's.
        let options = gix::index::write::Options {
            extensions: gix::index::write::Extensions::None,
            skip_hash: true,
        };
        let mut bytes = Vec::new();
        let index = File::from_state(state, file);
        index
            .write_to(&mut bytes, options)
            .map_err(|error| io::Error::other(error.to_string()))?;
        Ok(fs::write(file, bytes)?)
    }
}

fn said(base: Option<CommitId>, tags: &[u8], shallow: Option<&[u8]>) -> Digest {
    let base = base.map_or_else(String::new, |base| base.to_string());
    Digest::of_fields([base.as_bytes(), tags, shallow.unwrap_or_default()])
}

fn stat_at(top: &Path, path: &BStr) -> Stat {
    let found = fs::symlink_metadata(top.join(OsStr::from_bytes(path)));
    found.map_or_else(|_| Stat::default(), |found| stat_cache::stat(&found))
}

const fn mode_of(entry: Entry) -> Mode {
    match entry.mode {
        FileMode::Regular => Mode::FILE,
        FileMode::Executable => Mode::FILE_EXECUTABLE,
        FileMode::Symlink => Mode::SYMLINK,
        FileMode::Gitlink => Mode::COMMIT,
    }
}
