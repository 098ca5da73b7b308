//! The beginning of a request, and what it asks for. What could be read in two ways is not read at all.

use std::io::{self, Read};

use crate::domain::network::split_port;

/// The longest beginning, in bytes.
const LONGEST: usize = 64 * 1024;
/// No host's name is longer; it is kept in the journal, whose rows others bound.
const LONGEST_NAME: usize = 253;

/// The most headers.
const HEADERS: usize = 128;

/// The beginning of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub method: String,
    pub target: Target,
    pub headers: Vec<(String, Vec<u8>)>,
    /// What came behind it already.
    pub rest: Vec<u8>,
}

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A connection to a host, whatever it carries.
    Tunnel { host: String, port: u16 },
    /// One unencrypted request to a host.
    Plain { host: String, port: u16, path: String },
    /// The server that the proxy stands for.
    Own { path: String },
}

/// Why there is no request.
#[derive(Debug, thiserror::Error)]
pub(super) enum HeadError {
    /// The connection ended, or said nothing for too long.
    #[error("the connection ended: {0}")]
    Ended(#[from] io::Error),
    /// What came is no request.
    #[error("this is no HTTP request that a proxy can read: {0}")]
    Garbled(String),
}

impl Head {
    /// Reads one; `None` where the connection ends without a word.
    pub(super) fn read(stream: &mut impl Read) -> Result<Option<Self>, HeadError> {
        let mut bytes = Vec::new();
        let mut part = [0; 4096];
        loop {
            let length = match stream.read(&mut part) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            if length == 0 && bytes.is_empty() {
                return Ok(None);
            }
            if length == 0 {
                return Err(HeadError::Garbled("it is cut".to_owned()));
            }
            bytes.extend_from_slice(&part[..length]);
            if let Some(head) = Self::parse(&bytes)? {
                return Ok(Some(head));
            }
            if bytes.len() > LONGEST {
                return Err(HeadError::Garbled("its beginning does not end".to_owned()));
            }
        }
    }

    /// Reads one out of bytes; `None` where it is not whole yet.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, HeadError> {
        let garbled = |why: &str| HeadError::Garbled(why.to_owned());
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let length = match request.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => return Err(HeadError::Garbled(error.to_string())),
        };
        let method = request.method.unwrap_or_default().to_owned();
        let target = target(&method, request.path.unwrap_or_default()).ok_or_else(|| garbled("its target"))?;
        Ok(Some(Self {
            method,
            target,
            headers: request
                .headers
                .iter()
                .map(|header| (header.name.to_ascii_lowercase(), header.value.to_vec()))
                .collect(),
            rest: bytes[length..].to_vec(),
        }))
    }

    /// The bytes of the body that is announced: none without a word.
    ///
    /// # Errors
    /// Where the length is not said in the one way that cannot be misread.
    pub(super) fn body_length(&self) -> Result<usize, HeadError> {
        let mut said = self.headers.iter().filter(|(name, _)| name == "content-length");
        let other = self.headers.iter().any(|(name, _)| name == "transfer-encoding");
        match (said.next(), said.next(), other) {
            (None, None, false) => Ok(0),
            (Some((_, value)), None, false) => std::str::from_utf8(value)
                .ok()
                .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|digits| digits.parse().ok())
                .ok_or_else(|| HeadError::Garbled("its length".to_owned())),
            _ => Err(HeadError::Garbled(
                "its length has to be said by one Content-Length".to_owned(),
            )),
        }
    }
}

/// What a request line asks for; `None` where that is not clear.
fn target(method: &str, text: &str) -> Option<Target> {
    if method == "CONNECT" {
        let (host, port) = split_port(text).filter(|(host, _)| host.len() <= LONGEST_NAME)?;
        return Some(Target::Tunnel {
            host: host.to_owned(),
            port: port?,
        });
    }
    if text.starts_with('/') {
        return Some(Target::Own { path: text.to_owned() });
    }
    let rest = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("http://"))?;
    let rest = &text[rest.len()..];
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (host, port) = split_port(authority).filter(|(host, _)| host.len() <= LONGEST_NAME)?;
    if authority.contains(['@', '#', '\\']) {
        return None;
    }
    let slash = if path.starts_with('/') { "" } else { "/" };
    Some(Target::Plain {
        host: host.to_owned(),
        port: port.unwrap_or(80),
        path: format!("{slash}{path}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Option<Target> {
        let text = format!("{line} HTTP/1.1\r\nHost: x\r\n\r\nrest");
        Head::parse(text.as_bytes()).ok().flatten().map(|head| head.target)
    }

    /// What is asked for is remembered, refused or not.
    #[test]
    fn a_name_that_no_host_has_is_none() {
        for length in [253, 254, 60_000] {
            let host = "x".repeat(length);
            let is_taken = asked(&format!("CONNECT {host}:443")).is_some();
            assert_eq!(is_taken, length == 253, "{length}");
            assert_eq!(asked(&format!("GET http://{host}/")).is_some(), is_taken, "{length}");
        }
    }

    #[test]
    fn three_kinds_of_requests_are_told_apart() {
        let host = || "api.example".to_owned();
        assert_eq!(
            asked("CONNECT api.example:443"),
            Some(Target::Tunnel {
                host: host(),
                port: 443
            })
        );
        assert_eq!(
            asked("GET http://api.example/a?b=http://evil.test/"),
            Some(Target::Plain {
                host: host(),
                port: 80,
                path: "/a?b=http://evil.test/".to_owned()
            })
        );
        assert_eq!(
            asked("GET HTTP://api.example:81?q"),
            Some(Target::Plain {
                host: host(),
                port: 81,
                path: "/?q".to_owned()
            })
        );
        assert_eq!(
            asked("POST /v1/messages"),
            Some(Target::Own {
                path: "/v1/messages".to_owned()
            })
        );
        for line in [
            "CONNECT api.example",
            "CONNECT api.example:x",
            "GET https://api.example/",
            "GET ftp://api.example/",
            "GET api.example",
            "OPTIONS *",
            "GET http://user@api.example/",
        ] {
            assert_eq!(asked(line), None, "{line}");
        }
    }

    #[test]
    fn a_body_has_one_length_or_none() {
        let length = |headers: &str| {
            let text = format!("POST / HTTP/1.1\r\n{headers}\r\n");
            Head::parse(text.as_bytes()).unwrap().unwrap().body_length().ok()
        };
        assert_eq!(length(""), Some(0));
        assert_eq!(length("Content-Length: 12\r\n"), Some(12));
        for headers in [
            "Content-Length: 1\r\nContent-Length: 2\r\n",
            "Content-Length: +1\r\n",
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\n",
        ] {
            assert_eq!(length(headers), None, "{headers}");
        }
    }

    #[test]
    fn it_is_read_in_pieces_and_has_an_end() {
        let mut one_by_one = "GET /x HTTP/1.1\r\nA: b\r\n\r\n".as_bytes().chain("rest".as_bytes());
        let head = Head::read(&mut one_by_one).unwrap().unwrap();
        assert_eq!(head.headers, [("a".to_owned(), b"b".to_vec())]);
        assert!(Head::read(&mut io::empty()).unwrap().is_none());
        assert!(Head::read(&mut "GET /x".as_bytes()).is_err());
        let endless = format!("GET /{} HTTP/1.1", "x".repeat(LONGEST));
        assert!(Head::read(&mut endless.as_bytes()).is_err());
    }
}
