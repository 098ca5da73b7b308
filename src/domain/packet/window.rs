//! How many tokens a packet may have: a model's window without what its answer needs and a margin for what estimates
//! do not know.

use std::fmt;

use serde::Serialize;

use super::tokens::Scale;

/// The smallest margin, in tokens: what a server puts round the packet.
const MARGIN: u64 = 256;

/// Of how many parts of the window one more is margin.
const MARGIN_PART: u64 = 20;

/// A model's window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Window {
    /// `provider:model`.
    pub model: String,
    /// All of it, in tokens.
    pub context: u64,
    /// What is kept free for the answer, in tokens.
    pub max_output: u64,
}

impl Window {
    /// What is kept free since no estimate is exact, in tokens.
    pub const fn margin(&self) -> u64 {
        MARGIN + self.context / MARGIN_PART
    }

    /// What is left for the packet, in tokens.
    pub fn room(&self) -> usize {
        let left = self
            .context
            .saturating_sub(self.max_output)
            .saturating_sub(self.margin());
        usize::try_from(left).unwrap_or(usize::MAX)
    }
}

/// What a packet may have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budget {
    /// The window of the model that reads it; `None` for people and programs, which have none that is known.
    pub window: Option<Window>,
    /// The most tokens that the configuration gives any packet (`packet.window_tokens`).
    pub most: Option<usize>,
    /// How the estimate fits this model.
    pub scale: Scale,
}

impl Budget {
    /// The most tokens of the packet; without a limit `None`.
    pub fn room(&self) -> Option<usize> {
        let window = self.window.as_ref().map(Window::room);
        [window, self.most].into_iter().flatten().min()
    }
}

/// Where the number comes from, for people.
impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(room) = self.room() else {
            return f.write_str("no limit");
        };
        match &self.window {
            Some(window) if window.room() == room => write!(
                f,
                "{room} tokens: the window of {} has {}, the answer gets {} of them, {} are margin",
                window.model,
                window.context,
                window.max_output,
                window.margin()
            ),
            _ => write!(f, "{room} tokens, by packet.window_tokens"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(context: u64, max_output: u64) -> Window {
        Window {
            model: "ollama:q".to_owned(),
            context,
            max_output,
        }
    }

    #[test]
    fn the_answer_and_a_margin_are_kept_free() {
        assert_eq!(window(32_768, 8192).room(), 32_768 - 8192 - 256 - 1638);
        assert_eq!(window(4096, 4096).room(), 0);
        assert_eq!(window(0, 1).room(), 0);
    }

    #[test]
    fn the_smallest_limit_counts_and_says_where_it_comes_from() {
        let budget = |most| Budget {
            window: Some(window(32_768, 8192)),
            most,
            scale: Scale::default(),
        };
        for (budget, wanted) in [
            (Budget::default(), "no limit"),
            (
                budget(Some(30_000)),
                "22682 tokens: the window of ollama:q has 32768, the answer gets 8192 of them, 1894 are margin",
            ),
            (budget(Some(8000)), "8000 tokens, by packet.window_tokens"),
        ] {
            assert_eq!(budget.to_string(), wanted);
        }
    }
}
