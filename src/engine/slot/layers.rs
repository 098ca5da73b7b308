//! A slot's layers: where the changes of one run gather until somebody takes them or throws them away, and what the run
//! finds below them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::oid::Digest;
use crate::fault::{self, Point};
use crate::process::fence::{self, Overlay};

use super::{Slot, SlotError, io_at, stray};

/// One run of a program in a slot: what it finds there, and where its changes go.
#[derive(Debug, Clone)]
pub struct Run {
    /// The tree's folder, in which it works.
    tree: PathBuf,
    /// What else shows there, the topmost first.
    beneath: Vec<PathBuf>,
    /// What set-up put into the caches of well-known tools.
    fetched: PathBuf,
    /// Its own folder; without an overlay only what is kept of it afterwards lies there.
    dir: PathBuf,
    layered: bool,
}

impl Run {
    /// The layers in which its changes to the tree gather; `None` where it writes into the tree's folder itself.
    pub fn overlay(&self) -> Option<Overlay> {
        let mut lower = vec![self.tree.clone()];
        lower.extend(self.beneath.iter().cloned());
        self.layered.then(|| Overlay {
            tree: self.tree.clone(),
            lower,
            upper: self.upper(),
            work: self.dir.join("work"),
        })
    }

    /// Layers for changes to a cache elsewhere, which are thrown away. What set-up fetched into it shows there.
    pub fn cache_layers(&self, cache: PathBuf) -> Result<Overlay, SlotError> {
        let name = cache_name(&cache);
        let dir = self.dir.join("caches").join(&name);
        let (upper, work) = (dir.join("upper"), dir.join("work"));
        for dir in [&upper, &work] {
            fs::create_dir_all(dir).map_err(io_at(dir))?;
        }
        let fetched = self.fetched.join(&name);
        let lower = match fetched.is_dir() {
            true => vec![fetched, cache.clone()],
            false => Vec::new(),
        };
        Ok(Overlay {
            tree: cache,
            lower,
            upper,
            work,
        })
    }

    /// Where its changes to the tree lie.
    pub(super) fn upper(&self) -> PathBuf {
        self.dir.join("upper")
    }

    /// Where its changes to caches lie.
    pub(super) fn caches(&self) -> PathBuf {
        self.dir.join("caches")
    }

    /// Whether what lies in a folder showed beneath the tree.
    pub(super) fn found(&self, layer: &Path) -> bool {
        self.beneath.iter().any(|beneath| beneath == layer)
    }

    /// Whether it has layers of its own.
    pub fn is_layered(&self) -> bool {
        self.layered
    }

    /// A folder as the program finds it, below the top and through no link; `None` where it is not there, or elsewhere.
    pub fn folder(&self, path: &str) -> Option<PathBuf> {
        [&self.tree].into_iter().chain(&self.beneath).find_map(|top| {
            let (top, found) = (top.canonicalize().ok()?, top.join(path).canonicalize().ok()?);
            let below = found.strip_prefix(&top).ok()?.to_owned();
            found.is_dir().then_some(below)
        })
    }

    /// Where a program that ran in such a folder left what it wrote there.
    pub fn written(&self, folder: &Path) -> PathBuf {
        match self.layered {
            true => self.upper().join(folder),
            false => self.tree.join(folder),
        }
    }

    /// Removes a file before the program runs, so that what is found afterwards was written by it. One that lies behind a
    /// link stays, and is not what it wrote.
    pub fn hide(&self, file: &Path) -> io::Result<()> {
        let seen = self.tree.join(file);
        if !self.layered {
            return match fs::remove_file(&seen) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let mut tops = [&self.tree].into_iter().chain(&self.beneath);
        if !tops.any(|top| fs::symlink_metadata(top.join(file)).is_ok()) {
            return Ok(());
        }
        let (upper, parent) = (self.upper(), file.parent().unwrap_or(Path::new("")));
        if parent.ancestors().any(|dir| self.tree.join(dir).is_symlink()) {
            return Ok(());
        }
        fs::create_dir_all(upper.join(parent))?;
        fence::white_out(&upper.join(file))
    }
}

/// The name under which the layers of a cache lie.
fn cache_name(cache: &Path) -> String {
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(cache.as_os_str());
    Digest::of_fields([bytes]).to_string().chars().take(16).collect()
}

impl Slot {
    /// A file beside the tree in which the fence says whether it stood.
    pub fn report(&self) -> PathBuf {
        self.dir.join("fence")
    }

    /// Where the runs lie; none of them has to see another.
    pub fn runs_dir(&self) -> PathBuf {
        self.dir.join("runs")
    }

    /// Begins a run that finds the tree and what is named beneath it, and nothing that another run left: neither in the
    /// tree nor in caches nor in the folder for temporary files.
    pub fn run(&mut self, layered: bool, beneath: Vec<PathBuf>) -> Result<Run, SlotError> {
        self.clear_tmp()?;
        if !layered {
            self.copy_in(&beneath)?;
            self.believe_nothing()?;
        }
        self.runs += 1;
        let run = Run {
            tree: self.tree(),
            beneath,
            fetched: self.fetched(),
            dir: self.runs_dir().join(self.runs.to_string()),
            layered,
        };
        for dir in [run.upper(), run.dir.join("work")] {
            fs::create_dir_all(&dir).map_err(io_at(&dir))?;
        }
        Ok(run)
    }

    /// What a run changed becomes the tree's.
    pub fn take_layers(&mut self, run: &Run) -> Result<(), SlotError> {
        let equalled = self.memory.equals.take();
        self.remember()?;
        let Some(overlay) = run.overlay() else { return Ok(()) };
        fault::at(Point::SlotMerge).map_err(io_at(&overlay.upper))?;
        let touched = fence::merge(&overlay).map_err(|error| io_at(&overlay.upper)(io::Error::other(error)))?;
        fault::at(Point::SlotMerged).map_err(io_at(&overlay.upper))?;
        self.drop_layers()?;
        if let (Some(_), Some(places)) = (&equalled, stray::of(&touched)) {
            self.memory.stray = stray::outermost(self.memory.stray.drain(..).chain(places));
            self.memory.equals = equalled;
            self.remember()?;
        }
        Ok(())
    }

    /// Makes durable all that lies in the slot. By its own folder: others may be closed, and are on the same disk.
    pub(super) fn sync(&self) -> Result<(), SlotError> {
        let sync = || {
            fault::at(Point::SlotSync)?;
            rustix::fs::syncfs(File::open(&self.dir)?)?;
            fault::at(Point::SlotSynced)
        };
        sync().map_err(io_at(&self.dir))
    }

    /// Throws away what one run changed.
    pub fn drop_run(&self, run: &Run) -> Result<(), SlotError> {
        fault::at(Point::SlotDrop).map_err(io_at(&run.dir))?;
        self.clear_away(&run.dir)
    }

    /// Throws away what runs changed. Earlier versions had the layers of one run beside the tree.
    pub(super) fn drop_layers(&self) -> Result<(), SlotError> {
        for name in ["runs", "upper", "work", "caches"] {
            let dir = self.dir.join(name);
            if fs::symlink_metadata(&dir).is_ok() {
                fault::at(Point::SlotDrop).map_err(io_at(&dir))?;
                self.clear_away(&dir)?;
            }
        }
        Ok(())
    }
}
