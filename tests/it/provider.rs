//! The model providers against a server that the test plays: every behaviour of a server, and what it counts as.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use git_harness::clock::Clock;
use git_harness::domain::usage::Usage;
use git_harness::model::retry::{self, Pace};
use git_harness::model::{
    Action, Answer, Endpoint, Limits, Meter, ProviderError, Request, Secret, Surroundings, Unmetered, Wire, provider,
};
use git_harness::process::Cancel;
use jiff::Timestamp;

use super::fakes::model_server::{ModelServer, Step, Told, Tongue, chunk, chunked_head, head, respond, send};

/// A limit that no test reaches.
const LONG: Duration = Duration::from_secs(300);

/// A limit that is reached where a test says so.
const SHORT: Duration = Duration::from_millis(120);

const KEY: &str = "secret-key-4711";

/// A clock that stands still, and the same chance every time.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn random_name(&self, len: usize) -> String {
        "0".repeat(len)
    }
}

fn limits() -> Limits {
    Limits {
        connect: LONG,
        first_byte: LONG,
        stall: LONG,
        total: LONG,
        answer_bytes: 1 << 20,
    }
}

fn endpoint(tongue: Tongue, server: &ModelServer, limits: Limits) -> Endpoint {
    let (wire, path) = match tongue {
        Tongue::OpenAi => (Wire::OpenAi, "/v1"),
        Tongue::Ollama => (Wire::Ollama, ""),
        Tongue::Anthropic => (Wire::Anthropic, ""),
    };
    Endpoint {
        wire,
        base_url: format!("{}{path}", server.address),
        model: "fake".to_owned(),
        key: Secret::new(KEY),
        proxy: None,
        plain_http: false,
        limits,
    }
}

fn request() -> Request {
    Request {
        prompt: "Write é".to_owned(),
        max_output: Some(500),
        ..Request::default()
    }
}

fn ask(endpoint: Endpoint, cancel: &Cancel) -> Result<Answer, ProviderError> {
    let around = Surroundings {
        clock: &Still,
        cancel,
        progress: &|_| {},
        meter: &Unmetered,
    };
    provider(endpoint).complete(&request(), &around)
}

fn once(tongue: Tongue, script: Vec<Step>) -> Result<Answer, ProviderError> {
    let server = ModelServer::start(vec![script]);
    ask(endpoint(tongue, &server, limits()), &Cancel::new())
}

/// The text, or the class of the fault.
fn outcome(tongue: Tongue, script: Vec<Step>) -> Result<String, &'static str> {
    once(tongue, script)
        .map(|answer| answer.text)
        .map_err(|error| error.fault.class())
}

#[test]
fn a_whole_answer_comes_with_what_it_used_and_who_gave_it() {
    for tongue in Tongue::ALL {
        let server = ModelServer::start(vec![tongue.answer("größe 😀\n")]);
        let seen = RefCell::new(Vec::new());
        let around = Surroundings {
            clock: &Still,
            cancel: &Cancel::new(),
            progress: &|progress| seen.borrow_mut().push(progress.clone()),
            meter: &Unmetered,
        };
        let answer = provider(endpoint(tongue, &server, limits()))
            .complete(&request(), &around)
            .unwrap();
        assert_eq!(answer.text, "größe 😀\n", "{tongue:?}");
        assert_eq!((answer.usage.input, answer.usage.output), (Some(1000), Some(100)));
        assert_eq!(answer.usage.micro_dollars, None, "a provider knows no prices");
        assert_eq!(answer.model.as_deref(), Some("fake-1"));
        assert_eq!(seen.borrow()[0].model, "fake");
        let received = server.request();
        let (path, header, value) = match tongue {
            Tongue::OpenAi => ("/v1/chat/completions", "authorization", format!("Bearer {KEY}")),
            Tongue::Ollama => ("/api/chat", "authorization", format!("Bearer {KEY}")),
            Tongue::Anthropic => ("/v1/messages", "x-api-key", KEY.to_owned()),
        };
        assert_eq!(received.line, format!("POST {path} HTTP/1.1"));
        assert_eq!(received.header(header), Some(value.as_str()));
        assert_eq!(received.body["model"], "fake");
        assert_eq!(received.body["stream"], true);
        assert!(received.body["messages"].to_string().contains("Write é"));
    }
}

#[test]
fn bytes_may_be_cut_anywhere_and_come_in_chunks() {
    for tongue in Tongue::ALL {
        let body = tongue.stream("ü😀");
        let mut script = vec![chunked_head(tongue.content_type())];
        script.extend(body.as_bytes().chunks(1).map(chunk));
        script.push(chunk(b""));
        assert_eq!(outcome(tongue, script), Ok("ü😀".to_owned()), "{tongue:?}");
        let script = vec![head(200, tongue.content_type(), ""), send(body.replace('\n', "\r\n"))];
        assert_eq!(outcome(tongue, script), Ok("ü😀".to_owned()), "{tongue:?} CR LF");
    }
}

#[test]
fn a_cut_answer_is_never_taken_for_a_whole_one() {
    for tongue in Tongue::ALL {
        let whole = tongue.stream("one two three");
        let begun = format!("{}{}", tongue.opening(), tongue.text("one two"));
        let kind = tongue.content_type();
        // Wherever a chunked stream breaks before the server's word for the end, nothing is an answer.
        let reason = whole.find(tongue.ending(true).as_str()).unwrap();
        for at in (0..reason).step_by(7) {
            let script = vec![chunked_head(kind), chunk(&whole.as_bytes()[..at.max(1)])];
            assert_eq!(outcome(tongue, script), Err("truncated"), "{tongue:?} at {at}");
        }
        for (name, script) in [
            ("closed", vec![head(200, kind, ""), send(begun.clone())]),
            (
                "too short",
                vec![head(200, kind, "content-length: 9999\r\n"), send(begun.clone())],
            ),
            (
                "length",
                vec![head(200, kind, ""), send(format!("{begun}{}", tongue.ending(false)))],
            ),
            ("nothing", vec![head(200, kind, "")]),
        ] {
            let error = once(tongue, script).unwrap_err();
            assert_eq!(error.fault.class(), "truncated", "{tongue:?} {name}");
            assert_eq!(error.fault.action(), Action::GiveUp);
            if name != "nothing" {
                assert_eq!(error.partial, "one two", "{tongue:?} {name}");
            }
        }
    }
}

#[test]
fn every_status_has_its_class() {
    let json = "application/json";
    for tongue in Tongue::ALL {
        for (status, kind, body, wanted) in [
            (301, "text/plain", "", "setup"),
            (
                400,
                json,
                r#"{"error":{"message":"prompt is too long: 9 tokens > 8 maximum"}}"#,
                "context_overflow",
            ),
            (401, json, r#"{"error":{"message":"bad key"}}"#, "auth"),
            (
                402,
                json,
                r#"{"error":{"type":"billing_error","message":"pay"}}"#,
                "quota",
            ),
            (404, json, r#"{"error":"model not found"}"#, "setup"),
            (408, json, "{}", "transient"),
            (413, "text/html", "<html>", "context_overflow"),
            (429, json, r#"{"error":{"message":"slow down"}}"#, "rate_limited"),
            (500, json, "{}", "transient"),
            (502, "text/html", "<html><body>secret page</body></html>", "transient"),
            (503, json, "{}", "overloaded"),
            (529, json, r#"{"error":{"type":"overloaded_error"}}"#, "overloaded"),
        ] {
            let error = once(
                tongue,
                respond(status, kind, "location: http://evil.example/\r\n", body),
            )
            .unwrap_err();
            assert_eq!(error.fault.class(), wanted, "{tongue:?} {status}");
            assert!(!error.to_string().contains("secret page"), "{error}");
        }
    }
}

#[test]
fn what_is_no_answer_of_a_model_is_told_apart() {
    for tongue in Tongue::ALL {
        let kind = tongue.content_type();
        let begun = format!("{}{}", tongue.opening(), tongue.text("x"));
        let nonsense = match tongue {
            Tongue::Ollama => "oops\n",
            _ => "data: oops\n\n",
        };
        for (name, script, wanted) in [
            (
                "a page",
                respond(200, "text/html", "", "<html>hello</html>"),
                Err("setup"),
            ),
            (
                "another type",
                vec![head(200, "text/plain", ""), send(tongue.stream("x"))],
                Ok("x"),
            ),
            (
                "a line that is no JSON",
                vec![
                    head(200, kind, ""),
                    send(format!("{begun}{nonsense}{}", tongue.ending(true))),
                ],
                Err("garbled"),
            ),
            (
                "an error inside",
                vec![head(200, kind, ""), send(format!("{begun}{}", tongue.error()))],
                Err("overloaded"),
            ),
            (
                "an empty answer",
                vec![
                    head(200, kind, ""),
                    send(format!("{}{}", tongue.opening(), tongue.ending(true))),
                ],
                Err("empty"),
            ),
            (
                "thinking only",
                vec![head(200, kind, ""), send(tongue.stream("<think>hm</think>\n"))],
                Err("empty"),
            ),
            (
                "thinking first",
                vec![head(200, kind, ""), send(tongue.stream("<think>hm</think>\nx"))],
                Ok("x"),
            ),
            (
                "more after the end",
                vec![
                    head(200, kind, ""),
                    send(format!("{}{}", tongue.stream("x"), tongue.ending(true))),
                ],
                Ok("x"),
            ),
            ("no HTTP", vec![send("hello\r\n\r\n")], Err("garbled")),
            ("hung up on", vec![], Err("transient")),
        ] {
            let found = outcome(tongue, script);
            assert_eq!(found.as_deref().map_err(|class| *class), wanted, "{tongue:?} {name}");
        }
    }
}

#[test]
fn an_answer_without_end_is_cut_off_and_the_connection_closed() {
    for tongue in Tongue::ALL {
        let mut script = vec![head(200, tongue.content_type(), ""), send(tongue.opening())];
        let piece = tongue.text(&"again and again ".repeat(1000));
        script.extend(std::iter::repeat_n(send(piece), 100));
        script.push(Step::WaitForHangUp);
        assert_eq!(outcome(tongue, script), Err("runaway"), "{tongue:?}");
    }
}

#[test]
fn silence_has_a_limit_before_the_first_word_and_another_between_words() {
    thread::scope(|scope| {
        for tongue in Tongue::ALL {
            scope.spawn(move || silence(tongue));
        }
    });
}

fn silence(tongue: Tongue) {
    let begun = send(format!("{}{}", tongue.opening(), tongue.text("one")));
    let kind = tongue.content_type();
    for (name, first_byte, stall, script, wanted) in [
        (
            "no word",
            SHORT,
            LONG,
            vec![Step::WaitForHangUp],
            "not even a first word",
        ),
        (
            "only a head",
            SHORT,
            LONG,
            vec![head(200, kind, ""), Step::WaitForHangUp],
            "not even a first word",
        ),
        (
            "in the middle",
            LONG,
            SHORT,
            vec![head(200, kind, ""), begun.clone(), Step::WaitForHangUp],
            "nothing came for 0.12 s",
        ),
    ] {
        let server = ModelServer::start(vec![script]);
        let limits = Limits {
            connect: Duration::from_secs(1),
            first_byte,
            stall,
            ..limits()
        };
        let error = ask(endpoint(tongue, &server, limits), &Cancel::new()).unwrap_err();
        assert_eq!(error.fault.class(), "stalled", "{tongue:?} {name}: {error}");
        assert!(error.to_string().contains(wanted), "{tongue:?} {name}: {error}");
        assert!(matches!(server.next(), Told::Request(_)));
        assert!(
            matches!(server.next(), Told::HungUp),
            "the connection is closed: {name}"
        );
    }
    let limits = Limits {
        total: SHORT,
        ..limits()
    };
    let script = vec![head(200, kind, ""), begun, Step::WaitForHangUp];
    let server = ModelServer::start(vec![script]);
    let error = ask(endpoint(tongue, &server, limits), &Cancel::new()).unwrap_err();
    assert_eq!(error.fault.class(), "timed_out", "{tongue:?}");
}

#[test]
fn a_stop_by_the_user_ends_a_call_that_waits() {
    for tongue in Tongue::ALL {
        let script = vec![
            head(200, tongue.content_type(), ""),
            send(format!("{}{}", tongue.opening(), tongue.text("one"))),
            Step::Tell,
            Step::WaitForHangUp,
        ];
        let server = ModelServer::start(vec![script]);
        let (endpoint, cancel) = (endpoint(tongue, &server, limits()), Cancel::new());
        let stop = cancel.clone();
        let asked = thread::spawn(move || ask(endpoint, &cancel));
        while !matches!(server.next(), Told::Reached) {}
        stop.cancel();
        let error = asked.join().unwrap().unwrap_err();
        assert_eq!(error.fault.class(), "cancelled", "{tongue:?}");
        assert!(matches!(server.next(), Told::HungUp), "the connection is closed");
    }
}

#[test]
fn an_encrypted_call_does_not_fall_back_to_a_plain_one() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello").unwrap();
        let mut heard = Vec::new();
        // The other side may hang up hard; what came before is what counts.
        let _ = stream.read_to_end(&mut heard);
        heard
    });
    let server = ModelServer::start(vec![]);
    let mut endpoint = endpoint(Tongue::OpenAi, &server, limits());
    endpoint.base_url = format!("https://{address}/v1");
    let error = ask(endpoint, &Cancel::new()).unwrap_err();
    assert_eq!(error.fault.class(), "setup", "{error}");
    if error.to_string().contains("no list of trusted certificates") {
        // Then nobody was called at all, which this machine's own state decides.
        return;
    }
    let heard = heard.join().unwrap();
    assert!(!heard.is_empty(), "it was asked");
    let text = String::from_utf8_lossy(&heard);
    assert!(
        !text.contains(KEY) && !text.contains("POST"),
        "nothing is said to whom has not proved himself"
    );
}

#[test]
fn a_server_that_repeats_the_key_does_not_make_us_repeat_it() {
    let body = format!("{{\"error\":{{\"message\":\"Incorrect API key provided: {KEY}\"}}}}");
    let error = once(Tongue::OpenAi, respond(401, "application/json", "", &body)).unwrap_err();
    for shown in [error.to_string(), format!("{error:?}")] {
        assert!(!shown.contains(KEY), "{shown}");
        assert!(shown.contains("[key]"), "{shown}");
    }
    let server = ModelServer::start(vec![]);
    assert!(!format!("{:?}", endpoint(Tongue::OpenAi, &server, limits())).contains(KEY));
}

#[test]
fn calls_are_made_again_where_that_helps_and_as_often_as_that_helps() {
    let quick = Pace {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(2),
        patience: Duration::from_secs(2),
    };
    let busy = || respond(503, "application/json", "", "{}");
    let limited = |more: &str| respond(429, "application/json", more, "{}");
    let tongue = Tongue::OpenAi;
    for (name, scripts, calls, wanted) in [
        ("twice busy", vec![busy(), busy(), tongue.answer("x")], 3, Ok("x")),
        (
            "always busy",
            vec![busy(), busy(), busy(), busy(), tongue.answer("x")],
            4,
            Err("overloaded"),
        ),
        (
            "a short wait",
            vec![limited("retry-after-ms: 3\r\n"), tongue.answer("x")],
            2,
            Ok("x"),
        ),
        (
            "a date that is past",
            vec![
                limited("retry-after: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
                tongue.answer("x"),
            ],
            2,
            Ok("x"),
        ),
        (
            "a wait beyond patience",
            vec![limited("retry-after: 3600\r\n"), tongue.answer("x")],
            1,
            Err("rate_limited"),
        ),
        (
            "a key that is wrong",
            vec![respond(401, "text/plain", "", "no"), tongue.answer("x")],
            1,
            Err("auth"),
        ),
        (
            "a cut answer",
            vec![
                vec![head(200, tongue.content_type(), ""), send(tongue.text("x"))],
                tongue.answer("x"),
            ],
            1,
            Err("truncated"),
        ),
        ("hung up on once", vec![vec![], tongue.answer("x")], 2, Ok("x")),
    ] {
        let server = ModelServer::start(scripts);
        let provider = provider(endpoint(tongue, &server, limits()));
        let around = Surroundings {
            clock: &Still,
            cancel: &Cancel::new(),
            progress: &|_| {},
            meter: &Unmetered,
        };
        let found = retry::complete(&*provider, &request(), &quick, &around);
        let found = found.map(|answer| answer.text).map_err(|error| error.fault.class());
        assert_eq!(found.as_deref().map_err(|class| *class), wanted, "{name}");
        assert_eq!(server.requests_left(), calls, "{name}");
    }
}

#[test]
fn what_failed_calls_used_is_counted_with_the_answer() {
    let tongue = Tongue::Anthropic;
    let failed = vec![
        head(200, tongue.content_type(), ""),
        send(format!("{}{}{}", tongue.opening(), tongue.text("x"), tongue.error())),
    ];
    let server = ModelServer::start(vec![failed, tongue.answer("x")]);
    let provider = provider(endpoint(tongue, &server, limits()));
    let meter = Sum::default();
    let around = Surroundings {
        clock: &Still,
        cancel: &Cancel::new(),
        progress: &|_| {},
        meter: &meter,
    };
    let pace = Pace {
        first: Duration::from_millis(1),
        ..Pace::default()
    };
    let answer = retry::complete(&*provider, &request(), &pace, &around).unwrap();
    assert_eq!((answer.usage.input, answer.usage.output), (Some(1000), Some(100)));
    let used = meter.0.into_inner();
    assert_eq!((used.input, used.output), (Some(2000), Some(101)));
}

/// Adds up what all calls used, and forbids the fourth.
#[derive(Default)]
struct Sum(RefCell<Usage>, std::cell::Cell<u32>);

impl Meter for Sum {
    fn before(&self) -> Result<(), String> {
        self.1.set(self.1.get() + 1);
        match self.1.get() {
            ..4 => Ok(()),
            _ => Err("three are enough".to_owned()),
        }
    }

    fn answered(&self, used: &Usage, _text: u64) {
        let sum = self.0.borrow().plus(used);
        self.0.replace(sum);
    }

    fn failed(&self, error: &ProviderError) {
        self.answered(&error.usage, 0);
    }
}

#[test]
fn a_call_that_nobody_pays_for_is_not_made() {
    let refused = || respond(503, "application/json", "", "{}");
    let server = ModelServer::start(vec![refused(), refused(), refused(), Tongue::OpenAi.answer("x")]);
    let meter = Sum::default();
    let around = Surroundings {
        clock: &Still,
        cancel: &Cancel::new(),
        progress: &|_| {},
        meter: &meter,
    };
    let pace = Pace {
        first: Duration::from_millis(1),
        ..Pace::default()
    };
    let provider = provider(endpoint(Tongue::OpenAi, &server, limits()));
    let error = retry::complete(&*provider, &request(), &pace, &around).unwrap_err();
    assert_eq!(
        (error.fault.class(), error.to_string().as_str()),
        ("withheld", "three are enough")
    );
    assert_eq!(server.requests_left(), 3, "the fourth never went out");
}

#[test]
fn a_stop_by_the_user_ends_a_wait_between_two_calls() {
    let limited = respond(429, "application/json", "retry-after: 60\r\n", "{}");
    let server = ModelServer::start(vec![limited]);
    let (endpoint, cancel) = (endpoint(Tongue::OpenAi, &server, limits()), Cancel::new());
    let stop = cancel.clone();
    let begun = Instant::now();
    let asked = thread::spawn(move || {
        let around = Surroundings {
            clock: &Still,
            cancel: &cancel,
            progress: &|_| {},
            meter: &Unmetered,
        };
        retry::complete(&*provider(endpoint), &request(), &Pace::default(), &around)
    });
    let _ = server.request();
    stop.cancel();
    let error = asked.join().unwrap().unwrap_err();
    assert_eq!(error.fault.class(), "cancelled");
    assert!(begun.elapsed() < LONG, "it did not wait for the server's minute");
}
