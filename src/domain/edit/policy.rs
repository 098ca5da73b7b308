//! What a project wants of edits.

/// What a project wants of edits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// What happens where a whole text has far fewer lines than the file.
    pub shrink: Shrink,
    /// What happens to a last line without a newline when that line itself is edited.
    pub final_newline: FinalNewline,
}

/// What happens where a whole text has far fewer lines than the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shrink {
    /// Nothing: the task may ask for it.
    Allow,
    /// It is noted, if more than so many hundredths of the lines go.
    Warn(u8),
    /// It is refused, if more than so many hundredths of the lines go.
    Refuse(u8),
}

/// What happens to a last line without a newline when that line itself is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinalNewline {
    /// It gets one.
    Added,
    /// It stays without.
    AsBefore,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            shrink: Shrink::Warn(50),
            final_newline: FinalNewline::Added,
        }
    }
}
