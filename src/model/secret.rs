//! A key, so wrapped that it cannot be printed by mistake. Where keys come from is not known here.

use std::fmt;

/// What proves who asks. It can be sent and it can be struck out of texts, and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a key: without the blanks and line ends round it; `None` where nothing is left, or where it holds what no
    /// header may hold.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        fits.then(|| Self(text.to_owned()))
    }

    /// The key itself, for the header that carries it.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// A text with every copy of the key struck out.
    pub fn strike(&self, text: &str) -> String {
        text.replace(&self.0, "[key]")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_printed_and_struck_out_of_what_servers_say() {
        let secret = Secret::new(" opensesame\n").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        assert_eq!(secret.strike("bad key opensesame!"), "bad key [key]!");
        assert_eq!(secret.expose(), "opensesame");
    }

    #[test]
    fn what_no_header_may_hold_is_no_key() {
        for text in ["", "  \n", "a\nb", "a\u{7f}b", "schlüssel"] {
            assert_eq!(Secret::new(text), None, "{text:?}");
        }
    }
}
