"""What the commands share: the actor on record, tables, and finding a brand by name.

(Django takes no command from a module whose name begins with an underscore.)
"""

import difflib
import getpass
import logging
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import IO, Final, cast

from django.core.management.base import CommandError, OutputWrapper
from django.db import InternalError, OperationalError
from django.db.models import Q
from django.template.defaultfilters import filesizeformat
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ads.models import Brand, Campaign
from ads.rules.calendar import format_instant, parse_date
from ads.services import restored
from ads.services.actor import acting_as
from ads.services.lock_waits import Locked, is_in_the_way
from ads.services.operations import ClockDiffers, require_clock, stuck_sessions

#: Rows of a table that are shown; the rest are counted.
SHOWN: Final = 100

#: Candidates listed when a name fits several campaigns.
CANDIDATES: Final = 20

_LARGEST_ID: Final = 2**63

#: PostgreSQL's code for a change that a replica refuses.
_READ_ONLY: Final = "25006"


@contextmanager
def acting(command: str, **more: str) -> Iterator[None]:
    """Record everything inside under the names of the command and the system user.

    ``more`` is kept with the audit too.

    Raises:
        CommandError: the clocks differ too much, somebody else keeps rows locked, or the database
            is a replica.
    """
    try:
        actor = f"command: {command}, by {getpass.getuser()}"
    except (KeyError, OSError):  # a container's user need not have a name
        actor = f"command: {command}"
    if sys.stderr.isatty():  # whoever reads the command's report needs no line a switch besides
        logging.getLogger("ads").setLevel(logging.WARNING)
    try:
        require_clock()
        with acting_as(actor, command=command, **more):
            yield
    except ClockDiffers as error:
        raise CommandError(f"{error} Nothing was changed.") from error
    except OperationalError as error:
        if not is_in_the_way(error):
            raise
        said = [str(error if isinstance(error, Locked) else Locked(())), *stuck_sessions()]
        raise CommandError("\n".join(map(str, [*said, "Run the command again."]))) from error
    except InternalError as error:
        if getattr(error.__cause__, "pgcode", None) != _READ_ONLY:
            raise
        raise CommandError(
            "The database is a replica or read-only, so nothing was changed: set DATABASE_URL to "
            "the primary."
        ) from error


class Screen:
    """A command's output: tables on a terminal, plain lines elsewhere."""

    def __init__(self, stdout: OutputWrapper, *, no_color: bool = False) -> None:
        self._is_terminal = stdout.isatty()
        self._console = Console(
            file=cast("IO[str]", stdout),  # which writes and flushes as one does
            force_terminal=self._is_terminal,
            no_color=no_color or not self._is_terminal,
            width=None if self._is_terminal else 10_000,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=not self._is_terminal,
        )

    def line(self, text: str = "", style: str = "") -> None:
        self._console.print(Text(printable(text), style=style))

    def table(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        title: str = "",
        right: Iterable[str] = (),
    ) -> None:
        """Show the first SHOWN rows and count the rest; ``right``: the columns to align right."""
        table = Table(
            box=box.SIMPLE_HEAD if self._is_terminal else None,
            pad_edge=False,
            header_style="bold" if self._is_terminal else "",
        )
        for name in columns:
            table.add_column(name, justify="right" if name in set(right) else "left")
        count = 0
        for count, row in enumerate(rows, start=1):
            if count <= SHOWN:
                table.add_row(*(Text(printable(str(cell))) for cell in row))
        if title:
            self.line(title, "bold")
        self._console.print(table)
        if count > SHOWN:
            self.line(f"… and {count - SHOWN:,} more.")


def day(text: str) -> date:
    try:
        return parse_date(text)
    except ValueError as error:
        raise ArgumentTypeError(f'"{text}" is not a date; use YYYY-MM-DD.') from error


def printable(text: str) -> str:
    """The text with control characters escaped: names come from files and strangers."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def count(number: int, noun: str, plural: str = "") -> str:
    """ "1 campaign", "2,000 campaigns"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def say_held(screen: Screen) -> None:
    """Say that nothing is started, after a restore: previews and reports would seem wrong."""
    if held := restored.held():
        screen.line(f"{held}: nothing is started until after_restore --resume.", "yellow")


def check_enforced(done: str, failed: Sequence[int]) -> None:
    """``done``: what was done nevertheless.

    Raises:
        CommandError: campaigns could not be enforced.
    """
    if failed:
        raise CommandError(
            f"{done}, but {count(len(failed), 'campaign')} could not be enforced; see the log. The "
            "next check tries again."
        )


def size(number: int) -> str:
    """Bytes in a larger unit: "61.2 MB"."""
    return filesizeformat(number).replace("\xa0", " ")


def instant(at: datetime | None, timezone: str = "UTC") -> str:
    """An instant in a timezone and in UTC; "—" for none."""
    if at is None:
        return "—"
    local, utc = format_instant(at, timezone), format_instant(at)
    return local if local == utc else f"{local} ({utc})"


def brand_named(name: str) -> Brand:
    """The brand of this name.

    Raises:
        CommandError: there is none; it suggests similar names.
    """
    brand = Brand.objects.filter(name=name).first() if "\x00" not in name else None
    if brand is None:
        raise CommandError(f'There is no brand "{printable(name)}".{_like(name)}')
    return brand


def _like(name: str) -> str:
    names = list(Brand.objects.order_by("name").values_list("name", flat=True)[:20_000])
    if not names:
        return " There are no brands yet."
    folded = {known.casefold(): known for known in names}
    close = [folded[n] for n in difflib.get_close_matches(name.casefold(), folded, n=3)]
    if close:
        return " Did you mean " + " or ".join(f'"{known}"' for known in close) + "?"
    return f" Brands: {', '.join(names[:10])}{' …' if len(names) > 10 else '.'}"  # noqa: PLR2004


def campaign_named(text: str) -> Campaign:
    """The campaign meant; its own id, its name, or its brand's name, a slash and its name.

    Raises:
        CommandError: none is, or several are; those are listed.
    """
    condition = Q(pk__in=())
    if "\x00" not in text:
        condition |= Q(name=text)
        for at, letter in enumerate(text):
            if letter == "/":  # either name may have slashes of its own
                condition |= Q(brand__name=text[:at], name=text[at + 1 :])
    if text.isascii() and text.isdigit() and int(text) < _LARGEST_ID:
        condition |= Q(pk=int(text))
    found = (
        Campaign.objects.select_related("brand").filter(condition).order_by("brand__name", "name")
    )
    candidates = list(found[: CANDIDATES + 1])
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise CommandError(f'There is no campaign "{printable(text)}".{_campaigns_like(text)}')
    listed = "\n".join(f"  {called(campaign)}" for campaign in candidates[:CANDIDATES])
    more = "\n  …" if len(candidates) > CANDIDATES else ""
    raise CommandError(
        f'"{printable(text)}" fits several campaigns. Give the Brand/Name, or the id if that is '
        f"no other's name:\n{listed}{more}"
    )


def _campaigns_like(text: str) -> str:
    part = text.rpartition("/")[2].strip()
    if "\x00" in text or not part:
        return ""
    like = Campaign.objects.select_related("brand").filter(name__icontains=part).order_by("pk")[:3]
    names = ", ".join(called(campaign) for campaign in like)
    return f" There is: {names}." if names else ""


def called(campaign: Campaign) -> str:
    return printable(f"{campaign.brand.name}/{campaign.name} (id {campaign.pk})")
