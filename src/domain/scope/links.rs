//! Links: where a symbolic link of a tree leads. A card that names one exactly may bring it, as long as it stays inside the
//! repository, whatever other links the way goes through, and hides nothing that is protected behind what is not.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::domain::path::RepoPath;

use super::names::{MOST_PATH, deceives};
use super::protected::Protected;
use super::violation::{Rule, Violation};

/// The links of a tree, each with its target as it stands.
pub type Links = BTreeMap<RepoPath, Vec<u8>>;

/// As many links are followed on one way as the system follows.
const MOST_HOPS: usize = 40;

/// What is wrong with the links of a tree that a change made of another one. `touched` are the paths at which a link came,
/// went, or leads elsewhere now.
pub fn violations(touched: &[&RepoPath], before: &Links, after: &Links, protected: &Protected) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut refuse = |path: &RepoPath, what: String| {
        found.push(Violation {
            path: path.to_text().into_owned(),
            rule: Rule::NotRegular { what },
        });
    };
    let touched_set: BTreeSet<&RepoPath> = touched.iter().copied().collect();
    for path in touched {
        if let Some(target) = after.get(*path)
            && let Err(why) = judge(path, target, after, protected)
        {
            let shown: String = String::from_utf8_lossy(target)
                .chars()
                .take(80)
                .flat_map(char::escape_default)
                .collect();
            refuse(path, format!("a symbolic link {why} ({shown})"));
        }
    }
    // Another link may lead elsewhere, since its way goes through one of these.
    for (path, target) in after.iter().filter(|(path, _)| !touched_set.contains(path)) {
        let is_good = |links: &Links| place(path, target, links).is_ok();
        if let (Some(cause), false, true) = (touched.first(), is_good(after), is_good(before)) {
            refuse(
                cause,
                format!("a change after which {path} leads out of the repository"),
            );
        }
    }
    found
}

/// Whether a new link is one that a card may bring.
fn judge(path: &RepoPath, target: &[u8], links: &Links, protected: &Protected) -> Result<(), String> {
    let Ok(text) = std::str::from_utf8(target) else {
        return Err("whose target is no text".to_owned());
    };
    if target.len() > MOST_PATH {
        return Err(format!("whose target is longer than {MOST_PATH} bytes"));
    }
    if let Some(why) = deceives(text) {
        return Err(format!("whose target {why}"));
    }
    if text.contains('\\') {
        return Err("whose target holds a backslash".to_owned());
    }
    let name = String::from_utf8_lossy(path.file_name()).to_lowercase();
    if name.starts_with(".git") {
        return Err("in the place of a file of git, which follows none there".to_owned());
    }
    let place = place(path, target, links)?;
    let Some(place) = place else {
        return Err("to the whole repository".to_owned());
    };
    if let (Some(pattern), None) = (protected.covers(path), protected.covers(&place)) {
        return Err(format!("by which a protected file ({pattern}) is one that is not"));
    }
    Ok(())
}

/// Where a link leads; `None` for the top of the repository.
pub fn place(path: &RepoPath, target: &[u8], links: &Links) -> Result<Option<RepoPath>, String> {
    let mut at: Vec<Vec<u8>> = path.parts().map(<[u8]>::to_vec).collect();
    at.pop();
    let mut ahead: VecDeque<Vec<u8>> = VecDeque::new();
    let mut hops = 0;
    follow(target, &mut ahead)?;
    while let Some(part) = ahead.pop_front() {
        match &part[..] {
            b"" | b"." => continue,
            b".." => {
                at.pop().ok_or_else(|| "that leads out of the repository".to_owned())?;
                continue;
            }
            _ => at.push(part),
        }
        let here = RepoPath::in_tree(at.join(&b'/'))
            .ok()
            .filter(|here| here.why_not_new().is_none());
        let Some(here) = here.filter(|here| !here.is_harness()) else {
            return Err("into the folder of git or of the harness".to_owned());
        };
        if let Some(next) = links.get(&here) {
            hops += 1;
            if hops > MOST_HOPS {
                return Err("that leads round in a circle".to_owned());
            }
            at.pop();
            follow(next, &mut ahead)?;
        }
    }
    match at.is_empty() {
        true => Ok(None),
        false => RepoPath::in_tree(at.join(&b'/'))
            .map(Some)
            .map_err(|error| error.to_string()),
    }
}

/// Puts a target before the rest of the way.
fn follow(target: &[u8], ahead: &mut VecDeque<Vec<u8>>) -> Result<(), String> {
    let has_drive = target.get(1) == Some(&b':') && target[0].is_ascii_alphabetic();
    if target.is_empty() || target[0] == b'/' || has_drive {
        return Err("whose target is not relative".to_owned());
    }
    for part in target.split(|byte| *byte == b'/').rev() {
        ahead.push_front(part.to_vec());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::in_tree(text).unwrap()
    }

    fn links(all: &[(&str, &str)]) -> Links {
        all.iter()
            .map(|(name, target)| (path(name), target.as_bytes().to_vec()))
            .collect()
    }

    /// What is wrong with a new link beside others that were there.
    fn refused(name: &str, target: &str, others: &[(&str, &str)]) -> Option<String> {
        let before = links(others);
        let mut after = before.clone();
        after.insert(path(name), target.as_bytes().to_vec());
        let protected = Protected::new(&["infra/**"]).unwrap();
        let found = violations(&[&path(name)], &before, &after, &protected);
        found.first().map(ToString::to_string)
    }

    #[test]
    fn a_link_that_stays_inside_is_taken() {
        for (name, target, others) in [
            ("crates/a/LICENSE", "../../LICENSE", vec![]),
            ("CLAUDE.md", "AGENTS.md", vec![]),
            (".github/copilot-instructions.md", "../AGENTS.md", vec![]),
            ("a", "b/./c//d", vec![]),
            ("a", "not/there/yet", vec![]),
            ("docs/current", "v2", vec![("docs/v2", "v2.1")]),
            ("x/y", "../z/../w", vec![("z", "p/q")]),
        ] {
            assert_eq!(refused(name, target, &others), None, "{name} -> {target}");
        }
    }

    #[test]
    fn a_link_that_leads_elsewhere_is_refused_by_where_it_leads() {
        for (name, target, others, why) in [
            ("a", "/etc/passwd", vec![], "not relative"),
            ("a", "C:/x", vec![], "not relative"),
            ("a", "", vec![], "not relative"),
            ("a", "../x", vec![], "out of the repository"),
            ("a/b", "../../x", vec![], "out of the repository"),
            ("a", "b/../../x", vec![], "out of the repository"),
            ("a", ".git/config", vec![], "folder of git"),
            ("a", "b/.GIT/config", vec![], "folder of git"),
            ("a", ".g\u{200c}it/config", vec![], "invisible"),
            ("a", "git~1/config", vec![], "folder of git"),
            ("a", ".harness/config.toml", vec![], "of the harness"),
            ("a", ".", vec![], "whole repository"),
            ("a/b", "..", vec![], "whole repository"),
            ("a", "b\\..\\..\\x", vec![], "backslash"),
            ("a", "a", vec![], "circle"),
            ("a", "b", vec![("b", "a")], "circle"),
            // Through another link, which leads out itself, or makes `..` mean something else.
            ("a", "out/passwd", vec![("out", "/etc")], "not relative"),
            ("a", "deep/../../x", vec![("deep", "p")], "out of the repository"),
            (
                "p/q/r",
                "s/../../x",
                vec![("p/q/s", "../../t")],
                "out of the repository",
            ),
            ("a", "b", vec![("b", "c"), ("c", ".git/hooks")], "folder of git"),
            // What is protected is not hidden behind what is not.
            ("package.json", "src/any.json", vec![], "protected"),
            (".cargo", "src", vec![], "protected"),
            (".github", "src", vec![], "place of a file of git"),
            ("infra", "src", vec![], "protected"),
            (".gitattributes", "x", vec![], "place of a file of git"),
        ] {
            let found = refused(name, target, &others).unwrap_or_default();
            assert!(found.contains(why), "{name} -> {target}: {found}");
        }
    }

    #[test]
    fn a_link_may_not_turn_another_one_out() {
        let before = links(&[("p/q/d", "e"), ("l", "p/q/d/../../../x")]);
        let mut after = before.clone();
        after.insert(path("p/q/d"), b"../../z".to_vec());
        let protected = Protected::new::<&str>(&[]).unwrap();
        let found = violations(&[&path("p/q/d")], &before, &after, &protected);
        assert!(found[0].to_string().contains("after which l leads out"), "{found:?}");
    }

    proptest! {
        /// What is taken leads to where the system goes, and that is inside.
        #[test]
        fn what_is_taken_stays_below_the_top(
            targets in proptest::collection::vec("(\\.\\./|\\./|[abcd]/){0,4}[abcd]", 4),
        ) {
            let names = ["a", "b/a", "c/b/a", "d"];
            let all: Vec<(&str, &str)> = names.iter().copied().zip(targets.iter().map(String::as_str)).collect();
            let links = links(&all);
            let dir = tempfile::tempdir().unwrap();
            let top = dir.path().join("1/2/3");
            std::fs::create_dir_all(&top).unwrap();
            for (name, target) in &all {
                let file = top.join(name);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                let _ = std::os::unix::fs::symlink(target, file);
            }
            for (name, target) in &all {
                if let (Ok(Some(place)), Ok(real)) =
                    (place(&path(name), target.as_bytes(), &links), top.join(name).canonicalize())
                {
                    prop_assert_eq!(real, top.canonicalize().unwrap().join(&*place.to_text()));
                }
            }
        }
    }
}
