//! `$Id$` with the blob's name, to the byte as git writes it: gix leaves out the blank before the closing dollar.

use gix::bstr::ByteSlice;

use crate::domain::oid::BlobId;

/// The bytes with every `$Id$` expanded; `None` where there is none. What git wrote once and was stored so is written
/// anew, and what another system wrote stays.
pub(super) fn expand(bytes: &[u8], blob: BlobId) -> Option<Vec<u8>> {
    let mut expanded = Vec::new();
    let (mut taken, mut from) = (0, 0);
    while let Some(found) = bytes[from..].find(b"$Id") {
        let begin = from + found;
        from = begin + 3;
        let rest = &bytes[from..];
        let end = match rest.first() {
            Some(b'$') => from + 1,
            Some(b':') => {
                let Some(dollar) = rest.find_byte(b'$') else { break };
                let said = &rest[1..dollar];
                // A blank is only at the ends of what git writes.
                let is_foreign = said
                    .get(1..)
                    .and_then(|said| said.find_byte(b' '))
                    .is_some_and(|at| at + 2 < said.len());
                if said.contains(&b'\n') || is_foreign {
                    continue;
                }
                from + dollar + 1
            }
            _ => continue,
        };
        expanded.extend_from_slice(&bytes[taken..begin]);
        expanded.extend_from_slice(format!("$Id: {blob} $").as_bytes());
        (taken, from) = (end, end);
    }
    (taken > 0).then(|| {
        expanded.extend_from_slice(&bytes[taken..]);
        expanded
    })
}
