//! One text and the edits of an answer: each is looked for by the rules of its kind, and what it does not touch stays
//! to the byte. Other files, and what may be done to them, are not known here.

use super::elision;
use super::error::{AnswerError, NotFound};
use super::lines::{Line, Text};
use super::locate::{self, Found, Level, Place, Shift};
use super::operation::{Edit, EditLine, Ending, Step};
use super::policy::{FinalNewline, Policy};
use super::weave::{is_dots, kept, leading, new_side, owned, parts, says_ends, texts, without_blank_edges, woven};

/// The most lines of context that are dropped on either side.
const DROPPED: usize = 8;

/// A text on its way through the steps of an operation.
pub(super) struct Change<'a> {
    path: &'a str,
    /// The text as it was, to know what stood in it.
    before: &'a str,
    policy: &'a Policy,
    text: Text,
    /// Behind the last chunk.
    cursor: usize,
}

/// What is to be put where.
struct Splice<'a> {
    place: Place,
    lines: &'a [EditLine],
    ending: Ending,
}

impl<'a> Change<'a> {
    pub(super) fn of(path: &'a str, before: &'a str, policy: &'a Policy) -> Self {
        Self {
            path,
            before,
            policy,
            text: Text::of(before),
            cursor: 0,
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.text.to_bytes()
    }

    /// Applies hunks by their numbers, if every one of them stands exactly where its header says.
    pub(super) fn by_numbers(&mut self, steps: &[Step]) -> bool {
        let mut splices = Vec::new();
        let mut end = 0;
        for step in steps {
            let Edit::Hunk {
                lines,
                stated: Some(stated),
                ending,
            } = &step.edit
            else {
                return false;
            };
            let old: Vec<&str> = lines.iter().filter_map(EditLine::old).collect();
            let Some(at) = stated.old.checked_sub(1).filter(|at| *at >= end) else {
                return false;
            };
            let is_empty = old.is_empty() && self.text.lines.is_empty();
            let there = self.text.lines.get(at..at + old.len());
            let fits = there.is_some_and(|there| there.iter().zip(&old).all(|(line, said)| line.says(said)));
            let elided = elision::remark(step.edit.added(), self.before).is_some();
            if !(fits && !old.is_empty() || is_empty) || elided {
                return false;
            }
            end = at + old.len();
            let place = Place {
                at,
                level: Level::Exact,
                shift: Shift::None,
            };
            splices.push(Splice {
                place,
                lines,
                ending: *ending,
            });
        }
        // From the bottom up, so that no number is moved.
        for splice in splices.iter().rev() {
            self.splice(splice);
        }
        true
    }

    /// Applies one edit, and says how exactly its lines were there.
    pub(super) fn step(&mut self, step: &Step) -> Result<Level, AnswerError> {
        if let Some(line) = elision::remark(step.edit.added(), self.before) {
            return Err(self.elided(line));
        }
        match &step.edit {
            Edit::Swap { search, replace } => self.swap(step.line, search, replace),
            Edit::Hunk { lines, ending, .. } => self.hunk(step.line, lines, *ending),
            Edit::Chunk {
                lines,
                anchors,
                at_end,
                opens,
            } => {
                if *opens {
                    self.cursor = 0;
                }
                let (place, lines) = self.chunk(step.line, lines, anchors, *at_end)?;
                let level = place.level;
                let old = lines.iter().filter(|line| line.old().is_some()).count();
                self.cursor = place.at + lines.len() - (old - kept(&lines));
                self.splice(&Splice {
                    place,
                    lines: &lines,
                    ending: Ending::default(),
                });
                Ok(level)
            }
        }
    }

    fn swap(&mut self, answer_line: usize, search: &[String], replace: &[String]) -> Result<Level, AnswerError> {
        let lines = woven(search, replace);
        let elides = search.iter().chain(replace).any(|line| is_dots(line)) && !self.holds_dots();
        let Some((place, lines)) = self.place_of(answer_line, &lines, true)? else {
            if elides {
                return self.pieces(answer_line, search, replace);
            }
            return Err(self.not_there(answer_line, search, replace));
        };
        // A bare `...` is Python.
        let python = self.path.ends_with(".py") || self.path.ends_with(".pyi");
        if elides && !python {
            return Err(self.elided("..."));
        }
        let level = place.level;
        let ending = Ending::default();
        self.splice(&Splice {
            place,
            lines: &lines,
            ending,
        });
        Ok(level)
    }

    /// `...` on both sides: what is between is replaced piece by piece.
    fn pieces(&mut self, answer_line: usize, search: &[String], replace: &[String]) -> Result<Level, AnswerError> {
        let (old, new): (Vec<_>, Vec<_>) = (parts(search), parts(replace));
        if old.len() != new.len() {
            return Err(self.elided("..."));
        }
        let mut changed = self.text.clone();
        let mut behind = 0;
        for (old, new) in old.into_iter().zip(new) {
            if old.is_empty() && new.is_empty() {
                continue;
            }
            let lines = woven(old, new);
            let (said, added) = (texts(&lines, EditLine::old), texts(&lines, EditLine::added));
            let place = match locate::find(&said, &added, &changed.lines, 0) {
                Found::Once(place) if place.at >= behind => place,
                _ => return Err(self.elided("...")),
            };
            behind = place.at + new.len();
            let ending = Ending::default();
            std::mem::swap(&mut self.text, &mut changed);
            self.splice(&Splice {
                place,
                lines: &lines,
                ending,
            });
            std::mem::swap(&mut self.text, &mut changed);
        }
        let _ = answer_line;
        self.text = changed;
        Ok(Level::Pieces)
    }

    fn hunk(&mut self, answer_line: usize, lines: &[EditLine], ending: Ending) -> Result<Level, AnswerError> {
        let no_old = lines.iter().all(|line| line.old().is_none());
        let found = if no_old && self.text.lines.is_empty() {
            Some((start(), lines.to_vec()))
        } else if no_old {
            return Err(self.no_place(answer_line));
        } else {
            match self.place_of(answer_line, lines, true)? {
                None => self.with_less_context(lines),
                found => found,
            }
        };
        let Some((place, lines)) = found else {
            let (old, new) = (texts(lines, EditLine::old), new_side(lines));
            return Err(self.not_there(answer_line, &owned(&old), &owned(&new)));
        };
        let level = place.level;
        self.splice(&Splice {
            place,
            lines: &lines,
            ending,
        });
        Ok(level)
    }

    /// Drops context from the outside inwards, as long as one place alone is left.
    fn with_less_context(&self, lines: &[EditLine]) -> Option<(Place, Vec<EditLine>)> {
        let is_kept = |line: &&EditLine| matches!(line, EditLine::Keep(_));
        let before = lines.iter().take_while(is_kept).count().min(DROPPED);
        let behind = lines.iter().rev().take_while(is_kept).count().min(DROPPED);
        for dropped in 1..=before + behind {
            let mut found: Option<(Place, Vec<EditLine>)> = None;
            for first in dropped.saturating_sub(behind)..=dropped.min(before) {
                let fewer = lines.get(first..lines.len() + first - dropped)?;
                let (old, added) = (texts(fewer, EditLine::old), texts(fewer, EditLine::added));
                if old.iter().all(|line| line.trim().is_empty()) {
                    continue;
                }
                match (locate::find(&old, &added, &self.text.lines, 0), &found) {
                    (Found::Nowhere, _) => {}
                    (Found::Once(place), None) => found = Some((place, fewer.to_vec())),
                    // The same change by another part of its context is no second place.
                    (Found::Once(place), Some((known, kept)))
                        if known.at + before.min(leading(kept)) == place.at + before.min(leading(fewer)) => {}
                    _ => return None,
                }
            }
            if let Some((mut place, lines)) = found {
                place.level = place.level.max(Level::FewerLines);
                return Some((place, lines));
            }
        }
        None
    }

    fn chunk(
        &self,
        answer_line: usize,
        lines: &[EditLine],
        anchors: &[String],
        at_end: bool,
    ) -> Result<(Place, Vec<EditLine>), AnswerError> {
        let mut from = self.cursor;
        for anchor in anchors {
            from = 1 + self
                .anchor(anchor, from)
                .ok_or_else(|| self.not_found(answer_line, std::slice::from_ref(anchor)))?;
        }
        let count = self.text.lines.len();
        let (old, added) = (texts(lines, EditLine::old), texts(lines, EditLine::added));
        if old.is_empty() {
            let at = match (anchors.is_empty(), at_end) {
                (_, true) => count,
                (false, false) => from,
                (true, false) => return Err(self.no_place(answer_line)),
            };
            return Ok((Place { at, ..start() }, lines.to_vec()));
        }
        if at_end
            && let Found::Once(place) = locate::find(&old, &added, &self.text.lines, count.saturating_sub(old.len()))
        {
            return Ok((place, lines.to_vec()));
        }
        for from in [from, 0] {
            match locate::find(&old, &added, &self.text.lines, from) {
                Found::Once(place) => return Ok((place, lines.to_vec())),
                // Behind its anchor the first place is meant.
                Found::Several(mut places) if !anchors.is_empty() && from > 0 => {
                    return Ok((places.swap_remove(0), lines.to_vec()));
                }
                Found::Several(places) => return Err(self.ambiguous(&old, &places)),
                Found::Nowhere => {}
            }
        }
        // A blank line at the end may be one of the answer and not of the file.
        let last = lines.iter().rposition(|line| line.old().is_some());
        if let Some(last) = last.filter(|last| lines[*last].old().is_some_and(|text| text.trim().is_empty()))
            && old.len() > 1
        {
            let mut fewer = lines.to_vec();
            fewer.remove(last);
            let (mut place, lines) = self.chunk(answer_line, &fewer, anchors, at_end)?;
            place.level = place.level.max(Level::FewerLines);
            return Ok((place, lines));
        }
        let new = new_side(lines);
        Err(self.not_there(answer_line, &owned(&old), &owned(&new)))
    }

    /// Where the line of an `@@` stands, behind the cursor or else as the only one.
    fn anchor(&self, anchor: &str, from: usize) -> Option<usize> {
        let is_it = |line: &Line| line.text.trim() == anchor.trim();
        let lines = &self.text.lines;
        if let Some(at) = lines.iter().skip(from).position(is_it) {
            return Some(from + at);
        }
        let mut all = (0..lines.len()).filter(|at| is_it(&lines[*at]));
        match (all.next(), all.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// The one place of an edit, if need be without blank lines at its edges.
    fn place_of(
        &self,
        _answer_line: usize,
        lines: &[EditLine],
        trims: bool,
    ) -> Result<Option<(Place, Vec<EditLine>)>, AnswerError> {
        let mut tries = vec![lines.to_vec()];
        if trims {
            tries.extend(without_blank_edges(lines));
        }
        for (index, lines) in tries.into_iter().enumerate() {
            let (old, added) = (texts(&lines, EditLine::old), texts(&lines, EditLine::added));
            match locate::find(&old, &added, &self.text.lines, 0) {
                Found::Once(mut place) => {
                    if index > 0 {
                        place.level = place.level.max(Level::FewerLines);
                    }
                    return Ok(Some((place, lines)));
                }
                Found::Several(places) => return Err(self.ambiguous(&old, &places)),
                Found::Nowhere => {}
            }
        }
        Ok(None)
    }

    /// Puts lines into the place. Context keeps the file's own bytes.
    fn splice(&mut self, splice: &Splice) {
        let Splice { place, lines, ending } = splice;
        let file = &self.text.lines;
        let old: Vec<&str> = lines.iter().filter_map(EditLine::old).collect();
        let end = place.at + old.len();
        let says_ends = says_ends(&old, &file[place.at..end]);
        let mut new = Vec::with_capacity(lines.len());
        let mut from = place.at;
        for line in *lines {
            match line {
                EditLine::Keep(_) => {
                    new.push(file[from].clone());
                    from += 1;
                }
                EditLine::Remove(_) => from += 1,
                EditLine::Add(text) => {
                    let text = place.shift.shifted(text).unwrap_or_else(|| text.clone());
                    new.push(self.added(text, says_ends));
                }
            }
        }
        let at_end = end == file.len();
        let stays = !matches!(
            lines.iter().rev().find(|line| line.old().is_some()),
            Some(EditLine::Remove(_))
        );
        let open = match (at_end, ending) {
            (false, _) => self.text.is_open(),
            (true, Ending { new_open: true, .. }) => true,
            (true, Ending { old_open: true, .. }) => false,
            (true, _) => self.text.is_open() && (stays || self.policy.final_newline == FinalNewline::AsBefore),
        };
        self.text.lines.splice(place.at..end, new);
        self.text.close(open);
    }

    /// A line that comes. Its end is the file's, unless the edit says the ends of its lines.
    fn added(&self, text: String, says_ends: bool) -> Line {
        let returned = text.strip_suffix('\r').map(str::to_owned);
        let end = match (says_ends, &returned) {
            (true, Some(_)) => "\r\n",
            (true, None) => "\n",
            (false, _) => self.text.style,
        };
        Line {
            text: returned.unwrap_or(text),
            end,
        }
    }

    fn holds_dots(&self) -> bool {
        self.text.lines.iter().any(|line| is_dots(&line.text))
    }

    fn elided(&self, line: &str) -> AnswerError {
        AnswerError::Elided {
            path: self.path.to_owned(),
            line: line.to_owned(),
        }
    }

    fn no_place(&self, answer_line: usize) -> AnswerError {
        AnswerError::NoPlace {
            path: self.path.to_owned(),
            answer_line,
        }
    }

    fn ambiguous(&self, old: &[&str], places: &[Place]) -> AnswerError {
        AnswerError::Ambiguous {
            path: self.path.to_owned(),
            wanted: owned(old),
            places: places.iter().map(|place| place.at + 1).collect(),
        }
    }

    /// What was looked for is not there: perhaps what is to come for it is.
    fn not_there(&self, answer_line: usize, old: &[String], new: &[String]) -> AnswerError {
        let said: Vec<&str> = new.iter().map(String::as_str).collect();
        let tells = said.iter().any(|line| !line.trim().is_empty());
        match locate::find(&said, &[], &self.text.lines, 0) {
            Found::Once(place) if tells => AnswerError::AlreadyThere {
                path: self.path.to_owned(),
                answer_line,
                at: place.at + 1,
            },
            _ => self.not_found(answer_line, old),
        }
    }

    fn not_found(&self, answer_line: usize, old: &[String]) -> AnswerError {
        let said: Vec<&str> = old.iter().map(String::as_str).collect();
        AnswerError::NotFound(Box::new(NotFound {
            path: self.path.to_owned(),
            answer_line,
            wanted: old.to_vec(),
            nearest: locate::nearest(&said, &self.text.lines),
            elsewhere: None,
        }))
    }
}

/// The top of a file.
fn start() -> Place {
    Place {
        at: 0,
        level: Level::Exact,
        shift: Shift::None,
    }
}
