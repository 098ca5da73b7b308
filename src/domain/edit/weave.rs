//! Lines of edits, woven, counted and cut: what the kinds of edits have in common before they are looked for.

use super::lines::Line;
use super::operation::EditLine;

/// Two texts as one list of lines, so that what both have in common stays as the file has it.
pub(super) fn woven(search: &[String], replace: &[String]) -> Vec<EditLine> {
    let mut lines = Vec::with_capacity(search.len() + replace.len());
    for op in similar::capture_diff_slices(similar::Algorithm::Myers, search, replace) {
        match op.tag() {
            similar::DiffTag::Equal => lines.extend(search[op.old_range()].iter().cloned().map(EditLine::Keep)),
            _ => {
                lines.extend(search[op.old_range()].iter().cloned().map(EditLine::Remove));
                lines.extend(replace[op.new_range()].iter().cloned().map(EditLine::Add));
            }
        }
    }
    lines
}

pub(super) fn texts(lines: &[EditLine], side: fn(&EditLine) -> Option<&str>) -> Vec<&str> {
    lines.iter().filter_map(side).collect()
}

pub(super) fn new_side(lines: &[EditLine]) -> Vec<&str> {
    let new = lines.iter().filter_map(|line| match line {
        EditLine::Keep(text) | EditLine::Add(text) => Some(text.as_str()),
        EditLine::Remove(_) => None,
    });
    new.collect()
}

pub(super) fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

pub(super) fn kept(lines: &[EditLine]) -> usize {
    lines.iter().filter(|line| matches!(line, EditLine::Keep(_))).count()
}

pub(super) fn leading(lines: &[EditLine]) -> usize {
    lines
        .iter()
        .take_while(|line| matches!(line, EditLine::Keep(_)))
        .count()
}

pub(super) fn is_dots(line: &str) -> bool {
    line.trim() == "..."
}

pub(super) fn parts(lines: &[String]) -> Vec<&[String]> {
    lines.split(|line| is_dots(line)).collect()
}

/// An edit without a blank line at its beginning, at its end, and at both, where it has more than two lines.
pub(super) fn without_blank_edges(lines: &[EditLine]) -> Vec<Vec<EditLine>> {
    let old: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].old().is_some()).collect();
    let is_blank = |at: &&usize| lines[**at].old().is_some_and(|text| text.trim().is_empty());
    if old.len() <= 2 {
        return Vec::new();
    }
    let first = old.first().filter(is_blank);
    let last = old.last().filter(is_blank);
    let without = |gone: &[usize]| -> Vec<EditLine> {
        let kept = lines.iter().enumerate().filter(|(at, _)| !gone.contains(at));
        kept.map(|(_, line)| line.clone()).collect()
    };
    let mut found: Vec<Vec<EditLine>> = [first, last].into_iter().flatten().map(|at| without(&[*at])).collect();
    if let (Some(first), Some(last)) = (first, last) {
        found.push(without(&[*first, *last]));
    }
    found
}

/// Whether an edit writes the carriage returns of its lines, and rightly so.
pub(super) fn says_ends(old: &[&str], file: &[Line]) -> bool {
    let says = old.iter().any(|said| said.ends_with('\r'));
    let rightly = |(said, line): (&&str, &Line)| said.strip_suffix('\r').is_some() == (line.end == "\r\n");
    says && old.iter().zip(file).all(rightly)
}
