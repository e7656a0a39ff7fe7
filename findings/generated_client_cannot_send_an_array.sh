#!/bin/sh
# openapi-python-client 0.29.1: where a request body is an object in one media type and an array in
# another, the generated function raises a TypeError whatever it is given.
#
# Expected: a body of rows is sent as JSON, or as lines, by what it is; generating warned of nothing.
# Seen: the function chooses the media type by `isinstance(body, list[Row])`. Python refuses to look
# (isinstance() takes no parameterized generic), so every call fails before anything is sent, one
# with an object too. Described as text of format "binary", the lines are sent as a file.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q openapi-python-client==0.29.1 httpx==0.28.1 attrs==26.1.0

cat >openapi.json <<'JSON'
{"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"},
 "paths": {"/orders": {"post": {"operationId": "send_orders",
  "parameters": [{"name": "mode", "in": "query", "schema": {"type": "string"}}],
  "requestBody": {"required": true, "content": {
   "application/json": {"schema": {"$ref": "#/components/schemas/Order"}},
   "application/x-ndjson": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}}}},
  "responses": {"204": {"description": "Taken."}}}}},
 "components": {"schemas": {"Order": {"type": "object", "required": ["sku"],
  "properties": {"sku": {"type": "string"}}}}}}
JSON
cat >config.yml <<'YAML'
content_type_overrides:
  application/x-ndjson: application/json
YAML
PATH=$PWD/venv/bin:$PATH openapi-python-client generate --path openapi.json --config config.yml \
    --meta none --fail-on-warning --output-path client >generated.log 2>&1 || {
    cat generated.log
    exit 1
}
grep -n "isinstance(body" client/api/default/send_orders.py

cat >send.py <<'PY'
import httpx

from client import Client
from client.api.default import send_orders
from client.models import Order

sent = []
client = Client("http://shop.invalid")
client.set_httpx_client(
    httpx.Client(
        base_url="http://shop.invalid",
        transport=httpx.MockTransport(lambda request: sent.append(request) or httpx.Response(204)),
    )
)
for name, body in {"an object": Order(sku="a"), "an array": [Order(sku="a")]}.items():
    try:
        send_orders.sync_detailed(client=client, body=body)
    except TypeError as error:
        print(f"{name}: TypeError: {error}")
    else:
        raise SystemExit(f"{name} is sent now")
assert sent == []
PY
venv/bin/python send.py
echo "As described."
