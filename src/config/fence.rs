//! What the configuration says of the fence.

use super::model::FenceRequire;
use super::reader::Reader;
use crate::domain::plan::format::node::Entry;

/// Every key of the section.
pub(super) const FENCE: [&str; 4] = ["require", "caches", "show", "hide"];

impl Reader<'_, '_> {
    /// The strongest word of all layers holds: no file can loosen what another one asks for.
    pub(super) fn fence(&mut self, entry: &Entry) {
        if let "caches" | "show" | "hide" = entry.key.as_str() {
            let Some(paths) = self.places(&entry.node) else { return };
            let is_tracked = self.is_tracked();
            for (text, span) in paths {
                // The project's own file may not look into the folders of whoever works in it.
                if is_tracked && entry.key == "caches" && !is_cache(&text) {
                    continue;
                }
                if is_tracked && entry.key == "show" {
                    let message = format!("the tracked file cannot have \"{text}\" shown");
                    let fix = "write it into your own configuration, ~/.config/git-harness/config.toml";
                    self.error(&span, "not-here", message, fix.to_owned());
                    continue;
                }
                match entry.key.as_str() {
                    "caches" => {
                        if is_tracked {
                            self.config.tracked_caches.push(text.clone().into());
                        }
                        self.config.fence_caches.push(text.into());
                    }
                    "show" => self.config.fence_show.push(text.into()),
                    _ => self.config.fence_hide.push(text.into()),
                }
            }
            return;
        }
        let words = [
            ("overlay", FenceRequire::Overlay),
            ("kernel", FenceRequire::Kernel),
            ("none", FenceRequire::None),
        ];
        if let Some(least) = self.one_of(&entry.node, &words) {
            self.config.fence_require = self.config.fence_require.max(least);
        }
    }
}

/// Whether a path is none of the closed parts of a home folder, or a folder of its cache.
fn is_cache(path: &str) -> bool {
    let clean = !path.split('/').any(|part| part == "..");
    match path.strip_prefix("~/") {
        Some(rest) => {
            clean && (!rest.starts_with('.') || rest.strip_prefix(".cache/").is_some_and(|name| !name.is_empty()))
        }
        // Somebody's home by another name.
        None => clean && path.starts_with('/') && !path.split('/').any(|part| part.starts_with('.')),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::tests::source;
    use crate::config::{Layer, load};

    #[test]
    fn the_tracked_file_shows_nothing_of_anybodys_home() {
        for (line, taken) in [
            ("caches = [\"~/.cache/tool\"]", true),
            ("caches = [\"~/sdk\", \"/opt/cache\"]", true),
            ("hide = [\"~/anything\"]", true),
            ("caches = [\"~/.config/tool\"]", false),
            ("caches = [\"~/.cache/../.config/tool\"]", false),
            ("caches = [\"~/.cache/\"]", false),
            ("caches = [\"~\"]", false),
            ("caches = [\"/home/ann/.config/tool\"]", false),
            ("show = [\"~/.tool\"]", false),
        ] {
            let text = format!("[fence]\n{line}\n");
            let kept = load(&[source(Layer::Tracked, &text)])
                .is_ok_and(|config| config.fence_caches.len() + config.fence_hide.len() > 0);
            assert_eq!(kept, taken, "{line}");
            assert!(
                load(&[source(Layer::Tracked, ""), source(Layer::User, &text)]).is_ok(),
                "{line}"
            );
        }
    }
}
