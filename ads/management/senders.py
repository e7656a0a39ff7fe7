"""What the commands for API keys and webhook endpoints share."""

import os
from datetime import UTC, datetime, time
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from ads.management.terminal import brand_named
from ads.rules.calendar import ISO_DATE, parse_date, parse_instant


def add_sender_options(parser: CommandParser) -> None:
    parser.add_argument("name", help="a name that people will recognise")
    parser.add_argument(
        "--source",
        help="the source of its spend in the ledger (default: the name); give its replacement the "
        "same one",
    )
    parser.add_argument(
        "--brand",
        action="append",
        default=[],
        metavar="NAME",
        help="a brand it may read and write; repeatable. Other brands stay hidden",
    )
    parser.add_argument(
        "--every-brand", action="store_true", help="every brand, including future ones"
    )


def sender_options(options: dict[str, Any]) -> dict[str, Any]:
    """The same, as arguments of the services.

    Raises:
        CommandError: a brand does not exist, or none is chosen.
    """
    if not (options["brand"] or options["every_brand"]):
        raise CommandError("Choose its brands: --brand NAME for each of them, or --every-brand.")
    return {
        "name": options["name"],
        "source": options["name"] if options["source"] is None else options["source"],
        "brands": [brand_named(name) for name in dict.fromkeys(options["brand"])],
        "every_brand": options["every_brand"],
    }


def given_instant(option: str, text: str | None) -> datetime | None:
    """The start of a date (in UTC), or an instant with its offset from UTC.

    Raises:
        CommandError: the text is neither.
    """
    if text is None:
        return None
    try:
        if ISO_DATE.fullmatch(text):
            return datetime.combine(parse_date(text), time(), UTC)
        return parse_instant(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise CommandError(
            f"{option}: use a date (2027-01-01), or a date and time with its offset from UTC "
            f"(2027-01-01T09:00+01:00), not {text!r}."
        ) from error


def site() -> str:
    """The address of the web pages: the first trusted one, or that of start.sh."""
    if settings.CSRF_TRUSTED_ORIGINS:
        return str(settings.CSRF_TRUSTED_ORIGINS[0])
    return f"http://localhost:{os.environ.get('PORT', '8000')}"
