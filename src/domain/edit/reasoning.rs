//! What a model thought aloud is no part of its answer: nothing is ever read out of it.

use super::AnswerError;
use super::fence::Fence;

/// The words that models put around their thinking.
const TAGS: [(&str, &str); 4] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
];

/// The answer alone. Tags inside of a file's fence are the file's own text.
pub(super) fn without_reasoning(answer: &str) -> Result<String, AnswerError> {
    let mut kept = String::with_capacity(answer.len());
    let mut fence: Option<Fence> = None;
    let mut inside: Option<&'static str> = None;
    for line in answer.split_inclusive('\n') {
        let mut rest = line;
        loop {
            if let Some(close) = inside {
                let Some(at) = rest.find(close) else { break };
                rest = &rest[at + close.len()..];
                inside = None;
            }
            if let Some(open) = fence {
                if open.closes(rest) {
                    fence = None;
                }
                kept.push_str(rest);
                break;
            }
            let text = rest.trim_start();
            if let Some((open, close)) = TAGS.iter().find(|(open, _)| text.starts_with(open)) {
                rest = &text[open.len()..];
                inside = Some(close);
                continue;
            }
            // A server may put the opening tag into the prompt, so that only the closing one is seen.
            if let Some(after) = after_closing_tag(rest) {
                kept.clear();
                rest = after;
                continue;
            }
            fence = Fence::opening(rest);
            kept.push_str(rest);
            break;
        }
    }
    match inside {
        Some(_) => Err(AnswerError::Truncated("the thinking before the answer".to_owned())),
        None => Ok(kept),
    }
}

fn after_closing_tag(line: &str) -> Option<&str> {
    TAGS.iter().find_map(|(_, close)| {
        let at = line.find(close)?;
        let quoted = line[..at].ends_with(['`', '"', '\'']);
        (!quoted).then(|| &line[at + close.len()..])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinking_is_removed_and_a_file_that_speaks_of_it_is_kept() {
        let of = |text: &str| without_reasoning(text).map(|text| text.trim().to_owned());
        assert_eq!(of("<think>a\n```\nb</think>c").as_deref(), Ok("c"));
        assert_eq!(
            of("<think></think>\nc\n<thinking>x</thinking> d").as_deref(),
            Ok("c\n d")
        );
        assert_eq!(of("maybe\n</think>\n\nc").as_deref(), Ok("c"));
        let file = "f.py\n```\nsplit(\"</think>\")\n</think>\n```";
        assert_eq!(of(file).as_deref(), Ok(file));
        assert_eq!(of("I cut at `</think>` now").as_deref(), Ok("I cut at `</think>` now"));
        assert!(matches!(
            of("<think>\nf.py\n```\nx\n```\n"),
            Err(AnswerError::Truncated(_))
        ));
    }
}
