#!/bin/sh
# google-ads 34.0.0: with use_proto_plus=False every answer is a plain protobuf message, but the
# failure of a GoogleAdsException is a proto-plus one.
#
# Expected: what reads answers reads failures, so error_code.WhichOneof("error_code") names the kind.
# Seen: AttributeError: Unknown field for ErrorCode: WhichOneof. (A failure of the same type that
# comes in the details of a partial failure is read as the plain message that the caller makes.)
# type(failure).pb(failure) is the plain one.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q google-ads==34.0.0 grpcio==1.85.3 protobuf==7.36.2 proto-plus==1.29.0
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>openssl.log || { cat openssl.log; exit 1; }

cat >ask.py <<'PY'
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.ads.googleads.client import GoogleAdsClient
from google.ads.googleads.errors import GoogleAdsException
from google.ads.googleads.v26.errors.types.errors import GoogleAdsFailure
from google.ads.googleads.v26.services.types.customer_service import (
    ListAccessibleCustomersRequest,
    ListAccessibleCustomersResponse,
)
from google.oauth2.credentials import Credentials

FAILURE = GoogleAdsFailure(errors=[{"error_code": {"authorization_error": 24}, "message": "No."}])
asked = []


def answer(request, context):
    asked.append(request)
    if len(asked) == 1:
        return ListAccessibleCustomersResponse(resource_names=["customers/1"])
    key = "google.ads.googleads.v26.errors.googleadsfailure-bin"
    context.set_trailing_metadata([(key, GoogleAdsFailure.serialize(FAILURE))])
    context.abort(grpc.StatusCode.PERMISSION_DENIED, "No.")


server = grpc.server(ThreadPoolExecutor(2))
method = grpc.unary_unary_rpc_method_handler(
    answer, ListAccessibleCustomersRequest.deserialize, ListAccessibleCustomersResponse.serialize
)
server.add_generic_rpc_handlers(
    [
        grpc.method_handlers_generic_handler(
            "google.ads.googleads.v26.services.CustomerService",
            {"ListAccessibleCustomers": method},
        )
    ]
)
pair = (open("key.pem", "rb").read(), open("cert.pem", "rb").read())
port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([pair]))
server.start()

client = GoogleAdsClient(Credentials("x"), endpoint=f"localhost:{port}", use_proto_plus=False)
service = client.get_service("CustomerService")
print("answer:", type(service.list_accessible_customers(timeout=9)).__mro__[1].__module__)
try:
    service.list_accessible_customers(timeout=9)
except GoogleAdsException as error:
    failure = error.failure
print("failure:", type(failure).__mro__[1].__module__)
try:
    print(failure.errors[0].error_code.WhichOneof("error_code"))
except AttributeError as error:
    print("AttributeError:", error)
else:
    raise SystemExit("failures are plain now")
plain = type(failure).pb(failure)
assert plain.errors[0].error_code.WhichOneof("error_code") == "authorization_error"
server.stop(None)
PY
GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=$PWD/cert.pem venv/bin/python ask.py
echo "As described."
