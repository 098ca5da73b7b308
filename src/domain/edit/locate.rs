//! Where lines stand in a file: exactly, or at a looser level if no stricter one has any place. A place counts only
//! if it is the only one of its level.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::lines::Line;

/// How exactly an edit's lines were those of the file; from the strictest down. A rising share of the looser ones is
/// an early sign that a model gets worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// To the letter.
    Exact,
    /// But for blanks at the ends of lines.
    TrailingBlanks,
    /// But for one indent that all lines have more or less.
    Indent,
    /// But for typographic quotes, dashes and blanks.
    Unicode,
    /// Without a blank line or a line of context at an edge.
    FewerLines,
    /// In pieces, between `...` on both sides.
    Pieces,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact => "to the letter",
            Self::TrailingBlanks => "but for blanks at ends of lines",
            Self::Indent => "but for an indent",
            Self::Unicode => "but for typographic characters",
            Self::FewerLines => "with fewer lines around them",
            Self::Pieces => "in pieces",
        })
    }
}

/// What all lines of an edit have too little or too much at their beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shift {
    None,
    Add(String),
    Strip(String),
}

impl Shift {
    /// A line of the edit as it has to stand in the file; `None` where it has not got what is to be stripped.
    pub(super) fn shifted(&self, line: &str) -> Option<String> {
        if line.trim().is_empty() {
            return Some(line.to_owned());
        }
        match self {
            Self::None => Some(line.to_owned()),
            Self::Add(indent) => Some(format!("{indent}{line}")),
            Self::Strip(indent) => line.strip_prefix(indent.as_str()).map(str::to_owned),
        }
    }
}

/// One place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The index of its first line.
    pub(super) at: usize,
    pub(super) level: Level,
    pub(super) shift: Shift,
}

/// What was found at the strictest level that has any place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Nowhere,
    Once(Place),
    Several(Vec<Place>),
}

/// The levels at which lines are compared one by one.
const LEVELS: [Level; 4] = [Level::Exact, Level::TrailingBlanks, Level::Indent, Level::Unicode];

/// Looks for `old` from the line `from` on. `added` has to be shiftable as the old lines are.
pub(super) fn find(old: &[&str], added: &[&str], file: &[Line], from: usize) -> Found {
    for level in LEVELS {
        let mut places = places(old, added, file, from, level);
        if places.len() > 1 {
            return Found::Several(places);
        }
        if let Some(place) = places.pop() {
            return Found::Once(place);
        }
    }
    Found::Nowhere
}

/// Every place of one level, from the top down.
fn places(old: &[&str], added: &[&str], file: &[Line], from: usize, level: Level) -> Vec<Place> {
    let Some(last) = file.len().checked_sub(old.len()).filter(|_| !old.is_empty()) else {
        return Vec::new();
    };
    let folded: Vec<String> = match level {
        Level::Unicode => old.iter().map(|line| folded(line)).collect(),
        _ => Vec::new(),
    };
    (from..=last)
        .filter_map(|at| {
            let shift = matches(old, &folded, &file[at..at + old.len()], level)?;
            let fits = added.iter().all(|line| shift.shifted(line).is_some());
            fits.then_some(Place { at, level, shift })
        })
        .collect()
}

/// Whether the lines stand right here at this level, and how they are shifted.
fn matches(old: &[&str], folded: &[String], file: &[Line], level: Level) -> Option<Shift> {
    let mut pairs = old.iter().zip(file);
    let here = |same: &dyn Fn(&str, &Line) -> bool| pairs.clone().all(|(said, line)| same(said, line));
    match level {
        Level::Exact => here(&|said, line| line.says(said)).then_some(Shift::None),
        Level::TrailingBlanks => here(&|said, line| said.trim_end() == line.text.trim_end()).then_some(Shift::None),
        Level::Indent => {
            let alike = pairs.all(|(said, line)| said.trim() == line.text.trim());
            alike.then(|| shift(old, file)).flatten()
        }
        _ => {
            let alike = folded.iter().zip(file).all(|(said, line)| is_folded(said, &line.text));
            alike.then(|| shift(old, file)).flatten()
        }
    }
}

/// The one shift that all lines have which are not blank.
fn shift(old: &[&str], file: &[Line]) -> Option<Shift> {
    let mut found: Option<Shift> = None;
    for (said, line) in old.iter().zip(file).filter(|(said, _)| !said.trim().is_empty()) {
        let (said, there) = (indent(said), indent(&line.text));
        let this = if said == there {
            Shift::None
        } else if let Some(more) = there.strip_suffix(said) {
            Shift::Add(more.to_owned())
        } else {
            Shift::Strip(said.strip_suffix(there)?.to_owned())
        };
        match &found {
            Some(known) if *known != this => return None,
            _ => found = Some(this),
        }
    }
    found
}

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

fn folded(line: &str) -> String {
    line.trim().chars().map(plain).collect()
}

fn is_folded(said: &str, line: &str) -> bool {
    said.chars().eq(line.trim().chars().map(plain))
}

/// The character that a keyboard has for a typographic one.
fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}'..='\u{201b}' => '\'',
        '\u{201c}'..='\u{201f}' => '"',
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        other => other,
    }
}

/// Lines around the nearest ones, on either side.
const AROUND: usize = 5;
/// The most lines of the file that are shown.
const SHOWN: usize = 24;
/// Below this share of equal characters lines are not alike.
const ALIKE: f32 = 0.6;

/// The lines of the file that are most like those that were looked for, with their numbers from 1.
pub(super) fn nearest(old: &[&str], file: &[Line]) -> Vec<(usize, String)> {
    let Some(at) = by_votes(old, file).or_else(|| by_likeness(old, file)) else {
        return Vec::new();
    };
    let end = (at + old.len().min(SHOWN) + AROUND).min(file.len());
    let start = at.saturating_sub(AROUND);
    (start..end.min(start + SHOWN))
        .map(|at| (at + 1, file[at].text.clone()))
        .collect()
}

/// Where most of the lines stand as they were said, but for blanks around them.
fn by_votes(old: &[&str], file: &[Line]) -> Option<usize> {
    let mut wanted: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, line) in old.iter().enumerate().filter(|(_, line)| tells(line)) {
        wanted.entry(line.trim()).or_default().push(index);
    }
    let mut votes: HashMap<usize, usize> = HashMap::new();
    for (at, line) in file.iter().enumerate() {
        for index in wanted.get(line.text.trim()).into_iter().flatten() {
            *votes.entry(at.saturating_sub(*index)).or_default() += 1;
        }
    }
    let best = votes.into_iter().max_by_key(|(at, votes)| (*votes, usize::MAX - at));
    best.map(|(at, _)| at)
}

/// A brace alone says nothing about a place.
fn tells(line: &str) -> bool {
    line.chars().filter(|c| c.is_alphanumeric()).count() >= 3
}

/// Where the line that tells most has its like.
fn by_likeness(old: &[&str], file: &[Line]) -> Option<usize> {
    let (index, said) = old.iter().enumerate().max_by_key(|(_, line)| line.trim().len())?;
    let said = said.trim();
    let mut best: Option<(f32, usize)> = None;
    for (at, line) in file.iter().enumerate() {
        let floor = best.map_or(ALIKE, |(ratio, _)| ratio);
        if let Some(ratio) = likeness(said, line.text.trim(), floor) {
            best = Some((ratio, at));
        }
    }
    best.map(|(_, at)| at.saturating_sub(index))
}

/// The longest text whose likeness is worked out.
const LONG: usize = 400;

/// How alike two texts are, from 0 to 1, where that is more than `floor`.
pub(super) fn likeness(a: &str, b: &str, floor: f32) -> Option<f32> {
    if a.is_empty() || b.is_empty() || a.len() > LONG || b.len() > LONG {
        return None;
    }
    // No order of characters can make more of them equal than both have in common.
    let mut counts: HashMap<char, i32> = HashMap::new();
    a.chars().for_each(|c| *counts.entry(c).or_default() += 1);
    let mut common = 0_u16;
    for c in b.chars() {
        if let Some(count) = counts.get_mut(&c).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    let all = u16::try_from(a.chars().count() + b.chars().count()).ok()?;
    if f32::from(common) * 2.0 / f32::from(all) <= floor {
        return None;
    }
    let ratio = similar::TextDiff::from_chars(a, b).ratio();
    (ratio > floor).then_some(ratio)
}

#[cfg(test)]
mod tests {
    use super::super::lines::Text;
    use super::*;

    fn found(old: &[&str], file: &str) -> Found {
        find(old, &[], &Text::of(file).lines, 0)
    }

    fn once(at: usize, level: Level, shift: Shift) -> Found {
        Found::Once(Place { at, level, shift })
    }

    #[test]
    fn the_strictest_level_with_a_place_decides() {
        assert_eq!(found(&["b"], "b \nb\n"), once(1, Level::Exact, Shift::None));
        assert_eq!(found(&["b  "], "a\nb\n"), once(1, Level::TrailingBlanks, Shift::None));
        let deeper = Shift::Add("  ".to_owned());
        assert_eq!(found(&["b", " c"], "  b\n   c\n"), once(0, Level::Indent, deeper));
        let less = Shift::Strip("\t".to_owned());
        assert_eq!(found(&["\tb", "", "\t\tc"], "b\n\n\tc\n"), once(0, Level::Indent, less));
        assert_eq!(found(&["\"a\" - b"], "“a” – b\n"), once(0, Level::Unicode, Shift::None));
        assert_eq!(found(&["b", "c"], " b\n  c\n"), Found::Nowhere);
        assert_eq!(found(&["a", "b"], "a\n"), Found::Nowhere);
        assert!(matches!(found(&["b"], " b\n  b\n"), Found::Several(places) if places.len() == 2));
    }

    #[test]
    fn what_comes_has_to_move_as_what_was_there_does() {
        let file = Text::of("b\n").lines;
        assert_eq!(find(&["  b"], &["c"], &file, 0), Found::Nowhere);
        assert!(matches!(find(&["  b"], &["  c"], &file, 0), Found::Once(_)));
    }

    #[test]
    fn the_nearest_lines_are_those_that_agree_most() {
        let file = Text::of("fn a() {\n}\n\nfn b() {\n    let x = 1;\n    let y = 2;\n}\n").lines;
        let near = nearest(&["fn b() {", "    let x = 3;", "    let y = 2;"], &file);
        assert!(near.contains(&(5, "    let x = 1;".to_owned())), "{near:?}");
        assert!(!nearest(&["    let xx = 1;"], &file).is_empty());
        assert!(nearest(&["zzzzzzzzzzzz"], &file).is_empty());
    }
}
