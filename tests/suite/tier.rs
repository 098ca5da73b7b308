//! The fence that Builders run in during a run of the suite: `GIT_HARNESS_TEST_TIER`, one of `shadow` (the default),
//! `landlock` and `overlay`.

use std::fs;

use super::world::{Kind, Templates, World};

/// A tier of the fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// A copy outside the repository, and no help from the kernel.
    Shadow,
    /// The same with Landlock.
    Landlock,
    /// Namespaces and an overlay.
    Overlay,
}

impl Tier {
    /// The tier that the environment asks for.
    pub fn wanted() -> Self {
        match std::env::var("GIT_HARNESS_TEST_TIER").as_deref() {
            Err(_) | Ok("" | "shadow") => Self::Shadow,
            Ok("landlock") => Self::Landlock,
            Ok("overlay") => Self::Overlay,
            Ok(other) => panic!("GIT_HARNESS_TEST_TIER: there is no tier `{other}`"),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Landlock => "landlock",
            Self::Overlay => "overlay",
        }
    }

    /// The stronger tiers, which the machine of a run in this one is to lack.
    pub fn without(self) -> &'static str {
        match self {
            Self::Shadow => "overlay,shadow+landlock",
            Self::Landlock => "overlay",
            Self::Overlay => "",
        }
    }

    /// Has a world's owner ask for the tier, in their own configuration.
    pub fn prepare(self, world: &World) {
        let require = match self {
            Self::Shadow => return,
            Self::Landlock => "kernel",
            Self::Overlay => "overlay",
        };
        let dir = world.root.join("config/git-harness");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("config.toml"), format!("[fence]\nrequire = \"{require}\"\n")).unwrap();
    }

    /// Why the program cannot run a Builder in this tier, where it cannot.
    pub fn missing(self, templates: &Templates) -> Option<String> {
        let world = templates.world(Kind::Builder);
        self.prepare(&world);
        world.trust();
        let said = world.harness(&["exec", "t-1", "--", "sh", "-c", "echo good > src/allowed.txt"]);
        (said.code != 0).then_some(said.text)
    }
}
