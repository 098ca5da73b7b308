//! The cone: which part of a large repository copies hold, by folders, as git's own sparse checkouts have it.
//!
//! A folder of the cone is held with all that is below it; of each folder on the way there its files are held, and not
//! its other folders. The record is never part of it: checks see nothing of `.harness/`, so that no entry of a journal
//! and no revision of a card stales what they said.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::domain::path::RepoPath;

use super::has_wildcard;

/// Where the record stands.
const RECORDS: &[u8] = b".harness";

/// How much of a folder is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    All,
    /// Its files, and folders on the way to others.
    Part,
    /// Nothing.
    Nothing,
}

/// Which part of a tree copies hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cone {
    /// `None` holds everything.
    folders: Option<BTreeSet<Vec<u8>>>,
}

impl Cone {
    /// All of the tree.
    pub const WHOLE: Self = Self { folders: None };

    /// Some folders, and those of the files that globs allow: of `src/*/a.js` that is `src`. Files at the top are always
    /// held, so `*.md` adds nothing, while `**` and `**/a.js` may be anywhere and leave nothing out.
    pub fn new(folders: &[RepoPath], globs: &[String]) -> Self {
        let beyond_the_top = globs.iter().filter(|glob| glob.contains('/') || glob.contains("**"));
        let of_globs = beyond_the_top.map(|glob| folder_of(glob).as_bytes().to_vec());
        let folders: BTreeSet<Vec<u8>> = folders
            .iter()
            .map(|folder| folder.as_bytes().to_vec())
            .chain(of_globs)
            .collect();
        Self {
            folders: (!folders.contains(&b""[..])).then_some(folders),
        }
    }

    /// Whether nothing is left out but the record.
    pub fn is_whole(&self) -> bool {
        self.folders.is_none()
    }

    /// The folders that are held with all that is below them; none where nothing is left out.
    pub fn folders(&self) -> impl Iterator<Item = &[u8]> {
        self.folders.iter().flatten().map(Vec::as_slice)
    }

    /// How much of a folder is held; the top is the empty path.
    pub fn extent(&self, folder: &[u8]) -> Extent {
        if folder
            .strip_prefix(RECORDS)
            .is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
        {
            return Extent::Nothing;
        }
        if folder.is_empty() {
            return Extent::Part;
        }
        let Some(folders) = &self.folders else {
            return Extent::All;
        };
        let mut ends = folder.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        if folders.contains(folder) || ends.any(|(end, _)| folders.contains(&folder[..end])) {
            return Extent::All;
        }
        let below = [folder, b"/"].concat();
        let next = folders
            .range::<[u8], _>((Bound::Excluded(&below[..]), Bound::Unbounded))
            .next();
        match next.is_some_and(|next| next.starts_with(&below)) {
            true => Extent::Part,
            false => Extent::Nothing,
        }
    }

    /// Whether a file is held.
    pub fn holds(&self, file: &RepoPath) -> bool {
        self.holds_file(file.as_bytes())
    }

    /// The same by the bytes of its path.
    pub fn holds_file(&self, file: &[u8]) -> bool {
        let slash = file.iter().rposition(|byte| *byte == b'/');
        self.extent(&file[..slash.unwrap_or(0)]) != Extent::Nothing
    }
}

/// The folder that holds whatever a glob may match, and the last one for which that is so; empty for the top.
fn folder_of(glob: &str) -> &str {
    let parts = glob.split('/').take_while(|part| !has_wildcard(part));
    let plain: usize = parts.map(|part| part.len() + 1).sum();
    // A name without wildcards ends in a file, which is no folder.
    let end = plain.min(glob.rfind('/').map_or(0, |slash| slash + 1));
    glob[..end].trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::scope::Allowed;

    fn cone(folders: &[&str], globs: &[&str]) -> Cone {
        let folders: Vec<RepoPath> = folders.iter().map(|path| RepoPath::new(*path).unwrap()).collect();
        let globs: Vec<String> = globs.iter().map(ToString::to_string).collect();
        Cone::new(&folders, &globs)
    }

    fn holds(cone: &Cone, path: &str) -> bool {
        cone.holds(&RepoPath::new(path).unwrap())
    }

    #[test]
    fn the_folder_of_a_glob_is_what_stands_before_its_first_wildcard() {
        for (glob, folder) in [
            ("a.js", ""),
            ("src/a.js", "src"),
            ("src/deep/a.js", "src/deep"),
            ("src/*.js", "src"),
            ("src/**", "src"),
            ("src/*/a.js", "src"),
            ("src/{a,b}/c.js", "src"),
            ("**/a.js", ""),
            ("*.md", ""),
        ] {
            assert_eq!(folder_of(glob), folder, "{glob}");
        }
    }

    #[test]
    fn folders_are_held_with_all_below_and_the_way_to_them_with_its_files() {
        let cone = cone(&["libs/core"], &["apps/web/src/*.ts"]);
        for path in [
            "README.md",
            "apps/package.json",
            "apps/web/package.json",
            "apps/web/src/a.ts",
            "apps/web/src/deep/b.ts",
            "libs/core/x",
            "libs/readme",
        ] {
            assert!(holds(&cone, path), "{path}");
        }
        for path in [
            "apps/api/a.ts",
            "apps/web/test/a.ts",
            "libs/corex/a",
            "libs/other/a",
            "docs/a",
        ] {
            assert!(!holds(&cone, path), "{path}");
        }
        assert_eq!(cone.extent(b"apps"), Extent::Part);
        assert_eq!(cone.extent(b"apps/web/src"), Extent::All);
        assert_eq!(cone.extent(b"apps/webx"), Extent::Nothing);
        assert_eq!(cone.extent(b".harness"), Extent::Nothing);
    }

    #[test]
    fn files_at_the_top_are_always_held_and_what_may_be_anywhere_leaves_nothing_out() {
        for globs in [&["*.md"][..], &["README.md"], &[]] {
            let cone = cone(&[], globs);
            assert!(holds(&cone, "README.md") && !holds(&cone, "src/a"), "{globs:?}");
        }
        assert!(cone(&["libs"], &["**/a.js"]).is_whole());
        assert!(!holds(&Cone::WHOLE, ".harness/config.toml"));
        assert!(!holds(&Cone::WHOLE, ".harness/tasks/a.md"));
        assert!(holds(&Cone::WHOLE, ".harnessed/a"));
    }

    proptest! {
        /// Whatever a card allows is there, with all that lies beside it.
        #[test]
        fn what_globs_match_is_held(path in "[ab](/[ab]){0,3}", glob in "([ab*]|\\*\\*)(/([ab*]|\\*\\*)){0,3}") {
            let path = RepoPath::new(path).unwrap();
            if let Ok(allowed) = Allowed::new(&[&glob]) && allowed.matches(&path) {
                let cone = Cone::new(&[], std::slice::from_ref(&glob));
                prop_assert!(cone.holds(&path));
                let beside = path.parent().map_or(Extent::All, |folder| cone.extent(folder.as_bytes()));
                prop_assert_eq!(beside, Extent::All);
            }
        }
    }
}
