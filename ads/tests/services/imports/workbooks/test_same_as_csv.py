"""A workbook counts as a CSV with the same rows does, whether its cells are text or typed."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from ads.services.imports import ImportRefused, Plan, preview_of
from ads.tests.services.imports.workbooks.support import from_csv
from ads.tests.support import at

CASES = Path(settings.BASE_DIR).parent / "shared" / "data" / "cases"
NOW = at("2026-11-28 12:00")

#: What numbers in cells do not leave open: which sign their decimals have, and lost digits.
CERTAIN_IN_CELLS = ("10-", "11-")
#: Whether text was cut off.
OF_TEXT = "The last line has no line end."

pytestmark = pytest.mark.django_db


def told(content: bytes) -> Any:
    """All that a preview of the file tells, or why it is refused."""
    try:
        told = preview_of(io.BytesIO(content), Plan(), now=NOW)
    except ImportRefused as error:
        return str(error)
    for key in ("encoding", "delimiter", "sheet"):
        del told["plan"][key]
    for sample in told["samples"]:
        del sample["cells"]  # "50.00" is 50 in a cell
    told["notes"] = [note for note in told["notes"] if not note.startswith(OF_TEXT)]
    return told


@pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not there")
@pytest.mark.parametrize("are_typed", [False, True])
def test_every_case_is_told_alike(are_typed: bool) -> None:
    files = sorted(CASES.glob("*.csv"))
    if are_typed:
        files = [path for path in files if not path.name.startswith(CERTAIN_IN_CELLS)]
    assert len(files) > 20
    for path in files:
        content = path.read_bytes()
        assert told(from_csv(content, are_typed=are_typed)) == told(content), path.name
