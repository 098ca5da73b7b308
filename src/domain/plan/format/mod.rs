//! Formats: how cards and plans are written. Text in, drafts out; one file for each format, one line for it in
//! [`read_plan`].

pub mod card_md;
pub mod fields;
pub mod markdown;
pub mod network;
pub mod node;
mod places;
pub mod plan_file;

mod assemble;
mod fenced_list;
mod list;
mod plan_md;
mod tasks_0x;

pub use assemble::{ImportOptions, Plan};

use crate::domain::diagnostic::Diagnostic;

use fields::Draft;

/// A file that the importer was given.
#[derive(Debug, Clone, Copy)]
pub struct SourceFile<'a> {
    /// Its name, as the user gave it.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// What a format makes of its files.
#[derive(Debug, Default)]
struct Read {
    title: Option<String>,
    plan: Option<String>,
    target: Option<String>,
    blueprint: String,
    /// Each draft with the index of the file that it came from.
    drafts: Vec<(usize, Draft)>,
    wrong: Vec<Diagnostic>,
    /// Tasks that name no dependencies depend on the one before.
    in_sequence: bool,
}

/// Reads a plan in whatever format its files are in. Every mistake is reported, and nothing is guessed.
pub fn read_plan(files: &[SourceFile], options: &ImportOptions) -> Result<Plan, Vec<Diagnostic>> {
    let read = match files {
        [] => return Err(vec![nothing("")]),
        [only] => match extension(only.name) {
            "json" => list::read(only, list::Notation::Json),
            "yaml" | "yml" => list::read(only, list::Notation::Yaml),
            "toml" => list::read(only, list::Notation::Toml),
            _ if card_md::is_card(only.text) => card_md::read_all(files),
            _ if tasks_0x::is_task(only) => tasks_0x::read(files),
            _ => fenced_list::read(only).unwrap_or_else(|| plan_md::read(only)),
        },
        _ if files.iter().any(|file| card_md::is_card(file.text)) => card_md::read_all(files),
        _ => tasks_0x::read(files),
    };
    if read.drafts.is_empty() && read.wrong.is_empty() {
        return Err(vec![nothing(files[0].name)]);
    }
    assemble::assemble(files, read, options)
}

/// Whether a Markdown text holds tasks, right or wrong: in blocks, or below headings.
pub fn has_tasks(text: &str) -> bool {
    has_task_block(text)
        || markdown::lines(text)
            .iter()
            .filter_map(markdown::heading)
            .any(|(_, title)| is_task_heading(title))
}

/// Whether a Markdown text holds tasks in fenced blocks.
pub fn has_task_block(text: &str) -> bool {
    !fenced_list::task_blocks(text).is_empty()
}

/// Whether a heading opens a task.
pub fn is_task_heading(title: &str) -> bool {
    plan_md::task_heading(title).is_some()
}

fn nothing(file: &str) -> Diagnostic {
    Diagnostic::error(
        file,
        "",
        0..0,
        "no-tasks",
        "there is no task in it",
        "a Markdown plan has a heading for each task, such as `## Task 01: Title`, or a block of JSON with `tasks`; a list has `tasks`",
    )
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}
