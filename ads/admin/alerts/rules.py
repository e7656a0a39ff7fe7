"""Alert rules: what each would have raised is said when it is saved, and shown on its own page."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminTextInputWidget,
)

from ads.admin.alerts.pages import AlertConfigurationAdmin
from ads.admin.elements import ConfigurationForm, counted, the_row
from ads.holds import TOTAL
from ads.models import AlertRule, Channel
from ads.models.alerts import MOST_PERCENT, AlertKind, Owner
from ads.models.fields import timezone_choices
from ads.services import alerts
from ads.services.alerts import preview


class Percents(forms.CharField):
    """Percents as a person types them: "80, 100" or "80% 100%"."""

    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[int]:  # type: ignore[override]
        text = str(value or "").replace("%", " ").replace(",", " ").replace(";", " ")
        percents = set()
        for part in text.split():
            # isdecimal alone is true of digits of other alphabets
            if not (part.isascii() and part.isdecimal() and len(part) <= len(str(MOST_PERCENT))):
                raise forms.ValidationError(
                    f"{part!r} is not a percent; enter whole numbers such as 80, 100."
                )
            percents.add(int(part))
        if percents and not 1 <= min(percents) <= max(percents) <= MOST_PERCENT:
            raise forms.ValidationError(f"Enter percents from 1 to {MOST_PERCENT}.")
        return sorted(percents)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return list(initial or []) != self.to_python(data)
        except forms.ValidationError:
            return True


class RuleForm(ConfigurationForm):
    """A rule."""

    thresholds = Percents(
        label="Percents",
        required=False,
        help_text=AlertRule._meta.get_field("thresholds").help_text,
    )
    timezone = forms.ChoiceField(
        required=False,
        choices=lambda: [("", "The brand's"), *timezone_choices()],
        widget=UnfoldAdminSelect2Widget(),
        label="Timezone of the quiet hours",
        help_text=AlertRule._meta.get_field("timezone").help_text,
    )
    channels = forms.ModelMultipleChoiceField(
        required=False,
        queryset=Channel.objects.all(),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=AlertRule._meta.get_field("channels").help_text,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial["channels"] = Channel.objects.filter(is_active=True)

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or {}
        is_missing = not data.get("thresholds") and "thresholds" not in self.errors
        if data.get("kind") == AlertKind.BUDGET_USED and is_missing:
            self.add_error("thresholds", "Give at least one percent, such as 80.")
        kind, owners = data.get("kind"), data.get("owners")
        is_total = kind == AlertKind.BUDGET_USED and data.get("period") == TOTAL
        if is_total and owners == Owner.BRAND:
            self.add_error("period", "Brands have no total budget; choose day or month.")
        if kind == AlertKind.PROJECTED and owners == Owner.GROUP:
            self.add_error("owners", "Budget groups are not projected; choose brands or campaigns.")
        return data


@admin.register(AlertRule)
class AlertRuleAdmin(AlertConfigurationAdmin[AlertRule]):
    about = (
        "What people are told of, for all brands or one, and through which channels. Alerts of a "
        "rule without a channel are shown under the bell only."
    )
    form = RuleForm
    events = {"AlertRuleEvent": "pgh_obj_id", "AlertRuleChannelEvent": "alertrule_id"}
    list_display = ["name", "kind", "of_brand", "told", "is_active"]
    list_filter = ["kind", "is_active"]
    list_select_related = ["brand"]
    search_fields = ["name", "brand__name"]
    search_help_text = "Name or brand"
    autocomplete_fields = ["brand"]
    fieldsets = [
        (None, {"fields": ["name", "kind", "is_active", "brand"]}),
        ("Budgets", {"fields": ["owners", "period", "thresholds"]}),
        (
            "Who is told, and when",
            {"fields": ["channels", ("quiet_from", "quiet_until"), "timezone"]},
        ),
    ]
    actions_detail = ["preview"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("channels")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        rule, now = form.instance, timezone.now()
        alerts.rule_changed(rule, now)
        would = preview.of(rule, now)
        if would.warning:
            self.message_user(request, would.warning, messages.WARNING)
        elif would.count is not None:
            self.message_user(
                request,
                f"In the last {preview.DAYS} days it would have raised "
                f"{counted(would.count, 'alert')}.",
                messages.INFO,
            )

    @action(description="Preview", url_path="preview", permissions=["view"])
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        rule = the_row(self, request, object_id)
        context = {
            "title": f"Preview of {rule}",
            "rule": rule,
            "days": preview.DAYS,
            "would": preview.of(rule, timezone.now()),
            "back": self.address_of(rule),
        }
        return self.page(request, "ads/admin/alert_preview.html", context)

    @admin.display(description="brand", ordering="brand__name", empty_value="every brand")
    def of_brand(self, rule: AlertRule) -> Any:
        return rule.brand

    @admin.display(description="tells", empty_value="the bell only")
    def told(self, rule: AlertRule) -> str | None:
        return ", ".join(sorted(channel.name for channel in rule.channels.all())) or None
