"""Exports as CSV of any size."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Final, TypeVar

from django.http import StreamingHttpResponse
from ninja import Field, Query, Router, Schema
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from ads.api.frame import ApiKey, ApiRequest, Day, Id, Kind, check_known, documented, refuse
from ads.models.access import Scope
from ads.services.exports import InvalidExport, Stream, Wanted, kinds

router = Router(tags=["exports"], auth=ApiKey(Scope.READ))

View = TypeVar("View", bound=Callable[..., StreamingHttpResponse])

_WHOLE: Final = (
    "The answer is streamed and is consistent as of one instant. If it fails midway the connection "
    "closes before the last chunk, so check that your client reads it to the end."
)


def _yes_or_no(value: Any) -> Any:
    if value not in (True, False, "true", "false"):
        raise PydanticCustomError("bool", "write true or false.")
    return value


class Asked(Schema):
    """What to export, and how."""

    brand: Annotated[Id | None, Field(description="Only this brand.")] = None
    bom: Annotated[
        bool,
        BeforeValidator(_yes_or_no),
        Field(description="Start with a byte order mark, which tells Excel that it is UTF-8."),
    ] = False

    @property
    def days(self) -> tuple[date | None, date | None]:
        return None, None


class AskedDays(Asked):
    """The same for a range of days."""

    first: Annotated[Day | None, Field(alias="from", description="First day.")] = None
    last: Annotated[Day | None, Field(alias="to", description="Last day, included.")] = None

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
    """Routes an export with these columns."""
    decorated: Callable[[View], View] = router.get(
        f"/{name}.csv",
        response=None,
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
    headers = {"Content-Disposition": f'attachment; filename="{export.name}.csv"'}
    if months := kinds.left_out(kind, wanted):
        headers["X-Archived-Months"] = ", ".join(f"{month:%Y-%m}" for month in months)
    if brands := kinds.unreadable(kind, wanted):
        headers["X-Invalid-Timezone-Brands"] = ", ".join(str(brand.pk) for brand in brands)
    return StreamingHttpResponse(
        Stream(export, bom=asked.bom), content_type="text/csv; charset=utf-8", headers=headers
    )


@_csv("spend", "The ledger", kinds.SPEND)
def export_spend(request: ApiRequest, asked: Query[AskedDays]) -> StreamingHttpResponse:
    """Entries in the order in which they were recorded. Days are accounting days.

    Months whose entries are archived are named in the header ``X-Archived-Months``.
    """
    return _export(request, kinds.Kind.SPEND, asked)


@_csv("delivery-changes", "Delivery changes", kinds.CHANGES)
def export_delivery_changes(request: ApiRequest, asked: Query[AskedDays]) -> StreamingHttpResponse:
    """Every switch of a campaign and why, oldest first. Days are in UTC."""
    return _export(request, kinds.Kind.CHANGES, asked)


@_csv("totals", "Sums by day and month", kinds.TOTALS)
def export_totals(request: ApiRequest, asked: Query[AskedDays]) -> StreamingHttpResponse:
    """The ledger's sums of every campaign, and of every brand (no campaign), by day and month.

    Days are the first days of the periods.
    """
    return _export(request, kinds.Kind.TOTALS, asked)


@_csv("receipts", "What pauses for used-up budgets were worth", kinds.RECEIPTS)
def export_receipts(request: ApiRequest, asked: Query[AskedDays]) -> StreamingHttpResponse:
    """From the event to its confirmation, and what it cost, oldest first. Days are in UTC.

    Brands with an invalid timezone are left out, and their ids are in the header
    ``X-Invalid-Timezone-Brands``.
    """
    return _export(request, kinds.Kind.RECEIPTS, asked)


@_csv("summaries", "Current figures", kinds.SUMMARY)
def export_summaries(request: ApiRequest, asked: Query[Asked]) -> StreamingHttpResponse:
    """Spend, budgets and remaining budgets of brands, then of their campaigns, right now."""
    return _export(request, kinds.Kind.SUMMARIES, asked)
