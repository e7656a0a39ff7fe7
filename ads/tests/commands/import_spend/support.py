"""What the tests of import_spend share."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from ads.tests.support import NOON

TODAY = NOON.date()
Write = Callable[..., Path]


def run(path: Path, *arguments: str) -> dict[str, str]:
    """Import a file; the summary by its first column, and all of it under "said"."""
    out = StringIO()
    call_command("import_spend", str(path), *arguments, stdout=out)
    figures = {"said": out.getvalue()}
    for line in out.getvalue().splitlines():
        name, *rest = [part for part in line.split("  ") if part.strip()]
        figures[name.strip()] = " ".join(part.strip() for part in rest)
    return figures
