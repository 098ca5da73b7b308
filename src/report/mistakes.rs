//! Mistakes in what people wrote, with the place in the text where that helps.

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report, Severity};

use crate::domain::diagnostic::{self, Diagnostic};

use super::table::Colour;
use super::text::{acts, visible};

/// All mistakes as text: with the lines that are meant where their source is known, else one line each.
pub fn render(mistakes: &[Diagnostic], sources: &[(String, String)], colour: Colour, width: usize) -> String {
    let mut out = String::new();
    for mistake in mistakes {
        let source = sources.iter().find(|(name, _)| *name == mistake.file);
        let source = source.filter(|(_, text)| has_short_lines(text, mistake.span.start));
        match source {
            Some((name, text)) => out.push_str(&with_source(mistake, name, text, colour, width)),
            None => {
                out.push_str(&visible(&mistake.to_string()));
                out.push_str(&format!("\n  fix: {}\n", visible(&mistake.fix)));
            }
        }
    }
    out
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
}
