"""The forms of connections: the platform's own fields, and what a connection is called."""

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from ads.admin.elements import ConfigurationForm
from ads.models import Connection
from ads.platforms.interface import Credential, Platform
from ads.services.connections import InvalidConnection, kinds, lifecycle

_LONG_ROWS = 6


class CredentialsForm(forms.Form):
    """What is entered for a platform; ``name`` where the connection is new.

    Secrets are never filled in again, also not after an error.
    """

    def __init__(
        self,
        kind: Platform,
        data: Any = None,
        *,
        is_new: bool,
        by_oauth: bool = False,
        initial: Mapping[str, str],
    ) -> None:
        prefix = "by" if by_oauth else "paste"
        super().__init__(data, prefix=prefix, initial=dict(initial))
        if is_new:
            self.fields["name"] = forms.CharField(
                max_length=100,
                help_text="What this connection is called in lists, such as the client's name.",
                widget=UnfoldAdminTextInputWidget,
            )
        self.credentials = kinds.beside_oauth(kind) if by_oauth else kind.credentials
        for one in self.credentials:
            self.fields[one.name] = _field(one)
        if is_new:
            self.fields["is_read_only"] = forms.BooleanField(
                label="Read only",
                required=False,
                help_text="On: spend is read, and campaigns are never switched there.",
                widget=UnfoldBooleanSwitchWidget,
            )

    def given(self) -> dict[str, str]:
        return {one.name: self.cleaned_data.get(one.name, "") for one in self.credentials}

    def refuse(self, error: InvalidConnection) -> None:
        reason = f"{error.reason[:1].upper()}{error.reason[1:]}"
        self.add_error(error.field if error.field in self.fields else None, reason)


def _field(one: Credential) -> forms.Field:
    if one.is_long:
        widget: Any = UnfoldAdminTextareaWidget(attrs={"rows": _LONG_ROWS, "autocomplete": "off"})
    elif one.is_secret:
        # As a password, and not one for the browser to remember.
        widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "new-password"})
        widget.input_type = "password"
    else:
        widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    field = _Secret if one.is_secret else forms.CharField
    return field(label=one.label, help_text=one.help_text, required=one.is_required, widget=widget)


class _Secret(forms.CharField):
    """A secret, which no page shows again."""

    def prepare_value(self, value: Any) -> Any:
        return ""


class ConnectionForm(ConfigurationForm):
    class Meta:
        model = Connection
        fields = ("name", "is_read_only")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        try:
            lifecycle.check_name(name, but=self.instance.pk)
        except InvalidConnection as error:
            raise forms.ValidationError(error.reason) from error
        return name
