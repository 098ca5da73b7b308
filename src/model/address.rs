//! Where a model is reached, and what must never be sent there in the open.

use std::net::IpAddr;

use super::Endpoint;
use super::fault::Fault;

/// The whole address of a path below an endpoint, or why nothing may be sent there.
///
/// # Errors
/// Where the address is none, carries a password, or is plain `http://` to another machine.
pub fn url(endpoint: &Endpoint, path: &str) -> Result<String, Fault> {
    let base = endpoint.base_url.trim_end_matches('/');
    let wrong = |said: &str| {
        Err(Fault::Setup {
            said: format!("base_url {said}"),
        })
    };
    let (rest, plain) = match (base.strip_prefix("https://"), base.strip_prefix("http://")) {
        (Some(rest), _) => (rest, false),
        (_, Some(rest)) => (rest, true),
        _ => return wrong("begins with neither http:// nor https://"),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') || rest.contains(['?', '#']) {
        return wrong("holds more than a host and a path; keys belong into key_env or key_cmd");
    }
    if plain && !endpoint.plain_http && !is_loopback(authority) {
        return wrong("sends everything unencrypted to another machine; use https://, or set plain_http = true");
    }
    Ok(format!("{base}{path}"))
}

/// Whether a host, with or without a port, is this machine.
fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Limits, Wire};

    fn checked(base: &str, plain_http: bool) -> Result<String, Fault> {
        let endpoint = Endpoint {
            wire: Wire::OpenAi,
            base_url: base.to_owned(),
            model: "m".to_owned(),
            key: None,
            proxy: None,
            plain_http,
            limits: Limits::default(),
        };
        url(&endpoint, "/chat")
    }

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for base in [
            "http://127.0.0.1:1",
            "http://127.8.9.1/v1",
            "http://localhost:8080/v1/",
            "http://[::1]:3",
            "https://api.example/v1",
        ] {
            assert!(checked(base, false).unwrap().ends_with("/chat"), "{base}");
        }
        for base in [
            "http://10.0.0.1/v1",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://[2001:db8::1]:3",
        ] {
            assert!(checked(base, false).is_err(), "{base}");
            assert!(checked(base, true).is_ok(), "{base}");
        }
        assert_eq!(
            checked("http://localhost:8/v1//", false).unwrap(),
            "http://localhost:8/v1/chat"
        );
    }

    #[test]
    fn no_key_travels_in_an_address() {
        for base in [
            "https://user:pw@api.example",
            "https://api.example/v1?key=abc",
            "http://127.0.0.1@evil.example/",
            "ftp://x",
            "api.example",
        ] {
            let error = checked(base, true).unwrap_err().to_string();
            assert!(
                error.starts_with("base_url") && !error.contains("pw") && !error.contains("abc"),
                "{error}"
            );
        }
    }
}
