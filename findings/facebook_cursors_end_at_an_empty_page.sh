#!/bin/sh
# facebook-business 26.0.3: its cursors end at a page without rows, also where Meta names a following
# page; what comes after it is lost without an error.
#
# Expected: all rows. Meta filters a page after it has cut it, so "it is possible that a page may be
# empty but contain a next paging link. Stop paging when the next link no longer appears"
# (developers.facebook.com/docs/graph-api/results).
# Seen: Cursor.__next__ raises StopIteration where load_next_page() brought no rows. Of three pages, of
# which the second is empty, list(account.get_campaigns()) has the first only. The cursor is not at
# its end: the same one, iterated again, goes on with the third.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q facebook-business==26.0.3 requests==2.34.2 urllib3==2.8.0

cat >ask.py <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.api import FacebookAdsApi, FacebookSession

PAGES = {"": (["101", "102"], "A"), "A": ([], "B"), "B": (["103"], "")}


class Graph(BaseHTTPRequestHandler):
    def do_GET(self):
        after = parse_qs(urlsplit(self.path).query).get("after", [""])[0]
        ids, following = PAGES[after]
        paging = {"cursors": {"before": "-", "after": following or "-"}}
        if following:
            paging["next"] = f"{FacebookSession.GRAPH}{self.path}&after={following}"
        body = json.dumps({"data": [{"id": each} for each in ids], "paging": paging}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Graph)
threading.Thread(target=server.serve_forever, daemon=True).start()
FacebookSession.GRAPH = f"http://127.0.0.1:{server.server_port}"
FacebookAdsApi.init(access_token="x")

cursor = AdAccount("act_1").get_campaigns(fields=["id"])
print("all campaigns:", first := [each["id"] for each in cursor])
print("iterated again:", rest := [each["id"] for each in cursor])
server.shutdown()
if (first, rest) != (["101", "102"], ["103"]):
    raise SystemExit("its cursors go on now")
PY
venv/bin/python ask.py
echo "As described."
