//! Unified diffs, as git writes them and as models do.

use crate::domain::path::RepoPath;

use super::error::AnswerError;
use super::fence::Fence;
use super::name::Purpose;
use super::operation::{Action, Edit, EditLine, Ending, Operation, Stated, Step};
use super::scan::Scan;
use super::{apply_patch, patch_head, search_replace};

/// Whether a patch begins with the first of these lines.
pub(super) fn opens(lines: &[&str]) -> bool {
    let Some(line) = lines.first() else { return false };
    let is_hunk = line.starts_with("@@ ") && line[3..].contains("@@");
    line.starts_with("diff --git ") || is_hunk || opens_file(lines)
}

/// `---` and `+++`, and then a hunk or the end: a removed line that begins with `-- ` is none.
fn opens_file(lines: &[&str]) -> bool {
    let [old, new, rest @ ..] = lines else { return false };
    let hunk = rest.iter().find(|line| !line.trim().is_empty());
    old.starts_with("--- ")
        && new.starts_with("+++ ")
        && hunk.is_none_or(|line| line.starts_with(['@', '+', '-', ' ', '\\', '`']) || line.starts_with("diff "))
}

/// What a patch says of one file.
#[derive(Default)]
struct Section {
    /// From `diff --git`.
    git: Option<(String, String)>,
    old: Option<String>,
    new: Option<String>,
    rename: (Option<String>, Option<String>),
    created: bool,
    deleted: bool,
    mode: bool,
    steps: Vec<Step>,
    /// Its line in the answer, from 1.
    line: usize,
}

impl Section {
    fn at(line: usize) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }
}

/// Reads the patch that the scan stands at: to the end of its fence, or to what is no patch any more.
pub(super) fn read(scan: &mut Scan) -> Result<(), AnswerError> {
    let (end, closed) = scan.end_of_fence();
    if !closed {
        return Err(AnswerError::Truncated(
            "the fence round the patch is not closed".to_owned(),
        ));
    }
    let fenced = scan.is_in_fence();
    let end = if fenced { end } else { end_of_bare(scan) };
    let fallback = scan
        .path_before(scan.at)
        .filter(|_| !opens_file(&scan.lines[scan.at..]));
    let mut reader = Reader {
        fenced,
        fallback,
        sections: Vec::new(),
    };
    while scan.at < end {
        reader.line(scan, end)?;
    }
    for section in reader.sections {
        if let Some(operation) = operation(scan, section)? {
            scan.push(operation);
        }
    }
    Ok(())
}

/// Where a patch without a fence ends at the latest: where a fence or another format begins.
fn end_of_bare(scan: &Scan) -> usize {
    let is_other = |at: &usize| {
        let line = scan.lines[*at];
        let fence = line.starts_with(['`', '~']) && Fence::opening(line).is_some();
        fence || search_replace::opens(&scan.lines[*at..]) || apply_patch::opens(&scan.lines[*at..])
    };
    (scan.at + 1..scan.lines.len())
        .find(is_other)
        .unwrap_or(scan.lines.len())
}

/// What was read of a patch so far.
struct Reader {
    /// Every line belongs to the patch; else there may be words around it.
    fenced: bool,
    /// A path that stands before the patch.
    fallback: Option<String>,
    sections: Vec<Section>,
}

impl Reader {
    /// Reads what begins at the scan's line.
    fn line(&mut self, scan: &mut Scan, end: usize) -> Result<(), AnswerError> {
        let at = scan.at;
        let line = scan.lines[at];
        scan.at += 1;
        if let Some(paths) = line.strip_prefix("diff --git ") {
            self.sections.push(Section {
                git: patch_head::git_paths(paths),
                ..Section::at(at + 1)
            });
        } else if opens_file(&scan.lines[at..end]) {
            let (old, new) = (patch_head::path(&line[4..]), patch_head::path(&scan.lines[at + 1][4..]));
            scan.at += 1;
            let begun = |last: &Section| last.git.is_some() && last.old.is_none() && last.steps.is_empty();
            if !self.sections.last().is_some_and(begun) {
                self.sections.push(Section::at(at + 1));
            }
            if let Some(last) = self.sections.last_mut() {
                (last.old, last.new) = (Some(old), Some(new));
            }
        } else if line.starts_with("@@") || self.begins_without_head(line) {
            self.hunk(scan, at, end)?;
        } else if let Some(last) = self.sections.last_mut().filter(|last| last.steps.is_empty()) {
            head_line(line, last)?;
        } else if self.fenced && !self.sections.is_empty() && !ends_patch(line) {
            return Err(AnswerError::Malformed {
                line: at + 1,
                why: "every line of a hunk begins with a blank, `+` or `-`, and this one does not. Correct it, or give the \
                      whole file."
                    .to_owned(),
            });
        }
        Ok(())
    }

    /// Some models give no `@@` before the only hunk.
    fn begins_without_head(&self, line: &str) -> bool {
        let is_line = line.starts_with(['+', '-', ' ']);
        match self.sections.last() {
            Some(last) => is_line && last.old.is_some() && last.steps.is_empty(),
            None => is_line && self.fenced,
        }
    }

    /// Reads the hunk whose head, or first line, is this one.
    fn hunk(&mut self, scan: &mut Scan, at: usize, end: usize) -> Result<(), AnswerError> {
        if self.sections.is_empty() {
            let name = match &self.fallback {
                Some(name) => Some(name.clone()),
                None => scan.path_nearby().map(|path| path.to_string()),
            };
            let name = name.ok_or_else(|| AnswerError::NoPath {
                line: at + 1,
                begins: scan.lines[at].to_owned(),
            })?;
            self.sections.push(Section {
                old: Some(name.clone()),
                new: Some(name),
                ..Section::at(at + 1)
            });
        }
        let line = scan.lines[at];
        scan.at = at + usize::from(line.starts_with("@@"));
        let (edit, used) = hunk(&scan.lines[scan.at..end], counts(line), self.fenced);
        scan.at += used.max(usize::from(scan.at == at));
        if let Some(last) = self.sections.last_mut() {
            last.steps.push(Step { line: at + 1, edit });
        }
        Ok(())
    }
}

/// A line of git's head of a file.
fn head_line(line: &str, section: &mut Section) -> Result<(), AnswerError> {
    let refused = |why| {
        Err(AnswerError::Unsupported {
            what: line.trim_end().to_owned(),
            why,
        })
    };
    let name = |prefix: &str| line.strip_prefix(prefix).map(patch_head::path);
    if line.starts_with("GIT binary patch") || line.starts_with("Binary files ") {
        return refused("binary content cannot come as a patch");
    }
    if line.starts_with("copy from ") {
        return refused("give the new file whole");
    }
    let mode = ["new file mode ", "deleted file mode ", "new mode "]
        .iter()
        .find_map(|prefix| line.strip_prefix(prefix));
    if mode.is_some_and(|mode| !mode.trim().starts_with("100")) {
        return refused("only plain files may be made or changed");
    }
    section.created |= line.starts_with("new file mode ");
    section.deleted |= line.starts_with("deleted file mode ");
    section.mode |= line.starts_with("new mode ");
    if let Some(from) = name("rename from ") {
        section.rename.0 = Some(from);
    }
    if let Some(to) = name("rename to ") {
        section.rename.1 = Some(to);
    }
    Ok(())
}

/// What may stand behind the last hunk in a fence: blank lines, and the signature of a mailed patch.
fn ends_patch(line: &str) -> bool {
    line.trim().is_empty() || line.trim_end() == "--" || line.starts_with(|c: char| c.is_ascii_digit())
}

/// The counts and places of a hunk's head.
#[derive(Clone, Copy)]
struct Counts {
    old: (usize, usize),
    new: (usize, usize),
}

fn counts(head: &str) -> Option<Counts> {
    let range = |text: &str| -> Option<(usize, usize)> {
        let (start, count) = text.split_once(',').unwrap_or((text, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    let mut words = head.strip_prefix("@@")?.split_whitespace();
    let old = range(words.next()?.strip_prefix('-')?)?;
    let new = range(words.next()?.strip_prefix('+')?)?;
    Some(Counts { old, new })
}

/// The lines of a hunk, and how many there were.
fn hunk(lines: &[&str], counts: Option<Counts>, fenced: bool) -> (Edit, usize) {
    let mut taken: Vec<EditLine> = Vec::new();
    let mut ending = Ending::default();
    let mut used = 0;
    for (index, line) in lines.iter().enumerate() {
        let complete = counts.is_some_and(|counts| is_complete(&taken, counts));
        let ends = line.starts_with("@@") || line.starts_with("diff --git ") || opens_file(&lines[index..]);
        let marker = line.starts_with('\\');
        if (ends && !counts.is_some_and(|counts| wants(&taken, counts, line)))
            || (complete && !marker && (!fenced || *line == "-- " || line.is_empty() && !goes_on(&lines[index..])))
        {
            break;
        }
        let rest = || line[1..].to_owned();
        match line.bytes().next() {
            Some(b'+') => taken.push(EditLine::Add(rest())),
            Some(b'-') => taken.push(EditLine::Remove(rest())),
            Some(b'\\') => match taken.last() {
                Some(EditLine::Add(_)) => ending.new_open = true,
                Some(EditLine::Remove(_)) => ending.old_open = true,
                _ => {
                    ending = Ending {
                        old_open: true,
                        new_open: true,
                    }
                }
            },
            Some(b' ') => taken.push(EditLine::Keep(rest())),
            // A model drops the blank of an empty context line.
            None => taken.push(EditLine::Keep(String::new())),
            Some(_) => break,
        }
        used += 1;
    }
    // Blank lines behind a hunk belong to the text around it.
    while !counts.is_some_and(|counts| is_complete(&taken, counts))
        && taken.len() > 1
        && matches!(taken.last(), Some(EditLine::Keep(text)) if text.trim().is_empty())
    {
        taken.pop();
    }
    let stated = counts
        .filter(|counts| is_complete(&taken, *counts))
        .map(|counts| Stated {
            // An empty side is said to begin at the line before it.
            old: counts.old.0 + usize::from(counts.old.1 == 0),
            new: counts.new.0 + usize::from(counts.new.1 == 0),
        });
    let edit = Edit::Hunk {
        lines: taken,
        stated,
        ending,
    };
    (edit, used)
}

/// Whether a hunk goes on behind blank lines though it has what its head counts: models cannot count.
fn goes_on(lines: &[&str]) -> bool {
    let next = lines.iter().position(|line| !line.trim().is_empty());
    next.is_some_and(|at| {
        lines[at].starts_with([' ', '+', '-']) && lines[at].trim_end() != "--" && !opens_file(&lines[at..])
    })
}

fn sides(lines: &[EditLine]) -> (usize, usize) {
    let old = lines.iter().filter(|line| line.old().is_some()).count();
    let removed = lines.iter().filter(|line| matches!(line, EditLine::Remove(_))).count();
    (old, lines.len() - removed)
}

fn is_complete(lines: &[EditLine], counts: Counts) -> bool {
    sides(lines) == (counts.old.1, counts.new.1)
}

/// Whether a line that looks like the head of a file is still counted as removed: a line `-- x` that goes.
fn wants(lines: &[EditLine], counts: Counts, line: &str) -> bool {
    let (old, new) = sides(lines);
    line.starts_with("--- ") && old < counts.old.1 && new < counts.new.1
}

fn operation(scan: &mut Scan, section: Section) -> Result<Option<Operation>, AnswerError> {
    let line = section.line;
    let done = |path: RepoPath, action: Action| Ok(Some(Operation { path, action, line }));
    let (git_old, git_new) = section.git.clone().unzip();
    if let (Some(from), Some(to)) = section.rename {
        let path = scan.resolve(&from, Purpose::Change)?;
        let to = scan.resolve(&to, Purpose::Exactly)?;
        let steps = section.steps;
        return done(path, Action::Move { to, steps });
    }
    let headless = section.old.is_none();
    let (Some(old), Some(new)) = (section.old.or(git_old), section.new.or(git_new)) else {
        return Ok(None);
    };
    if new == "/dev/null" || (headless && section.deleted) {
        let path = scan.resolve(&stripped(scan, &old, &new), Purpose::Exactly)?;
        return done(path, Action::Delete);
    }
    if old == "/dev/null" || (headless && section.created) {
        let path = scan.resolve(&stripped(scan, &new, &old), Purpose::Exactly)?;
        let text = created(&path, &section.steps)?;
        return done(path, Action::Create { text });
    }
    let path = scan.resolve(&stripped(scan, &new, &old), Purpose::Change)?;
    match (section.steps.is_empty(), section.mode) {
        (false, _) => {
            let steps = section.steps;
            done(path, Action::Edit { steps })
        }
        (true, true) => Err(AnswerError::Unsupported {
            what: path.to_string(),
            why: "a patch that changes the file's mode alone changes nothing here",
        }),
        (true, false) => Ok(None),
    }
}

/// The text of a file that a patch makes: every line is new.
fn created(path: &RepoPath, steps: &[Step]) -> Result<String, AnswerError> {
    let mut text = String::new();
    let mut open = false;
    for step in steps {
        let Edit::Hunk { lines, ending, .. } = &step.edit else {
            continue;
        };
        for line in lines {
            match line {
                EditLine::Add(line) => text.push_str(line),
                EditLine::Keep(line) if line.is_empty() => {}
                EditLine::Keep(_) | EditLine::Remove(_) => return Err(AnswerError::NoSuchFile(path.to_string())),
            }
            text.push('\n');
        }
        open = ending.new_open;
    }
    if open {
        text.pop();
    }
    Ok(text)
}

/// A path without git's `a/` or `b/`, where both sides have them, or where only the rest is known.
fn stripped(scan: &Scan, path: &str, other: &str) -> String {
    let rest = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/"));
    let Some(rest) = rest else {
        return path.to_owned();
    };
    let both = other == "/dev/null" || other.starts_with("a/") || other.starts_with("b/");
    let is_known = |text: &str| scan.names.is_known(text);
    if (both && !is_known(path)) || (is_known(rest) && !is_known(path)) {
        rest.to_owned()
    } else {
        path.to_owned()
    }
}
