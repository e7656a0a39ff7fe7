"""The page before something is done to many: what will happen, what is asked, and the button.

It is posted to only. What it is about stands in it: the rows themselves, so that just what was
looked at is changed, whatever has come under the filters since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from ads.admin.actions import preview_text
from ads.admin.actions.forms import ActionForm
from ads.admin.elements import is_number
from ads.services.delivery import Forecast
from ads.services.history import Seen

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

#: Campaigns that one action takes: some seconds.
AT_MOST: Final = 10_000

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
    return sorted({int(text) for text in given if is_number(text)})


def way_back(request: HttpRequest, otherwise: str) -> str:
    """The address that the page was opened from, on this site."""
    back = request.POST.get(BACK) or request.GET.get(BACK, "")
    if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return otherwise


def asking(code: str, page: Page, description: str) -> Any:
    """An action of a list, which opens the page before it is done."""

    @admin.action(description=f"{description} …", permissions=[page.permission])
    def ask(
        listing: "AsksFirst", request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        return listing.ask_about_chosen(request, code, queryset)

    return ask


class AsksFirst(_Admin):
    """A list, or a page, whose actions say beforehand what they will do.

    The way from what was chosen to what was done is here; what is said, asked and done on the way
    is said by who mixes it in. Actions go by their codes, ids are those of the rows.
    """

    #: What is said of each action, by its code.
    pages: Mapping[str, Page]
    #: Rows that are chosen at a time.
    most: int = AT_MOST

    def form_of(self, code: str, ids: Sequence[int], data: Any) -> ActionForm | None:
        """What has to be filled in, if anything."""
        raise NotImplementedError

    def check_form(self, request: HttpRequest, form: ActionForm) -> None:
        """Raise PermissionDenied where not everybody may do what is filled in."""

    def effect_of(self, code: str, ids: Sequence[int], form: ActionForm | None) -> Effect:
        """What it would do; ``form`` is valid."""
        raise NotImplementedError

    def carry_out(
        self, request: HttpRequest, code: str, ids: list[int], back: str, form: ActionForm | None
    ) -> None:
        """Do it, and say what was done; ``form`` is valid."""
        raise NotImplementedError

    def called(self, ids: Sequence[int]) -> str:
        """The rows in the title: "412 campaigns"."""
        raise NotImplementedError

    def has_switch_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return self.has_change_permission(request) or request.user.has_perm("ads.switch_campaign")

    def has_waive_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return self.has_change_permission(request) or request.user.has_perm("ads.waive_spend")

    def get_urls(self) -> list[Any]:
        act = require_POST(self.admin_site.admin_view(self.act))
        name = f"ads_{self.opts.model_name}_act"
        return [path("act/<slug:code>/", act, name=name), *super().get_urls()]

    def ask_about_chosen(
        self, request: HttpRequest, code: str, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """The page for those that were selected in the list."""
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: self.most + 1])
        if self.are_too_many(request, ids):
            return None
        form = self.form_of(code, ids, None)
        return self.ask(request, code, ids, request.get_full_path(), form)

    def act(self, request: HttpRequest, code: str) -> HttpResponse:
        """Work it out anew, or do it."""
        self.check_action(request, code)
        ids = chosen(request)
        back = way_back(request, reverse(f"admin:ads_{self.opts.model_name}_changelist"))
        if not ids or self.are_too_many(request, ids):
            return HttpResponseRedirect(back)
        form = self.form_of(code, ids, request.POST)
        is_complete = form is None or form.is_valid()
        if form and is_complete:
            self.check_form(request, form)
        if not (is_complete and is_to_be_done(request, form)):
            return self.ask(request, code, ids, back, form)
        self.carry_out(request, code, ids, back, form)
        return HttpResponseRedirect(back)

    def check_action(self, request: HttpRequest, code: str) -> None:
        """Raise Http404 or PermissionDenied where it is not this person's to do."""
        if code not in self.pages:
            raise Http404
        allowed = getattr(self, f"has_{self.pages[code].permission}_permission")
        if not (self.has_view_permission(request) and allowed(request)):
            raise PermissionDenied

    def are_too_many(self, request: HttpRequest, ids: Sequence[int]) -> bool:
        """Say so if there are."""
        return self.too_many(request, len(ids), self.most, str(self.opts.verbose_name_plural))

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
        code: str,
        ids: Sequence[int],
        back: str,
        form: ActionForm | None,
    ) -> HttpResponse:
        """The page; without an effect where the form has to be filled in first."""
        effect = None
        if form is None or (form.is_bound and form.is_valid()):
            effect = self.effect_of(code, ids, form)
        page, called = self.pages[code], self.called(ids)
        signature = form.signature() if form and effect else ""
        up_to = f"{effect.up_to.campaigns}.{effect.up_to.brands}" if effect and effect.up_to else ""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            # Of one row, the way back to it stands above.
            "original": self.model._default_manager.filter(pk=ids[0]).first()
            if len(ids) == 1
            else None,
            "title": page.title.format(called),
            "yes": page.yes.format(called),
            "page": page,
            "address": reverse(f"admin:ads_{self.opts.model_name}_act", args=[code]),
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
            "headline": preview_text.headline(effect.forecast) if effect else "",
            "lines": preview_text.lines(effect.forecast) if effect else [],
            "notes": effect.notes if effect else [],
            "media": self.media + form.media if form else self.media,
        }
        return TemplateResponse(request, "ads/admin/action.html", context)


def up_to(request: HttpRequest) -> Seen | None:
    """Up to which edits what is confirmed was worked out; None: the page does not say."""
    campaigns, dot, brands = request.POST.get(UP_TO, "").partition(".")
    if not (dot and all(is_number(text) for text in (campaigns, brands))):
        return None
    return Seen(int(campaigns), int(brands))


def is_to_be_done(request: HttpRequest, form: ActionForm | None) -> bool:
    """Was the button pressed, and did the page show the effect of what is filled in?"""
    if DO not in request.POST:
        return False
    # Browsers send line ends of their own.
    seen = request.POST.get(SEEN, "").replace("\r\n", "\n")
    return form is None or (seen == form.signature() and up_to(request) is not None)
