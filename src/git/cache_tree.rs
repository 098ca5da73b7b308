//! The tree that an index's cache-tree names, read without decoding a single entry.
//!
//! `git commit` brings the cache-tree up to date before it calls a hook, and commits the very tree that stands there. So a
//! hook that reads it spares itself a `git write-tree`. Whatever is not plain here is left to git.

use gix::ObjectId;
use gix::hash::Kind;

/// The root of a cache-tree that is valid as a whole; `None` where git has to be asked.
pub(super) fn root(index: &[u8], hash: Kind) -> Option<ObjectId> {
    let id = hash.len_in_bytes();
    // The last bytes are the file's own checksum.
    let end = index.len().checked_sub(id)?;
    let mut at = extensions(index, id)?;
    let mut found = None;
    while at + 8 <= end {
        let size = usize::try_from(u32::from_be_bytes(index.get(at + 4..at + 8)?.try_into().ok()?)).ok()?;
        let body = index.get(at + 8..at.checked_add(8)?.checked_add(size)?)?;
        match &index[at..at + 4] {
            b"TREE" => found = Some(top(body, id)?),
            // Entries that are elsewhere, or stand for whole folders.
            b"link" | b"sdir" => return None,
            _ => {}
        }
        at += 8 + size;
    }
    found
}

/// Where the extensions begin, behind the entries.
fn extensions(index: &[u8], id: usize) -> Option<usize> {
    let number = |at: usize| Some(u32::from_be_bytes(index.get(at..at + 4)?.try_into().ok()?));
    // Version 4 shortens paths, so that entries cannot be stepped over.
    if index.get(..4)? != b"DIRC" || !matches!(number(4)?, 2 | 3) {
        return None;
    }
    let mut at = 12;
    for _ in 0..number(8)? {
        let flags = u16::from_be_bytes(index.get(at + 40 + id..at + 42 + id)?.try_into().ok()?);
        let extended = if flags & 0x4000 == 0 { 0 } else { 2 };
        let head = 42 + id + extended;
        let mut length = usize::from(flags & 0xfff);
        if length == 0xfff {
            length = index.get(at + head..)?.iter().position(|byte| *byte == 0)?;
        }
        at += (head + length + 8) & !7;
    }
    Some(at)
}

/// The root entry: an empty name, how many entries it covers (negative: not valid), how many folders, its id.
fn top(body: &[u8], id: usize) -> Option<ObjectId> {
    let line = body.strip_prefix(b"\0")?;
    let end = line.iter().position(|byte| *byte == b'\n')?;
    let covers = std::str::from_utf8(&line[..end]).ok()?.split(' ').next()?;
    if covers.parse::<i64>().ok()? < 0 {
        return None;
    }
    ObjectId::try_from(line.get(end + 1..end + 1 + id)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), entries in 0..3u8) {
            let mut index = b"DIRC\0\0\0\x02\0\0\0".to_vec();
            index.push(entries);
            index.extend(bytes);
            let _ = (root(&index, Kind::Sha1), root(&index, Kind::Sha256));
        }
    }
}
