"""Forms of configuration: amounts, timezones, and errors beside the field they are about."""

import re
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminTextInputWidget

from ads.models.fields import timezone_choices
from ads.rules.money import InvalidAmount, parse_amount, plain

#: With thousands separators, or without.
_NUMBER: Final = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
_TYPED: Final = re.compile(rf"(?P<sign>[+-]?)\$? ?(?P<number>{_NUMBER})")


class MoneyFormField(forms.DecimalField):
    """An amount in US dollars as a person types it: "1200", "1,200" or "$1,200.00".

    Beyond the sign and the thousands separators the rule for amounts decides; Django's own field
    would accept "1e5", "1_000" and digits of other alphabets.
    """

    def __init__(self, *, negative: bool = False, **kwargs: Any) -> None:
        self.negative = negative  # are amounts below zero valid?
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
        """The text without dollar sign and thousands separators, where they are in their place."""
        typed = _TYPED.fullmatch(text)
        return typed["sign"] + typed["number"].replace(",", "") if typed else text

    def prepare_value(self, value: Any) -> Any:
        """The amount without the zeros that the column's six places fill it up with."""
        return plain(value) if isinstance(value, Decimal) else value


class TimezoneFormField(forms.ChoiceField):
    """The curated timezones, and the one that is set already where it is not among them."""

    def __init__(self, *, current: str | None, **kwargs: Any) -> None:
        choices = timezone_choices()
        if current and (current, current) not in choices:
            choices = [(current, current), *choices]
        super().__init__(choices=choices, widget=UnfoldAdminSelect2Widget(), **kwargs)


class ConfigurationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose errors stand beside the field they are about.

    A constraint says "end_date: must not be before start_date.", for people who meet it in a shell
    or a log; on a page the words belong to the field.
    """

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
                by_field.setdefault(name, []).append(text[:1].upper() + text[1:])
            else:
                by_field.setdefault(NON_FIELD_ERRORS, []).append(message)
        return ValidationError(by_field)
