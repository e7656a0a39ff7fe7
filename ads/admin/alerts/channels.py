"""Channels: made with an address that no page shows again, tried with a test."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from ads.admin.alerts.pages import AlertConfigurationAdmin
from ads.admin.base import KEPT
from ads.admin.elements import NOTHING, ConfigurationForm, ago, badge, the_row, uid_of
from ads.models import AlertRule, Channel
from ads.services.alerts import InvalidChannel, channels
from ads.services.team import possible_managers

_FIELDS = ("name", "way", "is_active", "account_manager", "frequency", "digest_at", "timezone")


class _Address(forms.CharField):
    """An address, which no page shows again."""

    def prepare_value(self, value: Any) -> Any:
        return ""


class ChannelForm(ConfigurationForm):
    #: Not ``address``, which the model keeps from forms.
    sends_to = _Address(
        label="Address",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Mail: addresses, separated by commas. Slack or Teams: the webhook address that "
        "they show; other services: as on https://github.com/caronc/apprise/wiki. Signed webhook: "
        "an https address of your own. It is kept sealed and not shown again.",
    )
    rules = forms.ModelMultipleChoiceField(
        required=False,
        queryset=AlertRule.objects.all(),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="The rules that tell it.",
    )

    class Meta:
        model = Channel
        fields = _FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["sends_to"].required = False
            self.fields["sends_to"].label = "New address"
            self.initial["rules"] = self.instance.rules.all()
        else:
            self.initial["rules"] = AlertRule.objects.filter(is_active=True)

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or {}
        address = data.get("sends_to")
        if not self.errors and (address or "way" in self.changed_data):
            try:
                if self.instance.pk:
                    channels.check_way(Channel.objects.get(pk=self.instance.pk), data["way"])
                channels.check(data["way"], address or "")
            except InvalidChannel as error:
                field = "sends_to" if error.field == "address" else error.field
                self.add_error(field, f"{error.reason[:1].upper()}{error.reason[1:]}")
        return data


@admin.register(Channel)
class ChannelAdmin(AlertConfigurationAdmin[Channel]):
    about = (
        "Where alerts are sent: mail, Slack, Teams and other services, or a signed webhook of your "
        "own. Send a test after adding one."
    )
    form = ChannelForm
    events = {"ChannelEvent": "pgh_obj_id", "AlertRuleChannelEvent": "channel_id"}
    list_display = ["name", "way", "shown", "brands", "frequency", "state", "last_sent"]
    list_select_related = ["account_manager"]
    search_fields = ["name"]
    search_help_text = "Name"
    fieldsets = [
        (None, {"fields": ["name", "way", "sends_to", "is_active", "rules", "account_manager"]}),
        ("When", {"fields": ["frequency", ("digest_at", "timezone")]}),
        (KEPT, {"fields": [("shown", "state"), ("last_sent", "problem")]}),
    ]
    readonly_fields = ["shown", "state", "last_sent", "problem"]
    actions_detail = ["send_test"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "account_manager":
            kwargs["queryset"] = possible_managers()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        data = form.cleaned_data
        if change:
            changed = {name: data[name] for name in _FIELDS if name in form.changed_data}
            channels.update(obj, now=timezone.now(), address=data["sends_to"], **changed)
        else:
            made, secret = channels.create(
                address=data["sends_to"], **{name: data[name] for name in _FIELDS}
            )
            obj.__dict__.update(made.__dict__)
            obj.shown_once = secret  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        form.instance.rules.set(form.cleaned_data["rules"])

    def response_add(
        self, request: HttpRequest, obj: Channel, post_url_continue: str | None = None
    ) -> HttpResponse:
        secret: str = obj.shown_once  # type: ignore[attr-defined]
        if not secret:
            return super().response_add(request, obj, post_url_continue)
        context = {
            "title": f"Secret of {obj.name}",
            "shown": [("Secret", secret, "Your receiver verifies signatures with it.")],
            "back": self.address_of(obj),
        }
        response = self.page(request, "ads/admin/shown_once.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    @action(description="Send a test", url_path="test", permissions=["change"])
    def send_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        channel = the_row(self, request, object_id)
        back = self.address_of(channel)
        if request.method != "POST" or "confirmed" not in request.POST:
            context = {
                "title": f"Send a test to {channel}",
                "text": f"It is sent now, to {channel.shown}, and says that it is a test.",
                "yes": "Send a test",
                "hidden": [("confirmed", "yes"), ("uid", uuid.uuid4())],
                "back": back,
            }
            return self.page(request, "ads/admin/confirm.html", context)
        try:
            uid = uid_of(request.POST.get("uid"))
            problem = channels.send_test(channel, timezone.now, uid=uid)
        except channels.StillSending as error:
            self.message_user(request, str(error), messages.WARNING)
            return HttpResponseRedirect(back)
        except channels.ChannelIsOff as error:
            problem = str(error)
        if problem:
            self.message_user(request, f"The test was not received. {problem}", messages.ERROR)
        else:
            message = channel.messages.latest("pk")
            said = (
                "There is no mail server, so the test is kept under Messages of alerts."
                if message.state == message.State.KEPT
                else "The test was received."
            )
            self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(back)

    @admin.display(description="brands", ordering="account_manager__username")
    def brands(self, channel: Channel) -> str:
        manager = channel.account_manager
        return f"those of {manager}" if manager else "every brand"

    @admin.display(description="state")
    def state(self, channel: Channel) -> SafeString:
        if not channel.is_active:
            return badge("Off")
        if channel.failing_since:
            return badge("Fails", "alarm")
        return badge("Not to all", "warning") if channel.problem else badge("On", "success")

    @admin.display(description="last sent", ordering="last_sent_at")
    def last_sent(self, channel: Channel) -> SafeString | str:
        return ago(channel.last_sent_at, timezone.now()) if channel.last_sent_at else NOTHING

    @admin.display(description="problem")
    def problem(self, channel: Channel) -> SafeString | str:
        return format_html("{}", channel.problem) if channel.problem else NOTHING
