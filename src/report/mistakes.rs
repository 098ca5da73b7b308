//! Mistakes in what people wrote, with the place in the text where that helps.

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report, Severity};

use crate::domain::diagnostic::{self, Diagnostic};

use super::table::Colour;
use super::text::{acts, visible};

/// How much of a long line is shown on either side of where the mistake begins, in characters.
const AROUND: usize = 60;

/// All mistakes as text: with the lines that are meant where their source is known, else one line each.
pub fn render(mistakes: &[Diagnostic], sources: &[(String, String)], colour: Colour, width: usize) -> String {
    let mut out = String::new();
    for mistake in mistakes {
        let source = sources.iter().find(|(name, _)| *name == mistake.file);
        match source {
            Some((name, text)) if has_short_lines(text, mistake.span.start) => {
                out.push_str(&with_source(mistake, name, text, colour, width));
            }
            Some((_, text)) => out.push_str(&in_words(mistake, Some(&around(text, mistake.span.start)))),
            None => out.push_str(&in_words(mistake, None)),
        }
    }
    out
}

fn in_words(mistake: &Diagnostic, excerpt: Option<&str>) -> String {
    let near = excerpt.map_or_else(String::new, |text| format!("  near: {}\n", visible(text)));
    format!(
        "{}\n{near}  fix: {}\n",
        visible(&mistake.to_string()),
        visible(&mistake.fix)
    )
}

/// The text at a place.
fn around(text: &str, at: usize) -> String {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    let mut start: Vec<char> = before.chars().rev().take(AROUND).collect();
    start.reverse();
    start.into_iter().chain(after.chars().take(AROUND)).collect()
}

/// The source with everything that could act on a terminal replaced, each by as many bytes as it had, so that the
/// places still fit.
fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' || c == '\t' || !acts(c) {
            shown.push(c);
        } else {
            shown.push(if c == '\r' { ' ' } else { '?' });
            shown.extend(std::iter::repeat_n(' ', c.len_utf8() - 1));
        }
    }
    shown
}

/// Whether the lines round a place can be shown. In a file of one long line nobody finds a place by looking.
fn has_short_lines(text: &str, at: usize) -> bool {
    const MOST: usize = 500;
    let (before, after) = text.split_at_checked(at.min(text.len())).unwrap_or((text, ""));
    let above = before.rsplit('\n').take(2).map(str::len);
    let below = after.split('\n').take(2).map(str::len);
    above.chain(below).all(|length| length <= MOST)
}

fn with_source(mistake: &Diagnostic, name: &str, text: &str, colour: Colour, width: usize) -> String {
    let span = mistake.span.start..mistake.span.end.max(mistake.span.start);
    let found = MietteDiagnostic::new(visible(&mistake.message).into_owned())
        .with_code(mistake.code)
        .with_help(visible(&mistake.fix).into_owned())
        .with_severity(match mistake.severity {
            diagnostic::Severity::Error => Severity::Error,
            diagnostic::Severity::Warning => Severity::Warning,
        })
        .with_label(LabeledSpan::new_with_span(None, span));
    let report = Report::new(found).with_source_code(NamedSource::new(visible(name), harmless(text)));
    let theme = match colour {
        Colour::On => GraphicalTheme::unicode(),
        Colour::Off => GraphicalTheme::unicode_nocolor(),
    };
    let mut out = String::new();
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(width.clamp(40, 100));
    if handler.render_report(&mut out, report.as_ref()).is_err() {
        return format!("{mistake}\n  fix: {}\n", mistake.fix);
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_one_long_line_is_told_by_its_number() {
        let text = format!("[\"{}\", 7", "x".repeat(70_000));
        let end = text.len();
        let mistake = Diagnostic::error("p.json", &text, end..end, "syntax", "no end", "mend it");
        let shown = render(&[mistake], &[("p.json".to_owned(), text)], Colour::Off, 80);
        assert!(shown.starts_with("p.json:1:70007: no end\n"), "{shown}");
        assert!(shown.contains("fix: mend it"));
    }

    #[test]
    fn a_source_is_shown_without_what_acts_and_with_every_place_kept() {
        let text = "a\u{85}b\u{202e}c\rd\n";
        let shown = harmless(text);
        assert_eq!(shown, "a? b?  c d\n");
        assert_eq!(shown.len(), text.len());
    }

    #[test]
    fn of_a_line_without_end_only_the_place_is_shown() {
        let text = format!("{}wrong{}", "a".repeat(200_000), "b".repeat(200_000));
        let at = 200_000..200_005;
        let mistake = Diagnostic::error("plan.json", &text, at, "unknown-key", "no such key", "write `right`");
        let shown = render(&[mistake], &[("plan.json".to_owned(), text)], Colour::Off, 80);
        assert!(
            shown.starts_with("plan.json:1:200001: no such key\n  near: aaa"),
            "{shown}"
        );
        assert!(
            shown.contains("awrongb") && shown.ends_with("fix: write `right`\n"),
            "{shown}"
        );
        assert!(shown.len() < 400, "{}", shown.len());
    }
}
