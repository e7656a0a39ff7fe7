"""Pages of lists: a cursor says after which row a page begins."""

from typing import Annotated, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema

from ads.api.frame import LISTED, Limit

#: A row of a list in the order of ids.
CURSOR: Final = r"^r[0-9]{1,18}$"


class Page(Schema):
    """Which part of a list is asked for."""

    cursor: Annotated[
        str | None,
        Field(
            pattern=CURSOR,
            description="`next_cursor` of the page before; without it, the list begins.",
        ),
    ] = None
    limit: Limit = LISTED

    @property
    def after(self) -> int:
        """Rows with an id above this are meant."""
        return int(self.cursor[1:]) if self.cursor else 0


def cursor_after(row_id: int) -> str:
    """The cursor of what follows a row."""
    return f"r{row_id}"


def link(request: HttpRequest, response: HttpResponse, next_cursor: str | None) -> None:
    """Say in the header Link, too, where the next page is."""
    if next_cursor:
        parameters = request.GET.dict() | {"cursor": next_cursor}
        response["Link"] = f'<{request.path}?{urlencode(parameters)}>; rel="next"'
