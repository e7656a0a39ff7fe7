"""Rows of a file, whatever kind of file it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from ads.services.imports.reading.detection import Sniffed

#: Rows handed on together: enough that looking their campaigns up is one query for many.
CHUNK: Final = 5000


@dataclass(slots=True)
class Chunk:
    """Some rows of the file, with the first and last line of each (from 1)."""

    rows: list[list[str]]
    first_lines: Sequence[int]
    last_lines: Sequence[int]
    #: Why the text of a row cannot be trusted, by its place in ``rows``.
    troubles: dict[int, str]
    #: Why a cell cannot be trusted, by its row's place in ``rows`` and its column (from 0).
    flaws: Mapping[int, Mapping[int, str]] = field(default_factory=dict)


class Rows(Protocol):
    """A file whose header has been found."""

    sniffed: Sniffed
    header: list[str]
    header_line: int

    @property
    def ends_abruptly(self) -> bool:
        """Does the last line lack a line end? Known once the file has been read."""

    def chunks(self) -> Iterator[Chunk]:
        """The rows below the header, blank lines left out."""
