"""A program that makes a PDF with WeasyPrint, and gives back what that takes by ending.

Reads ``{"html": text, "styles": [text, …]}`` from standard input, and writes the PDF to standard
output. Imports nothing of ours, so that it starts soon.

Nothing is fetched: the style sheets are handed over, and whatever address stood in the page, a name
included, would be refused.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any, Final

#: The exit status where WeasyPrint or its library is missing.
MISSING: Final = 3


def loaded() -> tuple[Any, Any]:
    """WeasyPrint, and a fetcher that fetches nothing.

    Raises:
        ImportError, OSError: the package is missing; the package is there, Pango is not.
    """
    import weasyprint
    from weasyprint.urls import URLFetcher

    # A function that refuses does not do: WeasyPrint 70 then fails in its own handling of that.
    class Nothing(URLFetcher):  # type: ignore[misc]  # it has no types
        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002
            raise ValueError("Reports fetch nothing.")

    return weasyprint, Nothing()


def pdf(weasyprint: Any, fetcher: Any, html: str, styles: Sequence[str]) -> bytes:
    page = weasyprint.HTML(string=html, url_fetcher=fetcher)
    sheets = [weasyprint.CSS(string=text, url_fetcher=fetcher) for text in styles]
    made: bytes = page.write_pdf(stylesheets=sheets)
    return made


def main() -> None:
    try:
        weasyprint, fetcher = loaded()
    except (ImportError, OSError):
        sys.exit(MISSING)
    sys.stdout.buffer.write(pdf(weasyprint, fetcher, **json.load(sys.stdin.buffer)))


if __name__ == "__main__":
    main()
