"""Sending spend: entries, day totals, corrections."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from django.http import HttpResponse
from ninja import Query, Router

from ads.api.frame import (
    JSON,
    NDJSON,
    ApiKey,
    ApiRequest,
    Kind,
    Problem,
    as_json,
    bodies,
    parameters,
)
from ads.api.spend import document, rows
from ads.api.spend.rows import CORRECTIONS, DAY_TOTALS, ENTRIES, Shape
from ads.models.access import Scope
from ads.models.spend import BatchKind
from ads.services.errors import InvalidSpend, Overlap
from ads.services.ledger import Answer, OnOverlap, record
from ads.services.new_batch import NewBatch

router = Router(tags=["spend"])

_FAILED: Final = ("conflict", "overlap", "refused")

#: The problems of which all failed rows are of one kind; any others are invalid.
_KINDS: Final = {frozenset({"conflict"}): Kind.CONFLICT, frozenset({"overlap"}): Kind.OVERLAP}

Mode = Annotated[
    Literal["all_or_nothing", "keep_good"],
    Query(description="If some rows are bad: record nothing, or record the good ones."),
]
Overlapping = Annotated[
    Literal["add", "replace", "skip"] | None,
    Query(
        description="What becomes of totals of campaigns and days that another source has "
        "reported: `add`: it is other money, and both count; `replace`: the key's source speaks "
        "for these days from now on, and the other's totals are taken back by corrections; "
        "`skip`: they are not recorded. Left out, they are refused, with the figures."
    ),
]
IdempotencyKey = Annotated[
    str | None,
    parameters.idempotency_key(
        "Gives rows without an id of their own the id `<key>/<row>`, so that a request that is "
        "sent again counts once."
    ),
]


@router.post(
    "/entries",
    auth=ApiKey(Scope.SPEND_WRITE),
    operation_id="send_entries",
    summary="Send spend",
    openapi_extra=document.of(ENTRIES),
)
def send_entries(
    request: ApiRequest, mode: Mode = "all_or_nothing", idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Record spend as it happened: clicks, impressions, hours.

    When the answer comes, every campaign that had to stop has stopped. A row whose id was recorded
    before with the same content is a duplicate, and counts once. A campaign may be given by its ID
    on a platform; if no campaign has that ID yet, the row waits until one does.
    """
    return _record(request, ENTRIES, mode, idempotency_key)


@router.post(
    "/day-totals",
    auth=ApiKey(Scope.SPEND_WRITE),
    operation_id="send_day_totals",
    summary="Send day totals",
    openapi_extra=document.of(DAY_TOTALS),
)
def send_day_totals(
    request: ApiRequest, mode: Mode = "all_or_nothing", on_overlap: Overlapping = None
) -> HttpResponse:
    """Record what campaigns have cost so far on a day, as ad platforms report it.

    The ledger gets the difference to what the key's source had reported for that day; an
    observation that is older than the last one changes nothing.

    Totals of several platform IDs of one campaign add up. Report a campaign's day either by its id
    or name or by platform IDs; both would count it twice, and the second is refused.

    So would two sources that report one campaign and day, on one platform or without one. Say with
    `on_overlap` what is right; once a source's total counts, its later reports are not asked about.
    """
    choice = OnOverlap(on_overlap) if on_overlap else None
    return _record(request, DAY_TOTALS, mode, None, choice)


@router.post(
    "/corrections",
    auth=ApiKey(Scope.SPEND_WRITE),
    operation_id="send_corrections",
    summary="Send corrections",
    openapi_extra=document.of(CORRECTIONS),
)
def send_corrections(
    request: ApiRequest, mode: Mode = "all_or_nothing", idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Correct recorded spend by amounts that may be negative, and say why.

    A correction can bring a campaign back.
    """
    return _record(request, CORRECTIONS, mode, idempotency_key)


def _record(
    request: ApiRequest,
    shape: Shape,
    mode: str,
    idempotency_key: str | None,
    on_overlap: OnOverlap | None = None,
) -> HttpResponse:
    options = {"mode", "on_overlap"} if shape is DAY_TOTALS else {"mode"}
    parameters.check_known(request, options)
    media_type = bodies.media_type(request, JSON, NDJSON)
    sent, lines = rows.read(bodies.read(request), media_type, shape, idempotency_key)
    caller = request.auth
    recorded = record(
        sent,
        source=caller.source,
        now=request.now,
        kind=shape.kind,
        brand_ids=caller.brand_ids,
        keep_good=mode == "keep_good",
        on_overlap=on_overlap,
        together=NewBatch(BatchKind.API, title=caller.name, api_key_id=caller.key_id),
    )
    answers = listed(recorded.answers, lines)
    if not recorded.is_recorded:
        raise refusal(answers)
    content = {
        "batch": recorded.batch_id,
        **counted(shape, recorded.answers),
        "answers": answers,
    }
    return HttpResponse(as_json(content), content_type=JSON)


def counted(shape: Shape, answers: Sequence[Answer]) -> dict[str, int]:
    """How many rows had which outcome."""
    number = Counter(answer.outcome for answer in answers)
    return {count: number[outcome] for outcome, count in shape.outcomes.items()}


def listed(answers: Sequence[Answer], lines: Sequence[int] = ()) -> list[dict[str, Any]]:
    """The answer for each row; with their lines, if they came in NDJSON."""
    return [_answer(i, lines[i : i + 1], answer) for i, answer in enumerate(answers)]


def _answer(i: int, line: Sequence[int], answer: Answer) -> dict[str, Any]:
    shown: dict[str, Any] = {"row": i}
    if line:
        shown["line"] = line[0]
    shown["outcome"] = answer.outcome
    if answer.entry_id is not None:
        shown["entry_id"] = answer.entry_id
    if answer.difference is not None:
        shown["difference"] = f"{answer.difference:f}"
        shown["currency"] = answer.currency
    if answer.taken_back is not None:
        shown["taken_back"] = f"{answer.taken_back:f}"
    if isinstance(answer.error, Overlap):
        shown["overlap"] = _overlap(answer.error)
    if answer.error:
        shown |= {"field": answer.field, "value": answer.value, "reason": answer.reason}
    return shown


def _overlap(error: Overlap) -> dict[str, Any]:
    """The figures of one campaign's day, which are in one currency."""
    ((currency, amount),) = error.amount.items()
    return {
        "amount": f"{amount:f}",
        "currency": currency,
        "on_record": {source: f"{sums[currency]:f}" for source, sums in error.on_record.items()},
    }


def refusal(answers: Sequence[dict[str, Any]]) -> Problem:
    """The problem with rows of which nothing was recorded."""
    errors = [
        {name: value for name, value in one.items() if name != "outcome"}
        for one in answers
        if one["outcome"] in _FAILED
    ]
    outcomes = frozenset(one["outcome"] for one in answers).intersection(_FAILED)
    first = errors[0]
    place = f"row {first['row']}" + (f" (line {first['line']})" if "line" in first else "")
    return Problem(
        _KINDS.get(outcomes, Kind.INVALID),
        f"{len(errors):,} of {len(answers):,} rows cannot be recorded, so nothing was. The first "
        f"is {place}, {InvalidSpend(first['field'], first['value'], first['reason'])}",
        errors=errors,
        more={"answers": answers},
    )
