//! Rendering: the parts of a packet as sections, fitted into a budget, put into a template.

use crate::domain::check::Check;
use crate::domain::edit::Format;
use crate::domain::failure::Failure;
use crate::domain::oid::Digest;
use crate::domain::plan::card::Card;

use super::boundary::Boundary;
use super::excerpt::Excerpt;
use super::fit::{Chosen, Fitted, Misfit, fit};
use super::notes::Note;
use super::parts::{bullets, correction, failure_output, foreign, task};
use super::section::{Account, Fate, Form, Kind, Section};
use super::template::{Template, VARIABLES, Values, bounds, fill};
use super::window::Budget;

/// How the Builder is to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerFormat {
    /// By editing the files in its folder.
    EditsInPlace,
    /// With text that holds the edits in this format; every other one is read, too.
    Text(Format),
    /// By saying as JSON what it will do.
    Proposal,
    /// By committing in their own worktree.
    Commit,
}

/// What a Builder's packet is made of.
#[derive(Debug, Clone, Copy)]
pub struct BuilderPacket<'a> {
    /// The card.
    pub card: &'a Card,
    /// Its checks.
    pub checks: &'a [Check],
    /// Excerpts.
    pub excerpts: &'a [Excerpt],
    /// Notes.
    pub notes: &'a [Note],
    /// Why the last attempt failed; makes it a retry.
    pub previous: Option<&'a Failure>,
    /// The plan of its own that it carries out.
    pub proposal: Option<&'a str>,
    /// How to answer.
    pub answer: AnswerFormat,
    /// What the boundary round foreign text comes from: nobody else can foresee it.
    pub seed: Digest,
}

/// What an escalation packet is made of.
#[derive(Debug, Clone, Copy)]
pub struct EscalationPacket<'a> {
    /// The card.
    pub card: &'a Card,
    /// Its checks.
    pub checks: &'a [Check],
    /// Why the last attempt failed.
    pub failure: Option<&'a Failure>,
    /// What is asked.
    pub question: &'a str,
    /// What the last attempt left in its files.
    pub attempted: &'a [Excerpt],
    /// Notes, and what was found when it was asked about before.
    pub notes: &'a [Note],
    /// What the boundary round foreign text comes from: nobody else can foresee it.
    pub seed: Digest,
}

/// A packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The exact text.
    pub text: String,
    /// Its digest.
    pub digest: Digest,
    /// Its tokens, by the estimate for whoever reads it.
    pub tokens: usize,
    /// Its tokens by the estimate before any scale: what a server's count is held against.
    pub estimated: usize,
    /// Its sections, and what became of each.
    pub accounts: Vec<Account>,
}

impl Rendered {
    /// What is not in it as a whole.
    pub fn left_out(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter().filter(|account| account.fate != Fate::Kept)
    }
}

/// Why there is no packet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// Even without everything that may be left out it does not fit.
    #[error("{0}")]
    TooLarge(Misfit),
    /// The template is no template, or names a variable that there is not.
    #[error("{0}; the variables are: {VARIABLES}")]
    Template(String),
}

/// Bytes of a check's output, at most and where the packet is too large.
const OUTPUT: [usize; 2] = [6000, 1500];

/// Makes a Builder's packet of a template.
///
/// # Errors
/// See [`PacketError`].
pub fn render_builder(packet: &BuilderPacket, template: &str, budget: &Budget) -> Result<Rendered, PacketError> {
    let of_files = packet.excerpts.iter().map(|excerpt| excerpt.text.as_str());
    let of_notes = packet.notes.iter().map(|note| note.text.as_str());
    let of_failure = packet.previous.map(foreign).unwrap_or_default();
    let texts: Vec<&str> = of_files
        .chain(of_notes)
        .chain(of_failure)
        .chain(packet.proposal)
        .collect();
    let boundary = Boundary::around(packet.seed, &texts);
    let mut sections = vec![card_section(packet.card, packet.checks)];
    sections.extend(
        packet
            .excerpts
            .iter()
            .map(|excerpt| match packet.card.files.contains(&excerpt.path) {
                true => file_section(excerpt, packet.card, &boundary),
                false => excerpt_section(excerpt, &boundary),
            }),
    );
    sections.extend(packet.previous.map(|failure| failure_section(failure, &boundary)));
    sections.extend(packet.previous.map(|failure| {
        let text = correction(failure, packet.card);
        Section::fixed(Kind::Correction, "", Form::whole(text, ""))
    }));
    sections.extend(packet.proposal.map(|proposal| {
        let text = format!("{CARRY_OUT}{}\n", boundary.quote(proposal));
        Section::fixed(Kind::Proposal, "", Form::whole(text, ""))
    }));
    sections.extend(packet.notes.iter().map(|note| note_section(note, &boundary)));
    let answer = answer_part(packet.answer);
    sections.push(Section::fixed(Kind::AnswerFormat, "", Form::whole(answer, "")));
    let fitted = fit(&sections, budget, |chosen| {
        let values = Values {
            task: chosen.text(&[Kind::Card]),
            context: context_part(chosen, &boundary),
            answer: chosen.text(&[Kind::AnswerFormat]),
            failure: quoted(chosen.text(&[Kind::Failure]), &boundary),
            correction: chosen.text(&[Kind::Correction]),
            ..Values::default()
        };
        let own = bounds(template, &[Template::Builder, Template::Retry], &boundary.rule());
        Ok(fill(template, &values)? + &own)
    })?;
    finished(fitted)
}

/// Makes an escalation packet of a template.
///
/// # Errors
/// See [`PacketError`].
pub fn render_escalation(packet: &EscalationPacket, template: &str, budget: &Budget) -> Result<Rendered, PacketError> {
    let of_files = packet.attempted.iter().map(|excerpt| excerpt.text.as_str());
    let of_failure = packet.failure.map(foreign).unwrap_or_default();
    let of_notes = packet.notes.iter().map(|note| note.text.as_str());
    let texts: Vec<&str> = of_files
        .chain(of_notes)
        .chain(of_failure)
        .chain([packet.question])
        .collect();
    let boundary = Boundary::around(packet.seed, &texts);
    let mut sections = vec![card_section(packet.card, packet.checks)];
    sections.extend(
        packet
            .attempted
            .iter()
            .map(|excerpt| excerpt_section(excerpt, &boundary)),
    );
    sections.extend(packet.failure.map(|failure| failure_section(failure, &boundary)));
    sections.extend(packet.notes.iter().map(|note| note_section(note, &boundary)));
    let actual = packet.failure.map(ToString::to_string).unwrap_or_default();
    let fitted = fit(&sections, budget, |chosen| {
        let values = Values {
            task: chosen.text(&[Kind::Card]),
            context: context_part(chosen, &boundary),
            failure: quoted(chosen.text(&[Kind::Failure]), &boundary),
            expected: bullets(&packet.card.definition_of_done),
            actual: actual.clone(),
            question: packet.question.to_owned(),
            ..Values::default()
        };
        let own = bounds(template, &[Template::Escalation], &boundary.rule());
        Ok(fill(template, &values)? + &own)
    })?;
    finished(fitted)
}

fn note_section(note: &Note, boundary: &Boundary) -> Section {
    let text = format!("On {}, by {}:\n{}\n", note.task, note.by, boundary.quote(&note.text));
    let gone = vec![Form::dropped(String::new())];
    Section::shrinking(Kind::Note, &note.task, Form::whole(text, ""), gone)
}

fn card_section(card: &Card, checks: &[Check]) -> Section {
    Section::fixed(Kind::Card, card.id.as_str(), Form::whole(task(card, checks), ""))
}

/// A file that may be changed: where the card names lines of it, those are what stays.
fn file_section(excerpt: &Excerpt, card: &Card, boundary: &Boundary) -> Section {
    let named = card
        .context
        .iter()
        .find(|wanted| wanted.path.to_text() == excerpt.path.as_str());
    let lines = named.and_then(|wanted| wanted.lines).filter(|_| excerpt.is_whole());
    let smaller = lines.map(|lines| {
        let cut = Excerpt::cut(excerpt.path.clone(), &excerpt.text, Some(lines));
        Form::cut(cut.render(boundary) + "\n", cut.shows()).of_file(&excerpt.path)
    });
    Section::shrinking(
        Kind::File,
        &excerpt.path,
        whole(excerpt, boundary),
        smaller.into_iter().collect(),
    )
}

fn excerpt_section(excerpt: &Excerpt, boundary: &Boundary) -> Section {
    let gone = Form::dropped(format!("{}: there is no room for it here.\n\n", excerpt.path));
    Section::shrinking(Kind::Excerpt, &excerpt.path, whole(excerpt, boundary), vec![gone])
}

fn whole(excerpt: &Excerpt, boundary: &Boundary) -> Form {
    Form::whole(excerpt.render(boundary) + "\n", excerpt.shows()).of_file(&excerpt.path)
}

fn failure_section(failure: &Failure, boundary: &Boundary) -> Section {
    let [most, least] = OUTPUT.map(|most| failure_output(failure, most, boundary));
    let smaller = match least.len() < most.len() {
        true => vec![Form::cut(least, "its beginning and its end")],
        false => Vec::new(),
    };
    Section::shrinking(Kind::Failure, failure.class(), Form::whole(most, ""), smaller)
}

/// What others wrote, with the rule for its boundary before it.
fn quoted(text: String, boundary: &Boundary) -> String {
    match text.contains("[data ") {
        true => format!("{}\n{text}", boundary.rule()),
        false => text,
    }
}

fn context_part(chosen: &Chosen, boundary: &Boundary) -> String {
    let mut text = String::new();
    let files = chosen.text(&[Kind::File, Kind::Excerpt]);
    if !files.is_empty() {
        text.push_str(&format!(
            "These are files of the project.\n{}\n{files}",
            boundary.rule()
        ));
    }
    text.push_str(&chosen.text(&[Kind::Proposal]));
    let notes = chosen.text(&[Kind::Note]);
    if !notes.is_empty() {
        text.push_str(&format!(
            "These are notes from earlier tasks.\n{}\n{notes}",
            boundary.rule()
        ));
    }
    text
}

const UNCLEAR: &str = "If something is unclear, do not guess: answer `unclear: <your question>` and stop. Likewise `missing: <names>` where the\ntask needs files or functions that do not exist, `conflict: <why>` where it goes against the architecture, and\n`cannot: <why>` where you cannot resolve what is in the way.";

const CARRY_OUT: &str =
    "Carry out the plan that you gave for this task, which was accepted, and change no file that it does not name:\n";

/// How a plan is given, in the words of the seeds.
const PROPOSE: &str = r#"Verification required. Before making any changes:
1. List ALL files that you intend to modify.
2. Show the EXACT changes that you plan to make.
3. Explain how each constraint is satisfied; repeat each one word for word.
4. Change nothing now: WAIT for approval. You will be asked to carry the plan out.

How to answer:
With one JSON object and nothing else:
{
  "plan": "description of what you will do",
  "files_to_modify": ["file1", "file2"],
  "changes": [{"file": "file1", "change": "description"}],
  "constraint_compliance": [{"constraint": "the constraint", "how_satisfied": "how"}]
}
"#;

fn answer_part(format: AnswerFormat) -> String {
    match format {
        AnswerFormat::EditsInPlace => format!(
            "How to answer:\nEdit the files in the folder that you are in. Do not commit. End with a short summary, one line `- …` for each change;\nlines that begin with `notes:` are kept for later tasks.\n{UNCLEAR}\n"
        ),
        AnswerFormat::Proposal => format!("{PROPOSE}{UNCLEAR}\n"),
        AnswerFormat::Commit => "How to finish:\nEdit the files here, then commit: `git commit`, or `git harness submit`. What the card does not allow, and what\nis not verified, is refused. To give the task back: `git harness release`.\n"
            .to_owned(),
        AnswerFormat::Text(format) => format!(
            "How to answer:\n{}\n\nEnd with a short summary, one line `- …` for each change;\nlines that begin with `notes:` are kept for later tasks.\n{UNCLEAR}\n",
            format.instructions()
        ),
    }
}

fn finished(fitted: Result<Fitted, Misfit>) -> Result<Rendered, PacketError> {
    let fitted = fitted.map_err(PacketError::TooLarge)?;
    let text = format!("{}\n", fitted.text.trim_end());
    Ok(Rendered {
        digest: Digest::of(text.as_bytes()),
        tokens: fitted.tokens,
        estimated: fitted.bare,
        accounts: fitted.accounts,
        text,
    })
}

#[cfg(test)]
mod tests;
