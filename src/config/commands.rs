//! What a repository's own configuration runs, and what it opens to it: the list that a user reads before trusting it,
//! and the digest of each thing in it. Pure; where trust is kept is `trust.rs`.

use crate::domain::check::Check;
use crate::domain::oid::{BlobId, Digest};

use super::agents::{AgentDef, AgentMode};
use super::model::{BuilderKind, CommitHooks, Config};

/// Something that runs, or that what runs may see or fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What it is: `check`, `set-up`, `builder`, `network`, `answers`, `variables`, `caches`, `slots`, `hooks` or `template`.
    pub kind: &'static str,
    /// Its name, where it has one.
    pub name: String,
    /// The words of it: a shell command, a program and its arguments, names of variables.
    pub words: Vec<String>,
    /// What besides its words decides what it does: its folder, its network, its variables.
    pub with: Vec<String>,
    /// What a user trusts: the words and everything that decides what they do.
    pub digest: Digest,
}

impl Listed {
    fn new(kind: &'static str, name: &str, words: Vec<String>, with: Vec<String>, ground: &[String]) -> Self {
        let of_name = match kind {
            // A command is the same command under another name, and wherever it stands.
            "check" => "",
            _ => name,
        };
        let parts: [&[String]; 3] = [&words, &with, ground];
        let mut fields: Vec<Vec<u8>> = vec![kind.into(), of_name.into()];
        for part in parts {
            fields.push(part.len().to_string().into_bytes());
            fields.extend(part.iter().map(|word| word.clone().into_bytes()));
        }
        Self {
            kind,
            name: name.to_owned(),
            digest: Digest::of_fields(fields.iter().map(Vec::as_slice)),
            words,
            with,
        }
    }

    /// A prompt of the repository, by its file and what that holds.
    pub fn template(file: &str, blob: BlobId) -> Self {
        Self::new("template", file, vec![blob.to_string()], Vec::new(), &[])
    }

    /// What it is called in a sentence.
    pub fn label(&self) -> String {
        match (self.kind, self.name.as_str()) {
            ("check", _) => format!("check `{}`", self.words.concat()),
            (kind, "") => format!("{kind} `{}`", self.words.join(" ")),
            (kind, name) => format!("{kind} {name}"),
        }
    }
}

/// What decides a check besides its command.
pub fn settings_of(check: &Check) -> Vec<String> {
    let mut settings: Vec<String> = Vec::new();
    settings.extend((!check.dir.is_empty()).then(|| format!("in {}", check.dir)));
    settings.extend((!check.network.is_none()).then(|| format!("network {}", check.network)));
    settings.extend(check.env.iter().map(|(name, value)| format!("{name}={value}")));
    settings
}

impl Config {
    /// What every command finds that the tracked file lets through or chooses: who trusts a command trusts it with that.
    /// Each under a word of its own, so that none is taken for another.
    fn ground(&self) -> Vec<String> {
        let mut ground: Vec<String> = self.env.iter().map(|name| format!("variable {name}")).collect();
        if let Some(dir) = self.worktrees_dir.as_ref().filter(|_| self.worktrees_tracked) {
            ground.push(format!("in {}", dir.to_string_lossy()));
        }
        ground.extend(
            self.tracked_caches
                .iter()
                .map(|cache| format!("cache {}", cache.to_string_lossy())),
        );
        ground.sort();
        ground.dedup();
        ground
    }

    /// The same for what runs in the copies for checks, which see more variables than Builders.
    fn ground_of_checks(&self) -> Vec<String> {
        let own = self.slot.env.iter().map(|name| format!("variable of checks {name}"));
        let mut ground = self.ground();
        ground.extend(own);
        ground.sort();
        ground.dedup();
        ground
    }

    /// A check as a user trusts it, under the name of whoever has it.
    pub fn listed_check(&self, of: &str, check: &Check) -> Listed {
        Listed::new(
            "check",
            of,
            vec![check.run.clone()],
            settings_of(check),
            &self.ground_of_checks(),
        )
    }

    /// The commands of set-up as a user trusts them.
    pub fn listed_set_up(&self) -> Vec<Listed> {
        let ground = self.ground_of_checks();
        let listed = self.slot.setup.iter();
        listed
            .map(|command| Listed::new("set-up", "", vec![command.clone()], Vec::new(), &ground))
            .collect()
    }

    /// Everything of the tracked file that runs or opens something. What the user's own files say is theirs and not in
    /// it.
    pub fn commands(&self) -> Vec<Listed> {
        let ground = self.ground();
        let mut found = Vec::new();
        // First, since everything below is asked about anew where these change.
        for (of, opened) in [("", &self.env), ("of checks", &self.slot.env)] {
            if !opened.is_empty() {
                found.push(Listed::new("variables", of, opened.clone(), Vec::new(), &[]));
            }
        }
        if !self.tracked_caches.is_empty() {
            let words = self
                .fence_caches
                .iter()
                .map(|cache| cache.to_string_lossy().into_owned());
            found.push(Listed::new("caches", "", words.collect(), Vec::new(), &[]));
        }
        if let Some(dir) = self.worktrees_dir.as_ref().filter(|_| self.worktrees_tracked) {
            let words = vec![dir.to_string_lossy().into_owned()];
            found.push(Listed::new("slots", "", words, Vec::new(), &[]));
        }
        for check in self.checks.values() {
            found.push(self.listed_check(&check.name, check));
        }
        found.extend(self.listed_set_up());
        for builder in self.builders.values().filter(|builder| builder.tracked) {
            // Trusted together: what may run without network, or without a model that somebody pays, is not what may run
            // with it.
            let mut with: Vec<String> = Vec::new();
            let (words, network, env, gateway) = match &builder.kind {
                BuilderKind::Command {
                    run,
                    answer: _,
                    edits: _,
                    timeout_seconds: _,
                    env,
                    model: _,
                    network,
                    gateway,
                } => (run.clone(), network, env, gateway),
                BuilderKind::Agent(agent) => {
                    let AgentDef {
                        agent: program,
                        mode,
                        run,
                        arguments,
                        timeout_seconds: _,
                        env,
                        model,
                        network,
                        gateway,
                        max_cost: _,
                    } = &**agent;
                    let gives = match mode {
                        AgentMode::Edit => "edits",
                        AgentMode::Propose => "proposes",
                    };
                    with.push(format!("{} {gives}", program.name()));
                    with.extend(model.as_ref().map(|model| format!("model {model}")));
                    (run.iter().chain(arguments).cloned().collect(), network, env, gateway)
                }
                BuilderKind::Replay { dir } => {
                    let words = vec![dir.to_string_lossy().into_owned()];
                    found.push(Listed::new("answers", &builder.name, words, Vec::new(), &ground));
                    continue;
                }
                // The way to a model is the user's own, so the repository opens nothing by naming one.
                BuilderKind::Manual | BuilderKind::Model(_) => continue,
            };
            with.extend((!network.is_none()).then(|| format!("network {network}")));
            with.extend(env.iter().map(|name| format!("variable {name}")));
            with.extend(gateway.as_ref().map(|model| format!("gateway {}", model.name)));
            found.push(Listed::new("builder", &builder.name, words, with, &ground));
        }
        if self.commit.hooks == CommitHooks::All {
            // Otherwise a landing that nobody watches runs no hook of the project.
            found.push(Listed::new("hooks", "", vec!["commit-msg".to_owned()], Vec::new(), &[]));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::config::{Layer, Source, load};
    use crate::domain::oid::Digest;

    fn digests(tracked: &str, user: &str) -> BTreeSet<Digest> {
        let layers = [(tracked, Layer::Tracked), (user, Layer::User)].map(|(text, layer)| Source {
            file: format!("{layer:?}"),
            text,
            layer,
        });
        let config = load(&layers).unwrap();
        config.commands().into_iter().map(|listed| listed.digest).collect()
    }

    /// Whether somebody who trusts all of one configuration is asked about another.
    fn asks(before: &str, after: &str) -> bool {
        !digests(after, "").is_subset(&digests(before, ""))
    }

    const BASE: &str =
        "[checks.unit]\nrun = \"make\"\n[builders.q]\nrun = [\"q\", \"--fast\"]\n[slot]\nsetup = [\"npm ci\"]\n";

    #[test]
    fn whatever_runs_or_is_opened_asks() {
        for (from, to) in [
            ("make", "make evil"),
            ("--fast", "--slow"),
            ("npm ci", "npm install"),
            ("run = \"make\"", "run = \"make\"\ndir = \"sub\""),
            ("run = \"make\"", "run = \"make\"\nenv = { LD_PRELOAD = \"x\" }"),
            ("run = \"make\"", "run = \"make\"\nnetwork = \"open\""),
            ("[slot]", "[env]\npass = [\"AWS_PROFILE\"]\n[slot]"),
            ("[slot]", "[worktrees]\ndir = \"/elsewhere\"\n[slot]"),
            ("[slot]", "[slot]\nenv = [\"TOKEN\"]"),
            ("[slot]", "[commit]\nhooks = \"all\"\n[slot]"),
            ("[slot]", "[fence]\ncaches = [\"~/.cache/tool\"]\n[slot]"),
            (
                "\"--fast\"]",
                "\"--fast\"]\ngateway = \"m\"\n[models.m]\nprovider = \"openai\"\nmodel = \"x\"",
            ),
            ("\"--fast\"]", "\"--fast\"]\nenv = [\"TOKEN\"]"),
            ("\"--fast\"]", "\"--fast\"]\nnetwork = \"open\""),
        ] {
            assert!(BASE.contains(from));
            assert!(asks(BASE, &BASE.replace(from, to)), "{from} → {to}");
        }
    }

    #[test]
    fn what_runs_nothing_new_needs_no_new_trust() {
        for more in [
            "[commit]\nsign_off = true\n",
            "[lanes.core]\nretries = 2\n",
            "[packet]\nnotes_tokens = 5\n",
        ] {
            assert!(!asks(BASE, &format!("{BASE}{more}")), "{more}");
        }
        let slower = BASE.replace("run = \"make\"", "run = \"make\"\ntimeout = \"20m\"");
        assert!(!asks(BASE, &slower));
        assert!(!asks(BASE, &BASE.replace("[checks.unit]", "[checks.other]")));
    }

    #[test]
    fn what_was_trusted_apart_is_not_trusted_together() {
        let x = |rest: &str| format!("[builders.x]\nrun = {rest}\n");
        let (mut known, open) = (digests(&x("[\"post\"]"), ""), x("[\"fetch\"]\nnetwork = \"open\""));
        known.extend(digests(&open, ""));
        let both = digests(&x("[\"post\"]\nnetwork = \"open\""), "");
        assert!(!both.is_subset(&known));
        let token = "[env]\npass = [\"TOKEN\"]\n";
        known.extend(digests(&format!("[checks.c]\nrun = \"b\"\n{token}"), ""));
        known.extend(digests("[checks.c]\nrun = \"a\"\n", ""));
        assert!(!digests(&format!("[checks.c]\nrun = \"a\"\n{token}"), "").is_subset(&known));
    }

    /// A variable that checks see is none that Builders see, and two names are not one with a blank.
    #[test]
    fn a_variable_that_moves_asks() {
        let of_checks = format!("{BASE}env = [\"TOKEN\"]\n");
        assert!(asks(&of_checks, &format!("{BASE}[env]\npass = [\"TOKEN\"]\n")));
        let env = |names: &str| format!("[builders.x]\nrun = [\"a\"]\nenv = {names}\n");
        assert!(asks(&env("[\"A\"]"), &env("[\"A\", \"B\"]")));
    }

    #[test]
    fn the_users_own_builders_are_not_the_repositorys() {
        let own = "[builders.mine]\nrun = [\"mine\"]\n[roles]\nbuilder = \"mine\"\n[worktrees]\ndir = \"/fast\"\n";
        assert_eq!(digests(BASE, own), digests(BASE, ""));
    }

    #[test]
    fn words_cannot_move_from_one_command_to_another() {
        let setup = |commands: &str| format!("[slot]\nsetup = {commands}\n");
        assert!(asks(&setup("[\"a\", \"b\"]"), &setup("[\"a b\"]")));
        assert!(asks(&setup("[\"a\", \"b\"]"), "[builders.a]\nrun = [\"b\"]\n"));
        let run = |words: &str| format!("[builders.x]\nrun = {words}\n");
        assert!(asks(&run("[\"sh\", \"-c\", \"a\"]"), &run("[\"sh\", \"-c a\"]")));
        assert!(asks(&run("[\"a\"]\nenv = [\"B\"]"), &run("[\"a\", \"variables B\"]")));
    }
}
