"""What the ledger accepts: rows, and the text, amounts, days and instants in them.

Each check returns the value as it is stored, or raises :class:`InvalidSpend` with the field, the
value and the remedy.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from ads.models import Campaign
from ads.models.spend import BETWEEN, Kind
from ads.rules.calendar import (
    FIRST_TO_TURN,
    InvalidDate,
    UnknownTimezone,
    day_bounds,
    format_instant,
    local_date,
    names,
    parse_date,
    parse_instant,
)
from ads.rules.currencies import UnknownCurrency, check_currency, labelled
from ads.rules.money import InvalidAmount, parse_amount
from ads.rules.platform_ids import is_shortened
from ads.services.campaign_lookup import CampaignGiven, CampaignNamed, Reference
from ads.services.errors import InvalidSpend
from ads.services.ledger.rows import DayTotal, Row, SpendEntry

#: Characters that the columns hold.
LONGEST: Final = {
    "description": 500,
    "source": 100,
    "external_id": 200,
    "brand": 200,
    "campaign": 200,
    "platform": 50,
    "account": 100,
    "reference": 200,
    "name": 200,
    "because": 500,
    "reason": 400,
}

#: Of a platform ID, which is kept as one text.
_PARTS: Final = ("platform", "account", "reference")

ONE_DAY: Final = timedelta(days=1)

#: Earlier than any advertising on the web: a date before this is a typo or a zero.
EARLIEST: Final = date(1990, 1, 1)
LATEST: Final = date(9000, 1, 1)

#: How far a source's clock may be ahead of ours.
CLOCK_TOLERANCE: Final = timedelta(minutes=15)


def check_row(row: object, kind: Kind, now: datetime) -> Row:
    """The row with its values as they are stored; no query.

    Raises:
        InvalidSpend: it cannot be recorded, whatever its campaign.
    """
    if isinstance(row, InvalidSpend):
        raise row
    if kind == Kind.DAY_TOTAL:
        if not isinstance(row, DayTotal):
            raise InvalidSpend("totals", row, "give DayTotal objects.")
        return DayTotal(
            date=check_day(row.date),
            amount=check_amount(row.amount),
            observed_at=check_observed_at(row.observed_at, now),
            campaign=check_campaign(row.campaign),
            currency=_known_currency(row.currency),
            timezone=_known_timezone(row.timezone),
        )
    if not isinstance(row, SpendEntry):
        raise InvalidSpend("entries", row, "give SpendEntry objects.")
    is_correction = kind == Kind.CORRECTION
    if is_correction and row.date is None:
        raise InvalidSpend("date", None, "give the accounting day that was wrong.")
    external_id, at, day = row.external_id, row.occurred_at, row.date
    return SpendEntry(
        amount=check_amount(row.amount, negative=is_correction),
        description=check_text("description", row.description, required=is_correction),
        external_id=None
        if external_id is None
        else check_id("external_id", external_id, required=True),
        # Instants first: a day is worked out from them.
        occurred_at=None if at is None else check_instant("occurred_at", at),
        date=None if day is None else check_day(day),
        campaign=check_campaign(row.campaign),
        currency=_known_currency(row.currency),
    )


def _known_currency(code: object) -> str | None:
    if code is None:
        return None
    if not isinstance(code, str):
        raise InvalidSpend("currency", code, "give the code of a currency as text, such as USD.")
    try:
        check_currency(code)
    except UnknownCurrency as error:
        raise InvalidSpend("currency", code, str(error)) from error
    return code


def _known_timezone(name: object) -> str | None:
    if name is not None and name not in names():
        raise InvalidSpend("timezone", name, "use an IANA name such as Europe/Berlin.")
    return name


def check_campaign(given: object) -> CampaignGiven:
    """What a row names its campaign by."""
    if isinstance(given, Campaign) and given.pk is None:
        raise InvalidSpend("campaign", given, "it has not been saved.")
    if isinstance(given, CampaignNamed):
        check_text("brand", given.brand, required=True)
        check_text("campaign", given.name, required=True)
    elif isinstance(given, Reference):
        check_text("platform", given.platform, required=True)
        check_id("account", given.account)
        check_id("reference", given.reference, required=True)
        check_text("name", given.name)
    elif isinstance(given, bool) or not isinstance(given, Campaign | int):
        raise InvalidSpend(
            "campaign", given, "give its id, the names of its brand and its own, or a reference."
        )
    return given


def in_another(given: str | None, currency: str) -> str:
    """Why an amount in the currency ``given`` is not a brand's; "" if it is, or none was given."""
    if given in (None, "", currency):
        return ""
    return (
        f"the amount is in {labelled(str(given))}, and the brand's currency is "
        f"{labelled(currency)}; record it for a brand in {given}, or convert it first."
    )


def check_text(field: str, value: object, *, required: bool = False) -> str:
    """The text, if the column holds it."""
    if not isinstance(value, str):
        raise InvalidSpend(field, value, "give text.")
    if required and not value.strip():
        raise InvalidSpend(field, value, "it must not be empty.")
    if "\x00" in value:
        raise InvalidSpend(field, value, "it contains a NUL character; remove it.")
    if BETWEEN in value and field in _PARTS:
        raise InvalidSpend(field, value, "it contains a control character (U+001F); remove it.")
    if not value.isascii() and not _can_be_encoded(value):
        raise InvalidSpend(field, value, "it contains half a character; send it as valid UTF-8.")
    if len(value) > (longest := LONGEST[field]):
        raise InvalidSpend(field, value, f"it is longer than {longest} characters; shorten it.")
    return value


def check_id(field: str, value: object, *, required: bool = False) -> str:
    """The text of an id, if the column holds it and it is no number without its last digits."""
    text = check_text(field, value, required=required)
    if is_shortened(text):
        raise InvalidSpend(
            field, value, "it is a number that has lost its last digits; send the whole id as text."
        )
    return text


def check_amount(amount: object, *, negative: bool = False) -> Decimal:
    """The amount as an exact Decimal.

    Raises:
        InvalidSpend: it is not an amount with at most six decimal places.
    """
    try:
        exact = parse_amount(amount, negative=True)
    except InvalidAmount as error:
        raise InvalidSpend(error.field, error.value, error.reason) from error
    if exact < 0 and not negative:
        reason = "it may not be negative; to take spend back, record a correction."
        raise InvalidSpend("amount", amount, reason)
    return exact


def check_date(day: object, timezone: str, now: datetime, *, field: str = "date") -> date:
    """The accounting day, at most the brand's tomorrow (its clock may be ahead of the source's)."""
    checked = check_day(day, field=field)
    check_has_come(checked, timezone, now, field=field)
    return checked


def check_day(day: object, *, field: str = "date") -> date:
    """A date, or the date that text says (YYYY-MM-DD), not too long ago for any spend."""
    day = _read(parse_date, field, day)
    if not isinstance(day, date) or isinstance(day, datetime):
        raise InvalidSpend(field, day, "give a date.")
    if day < EARLIEST:
        raise InvalidSpend(field, day, f"it is before {EARLIEST}; give the day of the spend.")
    return day


def check_has_come(day: date, timezone: str, now: datetime, *, field: str = "date") -> None:
    """Refuse a day that is later than the brand's tomorrow."""
    _check_not_later(day, f"the brand's timezone ({timezone}: ", latest_date(timezone, now), field)


def check_has_come_somewhere(day: date, now: datetime, *, field: str = "date") -> None:
    """Refuse a day that is later than tomorrow in any timezone (the brand's is not known yet)."""
    _check_not_later(day, "any timezone (", latest_date(FIRST_TO_TURN, now), field)


def _check_not_later(day: date, where: str, latest: date, field: str) -> None:
    if day > latest:
        raise InvalidSpend(
            field,
            day,
            f"it is later than tomorrow in {where}{latest}); spend that has not happened cannot be "
            "recorded.",
        )


def check_same_day(day: date, theirs: str, timezone: str) -> None:
    """Refuse a day of another timezone that is not from midnight to midnight in the brand's."""
    if not is_same_day(day, theirs, timezone):
        raise InvalidSpend(
            "date",
            day,
            f"it is a day in {theirs}, and the brand's days are those of {timezone}. Get a report "
            f"in {timezone}, or one with hours, which are added up to the brand's days; or accept "
            "the difference when you import it (--accept-timezone in the command).",
        )


# A file has few days and timezones.
@lru_cache(maxsize=4096)
def is_same_day(day: date, theirs: str, timezone: str) -> bool:
    """Does the day begin and end in both timezones at the same instants?"""
    try:
        return theirs == timezone or day_bounds(day, theirs) == day_bounds(day, timezone)
    except UnknownTimezone:
        return False


def day_of(occurred_at: datetime, timezone: str, now: datetime) -> date:
    """The accounting day of an instant.

    Raises:
        InvalidSpend: that day has not come.
    """
    day = date_in(timezone, occurred_at)
    check_has_come(day, timezone, now, field="occurred_at")
    return day


def latest_date(timezone: str, now: datetime) -> date:
    """The last accounting day that spend may have: the brand's tomorrow."""
    return date_in(timezone, now) + ONE_DAY


# Most rows of a batch have one instant: when they were received.
@lru_cache(maxsize=1024)
def date_in(timezone: str, instant: datetime) -> date:
    """The brand's local date at an instant."""
    try:
        return local_date(instant, timezone)
    except UnknownTimezone as error:
        raise InvalidSpend(
            "campaign",
            timezone,
            "its brand has an invalid timezone, so its accounting day is not known; "
            "correct the brand's timezone.",
        ) from error


def check_instant(field: str, instant: object) -> datetime:
    """An aware datetime, or the instant that text says, in UTC."""
    instant = _read(parse_instant, field, instant)
    if not isinstance(instant, datetime) or instant.utcoffset() is None:
        raise InvalidSpend(field, instant, "give a datetime with a timezone.")
    # Bounds first: near the ends of the calendar the conversion itself fails.
    if not EARLIEST <= instant.date() <= LATEST:
        raise InvalidSpend(
            field, instant, f"it is not between {EARLIEST} and {LATEST}; give the true instant."
        )
    return instant.astimezone(UTC)


def check_observed_at(observed_at: object, now: datetime) -> datetime:
    """When a source looked, in UTC.

    Not in the future: such an observation would override every true one until then.
    """
    instant = check_instant("observed_at", observed_at)
    if instant > now + CLOCK_TOLERANCE:
        raise InvalidSpend(
            "observed_at",
            observed_at,
            f"it lies in the future (it is {format_instant(now, seconds=True)} now); "
            "check the source's clock.",
        )
    return instant


def _read(read: Callable[[str], object], field: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return read(value)
    except InvalidDate as error:
        raise InvalidSpend(field, value, str(error)) from error


def _can_be_encoded(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
