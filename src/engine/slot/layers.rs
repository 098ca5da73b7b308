//! A slot's layers: where the changes of a fenced program gather until somebody takes them or throws them away.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::fault::{self, Point};
use crate::process::fence::{self, Overlay};

use super::{Slot, SlotError, io_at, remove};

impl Slot {
    /// A file beside the tree in which the fence says whether it stood.
    pub fn report(&self) -> PathBuf {
        self.dir.join("fence")
    }

    /// The layers in which a program's changes to the tree gather.
    pub fn layers(&self) -> Result<Overlay, SlotError> {
        let overlay = self.overlay();
        for dir in [&overlay.upper, &overlay.work] {
            fs::create_dir_all(dir).map_err(io_at(dir))?;
        }
        Ok(overlay)
    }

    fn overlay(&self) -> Overlay {
        Overlay {
            tree: self.tree(),
            upper: self.dir.join("upper"),
            work: self.dir.join("work"),
        }
    }

    /// Layers for changes to a folder elsewhere, which are thrown away.
    pub fn cache_layers(&self, number: usize, tree: PathBuf) -> Result<Overlay, SlotError> {
        let dir = self.dir.join("caches").join(number.to_string());
        let (upper, work) = (dir.join("upper"), dir.join("work"));
        for dir in [&upper, &work] {
            fs::create_dir_all(dir).map_err(io_at(dir))?;
        }
        Ok(Overlay { tree, upper, work })
    }

    /// A file as a program saw it that worked in the tree, with the layers or without: its place, if it is there.
    pub fn seen(&self, path: &Path) -> Vec<PathBuf> {
        vec![self.overlay().upper.join(path), self.tree().join(path)]
    }

    /// What a program changed in the layers becomes the tree's.
    pub fn take_layers(&self) -> Result<(), SlotError> {
        let overlay = self.overlay();
        if !overlay.upper.exists() {
            return Ok(());
        }
        fault::at(Point::SlotMerge).map_err(io_at(&overlay.upper))?;
        fence::merge(&overlay).map_err(|error| io_at(&overlay.upper)(io::Error::other(error)))?;
        fault::at(Point::SlotMerged).map_err(io_at(&overlay.upper))?;
        self.drop_layers()
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

    /// Throws away what programs changed in the layers.
    pub(super) fn drop_layers(&self) -> Result<(), SlotError> {
        for name in ["upper", "work", "caches"] {
            let dir = self.dir.join(name);
            if fs::symlink_metadata(&dir).is_ok() {
                fault::at(Point::SlotDrop).map_err(io_at(&dir))?;
                remove(&dir)?;
            }
        }
        Ok(())
    }
}
