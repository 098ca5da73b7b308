//! How a number of things is said in messages, commits and tables. Nothing but English belongs here.

/// A number with its noun: `one card`, `3 cards`, `no cards`.
pub fn counted(number: usize, noun: &str) -> String {
    match number {
        0 => format!("no {noun}s"),
        1 => format!("one {noun}"),
        more => format!("{more} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_no_plural() {
        let said = [0, 1, 2].map(|number| counted(number, "card"));
        assert_eq!(said, ["no cards", "one card", "2 cards"]);
    }
}
