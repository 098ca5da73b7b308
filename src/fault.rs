//! Failpoints: every place where the record could be cut short, by name, so that a test can end the program there, let
//! the step fail, take its space away, or hold it while somebody else acts.
//!
//! The list below is all there is: a test reads it, and fails when one of them is never reached. Without debug assertions,
//! as in every release, each call is empty. No decision enters here, and nothing but a test may depend on it.
//!
//! With them, `FAILPOINTS="journal.sync@3=kill"` strikes the third time a process comes by, and `@3+` from then on;
//! several are parted by commas. What may happen: `kill`, `error`, `nospace`, `wait:PATH` (makes the file `PATH.here`, goes
//! on once the pipe `PATH.go` ends), and `skip` for a [`Control`]. `FAILPOINTS_SEEN=FILE` gets the name of each point that
//! is reached.

macro_rules! points {
    ($($point:ident $name:literal,)*) => {
        /// A place where a test may strike: named after what is about to happen, or after what just has.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Point {
            $(#[doc = concat!("`", $name, "`")] $point,)*
        }

        impl Point {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$point,)*];

            /// The name, as `FAILPOINTS` has it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$point => $name,)*
                }
            }
        }
    };
}

points! {
    // The journal: a row is acknowledged behind `journal.synced`.
    JournalWrite "journal.write",
    JournalSync "journal.sync",
    JournalSegment "journal.segment",
    JournalSynced "journal.synced",
    RepairKeep "repair.keep",
    RepairCut "repair.cut",
    RepairDone "repair.done",
    WriterWrite "writer.write",
    WriterRename "writer.rename",
    WriterRenamed "writer.renamed",
    AnewWrite "anew.write",
    AnewRename "anew.rename",
    AnewRenamed "anew.renamed",
    AnewAside "anew.aside",
    AnewDone "anew.done",
    SaltWrite "salt.write",
    SaltWritten "salt.written",
    TranscriptWrite "transcript.write",
    TranscriptSync "transcript.sync",
    TranscriptRename "transcript.rename",
    TranscriptRenamed "transcript.renamed",
    // What calls cost: money is put aside behind `till.written`.
    TillWrite "till.write",
    TillWritten "till.written",
    CacheWrite "cache.write",
    CacheRename "cache.rename",
    CacheRenamed "cache.renamed",
    // Git: before and after each call that writes.
    CommitTreeStart "git.commit-tree",
    CommitTreeDone "git.commit-treed",
    HashObjectStart "git.hash-object",
    HashObjectDone "git.hash-objected",
    MergeTreeStart "git.merge-tree",
    MergeTreeDone "git.merge-treed",
    ReadTreeStart "git.read-tree",
    ReadTreeDone "git.read-treed",
    UpdateIndexStart "git.update-index",
    UpdateIndexDone "git.update-indexed",
    UpdateRefStart "git.update-ref",
    UpdateRefDone "git.update-refed",
    WriteTreeStart "git.write-tree",
    WriteTreeDone "git.write-treed",
    // The content that a pointer of Git LFS names.
    LfsWrite "lfs.write",
    LfsRename "lfs.rename",
    LfsRenamed "lfs.renamed",
    RefSync "ref.sync",
    RefSynced "ref.synced",
    IndexLock "index.lock",
    IndexLocked "index.locked",
    WorktreeSync "worktree.sync",
    WorktreeSynced "worktree.synced",
    IndexSync "index.sync",
    IndexRename "index.rename",
    IndexRenamed "index.renamed",
    // Foreign programs, and the folders that they work in.
    ProgramStart "program.start",
    ProgramStarted "program.started",
    ProgramEnded "program.ended",
    SlotTaken "slot.taken",
    SlotFill "slot.fill",
    SlotFilled "slot.filled",
    SlotNote "slot.note",
    SlotNoted "slot.noted",
    SlotForget "slot.forget",
    SlotRemember "slot.remember",
    SlotRemembered "slot.remembered",
    SlotSync "slot.sync",
    SlotSynced "slot.synced",
    SlotMerge "slot.merge",
    SlotMove "slot.move",
    SlotMerged "slot.merged",
    SlotDrop "slot.drop",
    ViewWrite "view.write",
    ViewWritten "view.written",
    // The steps of the loop.
    Imported "imported",
    Claim "claim",
    Claimed "claimed",
    Built "built",
    CandidateKeep "candidate.keep",
    CandidateKept "candidate.kept",
    EvidenceKeep "evidence.keep",
    EvidenceKept "evidence.kept",
    Verified "verified",
    Accepted "accepted",
    TakeUp "take-up",
    LandIntend "land.intend",
    LandIntended "land.intended",
    LandMoved "land.moved",
    Landed "landed",
    Revise "revise",
    Revised "revised",
    RollbackIntended "rollback.intended",
    RollbackMoved "rollback.moved",
    RolledBack "rolled-back",
    Pause "pause",
    Paused "paused",
    ResumeFound "resume.found",
    ResumeDone "resume.done",
    // Attended mode.
    MarkWrite "mark.write",
    MarkWritten "mark.written",
    MarkClear "mark.clear",
    MarkCleared "mark.cleared",
    MakingWrite "making.write",
    MakingWritten "making.written",
    MessageWrite "message.write",
    MessageWritten "message.written",
}

impl Point {
    /// The points around a call of git that writes: before it starts, and after it ended well.
    pub fn of_git(subcommand: &str) -> Option<(Self, Self)> {
        Some(match subcommand {
            "commit-tree" => (Self::CommitTreeStart, Self::CommitTreeDone),
            "hash-object" | "fast-import" => (Self::HashObjectStart, Self::HashObjectDone),
            "merge-tree" => (Self::MergeTreeStart, Self::MergeTreeDone),
            "read-tree" => (Self::ReadTreeStart, Self::ReadTreeDone),
            "update-index" => (Self::UpdateIndexStart, Self::UpdateIndexDone),
            "update-ref" => (Self::UpdateRefStart, Self::UpdateRefDone),
            "write-tree" => (Self::WriteTreeStart, Self::WriteTreeDone),
            _ => return None,
        })
    }
}

/// What a test may leave out, to see that its loss is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Looking again, under the journal's lock, whether a card may still be given out.
    LookAgain,
    /// Writing rows before they are acknowledged.
    Write,
    /// Syncing rows before they are acknowledged.
    Sync,
    /// Cutting a torn tail off before anything is written behind it.
    Cut,
    /// Moving a branch only from where it was expected to stand.
    Swap,
    /// Syncing the files of a worktree that a landing wrote.
    SyncFiles,
    /// Looking whether an interrupted landing is on the branch already.
    LookForLanding,
}

impl Control {
    /// The name, as `FAILPOINTS` has it; the action is `skip`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LookAgain => "control.look-again",
            Self::Write => "control.write",
            Self::Sync => "control.sync",
            Self::Cut => "control.cut",
            Self::Swap => "control.swap",
            Self::SyncFiles => "control.sync-files",
            Self::LookForLanding => "control.look-for-landing",
        }
    }
}

#[cfg(debug_assertions)]
mod armed;
#[cfg(debug_assertions)]
pub use armed::{at, before_write, skips};

#[cfg(not(debug_assertions))]
mod empty {
    use std::fs::File;
    use std::io;

    use super::{Control, Point};

    /// Passes a point: nothing.
    #[expect(clippy::unnecessary_wraps, reason = "with debug assertions it may fail")]
    #[inline]
    pub const fn at(_point: Point) -> io::Result<()> {
        Ok(())
    }

    /// Passes a point in front of a write: nothing.
    #[expect(clippy::unnecessary_wraps, reason = "with debug assertions it may fail")]
    #[inline]
    pub const fn before_write(_point: Point, _file: &File, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }

    /// Whether a safeguard is left out: never.
    #[inline]
    pub const fn skips(_control: Control) -> bool {
        false
    }
}
#[cfg(not(debug_assertions))]
pub use empty::{at, before_write, skips};
