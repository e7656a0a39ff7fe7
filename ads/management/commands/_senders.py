"""What the commands for API keys and webhook endpoints share: options, and reading them."""

import os
from datetime import UTC, datetime, time
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from ads.management.commands._terminal import brand_named, instant
from ads.models import Brand
from ads.models.senders import Sender
from ads.rules import written


def add_sender_options(parser: CommandParser) -> None:
    """The name, the source and the brands of a new sender."""
    parser.add_argument("name", help="what it is for, so that people recognise it")
    parser.add_argument(
        "--source",
        help="what it sends stands in the ledger under this (default: the name). "
        "Give its successor the same one",
    )
    parser.add_argument(
        "--brand",
        action="append",
        default=[],
        metavar="NAME",
        help="a brand that it may see and write; once for each. Others do not exist for it",
    )
    parser.add_argument(
        "--every-brand", action="store_true", help="every brand, those to come included"
    )


def sender_options(options: dict[str, Any]) -> dict[str, Any]:
    """The same, as the services take them.

    Raises:
        CommandError: a brand does not exist.
    """
    named = {name: brand_named(name) for name in options["brand"]}
    return {
        "name": options["name"],
        "source": options["name"] if options["source"] is None else options["source"],
        "brands": list(named.values()),
        "every_brand": options["every_brand"],
    }


def given_instant(option: str, text: str | None) -> datetime | None:
    """A day (its first moment in UTC), or an instant with its offset from UTC.

    Raises:
        CommandError: it is neither.
    """
    if text is None:
        return None
    try:
        if written.DAY.fullmatch(text):
            return datetime.combine(written.day(text), time(), UTC)
        return written.instant(text).astimezone(UTC)
    except written.NoOffset as error:
        raise CommandError(
            f"{option}: {text!r} has no offset from UTC; give 2027-01-01T09:00+01:00."
        ) from error
    except (ValueError, OverflowError) as error:
        raise CommandError(
            f"{option}: {text!r} is neither a day (2027-01-01) nor an instant "
            "(2027-01-01T09:00+01:00)."
        ) from error


def brands_of(sender: Sender) -> str:
    """For a table; with its brands loaded beforehand it costs no query."""
    if sender.every_brand:
        return "every brand"
    names: list[Brand] = sorted(sender.brands.all(), key=lambda brand: brand.name)
    return ", ".join(brand.name for brand in names) or "none"


def utc(at: datetime | None) -> str:
    """An instant for a table."""
    return instant(at, "UTC")


def site() -> str:
    """Where the web pages are: the first address that is trusted, or start.sh's."""
    if settings.CSRF_TRUSTED_ORIGINS:
        return str(settings.CSRF_TRUSTED_ORIGINS[0])
    return f"http://localhost:{os.environ.get('PORT', '8000')}"
