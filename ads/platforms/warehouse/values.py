"""What the values of a warehouse's rows mean: what is not certain is refused."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final

from ads.platforms.interface import UnreadableAnswer
from ads.rules.money import LIMIT, PLACES, InvalidAmount, parse_amount
from ads.rules.platform_ids import is_shortened, spelled

#: Platforms as references name them here, by the names that dbt's packages and loaders give them.
_PLATFORMS: Final[Mapping[str, str]] = {
    "adwords": "google_ads",
    "amazon": "amazon_ads",
    "bing": "microsoft_ads",
    "bing_ads": "microsoft_ads",
    "facebook": "meta_ads",
    "facebook_ads": "meta_ads",
    "google": "google_ads",
    "google_adwords": "google_ads",
    "linkedin": "linkedin_ads",
    "linkedin_ad_analytics": "linkedin_ads",
    "meta": "meta_ads",
    "microsoft": "microsoft_ads",
    "microsoft_advertising": "microsoft_ads",
    "pinterest": "pinterest_ads",
    "reddit": "reddit_ads",
    "snapchat": "snapchat_ads",
    "tiktok": "tiktok_ads",
    "twitter": "x_ads",
    "twitter_ads": "x_ads",
}
_OURS: Final = frozenset(_PLATFORMS.values())
_BETWEEN_WORDS: Final = re.compile(r"[^0-9a-z]+")

#: A date in ISO's spelling, at most with a midnight behind it.
_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+]00(?::?00)?)?)?")
_STEP: Final = Decimal(1).scaleb(-PLACES)
_HOURS: Final = 24


def platform_named(text: object) -> str:
    """The platform as references name it: "facebook_ads" is meta_ads; unknown ones as they are."""
    name = str(text).strip()
    key = _BETWEEN_WORDS.sub("_", name.lower()).strip("_")
    return key if key in _OURS else _PLATFORMS.get(key, name)


def id_of(value: object, column: str, *, account: bool = False) -> str:
    """An ID in the spelling in which IDs are compared; "" for NULL.

    Raises:
        UnreadableAnswer: a floating-point number, or text without its last digits.
    """
    if value is None:
        return ""
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, float) or is_shortened(text):
        raise UnreadableAnswer(
            f"{column}: {value!r} may have lost digits.",
            remedy=f"Load {column} as text or as a whole number.",
        )
    return spelled(text, account=account)


def day_of(value: object) -> date:
    """The day of a date, of a timestamp at midnight, or of either as text (ISO 8601).

    Raises:
        UnreadableAnswer: anything else, such as a time of day, which is no day without a timezone.
    """
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        if moment.time() == time.min:
            return moment.date()
    elif isinstance(value, date):
        return value
    elif isinstance(value, str) and (found := _DAY.fullmatch(value.strip())):
        try:
            return date.fromisoformat(found[1])
        except ValueError:
            pass
    raise UnreadableAnswer(
        f"date_day: {value!s:.50} is not a day.",
        remedy="Make it a date in the timezone of the account, such as 2026-11-24.",
    )


def hour_of(value: object) -> int:
    """The hour at which it begins.

    Raises:
        UnreadableAnswer: not a whole number from 0 to 23.
    """
    text = str(value).strip()
    hour = int(text) if re.fullmatch(r"[0-9]{1,2}", text) else _HOURS
    if hour >= _HOURS:
        raise UnreadableAnswer(
            f"hour: {text:.50} is not an hour.", remedy="Make it a whole number from 0 to 23."
        )
    return hour


def amount_of(value: object, where: str) -> Decimal:
    """An amount; NULL is zero. A floating-point number is its shortest text, to six places.

    Args:
        where: the row, for people.

    Raises:
        UnreadableAnswer: negative, not a number, or with more than six decimal places.
    """
    if value is None:
        return Decimal(0)
    if isinstance(value, float):
        number = Decimal(repr(value))
        value = number.quantize(_STEP) if number.is_finite() and abs(number) < LIMIT else number
    try:
        return parse_amount(value, field="spend")
    except InvalidAmount as error:
        raise UnreadableAnswer(f"{error} It is the spend of {where}.") from None


def instant_of(value: object) -> datetime:
    """The instant of a timestamp, in UTC if it has no timezone.

    Raises:
        UnreadableAnswer: it is no timestamp, or endless, which drivers put on the last day.
    """
    endless = (date.max, date.min)
    if not isinstance(value, datetime) or value.date() in endless:
        raise UnreadableAnswer(
            f"loaded_at: {value!s:.50} is not a timestamp.",
            remedy="Name a column of timestamps, or none.",
        )
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
