//! Exit codes: a documented contract with scripts (design section 8).

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: refused, or a check failed.
    Refused,
    /// 2: wrong usage or configuration; nothing was changed.
    Usage,
    /// 3: nothing is ready.
    NothingReady,
    /// 4: a person is needed.
    PersonNeeded,
    /// 5: the state is damaged; nothing was changed.
    Damaged,
    /// 130: interrupted; run again to resume.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::NothingReady => 3,
            Self::PersonNeeded => 4,
            Self::Damaged => 5,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
