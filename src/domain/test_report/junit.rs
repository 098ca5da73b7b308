//! Reports in JUnit's XML: a small strict reader that counts test cases and understands nothing else.
//!
//! The cases are counted, not the totals that a report claims of itself. Document types are refused, so that there
//! are no entities to expand; size and depth are bounded; whatever is not well-formed is an error, never a guess.

use super::{Runner, TestCount};

/// The largest report that is read, in bytes.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// The deepest nesting.
const MOST_DEPTH: usize = 64;

/// Why a report is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JunitError {
    /// Larger than [`MOST_BYTES`].
    #[error("the report has {0} bytes, and at most {MOST_BYTES} are read")]
    TooLarge(usize),
    /// Nested deeper than any report is.
    #[error("the report is nested more than {MOST_DEPTH} deep")]
    TooDeep,
    /// It declares a document type, with which entities could be defined.
    #[error("the report declares a document type, which is refused")]
    DocumentType,
    /// It is no XML, or another kind.
    #[error("the report is no JUnit XML: {why} (byte {at})")]
    Malformed {
        /// What is wrong.
        why: &'static str,
        /// Where.
        at: usize,
    },
}

/// Counts the test cases of a report.
pub fn read(text: &str) -> Result<TestCount, JunitError> {
    if text.len() > MOST_BYTES {
        return Err(JunitError::TooLarge(text.len()));
    }
    let mut reader = Reader {
        text,
        at: 0,
        open: Vec::new(),
        seen_root: false,
        case: Case::default(),
        count: TestCount {
            runner: Runner::Junit,
            passed: 0,
            failed: 0,
            skipped: 0,
        },
    };
    reader.document()?;
    Ok(reader.count)
}

/// What the open test case holds.
#[derive(Default)]
struct Case {
    failed: bool,
    skipped: bool,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    open: Vec<&'a str>,
    seen_root: bool,
    case: Case,
    count: TestCount,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<(), JunitError> {
        if self.rest().starts_with('\u{feff}') {
            self.at += '\u{feff}'.len_utf8();
        }
        while self.at < self.text.len() {
            let Some(next) = self.rest().find('<') else {
                self.outside_is_blank(self.rest())?;
                self.at = self.text.len();
                break;
            };
            self.outside_is_blank(&self.rest()[..next])?;
            self.at += next;
            self.markup()?;
        }
        match (self.seen_root, self.open.is_empty()) {
            (true, true) => Ok(()),
            (false, _) => Err(self.wrong("it is empty")),
            (_, false) => Err(self.wrong("it ends in the middle")),
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn wrong(&self, why: &'static str) -> JunitError {
        JunitError::Malformed { why, at: self.at }
    }

    fn outside_is_blank(&self, text: &str) -> Result<(), JunitError> {
        match self.open.is_empty() && !text.trim().is_empty() {
            true => Err(self.wrong("text outside of the report")),
            false => Ok(()),
        }
    }

    fn markup(&mut self) -> Result<(), JunitError> {
        let rest = self.rest();
        if rest.starts_with("<!--") {
            self.skip("<!--", "-->")
        } else if rest.starts_with("<![CDATA[") && !self.open.is_empty() {
            self.skip("<![CDATA[", "]]>")
        } else if rest.starts_with("<?") {
            self.skip("<?", "?>")
        } else if rest.starts_with("<!") {
            Err(JunitError::DocumentType)
        } else if rest.starts_with("</") {
            self.end_tag()
        } else {
            self.start_tag()
        }
    }

    fn skip(&mut self, start: &str, end: &str) -> Result<(), JunitError> {
        let inner = &self.rest()[start.len()..];
        let length = inner.find(end).ok_or_else(|| self.wrong("something is not closed"))?;
        self.at += start.len() + length + end.len();
        Ok(())
    }

    fn end_tag(&mut self) -> Result<(), JunitError> {
        let inner = &self.rest()[2..];
        let length = inner.find('>').ok_or_else(|| self.wrong("a tag is not closed"))?;
        let name = inner[..length].trim_end();
        if self.open.pop() != Some(name) {
            return Err(self.wrong("a tag closes what is not open"));
        }
        self.at += 2 + length + 1;
        self.closed(name);
        Ok(())
    }

    fn start_tag(&mut self) -> Result<(), JunitError> {
        let inner = &self.rest()[1..];
        let length = tag_length(inner).ok_or_else(|| self.wrong("a tag is not closed"))?;
        let tag = &inner[..length];
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let name = tag.split(char::is_whitespace).next().unwrap_or_default();
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || "_-.:".contains(c)) {
            return Err(self.wrong("a tag without a name"));
        }
        if self.open.is_empty() {
            if self.seen_root || !matches!(name, "testsuites" | "testsuite") {
                return Err(self.wrong("a report is one <testsuites> or <testsuite>"));
            }
            self.seen_root = true;
        }
        if self.open.len() >= MOST_DEPTH {
            return Err(JunitError::TooDeep);
        }
        self.at += 1 + length + 1;
        self.opened(name);
        match empty {
            true => self.closed(name),
            false => self.open.push(name),
        }
        Ok(())
    }

    fn opened(&mut self, name: &str) {
        match (name, self.open.last()) {
            ("testcase", _) => self.case = Case::default(),
            ("failure" | "error", Some(&"testcase")) => self.case.failed = true,
            ("skipped", Some(&"testcase")) => self.case.skipped = true,
            _ => {}
        }
    }

    fn closed(&mut self, name: &str) {
        if name != "testcase" || self.open.contains(&"testcase") {
            return;
        }
        match std::mem::take(&mut self.case) {
            Case { failed: true, .. } => self.count.failed += 1,
            Case { skipped: true, .. } => self.count.skipped += 1,
            Case { .. } => self.count.passed += 1,
        }
    }
}

/// The bytes of a tag up to its `>`, which may also stand in a quoted attribute.
fn tag_length(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'<') => return None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}
