#!/bin/sh
# requests 2.34.2 (urllib3 2.8.0): `iter_content(None)` of a streamed answer does not give the data as it
# arrives if the answer has a Content-Length: it waits for all of it.
#
# Expected, from its documentation: "A value of None will function differently depending on the value of
# `stream`. stream=True will read data as it arrives in whatever size the chunks are received."
# Seen: so it is with chunked transfer. With a Content-Length there is one piece, at the end; and a size
# (here 65536) waits until so much is there. Whoever checks a deadline between pieces never gets to it:
# each packet begins the timeout anew. `response.raw.read1()` gives what has arrived.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q requests==2.34.2 urllib3==2.8.0

cat >demo.py <<'PY'
import socket
import threading
import time

import requests


def drip(is_chunked):
    listening = socket.create_server(("127.0.0.1", 0))

    def run():
        connection, _ = listening.accept()
        connection.recv(65536)
        how = b"Transfer-Encoding: chunked" if is_chunked else b"Content-Length: 1000"
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + how + b"\r\n\r\n")
        for _ in range(10):
            part = b"x" * 100
            connection.sendall(b"64\r\n" + part + b"\r\n" if is_chunked else part)
            time.sleep(0.1)
        if is_chunked:
            connection.sendall(b"0\r\n\r\n")
        connection.close()

    threading.Thread(target=run, daemon=True).start()
    return "http://127.0.0.1:%d/" % listening.getsockname()[1]


def pieces(is_chunked, size):
    with requests.get(drip(is_chunked), stream=True, timeout=5) as response:
        if size == "read1":
            return len(list(iter(lambda: response.raw.read1(65536), b"")))
        return len(list(response.iter_content(size)))


seen = {
    (how, size): pieces(how == "chunked", size)
    for how in ("chunked", "length")
    for size in (None, 65536, "read1")
}
for key, count in seen.items():
    print("%-8s %-6s %2d pieces" % (*key, count))
assert seen["chunked", None] == 10 and seen["length", "read1"] == 10
assert seen["length", None] == seen["length", 65536] == 1
PY
venv/bin/python demo.py
echo "As described: with a Content-Length, iter_content(None) gives all at once, at the end."
