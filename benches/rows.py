"""Fills a journal with rows of the real format, for benchmarks: `rows.py LEDGER COUNT`. Needs `b3sum` or the module
`blake3`; without either it says so."""

import glob
import json
import os
import subprocess
import sys

ledger, count = sys.argv[1], int(sys.argv[2])
try:
    from blake3 import blake3

    def digest(data):
        return blake3(data).hexdigest()

except ImportError:
    sys.exit("the benchmark needs the Python module blake3: pip install blake3")

folder = glob.glob(f"{ledger}/journal/*")[0]
writer = os.path.basename(folder)
segments = sorted(glob.glob(f"{folder}/*.jsonl"))
last = open(segments[-1], "rb").read().splitlines()[-1]
row = json.loads(last)
seq, at, prev = row["seq"], row["at"], row["hash"]
number = int(os.path.basename(segments[-1])[:6]) + 1
out, size = open(f"{folder}/{number:06}.jsonl", "wb"), 0
for index in range(count):
    seq, at = seq + 1, at + 1
    body = json.dumps(
        {
            "v": 1,
            "writer": writer,
            "seq": seq,
            "at": at,
            "time": "2026-01-01T00:00:00Z",
            "event": "noted",
            "data": {"task": f"b-{index % 10000 + 1}", "by": {"kind": "builder", "name": "bench"}, "text": "a note of the usual length"},
            "prev": prev,
        },
        separators=(",", ":"),
    )[:-1].encode()
    prev = digest(body)
    line = body + b',"hash":"' + prev.encode() + b'"}\n'
    if size > 256 * 1024:
        number += 1
        out.close()
        out, size = open(f"{folder}/{number:06}.jsonl", "wb"), 0
    out.write(line)
    size += len(line)
out.close()
