"""The pages on which a platform is connected, or its credentials renewed: pasted, or by OAuth."""

import json
import secrets
from dataclasses import asdict
from typing import Any, Final

from django.contrib import messages
from django.core import signing
from django.forms import Media
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.decorators import action

from ads.admin.connections import text
from ads.admin.connections.forms import CredentialsForm
from ads.admin.elements import AdminMixin, the_row
from ads.models import Connection
from ads.platforms.interface import Platform, PlatformError
from ads.services.connections import (
    Begun,
    InvalidConnection,
    NotConnected,
    kinds,
    lifecycle,
    look,
    oauth,
)
from ads.services.platform_credentials import shown
from ads.services.senders import CannotUnseal, encryption

_SALT: Final = "ads.connecting"

#: In the session: what was begun at a platform last, sealed.
_BEGUN: Final = "connecting"

#: How long somebody may take there, in seconds.
_VALID_FOR: Final = int(oauth.VALID_FOR.total_seconds())


class Connects(AdminMixin[Connection]):
    def get_urls(self) -> list[URLPattern]:
        """With the address that platforms send people back to."""
        view = self.admin_site.admin_view(self.connected_view)
        return [path("connected/", view, name="ads_connection_connected"), *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            return self._forbidden()
        code = request.GET.get("platform", "")
        if not code:
            return self._choose(request)
        try:
            kind = kinds.platform(code)
        except InvalidConnection as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:ads_connection_add"))
        return self._connect(request, kind, None)

    @action(description="Renew credentials", url_path="renew", permissions=["change"])
    def renew(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = the_row(self, request, object_id)
        return self._connect(request, kinds.platform(connection.platform), connection)

    def _forbidden(self) -> HttpResponse:
        raise NotImplementedError

    def _choose(self, request: HttpRequest) -> HttpResponse:
        context = {
            "title": "Connect an ad platform",
            "kinds": [
                {
                    "name": kind.name,
                    "lag": kind.usual_lag,
                    "link": f"?platform={kind.code}",
                }
                for kind in kinds.offered()
            ],
            "back": reverse("admin:ads_connection_changelist"),
        }
        return self._page(request, "ads/admin/connection_choose.html", context)

    def _connect(
        self, request: HttpRequest, kind: Platform, connection: Connection | None
    ) -> HttpResponse:
        lacking = kinds.missing_settings(kind)
        is_new = connection is None
        initial = self._initial(request, kind, connection)
        forms = {"paste": CredentialsForm(kind, is_new=is_new, initial=initial)}
        if kind.oauth and not lacking:
            forms["oauth"] = CredentialsForm(kind, is_new=is_new, by_oauth=True, initial=initial)
        by = request.POST.get("by", "")
        if request.method == "POST" and by in forms:
            form = CredentialsForm(
                kind, request.POST, is_new=is_new, by_oauth=by == "oauth", initial=initial
            )
            forms[by] = form
            if form.is_valid():
                try:
                    if by == "oauth":
                        return self._begin(request, kind, form, connection)
                    return self._end(request, kind, form.cleaned_data, form.given(), connection)
                except InvalidConnection as error:
                    form.refuse(error)
        context = {
            "title": f"Connect {kind.name}" if is_new else f"Renew {connection}",
            "kind": kind,
            "connection": connection,
            "forms": forms,
            "lacking": " and ".join(lacking),
            "redirect": self._redirect(request),
            "back": reverse("admin:ads_connection_changelist")
            if is_new
            else self.address_of(connection),
        }
        return self._page(request, "ads/admin/connection_connect.html", context)

    def _initial(
        self, request: HttpRequest, kind: Platform, connection: Connection | None
    ) -> dict[str, str]:
        """What is no secret of the present credentials."""
        if connection is None:
            return {}
        try:
            return shown(connection, kind)
        except CannotUnseal as error:
            if request.method == "GET":
                self.message_user(request, str(error), messages.WARNING)
            return {}

    def _redirect(self, request: HttpRequest) -> str:
        return request.build_absolute_uri(reverse("admin:ads_connection_connected"))

    # OAuth.

    def _begin(
        self,
        request: HttpRequest,
        kind: Platform,
        form: CredentialsForm,
        connection: Connection | None,
    ) -> HttpResponse:
        """The page that leads to the platform; a form's answer may not lead to another host."""
        if connection is None:
            lifecycle.check_name(form.cleaned_data["name"].strip())
        state = signing.TimestampSigner(salt=_SALT).sign(secrets.token_urlsafe(32))
        address, begun = oauth.begin(kind, redirect=self._redirect(request), state=state)
        remembered = {
            "begun": asdict(begun),
            "entered": {
                name: form.cleaned_data[name]
                for name in ("name", "is_read_only")
                if name in form.cleaned_data
            },
            "given": form.given(),
            "connection": connection and connection.pk,
        }
        request.session[_BEGUN] = encryption.seal(json.dumps(remembered))
        context = {
            "title": f"Connect {kind.name}",
            "kind": kind,
            "address": address,
            "minutes": _VALID_FOR // 60,
            "back": reverse("admin:ads_connection_changelist"),
        }
        return self._page(request, "ads/admin/connection_leave.html", context)

    def connected_view(self, request: HttpRequest) -> HttpResponse:
        """Where a platform sends somebody back to, once."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            return self._forbidden()
        sealed = request.session.pop(_BEGUN, None)
        if sealed is None:
            said = (
                "No connection was begun in this browser, or this login was already used. Connect "
                "again."
            )
            self.message_user(request, said, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:ads_connection_changelist"))
        try:
            kept = json.loads(encryption.unseal(sealed))
            signing.TimestampSigner(salt=_SALT).unsign(kept["begun"]["state"], max_age=_VALID_FOR)
        except (signing.BadSignature, CannotUnseal):
            said = f"That took longer than {_VALID_FOR // 60} minutes. Connect again."
            self.message_user(request, said, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:ads_connection_changelist"))
        connection = None
        if kept["connection"]:
            connection = the_row(self, request, str(kept["connection"]))
        elif not self.has_add_permission(request):
            return self._forbidden()
        begun = Begun(**kept["begun"])
        try:
            brought = oauth.finish(begun, request.GET.dict(), now=timezone.now())
            return self._end(
                request,
                kinds.platform(begun.platform),
                kept["entered"],
                {**kept["given"], **brought.credentials},
                connection,
                expires_at=brought.expires_at,
            )
        except (NotConnected, InvalidConnection) as error:
            self.message_user(request, str(error), messages.ERROR)
        back = f"{reverse('admin:ads_connection_add')}?platform={begun.platform}"
        return HttpResponseRedirect(self.address_of(connection) if connection else back)

    # Both ways.

    def _end(
        self,
        request: HttpRequest,
        kind: Platform,
        entered: dict[str, Any],
        given: dict[str, str],
        connection: Connection | None,
        *,
        expires_at: Any = None,
    ) -> HttpResponse:
        """Keep the credentials, and look what they reach."""
        now = timezone.now()
        if connection is None:
            connection = lifecycle.add(
                platform=kind.code,
                name=entered["name"],
                is_read_only=entered["is_read_only"],
                given=given,
                expires_at=expires_at,
                now=now,
            )
            self.log_addition(request, connection, [{"added": {}}])
            self.message_user(request, f"{connection} is connected.", messages.SUCCESS)
        else:
            lifecycle.renew(connection, given=given, expires_at=expires_at, now=now)
            connection.refresh_from_db()
            self.log_change(request, connection, [{"changed": {"fields": ["Credentials"]}}])
            self.message_user(
                request, f"The credentials of {connection} were renewed.", messages.SUCCESS
            )
        self.look_and_say(request, connection)
        return HttpResponseRedirect(
            reverse("admin:ads_connection_first_look", args=[connection.pk])
        )

    def look_and_say(self, request: HttpRequest, connection: Connection) -> None:
        try:
            found = look(connection, now=timezone.now())
        except (PlatformError, InvalidConnection) as error:
            self.message_user(request, f"Nothing was listed. {error}", messages.ERROR)
            return
        level = messages.WARNING if found.failed else messages.SUCCESS
        self.message_user(request, text.looked(found), level)

    def address_of(self, connection: Connection | None) -> str:
        return reverse("admin:ads_connection_change", args=[connection.pk if connection else 0])

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        media = Media(css={"all": ["ads/actions.css", "ads/setup.css", "ads/connections.css"]})
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "media": self.media + media,
        }
        return TemplateResponse(request, template, {**shared, **context})
