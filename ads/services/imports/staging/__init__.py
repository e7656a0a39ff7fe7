"""From checked rows to the ledger: temporary tables, previews and recording."""

from ads.services.imports.staging import preview, recording, tables, waiting
from ads.services.imports.staging.recording import Change, Imported

__all__ = [
    "Change",
    "Imported",
    "preview",
    "recording",
    "tables",
    "waiting",
]
