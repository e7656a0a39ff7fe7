"""Importing spend from a CSV: day totals, or entries where the file has an external id.

Read (:mod:`reading`), understood (:mod:`columns`, :mod:`campaigns`, :mod:`checking`), copied into a
temporary table (:mod:`staging`), and recorded from there by the statements that record everything
else (:mod:`recording`). No more than some thousand rows are ever in memory.
"""

from ads.services.imports.errors import BadRow, ImportRefused, Refused, RowsRefused
from ads.services.imports.plan import CAMPAIGN_BY, DEFAULT_SOURCE, FIELDS, Plan
from ads.services.imports.recording import Change, Imported
from ads.services.imports.run import Import

__all__ = [
    "CAMPAIGN_BY",
    "DEFAULT_SOURCE",
    "FIELDS",
    "BadRow",
    "Change",
    "Import",
    "ImportRefused",
    "Imported",
    "Plan",
    "Refused",
    "RowsRefused",
]
