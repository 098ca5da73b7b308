//! What is seen of the user's own folders inside the fence: the home folder is closed, and what builds need of it is
//! opened by name. So the credentials of a tool that nobody here has heard of are not seen either.
//!
//! Settings of package managers name mirrors and proxies, without which a build fails, and may hold a password: they are
//! shown while nothing in them looks like one.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::domain::redact::Redactor;
use crate::process::fence::Closed;

mod known;

pub use known::AGENTS;

/// Folders that are laid open as a whole for tools that keep more beside what they read again: everything in them but these
/// is hidden. A name that begins with `_` is npm's own.
const MIXED: [(&str, &[&str]); 3] = [
    (
        ".gradle",
        &[
            ".tmp",
            "android",
            "build-scan-data",
            "caches",
            "daemon",
            "gradle.properties",
            "init.gradle",
            "jdks",
            "kotlin-profile",
            "native",
            "notifications",
            "workers",
            "wrapper",
        ],
    ),
    (".m2", &["repository", "settings.xml", "toolchains.xml", "wrapper"]),
    (".npm", &[]),
];

/// Folders beside a program's own that belong to it.
const BESIDE: [&str; 7] = ["bin", "include", "lib", "lib64", "libexec", "share", "versions"];

/// What no file of settings may say, in any case, to be shown.
const TELLING: [&str; 16] = [
    "pass",
    "token",
    "secret",
    "credential",
    "auth",
    "private",
    "apikey",
    "api_key",
    "api-key",
    "accesskey",
    "access_key",
    "access-key",
    "session",
    "cookie",
    "signing",
    "bearer",
];

/// The largest file of settings that is looked through.
const LARGEST: u64 = 64 * 1024;

/// Who is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inmate {
    /// A Builder's or Architect's program.
    Builder,
    /// A check or a set-up command, and the code that it runs.
    Check,
}

/// The user's own folders, and what they hold that has to be seen.
#[derive(Debug, Default)]
pub struct Home {
    /// What is closed.
    pub closed: Vec<Closed>,
    /// What is seen of it.
    pub shown: Vec<PathBuf>,
    /// What is not seen of what is.
    pub hidden: Vec<PathBuf>,
}

impl Home {
    /// What a user's variables say of their folders. `redactor` knows secrets by value and by their looks.
    pub fn of(variables: &BTreeMap<OsString, OsString>, inmate: Inmate, redactor: &Redactor) -> Self {
        let variable = |name: &str| {
            variables
                .get(OsStr::new(name))
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let mut own = Self::default();
        let Some(home) = variable("HOME") else { return own };
        let or = |name: &str, usual: &str| variable(name).unwrap_or_else(|| home.join(usual));
        let config = or("XDG_CONFIG_HOME", ".config");
        let data = or("XDG_DATA_HOME", ".local/share");
        let state = or("XDG_STATE_HOME", ".local/state");
        let cache = or("XDG_CACHE_HOME", ".cache");
        let cargo = or("CARGO_HOME", ".cargo");
        let words = |list: &'static str, dir: &Path| -> Vec<PathBuf> {
            list.split_whitespace().map(|name| dir.join(name)).collect()
        };
        own.shown.extend(words(known::TOOLS, &home));
        // Not every tool asks where these folders are.
        let usual = |dir: &str, own: &Path| [home.join(dir), own.to_owned()];
        for dir in usual(".local/share", &data) {
            own.shown.extend(words(known::DATA, &dir));
        }
        for dir in usual(".cache", &cache) {
            own.shown.extend(words(known::CACHE, &dir));
        }
        own.shown.extend(words("bin env registry git", &cargo));
        own.shown.extend(variable("RUSTUP_HOME"));
        let mut settings = words(known::SETTINGS, &home);
        for dir in usual(".config", &config) {
            settings.extend(words(known::CONFIG, &dir));
        }
        settings.extend(words("config.toml config", &cargo));
        if inmate == Inmate::Builder {
            own.shown.extend(AGENTS.map(|name| home.join(name)));
            own.shown.extend(words(known::AGENTS_READ, &home));
            settings.push(home.join(".gitconfig"));
        }
        own.shown
            .extend(settings.into_iter().filter(|file| is_harmless(file, redactor)));
        let path = variables.get(OsStr::new("PATH"));
        let parts = path
            .iter()
            .flat_map(|path| path.as_encoded_bytes().split(|byte| *byte == b':'));
        for part in parts.map(|part| Path::new(OsStr::from_bytes(part))) {
            own.shown.extend(beside(part, &home));
        }
        for (name, known) in MIXED {
            own.hide_the_rest(&home.join(name), known, redactor);
        }
        own.hidden
            .extend(["credentials", "credentials.toml"].map(|name| cargo.join(name)));
        own.shown.retain(|path| path.exists());
        own.close(&home, true);
        for dir in [config, data, state, cache] {
            own.close(&dir, false);
        }
        own
    }

    /// Closes a folder, unless it lies in one that is.
    fn close(&mut self, dir: &Path, dots_only: bool) {
        // A home that holds the machine cannot be closed.
        let Ok(dir) = dir.canonicalize() else { return };
        let is_closed = |outer: &Closed| {
            let below = dir.strip_prefix(&outer.dir).ok();
            below.is_some_and(|rest| !outer.dots_only || rest.as_os_str().as_encoded_bytes().starts_with(b"."))
        };
        if dir.parent().is_some() && dir.is_dir() && !self.closed.iter().any(is_closed) {
            self.closed.push(Closed { dir, dots_only });
        }
    }

    fn hide_the_rest(&mut self, dir: &Path, known: &[&str], redactor: &Redactor) {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            let is_known = known.iter().any(|known| name == *known) || name.as_encoded_bytes().starts_with(b"_");
            if !is_known || path.is_file() && !is_harmless(&path, redactor) {
                self.hidden.push(path);
            }
        }
    }
}

/// What belongs to the programs of a folder on the search path that lies in the home folder.
fn beside(bin: &Path, home: &Path) -> Vec<PathBuf> {
    let mut found = vec![bin.to_owned()];
    if let Some(prefix) = bin.parent().filter(|prefix| is_own(prefix, home))
        && bin.file_name().is_some_and(|name| name == "bin" || name == "shims")
    {
        found.extend(BESIDE.map(|name| prefix.join(name)));
    }
    found
}

/// Whether a folder in the home folder belongs to one tool: neither the home folder itself nor what all tools share.
fn is_own(prefix: &Path, home: &Path) -> bool {
    let place = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (real, real_home) = (place(prefix), place(home));
    let is_shared = real == real_home || real == place(&home.join(".local"));
    !is_shared && (prefix.starts_with(home) || real.starts_with(&real_home))
}

/// Whether a file of settings holds nothing like a credential.
fn is_harmless(path: &Path, redactor: &Redactor) -> bool {
    let Ok(kind) = fs::metadata(path) else { return false };
    if !kind.is_file() || kind.len() > LARGEST {
        return false;
    }
    let Ok(bytes) = fs::read(path) else { return false };
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    let has_user = |rest: &str| {
        rest.split(['/', '"', '\'', ' ', '\n'])
            .next()
            .is_some_and(|host| host.contains('@'))
    };
    !TELLING.iter().any(|word| text.contains(word))
        && !text.split("://").skip(1).any(has_user)
        && redactor.find(&bytes).is_some_and(|found| found.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_shown_while_they_hold_no_credential() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("rc");
        let redactor = Redactor::new::<&str>(&["a-value-that-is-known-1"], b"");
        let key = format!("ghp_{}", "a1B2".repeat(9));
        for (text, harmless) in [
            ("registry=https://mirror.example/npm/\n", true),
            ("[net]\noffline = true\n", true),
            ("//registry.npmjs.org/:_authToken=x\n", false),
            ("<password>x</password>", false),
            ("index-url = https://me:word@pypi.example/simple\n", false),
            ("index-url = https://me@pypi.example/simple\n", false),
            ("signing.keyId=1", false),
            ("x = a-value-that-is-known-1", false),
            (&key, false),
        ] {
            fs::write(&file, text).unwrap();
            assert_eq!(is_harmless(&file, &redactor), harmless, "{text}");
        }
        assert!(!is_harmless(dir.path(), &redactor));
        assert!(!is_harmless(&dir.path().join("none"), &redactor));
    }

    #[test]
    fn the_folders_of_a_user_are_closed_once_wherever_they_lie() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        for name in ["home/.config", "home/.cache", "home/own/state", "data"] {
            fs::create_dir_all(top.join(name)).unwrap();
        }
        let variables = [
            ("HOME", top.join("home")),
            ("XDG_DATA_HOME", top.join("data")),
            ("XDG_STATE_HOME", top.join("home/own/state")),
            ("XDG_CACHE_HOME", top.join("none")),
        ];
        let variables = variables.map(|(name, path)| (name.into(), path.into())).into();
        let home = Home::of(&variables, Inmate::Check, &Redactor::new::<&str>(&[], b""));
        let closed: Vec<(PathBuf, bool)> = home.closed.into_iter().map(|one| (one.dir, one.dots_only)).collect();
        assert_eq!(
            closed,
            [
                (top.join("home"), true),
                (top.join("data"), false),
                (top.join("home/own/state"), false)
            ]
        );
    }
}
