"""Forms of configuration: amounts, timezones, and errors beside the field they are about."""

import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminTextInputWidget

from ads.models import Brand
from ads.models.fields import currency_choices, timezone_choices
from ads.rules.calendar import UnknownTimezone, local_time
from ads.rules.currencies import MINOR_UNITS, labelled, prefix
from ads.rules.money import InvalidAmount, parse_amount, plain, typed

_HOW_DATES: Final = "Write the date as year-month-day, such as 2026-12-31."
_HOW_TIMES: Final = "Write the time as hour:minute, such as 18:05."

# Django's own say only that it is not valid.
forms.DateField.default_error_messages["invalid"] = _HOW_DATES
forms.TimeField.default_error_messages["invalid"] = _HOW_TIMES
forms.SplitDateTimeField.default_error_messages |= {
    "invalid_date": _HOW_DATES,
    "invalid_time": _HOW_TIMES,
}


def show_today(fields: Iterable[forms.Field], tz: str) -> None:
    """Let the calendars of dates call that day "Today" which it is in ``tz``."""
    try:
        offset = local_time(timezone.now(), tz).utcoffset()
    except UnknownTimezone:
        return
    for field in fields:
        if offset is not None and isinstance(field, forms.DateField):
            field.widget.attrs["data-utc-offset"] = int(offset.total_seconds())


class MoneyFormField(forms.DecimalField):
    """An amount as a person types it: "1200", "1,200", "$1,200.00", "€1,200" or "1,200 EUR".

    Beyond the sign, the currency and the thousands separators the rule for amounts decides;
    Django's own field would accept "1e5", "1_000" and digits of other alphabets. Which currency it
    has to be in is known to the form, which asks :meth:`in_another`.
    """

    def __init__(self, *, negative: bool = False, **kwargs: Any) -> None:
        self.negative = negative  # are amounts below zero valid?
        self.places = 2
        for of_the_column in ("max_digits", "decimal_places"):
            kwargs.pop(of_the_column, None)
        # A text input: browsers send nothing for a number input with an invalid value, and nothing
        # means "no limit". The mouse wheel changes it too.
        kwargs["widget"] = UnfoldAdminTextInputWidget(
            attrs={"inputmode": "decimal", "autocomplete": "off"}
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if value in self.empty_values:
            return None
        name, text = str(self.label or "Amount"), str(value).strip()
        try:
            return parse_amount(self.digits(text), field=name, negative=self.negative)
        except InvalidAmount as error:
            shown = InvalidAmount(name, text, error.reason)
            raise ValidationError(str(shown), code="invalid") from error

    def digits(self, text: str) -> str:
        """The text without currency and thousands separators, where they are in their place."""
        return typed(text)[0]

    def in_another(self, value: Any, currency: str) -> str:
        """Why the amount that was typed is not in this currency; "" if it is, or names none."""
        text = str(value or "").strip()
        _, code = typed(text)
        if code is None or code == currency:
            return ""
        return (
            f"{text!r} is an amount in {labelled(code)}, and the brand's currency is "
            f"{labelled(currency)}. Enter an amount in {currency}."
        )

    def show_currency(self, currency: str) -> None:
        """Let the input show which currency its amount is in, with that one's decimal places."""
        self.places = MINOR_UNITS.get(currency, 2)
        self.widget.attrs |= {"suffix": prefix(currency).strip(), "data-currency": currency}

    def prepare_value(self, value: Any) -> Any:
        """The amount without the zeros that the column's six places fill it up with."""
        return plain(value, self.places) if isinstance(value, Decimal) else value


class TimezoneFormField(forms.ChoiceField):
    """The curated timezones, and the one that is set already where it is not among them."""

    def __init__(self, *, current: str | None, **kwargs: Any) -> None:
        choices = timezone_choices()
        if current and (current, current) not in choices:
            choices = [(current, current), *choices]
        super().__init__(choices=choices, widget=UnfoldAdminSelect2Widget(), **kwargs)


class CurrencyFormField(forms.ChoiceField):
    """The currencies of ISO 4217, and the one that is set already where it is not among them."""

    def __init__(self, *, current: str | None, **kwargs: Any) -> None:
        choices = currency_choices()
        if current and current not in dict(choices):
            choices = [(current, current), *choices]
        super().__init__(choices=choices, widget=UnfoldAdminSelect2Widget(), **kwargs)


def uid_of(given: str | None) -> uuid.UUID:
    """The ID that a form brings along, so that it counts once if sent twice; else a new one."""
    try:
        return uuid.UUID(given or "")
    except ValueError:
        return uuid.uuid4()


class ConfigurationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose errors stand beside the field they are about.

    A constraint says "end_date: must not be before start_date.", for people who meet it in a shell
    or a log; on a page the words belong to the field, and fields have labels.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if currency := self._currency():
            for field in self.fields.values():
                if isinstance(field, MoneyFormField):
                    field.show_currency(currency)
        row = self.instance if hasattr(self.instance, "timezone") else self._brand()
        if self.instance.pk and row is not None:
            show_today(self.fields.values(), row.timezone)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        currency = self._currency()
        for name, field in self.fields.items():
            if not (currency and isinstance(field, MoneyFormField)) or name in self.errors:
                continue
            if error := field.in_another(self[name].data, currency):
                self.add_error(name, error)
        return cleaned

    def _currency(self) -> str | None:
        """The currency of the form's amounts: its brand's, as chosen so far."""
        chosen: dict[str, Any] = getattr(self, "cleaned_data", {})
        return chosen.get("currency") or getattr(self._brand(), "currency", None)

    def _brand(self) -> Brand | None:
        """The brand that the form is about, as chosen so far."""
        chosen: dict[str, Any] = getattr(self, "cleaned_data", {})
        row = chosen.get("brand") or (self.instance if self.instance.pk else None)
        brand: Brand | None = row if isinstance(row, Brand) else getattr(row, "brand", None)
        return brand

    def add_error(self, field: str | None, error: Any) -> None:
        # Called by the form for its own errors and, field None, for the model's and constraints'.
        if field is None and isinstance(error, ValidationError):
            error = self._beside_fields(error)
        super().add_error(field, error)

    def _beside_fields(self, error: ValidationError) -> ValidationError:
        by_field: dict[str, list[str]] = {}
        if hasattr(error, "error_dict"):
            by_field = {name: list(messages) for name, messages in error.message_dict.items()}
        else:
            by_field[NON_FIELD_ERRORS] = list(error.messages)
        for message in by_field.pop(NON_FIELD_ERRORS, []):
            name, colon, text = message.partition(": ")
            if colon and name in self.fields:
                by_field.setdefault(name, []).append(self._labelled(text[:1].upper() + text[1:]))
            else:
                by_field.setdefault(NON_FIELD_ERRORS, []).append(message)
        return ValidationError(by_field)

    def _labelled(self, text: str) -> str:
        for name, field in self.fields.items():
            if "_" in name:  # others are words, too
                text = text.replace(name, f"“{field.label}”")
        return text
