//! The gateway: a client of its own between a program inside the fence and a model's server. What is asked is judged and
//! paid for, and the key stays outside whatever comes back.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::sandbox::{Outcome, Sandbox, one_card};

const KEY: &str = "Quai-tx9Zr4mLw7Vb2kPd8sNyGe3hT";

/// Asks the proxy by bash alone: `ask METHOD PATH BODY MORE_HEADERS` prints the whole answer.
const ASK: &str = r#"
trap '' PIPE
ask() {
  exec 3<>/dev/tcp/127.0.0.1/61128
  printf '%s %s HTTP/1.1\r\nContent-Length: %s\r\n%b\r\n%s' "$1" "$2" "${#3}" "$4" "$3" >&3
  cat <&3
  exec 3>&-
}
"#;

/// A server that answers each request by what `answer` makes of its head, and tells the first line of each.
fn server(answer: impl Fn(&str) -> Vec<Vec<u8>> + Send + 'static) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = head_and_body(&stream);
            let _ = sender.send(head.lines().next().unwrap_or_default().to_owned());
            for part in answer(&head) {
                // Who has hung up hears nothing.
                let _ = stream.write_all(&part).and_then(|()| stream.flush());
            }
        }
    });
    (address, lines)
}

fn head_and_body(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or_default() == 0 {
            return head;
        }
    }
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    head + &String::from_utf8_lossy(&body)
}

/// A repository whose Builder is a bash script behind a gateway to a model on a server, with more of its configuration.
fn with_gateway(script: &str, server: SocketAddr, provider: &str, path: &str, more: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let own = sandbox.beside("config/git-harness");
    fs::create_dir_all(&own).unwrap();
    let script = sandbox.script("builder.sh", &format!("{ASK}\n{script}"));
    fs::write(
        own.join("config.toml"),
        format!(
            "[roles]\nbuilder = \"b\"\n[builders.b]\nrun = [\"bash\", \"{script}\"]\ngateway = \"m\"\n\
             [models.m]\nprovider = \"{provider}\"\nmodel = \"m-1\"\nbase_url = \"http://{server}{path}\"\n\
             key_env = \"WORD_OF_THE_MODEL\"\n{more}"
        ),
    )
    .unwrap();
    sandbox.import("p.json", &one_card("p-1", "a.txt", "grep -q . a.txt"));
    sandbox
}

fn run(sandbox: &Sandbox) -> Outcome {
    let mut command = sandbox.harness_command();
    command.arg("run").env("WORD_OF_THE_MODEL", KEY);
    Sandbox::outcome_of(command)
}

fn each(form: impl Fn(u8) -> String) -> String {
    KEY.bytes().map(form).collect()
}

fn turned(text: &str) -> String {
    text.chars().rev().collect()
}

/// The digits of a text in a base of 32 or 64 signs.
fn based(text: &str, width: usize, signs: &[u8]) -> String {
    let bits: Vec<u8> = text
        .bytes()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    let sign = |bits: &[u8]| {
        let value = bits.iter().fold(0, |sum, bit| sum << 1 | usize::from(*bit));
        char::from(signs[value << (width - bits.len())])
    };
    bits.chunks(width).map(sign).collect()
}

/// The key as a server can write it down, in more than ten ways.
fn disguises() -> Vec<String> {
    let signs = |last: &str| format!("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789{last}");
    let base32 = |text: &str| based(text, 5, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    let rotated = |byte: u8| match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
        other => other,
    };
    let mut all = vec![
        KEY.to_owned(),
        turned(KEY),
        each(|byte| format!("{byte:02x}")),
        each(|byte| format!("{byte:02X} ")),
        base32(KEY),
        base32(&turned(KEY)).to_lowercase(),
        each(|byte| format!("%{byte:02X}")),
        each(|byte| format!("\\u{byte:04x}")),
        each(|byte| format!("\\x{byte:02x}")),
        each(|byte| format!("&#{byte};")),
        each(|byte| format!("&#x{byte:X};")),
        each(|byte| format!("={byte:02X}")),
        each(|byte| char::from(rotated(byte)).to_string()),
        each(|byte| format!("{byte},")),
    ];
    for last in ["+/", "-_"] {
        for before in ["", "x", "xy", "Bearer "] {
            all.push(based(&format!("{before}{KEY}"), 6, signs(last).as_bytes()));
        }
    }
    all
}

#[test]
fn the_key_is_in_nothing_that_comes_back_however_it_is_written() {
    let everything = disguises().join("\n");
    let answered = everything.clone();
    let (address, _lines) = server(move |head| {
        assert!(
            head.contains(&format!("Bearer {KEY}")),
            "the server itself is told: {head}"
        );
        let first = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: {KEY}\r\nset-cookie: {KEY}\r\nconnection: close\r\n\r\n"
        );
        let mut parts = vec![first.into_bytes()];
        // In pieces of seven bytes, so that no secret comes in one.
        parts.extend(answered.as_bytes().chunks(7).map(<[u8]>::to_vec));
        parts.push(head.as_bytes().to_vec());
        parts
    });
    let script = "{ ask POST /v1/chat/completions '{\"model\":\"m-1\"}' ''; ask GET /v1/models '' ''; } | tee a.txt";
    let sandbox = with_gateway(script, address, "openai", "/v1", "");
    let _ = run(&sandbox).exits(0);
    let landed = sandbox.read("a.txt");
    assert!(
        landed.contains("x-request-id: ****") && landed.contains("authorization: Bearer ****"),
        "{landed}"
    );
    assert_eq!(landed.matches("HTTP/1.1 200").count(), 2);
    let mut kept = vec![landed];
    for command in [
        &["show", "p-1"][..],
        &["log"],
        &["log", "--json"],
        &["status", "--json"],
        &["search", "authorization"],
        &["show", "p-1", "--json"],
    ] {
        let said = sandbox.harness(command);
        kept.push(said.stdout + &said.stderr);
    }
    for file in files_below(&sandbox.repo().join(".git/harness")) {
        kept.push(String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned());
    }
    assert!(kept.len() > 10, "the journal and transcripts were looked at");
    for text in &kept {
        for form in everything.lines() {
            assert!(!text.contains(form), "{form}: {text}");
        }
    }
}

fn files_below(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(files_below(&path)),
            path => found.push(path),
        }
    }
    found
}

#[test]
fn a_key_that_a_program_prints_is_refused_in_every_disguise() {
    // The program has the key from elsewhere; what it leaves is refused by its line, and no object is made of it.
    let (address, _lines) = server(|_| Vec::new());
    let sandbox = with_gateway("true", address, "openai", "/v1", "");
    for (number, form) in disguises().iter().enumerate().step_by(4) {
        let script = sandbox.script("builder.sh", &format!("cat > a.txt <<'END'\n{form}\nEND"));
        assert!(script.ends_with("builder.sh"));
        let ended = run(&sandbox);
        assert_ne!(ended.code, 0, "{number}: {form}");
        assert_eq!(sandbox.read("a.txt"), "x\n", "{form}");
        let _ = sandbox.harness(&["show", "p-1"]).prints("holds a secret");
        let _ = sandbox.harness(&["retry", "p-1"]);
    }
}

#[test]
fn a_program_asks_for_an_answer_of_its_model_and_for_nothing_else() {
    let (address, lines) = server(|_| vec![b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_vec()]);
    let script = r#"
    ok='{"model":"m-1","messages":[]}'
    {
      for method in TRACE CONNECT PUT PATCH DELETE OPTIONS PROPFIND; do ask $method /api/chat "$ok" ''; done
      for path in /api/pull /api/create /api/push /api/delete /api/copy /anything /api/%63hat //api/chat /api//chat \
                  /x/../api/chat /x/%2e%2e/api/chat /x/%252e%252e/api/chat '/x/..;/api/chat' '/api/chat;x' '/api\chat' \
                  '/api/chat?x=/../pull' '/api/chat#x' /api/chat/; do ask POST "$path" "$ok" ''; done
      ask GET /api/delete '' ''
      for body in '{"model":"other"}' '{"model":"m-1","model":"other"}' '{"model":"m-1","Model":"other"}' '[]' 'x' '{"model":"m-1"}{}' \
                  '{"model":"m-1","options":{"num_predict":-1}}' '{"model":"m-1","from":"other"}'; do ask POST /api/chat "$body" ''; done
      exec 3<>/dev/tcp/127.0.0.1/61128
      printf 'POST /api/chat HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' >&3; cat <&3; exec 3>&-
      exec 3<>/dev/tcp/127.0.0.1/61128
      printf 'POST /api/chat HTTP/1.1\r\nContent-Length: 40000000\r\n\r\n' >&3; cat <&3; exec 3>&-
      ask GET http://169.254.169.254/latest/meta-data '' ''
    } > a.txt
    ask POST /api/chat "$ok" '' >> a.txt
    "#;
    let sandbox = with_gateway(script, address, "ollama", "", "");
    let _ = run(&sandbox).exits(0);
    let asked: Vec<String> = lines.try_iter().collect();
    assert_eq!(
        asked,
        ["POST /api/chat HTTP/1.1"],
        "one request was one that is passed on"
    );
    let shown = sandbox.harness(&["show", "p-1"]).exits(0);
    let _ = shown
        .prints(&format!("spoke to {address} (1 x,"))
        .prints(&format!("was kept from {address} ("));
}

#[test]
fn headers_are_those_that_a_model_needs() {
    let (address, _lines) =
        server(|head| vec![format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{head}").into_bytes()]);
    let script = "ask POST /v1/messages '{\"model\":\"m-1\",\"max_tokens\":5}' 'Cookie: c=1\\r\\nX-Forwarded-For: 127.0.0.1\\r\\nOpenAI-Organization: o\\r\\nx-api-key: mine\\r\\nAccept-Encoding: gzip\\r\\nUser-Agent: agent-1\\r\\nAnthropic-Version: 1\\r\\n' > a.txt";
    let sandbox = with_gateway(script, address, "anthropic", "", "");
    let _ = run(&sandbox).exits(0);
    let text = sandbox.read("a.txt").to_ascii_lowercase();
    for passed in [
        "user-agent: agent-1",
        "anthropic-version: 1",
        "accept-encoding: identity",
        "x-api-key: ****",
        "content-type: application/json",
    ] {
        assert!(text.contains(passed), "{passed}: {text}");
    }
    for kept in ["cookie", "x-forwarded-for", "organization", "mine", "gzip"] {
        assert!(!text.contains(kept), "{kept}: {text}");
    }
}

/// The price of a call is known by its tokens: a dollar for each of input and output, as if they were few.
const PRICE: &str = "price = { input = 1.00, output = 1.00 }\nmax_output = 1000\n";

fn counting(input: u64, output: u64) -> impl Fn(&str) -> Vec<Vec<u8>> + Send + 'static {
    move |_| {
        let body = format!(
            "{{\"choices\":[{{\"message\":{{\"content\":\"Hello\"}}}}],\"usage\":{{\"prompt_tokens\":{input},\"completion_tokens\":{output}}}}}"
        );
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
        vec![head.as_bytes().to_vec(), body.into_bytes()]
    }
}

const TEN_CALLS: &str =
    "for n in 1 2 3 4 5 6 7 8 9 10; do ask POST /v1/chat/completions '{\"model\":\"m-1\"}' ''; echo; done > a.txt";

#[test]
fn what_a_program_asks_is_held_against_every_budget() {
    for span in ["day", "task", "run"] {
        // The worst case is some 2,050 micro-dollars, and each call costs 700.
        let (address, lines) = server(counting(600, 100));
        let sandbox = with_gateway(
            TEN_CALLS,
            address,
            "openai",
            "/v1",
            &format!("{PRICE}[budget]\n{span} = \"0.004\"\n"),
        );
        let _ = run(&sandbox).exits(0);
        let text = sandbox.read("a.txt");
        let made = lines.try_iter().count();
        assert_eq!(
            (made, text.matches("402 Payment Required").count()),
            (3, 7),
            "{span}: {text}"
        );
        assert!(
            text.contains(&format!("of the {span}'s budget of $0.004000 only $0.001900 is left")),
            "{text}"
        );
        let _ = sandbox
            .harness(&["show", "p-1"])
            .prints("in all   1800 tokens in, 300 out, $0.002100");
        if span == "day" {
            let _ = sandbox
                .harness(&["status"])
                .prints("spent today: $0.002100 of $0.004000");
        }
    }
}

#[test]
fn what_a_server_tells_against_the_evidence_counts_with_the_worst_case() {
    let long = "y".repeat(3000);
    let script = TEN_CALLS.replace(
        "{\"model\":\"m-1\"}",
        &format!("{{\"model\":\"m-1\",\"user\":\"{long}\"}}"),
    );
    for (input, output) in [(0, 0), (9, 5)] {
        let (address, lines) = server(counting(input, output));
        let sandbox = with_gateway(
            &script,
            address,
            "openai",
            "/v1",
            &format!("{PRICE}[budget]\nday = \"0.008\"\n"),
        );
        let _ = run(&sandbox).exits(0);
        // Each counts with some 3,550 micro-dollars, so two of them are covered.
        assert_eq!(lines.try_iter().count(), 2, "{input} {output}");
        let _ = sandbox.harness(&["status"]).prints("spent today: $0.007");
    }
    // Without a price nothing is called where there is a budget.
    let (address, lines) = server(counting(600, 100));
    let sandbox = with_gateway(TEN_CALLS, address, "openai", "/v1", "[budget]\nrun = 100\n");
    let _ = run(&sandbox).exits(0);
    assert!(sandbox.read("a.txt").contains("what the call can cost is unknown"));
    assert_eq!(lines.try_iter().count(), 0);
}
