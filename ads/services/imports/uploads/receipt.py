"""Taking a file in: it is kept as it comes, and a worker checks it."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath

from django.db import transaction
from django.db.models import QuerySet

from ads.models import SpendImport
from ads.models.imports import ImportPart, ImportStatus
from ads.services.actor import current_actor
from ads.services.imports.errors import ImportRefused, without_options
from ads.services.imports.plan import Plan
from ads.services.imports.uploads import inspection, mappings, parts, queue, storable
from ads.services.imports.uploads.errors import UploadRefused

LONGEST_NAME = 255

#: Control characters, what turns the direction of writing, and halves of characters.
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def receive(
    chunks: Iterable[bytes], *, name: str, plan: Plan, limit: int, now: datetime
) -> SpendImport:
    """Keep a file that is uploaded, and have it checked.

    ``limit``: bytes that it may have at most. What was true when it was uploaded is older than what
    was observed later, whichever is recorded first: unless the plan says when, it is now.

    Raises:
        UploadRefused: it is empty, too large or no CSV at all; nothing of it is kept.
    """
    if plan.observed_at is None:
        plan = replace(plan, observed_at=now)
    counted = _Counted(chunks, limit)
    with transaction.atomic():
        upload = SpendImport.objects.create(
            file_name=tidy(name),
            size=0,
            sha256="",
            uploaded_by=current_actor(),
        )
        parts.store_all(upload.pk, ImportPart.FILE, counted)
        if not counted.size:
            raise UploadRefused("The file is empty: there is nothing in it.")
        upload.size, upload.sha256 = counted.size, counted.sha256.hexdigest()
        _look_at(upload, plan)
        upload.save()
        if upload.status == ImportStatus.UPLOADED:
            queue.later(upload.pk, queue.CHECK)
    return upload


def _look_at(upload: SpendImport, plan: Plan) -> None:
    """Settle how it is read; columns that nobody recognises are left to be mapped."""
    try:
        look = inspection.look(upload, plan)
    except ImportRefused as error:
        raise UploadRefused(without_options(str(error))) from error
    if look.format == inspection.BY_HAND and not plan.mapping:
        recalled = mappings.recall(look.header, plan)
        if recalled is None:
            upload.status = ImportStatus.UNMAPPED
        plan = recalled or plan
    upload.format, upload.plan = look.format, storable.json(plan.as_json())


def earlier(upload: SpendImport) -> QuerySet[SpendImport]:
    """Earlier uploads of the very same bytes, the newest first."""
    return SpendImport.objects.filter(sha256=upload.sha256, pk__lt=upload.pk)


def has_refused(upload: SpendImport) -> bool:
    """Were rows refused, and kept?"""
    return parts.is_kept(upload.pk, ImportPart.REFUSED)


def refused(upload: SpendImport) -> Iterator[bytes]:
    """The CSV of its refused rows, part by part."""
    return parts.stream(upload.pk, ImportPart.REFUSED)


def tidy(name: str) -> str:
    """A file's name without folders and without what cannot be shown; at most 255 characters."""
    shown = _UNSHOWN.sub("", re.split(r"[/\\]", name)[-1]).strip()
    if len(shown) > LONGEST_NAME:
        ending = PurePosixPath(shown).suffix[-20:]
        shown = shown[: LONGEST_NAME - len(ending) - 1] + "…" + ending
    return shown or "unnamed"


class _Counted:
    """Passes chunks on, and knows their size and checksum."""

    def __init__(self, chunks: Iterable[bytes], limit: int) -> None:
        self._chunks = chunks
        self._limit = limit
        self.size = 0
        self.sha256 = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            if self.size > self._limit:
                raise UploadRefused(too_large(self._limit))
            self.sha256.update(chunk)
            yield chunk


def too_large(limit: int) -> str:
    """Why a file of more than ``limit`` bytes is refused, and what to do."""
    shown = f"{limit / (1 << 20):,.0f} MiB" if limit >= 1 << 20 else f"{limit:,} bytes"
    return (
        f"The file is larger than {shown}, which is as much as is taken in here. Split it, or "
        "import it on the server: manage.py import_spend FILE. (IMPORT_MAX_BYTES sets the limit.)"
    )
