"""A file of spend that is uploaded, checked, confirmed and recorded, by the workers that run."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from ads.models import SpendImport
from ads.services.actor import acting_as
from ads.services.imports import Plan, uploads
from support.spend_file import write


def import_file(rows: int, campaigns: int) -> None:
    """Upload a file, have it checked, confirm it, and have it recorded."""
    with tempfile.TemporaryDirectory() as directory, acting_as("benchmark"):
        path = Path(directory) / "spend.csv"
        write(path, "totals", rows, campaigns, datetime.now(UTC).date(), for_copy=False)
        with path.open("rb") as file:
            upload = uploads.receive(
                iter(lambda: file.read(1 << 20), b""),
                name=path.name,
                plan=Plan(mapping={"date": "Date"}, campaign_by="name"),
                limit=1 << 30,
                now=datetime.now(UTC),
            )
        until_status(upload, "checked")
        questions = (upload.preview or {}).get("questions", ())
        answers = {each["code"]: each["choices"][-1][0] for each in questions}
        uploads.confirm(
            upload, checks=upload.checks, leaves_out=0, now=datetime.now(UTC), answers=answers
        )
        until_status(upload, "recorded")


def until_status(upload: SpendImport, status: str) -> None:
    while upload.status != status:
        if upload.status == "refused" or upload.error:
            raise SystemExit(f"the file was not {status}: {upload.error}")
        time.sleep(0.2)
        upload.refresh_from_db()
