"""From the bytes of a file to checked rows."""

from ads.services.imports.parsing import columns
from ads.services.imports.parsing.campaigns import Found, by_name
from ads.services.imports.parsing.checker import Checker
from ads.services.imports.parsing.columns import MOST_COLUMNS, REFUSED_IN, Columns
from ads.services.imports.parsing.detection import HEAD, Sniffed, sniff
from ads.services.imports.parsing.reader import Reader
from ads.services.imports.parsing.references import Waiting
from ads.services.imports.parsing.rows import Sample

__all__ = [
    "HEAD",
    "MOST_COLUMNS",
    "REFUSED_IN",
    "Checker",
    "Columns",
    "Found",
    "Reader",
    "Sample",
    "Sniffed",
    "Waiting",
    "by_name",
    "columns",
    "sniff",
]
