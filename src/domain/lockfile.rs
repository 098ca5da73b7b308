//! Lock files: what makes a copy of a project ready, and what of its build output may stay warm, by the files that it has.
//!
//! Proposals for a person to look at; nothing here runs anything.

use super::path::RepoPath;

/// A file that says by its name which command sets up what it locks.
const LOCK_FILES: [(&str, &str); 15] = [
    ("package-lock.json", "npm ci"),
    ("npm-shrinkwrap.json", "npm ci"),
    ("pnpm-lock.yaml", "pnpm install --frozen-lockfile"),
    ("yarn.lock", "yarn install --frozen-lockfile"),
    ("bun.lock", "bun install --frozen-lockfile"),
    ("bun.lockb", "bun install --frozen-lockfile"),
    ("uv.lock", "uv sync --frozen"),
    (
        "poetry.lock",
        "POETRY_VIRTUALENVS_IN_PROJECT=true poetry install --no-interaction",
    ),
    ("Pipfile.lock", "PIPENV_VENV_IN_PROJECT=1 pipenv sync --dev"),
    (
        "requirements.txt",
        "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
    ),
    (
        "Gemfile.lock",
        "bundle config set --local path vendor/bundle && bundle install",
    ),
    ("composer.lock", "composer install --no-interaction"),
    ("mix.lock", "mix deps.get"),
    ("go.sum", "go mod download"),
    ("Cargo.lock", "cargo fetch --locked"),
];

/// A file that says by its name which folders hold build output that its build system looks at again before it uses it:
/// by times and digests of what went in.
const WARM: [(&str, &str); 4] = [
    ("Cargo.lock", "target"),
    ("Cargo.toml", "target"),
    ("build.gradle", "build"),
    ("build.gradle.kts", "build"),
];

/// What may stand in `[slot]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Commands.
    pub setup: Vec<String>,
    /// The files that decide whether they run again.
    pub inputs: Vec<String>,
    /// Folders that may stay warm.
    pub keep: Vec<String>,
}

impl Proposal {
    /// What the files of a tree speak for: at its top, and one folder below.
    pub fn of<'a>(paths: impl Iterator<Item = &'a RepoPath>) -> Self {
        let mut found = Self::default();
        for path in paths {
            let Some(text) = path.as_str().filter(|text| is_plain(text)) else {
                continue;
            };
            let (folder, name) = text.rsplit_once('/').unwrap_or(("", text));
            if folder.contains('/') {
                continue;
            }
            for (_, command) in LOCK_FILES.iter().filter(|(file, _)| *file == name) {
                found.inputs.push(text.to_owned());
                add(
                    &mut found.setup,
                    match folder {
                        "" => (*command).to_owned(),
                        folder => format!("(cd {folder} && {command})"),
                    },
                );
            }
            for (_, warm) in WARM.iter().filter(|(file, _)| *file == name) {
                // A crate of a workspace builds into the folder at the top.
                let is_member = *warm == "target" && name == "Cargo.toml" && !folder.is_empty();
                if !is_member {
                    let place = match folder {
                        "" => (*warm).to_owned(),
                        folder => format!("{folder}/{warm}"),
                    };
                    add(&mut found.keep, place);
                }
            }
        }
        found
    }

    /// Whether there is nothing to propose.
    pub fn is_empty(&self) -> bool {
        self.setup.is_empty() && self.keep.is_empty()
    }

    /// The section as a configuration would have it, a line each.
    pub fn lines(&self) -> Vec<String> {
        let list = |words: &[String]| {
            let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            format!("[{}]", quoted.join(", "))
        };
        [
            ("setup", &self.setup),
            ("setup_inputs", &self.inputs),
            ("keep", &self.keep),
        ]
        .into_iter()
        .filter(|(_, words)| !words.is_empty())
        .map(|(key, words)| format!("{key} = {}", list(words)))
        .collect()
    }
}

/// Whether a path can stand in a command line and in quotes as it is.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'+' | b'@');
    text.bytes().all(plain) && !text.starts_with('-')
}

fn add(words: &mut Vec<String>, word: String) {
    if !words.contains(&word) {
        words.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposed(paths: &[&str]) -> Vec<String> {
        let paths: Vec<RepoPath> = paths.iter().map(|path| RepoPath::new(*path).unwrap()).collect();
        Proposal::of(paths.iter()).lines()
    }

    #[test]
    fn lock_files_speak_for_their_package_managers() {
        assert_eq!(
            proposed(&["Cargo.lock", "Cargo.toml", "core/Cargo.toml", "web/package-lock.json"]),
            [
                "setup = [\"cargo fetch --locked\", \"(cd web && npm ci)\"]",
                "setup_inputs = [\"Cargo.lock\", \"web/package-lock.json\"]",
                "keep = [\"target\"]",
            ]
        );
        assert_eq!(proposed(&["build.gradle.kts"]), ["keep = [\"build\"]"]);
    }

    #[test]
    fn nothing_is_proposed_for_what_lies_deep_or_cannot_be_typed() {
        assert_eq!(
            proposed(&["a/b/yarn.lock", "odd name/yarn.lock", "$(x)/yarn.lock", "src/a.rs"]),
            [""; 0]
        );
    }
}
