"""The first look: what a connection reaches, what fits here, and making the rest of it."""

from typing import Any, Final

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import action

from ads.admin import setup as setup_pages
from ads.admin.connections import text
from ads.admin.connections.connect import Connects
from ads.admin.elements import the_row
from ads.models import Brand, Connection
from ads.models.platforms import ConnectionState
from ads.platforms import SIMULATED
from ads.services.connections import (
    Choice,
    ChoicesRefused,
    Fit,
    InvalidConnection,
    choices,
    connectors,
    fits,
)
from ads.services.setup import ChangedMeanwhile, Preview, SetupRefused

_SALT: Final = "ads.first_look"

#: How long a preview can be confirmed, in seconds.
VALID_FOR: Final = 24 * 60 * 60

#: Names of brands that are offered while one is typed.
_OFFERED: Final = 2_000


class LooksFirst(Connects):
    """The page of the first look, and of each later one."""

    def has_look_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change connections, and all that a setup file may do."""
        needed = [*setup_pages.PERMISSIONS, "ads.add_brand"]
        return self.has_change_permission(request) and request.user.has_perms(needed)

    @action(description="Accounts and campaigns", url_path="first-look", permissions=["look"])
    def first_look(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What it reaches; choose what is read and made, preview, confirm."""
        connection = the_row(self, request, object_id)
        if "look" in request.POST:
            self.look_and_say(request, connection)
            return HttpResponseRedirect(request.get_full_path())
        if "apply" in request.POST:
            return self._applied(request, connection)
        found = fits.fits(connection)
        proposed = {one.account: one for one in choices.proposed(found)}
        if request.method != "POST":
            return self._look_page(request, connection, found, proposed)
        chosen = _chosen(request, proposed)
        return self._previewed(request, connection, found, chosen)

    def _previewed(
        self,
        request: HttpRequest,
        connection: Connection,
        found: list[Fit],
        chosen: dict[int, Choice],
        **more: Any,
    ) -> HttpResponse:
        """The choices with what they would make, or with what is wrong with them."""
        try:
            preview = choices.preview(
                connection,
                list(chosen.values()),
                gives_hours=connectors.gives_hours(connection),
                now=timezone.now(),
            )
        except ChoicesRefused as error:
            return self._look_page(request, connection, found, chosen, reasons=error.reasons)
        except SetupRefused as error:
            return self._look_page(request, connection, found, chosen, refused=str(error))
        return self._look_page(request, connection, found, chosen, preview=preview, **more)

    def _applied(self, request: HttpRequest, connection: Connection) -> HttpResponse:
        try:
            rows, digests = signing.loads(request.POST["kept"], salt=_SALT, max_age=VALID_FOR)
        except (signing.BadSignature, KeyError):
            said = "The preview is more than a day old, or incomplete. Look again."
            self.message_user(request, said, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        chosen = {row[0]: Choice(*row) for row in rows}
        seen = {int(line): digest for line, digest in digests.items()}
        try:
            done = choices.apply(
                connection,
                list(chosen.values()),
                seen=seen,
                gives_hours=connectors.gives_hours(connection),
                now=timezone.now(),
            )
        except ChangedMeanwhile as error:
            meanwhile = setup_pages.text.meanwhile(error)
            found = fits.fits(connection)
            return self._previewed(request, connection, found, chosen, meanwhile=meanwhile)
        except ChoicesRefused as error:
            found = fits.fits(connection)
            return self._look_page(request, connection, found, chosen, reasons=error.reasons)
        except (SetupRefused, InvalidConnection) as error:
            found = fits.fits(connection)
            return self._look_page(request, connection, found, chosen, refused=str(error))
        self.log_change(request, connection, [{"changed": {"fields": ["Accounts"]}}])
        self.message_user(
            request,
            format_html(
                '{} <a class="ads-said" href="{}?changed_in={}">Show the campaigns</a>',
                setup_pages.text.done(done, connection.name),
                reverse("admin:ads_campaign_changelist"),
                done.context,
            ),
            messages.SUCCESS,
        )
        return HttpResponseRedirect(self.address_of(connection))

    def _look_page(
        self,
        request: HttpRequest,
        connection: Connection,
        found: list[Fit],
        chosen: dict[int, Choice],
        *,
        reasons: Any = None,
        preview: Preview | None = None,
        refused: str = "",
        meanwhile: Any = None,
    ) -> HttpResponse:
        now = timezone.now()
        context: dict[str, Any] = {
            "title": f"Accounts and campaigns of {connection}",
            "connection": connection,
            "is_connected": connection.state != ConnectionState.DISCONNECTED,
            "is_simulated": connection.platform == SIMULATED,
            "rows": text.first_look(
                found,
                chosen,
                reasons or {},
                gives_hours=connectors.gives_hours(connection),
                now=now,
            ),
            "has_errors": bool(reasons),
            "refused": refused,
            "meanwhile": meanwhile,
            "brands": Brand.objects.order_by("name").values_list("name", flat=True)[:_OFFERED],
            "back": self.address_of(connection),
        }
        if preview:
            read = sum(one.is_read for one in chosen.values())
            context |= {
                "preview": setup_pages.text.previewed(preview),
                "read": read,
                "kept": signing.dumps(
                    [
                        [
                            [one.account, one.is_read, one.brand, one.with_budgets]
                            for one in chosen.values()
                        ],
                        preview.plan.digests(),
                    ],
                    salt=_SALT,
                    compress=True,
                ),
            }
        return self._page(request, "ads/admin/connection_look.html", context)


def _chosen(request: HttpRequest, proposed: dict[int, Choice]) -> dict[int, Choice]:
    shown = {int(pk) for pk in request.POST.getlist("account") if pk.isdecimal()}
    return {
        pk: Choice(
            pk,
            is_read=f"read-{pk}" in request.POST,
            brand=request.POST.get(f"brand-{pk}", "").strip(),
            with_budgets=f"budgets-{pk}" in request.POST,
        )
        for pk in proposed
        if pk in shown
    }
