//! What somebody says of their own change, on the command line: the bullets of its commit.

use crate::domain::trailer::BULLET;

/// The lines of one message.
pub(super) type Bullets = Vec<String>;

/// A person's own words are not cut, as a model's are: a long line becomes several.
pub(super) fn bullets(text: &str) -> Result<Bullets, String> {
    let lines = text.lines().map(|line| line.trim().trim_start_matches(['-', '*', ' ']));
    let lines: Bullets = lines.flat_map(broken).collect();
    match lines.is_empty() {
        true => Err("it says nothing".to_owned()),
        false => Ok(lines),
    }
}

/// A line in pieces that a bullet holds, broken between words where there are any.
fn broken(line: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for part in letters.chunks(BULLET) {
            let part: String = part.iter().collect();
            match pieces.last_mut() {
                Some(last) if last.chars().count() + 1 + part.chars().count() <= BULLET => {
                    last.push(' ');
                    last.push_str(&part);
                }
                _ => pieces.push(part),
            }
        }
    }
    pieces
}
