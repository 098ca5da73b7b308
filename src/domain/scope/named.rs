//! Files that checks name: who may change `test/spawn.js` while `node test/spawn.js` judges the work judges it too.

use std::collections::BTreeMap;

use crate::domain::check::Check;
use crate::domain::path::RepoPath;

use super::names::folded;

/// What the command lines of a card's checks name.
#[derive(Debug, Clone, Default)]
pub struct Named(BTreeMap<String, String>);

impl Named {
    /// Reads the command lines. Every word that could be a path counts, whether there is such a file or not yet; a
    /// folder names nothing, since a command that runs a folder's tests leaves open which they are.
    pub fn of(checks: &[Check]) -> Self {
        let mut named = BTreeMap::new();
        for check in checks {
            let mut here = check.dir.clone();
            let mut after_cd = false;
            for word in words(&check.run) {
                if after_cd {
                    here = join(&here, word).map_or(here, |path| path.to_text().into_owned());
                    after_cd = false;
                } else if word == "cd" {
                    after_cd = true;
                } else if let Some(path) = join(&here, word) {
                    named.entry(folded(&path)).or_insert_with(|| check.name.clone());
                }
            }
        }
        Self(named)
    }

    /// The check that names a path.
    pub fn by(&self, path: &RepoPath) -> Option<&str> {
        self.0.get(&folded(path)).map(String::as_str)
    }
}

/// The words of a command line, with the shell's own signs taken for blanks.
fn words(run: &str) -> impl Iterator<Item = &str> {
    run.split(|c: char| c.is_whitespace() || "\"'`;|&()<>=,{}$".contains(c))
        // `tests/a.py::test_b` names a test of a file.
        .map(|word| word.split("::").next().unwrap_or_default())
        .filter(|word| !word.is_empty())
}

/// A word as a path below a folder; `..` is resolved as far as the repository goes.
fn join(dir: &str, word: &str) -> Option<RepoPath> {
    if word.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    for part in word.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    RepoPath::new(parts.join("/")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(run: &str, dir: &str, path: &str) -> bool {
        let check = Check {
            dir: dir.to_owned(),
            ..Check::from_command(run)
        };
        Named::of(&[check]).by(&RepoPath::try_from(path).unwrap()).is_some()
    }

    #[test]
    fn what_a_command_line_runs_is_named_however_it_is_written() {
        for (run, dir, path) in [
            ("node test/spawn.js", "", "test/spawn.js"),
            ("node ./test//spawn.js", "", "test/spawn.js"),
            ("./check.sh --fast", "", "check.sh"),
            ("CI=1 sh -c \"sh tools/run.sh; true\"", "", "tools/run.sh"),
            ("cd web && node test/a.js", "", "web/test/a.js"),
            ("cd web && node ../test/a.js", "", "test/a.js"),
            ("node test/a.js", "web", "web/test/a.js"),
            ("pytest tests/test_a.py::test_b", "", "tests/test_a.py"),
            ("npx jest --config=ci/jest.json", "", "ci/jest.json"),
            ("sh Test.sh", "", "test.SH"),
        ] {
            assert!(named(run, dir, path), "{run} and {path}");
        }
    }

    #[test]
    fn what_it_does_not_name_stays_open() {
        for (run, path) in [
            ("node test/spawn.js", "src/spawn.js"),
            ("pytest tests", "tests/test_a.py"),
            ("cargo test", "src/lib.rs"),
            ("sh /usr/bin/x", "usr/bin/x"),
            ("sh ../x.sh", "x.sh"),
        ] {
            assert!(!named(run, "", path), "{run} and {path}");
        }
    }
}
