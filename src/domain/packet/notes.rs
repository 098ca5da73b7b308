//! Notes of earlier tasks: other people's words, within a budget of their own, so that they never crowd out the task.

use super::tokens::estimate_tokens;

/// A note on an earlier task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The task.
    pub task: String,
    /// Who wrote it.
    pub by: String,
    /// What.
    pub text: String,
}

/// The newest notes that fit into the budget together, oldest first, and how many older ones were left out.
pub fn newest_within(mut notes: Vec<Note>, tokens: usize) -> (Vec<Note>, usize) {
    let mut used = 0;
    let fitting = notes
        .iter()
        .rev()
        .take_while(|note| {
            used += estimate_tokens(&note.text);
            used <= tokens
        })
        .count();
    let left_out = notes.len() - fitting;
    (notes.split_off(left_out), left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_notes_are_kept_in_their_order() {
        let note = |text: &str| Note {
            task: "a-01".to_owned(),
            by: "b".to_owned(),
            text: text.to_owned(),
        };
        let notes = vec![note("one one one one"), note("two"), note("three")];
        let texts = |tokens| {
            let (kept, left_out) = newest_within(notes.clone(), tokens);
            let texts: Vec<String> = kept.into_iter().map(|note| note.text).collect();
            (texts.join(","), left_out)
        };
        assert_eq!(texts(3), ("two,three".to_owned(), 1));
        assert_eq!(texts(100), ("one one one one,two,three".to_owned(), 0));
        assert_eq!(texts(0), (String::new(), 3));
    }
}
