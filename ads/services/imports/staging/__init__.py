"""From checked rows to the ledger: temporary tables, and recording from them."""

from ads.services.imports.staging import recording, tables, waiting

__all__ = [
    "recording",
    "tables",
    "waiting",
]
