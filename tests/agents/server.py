"""A scripted model server in four dialects: whoever asks, a.txt is to say `right`.

server.py PORT_FILE LOG

Chat Completions, Responses, Anthropic Messages and Gemini's generateContent. A program that offers tools is told to write the
file with one, and hears that it is done once it sends the tool's result; one without tools gets the whole file as text. Each
request is noted with the key that it carries.
"""

import http.server
import json
import re
import sys

TEXT = "a.txt\n```\nright\n```\n"
DONE = "- Made a.txt say right\n"
PATCH = "apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: a.txt\n@@\n-old\n+right\n*** End Patch\nEOF\n"
# Tools that write a whole file, and the names of their arguments.
WRITERS = {"write": "filePath", "write_file": "file_path", "Write": "file_path", "text_editor": "path"}
# Tools that read one.
READERS = {"read": "filePath", "read_file": "file_path", "Read": "file_path"}
PROPOSAL = {"edits": [{"path": "a.txt", "content": "right\n", "search": None, "replace": None, "delete": None, "move_to": None}],
            "summary": ["Made a.txt say right"], "notes": [], "stop": None}


def step(names, done, prompt):
    """The tool to be used next and what it is given, after `done` results; None once there is no more to do. Some programs
    write only what they read before, and some want whole paths."""
    writers = [name for name in names if name in WRITERS]
    if not writers:
        return None
    place = re.search(r"directory: (/[\w./-]+)", prompt)
    file = (place.group(1).rstrip(".") + "/" if place else "") + "a.txt"
    readers = [name for name in names if name in READERS]
    steps = [(name, {READERS[name]: file}) for name in readers[:1]]
    steps += [(writers[0], {WRITERS[writers[0]]: file, "content": "right\n"})]
    return steps[done] if done < len(steps) else None


def event(value, name=None):
    head = f"event: {name}\n" if name else ""
    return (head + "data: " + json.dumps(value) + "\n\n").encode()


def chat(body):
    """Chat Completions: 1000 tokens in, 400 of them from the cache, 20 out, 5 of them reasoning."""
    usage = {"prompt_tokens": 1000, "completion_tokens": 20, "total_tokens": 1020,
             "prompt_tokens_details": {"cached_tokens": 400}, "completion_tokens_details": {"reasoning_tokens": 5}}
    names = [tool["function"]["name"] for tool in body.get("tools", [])]
    did = sum(message["role"] == "tool" for message in body["messages"])
    use = step(names, did, json.dumps(body["messages"]))
    if use:
        call = {"index": 0, "id": f"call_{did}", "type": "function", "function": {"name": use[0], "arguments": json.dumps(use[1])}}
        message, finish = {"tool_calls": [call]}, "tool_calls"
    else:
        message, finish = {"content": DONE if names else TEXT}, "stop"
    common = {"id": "x", "model": "fake"}
    if not body.get("stream"):
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
        return json.dumps({**common, "object": "chat.completion", "choices": [choice], "usage": usage}).encode(), "application/json"

    def chunk(delta, finish, **more):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return event({**common, "object": "chat.completion.chunk", "choices": [choice], **more})

    begin = chunk({"role": "assistant", "content": ""}, None)
    return begin + chunk(message, None) + chunk({}, finish, usage=usage) + b"data: [DONE]\n\n", "text/event-stream"


def responses(body):
    """OpenAI Responses, as Codex asks: with the same counts."""
    did = any(item.get("type", "").endswith("_call_output") for item in body["input"])
    if body.get("text", {}).get("format", {}).get("type") == "json_schema":
        said = json.dumps(PROPOSAL)
        item = {"type": "message", "role": "assistant", "id": "m", "content": [{"type": "output_text", "text": said}]}
    elif did:
        item = {"type": "message", "role": "assistant", "id": "m", "content": [{"type": "output_text", "text": DONE}]}
    else:
        item = {"type": "function_call", "call_id": "c", "name": "exec_command", "arguments": json.dumps({"cmd": PATCH})}
    usage = {"input_tokens": 1000, "input_tokens_details": {"cached_tokens": 400}, "output_tokens": 20,
             "output_tokens_details": {"reasoning_tokens": 5}, "total_tokens": 1020}
    events = [("response.created", {"response": {"id": "r"}}), ("response.output_item.done", {"item": item}),
              ("response.completed", {"response": {"id": "r", "usage": usage}})]
    return b"".join(event({"type": name, **value}, name) for name, value in events), "text/event-stream"


def messages(body):
    """Anthropic Messages: 600 tokens in besides 400 from the cache and 50 into it, 20 out."""
    names = [tool["name"] for tool in body.get("tools", [])]
    parts = [part for message in body["messages"] if isinstance(message["content"], list) for part in message["content"]]
    did = sum(part.get("type") == "tool_result" for part in parts)
    use = step(names, did, json.dumps([body.get("system"), body["messages"]]))
    if "StructuredOutput" in names:
        use = None if did else ("StructuredOutput", PROPOSAL)
    if use:
        block, stop = {"type": "tool_use", "id": f"toolu_{did}", "name": use[0], "input": {}}, "tool_use"
        delta = {"type": "input_json_delta", "partial_json": json.dumps(use[1])}
    else:
        block, stop = {"type": "text", "text": ""}, "end_turn"
        delta = {"type": "text_delta", "text": DONE if names else TEXT}
    usage = {"input_tokens": 600, "cache_read_input_tokens": 400, "cache_creation_input_tokens": 50, "output_tokens": 1}
    message = {"id": f"msg_{did}", "type": "message", "role": "assistant", "model": body["model"], "content": [],
               "stop_reason": None, "stop_sequence": None, "usage": usage}
    if not body.get("stream"):
        message.update(content=[{"type": "text", "text": DONE}], stop_reason="end_turn", usage={**usage, "output_tokens": 20})
        return json.dumps(message).encode(), "application/json"
    events = [{"type": "message_start", "message": message},
              {"type": "content_block_start", "index": 0, "content_block": block},
              {"type": "content_block_delta", "index": 0, "delta": delta},
              {"type": "content_block_stop", "index": 0},
              {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": 20}},
              {"type": "message_stop"}]
    return b"".join(event(value, value["type"]) for value in events), "text/event-stream"


def gemini(body, stream):
    """Gemini: 1000 tokens in, 400 of them from the cache, 15 out and 5 for thoughts."""
    names = [one["name"] for tool in body.get("tools", []) for one in tool.get("functionDeclarations", [])]
    parts = [part for content in body["contents"] for part in content["parts"]]
    prompt = json.dumps([body.get("systemInstruction"), body["contents"]])
    use = step(names, sum("functionResponse" in part for part in parts), prompt)
    if use:
        part = {"functionCall": {"name": use[0], "args": use[1]}}
    else:
        part = {"text": DONE}
    usage = {"promptTokenCount": 1000, "cachedContentTokenCount": 400, "candidatesTokenCount": 15, "thoughtsTokenCount": 5,
             "totalTokenCount": 1020}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    value = {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "fake"}
    if stream:
        return event(value), "text/event-stream"
    return json.dumps(value).encode(), "application/json"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_error(404)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        keys = [self.headers.get(name) for name in ("x-api-key", "x-goog-api-key")]
        key = self.headers.get("authorization") or f"Bearer {next(filter(None, keys), None)}"
        with open(sys.argv[2], "a") as log:
            log.write(f"{self.path} {key}\n")
        path = self.path.split("?")[0]
        if path.endswith("/chat/completions"):
            answer, kind = chat(body)
        elif path.endswith("/responses"):
            answer, kind = responses(body)
        elif path.endswith("/messages"):
            answer, kind = messages(body)
        elif "enerateContent" in path:
            answer, kind = gemini(body, "stream" in path)
        else:
            return self.send_error(404)
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1], "w") as out:
    out.write(str(server.server_address[1]))
server.serve_forever()
