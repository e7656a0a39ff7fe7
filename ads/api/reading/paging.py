"""Pages of lists: a cursor names the row before the page."""

from typing import Annotated, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema

from ads.api.frame import LISTED, Limit

#: A row of a list ordered by id.
CURSOR: Final = r"^r[0-9]{1,18}$"


class Page(Schema):
    """The page of a list."""

    cursor: Annotated[
        str | None,
        Field(
            pattern=CURSOR,
            description="`next_cursor` of the previous page; omit it for the first.",
        ),
    ] = None
    limit: Limit = LISTED

    @property
    def after(self) -> int:
        """The page has rows with an id above this."""
        return int(self.cursor[1:]) if self.cursor else 0


def cursor_after(row_id: int) -> str:
    """The cursor of the page after a row."""
    return f"r{row_id}"


def link(request: HttpRequest, response: HttpResponse, next_cursor: str | None) -> None:
    """Set the ``Link`` header to the next page too."""
    if next_cursor:
        parameters = request.GET.dict() | {"cursor": next_cursor}
        response["Link"] = f'<{request.path}?{urlencode(parameters)}>; rel="next"'
