#!/bin/sh
# google-auth 2.63.0 with grpcio 1.85.3: a refresh token that has been revoked makes each call fail
# with UNAVAILABLE, the status of a server that is down.
#
# Expected: UNAUTHENTICATED, or the RefreshError that google-auth raises outside of gRPC, because no
# retry will help until somebody agrees again.
# Seen: the token is asked for in a plugin of gRPC; what is raised there becomes UNAVAILABLE
# ("Getting metadata from plugin failed with error: ('invalid_grant: …"). Policies that repeat calls
# at UNAVAILABLE, as those of google-api-core do, repeat it until their deadline. Asking for the
# token first (credentials.refresh) raises RefreshError.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q google-auth==2.63.0 grpcio==1.85.3 requests==2.34.2 google-api-core==2.44.0
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>openssl.log || { cat openssl.log; exit 1; }

cat >ask.py <<'PY'
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import grpc
from google.api_core import grpc_helpers
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials


class Tokens(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        said = {"error": "invalid_grant", "error_description": "Token has been revoked."}
        body = json.dumps(said).encode()
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


tokens = HTTPServer(("127.0.0.1", 0), Tokens)
threading.Thread(target=tokens.serve_forever, daemon=True).start()
server = grpc.server(ThreadPoolExecutor(2))
echo = grpc.unary_unary_rpc_method_handler(lambda request, _: request)
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("s", {"Echo": echo})])
pair = (open("key.pem", "rb").read(), open("cert.pem", "rb").read())
port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([pair]))
server.start()

credentials = Credentials(
    None,
    refresh_token="r",
    client_id="i",
    client_secret="s",
    token_uri=f"http://127.0.0.1:{tokens.server_port}",
)
try:
    credentials.refresh(Request())
except RefreshError as error:
    print("asked for first: RefreshError:", error.args[0])
channel = grpc_helpers.create_channel(f"localhost:{port}", credentials=credentials)
try:
    channel.unary_unary("/s/Echo")(b"x", timeout=9)
except grpc.RpcError as error:
    print("in a call:", error.code(), error.details()[:75])
    if error.code() != grpc.StatusCode.UNAVAILABLE:
        raise SystemExit("it is another status now") from None
server.stop(None)
tokens.shutdown()
PY
GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=$PWD/cert.pem venv/bin/python ask.py
echo "As described."
