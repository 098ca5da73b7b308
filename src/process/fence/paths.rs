//! Paths in what the inside is told: as text where they are text, else as their bytes.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize)]
#[serde(untagged)]
enum Told<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Heard {
    Text(PathBuf),
    Bytes(Vec<u8>),
}

fn told(path: &Path) -> Told<'_> {
    match path.to_str() {
        Some(text) => Told::Text(text),
        None => Told::Bytes(path.as_os_str().as_bytes()),
    }
}

fn heard(path: Heard) -> PathBuf {
    match path {
        Heard::Text(path) => path,
        Heard::Bytes(bytes) => OsString::from_vec(bytes).into(),
    }
}

/// One path.
pub mod one {
    use super::*;

    /// As text where it is text, else as its bytes.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        told(path).serialize(to)
    }

    /// Either.
    ///
    /// # Errors
    /// Those of `from`.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        Heard::deserialize(from).map(heard)
    }
}

/// Any number of them.
pub(super) mod many {
    use super::*;

    pub fn serialize<S: Serializer>(paths: &[PathBuf], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(paths.iter().map(|path| told(path)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
        let paths = Vec::<Heard>::deserialize(from)?;
        Ok(paths.into_iter().map(heard).collect())
    }
}

/// One that may be missing.
pub(super) mod maybe {
    use super::*;

    pub fn serialize<S: Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
        path.as_deref().map(told).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
        Ok(Option::<Heard>::deserialize(from)?.map(heard))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Order {
        #[serde(with = "one")]
        one: PathBuf,
        #[serde(with = "many")]
        many: Vec<PathBuf>,
        #[serde(with = "maybe")]
        some: Option<PathBuf>,
        #[serde(with = "maybe")]
        none: Option<PathBuf>,
    }

    #[test]
    fn every_path_comes_through() {
        let odd = PathBuf::from(OsString::from_vec(b"/home/caf\xe9/\xff\n\"".to_vec()));
        let order = Order {
            one: odd.clone(),
            many: vec!["/plain".into(), odd.clone(), "/caf\u{e9}".into()],
            some: Some(odd),
            none: None,
        };
        let text = serde_json::to_string(&order).unwrap();
        assert!(text.contains("\"/plain\""), "{text}");
        assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), order);
    }
}
