//! Thinking that stands inline in an answer, between `<think>` marks. Pure, and on the whole text, so that no cut of
//! the stream can hide a mark.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// The answer without the thinking at its beginning. Marks further down are part of the answer: it may be about them.
/// Some servers leave the opening mark out; then the closing one has to stand on a line of its own, before any fence.
pub fn without_thinking(text: &str) -> &str {
    let start = text.trim_start();
    if let Some(thought) = start.strip_prefix(OPEN) {
        return thought.split_once(CLOSE).map_or("", |(_, answer)| answer.trim_start());
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        match line.trim() {
            CLOSE => return text[at + line.len()..].trim_start(),
            fence if fence.starts_with("```") || fence.starts_with("~~~") || fence == OPEN => return text,
            _ => at += line.len(),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinking_goes_and_the_answer_stays() {
        for (text, wanted) in [
            ("plain", "plain"),
            ("<think>a\nb</think>\n\nx", "x"),
            ("\n <think></think>x", "x"),
            ("hm\nwell\n</think>\nx", "x"),
            ("<think>never ends", ""),
            ("a <think>b</think> c", "a <think>b</think> c"),
            ("```\n</think>\n```", "```\n</think>\n```"),
            ("the mark </think> ends it", "the mark </think> ends it"),
            ("<think>a</think>x\n</think>\ny", "x\n</think>\ny"),
        ] {
            assert_eq!(without_thinking(text), wanted, "{text:?}");
        }
    }
}
