//! What a repository's own configuration runs, and what it opens to it: the list that a user reads before trusting it,
//! and the digest of exactly that list. Pure; where trust is kept is `trust.rs`.

use crate::domain::check::Check;
use crate::domain::oid::Digest;

use super::model::{BuilderKind, Config};

/// Something that runs, or that what runs may see or fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What it is: `check`, `set-up`, `builder`, `answers`, `variables` or `slots`.
    pub kind: &'static str,
    /// Its name, where it has one.
    pub name: String,
    /// The words of it: a shell command, a program and its arguments, names of variables.
    pub words: Vec<String>,
}

impl Listed {
    fn new(kind: &'static str, name: &str, words: Vec<String>) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            words,
        }
    }

    fn digest(&self) -> Digest {
        let head = [self.kind, self.name.as_str()];
        let fields = head.into_iter().chain(self.words.iter().map(String::as_str));
        Digest::of_fields(fields.map(str::as_bytes))
    }
}

/// What a check runs, where, and with which variables.
pub fn words_of(check: &Check) -> Vec<String> {
    let mut words = vec![check.run.clone()];
    words.extend((!check.dir.is_empty()).then(|| format!("in {}", check.dir)));
    words.extend((!check.network.is_none()).then(|| format!("network {}", check.network)));
    words.extend(check.env.iter().map(|(name, value)| format!("{name}={value}")));
    words
}

impl Config {
    /// Everything of the tracked file that runs or opens something. What the user's own files say is theirs and not in
    /// it.
    pub fn commands(&self) -> Vec<Listed> {
        let mut found = Vec::new();
        for check in self.checks.values() {
            found.push(Listed::new("check", &check.name, words_of(check)));
        }
        for command in &self.slot.setup {
            found.push(Listed::new("set-up", "", vec![command.clone()]));
        }
        for builder in self.builders.values().filter(|builder| builder.tracked) {
            match &builder.kind {
                BuilderKind::Command { run, env, network, .. } => {
                    if !network.is_none() {
                        found.push(Listed::new("network", &builder.name, vec![network.to_string()]));
                    }
                    found.push(Listed::new("builder", &builder.name, run.clone()));
                    if !env.is_empty() {
                        found.push(Listed::new("variables", &builder.name, env.clone()));
                    }
                }
                BuilderKind::Agent(agent) => {
                    if !agent.network.is_none() {
                        found.push(Listed::new("network", &builder.name, vec![agent.network.to_string()]));
                    }
                    let words = agent.run.iter().chain(&agent.arguments).cloned().collect();
                    found.push(Listed::new("builder", &builder.name, words));
                    if !agent.env.is_empty() {
                        found.push(Listed::new("variables", &builder.name, agent.env.clone()));
                    }
                }
                BuilderKind::Replay { dir } => {
                    let words = vec![dir.to_string_lossy().into_owned()];
                    found.push(Listed::new("answers", &builder.name, words));
                }
                // The way to a model is the user's own, so the repository opens nothing by naming one.
                BuilderKind::Manual | BuilderKind::Model(_) => {}
            }
        }
        let opened: Vec<String> = self.env.iter().chain(&self.slot.env).cloned().collect();
        if !opened.is_empty() {
            found.push(Listed::new("variables", "", opened));
        }
        if let Some(dir) = self.worktrees_dir.as_ref().filter(|_| self.worktrees_tracked) {
            let words = vec![dir.to_string_lossy().into_owned()];
            found.push(Listed::new("slots", "", words));
        }
        found
    }

    /// What a user trusts before any of these runs.
    pub fn digest_of_commands(&self) -> Digest {
        let digests: Vec<Digest> = self.commands().iter().map(Listed::digest).collect();
        Digest::of_fields(digests.iter().map(|digest| digest.as_bytes().as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Layer, Source, load};
    use crate::domain::oid::Digest;

    fn digest(tracked: &str, user: &str) -> Digest {
        let layers = [(tracked, Layer::Tracked), (user, Layer::User)].map(|(text, layer)| Source {
            file: format!("{layer:?}"),
            text,
            layer,
        });
        load(&layers).unwrap().digest_of_commands()
    }

    const BASE: &str =
        "[checks.unit]\nrun = \"make\"\n[builders.q]\nrun = [\"q\", \"--fast\"]\n[slot]\nsetup = [\"npm ci\"]\n";

    #[test]
    fn whatever_runs_or_is_opened_changes_the_digest() {
        let base = digest(BASE, "");
        for (from, to) in [
            ("make", "make evil"),
            ("--fast", "--slow"),
            ("npm ci", "npm install"),
            ("[checks.unit]", "[checks.other]"),
            ("run = \"make\"", "run = \"make\"\ndir = \"sub\""),
            ("run = \"make\"", "run = \"make\"\nenv = { LD_PRELOAD = \"x\" }"),
            ("[slot]", "[env]\npass = [\"AWS_PROFILE\"]\n[slot]"),
            ("[slot]", "[worktrees]\ndir = \"/elsewhere\"\n[slot]"),
            ("[slot]", "[slot]\nenv = [\"TOKEN\"]"),
            ("\"--fast\"]", "\"--fast\"]\nenv = [\"TOKEN\"]"),
        ] {
            assert!(BASE.contains(from));
            assert_ne!(digest(&BASE.replace(from, to), ""), base, "{from} → {to}");
        }
    }

    #[test]
    fn what_runs_nothing_needs_no_new_trust() {
        let base = digest(BASE, "");
        for more in [
            "[commit]\nsign_off = true\n",
            "[lanes.core]\nretries = 2\n",
            "[packet]\nnotes_tokens = 5\n",
        ] {
            assert_eq!(digest(&format!("{BASE}{more}"), ""), base, "{more}");
        }
        let slower = BASE.replace("run = \"make\"", "run = \"make\"\ntimeout = \"20m\"");
        assert_eq!(digest(&slower, ""), base);
    }

    #[test]
    fn the_users_own_builders_are_not_the_repositorys() {
        let own = "[builders.mine]\nrun = [\"mine\"]\n[roles]\nbuilder = \"mine\"\n[worktrees]\ndir = \"/fast\"\n";
        assert_eq!(digest(BASE, own), digest(BASE, ""));
    }

    #[test]
    fn words_cannot_move_from_one_command_to_another() {
        let setup = |commands: &str| digest(&format!("[slot]\nsetup = {commands}\n"), "");
        assert_ne!(setup("[\"a\", \"b\"]"), setup("[\"a b\"]"));
        assert_ne!(setup("[\"a\", \"b\"]"), digest("[builders.a]\nrun = [\"b\"]\n", ""));
        let run = |words: &str| digest(&format!("[builders.x]\nrun = {words}\n"), "");
        assert_ne!(run("[\"sh\", \"-c\", \"a\"]"), run("[\"sh\", \"-c a\"]"));
    }
}
