"""Undoing a batch that the key has sent."""

from typing import Annotated, Any, Final

from ninja import Path, Query, Router, Schema

from ads.api.frame import (
    ApiKey,
    ApiRequest,
    Id,
    Kind,
    Problem,
    Text,
    check_known,
    documented,
    refuse,
)
from ads.models import Spend, SpendBatch
from ads.models.access import Scope
from ads.rules.money import plain
from ads.services import batches
from ads.services.batches import BatchFigures, CannotUndo, InTheWay
from ads.services.errors import InvalidSpend

router = Router(tags=["spend"], auth=ApiKey(Scope.SPEND_WRITE))

_RESPONSES: Final[dict[str, Any]] = {
    "responses": documented(Kind.NOT_FOUND, Kind.CONFLICT, Kind.INVALID)
}


class UndoPreview(Schema):
    """What undoing a batch would do."""

    batch: int
    entries: int
    amounts: dict[str, str]
    campaigns: int
    waiting: int
    starts: int
    stops: int
    in_the_way: list[str]


class Undone(Schema):
    """What an undo did."""

    batch: int
    undone: int
    entries: int
    amounts: dict[str, str]
    waiting: int
    started: int
    stopped: int


@router.get(
    "/{batch_id}/undo",
    response=UndoPreview,
    summary="Preview an undo",
    openapi_extra=_RESPONSES,
)
def preview_undo(request: ApiRequest, batch_id: Path[Id]) -> UndoPreview:
    """What undoing a batch of this key would do; nothing is changed.

    `amounts` is what the ledger would change by, by currency. Where `in_the_way` has reasons, the
    batch cannot be undone: later records stand on it, or it was undone before.
    """
    check_known(request, ())
    preview = batches.preview(_own(request, batch_id), now=request.now)
    return UndoPreview(
        batch=batch_id,
        campaigns=preview.figures.campaigns,
        starts=preview.would_start,
        stops=preview.would_stop,
        in_the_way=_told(request, preview.in_the_way),
        **_figures(preview.figures),
    )


@router.post("/{batch_id}/undo", response=Undone, summary="Undo a batch", openapi_extra=_RESPONSES)
def undo_batch(
    request: ApiRequest,
    batch_id: Path[Id],
    reason: Annotated[Text, Query(description="Why; it stays on record.")],
) -> Undone:
    """Take back all that one request of this key recorded, by corrections, once.

    Day totals go back to what they were before, and what waits only since then is discarded.
    Entries stay on record with their ids: sent again, they are a conflict that names the undo,
    which is a batch (`batch`) and can be undone itself. A second undo is a conflict (409).
    """
    check_known(request, ("reason",))
    batch = _own(request, batch_id)
    try:
        done = batches.undo(batch, reason=reason, now=request.now, api_key_id=request.auth.key_id)
    except CannotUndo as error:
        reasons = " ".join(_told(request, error.reasons))
        detail = f"Batch {batch_id} cannot be undone. {reasons} Nothing was changed."
        raise Problem(Kind.CONFLICT, detail) from error
    except InvalidSpend as error:
        raise refuse(error.field, error.value, error.reason) from error
    return Undone(
        batch=done.batch.pk,
        undone=batch_id,
        started=done.enforced.started,
        stopped=done.enforced.stopped,
        **_figures(done.figures),
    )


def _own(request: ApiRequest, batch_id: int) -> SpendBatch:
    """The batch, if the key has sent it and may still write to all of its brands."""
    caller = request.auth
    batch = SpendBatch.objects.filter(pk=batch_id, api_key=caller.key_id).first()
    if batch is None or (caller.brand_ids is not None and _reaches_beyond(batch, caller.brand_ids)):
        raise Problem(Kind.NOT_FOUND, f"There is no batch {batch_id} of this key.")
    return batch


def _reaches_beyond(batch: SpendBatch, brand_ids: frozenset[int]) -> bool:
    return Spend.objects.filter(batch=batch).exclude(campaign__brand__in=brand_ids).exists()


def _told(request: ApiRequest, reasons: list[InTheWay]) -> list[str]:
    """The reasons; a key that is limited to brands learns of no batch or source but its own."""
    caller = request.auth
    return [
        each.reason
        if caller.brand_ids is None or each.api_key_id == caller.key_id
        else each.discreet
        for each in reasons
    ]


def _figures(figures: BatchFigures) -> dict[str, Any]:
    return {
        "entries": figures.rows,
        "amounts": {code: plain(amount) for code, amount in figures.change.items()},
        "waiting": figures.waiting,
    }
