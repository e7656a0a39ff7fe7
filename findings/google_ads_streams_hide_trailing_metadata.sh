#!/bin/sh
# google-ads 34.0.0: trailing_metadata() of a stream gives the initial metadata.
#
# Expected: what the server sent at the end of the call, as gRPC's method of that name promises.
# Seen: the library's wrapper hands on initial_metadata() for both. What came at the end is reached
# by nobody, nor by the library's own interceptor, which writes the other into its log as the
# response's headers.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q google-ads==34.0.0 grpcio==1.85.3 protobuf==7.36.2 google-api-core==2.44.0
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>openssl.log || { cat openssl.log; exit 1; }

cat >ask.py <<'PY'
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.ads.googleads.client import GoogleAdsClient
from google.ads.googleads.v26.services.types.google_ads_service import (
    SearchGoogleAdsStreamRequest,
    SearchGoogleAdsStreamResponse,
)
from google.oauth2.credentials import Credentials


def answer(request, context):
    context.send_initial_metadata([("at", "the beginning")])
    context.set_trailing_metadata([("at", "the end")])
    yield SearchGoogleAdsStreamResponse(request_id="1")


server = grpc.server(ThreadPoolExecutor(2))
method = grpc.unary_stream_rpc_method_handler(
    answer, SearchGoogleAdsStreamRequest.deserialize, SearchGoogleAdsStreamResponse.serialize
)
server.add_generic_rpc_handlers(
    [
        grpc.method_handlers_generic_handler(
            "google.ads.googleads.v26.services.GoogleAdsService", {"SearchStream": method}
        )
    ]
)
pair = (open("key.pem", "rb").read(), open("cert.pem", "rb").read())
port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([pair]))
server.start()

client = GoogleAdsClient(Credentials("x"), endpoint=f"localhost:{port}", use_proto_plus=True)
service = client.get_service("GoogleAdsService")
query = "SELECT customer.id FROM customer"
stream = service.search_stream(customer_id="1", query=query, timeout=9)
assert len(list(stream)) == 1
initial, trailing = dict(stream.initial_metadata())["at"], dict(stream.trailing_metadata())["at"]
print("initial:", initial, "| trailing:", trailing)
if trailing != "the beginning":
    raise SystemExit("the trailing metadata are those of the end now")
server.stop(None)
PY
GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=$PWD/cert.pem venv/bin/python ask.py
echo "As described."
