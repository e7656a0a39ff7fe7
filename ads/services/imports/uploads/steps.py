"""What people do with an import: upload it, confirm it, cancel it, change how it is read.

Steps after the upload are one UPDATE each that names the status before: of two at once, the later
one is refused.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Sum, TextField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, JSONObject, Now, NullIf
from django.template.defaultfilters import filesizeformat

from ads.models import SpendBatch, SpendImport, WaitingSpend
from ads.models.spend import BatchKind, ImportPart, ImportStatus
from ads.services import visible
from ads.services.actor import current_actor
from ads.services.currencies import ONLY
from ads.services.imports.plan import Plan
from ads.services.imports.refusals import (
    ImportRefused,
    OutOfTurn,
    UploadRefused,
    WhichSheet,
    without_options,
)
from ads.services.imports.uploads import mappings, parts, queue, storable

LONGEST_NAME = 255

#: Control characters, marks of writing direction, and lone surrogates.
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

#: Not recorded and not being recorded.
CANCELLABLE = (
    ImportStatus.UNMAPPED,
    ImportStatus.UPLOADED,
    ImportStatus.CHECKING,
    ImportStatus.CHECKED,
    ImportStatus.CONFIRMED,
    ImportStatus.REFUSED,
)

#: Nothing is running, and it is not confirmed.
READABLE_ANEW = (ImportStatus.UNMAPPED, ImportStatus.CHECKED, ImportStatus.REFUSED)


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
    sha256 = hashlib.sha256()
    with transaction.atomic():
        upload = SpendImport.objects.create(
            file_name=tidy(name),
            size=0,
            sha256="",
            uploaded_by=current_actor(),
            only_brands=visible.only_brands(),
        )
        file = parts.PartsWriter(upload.pk, ImportPart.FILE)
        for chunk in chunks:
            upload.size += len(chunk)
            if upload.size > limit:
                raise UploadRefused(too_large(limit))
            sha256.update(chunk)
            file.write(chunk)
        file.finish()
        if not upload.size:
            raise UploadRefused("The file is empty: there is nothing in it.")
        upload.sha256 = sha256.hexdigest()
        _look_at(upload, plan)
        upload.save()
        if upload.status == ImportStatus.UPLOADED:
            queue.later(upload.pk, queue.CHECK)
    return upload


def _look_at(upload: SpendImport, plan: Plan) -> None:
    """Settle how it is read; a person chooses among several sheets, and maps unknown columns."""
    try:
        look = mappings.look(upload, plan)
    except WhichSheet:
        upload.status, upload.format = ImportStatus.UNMAPPED, mappings.BY_HAND
        upload.plan = storable.json(plan.as_json())
        return
    except ImportRefused as error:
        raise UploadRefused(without_options(str(error))) from error
    if look.format == mappings.BY_HAND and not plan.mapping:
        recalled = mappings.recall(look.header, plan)
        if recalled is None:
            upload.status = ImportStatus.UNMAPPED
        plan = recalled or plan
    upload.format, upload.plan = plan.format or look.format, storable.json(plan.as_json())


def earlier(upload: SpendImport) -> QuerySet[SpendImport]:
    """Earlier uploads of the very same bytes, the newest first."""
    same = SpendImport.objects.filter(sha256=upload.sha256, pk__lt=upload.pk)
    return with_waiting(visible.rows(same))


def with_waiting(imports: QuerySet[SpendImport]) -> QuerySet[SpendImport]:
    """With ``still_waiting``: the sums of their spend that still waits to be matched, by currency.

    A list of ``currency`` and ``sum`` (as text); empty or None if nothing waits. It counts for the
    last import that reported it. ``all_waited``: it was all that there was. ``is_undone``: what it
    recorded was taken back.
    """
    taken_back = SpendBatch.objects.filter(
        spend_import=OuterRef("pk"), kind=BatchKind.IMPORT, counts=False
    )
    waits = WaitingSpend.objects.filter(
        discarded_at=None, received_at=OuterRef("finished_at"), source=OuterRef("said_source")
    )
    named = Coalesce(NullIf("currency", Value("")), RawSQL(ONLY, []), Value(""))  # noqa: S611  (ours)
    summed = (
        waits.order_by()
        .values(code=named)
        .annotate(each=JSONObject(currency=F("code"), sum=Cast(Sum("amount"), TextField())))
        .values("each")
    )
    return imports.annotate(
        said_source=KT("preview__plan__source"),
        all_waited=Q(outcome__rows=0),
        is_undone=Exists(taken_back),
        still_waiting=Case(
            When(
                status=ImportStatus.RECORDED,
                outcome__waiting_rows__gt=0,
                then=ArraySubquery(summed),
            )
        ),
    )


def has_refused(upload: SpendImport) -> bool:
    return parts.is_kept(upload.pk, ImportPart.REFUSED)


def refused(upload: SpendImport) -> Iterator[bytes]:
    return parts.stream(upload.pk, ImportPart.REFUSED)


def tidy(name: str) -> str:
    """A file's name without folders and invisible characters; at most 255 characters."""
    shown = _UNSHOWN.sub("", re.split(r"[/\\]", name)[-1]).strip()
    if len(shown) > LONGEST_NAME:
        ending = PurePosixPath(shown).suffix[-20:]
        shown = shown[: LONGEST_NAME - len(ending) - 1] + "…" + ending
    return shown or "unnamed"


def too_large(limit: int) -> str:
    """The reason to refuse a file of more than ``limit`` bytes, with the remedy."""
    return (
        f"The file is larger than {filesizeformat(limit)}, the limit here. Split it, or import it "
        "on the server: manage.py import_spend FILE. (IMPORT_MAX_BYTES sets the limit.)"
    )


def confirm(
    upload: SpendImport,
    *,
    checks: int,
    leaves_out: int,
    now: datetime,
    answers: Mapping[str, str] | None = None,
) -> None:
    """Have it recorded as previewed by check number ``checks``.

    ``leaves_out``: how many bad rows may be left out, as the preview counted them. ``answers``: to
    the questions of the preview, by code.

    Raises:
        OutOfTurn: it cannot be confirmed (any more), or has been checked again.
        ImportRefused: a question has no answer.
    """
    answers = dict(answers or {})
    for asked in (upload.preview or {}).get("questions", ()):
        given = answers.get(asked["code"])
        if given not in dict(asked["choices"]) and not (given is None and asked["depends"]):
            raise ImportRefused(f"{asked['title']}: choose an answer. Nothing was recorded.")
    _move(
        upload,
        SpendImport.objects.filter(status=ImportStatus.CHECKED, checks=checks),
        queue.RECORD,
        status=ImportStatus.CONFIRMED,
        confirmed_by=current_actor(),
        confirmed_at=now,
        plan={**upload.plan, "answers": answers},
        leaves_out=leaves_out,
        error="",
    )


def read_anew(upload: SpendImport, plan: Plan, *, remember: bool) -> None:
    """Check it again, read by this plan; ``remember`` the plan for files with the same header.

    Raises:
        OutOfTurn: it is being checked or recorded, or its file is no longer stored.
        ImportRefused: it cannot be read like that at all.
    """
    if plan.observed_at is None:
        plan = replace(plan, observed_at=upload.created_at)
    look = mappings.look(upload, plan)
    with transaction.atomic():
        if remember:
            mappings.remember(look.header, plan, name=upload.file_name)
        _move(
            upload,
            SpendImport.objects.filter(status__in=READABLE_ANEW),
            queue.CHECK,
            status=ImportStatus.UPLOADED,
            format=look.format,
            plan=storable.json(plan.as_json()),
            error="",
        )


def cancel(upload: SpendImport, *, now: datetime) -> None:
    """Cancel it, and delete its file.

    Raises:
        OutOfTurn: it has been recorded, or is being recorded.
    """
    with transaction.atomic():
        _move(
            upload,
            SpendImport.objects.filter(status__in=CANCELLABLE),
            None,
            status=ImportStatus.CANCELLED,
            error=f"Cancelled by {current_actor()}.",
            finished_at=now,
        )
        parts.drop(upload.pk, ImportPart.FILE)


def _move(
    upload: SpendImport, imports: QuerySet[SpendImport], task: str | None, **fields: Any
) -> None:
    with transaction.atomic():
        moved = imports.filter(pk=upload.pk).update(**fields, attempts=0, updated_at=Now())
        if moved and task:
            queue.later(upload.pk, task)
    upload.refresh_from_db()
    if not moved:
        raise OutOfTurn(
            "Nothing was done: the import has changed since you opened the page (its status is "
            f"now {upload.get_status_display()}). Check it again."
        )
