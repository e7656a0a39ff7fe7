"""Receiving a file: it is stored as it arrives, and a worker checks it."""

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
from ads.services.imports.plan import Plan
from ads.services.imports.refusals import ImportRefused, UploadRefused, without_options
from ads.services.imports.uploads import mappings, parts, queue, storable

LONGEST_NAME = 255

#: Control characters, marks of writing direction, and lone surrogates.
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def receive(
    chunks: Iterable[bytes], *, name: str, plan: Plan, limit: int, now: datetime
) -> SpendImport:
    """Store an uploaded file, and have it checked.

    ``limit``: its largest size in bytes. Its figures were observed now, unless the plan says when:
    they are older than what is observed later, whichever is recorded first.

    Raises:
        UploadRefused: it is empty, too large or not a CSV; nothing of it is stored.
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
    """Settle how it is read; unrecognised columns are left to be mapped by hand."""
    try:
        look = mappings.look(upload, plan)
    except ImportRefused as error:
        raise UploadRefused(without_options(str(error))) from error
    if look.format == mappings.BY_HAND and not plan.mapping:
        recalled = mappings.recall(look.header, plan)
        if recalled is None:
            upload.status = ImportStatus.UNMAPPED
        plan = recalled or plan
    upload.format, upload.plan = look.format, storable.json(plan.as_json())


def earlier(upload: SpendImport) -> QuerySet[SpendImport]:
    """Earlier uploads of the very same bytes, the newest first."""
    return SpendImport.objects.filter(sha256=upload.sha256, pk__lt=upload.pk)


def has_refused(upload: SpendImport) -> bool:
    """Is there a CSV of refused rows?"""
    return parts.is_kept(upload.pk, ImportPart.REFUSED)


def refused(upload: SpendImport) -> Iterator[bytes]:
    """The CSV of its refused rows, part by part."""
    return parts.stream(upload.pk, ImportPart.REFUSED)


def tidy(name: str) -> str:
    """A file's name without folders and invisible characters; at most 255 characters."""
    shown = _UNSHOWN.sub("", re.split(r"[/\\]", name)[-1]).strip()
    if len(shown) > LONGEST_NAME:
        ending = PurePosixPath(shown).suffix[-20:]
        shown = shown[: LONGEST_NAME - len(ending) - 1] + "…" + ending
    return shown or "unnamed"


class _Counted:
    """Passes chunks on, counting their size and checksum."""

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
    """The reason to refuse a file of more than ``limit`` bytes, with the remedy."""
    shown = f"{limit / (1 << 20):,.0f} MiB" if limit >= 1 << 20 else f"{limit:,} bytes"
    return (
        f"The file is larger than {shown}, the limit here. Split it, or import it on the server: "
        "manage.py import_spend FILE. (IMPORT_MAX_BYTES sets the limit.)"
    )
