"""Importing spend from a CSV: day totals, or entries where the file has an external id.

Read (:mod:`reading`), understood (:mod:`columns`, :mod:`campaigns`, :mod:`checking`), copied into a
temporary table (:mod:`staging`), and recorded from there by the statements that record everything
else (:mod:`recording`). No more than some thousand rows are ever in memory.
"""

from ads.services.imports import uploads
from ads.services.imports.errors import (
    BadRow,
    ImportRefused,
    Refused,
    RefusedSink,
    RowsRefused,
    without_options,
)
from ads.services.imports.formats import FORMATS, Format
from ads.services.imports.parsing import HEAD, Sniffed, sniff
from ads.services.imports.plan import CAMPAIGN_BY, DECIMAL_SIGNS, DEFAULT_SOURCE, FIELDS, Plan
from ads.services.imports.preview import Preview
from ads.services.imports.refused_csv import RefusedCsv
from ads.services.imports.run import Import, preview_of
from ads.services.imports.staging import Change, Imported
from ads.services.imports.uploads import BY_HAND, CANCELLABLE, DATE_FORMATS, READABLE_ANEW

__all__ = [
    "BY_HAND",
    "CAMPAIGN_BY",
    "CANCELLABLE",
    "DATE_FORMATS",
    "DECIMAL_SIGNS",
    "DEFAULT_SOURCE",
    "FIELDS",
    "FORMATS",
    "HEAD",
    "READABLE_ANEW",
    "BadRow",
    "Change",
    "Format",
    "Import",
    "ImportRefused",
    "Imported",
    "Plan",
    "Preview",
    "Refused",
    "RefusedCsv",
    "RefusedSink",
    "RowsRefused",
    "Sniffed",
    "preview_of",
    "sniff",
    "uploads",
    "without_options",
]
