//! The message of a commit that a person is making: where our trailers stand in it. What they say is not decided here.

use crate::domain::trailer;

/// A message with our trailers at the end of the message, into the block of trailers that stands there, in place of any of ours.
/// Git's comments come after it; where no editor opens there are none, and a line that begins with `#` is the person's.
pub(super) fn with_trailers(text: &str, trailers: &str, edited: bool) -> String {
    let mut start = 0;
    let comments_at = text
        .split_inclusive('\n')
        .find_map(|line| {
            let at = start;
            start += line.len();
            (edited && line.starts_with('#')).then_some(at)
        })
        .unwrap_or(text.len());
    let (message, comments) = text.split_at(comments_at);
    let body = trailer::without_harness_trailers(message);
    let body = body.trim_end();
    let head = match body {
        // An editor shows the trailers below an empty line for the subject.
        "" => "\n".to_owned(),
        body if trailer::trailers(body).is_empty() => format!("{body}\n\n"),
        // Git finds the trailers of the last paragraph only, so that ours must not stand below somebody else's.
        body => format!("{body}\n"),
    };
    format!("{head}{trailers}\n{comments}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "Harness-Task: t-1";

    #[test]
    fn trailers_join_those_that_are_there_and_stand_before_the_comments_of_an_editor() {
        for (text, edited, wanted) in [
            ("", true, "\nHarness-Task: t-1\n"),
            ("One\n", false, "One\n\nHarness-Task: t-1\n"),
            (
                "One\n\nSigned-off-by: Ann <ann@example.invalid>\n",
                false,
                "One\n\nSigned-off-by: Ann <ann@example.invalid>\nHarness-Task: t-1\n",
            ),
            ("One\n\nHarness-Task: t-9\n", false, "One\n\nHarness-Task: t-1\n"),
            ("One\n\n#2 is done\n", false, "One\n\n#2 is done\n\nHarness-Task: t-1\n"),
            ("One\n\n# Say more\n", true, "One\n\nHarness-Task: t-1\n# Say more\n"),
        ] {
            assert_eq!(with_trailers(text, OURS, edited), wanted, "{text:?}");
        }
    }
}
