"""A scripted model server that speaks Chat Completions: every answer makes a.txt say `right`. It notes each request's key.

server.py PORT_FILE LOG
"""

import http.server
import json
import sys

TEXT = "a.txt\n```\nright\n```\n"
USAGE = {"prompt_tokens": 1000, "completion_tokens": 20, "total_tokens": 1020}


def chunk(delta, finish, usage=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    value = {"id": "x", "object": "chat.completion.chunk", "model": "fake", "choices": [choice]}
    if usage:
        value["usage"] = usage
    return b"data: " + json.dumps(value).encode() + b"\n\n"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_error(404)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        with open(sys.argv[2], "a") as log:
            log.write(f"{self.path} {self.headers.get('authorization')}\n")
        self.send_response(200)
        if body.get("stream"):
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(chunk({"role": "assistant", "content": TEXT[:7]}, None))
            self.wfile.write(chunk({"content": TEXT[7:]}, None))
            self.wfile.write(chunk({}, "stop", USAGE) + b"data: [DONE]\n\n")
            return
        message = {"role": "assistant", "content": TEXT}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        answer = {"id": "x", "object": "chat.completion", "model": "fake", "choices": [choice], "usage": USAGE}
        answer = json.dumps(answer).encode()
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1], "w") as out:
    out.write(str(server.server_address[1]))
server.serve_forever()
