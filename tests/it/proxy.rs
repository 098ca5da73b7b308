//! The proxy: a program inside the fence reaches the hosts that are named, a model's server without its key, and nobody
//! else.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use super::fakes::model_server::{ModelServer, respond};
use super::sandbox::{Sandbox, one_card};

const KEY: &str = "secret-key-4711";

/// Answers every connection with what it was sent first, in capitals, and hangs up.
fn shouting_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut first = [0; 512];
            let length = stream.read(&mut first).unwrap_or_default();
            // Who has hung up hears nothing.
            let _ = stream.write_all(&first[..length].to_ascii_uppercase());
        }
    });
    address
}

/// A sandbox whose only builder is a bash script with this network, and one card that wants `a.txt` to be changed.
fn with_builder(script: &str, more: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let own = sandbox.beside("config/git-harness");
    fs::create_dir_all(&own).unwrap();
    let script = sandbox.script("builder.sh", script);
    fs::write(
        own.join("config.toml"),
        format!("[roles]\nbuilder = \"b\"\n[builders.b]\nrun = [\"bash\", \"{script}\"]\n{more}"),
    )
    .unwrap();
    sandbox.import("p.json", &one_card("p-1", "a.txt", "grep -q . a.txt"));
    sandbox
}

/// Asks the proxy by bash alone: `ask FIRST_LINE MORE` prints the whole answer.
const ASK: &str = r#"
trap '' PIPE
ask() {
  exec 3<>/dev/tcp/127.0.0.1/61128
  printf "$1 HTTP/1.1\r\n$2\r\n$3" >&3
  cat <&3
  exec 3>&-
}
"#;

#[test]
fn named_hosts_are_reached_and_others_are_refused_by_name() {
    let (named, other) = (shouting_server(), shouting_server());
    let script = format!(
        "{ASK}
         {{
           ask 'CONNECT {named}' '' 'through the tunnel'
           ask 'GET http://{named}/some/path' 'Proxy-Authorization: x\r\nX-Own: y\r\n'
           ask 'CONNECT {other}' ''
           ask 'CONNECT {named}.evil.test:443' ''
           ask 'GET /v1/models' ''
           ask 'nonsense' ''
           (exec 4<>/dev/tcp/{}/{}) 2>&1 && echo 'straight through'
           echo \"$https_proxy $HTTP_PROXY $NO_PROXY\"
         }} > a.txt",
        named.ip(),
        named.port(),
    );
    let sandbox = with_builder(&script, &format!("network = [\"{named}\"]\n"));
    let _ = sandbox.harness(&["run"]).exits(0);
    let text = sandbox.read("a.txt");
    assert!(
        text.contains("200 Connection established") && text.contains("THROUGH THE TUNNEL"),
        "{text}"
    );
    assert!(
        text.contains("GET /SOME/PATH HTTP/1.1") && text.contains("X-OWN: Y"),
        "{text}"
    );
    assert!(!text.contains("PROXY-AUTHORIZATION"), "{text}");
    assert!(
        text.contains(&format!(
            "git-harness: {other} is not among the hosts that this program may reach ({named})"
        )),
        "{text}"
    );
    assert!(
        text.contains("404 Not Found") && text.contains("400 Bad Request"),
        "{text}"
    );
    assert!(!text.contains("straight through"), "{text}");
    assert!(
        text.contains("http://127.0.0.1:61128 http://127.0.0.1:61128 localhost,"),
        "{text}"
    );
    let _ = sandbox
        .harness(&["show", "p-1"])
        .exits(0)
        .prints(&format!("spoke to {named} (2 x, "))
        .prints(&format!("was kept from {other} (1 x)"));
}

#[test]
fn a_program_speaks_to_a_models_server_without_its_key() {
    let answer = "{\"answer\": \"from the server\"}";
    let server = ModelServer::start(vec![respond(
        200,
        "application/json",
        "X-Id: 7\r\nX-Request-Id: 8\r\n",
        answer,
    )]);
    let body = "{\"model\": \"m\", \"a\": \"b\"}";
    let script = format!(
        "{ASK}
         {{
           ask 'POST /v1/chat/completions' 'Authorization: Bearer made-up\r\nContent-Type: application/json\r\nContent-Length: {}\r\n' '{body}'
           ask 'POST /admin' 'Content-Length: 0\r\n'
           ask 'POST /v1/../admin' 'Content-Length: 0\r\n'
           ask 'CONNECT {}' ''
           echo \"$1 $OPENAI_BASE_URL $OPENAI_API_KEY\"
           env
         }} > a.txt; cat /proc/self/environ >> a.txt",
        body.len(),
        server.address.trim_start_matches("http://"),
    );
    let sandbox = with_builder(&script, "");
    let own = sandbox.beside("config/git-harness/config.toml");
    let text = fs::read_to_string(&own)
        .unwrap()
        .replace("builder.sh\"]", "builder.sh\", \"at {gateway}\"]");
    let models = format!(
        "gateway = \"fast\"\n[models.fast]\nprovider = \"openai\"\nmodel = \"m\"\nbase_url = \"{}/v1\"\nkey_env = \"FAST_KEY\"\n",
        server.address
    );
    fs::write(&own, text + &models).unwrap();
    let output = sandbox
        .harness_command()
        .arg("run")
        .env("FAST_KEY", KEY)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = sandbox.read("a.txt");
    assert!(
        text.contains("HTTP/1.1 200")
            && text.contains("x-request-id: 8")
            && !text.contains("x-id")
            && text.contains(answer),
        "{text}"
    );
    assert_eq!(text.matches("403 Forbidden").count(), 3, "{text}");
    assert!(
        text.contains("at http://127.0.0.1:61128/v1 http://127.0.0.1:61128/v1 held-by-git-harness"),
        "{text}"
    );
    assert!(!text.contains(KEY), "{text}");
    let received = server.request();
    assert_eq!(received.line, "POST /v1/chat/completions HTTP/1.1");
    assert_eq!(received.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(received.body["a"], "b");
    assert_eq!(received.header("accept-encoding"), Some("identity"));
    let host = server.address.trim_start_matches("http://");
    let _ = sandbox
        .harness(&["show", "p-1"])
        .exits(0)
        .prints(&format!(
            "spoke to {host} (1 x, {} bytes out, {} in)",
            body.len(),
            answer.len()
        ))
        .prints(&format!("was kept from {host} (3 x)"));
}

#[test]
fn a_connection_that_is_left_open_ends_with_the_program() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, ended) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // It says nothing, and waits for the end.
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        sender.send(all).unwrap();
    });
    let script = format!(
        "exec 3<>/dev/tcp/127.0.0.1/61128
         printf 'CONNECT {address} HTTP/1.1\\r\\n\\r\\nhello' >&3
         read -r line <&3
         (sleep 1000 <&3) &
         echo \"$line\" > a.txt"
    );
    let sandbox = with_builder(&script, &format!("network = \"{address}\"\n"));
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(ended.recv().unwrap(), b"hello");
    let _ = sandbox.harness(&["show", "p-1"]).prints("(1 x, 5 bytes out, 0 in)");
}

#[test]
fn without_the_overlay_nothing_runs_that_should_speak_to_named_hosts() {
    let sandbox = with_builder("echo y > a.txt", "network = [\"api.example\"]\n").without("overlay");
    let _ = sandbox
        .harness(&["run"])
        .says("`network` with named hosts, and `gateway`, need the overlay fence; here is shadow+landlock");
    assert_eq!(sandbox.read("a.txt"), "x\n");
    assert_ne!(sandbox.state("p-1"), "complete");
}

#[test]
fn a_check_may_have_its_hosts_too_and_a_wrong_host_is_named_with_its_place() {
    let named = shouting_server();
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.configure(&format!(
        "[checks.api]\nrun = '''bash -c \"exec 3<>/dev/tcp/127.0.0.1/61128; printf 'CONNECT {named} HTTP/1.1\\\\r\\\\n\\\\r\\\\nhello' >&3; grep -aq HELLO <&3\"'''\nnetwork = [\"{named}\"]\n"
    ));
    sandbox.import("p.json", &one_card("p-1", "a.txt", "api"));
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", "echo y > a.txt"])
        .exits(0);
    let _ = sandbox
        .harness(&["show", "p-1"])
        .prints(&format!("spoke to {named} (1 x, "));
    sandbox.configure("[checks.api]\nrun = \"true\"\nnetwork = [\"api.example\", \"https://other.example/x\"]\n");
    let _ = sandbox
        .harness(&["status"])
        .exits(2)
        .says("`https://other.example/x`: a host is a name without `https://`, a path or a user");
}

#[test]
fn a_connection_carries_one_request_and_leads_where_an_address_is_named() {
    let (named, other, own) = (shouting_server(), shouting_server(), shouting_server());
    let (named_port, other_port, own_port) = (named.port(), other.port(), own.port());
    let script = format!(
        "{ASK}
         {{
           exec 3<>/dev/tcp/127.0.0.1/61128
           printf 'POST http://{named}/one HTTP/1.1\\r\\nContent-Length: 3\\r\\nUpgrade: x\\r\\n\\r\\nabcGET http://{named}/two HTTP/1.1\\r\\nHost: internal.vhost\\r\\n\\r\\n' >&3
           cat <&3; exec 3>&-
           ask 'POST http://{named}/three' 'Transfer-Encoding: chunked\\r\\n' '0\\r\\n\\r\\n'
           ask 'POST http://{named}/four' 'Content-Length: 3\\r\\nContent-Length: 4\\r\\n' 'abcd'
           ask 'CONNECT 127.1:{other_port}' '' 'to the first'
           ask 'GET http://0x7f000001:{other_port}/five' ''
           ask 'CONNECT 127.2:{named_port}' '' 'to the second'
           ask 'CONNECT localhost:{own_port}' '' 'to the third'
         }} > a.txt"
    );
    let hosts = format!(
        "network = [\"{named}\", \"127.1:{other_port}\", \"0x7f000001:{other_port}\", \"127.2:{named_port}\", \"127.0.0.2:{named_port}\", \"localhost:{own_port}\"]\n"
    );
    let sandbox = with_builder(&script, &hosts);
    let _ = sandbox.harness(&["run"]).exits(0);
    let text = sandbox.read("a.txt");
    assert!(
        text.contains("POST /ONE HTTP/1.1") && text.contains("CONTENT-LENGTH: 3"),
        "{text}"
    );
    for second in ["/TWO", "INTERNAL.VHOST", "UPGRADE", "/THREE", "/FOUR"] {
        assert!(!text.contains(second), "{second}: {text}");
    }
    assert_eq!(text.matches("411 Length Required").count(), 2, "{text}");
    let why = format!("127.1:{other_port} leads to 127.0.0.1, an address of this machine or of a private network");
    assert!(text.contains(&why), "{text}");
    assert!(
        text.contains(&format!("has to name the address as well: \"127.0.0.1:{other_port}\"")),
        "{text}"
    );
    assert!(!text.contains("TO THE FIRST") && !text.contains("/FIVE"), "{text}");
    // Named as well, it is reached: nobody listens at that one.
    assert!(
        text.contains(&format!("127.2:{named_port} cannot be reached")),
        "{text}"
    );
    assert!(text.contains("TO THE THIRD"), "{text}");
    let _ = sandbox
        .harness(&["show", "p-1"])
        .prints(&format!("was kept from 127.1:{other_port} (1 x)"));
}
