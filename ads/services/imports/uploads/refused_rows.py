"""The rows that were refused, kept as a CSV with the import."""

import io
from collections.abc import Sequence
from dataclasses import replace

from ads.models.imports import ImportPart
from ads.services.imports.errors import BadRow, without_options
from ads.services.imports.refused_csv import RefusedCsv
from ads.services.imports.uploads import parts


class RefusedRows:
    """Takes refused rows as they come; replaces those of a check before.

    With a byte order mark, without which Excel takes UTF-8 for something else.
    """

    def __init__(self, import_id: int) -> None:
        parts.drop(import_id, ImportPart.REFUSED)
        self._kept = parts.PartsWriter(import_id, ImportPart.REFUSED)
        self._text = io.TextIOWrapper(
            io.BufferedWriter(self._kept), encoding="utf-8-sig", newline=""
        )
        self._csv = RefusedCsv(self._text)
        self._header: Sequence[str] = ()
        self._is_begun = False

    def begin(self, header: Sequence[str]) -> None:
        """The file's columns are known; nothing is written before a row is refused."""
        self._header = header

    def add(self, row: BadRow) -> None:
        """A row was refused."""
        if not self._is_begun:
            self._csv.begin(self._header)
            self._is_begun = True
        self._csv.add(replace(row, reason=without_options(row.reason)))

    def finish(self) -> None:
        """Keep the rest."""
        self._text.flush()
        self._kept.finish()
