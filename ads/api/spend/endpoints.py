"""Spend comes in: entries, day totals, corrections."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Literal, TypeVar

from django.http import HttpResponse
from ninja import Header, Query, Router

from ads.api.frame import ApiKey, ApiRequest, Kind, Problem, as_json, parameters
from ads.api.spend import bodies, document, rows
from ads.api.spend.bodies import JSON, NDJSON
from ads.api.spend.row_schemas import CORRECTIONS, DAY_TOTALS, ENTRIES, OUTCOMES
from ads.api.spend.rows import Row, Shape
from ads.models.senders import Scope
from ads.services import intake
from ads.services.errors import InvalidSpend
from ads.services.intake import Intake, IntakeAnswer, IntakeSender

R = TypeVar("R")

router = Router(tags=["spend"])

#: How the counts in an answer are called, by the outcome that they count.
_COUNTS: Final = {
    "recorded": "recorded",
    "duplicate": "duplicates",
    "unchanged": "unchanged",
    "older": "older",
    "waiting": "waiting",
    "conflict": "conflicts",
    "refused": "refused",
}
_FAILED: Final = ("conflict", "refused")

Mode = Annotated[
    Literal["all_or_nothing", "keep_good"],
    Query(
        description="What happens when some rows are bad: nothing is recorded, or the good ones "
        "are."
    ),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Gives rows without an id of their own the id `<key>/<row>`, so that sending "
        "the same request again has the effect of one.",
        pattern="^[!-~]{1,190}$",
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
    before with the same content is a duplicate, and counts once. A campaign may be given as a
    platform knows it; if nobody has said yet which campaign that is, the row waits and is recorded
    as soon as somebody does.
    """
    return _take(request, rows.ENTRIES, intake.take_entries, mode, idempotency_key)


@router.post(
    "/day-totals",
    auth=ApiKey(Scope.SPEND_WRITE),
    operation_id="send_day_totals",
    summary="Send day totals",
    openapi_extra=document.of(DAY_TOTALS),
)
def send_day_totals(request: ApiRequest, mode: Mode = "all_or_nothing") -> HttpResponse:
    """Record what campaigns have cost so far on a day, as ad platforms report it.

    Recorded is the difference to what the key's source had reported for that day; an observation
    that is older than a known one changes nothing.

    What is reported under several references of one campaign adds up. A campaign's day is reported
    in one way, by its id or name or by references: in the other, too, it would count twice, and is
    refused.
    """
    return _take(request, rows.DAY_TOTALS, intake.take_day_totals, mode, None)


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
    """Correct what was recorded, by amounts that may be negative, and say why.

    A correction can bring a campaign back.
    """
    return _take(request, rows.CORRECTIONS, intake.take_corrections, mode, idempotency_key)


def _take(
    request: ApiRequest,
    shape: Shape[R],
    take: Callable[..., Intake],
    mode: str,
    idempotency_key: str | None,
) -> HttpResponse:
    parameters.check_known(request, {"mode"})
    media_type = bodies.media_type(request, JSON, NDJSON)
    sent = rows.read(bodies.read(request), media_type, shape, idempotency_key)
    caller = request.auth
    taken = take(
        [row.content for row in sent],
        sender=IntakeSender(caller.source, caller.brand_ids),
        now=request.now,
        keep_good=mode == "keep_good",
    )
    if not taken.is_recorded:
        raise refusal(sent, taken.answers)
    content = {
        **counted(shape, taken.answers),
        "answers": _listed(sent, taken.answers),
    }
    return HttpResponse(as_json(content), content_type=JSON)


def counted(shape: Shape[R], answers: Sequence[IntakeAnswer]) -> dict[str, int]:
    """How many rows had which outcome."""
    number = Counter(answer.outcome for answer in answers)
    return {_COUNTS[outcome]: number[outcome] for outcome in OUTCOMES[shape.many]}


def _listed(sent: Sequence[Row[R]], answers: Sequence[IntakeAnswer]) -> list[dict[str, Any]]:
    pairs = zip(sent, answers, strict=True)
    return [_answer(i, row, answer) for i, (row, answer) in enumerate(pairs)]


def _answer(i: int, row: Row[R], answer: IntakeAnswer) -> dict[str, Any]:
    said: dict[str, Any] = {"row": i}
    if row.line is not None:
        said["line"] = row.line
    said["outcome"] = answer.outcome
    if answer.entry_id is not None:
        said["entry_id"] = answer.entry_id
    if answer.difference is not None:
        said["difference"] = f"{answer.difference:f}"
    if answer.outcome in _FAILED:
        said |= {"field": answer.field, "value": answer.value, "reason": answer.reason}
    return said


def refusal(sent: Sequence[Row[R]], answers: Sequence[IntakeAnswer]) -> Problem:
    """The problem with rows of which nothing was recorded."""
    said = [
        _answer(i, row, answer) for i, (row, answer) in enumerate(zip(sent, answers, strict=True))
    ]
    errors = [
        {name: value for name, value in one.items() if name != "outcome"}
        for one in said
        if one["outcome"] in _FAILED
    ]
    only_conflicts = not any(one["outcome"] == "refused" for one in said)
    first = errors[0]
    place = f"row {first['row']}" + (f" (line {first['line']})" if "line" in first else "")
    return Problem(
        Kind.CONFLICT if only_conflicts else Kind.INVALID,
        f"{len(errors):,} of {len(said):,} rows cannot be recorded, so nothing was. The first is "
        f"{place}, {InvalidSpend(first['field'], first['value'], first['reason'])}",
        errors=errors,
        more={"answers": said},
    )
