//! The variables that a foreign program sees: an allow-list, since nobody can list every variable that hurts.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path};

use crate::domain::oid::Digest;

/// Variables that every program may see.
const ALLOWED: [&str; 11] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "TZ",
    "SHELL",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "XDG_CACHE_HOME",
];

/// Variables that say where something lies on this machine and change no result of a check.
const PLACES: [&str; 5] = ["TMPDIR", "HOME", "HARNESS_PACKET", "HARNESS_TASK", "PWD"];

/// A complete environment.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// The allow-list, `LC_*`, and the variables that are named, out of `from`; and those that make programs behave
    /// as without a person.
    pub fn allow_list(from: &BTreeMap<OsString, OsString>, names: &[String]) -> Self {
        let allowed = |name: &OsStr| {
            let text = name.to_string_lossy();
            ALLOWED.contains(&&*text) || text.starts_with("LC_") || names.iter().any(|named| *named == text)
        };
        let mut variables: BTreeMap<OsString, OsString> = from
            .iter()
            .filter(|(name, _)| allowed(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        for (name, value) in [
            ("CI", "1"),
            ("NO_COLOR", "1"),
            ("TERM", "dumb"),
            ("GIT_TERMINAL_PROMPT", "0"),
        ] {
            variables.entry(name.into()).or_insert_with(|| value.into());
        }
        Self(variables)
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.0.insert(name.into(), value.as_ref().to_owned());
    }

    /// The user's own folders by their places where they are named by way of others (`~/x/../cache`): who is inside of a
    /// fence may not see the others.
    pub fn go_straight(&mut self) {
        for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "XDG_CACHE_HOME"] {
            let Some(value) = self.0.get_mut(OsStr::new(name)) else {
                continue;
            };
            let path = Path::new(&value);
            if path.components().any(|part| part == Component::ParentDir)
                && let Ok(place) = path.canonicalize()
            {
                *value = place.into();
            }
        }
    }

    /// Takes a variable away.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(OsStr::new(name));
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&OsString, &OsString)> {
        self.0.iter()
    }

    /// A digest of everything that may change a result; places on this machine are left out.
    pub fn digest(&self) -> Digest {
        let fields: Vec<Vec<u8>> = self
            .0
            .iter()
            .filter(|(name, _)| !PLACES.iter().any(|place| *place == name.to_string_lossy()))
            .map(|(name, value)| [name.as_encoded_bytes(), b"=", value.as_encoded_bytes()].concat())
            .collect();
        Digest::of_fields(fields.iter().map(Vec::as_slice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &[(&str, &str)]) -> BTreeMap<OsString, OsString> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    }

    #[test]
    fn only_what_is_listed_or_named_gets_through() {
        let all = from(&[
            ("PATH", "/bin"),
            ("LC_ALL", "C"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("LD_PRELOAD", "x"),
            ("GIT_DIR", "x"),
            ("MY_KEY", "x"),
        ]);
        let environment = Environment::allow_list(&all, &["MY_KEY".to_owned()]);
        let names: Vec<_> = environment
            .iter()
            .map(|(name, _)| name.to_string_lossy().into_owned())
            .collect();
        assert_eq!(
            names,
            [
                "CI",
                "GIT_TERMINAL_PROMPT",
                "LC_ALL",
                "MY_KEY",
                "NO_COLOR",
                "PATH",
                "TERM"
            ]
        );
    }

    #[test]
    fn the_digest_leaves_places_out_and_keeps_the_rest() {
        let base = Environment::allow_list(&from(&[("PATH", "/bin")]), &[]);
        let mut moved = base.clone();
        moved.set("TMPDIR", "/elsewhere");
        assert_eq!(base.digest(), moved.digest());
        moved.set("LANG", "C");
        assert_ne!(base.digest(), moved.digest());
    }
}
