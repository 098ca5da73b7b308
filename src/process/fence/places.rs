//! Where the paths of a confinement really lead: walls stand around places, and a path is only one way to a place. Folders
//! of a user are often links to another disk, or are named by way of others (`~/x/../cache`).

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Confinement;

/// More links on one way than the kernel follows.
const MOST_LINKS: usize = 40;

impl Confinement {
    /// The same by real paths. The links on the ways are shown, so that the paths that were named lead there inside, too.
    pub(super) fn real(mut self) -> Self {
        let mut links = Vec::new();
        let overlays = self.overlays.iter_mut();
        let seen = overlays.map(|overlay| &mut overlay.tree).chain(&mut self.writable);
        for path in seen.chain(&mut self.shown) {
            if let Some(place) = real(path, &mut links) {
                *path = place;
            }
        }
        for overlay in &mut self.overlays {
            for path in overlay.lower.iter_mut().chain([&mut overlay.upper, &mut overlay.work]) {
                follow(path);
            }
        }
        self.bound.iter_mut().for_each(|bound| follow(&mut bound.folder));
        self.closed.iter_mut().for_each(|closed| follow(&mut closed.dir));
        self.hidden.retain(|path| path.exists());
        self.hidden.iter_mut().for_each(follow);
        self.shown.append(&mut links);
        self
    }
}

/// What is not there, or is no way at all, stays as it is named.
fn follow(path: &mut PathBuf) {
    if let Ok(place) = path.canonicalize() {
        *path = place;
    }
}

/// Where a path leads, if anything is there; the links on the way, each by its own real place, are added.
fn real(path: &Path, links: &mut Vec<PathBuf>) -> Option<PathBuf> {
    let place = path.canonicalize().ok()?;
    // Most paths are real ones.
    if place != path && path.is_absolute() {
        add_links(path, links);
    }
    Some(place)
}

fn add_links(path: &Path, links: &mut Vec<PathBuf>) {
    let mut place = PathBuf::from("/");
    let mut rest = parts(path);
    let mut followed = 0;
    while let Some(part) = rest.pop_front() {
        if part == ".." {
            place.pop();
            continue;
        }
        let next = place.join(part);
        let Ok(target) = fs::read_link(&next) else {
            place = next;
            continue;
        };
        followed += 1;
        if followed > MOST_LINKS {
            return;
        }
        links.push(next);
        if target.is_absolute() {
            place = PathBuf::from("/");
        }
        for part in parts(&target).into_iter().rev() {
            rest.push_front(part);
        }
    }
}

fn parts(path: &Path) -> VecDeque<OsString> {
    let named = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_links_on_a_way_are_named_where_they_lie() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        for name in ["disk/cache/pip", "home/u", "other"] {
            fs::create_dir_all(top.join(name)).unwrap();
        }
        symlink("../disk", top.join("home/disk")).unwrap();
        symlink("../disk/cache", top.join("home/u/.cache")).unwrap();
        symlink(top.join("home/u"), top.join("me")).unwrap();
        let mut links = Vec::new();
        let way = top.join("other/../me/.cache/pip");
        assert_eq!(real(&way, &mut links), Some(top.join("disk/cache/pip")));
        assert_eq!(
            links,
            [top.join("me"), top.join("home/u/.cache"), top.join("home/disk")]
        );
        links.clear();
        assert_eq!(real(&top.join("disk/cache"), &mut links), Some(top.join("disk/cache")));
        assert_eq!(real(&top.join("none"), &mut links), None);
        symlink("round", top.join("round")).unwrap();
        assert_eq!(real(&top.join("round/x"), &mut links), None);
        assert!(links.is_empty());
    }
}
