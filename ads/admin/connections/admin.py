"""Connections: the list, the page of one, trying it, and disconnecting."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.enums import ActionVariant

from ads.admin.base import KEPT, ConfigurationAdmin, ShowsAudit
from ads.admin.connections import text
from ads.admin.connections.first_look import LooksFirst
from ads.admin.connections.forms import ConnectionForm
from ads.admin.elements import NOTHING, ago, column, counted, the_row
from ads.models import Connection
from ads.models.platforms import ConnectionState
from ads.services.connections import InvalidConnection, kinds, lifecycle, troubles, try_out

#: Accounts on the page of a connection; the list has all of them.
SHOWN = 50


@admin.register(Connection)
class ConnectionAdmin(LooksFirst, ShowsAudit, ConfigurationAdmin[Connection]):
    about = (
        "Access to ad platforms. The accounts of a connection are asked every few minutes for what "
        "campaigns have spent, and are told which campaigns to stop and start. Credentials are "
        "encrypted, and never shown again."
    )
    form = ConnectionForm
    list_display = ["name", "kind", "state_of", "read", "oldest", "trouble"]
    search_fields = ["name", "platform"]
    search_help_text = "Name or platform"
    fieldsets = [
        (None, {"fields": ["name", "is_read_only"]}),
        (
            KEPT,
            {
                "fields": [
                    ("kind", "source"),
                    ("state_of", "expires_at"),
                    ("listed_at", "disconnected_at"),
                    ("created_at", "updated_at"),
                ]
            },
        ),
    ]
    readonly_fields = [
        "kind", "source", "state_of", "expires_at", "listed_at", "disconnected_at", "created_at",
        "updated_at",
    ]  # fmt: skip
    change_form_outer_before_template = "ads/admin/connection_accounts.html"
    events = {"ConnectionEvent": "pgh_obj_id"}
    actions_detail = ["first_look", "try_it", "renew", "disconnect"]

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return False  # disconnecting keeps the ledger

    def _forbidden(self) -> HttpResponse:
        raise PermissionDenied

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        read = Q(accounts__is_read=True)
        return super().get_queryset(request).annotate(
            accounts_listed=Count("accounts"),
            accounts_read=Count("accounts", filter=read),
            accounts_failing=Count(
                "accounts", filter=read & Q(accounts__failing_since__isnull=False)
            ),
            oldest_answer=Min("accounts__answered_at", filter=read),
        )  # fmt: skip

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        if "name" in form.changed_data:
            lifecycle.rename(obj, name=obj.name)
        if "is_read_only" in form.changed_data:
            lifecycle.set_read_only(obj, is_read_only=obj.is_read_only, now=timezone.now())
            if obj.is_read_only and (kept := lifecycle.caps_kept(obj.accounts.all())):
                self.message_user(request, kept, messages.WARNING)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        if connection := context.get("original"):
            now = timezone.now()
            accounts = connection.accounts.annotate(
                campaigns_there=Count("campaigns", filter=Q(campaigns__gone_at=None))
            ).order_by("-is_read", "name", "pk")
            context["accounts"] = [text.account_row(one, now) for one in accounts[:SHOWN]]
            context["accounts_link"] = (
                f"{reverse('admin:ads_platformaccount_changelist')}"
                f"?connection__id__exact={connection.pk}"
            )
            context["more_accounts"] = max(0, connection.accounts_listed - SHOWN)
            context["troubles"] = text.troubles_as_read(troubles(now, [connection]))
            context["lag"] = _lag(connection)
        return super().render_change_form(request, context, *args, **kwargs)

    @action(description="Try it", url_path="try", permissions=["change"])
    def try_it(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """See what works; nothing is recorded, and nothing switched."""
        connection = the_row(self, request, object_id)
        account = request.POST.get("account", "")
        context: dict[str, Any] = {
            "title": f"Try {connection}",
            "connection": connection,
            "accounts": connection.accounts.order_by("-is_read", "name")[:SHOWN],
            "account": account,
            "back": self.address_of(connection),
        }
        if request.method == "POST":
            try:
                context["steps"] = text.tried(
                    try_out(connection, account=account, now=timezone.now())
                )
            except InvalidConnection as error:
                context["refused"] = str(error)
        return self._page(request, "ads/admin/connection_try.html", context)

    @action(
        description="Disconnect",
        url_path="disconnect",
        permissions=["change"],
        variant=ActionVariant.DANGER,
    )
    def disconnect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = the_row(self, request, object_id)
        if request.method == "POST" and "confirmed" in request.POST:
            try:
                ended = lifecycle.disconnect(connection, now=timezone.now())
            except InvalidConnection as error:
                self.message_user(request, str(error), messages.ERROR)
                return HttpResponseRedirect(self.address_of(connection))
            self.log_change(request, connection, [{"changed": {"fields": ["Credentials"]}}])
            self.message_user(
                request,
                f"{connection} is disconnected: {counted(ended.accounts, 'account')} no longer "
                "read. What was recorded stays.",
                messages.SUCCESS,
            )
            if ended.left:
                self.message_user(request, ended.left, messages.WARNING)
            return HttpResponseRedirect(self.address_of(connection))
        running = "Campaigns that run on the platform go on running there, and budgets no longer "
        context = {
            "title": f"Disconnect {connection}",
            "text": "The credentials are deleted here, and its accounts are no longer read. Spend "
            "that was recorded stays. Daily budgets that were capped there are restored first. "
            f"{running}stop them: pause them there first, if they should "
            "not. To remove the access on the platform too, do so in its own settings.",
            "yes": "Disconnect",
            "rows": list(connection.accounts.filter(is_read=True)[:SHOWN]),
            "hidden": [("confirmed", "yes")],
            "back": self.address_of(connection),
        }
        return self._page(request, "ads/admin/confirm.html", context)

    @admin.display(description="platform", ordering="platform")
    def kind(self, connection: Connection) -> str:
        return kinds.name(connection.platform)

    state_of = column("state", text.state, ordering="state")

    @admin.display(description="accounts")
    def read(self, connection: Any) -> str:
        if not connection.accounts_listed:
            return "not listed yet"
        return f"{connection.accounts_read:,} of {connection.accounts_listed:,} read"

    @admin.display(description="oldest answer", ordering="oldest_answer")
    def oldest(self, connection: Any) -> SafeString | str:
        answered = connection.oldest_answer
        return ago(answered, timezone.now()) if answered else NOTHING

    trouble = column("problem", lambda connection: text.sentence(_trouble(connection)))


def _trouble(connection: Any) -> str:
    """What is wrong with a connection, or with accounts of it; "" if nothing is."""
    if found := troubles(timezone.now(), [connection]):
        said = found[0].text.removeprefix(f"{connection}: ")
        return f"{said[:1].upper()}{said[1:]}"
    if connection.accounts_failing:
        return f"{counted(connection.accounts_failing, 'account')} cannot be read"
    return str(connection.problem) if connection.state != ConnectionState.DISCONNECTED else ""


def _lag(connection: Connection) -> str:
    """How late the platform reports, in a sentence."""
    try:
        kind = kinds.platform(connection.platform)
    except InvalidConnection:
        return ""
    return f"{kind.name} reports {kind.usual_lag}."
