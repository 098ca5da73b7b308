//! Object ids that say which kind of object they name, so that a tree is never taken for a commit.
//!
//! The hash itself is gix's; nothing else of gix may enter the domain.

use std::fmt;
use std::str::FromStr;

use gix::ObjectId;
use gix::hash::Kind;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is not an object id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a full {kind} id (40 hexadecimal digits, or 64)")]
pub struct OidError {
    kind: &'static str,
    text: String,
}

macro_rules! object_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(ObjectId);

        impl $name {
            /// Wraps a hash that the caller knows to name this kind of object.
            pub const fn new(id: ObjectId) -> Self {
                Self(id)
            }

            /// The bare hash, for calls into git.
            pub const fn object_id(&self) -> ObjectId {
                self.0
            }

            /// The first `len` hexadecimal digits, for people.
            pub fn short(&self, len: usize) -> String {
                self.0.to_hex_with_len(len).to_string()
            }
        }

        impl FromStr for $name {
            type Err = OidError;
            fn from_str(text: &str) -> Result<Self, OidError> {
                ObjectId::from_hex(text.as_bytes())
                    .map(Self)
                    .map_err(|_| OidError { kind: $kind, text: text.to_owned() })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($kind, " {}"), self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

object_id!(
    /// The id of a commit.
    CommitId, "commit"
);
object_id!(
    /// The id of a tree.
    TreeId, "tree"
);
object_id!(
    /// The id of a blob.
    BlobId, "blob"
);

impl TreeId {
    /// The tree without entries, which every repository of this hash has.
    pub const fn empty(hash: Kind) -> Self {
        Self(ObjectId::empty_tree(hash))
    }

    /// Whether it is a tree without entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty_tree()
    }
}

/// A blake3 digest of bytes that the harness keeps or compares: packets, answers, logs, check sets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Digests the bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Digests several fields so that no two lists of fields give the same input.
    pub fn of_fields<'a>(fields: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for field in fields {
            hasher.update(&(field.len() as u64).to_le_bytes());
            hasher.update(field);
        }
        Self(*hasher.finalize().as_bytes())
    }

    /// The digest itself.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 12 hexadecimal digits, for people and trailers.
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(12);
        text
    }
}

impl FromStr for Digest {
    type Err = OidError;
    fn from_str(text: &str) -> Result<Self, OidError> {
        // One text for one digest: else a changed byte in it would go unnoticed.
        let is_plain = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        blake3::Hash::from_hex(text)
            .ok()
            .filter(|_| is_plain)
            .map(|hash| Self(*hash.as_bytes()))
            .ok_or_else(|| OidError {
                kind: "blake3",
                text: text.to_owned(),
            })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "digest {}", self.short())
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_print_and_parse_and_a_short_one_is_refused() {
        let text = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        assert_eq!(text.parse::<TreeId>().unwrap(), TreeId::empty(Kind::Sha1));
        assert_eq!(TreeId::empty(Kind::Sha1).to_string(), text);
        let long = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";
        assert_eq!(long.parse::<TreeId>().unwrap(), TreeId::empty(Kind::Sha256));
        assert_eq!(
            "4b825d".parse::<CommitId>().unwrap_err().to_string(),
            "`4b825d` is not a full commit id (40 hexadecimal digits, or 64)"
        );
    }

    #[test]
    fn fields_that_join_to_the_same_text_have_different_digests() {
        assert_ne!(
            Digest::of_fields([b"ab".as_slice(), b"c"]),
            Digest::of_fields([b"a".as_slice(), b"bc"])
        );
    }
}
