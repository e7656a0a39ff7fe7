"""Files stored in PostgreSQL in parts: the web and the workers need no shared disk.

However long the file, only a part or two is in memory.
"""

import binascii
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from django.db import connection

from ads.models import SpendImportPart
from ads.models.spend import ImportPart
from ads.services.imports.refusals import BadRow, RefusedCsv, without_options

#: Bytes in each part; the last has what is left.
PART: Final = 1 << 20


def drop(import_id: int, kind: ImportPart) -> None:
    SpendImportPart.objects.filter(spend_import=import_id, kind=kind).delete()


def is_kept(import_id: int, kind: ImportPart) -> bool:
    """Is the file (still) stored?"""
    return SpendImportPart.objects.filter(spend_import=import_id, kind=kind).exists()


def stream(import_id: int, kind: ImportPart) -> Iterator[bytes]:
    position = 0
    while part := part_of(import_id, kind, position):
        yield part
        position += 1


def part_of(import_id: int, kind: ImportPart, position: int) -> bytes:
    """One part; empty after the last."""
    parts = SpendImportPart.objects.filter(spend_import=import_id, kind=kind, position=position)
    return bytes(parts.values_list("content", flat=True).first() or b"")


class PartsFile(io.RawIOBase):
    def __init__(self, import_id: int, kind: ImportPart, *, name: str = "") -> None:
        super().__init__()
        self.name = name
        self._import_id = import_id
        self._kind = kind
        self._at = 0
        self._loaded: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at}
        self._at = offset + (self._size() if whence == io.SEEK_END else start[whence])
        return self._at

    def tell(self) -> int:
        """Where it is read next, in bytes."""
        return self._at

    def _size(self) -> int:
        parts = SpendImportPart.objects.filter(spend_import=self._import_id, kind=self._kind)
        last = parts.order_by("position").values_list("position", "content").last()
        return last[0] * PART + len(last[1]) if last else 0

    def readinto(self, buffer: Any) -> int:
        position, offset = divmod(self._at, PART)
        if self._loaded[0] != position:
            self._loaded = (position, part_of(self._import_id, self._kind, position))
        piece = self._loaded[1][offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class PartsWriter(io.RawIOBase):
    """Stores a file in parts as it is written.

    :meth:`finish` stores the last part, not closing: Python also closes abandoned files.
    """

    def __init__(self, import_id: int, kind: ImportPart) -> None:
        super().__init__()
        self._import_id = import_id
        self._kind = kind
        self._position = 0
        self._pending = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pending += data
        while len(self._pending) >= PART:
            self._store(PART)
        return len(data)

    def finish(self) -> None:
        if self._pending:
            self._store(len(self._pending))

    def _store(self, length: int) -> None:
        """With COPY, because in development Django logs the text of other statements."""
        row = (self._import_id, self._kind.value.encode(), self._position)
        line = b"%d\t%s\t%d\t\\\\x" % row + binascii.hexlify(self._pending[:length]) + b"\n"
        with connection.cursor() as cursor:
            cursor.copy_expert(
                "COPY ads_spendimportpart (spend_import_id, kind, position, content) FROM STDIN",
                io.BytesIO(line),
                PART,
            )
        del self._pending[:length]
        self._position += 1


class RefusedRows(RefusedCsv):
    """The CSV of an upload's refused rows, if there are any; replaces that of an earlier check.

    With a byte order mark, without which Excel does not recognise UTF-8.
    """

    def __init__(self, import_id: int) -> None:
        drop(import_id, ImportPart.REFUSED)
        self._parts = PartsWriter(import_id, ImportPart.REFUSED)
        self._text = io.TextIOWrapper(
            io.BufferedWriter(self._parts), encoding="utf-8-sig", newline=""
        )
        super().__init__(self._text)
        self._header: Sequence[str] | None = None

    def begin(self, header: Sequence[str]) -> None:
        """Note the header; it is written with the first refused row."""
        self._header = header

    def add(self, row: BadRow) -> None:
        """Write one row, with its reason as pages show it."""
        if self._header is not None:
            super().begin(self._header)
            self._header = None
        super().add(replace(row, reason=without_options(row.reason)))

    def finish(self) -> None:
        self._text.flush()
        self._parts.finish()
