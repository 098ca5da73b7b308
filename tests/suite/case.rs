//! A case file: its header, read. What the header may say is described in `tests/attacks/README.md`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// One attack or one ordinary workflow, as its file tells it.
#[derive(Debug, Clone)]
pub struct Case {
    /// `H01`; its first letter is its group.
    pub id: String,
    /// One line.
    pub title: String,
    /// What happens, in a few sentences.
    pub story: String,
    /// `key: value` lines of the header.
    fields: BTreeMap<String, String>,
    /// The file.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
}

impl Case {
    /// Reads every case of a folder below `tests/`, in the order of the ids. `CASE` chooses by ids, or by the letters of
    /// whole groups.
    pub fn all(folder: &str) -> Vec<Case> {
        let wanted = std::env::var("CASE").unwrap_or_default();
        let wanted: Vec<&str> = wanted.split(',').filter(|id| !id.is_empty()).collect();
        let is =
            |case: &Case, id: &str| case.id == id || case.id.trim_end_matches(|end: char| end.is_ascii_digit()) == id;
        // Whoever mistypes one must not believe that it passed.
        let known: Vec<Case> = ["attacks", "honest"].into_iter().flat_map(Case::of_folder).collect();
        for id in &wanted {
            assert!(known.iter().any(|case| is(case, id)), "there is no case {id}");
        }
        let mut cases = Case::of_folder(folder);
        cases.retain(|case| wanted.is_empty() || wanted.iter().any(|id| is(case, id)));
        cases
    }

    fn of_folder(folder: &str) -> Vec<Case> {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
        let mut files: Vec<PathBuf> = fs::read_dir(&dir)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "sh"))
            .collect();
        files.sort();
        files.into_iter().map(Case::read).collect()
    }

    fn read(file: PathBuf) -> Case {
        let text = fs::read_to_string(&file).unwrap();
        let mut lines = text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim);
        let first = lines.next().unwrap_or_default();
        let (id, title) = first.split_once(' ').unwrap_or((first, ""));
        let mut story: Vec<&str> = Vec::new();
        let mut fields = BTreeMap::new();
        for line in lines {
            match line.split_once(": ") {
                Some((key, value)) if KEYS.contains(&key) => {
                    let twice = fields.insert(key.to_owned(), value.trim().to_owned());
                    assert!(twice.is_none(), "{}: `{key}` stands twice", file.display());
                }
                _ if !line.is_empty() => {
                    assert!(fields.is_empty(), "{}: what is `{line}`?", file.display());
                    story.push(line);
                }
                _ => {}
            }
        }
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(name.starts_with(&format!("{id}-")), "{name} and {id} differ");
        assert!(!title.is_empty() && !story.is_empty(), "{name} tells no story");
        Case {
            id: id.to_owned(),
            title: title.to_owned(),
            story: story.join(" "),
            fields,
            file,
            text,
        }
    }

    /// A line of the header.
    pub fn field(&self, key: &str) -> Option<&str> {
        self.fields.get(key).map(String::as_str)
    }

    /// Whether the file has a function of this name.
    pub fn has(&self, function: &str) -> bool {
        let head = format!("{function}() {{");
        self.text.lines().any(|line| line.starts_with(&head))
    }

    /// The letter of its group.
    pub fn group(&self) -> char {
        self.id.chars().next().unwrap()
    }
}

/// What a header may say besides the story.
const KEYS: [&str; 9] = [
    "plain", "naive", "hooks", "strict", "shadow", "landlock", "overlay", "needs", "lands",
];
