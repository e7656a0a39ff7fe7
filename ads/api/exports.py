"""What is on record, as CSV of any size."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Final, TypeVar

from django.http import StreamingHttpResponse
from ninja import Field, Query, Router, Schema
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from ads.api.frame import ApiKey, ApiRequest, Day, Id, Kind, check_known, documented, refuse
from ads.models.senders import Scope
from ads.services.exports import InvalidExport, Stream, Wanted, kinds

router = Router(tags=["exports"])

View = TypeVar("View", bound=Callable[..., StreamingHttpResponse])

_WHOLE: Final = (
    "The answer is sent while it is read, and is as of one instant. If it fails midway the "
    "connection breaks off before the last chunk, so check that your client has read it to its end."
)


def _yes_or_no(value: Any) -> Any:
    if value not in (True, False, "true", "false"):
        raise PydanticCustomError("bool", "Write true or false.")
    return value


class Asked(Schema):
    """Which part of what is on record, and how it is written."""

    brand: Annotated[Id | None, Field(description="Of this brand.")] = None
    bom: Annotated[
        bool,
        BeforeValidator(_yes_or_no),
        Field(description="Begin with a byte order mark, by which Excel knows UTF-8."),
    ] = False

    @property
    def days(self) -> tuple[date | None, date | None]:
        return None, None


class AskedDays(Asked):
    """The same, of some days."""

    first: Annotated[Day | None, Field(alias="from", description="From this day on.")] = None
    last: Annotated[Day | None, Field(alias="to", description="Up to and with this day.")] = None

    @property
    def days(self) -> tuple[date | None, date | None]:
        return self.first, self.last


def _documented(columns: tuple[str, ...]) -> dict[str, Any]:
    csv = {
        "schema": {"type": "string", "description": f"Columns: {', '.join(columns)}."},
        "example": f"{','.join(columns)}\r\n",
    }
    responses: dict[int, Any] = {200: {"description": _WHOLE, "content": {"text/csv": csv}}}
    return {"responses": responses | documented(Kind.INVALID)}


def _csv(name: str, summary: str, columns: tuple[str, ...]) -> Callable[[View], View]:
    """The address of a CSV with these columns."""
    decorated: Callable[[View], View] = router.get(
        f"/{name}.csv",
        auth=ApiKey(Scope.READ),
        response=None,
        operation_id=f"export_{name.replace('-', '_')}",
        summary=summary,
        openapi_extra=_documented(columns),
    )
    return decorated


def _export(request: ApiRequest, kind: kinds.Kind, asked: Asked) -> StreamingHttpResponse:
    check_known(request, type(asked))
    first, last = asked.days
    wanted = Wanted(brand_ids=request.auth.brand_ids, brand=asked.brand, first=first, last=last)
    try:
        export = kinds.choose(kind, wanted, request.now)
    except InvalidExport as error:
        raise refuse(error.field, request.GET[error.field], error.reason) from error
    return StreamingHttpResponse(
        Stream(export, bom=asked.bom),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{export.name}.csv"'},
    )


@_csv("spend", "The ledger", kinds.SPEND)
def export_spend(request: ApiRequest, asked: Query[AskedDays]) -> StreamingHttpResponse:
    """Entries in the order in which they were recorded; the days are accounting days."""
    return _export(request, kinds.Kind.SPEND, asked)


@_csv("delivery-changes", "Delivery changes", kinds.CHANGES)
def export_delivery_changes(request: ApiRequest, asked: Query[AskedDays]) -> StreamingHttpResponse:
    """What was switched on and off and why, the oldest first; the days are days in UTC."""
    return _export(request, kinds.Kind.CHANGES, asked)


@_csv("totals", "Sums by day and month", kinds.TOTALS)
def export_totals(request: ApiRequest, asked: Query[AskedDays]) -> StreamingHttpResponse:
    """The ledger's sums of every campaign, and without a campaign of the brand, by day and month.

    The days are those on which the periods begin.
    """
    return _export(request, kinds.Kind.TOTALS, asked)


@_csv("summaries", "Where everybody stands", kinds.SUMMARY)
def export_summaries(request: ApiRequest, asked: Query[Asked]) -> StreamingHttpResponse:
    """Spend, budgets and what remains of the brands, then of their campaigns, at this instant."""
    return _export(request, kinds.Kind.SUMMARIES, asked)
