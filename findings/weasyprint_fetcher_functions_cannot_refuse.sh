#!/bin/sh
# WeasyPrint 70.0: a function as url_fetcher that raises, to refuse an address, ends the rendering
# with an AttributeError of WeasyPrint's own.
#
# Expected: url_fetcher is documented as a callable whose exceptions are caught: the resource is left
# out with a warning, and the PDF is made.
# Seen: fetch() reads url_fetcher._fail_on_errors while it handles the exception, which only objects
# of its class URLFetcher have: AttributeError: 'function' object has no attribute '_fail_on_errors'.
# A subclass of URLFetcher that raises works. So does a function, as long as it raises nothing.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q weasyprint==70.0

cat >try.py <<'PY'
import logging

import weasyprint
from weasyprint.urls import URLFetcher

logging.getLogger("weasyprint").setLevel(logging.CRITICAL)


def refuse(url):
    raise ValueError(f"{url} is not fetched")


class Refuse(URLFetcher):
    def fetch(self, url, headers=None):
        raise ValueError(f"{url} is not fetched")


def outcome(fetcher):
    page = weasyprint.HTML(string='<img src="file:///nowhere.png">', url_fetcher=fetcher)
    try:
        return page.write_pdf()[:5].decode()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


seen = {"function": outcome(refuse), "subclass of URLFetcher": outcome(Refuse())}
for name, said in seen.items():
    print(f"{name}: {said}")
assert seen == {
    "function": "AttributeError: 'function' object has no attribute '_fail_on_errors'",
    "subclass of URLFetcher": "%PDF-",
}, seen
PY
venv/bin/python try.py
echo "As described."
