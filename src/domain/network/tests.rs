//! Hosts and addresses, named and asked for.

use super::*;

fn admits(rule: &str, name: &str, port: u16) -> bool {
    Host::parse(rule).unwrap().admits(name, port)
}

#[test]
fn a_name_is_that_name_at_the_usual_ports() {
    assert!(admits("api.example.com", "api.example.com", 443));
    assert!(admits("API.example.com", "api.EXAMPLE.com.", 80));
    for (name, port) in [
        ("api.example.com", 22),
        ("example.com", 443),
        ("x.api.example.com", 443),
        ("api.example.com.evil.test", 443),
        ("xapi.example.com", 443),
        ("api.example.com\0.evil.test", 443),
        ("", 443),
    ] {
        assert!(!admits("api.example.com", name, port), "{name}:{port}");
    }
}

#[test]
fn a_star_stands_for_what_is_below_and_a_port_for_itself() {
    assert!(admits("*.example.com", "a.example.com", 443));
    assert!(admits("*.example.com", "b.a.example.com", 443));
    assert!(!admits("*.example.com", "example.com", 443));
    assert!(!admits("*.example.com", "aexample.com", 443));
    assert!(admits("example.com:8443", "example.com", 8443));
    assert!(!admits("example.com:8443", "example.com", 443));
    assert!(admits("[::1]:80", "::1", 80));
    assert!(admits("10.0.0.1", "10.0.0.1", 443));
}

#[test]
fn where_a_name_leads_is_named_as_well_or_public() {
    let reaches = |rules: &[&str], name: &str, port: u16, address: &str| {
        let hosts = rules.iter().map(|rule| Host::parse(rule).unwrap()).collect();
        Network::Hosts(hosts).reaches(name, port, address.parse().unwrap())
    };
    let any = &["*.example.org"][..];
    assert!(reaches(any, "a.example.org", 443, "93.184.216.34"));
    for closed in [
        "127.0.0.1",
        "169.254.169.254",
        "10.0.0.7",
        "::1",
        "::ffff:127.0.0.1",
        "fd00::1",
    ] {
        assert!(!reaches(any, "a.example.org", 443, closed), "{closed}");
    }
    assert!(reaches(
        &["*.example.org", "10.0.0.7"],
        "a.example.org",
        443,
        "10.0.0.7"
    ));
    assert!(!reaches(
        &["*.example.org", "10.0.0.7:22"],
        "a.example.org",
        443,
        "10.0.0.7"
    ));
    assert!(reaches(
        &["git.example.org", "10.0.0.0/8"],
        "git.example.org",
        443,
        "10.9.9.9"
    ));
    assert!(
        !reaches(&["10.0.0.7"], "a.example.org", 443, "10.0.0.7"),
        "the name is not named"
    );
    assert!(reaches(&["127.0.0.1:8080"], "127.0.0.1", 8080, "127.0.0.1"));
    assert!(reaches(&["10.0.0.0/8:8080"], "10.1.1.1", 8080, "10.1.1.1"));
    assert!(reaches(&["localhost:8080"], "localhost", 8080, "::1"));
    assert!(!reaches(&["localhost:8080"], "localhost", 8080, "10.0.0.1"));
    assert!(
        !reaches(&["127.1:8080"], "127.1", 8080, "127.0.0.1"),
        "another way to write it"
    );
    assert!(!reaches(&["*.localhost:80"], "x.localhost", 80, "127.0.0.1"));
}

#[test]
fn what_is_no_host_is_said() {
    for (text, error) in [
        ("https://example.com", HostError::Address),
        ("example.com/path", HostError::Address),
        ("user@example.com", HostError::Address),
        ("example.com:", HostError::Port),
        ("example.com:99999", HostError::Port),
        ("example.com:+80", HostError::Port),
        ("", HostError::Name),
        ("*", HostError::Name),
        ("*.", HostError::Name),
        ("a*.example.com", HostError::Name),
        ("a..b", HostError::Name),
        ("exämple.com", HostError::Name),
    ] {
        assert_eq!(Host::parse(text), Err(error), "{text}");
    }
}

#[test]
fn it_is_written_as_it_is_read() {
    for text in [
        "api.example.com",
        "*.example.com:8443",
        "[::1]:80",
        "10.0.0.1",
        "10.0.0.0/8",
        "[fd00::/8]:80",
    ] {
        assert_eq!(Host::parse(text).unwrap().to_string(), text);
    }
    let hosts = Network::Hosts(vec![
        Host::parse("a.example").unwrap(),
        Host::parse("*.b.example").unwrap(),
    ]);
    let json = r#"{"hosts":["a.example","*.b.example"]}"#;
    assert_eq!(serde_json::to_string(&hosts).unwrap(), json);
    assert_eq!(serde_json::from_str::<Network>(json).unwrap(), hosts);
    assert_eq!(serde_json::to_string(&Network::Open).unwrap(), "\"open\"");
    assert!(serde_json::from_str::<Network>(r#"{"hosts":["a/b"]}"#).is_err());
    assert_eq!(hosts.to_string(), "a.example, *.b.example");
}
