"""Columns of money, currencies, timezones and platforms' ids.

And the constraints that hold whatever writes to them.
"""

import functools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pgtrigger
import pytz
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round

from ads.rules.calendar import UnknownTimezone, names, zone
from ads.rules.currencies import DEFAULT, MINOR_UNITS, UnknownCurrency, check_currency, labelled
from ads.rules.money import LIMIT, PLACES
from ads.rules.platform_ids import is_shortened, spelled

#: Names of the budgets of a brand and of a campaign.
BUDGETS = ("daily_budget", "monthly_budget")

#: Those of a campaign.
CAMPAIGN_BUDGETS = (*BUDGETS, "total_budget")

#: Sums may be a thousand times the size of an amount.
SUM_LIMIT = LIMIT * 1000


class MoneyField(models.DecimalField):  # type: ignore[type-arg]
    """An amount in its brand's currency, a Decimal with up to six places.

    The column is ``numeric`` without a scale: in ``numeric(18, 6)`` PostgreSQL would silently round
    a seventh decimal, which :func:`is_money` refuses.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", PLACES)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:  # noqa: ARG002  (Django's signature)
        return "numeric"

    def cast_db_type(self, connection: Any) -> str:
        return self.db_type(connection)


def is_money(field: str, *, table: str, negative: bool = False) -> models.CheckConstraint:
    """The constraint that ``field`` is NULL or an amount of at most six places below 10¹².

    A range, because ``NaN`` passes ``>= 0`` (it sorts above every number) but not ``< 10¹²``.
    """
    at_least = Q(**{f"{field}__gt": -LIMIT}) if negative else Q(**{f"{field}__gte": 0})
    return models.CheckConstraint(
        condition=at_least
        & Q(**{f"{field}__lt": LIMIT})
        & Q(**{field: Round(F(field), precision=PLACES)}),
        name=f"{table}_{field}_is_money",
        violation_error_message=(
            f"{field}: use an amount "
            + ("" if negative else "of zero or more, ")
            + "below 1,000,000,000,000 and with at most six decimal places."
        ),
    )


def is_sum(field: str, *, table: str, negative: bool = False) -> models.CheckConstraint:
    """The constraint that ``field`` is an amount below 10¹⁵, which ``NaN`` is not.

    Decimal places need no check: they are those of the amounts added up.
    """
    at_least = Q(**{f"{field}__gt": -SUM_LIMIT}) if negative else Q(**{f"{field}__gte": 0})
    return models.CheckConstraint(
        condition=at_least & Q(**{f"{field}__lt": SUM_LIMIT}),
        name=f"{table}_{field}_is_in_range",
        violation_error_message=(
            f"{field}: must be {'' if negative else 'zero or more and '}"
            "below 1,000,000,000,000,000 in size."
        ),
    )


def is_readable_date(field: str, *, table: str) -> models.CheckConstraint:
    """The constraint that ``field`` is NULL or a date that Python can represent.

    PostgreSQL has years BC, five-digit years and ``infinity``, which fail whenever they are read.
    """
    return models.CheckConstraint(
        condition=Q(**{f"{field}__gte": date.min, f"{field}__lte": date.max}),
        name=f"{table}_{field}_is_readable",
        violation_error_message=f"{field}: use a date from {date.min} to {date.max}.",
    )


def is_readable_instant(field: str, *, table: str) -> models.CheckConstraint:
    """The same of an instant; a day from either end, because each timezone has to have it."""
    first = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
    last = datetime.max.replace(tzinfo=UTC, microsecond=0) - timedelta(days=1)
    return models.CheckConstraint(
        condition=Q(**{f"{field}__gte": first, f"{field}__lte": last}),
        name=f"{table}_{field}_is_readable",
        violation_error_message=f"{field}: use an instant from {first.date()} to {last.date()}.",
    )


def are_dates_in_order(
    first: str, last: str, *, table: str, name: str
) -> list[models.CheckConstraint]:
    """The constraints that both dates are readable and ``last`` is not before ``first``."""
    return [
        is_readable_date(first, table=table),
        is_readable_date(last, table=table),
        models.CheckConstraint(
            condition=Q(**{f"{first}__isnull": True})
            | Q(**{f"{last}__isnull": True})
            | Q(**{f"{last}__gte": F(first)}),
            name=name,
            violation_error_message=f"{last}: must not be before {first}.",
        ),
    ]


def validate_currency(code: str) -> None:
    """Refuse what is not a currency of ISO 4217."""
    try:
        check_currency(code)
    except UnknownCurrency as error:
        raise ValidationError(str(error)) from error


def currency_choices() -> list[tuple[str, str]]:
    """All currencies by their codes: "EUR (Euro)"."""
    return [(code, labelled(code)) for code in MINOR_UNITS]


class _Validated(models.CharField):  # type: ignore[type-arg]
    """A text whose validators are no matter of migrations."""

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("validators", None)
        return name, path, args, kwargs


class CurrencyField(_Validated):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        kwargs.setdefault("default", DEFAULT)
        kwargs.setdefault("db_default", DEFAULT)
        kwargs["validators"] = [validate_currency]
        super().__init__(*args, **kwargs)


def is_currency(field: str, *, table: str, blank: bool = False) -> models.CheckConstraint:
    """The constraint that ``field`` is a currency of ISO 4217; or empty, if it may be ``blank``.

    The codes stand in it, so that a newer list of them is a migration.
    """
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": [*([""] if blank else []), *MINOR_UNITS]}),
        name=f"{table}_{field}_is_known",
        violation_error_message=(
            f"{field}: use the three letters of a currency in ISO 4217, such as USD or EUR."
        ),
    )


def validate_platform_id(text: str) -> None:
    """Refuse what a spreadsheet made of an id."""
    if is_shortened(text):
        raise ValidationError(
            f"{text} is a number without its last digits: copy the whole ID from the platform."
        )


class PlatformIdField(models.CharField):  # type: ignore[type-arg]
    """An ID that a platform gave to a campaign, or to an ``account``, in its one spelling.

    It is brought into that by forms, when it is saved, and where it is looked for.
    """

    def __init__(self, *args: Any, account: bool = False, **kwargs: Any) -> None:
        self.account = account
        kwargs["validators"] = [validate_platform_id]
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("validators", None)
        return name, path, args, kwargs | ({"account": True} if self.account else {})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return spelled(text, account=self.account) if isinstance(text, str) else text

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        value = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


@functools.cache
def timezone_choices() -> list[tuple[str, str]]:
    """The timezones people choose from: the names of pytz's curated list that there are."""
    return [(name, name) for name in pytz.common_timezones if name in names()]


def validate_timezone(name: str) -> None:
    try:
        zone(name)
    except UnknownTimezone as error:
        raise ValidationError(str(error)) from error


class TimezoneField(_Validated):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 64)
        kwargs.setdefault("default", "UTC")
        kwargs["validators"] = [validate_timezone]
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        """A drop-down; a valid name outside the curated list stays selectable where it is set."""
        from django import forms

        return forms.ChoiceField(
            choices=timezone_choices,
            label=kwargs.get("label") or str(self.verbose_name).capitalize(),
            help_text=kwargs.get("help_text") or self.help_text,
            initial=self.default,
        )


#: Keeps invalid timezones out of the table, whatever writes the row, by the names in
#: :class:`ads.models.timezones.TimezoneName`. PostgreSQL's own list is another release's: it may
#: lack a name that is in use here, and has some that are not.
readable_timezone = pgtrigger.Trigger(
    name="readable_timezone",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("timezone"),  # type: ignore[no-untyped-call]
    func=pgtrigger.Func(  # type: ignore[no-untyped-call]
        """
        IF NEW.timezone <> 'UTC'
            AND NEW.timezone IS DISTINCT FROM OLD.timezone
            AND NOT EXISTS (SELECT FROM ads_timezonename WHERE name = NEW.timezone)
        THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                MESSAGE = 'timezone: ' || quote_literal(NEW.timezone)
                    || ' is not a known timezone; use an IANA name such as Europe/Berlin.';
        END IF;
        RETURN NEW;
        """
    ),
)
