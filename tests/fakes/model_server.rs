//! A model's server that follows a script: for each request the next list of steps. It decides nothing by time; where a
//! test has to wait for something, it waits for a message.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

/// What the server does next.
#[derive(Debug, Clone)]
pub enum Step {
    /// Sends these bytes as they are.
    Send(Vec<u8>),
    /// Tells the test that everything before has been sent.
    Tell,
    /// Sends nothing more until the other side hangs up.
    WaitForHangUp,
}

/// What came in.
#[derive(Debug, Clone)]
pub struct Received {
    /// `POST /path HTTP/1.1`.
    pub line: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: serde_json::Value,
}

impl Received {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What the server tells the test.
#[derive(Debug)]
pub enum Told {
    /// A request came in.
    Request(Box<Received>),
    /// A [`Step::Tell`] was reached.
    Reached,
    /// The other side hung up while the server waited for that.
    HungUp,
}

/// The server.
pub struct ModelServer {
    /// Its address, without a path.
    pub address: String,
    told: Receiver<Told>,
}

impl ModelServer {
    /// Answers the first request by the first script, and so on; whoever comes after the last one is hung up on.
    pub fn start(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (sender, told) = mpsc::channel();
        thread::spawn(move || {
            for script in scripts {
                let Ok((stream, _)) = listener.accept() else { return };
                let sender = sender.clone();
                // Somebody may hang up in the middle of a script; the next one is served all the same.
                thread::spawn(move || drop(serve(&stream, script, &sender)));
            }
        });
        Self { address, told }
    }

    /// The next thing that the server tells.
    pub fn next(&self) -> Told {
        self.told.recv().expect("the server is gone")
    }

    /// The next request.
    pub fn request(&self) -> Received {
        loop {
            if let Told::Request(received) = self.next() {
                return *received;
            }
        }
    }

    /// How many requests have come in that nobody looked at.
    pub fn requests_left(&self) -> usize {
        self.told
            .try_iter()
            .filter(|told| matches!(told, Told::Request(_)))
            .count()
    }
}

fn serve(mut stream: &TcpStream, script: Vec<Step>, told: &Sender<Told>) -> std::io::Result<()> {
    let received = receive(stream)?;
    let _ = told.send(Told::Request(Box::new(received)));
    for step in script {
        match step {
            Step::Send(bytes) => {
                stream.write_all(&bytes)?;
                stream.flush()?;
            }
            Step::Tell => {
                let _ = told.send(Told::Reached);
            }
            Step::WaitForHangUp => {
                // Zero bytes or an error: both mean that nobody is there any more.
                let _ = stream.read(&mut [0]);
                let _ = told.send(Told::HungUp);
            }
        }
    }
    stream.shutdown(Shutdown::Both)
}

fn receive(stream: &TcpStream) -> std::io::Result<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Received {
        line: line.trim_end().to_owned(),
        headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

/// The beginning of a response whose body ends when the connection does.
pub fn head(status: u16, content_type: &str, more: &str) -> Step {
    Step::Send(
        format!("HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\nconnection: close\r\n{more}\r\n").into_bytes(),
    )
}

/// The beginning of a response in chunks.
pub fn chunked_head(content_type: &str) -> Step {
    Step::Send(
        format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n").into_bytes(),
    )
}

/// One chunk; an empty one is the last.
pub fn chunk(bytes: &[u8]) -> Step {
    Step::Send([format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat())
}

/// Bytes as they are.
pub fn send(text: impl Into<Vec<u8>>) -> Step {
    Step::Send(text.into())
}

/// A whole response with a status and a body.
pub fn respond(status: u16, content_type: &str, more: &str, body: &str) -> Vec<Step> {
    let length = format!("content-length: {}\r\n{more}", body.len());
    vec![head(status, content_type, &length), send(body)]
}

/// How a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// Chat Completions.
    OpenAi,
    /// Ollama.
    Ollama,
    /// Messages.
    Anthropic,
}

impl Tongue {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::OpenAi, Self::Ollama, Self::Anthropic];

    /// What its streams are called.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Ollama => "application/x-ndjson",
            Self::OpenAi | Self::Anthropic => "text/event-stream",
        }
    }

    /// What comes before any text.
    pub fn opening(self) -> String {
        match self {
            Self::OpenAi | Self::Ollama => String::new(),
            Self::Anthropic => "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"fake-1\",\"usage\":{\"input_tokens\":1000,\"output_tokens\":1}}}\n\n".to_owned(),
        }
    }

    /// A piece of the answer.
    pub fn text(self, text: &str) -> String {
        let text = serde_json::to_string(text).unwrap();
        match self {
            Self::OpenAi => format!(
                "data: {{\"model\":\"fake-1\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{text}}},\"finish_reason\":null}}]}}\n\n"
            ),
            Self::Ollama => format!(
                "{{\"model\":\"fake-1\",\"message\":{{\"role\":\"assistant\",\"content\":{text}}},\"done\":false}}\n"
            ),
            Self::Anthropic => format!(
                "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":{text}}}}}\n\n"
            ),
        }
    }

    /// The end of an answer that is whole, or that was cut by the most tokens.
    pub fn ending(self, whole: bool) -> String {
        match self {
            Self::OpenAi => {
                let reason = if whole { "stop" } else { "length" };
                format!(
                    "data: {{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"{reason}\"}}]}}\n\ndata: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":1000,\"completion_tokens\":100}}}}\n\ndata: [DONE]\n\n"
                )
            }
            Self::Ollama => {
                let reason = if whole { "stop" } else { "length" };
                format!(
                    "{{\"model\":\"fake-1\",\"message\":{{\"content\":\"\"}},\"done\":true,\"done_reason\":\"{reason}\",\"prompt_eval_count\":1000,\"eval_count\":100}}\n"
                )
            }
            Self::Anthropic => {
                let reason = if whole { "end_turn" } else { "max_tokens" };
                format!(
                    "event: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"{reason}\"}},\"usage\":{{\"output_tokens\":100}}}}\n\nevent: message_stop\ndata: {{\"type\":\"message_stop\"}}\n\n"
                )
            }
        }
    }

    /// An error in the middle of a stream that began well.
    pub fn error(self) -> &'static str {
        match self {
            Self::OpenAi => "data: {\"error\":{\"message\":\"Overloaded\",\"type\":\"overloaded_error\"}}\n\n",
            Self::Ollama => "{\"error\":\"server busy\"}\n",
            Self::Anthropic => {
                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n"
            }
        }
    }

    /// The body of a whole stream.
    pub fn stream(self, text: &str) -> String {
        format!("{}{}{}", self.opening(), self.text(text), self.ending(true))
    }

    /// A whole answer, as a script.
    pub fn answer(self, text: &str) -> Vec<Step> {
        vec![head(200, self.content_type(), ""), send(self.stream(text))]
    }
}
