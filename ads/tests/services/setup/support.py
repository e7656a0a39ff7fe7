"""Setup files in tests: read, previewed and applied from text."""

import csv
import io
from collections.abc import Mapping, Sequence

from ads.models import Brand, Campaign
from ads.services.exports import Stream
from ads.services.setup import Applied, Preview, RowsRefused, Sheet, apply, export, preview
from ads.tests.support import NOON


def sheet(text: str, name: str = "setup.csv") -> Sheet:
    """The file with this text."""
    return Sheet.read(io.BytesIO(text.encode()), name)


def previewed(text: str) -> Preview:
    return preview(sheet(text), NOON)


def changes(text: str) -> list[str]:
    """What the file would change: "Acme / Spring: daily budget $75.00 → $90.00"."""
    return [
        f"{one.label}{' (new)' if one.is_new else ''}: {change}"
        for one in previewed(text).plan.changed
        for change in one.changes()
    ]


def applied(text: str, name: str = "setup.csv") -> Applied:
    return apply(sheet(text, name), NOON)


def problems(text: str) -> list[str]:
    """What is wrong with the rows of the file."""
    try:
        previewed(text)
    except RowsRefused as error:
        return [str(one) for one in error.problems]
    return []


def exported() -> str:
    """Everything as a setup file."""
    return b"".join(Stream(export(Brand.objects.all(), Campaign.objects.all()))).decode()


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a file, by column."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def written(rows: Sequence[Mapping[str, str]]) -> str:
    """The file with these rows."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
