//! Whole files: a path, then a fence with the file's text. How surely a block's file is known decides between blocks.

use super::error::AnswerError;
use super::fence::Fence;
use super::name::Purpose;
use super::operation::{Action, Named, Operation};
use super::scan::Scan;

/// Languages whose blocks are commands or output for people, not files, unless a path says otherwise.
const TALK: [&str; 14] = [
    "bash",
    "sh",
    "shell",
    "zsh",
    "console",
    "shell-session",
    "shellsession",
    "powershell",
    "fish",
    "csh",
    "text",
    "txt",
    "output",
    "log",
];

/// The word behind a fence's marks.
pub(super) fn language(info: &str) -> String {
    let word = info.split([' ', ':', '{']).next().unwrap_or_default();
    word.to_lowercase()
}

/// A fenced block.
struct Block<'a> {
    info: &'a str,
    lines: Vec<&'a str>,
    /// The words since the block before.
    before: Vec<&'a str>,
    /// Its line in the answer, from 1.
    line: usize,
}

impl Block<'_> {
    /// The file that it names plainly, and the number of its lines that only name it.
    fn name(&self, scan: &Scan) -> Option<(String, usize)> {
        let names = scan.names;
        if let Some(name) = self.before.last().and_then(|line| names.plain(line)) {
            return Some((name, 0));
        }
        if let Some(name) = names.in_info(self.info) {
            return Some((name, 0));
        }
        let first = self.lines.first()?;
        let plain = names.plain(first).filter(|name| {
            let resolved = names.resolve(name, Purpose::Write);
            names.is_known(name) || resolved.is_ok_and(|path| names.is_known(&path.to_text()))
        });
        plain
            .map(|name| (name, 1))
            .or_else(|| names.in_comment(first).map(|name| (name, 0)))
    }

    /// Its first line, to say which block is meant.
    fn begins(&self) -> String {
        let first = self.lines.iter().find(|line| !line.trim().is_empty());
        first.map_or_else(|| "(nothing)".to_owned(), |line| line.trim().to_owned())
    }
}

/// The blocks of an answer that may be whole files.
#[derive(Default)]
pub(super) struct Blocks<'a> {
    unnamed: Vec<Block<'a>>,
    /// A path that stood in a fence of its own, for the next block.
    carried: Option<String>,
    /// The last block was this Markdown file.
    markdown: Option<String>,
}

impl<'a> Blocks<'a> {
    /// Reads the block whose fence the scan stands at.
    pub(super) fn block(&mut self, scan: &mut Scan<'a>, fence: Fence<'a>) -> Result<(), AnswerError> {
        let block = take(scan, fence)?;
        // A fence with nothing but a path names the file of the next one.
        let named = block
            .name(scan)
            .filter(|(_, from)| *from == 0 || *from < block.lines.len());
        // A bare fence behind a Markdown file is most likely the rest of it, cut off by a fence inside of the file.
        if let (Some(file), None, "", true) = (self.markdown.take(), &named, block.info, block.before.is_empty()) {
            return Err(AnswerError::Nested(format!("`{file}`")));
        }
        match named.or_else(|| self.carried.take().map(|name| (name, 0))) {
            Some((name, from)) => self.write(scan, &name, &block, from, Named::Plainly),
            None => {
                if let [only] = block.lines[..] {
                    self.carried = scan.names.plain(only);
                }
                if self.carried.is_none() && !TALK.contains(&language(block.info).as_str()) {
                    self.unnamed.push(block);
                }
                Ok(())
            }
        }
    }

    fn write(
        &mut self,
        scan: &mut Scan,
        name: &str,
        block: &Block,
        from: usize,
        named: Named,
    ) -> Result<(), AnswerError> {
        let path = scan.resolve(name, Purpose::Write)?;
        let text: String = block.lines[from..].iter().map(|line| format!("{line}\n")).collect();
        let is_markdown = [".md", ".markdown", ".mdx"].iter().any(|end| name.ends_with(end));
        self.markdown = is_markdown.then(|| name.to_owned());
        scan.push(Operation {
            path,
            action: Action::Overwrite { text, named },
            line: block.line,
        });
        Ok(())
    }

    /// Blocks without a path of their own: the words before them may name the file, or there is only one.
    pub(super) fn finish(mut self, scan: &mut Scan<'a>) -> Result<(), AnswerError> {
        let unnamed = std::mem::take(&mut self.unnamed);
        let alone = scan.operations.is_empty();
        let count = unnamed.len();
        for block in unnamed {
            let names = scan.names;
            let ending = block.before.last().filter(|line| line.ends_with(':'));
            let mut name = ending.and_then(|line| names.mentioned(line));
            if alone && name.is_none() {
                let mut mentioned = block.before.iter().rev().filter_map(|line| names.mentioned(line));
                name = mentioned.find(|name| names.is_known(name));
            }
            if let (None, Some(only), 1, true) = (&name, names.only(), count, alone) {
                name = Some(only.to_string());
            }
            match name {
                Some(name) => {
                    let path = scan.resolve(&name, Purpose::Write)?;
                    // A file that is given plainly needs no second text from an example beside it.
                    let is_given = |operation: &Operation| operation.touches().iter().any(|(known, _)| **known == path);
                    if !scan.operations.iter().any(is_given) {
                        self.write(scan, &name, &block, 0, Named::Nearby)?;
                    }
                }
                None if alone && names.has_allowed() => {
                    return Err(AnswerError::NoPath {
                        line: block.line,
                        begins: block.begins(),
                    });
                }
                None => {}
            }
        }
        Ok(())
    }
}

/// Takes the block whose fence the scan stands at. An answer that ends inside of a block was cut.
fn take<'a>(scan: &mut Scan<'a>, fence: Fence<'a>) -> Result<Block<'a>, AnswerError> {
    let mut block = Block {
        info: fence.info,
        lines: Vec::new(),
        before: std::mem::take(&mut scan.words),
        line: scan.at + 1,
    };
    loop {
        scan.at += 1;
        let Some(line) = scan.lines.get(scan.at) else {
            let called = called(&block, scan);
            return Err(AnswerError::Truncated(format!("the block for {called} is not closed")));
        };
        if fence.is_doubted_by(line) {
            return Err(AnswerError::Nested(called(&block, scan)));
        }
        if fence.closes(line) {
            scan.at += 1;
            return Ok(block);
        }
        block.lines.push(fence.inside(line));
    }
}

fn called(block: &Block, scan: &Scan) -> String {
    block.name(scan).map_or_else(
        || {
            format!(
                "no file (it begins with \"{}\")",
                block.begins().chars().take(80).collect::<String>()
            )
        },
        |(name, _)| format!("`{name}`"),
    )
}
