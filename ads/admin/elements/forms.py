"""Forms of configuration: amounts, timezones, and errors beside the field they are about."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminTextInputWidget

from ads.models.fields import timezone_choices
from ads.rules.money import InvalidAmount, parse_amount, plain


class MoneyFormField(forms.DecimalField):
    """An amount in US dollars, read by the one rule that says which amounts there are.

    Django's own would take "1e5", "1_000" and other alphabets' digits.
    """

    def __init__(self, *, negative: bool = False, **kwargs: Any) -> None:
        self.negative = negative  # is an amount below zero one too?
        for of_the_column in ("max_digits", "decimal_places"):
            kwargs.pop(of_the_column, None)
        # A text input: of a number input that holds nonsense, browsers send nothing, and nothing
        # is "no limit". It also turns with the mouse wheel.
        kwargs["widget"] = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if value in self.empty_values:
            return None
        try:
            return parse_amount(str(value).strip(), field=str(self.label), negative=self.negative)
        except InvalidAmount as error:
            raise ValidationError(str(error), code="invalid") from error

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
