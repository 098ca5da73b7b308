//! Agent programs that the harness starts: what each is asked with, and what its version has to know.
//!
//! The command lines are functions of what is wanted and of the flags that the installed version's help names. Which flags
//! there are changes from version to version, so a flag that only spares something is left out where it is not known, and
//! one that the work depends on is an error.

use super::{aider, claude, codex, gemini, goose, opencode, qwen};
use crate::domain::agent::report::Report;

/// A program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    /// Codex CLI.
    Codex,
    /// Claude Code.
    Claude,
    /// aider.
    Aider,
    /// opencode.
    Opencode,
    /// Gemini CLI.
    Gemini,
    /// Qwen Code.
    Qwen,
    /// goose.
    Goose,
}

/// What a program can be asked for besides edits of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proposing {
    /// An answer in the shape of a JSON schema.
    Schema,
    /// An answer as text.
    Text,
    /// Nothing: it edits.
    Never,
}

/// The wire formats of model servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// Chat Completions, and Responses.
    OpenAi,
    /// Anthropic Messages.
    Anthropic,
    /// Ollama's own.
    Ollama,
}

impl Agent {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Codex,
        Self::Claude,
        Self::Aider,
        Self::Opencode,
        Self::Gemini,
        Self::Qwen,
        Self::Goose,
    ];

    /// Its name in the configuration, and that of its program.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Codex => "codex",
            Self::Claude => "claude",
            Self::Aider => "aider",
            Self::Opencode => "opencode",
            Self::Gemini => "gemini",
            Self::Qwen => "qwen",
            Self::Goose => "goose",
        }
    }

    /// What it can be asked for besides edits of files.
    pub const fn proposing(self) -> Proposing {
        match self {
            Self::Codex | Self::Claude => Proposing::Schema,
            Self::Opencode | Self::Gemini | Self::Qwen | Self::Goose => Proposing::Text,
            Self::Aider => Proposing::Never,
        }
    }

    /// The servers that it can be pointed at.
    pub const fn speaks(self) -> &'static [Speaks] {
        match self {
            Self::Codex | Self::Qwen => &[Speaks::OpenAi],
            Self::Claude => &[Speaks::Anthropic],
            Self::Aider => &[Speaks::OpenAi, Speaks::Anthropic, Speaks::Ollama],
            Self::Opencode | Self::Goose => &[Speaks::OpenAi, Speaks::Anthropic],
            Self::Gemini => &[],
        }
    }

    /// The word of its command line that the work is done with, whose help names the flags.
    pub const fn command(self) -> Option<&'static str> {
        match self {
            Self::Codex => Some("exec"),
            Self::Opencode | Self::Goose => Some("run"),
            Self::Claude | Self::Aider | Self::Gemini | Self::Qwen => None,
        }
    }

    /// What it is started with.
    ///
    /// # Errors
    /// Where its version lacks a flag that the work depends on.
    pub fn line(self, ask: &Ask) -> Result<Line, NoFlag> {
        match self {
            Self::Codex => codex::line(ask),
            Self::Claude => claude::line(ask),
            Self::Aider => aider::line(ask),
            Self::Opencode => opencode::line(ask),
            Self::Gemini => gemini::line(ask),
            Self::Qwen => qwen::line(ask),
            Self::Goose => goose::line(ask),
        }
    }

    /// What its standard output tells.
    pub fn report(self, output: &str) -> Report {
        match self {
            Self::Codex => codex::report(output),
            Self::Claude => claude::report(output),
            Self::Aider => aider::report(output),
            Self::Opencode => opencode::report(output),
            Self::Gemini => gemini::report(output),
            Self::Qwen => qwen::report(output),
            Self::Goose => goose::report(output),
        }
    }
}

/// What is wanted of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// It edits the files of its folder.
    Edits,
    /// It changes nothing, and answers with edits in the shape of the schema where it can.
    Proposal,
    /// It changes nothing, and answers with text.
    Text,
}

/// The model's server that the harness stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gateway<'a> {
    /// Its address inside the fence.
    pub address: &'a str,
    /// What it speaks.
    pub speaks: Speaks,
}

/// One piece of work for a program.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// What is wanted.
    pub want: Want,
    /// The file of the packet, which also comes on standard input.
    pub packet: &'a str,
    /// The folder that it works in.
    pub view: &'a str,
    /// A folder that it may write besides.
    pub tmp: &'a str,
    /// The model, where one is named.
    pub model: Option<&'a str>,
    /// The model's server, where the harness stands for one.
    pub gateway: Option<Gateway<'a>>,
    /// The card's allowed files.
    pub files: &'a [String],
    /// Those of them that are names of files which are there.
    pub present: &'a [String],
    /// Whether the harness's own fence stands around it, so that it needs none of its own.
    pub held: bool,
    /// The command that answers its hooks, as a shell reads it, but for the program's name behind it.
    pub hook: Option<&'a str>,
    /// What it may cost, in micro-dollars.
    pub max_cost: Option<u64>,
    /// What its version knows.
    pub flags: &'a Flags,
}

/// What a program is started with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Its arguments, without its own name.
    pub arguments: Vec<String>,
    /// Variables that it gets besides.
    pub variables: Vec<(&'static str, String)>,
    /// Files that it reads, as whole paths with their text.
    pub files: Vec<(String, String)>,
    /// Whether it takes the packet from standard input; else that is at its end from the beginning.
    pub reads_packet: bool,
}

/// A flag that the work depends on is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this version of {agent} has no `{flag}`; install a newer one, or write a builder with `run` for it")]
pub struct NoFlag {
    /// The program.
    pub agent: &'static str,
    /// The flag.
    pub flag: &'static str,
}

/// The flags that the help of a program names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags(String);

impl Flags {
    /// Reads a help text.
    pub fn of(help: &str) -> Self {
        Self(help.to_owned())
    }

    /// Whether a flag is named, and not as the beginning of a longer one.
    pub fn has(&self, flag: &str) -> bool {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        self.0
            .match_indices(flag)
            .any(|(at, _)| !self.0[..at].ends_with(is_part) && !self.0[at + flag.len()..].starts_with(is_part))
    }
}

/// A command line that is being written.
pub(super) struct Arguments<'a> {
    agent: Agent,
    flags: &'a Flags,
    words: Vec<String>,
    missing: Option<NoFlag>,
}

impl<'a> Arguments<'a> {
    pub(super) fn of(agent: Agent, flags: &'a Flags) -> Self {
        Self {
            agent,
            flags,
            words: agent.command().into_iter().map(str::to_owned).collect(),
            missing: None,
        }
    }

    /// A flag with its values, without which the work cannot be done.
    pub(super) fn needs(&mut self, flag: &'static str, values: &[&str]) {
        if self.flags.has(flag) {
            self.plain(flag);
            values.iter().for_each(|value| self.plain(value));
        } else {
            self.missing.get_or_insert(NoFlag {
                agent: self.agent.name(),
                flag,
            });
        }
    }

    /// A flag with its values, where the version knows it.
    pub(super) fn likes(&mut self, flag: &'static str, values: &[&str]) {
        if self.flags.has(flag) {
            self.needs(flag, values);
        }
    }

    /// A word as it is.
    pub(super) fn plain(&mut self, word: &str) {
        self.words.push(word.to_owned());
    }

    pub(super) fn done(self) -> Result<Vec<String>, NoFlag> {
        match self.missing {
            Some(missing) => Err(missing),
            None => Ok(self.words),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A piece of work with everything that has to be there, for the tests of each program.
    pub(in crate::domain::agent) fn ask(flags: &Flags, want: Want) -> Ask<'_> {
        Ask {
            want,
            packet: "/tmp/p.md",
            view: "/view",
            tmp: "/tmp",
            model: None,
            gateway: None,
            files: &[],
            present: &[],
            held: true,
            hook: None,
            max_cost: None,
            flags,
        }
    }

    #[test]
    fn a_flag_is_found_whole() {
        let flags = Flags::of("  -p, --print\n      --json-schema <schema>\n  [--yes-always | --no-yes-always]");
        for yes in ["-p", "--print", "--json-schema", "--yes-always", "--no-yes-always"] {
            assert!(flags.has(yes), "{yes}");
        }
        for no in ["--json", "--prin", "-j", "--yes", "--always"] {
            assert!(!flags.has(no), "{no}");
        }
    }

    #[test]
    fn a_version_without_what_the_work_depends_on_is_told() {
        for agent in Agent::ALL {
            let flags = Flags::default();
            let error = agent.line(&ask(&flags, Want::Edits)).unwrap_err().to_string();
            assert!(error.contains(agent.name()) && error.contains("`-"), "{error}");
        }
    }
}
