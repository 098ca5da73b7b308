//! Markdown as far as plans need it: lines that know whether they are code, headings, and fenced blocks. What the
//! words mean is the formats' business.

use std::ops::Range;

/// A line with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its bytes, without the end of the line.
    pub at: Range<usize>,
    /// Its text.
    pub text: &'a str,
    /// It is part of a fenced block, or one of its fences.
    pub in_code: bool,
}

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block<'a> {
    /// What stands behind the opening fence, such as `json`.
    pub info: &'a str,
    /// The bytes between the fences.
    pub inside: Range<usize>,
    /// The same with the fences.
    pub whole: Range<usize>,
}

/// An open fence: its character and how often it stands there.
type Fence = (u8, usize);

fn opens(line: &str) -> Option<(Fence, &str)> {
    let trimmed = line.trim_start();
    let mark = *trimmed.as_bytes().first().filter(|byte| matches!(byte, b'`' | b'~'))?;
    let count = trimmed.bytes().take_while(|byte| *byte == mark).count();
    let info = trimmed[count..].trim();
    // Three backticks with a fourth behind them on one line are code within a sentence.
    (count >= 3 && !(mark == b'`' && info.contains('`'))).then_some(((mark, count), info))
}

fn closes(line: &str, (mark, least): Fence) -> bool {
    let trimmed = line.trim();
    trimmed.len() >= least && trimmed.bytes().all(|byte| byte == mark)
}

/// The lines of a text.
pub fn lines(text: &str) -> Vec<Line<'_>> {
    let mut at = 0;
    let mut fence: Option<Fence> = None;
    text.split_inclusive('\n')
        .map(|whole| {
            let line = whole.trim_end_matches(['\n', '\r']);
            let in_code = match fence {
                Some(open) => {
                    if closes(line, open) {
                        fence = None;
                    }
                    true
                }
                None => {
                    fence = opens(line).map(|(open, _)| open);
                    fence.is_some()
                }
            };
            let found = Line {
                at: at..at + line.len(),
                text: line,
                in_code,
            };
            at += whole.len();
            found
        })
        .collect()
}

/// The level and text of a heading.
pub fn heading<'a>(line: &Line<'a>) -> Option<(usize, &'a str)> {
    let level = line.text.bytes().take_while(|byte| *byte == b'#').count();
    (!line.in_code && (1..=6).contains(&level) && line.text[level..].starts_with(' '))
        .then(|| (level, &line.text[level + 1..]))
}

/// The fenced blocks of a text; one that is never closed ends with the text.
pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut open: Option<(Fence, Block)> = None;
    for line in lines(text) {
        match open.take() {
            Some((fence, mut block)) => {
                if closes(line.text, fence) {
                    block.inside.end = line.at.start.max(block.inside.start);
                    block.whole.end = line.at.end;
                    found.push(block);
                } else {
                    open = Some((fence, block));
                }
            }
            None => {
                open = opens(line.text).map(|(fence, info)| {
                    let start = (line.at.end + 1).min(text.len());
                    let block = Block {
                        info,
                        inside: start..text.len(),
                        whole: line.at.start..text.len(),
                    };
                    (fence, block)
                });
            }
        }
    }
    found.extend(open.map(|(_, block)| block));
    // A carriage return before the newline moves the beginning by one.
    for block in &mut found {
        if text[..block.inside.start].ends_with('\r') {
            block.inside.start = (block.inside.start + 1).min(block.inside.end);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fence_is_closed_by_its_own_kind_only() {
        let text = "# A\n````md\n```\n# no heading\n```\n````\n# B\n~~~\n# nor this\n";
        let headings: Vec<&str> = lines(text)
            .iter()
            .filter_map(|line| heading(line).map(|(_, title)| title))
            .collect();
        assert_eq!(headings, ["A", "B"]);
    }

    #[test]
    fn blocks_know_their_language_and_their_bytes() {
        for (text, wanted) in [
            ("x\n```json\n{}\n```\ny\n", vec![("json", "{}\n")]),
            ("x\r\n```json\r\n{}\r\n```\r\n", vec![("json", "{}\r\n")]),
            ("```\n```\n", vec![("", "")]),
            ("~~~yaml\na: 1", vec![("yaml", "a: 1")]),
            ("```toml", vec![("toml", "")]),
            ("a ``` b\n``` `x` ```\n", vec![]),
        ] {
            let found = blocks(text);
            let found: Vec<(&str, &str)> = found
                .iter()
                .map(|block| (block.info, &text[block.inside.clone()]))
                .collect();
            assert_eq!(found, wanted, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_place_is_a_place_of_the_text(text in "(?s)[a#`~ \r\nä]{0,60}") {
            for line in lines(&text) {
                prop_assert_eq!(&text[line.at.clone()], line.text);
                let _ = heading(&line);
            }
            for block in blocks(&text) {
                let _ = (&text[block.inside.clone()], &text[block.whole.clone()]);
                prop_assert!(block.whole.start <= block.inside.start && block.inside.end <= block.whole.end);
            }
        }
    }
}
