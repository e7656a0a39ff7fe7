"""The page before something is done to many: what will happen, what is asked, and the button.

It is posted to only. What it is about stands in it: the rows themselves, so that just what was
looked at is changed, whatever has come under the filters since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme

from ads.admin import forecasts
from ads.admin.action_forms import ActionForm
from ads.services.audit import Seen
from ads.services.what_if import Forecast

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

#: Campaigns that one action takes: some seconds.
AT_MOST: Final = 10_000

#: Digits that a key has at most.
LONGEST_ID: Final = 18

#: Names of what the page posts.
IDS, BACK, SEEN, UP_TO, DO = "ids", "back", "seen", "up_to", "do"


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says of an action."""

    title: str
    #: What it does, for who has never done it.
    text: str
    #: On the button.
    yes: str
    #: "view", "switch" …: see ``has_…_permission`` of the list.
    permission: str = "change"
    is_grave: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action would do, worked out."""

    forecast: Forecast
    #: What else is to be known: of money, and of those that are left as they are.
    notes: Sequence[str] = ()
    #: Up to which edits it was worked out; None: what is done rests on none.
    up_to: Seen | None = None


def chosen(request: HttpRequest) -> list[int]:
    """The ids that the page is about; what is no id is passed over."""
    given = request.POST.get(IDS, "").split(",")
    return sorted({int(text) for text in given if _is_id(text)})


def way_back(request: HttpRequest, otherwise: str) -> str:
    """The address that the page was opened from, on this site."""
    back = request.POST.get(BACK, "")
    if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return otherwise


class AsksFirst(_Admin):
    """A list, or a page, whose actions say beforehand what they will do."""

    def too_many(self, request: HttpRequest, count: int, most: int, what: str) -> bool:
        """Say so if there are."""
        if count <= most:
            return False
        self.message_user(
            request,
            f"Nothing was done: choose at most {most:,} {what} at a time. Filter the list by brand "
            "or by state, and take one part after the other.",
            messages.ERROR,
        )
        return True

    def ask(
        self,
        request: HttpRequest,
        page: Page,
        address: str,
        ids: Sequence[int],
        back: str,
        *,
        form: ActionForm | None,
        effect: Effect | None,
    ) -> HttpResponse:
        """The page; ``effect`` None: the form has to be filled in first."""
        signature = form.signature() if form and effect else ""
        up_to = f"{effect.up_to.campaigns}.{effect.up_to.brands}" if effect and effect.up_to else ""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            # Of one row, the way back to it stands above.
            "original": self.model._default_manager.filter(pk=ids[0]).first()
            if len(ids) == 1
            else None,
            "title": page.title,
            "page": page,
            "address": address,
            "hidden": [
                (IDS, ",".join(map(str, ids))),
                (BACK, back),
                (SEEN, signature),
                (UP_TO, up_to),
            ],
            "do": DO,
            "form": form,
            "back": back,
            # The button was pressed, but for something else than is filled in now.
            "is_new": DO in request.POST,
            "headline": forecasts.headline(effect.forecast) if effect else "",
            "lines": forecasts.lines(effect.forecast) if effect else [],
            "notes": effect.notes if effect else [],
            "media": self.media + form.media if form else self.media,
        }
        return TemplateResponse(request, "ads/admin/action.html", context)


def up_to(request: HttpRequest) -> Seen | None:
    """Up to which edits what is confirmed was worked out; None: the page does not say."""
    campaigns, dot, brands = request.POST.get(UP_TO, "").partition(".")
    if not (dot and all(_is_id(text) for text in (campaigns, brands))):
        return None
    return Seen(int(campaigns), int(brands))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID


def is_to_be_done(request: HttpRequest, form: ActionForm | None) -> bool:
    """Was the button pressed, and did the page show the effect of what is filled in?"""
    if DO not in request.POST:
        return False
    # Browsers send line ends of their own.
    seen = request.POST.get(SEEN, "").replace("\r\n", "\n")
    return form is None or (seen == form.signature() and up_to(request) is not None)
