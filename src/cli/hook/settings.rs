//! Git's settings as the commit that runs a hook has them: `git -c key=value commit` hands its settings down in a variable,
//! in git's own quoting.

use std::ffi::OsStr;

use crate::cli::context::Context;
use crate::engine::Engine;

/// The variable in which git hands settings of its command line to the programs that it starts.
const PARAMETERS: &str = "GIT_CONFIG_PARAMETERS";

/// A setting, by its name in lower case.
pub(super) fn setting(context: &Context, engine: &Engine, key: &str) -> Option<String> {
    let given = context.variables.get(OsStr::new(PARAMETERS));
    given
        .and_then(|text| given_on_command_line(&text.to_string_lossy(), key))
        .or_else(|| engine.git.config_value(key))
}

/// The last value of a key in `'key=value' 'key'='value' …`, where a quote is written `'\''`.
fn given_on_command_line(text: &str, key: &str) -> Option<String> {
    let mut words = vec![String::new()];
    let (mut is_quoted, mut is_escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if is_escaped => {
                is_escaped = false;
                words.last_mut()?.push(c);
            }
            '\'' => is_quoted = !is_quoted,
            '\\' if !is_quoted => is_escaped = true,
            ' ' if !is_quoted => words.push(String::new()),
            c => words.last_mut()?.push(c),
        }
    }
    words.iter().rev().find_map(|word| {
        let (name, value) = word.split_once('=').unwrap_or((word, "true"));
        name.eq_ignore_ascii_case(key).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_command_line_are_read_in_the_quoting_of_every_git() {
        let text = "'core.commentChar'=';' 'commit.cleanup=strip' 'a.b'='it'\\''s = x' 'commit.verbose' 'core.commentchar'='%'";
        for (key, wanted) in [
            ("core.commentChar", Some("%")),
            ("commit.cleanup", Some("strip")),
            ("a.b", Some("it's = x")),
            ("commit.verbose", Some("true")),
            ("commit.template", None),
        ] {
            assert_eq!(given_on_command_line(text, key).as_deref(), wanted, "{key}");
        }
    }
}
