//! Where our trailers stand in the message of a commit that a person is making: as its last paragraph, whatever template,
//! comments, clean-up or encoding git uses. What the trailers say is not decided here, and nothing but ASCII is
//! looked at, so that a message in any encoding stays what it was.

use super::trailer_block::{self, Line};

/// The line below which git throws everything away, behind the comment string.
const CUT: &[u8] = b" ------------------------ >8 ------------------------";
/// What `core.commentChar=auto` chooses from.
const AUTO: &[u8] = b"#;@!$%^&|:";
/// What git itself does not count as a person's words.
const SIGNED: &[u8] = b"Signed-off-by: ";

/// What git makes of the lines of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Style {
    /// What a comment begins with; empty where every line is text.
    pub comment: Vec<u8>,
    /// Whether a line of scissors ends the message.
    pub cuts: bool,
}

impl Style {
    /// The style of a message that an editor is about to show, or has shown. `configured` is `core.commentString` or
    /// `core.commentChar`.
    pub fn edited(raw: &[u8], configured: Option<&str>) -> Self {
        let comment = match configured {
            Some("auto") => chosen_by_git(raw),
            Some(text) if !text.is_empty() => text.as_bytes().to_vec(),
            _ => b"#".to_vec(),
        };
        Self { comment, cuts: true }
    }

    /// The style of a message that no editor shows.
    pub fn as_given(cuts: bool) -> Self {
        Self {
            comment: match cuts {
                true => b"#".to_vec(),
                false => Vec::new(),
            },
            cuts,
        }
    }

    fn is_comment(&self, line: &[u8]) -> bool {
        !self.comment.is_empty() && line.starts_with(&self.comment)
    }

    /// The message, and what stands from the scissors on.
    fn split<'a>(&self, raw: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let mut at = 0;
        for line in raw.split_inclusive(|byte| *byte == b'\n') {
            let is_cut = line
                .trim_ascii_end()
                .strip_suffix(CUT)
                .is_some_and(|comment| comment == self.comment);
            if self.cuts && is_cut {
                break;
            }
            at += line.len();
        }
        raw.split_at(at)
    }
}

/// The comment character that git chose by itself: that of its scissors, else of the last line, which git wrote.
fn chosen_by_git(raw: &[u8]) -> Vec<u8> {
    let cut = lines(raw).find_map(|line| line.trim_ascii_end().strip_suffix(CUT));
    let last = lines(raw).rfind(|line| !line.trim_ascii().is_empty());
    let is_one = |text: &&[u8]| text.first().is_some_and(|byte| AUTO.contains(byte));
    match cut.filter(is_one).or(last.filter(is_one)) {
        Some(text) => vec![text[0]],
        None => b"#".to_vec(),
    }
}

fn lines(text: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.split(|byte| *byte == b'\n')
}

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

/// Whether a line goes on with the trailer before it.
fn is_folded(line: &[u8]) -> bool {
    matches!(line.first(), Some(b' ' | b'\t')) && !is_blank(line)
}

/// A message that was taken apart: what the person wrote, and the lines that look like ours and are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parted {
    /// The message without any line that looks like ours.
    text: Vec<u8>,
    /// What stands from the scissors on.
    below: Vec<u8>,
    /// `Harness-` lines that are not of the block, or stand twice.
    pub foreign: Vec<String>,
    style: Style,
}

impl Parted {
    /// Takes a message apart; `block` is the trailer block that may stand in it.
    pub fn of(raw: &[u8], style: Style, block: &str) -> Self {
        let (message, below) = style.split(raw);
        let mut expected: Vec<&[u8]> = lines(block.as_bytes()).map(<[u8]>::trim_ascii_end).collect();
        let (mut text, mut foreign) = (Vec::with_capacity(message.len()), Vec::new());
        // What follows a line of ours and begins with a blank is its second half.
        let mut goes_on = false;
        for line in message.split_inclusive(|byte| *byte == b'\n') {
            let shown = line.trim_ascii_end();
            let is_ours = is_harness_line(shown);
            if (is_ours || goes_on || !is_blank(shown))
                && !style.is_comment(line)
                && let Some(at) = expected.iter().position(|known| *known == shown && !known.is_empty())
                && (is_ours || goes_on || !is_folded(shown))
            {
                expected.remove(at);
                goes_on = true;
            } else if is_ours && !style.is_comment(line) {
                foreign.push(String::from_utf8_lossy(shown.trim_ascii()).into_owned());
                goes_on = true;
            } else if goes_on && is_folded(line) {
                // The rest of a line that was taken out.
            } else {
                let is_second_gap = goes_on && is_blank(line) && (text.ends_with(b"\n\n") || text == b"\n");
                goes_on = false;
                if !is_second_gap {
                    text.extend_from_slice(line);
                }
            }
        }
        let below = below.to_vec();
        Self {
            text,
            below,
            foreign,
            style,
        }
    }

    /// Whether the person wrote nothing that git would call a message.
    pub fn is_empty(&self) -> bool {
        self.words().next().is_none()
    }

    /// Whether the person left it as it was handed to them.
    pub fn is_as(&self, other: &Self) -> bool {
        self.words().eq(other.words())
    }

    fn words(&self) -> impl Iterator<Item = &[u8]> {
        lines(&self.text)
            .filter(|line| !is_blank(line) && !self.style.is_comment(line) && !line.starts_with(SIGNED))
            .map(<[u8]>::trim_ascii_end)
    }

    /// The message as the person left it, without our block.
    pub fn without_block(&self) -> Vec<u8> {
        [&self.text[..], &self.below].concat()
    }

    /// The message with the block for an editor: a line to type on, and the block above git's comments, unless those
    /// stay in the message.
    pub fn for_editor(&self, block: &[u8], comments_stay: bool) -> Vec<u8> {
        let mut end = 0;
        let mut at = 0;
        for line in self.text.split_inclusive(|byte| *byte == b'\n') {
            at += line.len();
            if comments_stay && !is_blank(line) || !is_blank(line) && !self.style.is_comment(line) {
                end = at;
            }
        }
        let (head, comments) = self.text.split_at(end);
        let mut out = match self.is_empty() && is_blank(head) {
            true => b"\n\n".to_vec(),
            false => head.to_vec(),
        };
        if !out.ends_with(b"\n") {
            out.push(b'\n');
        }
        let joins = last_paragraph(head, &self.style)
            .is_some_and(|(start, paragraph)| (start > 0 || head.starts_with(b"\n")) && is_trailers(&paragraph));
        if !joins && !out.ends_with(b"\n\n") {
            out.push(b'\n');
        }
        out.extend_from_slice(block);
        let comments = comments.trim_ascii_start();
        if !comments.is_empty() || !self.below.is_empty() {
            out.push(b'\n');
        }
        [&out[..], comments, &self.below].concat()
    }

    /// The message with the block as its very last paragraph, into which a block of trailers that ended the person's
    /// own text goes. It stands behind git's comments, which git takes away, or keeps.
    pub fn finished(&self, block: &[u8]) -> Vec<u8> {
        let text = self.text.trim_ascii_end();
        let mut out = text.to_vec();
        let mut own = Vec::new();
        if let Some((start, paragraph)) = last_paragraph(text, &self.style)
            && start > 0
            && is_trailers(&paragraph)
        {
            out.truncate(start);
            for line in text[start..].split_inclusive(|byte| *byte == b'\n') {
                match self.style.is_comment(line) || is_blank(line) {
                    true => out.extend_from_slice(line),
                    false => own.extend_from_slice(line),
                }
            }
            if !own.is_empty() && !own.ends_with(b"\n") {
                own.push(b'\n');
            }
        }
        let kept = out.trim_ascii_end().len();
        out.truncate(kept);
        if !out.is_empty() {
            out.extend_from_slice(b"\n\n");
        }
        out.extend_from_slice(&own);
        out.extend_from_slice(block);
        if !self.below.is_empty() {
            out.push(b'\n');
        }
        out.extend_from_slice(&self.below);
        out
    }
}

/// Where a paragraph begins, and its lines.
type Paragraph<'a> = (usize, Vec<&'a [u8]>);

/// Where the last paragraph of a message begins, and its lines. A comment line parts no paragraph, since git takes it
/// away first.
fn last_paragraph<'a>(text: &'a [u8], style: &Style) -> Option<Paragraph<'a>> {
    let (mut found, mut current): (Option<Paragraph>, Option<Paragraph>) = (None, None);
    let mut at = 0;
    let mut has_text_before = false;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if is_blank(line) {
            has_text_before |= current.is_some();
            found = current.take().or(found);
        } else if !style.is_comment(line) {
            current
                .get_or_insert_with(|| (at, Vec::new()))
                .1
                .push(line.trim_ascii_end());
        }
        at += line.len();
    }
    let (start, paragraph) = current.or(found)?;
    // The first paragraph is the subject, whatever comments stand above it.
    let start = match has_text_before || text.starts_with(b"\n") {
        true => start,
        false => 0,
    };
    Some((start, paragraph))
}

/// Whether a paragraph is one of trailers, each with a value.
fn is_trailers(paragraph: &[&[u8]]) -> bool {
    let has_value = |line: &&[u8]| match Line::of(line) {
        Line::Pair { value, .. } => !is_blank(value),
        Line::Folded(_) | Line::Other => true,
    };
    trailer_block::is_block(paragraph) && paragraph.iter().all(has_value)
}

/// Whether a line looks like a trailer of ours to any reader of trailers.
fn is_harness_line(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let is_ours = line.get(..8).is_some_and(|head| head.eq_ignore_ascii_case(b"harness-"));
    is_ours
        && line.iter().position(|byte| *byte == b':').is_some_and(|colon| {
            let key = line[..colon].trim_ascii_end();
            key.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        })
}

/// A block as the bytes that a commit's encoding wants: what the encoding has no letter for becomes a question mark.
pub fn encoded(block: &str, encoding: Option<&str>) -> Vec<u8> {
    let name: String = encoding
        .unwrap_or("utf-8")
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let most = match name.as_str() {
        "utf8" | "" => return block.as_bytes().to_vec(),
        "iso88591" | "latin1" | "cp1252" | "windows1252" | "iso885915" => 0xff,
        _ => 0x7f,
    };
    let byte = |c: char| {
        u8::try_from(u32::from(c))
            .ok()
            .filter(|byte| *byte <= most)
            .unwrap_or(b'?')
    };
    block.chars().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "Harness-Task: t-1\nHarness-Evidence:\n 2222 3333\nAssisted-by: ollama:qwen\n";

    fn edited(raw: &str) -> Parted {
        Parted::of(raw.as_bytes(), Style::edited(raw.as_bytes(), None), OURS)
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn an_editor_shows_a_line_to_type_on_and_the_block_above_the_comments() {
        for (raw, wanted) in [
            ("\n# Say\n", format!("\n\n{OURS}\n# Say\n")),
            ("", format!("\n\n{OURS}")),
            ("# Template\n\n# Say\n", format!("\n\n{OURS}\n# Template\n\n# Say\n")),
            ("One\n\nTicket:\n# Say\n", format!("One\n\nTicket:\n\n{OURS}\n# Say\n")),
            ("# Top\n\nTicket:\n", format!("# Top\n\nTicket:\n\n{OURS}")),
            (
                "\n\nSigned-off-by: Ann <a@b>\n\n# Say\n",
                format!("\n\nSigned-off-by: Ann <a@b>\n{OURS}\n# Say\n"),
            ),
            (
                "\n# Say\n# ------------------------ >8 ------------------------\n# x\ndiff\n",
                format!("\n\n{OURS}\n# Say\n# ------------------------ >8 ------------------------\n# x\ndiff\n"),
            ),
        ] {
            assert_eq!(text(&edited(raw).for_editor(OURS.as_bytes(), false)), wanted, "{raw:?}");
        }
    }

    #[test]
    fn a_finished_message_ends_in_the_block_whatever_the_editor_left() {
        for (raw, wanted) in [
            (format!("Hello\n\n{OURS}\n# Say\n"), format!("Hello\n\n# Say\n\n{OURS}")),
            ("Hello\n".to_owned(), format!("Hello\n\n{OURS}")),
            (format!("Hello\n{OURS}"), format!("Hello\n\n{OURS}")),
            (
                "Hello\n\nTicket: 7\n# Say\n".to_owned(),
                format!("Hello\n\n# Say\n\nTicket: 7\n{OURS}"),
            ),
            (
                format!("Hello\n\n{OURS}\nReviewed-by: Ann\n"),
                format!("Hello\n\nReviewed-by: Ann\n{OURS}"),
            ),
            (
                "# c\nfix: the subject\n".to_owned(),
                format!("# c\nfix: the subject\n\n{OURS}"),
            ),
        ] {
            assert_eq!(text(&edited(&raw).finished(OURS.as_bytes())), wanted, "{raw:?}");
        }
    }

    #[test]
    fn what_is_ours_is_told_from_what_only_looks_like_it() {
        let parted = edited("One\n\nHarness-Task: t-1\nHarness-Task: t-1\nHarness-Evidence:\n 4444\nText\n");
        assert_eq!(parted.foreign, ["Harness-Task: t-1"]);
        assert_eq!(text(&parted.text), "One\n\nText\n");
        assert_eq!(edited("One\n\n  harness-gate : x\n").foreign, ["harness-gate : x"]);
        assert!(edited("# Harness-Task: t-9\n").foreign.is_empty());
    }

    #[test]
    fn comments_are_what_git_says_they_are() {
        let cut = "\n; c\n; ------------------------ >8 ------------------------\ndiff\n";
        for configured in [";", "auto"] {
            let style = Style::edited(cut.as_bytes(), Some(configured));
            let parted = Parted::of(cut.as_bytes(), style, OURS);
            assert!(parted.is_empty(), "{configured}");
            assert!(text(&parted.finished(OURS.as_bytes())).starts_with(&format!("\n; c\n\n{OURS}\n; ---")));
        }
        let style = Style::edited(b"x\n// c\n", Some("//"));
        assert!(!style.is_comment(b"/ c"), "a comment string is taken as a whole");
        assert!(edited(&format!("\nSigned-off-by: Ann <a@b>\n{OURS}\n# c\n")).is_empty());
    }

    #[test]
    fn a_block_is_written_in_the_encoding_of_the_commit() {
        assert_eq!(encoded("Bücher→", Some("ISO-8859-1")), b"B\xfccher?");
        assert_eq!(encoded("Bücher", Some("KOI8-R")), b"B?cher");
        assert_eq!(encoded("Bü", Some("UTF-8")), "Bü".as_bytes());
        let latin = b"Gr\xfc\xdfe\n".to_vec();
        let parted = Parted::of(&latin, Style::as_given(false), OURS);
        assert!(parted.finished(b"X: y\n").starts_with(b"Gr\xfc\xdfe\n\nX: y"));
    }
}
