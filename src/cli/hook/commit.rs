//! The hooks that git calls before it makes a commit: scope before the hooks of others, the decision, and the message.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::context::{Context, Telling};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::domain::commit_message::{Parted, Style, encoded};
use crate::domain::oid::CommitId;
use crate::engine::attended::reading::{self, Hints, Reading, Source};
use crate::engine::attended::{self, Verdict};
use crate::engine::making::{self, Making, Otherwise};
use crate::engine::trusted::Trusted;
use crate::engine::{Engine, merged};
use crate::fault::{self, Point};
use crate::git::{Authorship, Replaying};

use super::settings::setting;
use super::{Here, here_with, refusal, refused};

/// Scope alone, before the hooks of others run. Whether git amends is not known yet, so that only what is refused either way
/// is refused here.
pub(super) fn pre_commit(context: &Context) -> Result<(), CliError> {
    let engine = context.engine(Telling::Lines)?;
    if engine.git.replaying().is_some() {
        return Ok(());
    }
    let Some(here) = here_with(engine)? else {
        return Ok(());
    };
    if here.is_closed || reading::is_committed(&here.engine, &here.open, &here.head).map_err(refused)? {
        return Ok(());
    }
    match attended::scope(&here.engine, &here.project, &here.open, here.candidate).map_err(refused)? {
        Some(failure) => Err(refusal(&here.open, &failure)),
        None => Ok(()),
    }
}

/// A message file in the hands of git, and how git and an editor treat it.
struct Message {
    file: PathBuf,
    source: Source,
    raw: Vec<u8>,
    style: Style,
    is_edited: bool,
    comments_stay: bool,
    encoding: Option<String>,
}

impl Message {
    fn read(context: &Context, engine: &Engine, file: PathBuf, source: Source) -> Result<Self, CliError> {
        let raw = fs::read(&file)?;
        // So git says that no editor opens.
        let is_edited = context
            .variables
            .get(OsStr::new("GIT_EDITOR"))
            .is_none_or(|name| name != ":");
        let setting = |key: &str| setting(context, engine, key);
        let configured = setting("core.commentString").or_else(|| setting("core.commentChar"));
        let cleanup = setting("commit.cleanup");
        // Git has written its comments into it, whether the editor is one or not.
        let is_shown = is_edited || matches!(source, Source::Editor | Source::Template);
        let cuts =
            cleanup.as_deref() == Some("scissors") || setting("commit.verbose").is_some_and(|text| text != "false");
        let style = match is_shown {
            true => Style::edited(&raw, configured.as_deref()),
            false => Style::as_given(cuts),
        };
        Ok(Self {
            file,
            source,
            raw,
            style,
            is_edited,
            comments_stay: matches!(cleanup.as_deref(), Some("whitespace" | "verbatim")),
            encoding: setting("i18n.commitEncoding"),
        })
    }

    fn parted(&self, block: &str) -> Parted {
        Parted::of(&self.raw, self.style.clone(), block)
    }

    fn write(&self, bytes: &[u8]) -> Result<(), CliError> {
        fault::at(Point::MessageWrite)?;
        fs::write(&self.file, bytes)?;
        Ok(fault::at(Point::MessageWritten)?)
    }

    /// Puts a block into it, in place of any that stands there.
    fn put(&self, parted: &Parted, block: &str) -> Result<(), CliError> {
        let block = encoded(block, self.encoding.as_deref());
        if !self.is_edited && parted.is_empty() {
            // Git stops at an empty message by itself, and must not take ours for one.
            return self.write(&parted.without_block());
        }
        self.write(&match self.is_edited {
            true => parted.for_editor(&block, self.comments_stay),
            false => parted.finished(&block),
        })
    }
}

/// The hook that decides: `--no-verify` does not skip it, and git does not change the tree after it.
pub(super) fn prepare_commit_msg(context: &Context, arguments: &[OsString]) -> Result<(), CliError> {
    let engine = context.engine(Telling::Lines)?;
    making::forget(&engine).map_err(refused)?;
    let replaying = engine.git.replaying();
    // Replays keep their message and get no trailers, and a rebase is on no branch.
    if let Some(Replaying::CherryPick | Replaying::Revert | Replaying::Rebase) = replaying {
        return Ok(());
    }
    let Some(mut here) = here_with(engine)? else {
        return Ok(());
    };
    let Some(file) = arguments.first().map(PathBuf::from) else {
        return Err(CliError::new(Exit::Refused, "git named no message file"));
    };
    match replaying {
        Some(_) if here.is_closed => return Ok(()),
        Some(_) => return judge_merge(&here),
        None => {}
    }
    let words: Vec<String> = arguments[1..]
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let message = Message::read(context, &here.engine, file, Source::of(&words))?;
    let text = String::from_utf8_lossy(&message.raw);
    if merged::is_reversal(&here.engine, &text, here.candidate).map_err(refused)? {
        return no_lines_of_ours(&message);
    }
    let hints = Hints {
        source: message.source.clone(),
        author: author(context),
        dates_are_set: context.variables.contains_key(OsStr::new("GIT_COMMITTER_DATE")),
    };
    let (head, tree) = (here.candidate.parent, here.candidate.tree);
    match reading::read(&here.engine, &here.open, &here.head, tree, &hints).map_err(refused)? {
        Reading::New { doubt } => judge(&mut here, &message, vec![head], doubt, None),
        Reading::Amend(again) => {
            let given = message.source == Source::Given;
            judge(&mut here, &message, again.on.clone(), true, given.then_some(again))
        }
        Reading::Reword(again) => {
            let asks = Asks::Whether(None);
            prepare(&here, &message, again.on, again.block.as_deref(), asks)
        }
        Reading::Ordinary(or) => ordinary(&here, &message, or),
    }
}

fn author(context: &Context) -> Option<Authorship> {
    let text = |name: &str| Some(context.variables.get(OsStr::new(name))?.to_string_lossy());
    Authorship::of(
        &text("GIT_AUTHOR_NAME")?,
        &text("GIT_AUTHOR_EMAIL")?,
        &text("GIT_AUTHOR_DATE")?,
    )
}

/// Judges the commit as the task's own. What is refused as an amend may be an ordinary commit; the commit itself will tell.
fn judge(
    here: &mut Here,
    message: &Message,
    on: Vec<CommitId>,
    doubt: bool,
    amends: Option<Otherwise>,
) -> Result<(), CliError> {
    let mut candidate = here.candidate;
    if let ([parent], true) = (&on[..], on != [here.head.id]) {
        candidate.parent = *parent;
        candidate = attended::without_records(&here.engine, &here.head, candidate).map_err(refused)?;
    }
    let trusted = Trusted::of(&here.engine, &here.project).map_err(refused)?;
    let verdict = attended::judge(&mut here.engine, &trusted, &here.open, candidate).map_err(refused)?;
    match (verdict, amends) {
        (Verdict::Accepted { trailers, .. }, _) => {
            let asks = match doubt || message.is_edited || message.parted(&trailers).is_empty() {
                true => Asks::Whether(None),
                false => Asks::Nothing,
            };
            prepare(here, message, on, Some(&trailers), asks)
        }
        (Verdict::Refused(_), Some(again)) => ordinary(here, message, Some(again)),
        (Verdict::Empty, _) => ordinary(here, message, None),
        (verdict, _) => Err(not_accepted(here, &verdict)),
    }
}

/// Why a verdict that is no acceptance stops the commit.
pub(super) fn not_accepted(here: &Here, verdict: &Verdict) -> CliError {
    let task = &here.open.card.id;
    match verdict {
        Verdict::Refused(failure) => refusal(&here.open, failure),
        Verdict::Waiting(gates) => CliError::new(
            Exit::PersonNeeded,
            format!("task {task} is verified and waits for {}", gates.join(", ")),
        )
        .hint(format!(
            "somebody else looks at it (git harness show {task}) and approves it; then commit again"
        )),
        Verdict::Closed(why) => CliError::new(Exit::PersonNeeded, format!("task {task}: {why}"))
            .hint(format!("git harness show {task} tells what was decided")),
        Verdict::Empty | Verdict::Accepted { .. } => {
            CliError::new(Exit::Refused, format!("task {task}: this commit changes nothing"))
        }
    }
}

/// A commit beside the task: it says nothing of one.
fn ordinary(here: &Here, message: &Message, or: Option<Otherwise>) -> Result<(), CliError> {
    match &message.source {
        // A message that is taken over brings the trailers of its own commit, and a squash those of what it joins.
        Source::Reused(_) => message.write(&message.parted("").without_block())?,
        Source::Joined => return Ok(()),
        Source::Editor | Source::Given | Source::Template => no_lines_of_ours(message)?,
    }
    match or {
        Some(or) => prepare(
            here,
            message,
            vec![here.candidate.parent],
            None,
            Asks::Whether(Some(or)),
        ),
        None => Ok(()),
    }
}

/// Whether the commit itself is looked at once it is made.
enum Asks {
    /// What it is is known.
    Nothing,
    /// It is what it was taken for, or else this.
    Whether(Option<Otherwise>),
}

/// Writes the message, and keeps what is known for the hooks that follow.
fn prepare(here: &Here, message: &Message, on: Vec<CommitId>, block: Option<&str>, asks: Asks) -> Result<(), CliError> {
    let (is_asked, or) = match asks {
        Asks::Nothing => (false, None),
        Asks::Whether(or) => (true, or),
    };
    let handed = (message.source == Source::Template).then(|| message.parted("").without_block());
    let kept = Making {
        task: here.open.card.id.clone(),
        head: here.candidate.parent,
        tree: here.candidate.tree,
        on,
        block: block.map(ToOwned::to_owned),
        handed,
        or,
        lacks: None,
    };
    making::keep(&here.engine, &kept).map_err(refused)?;
    if is_asked {
        super::made::ask(&here.engine)?;
    }
    match block {
        Some(block) => message.put(&message.parted(block), block),
        None => Ok(()),
    }
}

/// A merge gets no trailers, and brings nothing of the person's own that the card does not allow.
fn judge_merge(here: &Here) -> Result<(), CliError> {
    let theirs = here.engine.git.merge_heads()?;
    let found =
        merged::merge_scope(&here.engine, &here.project, &here.open, here.candidate, &theirs).map_err(refused)?;
    match found {
        Some(failure) => Err(refusal(&here.open, &failure)),
        None => Ok(()),
    }
}

/// The message as an editor or another hook left it: our block is its last paragraph, and no line of ours is in it that we
/// did not write. Where no editor opens and nobody else's hook ran, git's hook does not call this.
pub(super) fn commit_msg(context: &Context, arguments: &[OsString]) -> Result<(), CliError> {
    let engine = context.reading_engine()?;
    if engine.git.replaying().is_some() {
        return Ok(());
    }
    let Some(file) = arguments.first().map(PathBuf::from) else {
        return Err(CliError::new(Exit::Refused, "git named no message file"));
    };
    let message = Message::read(context, &engine, file, Source::Given)?;
    let (_, head) = attended::branch(&engine).map_err(refused)?;
    let making = making::current(&engine)
        .map_err(refused)?
        .filter(|making| making.head == head);
    let Some((block, making)) = making.and_then(|making| Some((making.block.clone()?, making))) else {
        let is_open = attended::open(&engine).map_err(refused)?.is_some();
        return if is_open && !is_squash(&engine) {
            no_lines_of_ours(&message)
        } else {
            Ok(())
        };
    };
    let parted = message.parted(&block);
    only_ours(&parted)?;
    let is_untouched = making.handed.as_ref().is_some_and(|handed| {
        let handed = Parted::of(handed, message.style.clone(), "");
        parted.is_as(&handed)
    });
    if parted.is_empty() || is_untouched {
        // Git stops here by itself, once our own lines are no message.
        return message.write(&parted.without_block());
    }
    message.write(&parted.finished(&encoded(&block, message.encoding.as_deref())))
}

fn is_squash(engine: &Engine) -> bool {
    Path::exists(&engine.git.git_dir().join("SQUASH_MSG"))
}

fn no_lines_of_ours(message: &Message) -> Result<(), CliError> {
    only_ours(&message.parted(""))
}

fn only_ours(parted: &Parted) -> Result<(), CliError> {
    if parted.foreign.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = parted.foreign.iter().map(|line| format!("  {line}")).collect();
    Err(CliError::new(
        Exit::Refused,
        format!(
            "the message holds `Harness-` lines that the harness did not write, or one twice\n{}",
            shown.join("\n")
        ),
    )
    .hint("remove them; the right ones are added when you commit"))
}
