//! Search: whether a text speaks of some words, and which of its lines does best. No index: what a project remembers is
//! read once for each question.

/// Words that are looked for: all of them, in any order, whatever their case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// The words of some texts; `None` where there is none. A text with blanks inside is looked for as it is.
    pub fn new<S: AsRef<str>>(texts: &[S]) -> Option<Self> {
        let words = texts.iter().map(|text| text.as_ref().trim().to_lowercase());
        let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
        (!words.is_empty()).then_some(Self(words))
    }

    /// The line that has most of the words, the first of those that have as many; `None` where one word is in none of them.
    pub fn best_line<'a>(&self, text: &'a str) -> Option<&'a str> {
        let mut missing: Vec<&str> = self.0.iter().map(String::as_str).collect();
        let mut best: Option<(usize, &str)> = None;
        for line in text.lines() {
            let lower = line.to_lowercase();
            let count = self.0.iter().filter(|word| lower.contains(&**word)).count();
            if count > best.map_or(0, |(most, _)| most) {
                best = Some((count, line));
            }
            missing.retain(|word| !lower.contains(word));
        }
        best.filter(|_| missing.is_empty()).map(|(_, line)| line.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_have_to_be_there_and_the_line_with_most_of_them_is_shown() {
        let words = Words::new(&["Spawn", "timing "]).unwrap();
        let text = "# Enemies\n\nThey spawn.\n  The SPAWN timing is 60 Hz.\nTiming again.\n";
        assert_eq!(words.best_line(text), Some("The SPAWN timing is 60 Hz."));
        assert_eq!(words.best_line("they spawn\nand have a timing"), Some("they spawn"));
        assert_eq!(words.best_line("they spawn"), None);
        assert_eq!(words.best_line(""), None);
    }

    #[test]
    fn a_text_with_blanks_is_one_word_and_none_is_no_question() {
        let words = Words::new(&["spawn timing"]).unwrap();
        assert_eq!(words.best_line("timing of the spawn"), None);
        assert_eq!(words.best_line("Größe\nÜBER spawn timing"), Some("ÜBER spawn timing"));
        assert_eq!(Words::new(&["ü"]).unwrap().best_line("ÜBER"), Some("ÜBER"));
        assert_eq!(Words::new(&["", " "]), None);
    }
}
