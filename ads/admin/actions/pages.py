"""Actions with a preview: choose rows, fill in the form, see what would happen, confirm.

The page is posted to only. The ids of the rows stand in it, so the action changes what the preview
was about, whatever has come under the filters since.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from ads.admin.actions import preview_text
from ads.admin.actions.forms import ActionForm
from ads.admin.actions.messages import report_edits, report_outcome
from ads.admin.elements import AdminMixin, is_number
from ads.holds import as_array
from ads.models import Brand, Campaign
from ads.services import visible
from ads.services.bulk import (
    Action,
    ChangeBudgets,
    Done,
    LetRunOn,
    SetPriority,
    carry_out,
    preview_budgets,
    preview_limits,
    preview_priority,
)
from ads.services.delivery import Outcome, allowances, preview_campaigns
from ads.services.history import Seen, last_edits
from ads.services.locks import among

#: Campaigns that one action takes: some seconds.
AT_MOST: Final = 10_000

#: Names of what the page posts.
IDS, BACK, SEEN, UP_TO, DO = "ids", "back", "seen", "up_to", "do"


@dataclass(frozen=True, slots=True)
class Page:
    """What the page of an action says; {} is "412 campaigns", or the name of a brand."""

    title: str
    #: What it does, for who has never done it.
    text: str
    #: On the button.
    yes: str
    #: What was done, in a sentence.
    did: str
    #: "view", "switch" …: see ``has_…_permission`` of the list.
    permission: str = "change"
    #: Why it leaves rows as they are; "": by their status.
    leaves: str = ""
    can_be_undone: bool = False
    is_grave: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    outcome: Outcome
    #: What else is good to know, in sentences.
    notes: Sequence[str] = ()
    #: What becomes of budgets, limits or priorities, before and after.
    table: Mapping[str, Any] | None = None
    #: The last edits that it takes into account; None: the action depends on none.
    up_to: Seen | None = None


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
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: listing.most + 1])
        if listing.are_too_many(request, ids):
            return None
        form = listing.form_of(code, ids, None)
        return listing.ask(request, code, ids, request.get_full_path(), form)

    return ask


class AsksFirst(AdminMixin[Any]):
    """A list, or a page, whose actions show a preview first.

    Actions go by their codes, ids are those of the rows: campaigns or brands.
    """

    #: By the code of the action.
    pages: Mapping[str, Page]
    #: Those that the page of one row asks about too: by code, what the address calls them.
    for_one: Mapping[str, str] = {}
    #: Rows that can be chosen at a time.
    most: int = AT_MOST

    def form_of(self, code: str, ids: Sequence[int], data: Any) -> ActionForm | None:
        """What has to be filled in, if anything."""
        raise NotImplementedError

    def check_form(self, request: HttpRequest, form: Any) -> None:
        """Raise PermissionDenied where not everybody may do what is filled in."""

    def action_of(self, code: str, form: Any, seen: Seen | None = None) -> Action:
        raise NotImplementedError

    def notes(
        self, code: str, ids: Sequence[int], outcome: Outcome, now: datetime, form: Any
    ) -> Sequence[str]:
        """What else is good to know beforehand."""
        return ()

    def did(self, code: str, ids: Sequence[int], done: Done, form: Any) -> str:
        raise NotImplementedError

    def left(self, code: str, ids: Sequence[int], done: Done, edited: int, form: Any) -> str:
        """Which rows were left as they were, and why; ``edited``: those edited meanwhile."""
        raise NotImplementedError

    def called(self, ids: Sequence[int]) -> str:
        """The rows in the title: "412 campaigns"."""
        raise NotImplementedError

    def has_switch_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return self.has_change_permission(request) or request.user.has_perm("ads.switch_campaign")

    def has_waive_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return self.has_change_permission(request) or request.user.has_perm("ads.waive_spend")

    def get_urls(self) -> list[Any]:
        view, model = self.admin_site.admin_view, f"ads_{self.opts.model_name}"
        return [
            path("act/<slug:code>/", require_POST(view(self.act)), name=f"{model}_act"),
            *(
                path(
                    f"<int:object_id>/{name.replace('_', '-')}/",
                    view(partial(self.ask_about_one, code=code)),
                    name=f"{model}_{name}",
                )
                for code, name in self.for_one.items()
            ),
            *super().get_urls(),
        ]

    def ask_about_one(self, request: HttpRequest, object_id: int, code: str) -> HttpResponse:
        """The page for one row; it posts to :meth:`act`."""
        self.check_action(request, code)
        self.check_shown(request, object_id)
        back = way_back(
            request, reverse(f"admin:ads_{self.opts.model_name}_change", args=[object_id])
        )
        return self.ask(request, code, [object_id], back, self.form_of(code, [object_id], None))

    def check_shown(self, request: HttpRequest, object_id: int) -> None:
        """Raise Http404 without a row of this key that the user may see."""
        if not self.get_queryset(request).filter(pk=object_id).exists():
            raise Http404

    def act(self, request: HttpRequest, code: str) -> HttpResponse:
        self.check_action(request, code)
        given = request.POST.get(IDS, "").split(",")
        ids = sorted({int(text) for text in given if is_number(text)})
        self.refuse_others(ids)
        back = way_back(request, reverse(f"admin:ads_{self.opts.model_name}_changelist"))
        if not ids or self.are_too_many(request, ids):
            return HttpResponseRedirect(back)
        form = self.form_of(code, ids, request.POST)
        is_complete = form is None or form.is_valid()
        if form and is_complete:
            self.check_form(request, form)
        if not (is_complete and _is_confirmed(request, form)):
            return self.ask(request, code, ids, back, form)
        self.carry_out(request, code, ids, back, form)
        return HttpResponseRedirect(back)

    def refuse_others(self, ids: Collection[int]) -> None:
        """Raise Http404 if some of these rows are not the user's to see."""
        if visible.brand_ids() is None:
            return
        every = self.model._default_manager.filter(pk__in=among(ids)).order_by()
        if visible.rows(every).count() < every.count():
            raise Http404

    def check_action(self, request: HttpRequest, code: str) -> None:
        """Raise Http404 or PermissionDenied where this person may not do it."""
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
        if count > most:
            self.message_user(
                request,
                f"Nothing was done: choose at most {most:,} {what} at a time. Filter the list by "
                "brand or by state, and take one part after the other.",
                messages.ERROR,
            )
        return count > most

    def preview(self, code: str, ids: Sequence[int], form: Any) -> Preview:
        action, seen = self.action_of(code, form), last_edits() if form else None
        if seen and isinstance(action, LetRunOn):
            seen = replace(seen, allowances=allowances.last_given())
        now = timezone.now()
        outcome = preview_campaigns(
            self.campaigns_of(ids), action.changes(), now, brings=action.brings
        )
        notes = list(self.notes(code, ids, outcome, now, form))
        table = None
        if isinstance(action, ChangeBudgets):
            budgets = preview_budgets(action, self.campaigns_of(ids), self._brands_among(ids))
            notes += preview_text.too_large(budgets)
            table = preview_text.budgets(budgets)
        elif isinstance(action, LetRunOn):
            rows = Brand.objects.filter(pk__in=among(ids)) if self._brands_among(ids) else None
            campaigns = self.campaigns_of(ids).select_related("brand")
            limits = preview_limits(action, campaigns if rows is None else rows, now)
            table = preview_text.limits(limits)
        elif isinstance(action, SetPriority):
            priorities = preview_priority(action, self.campaigns_of(ids))
            notes += preview_text.without_effect(priorities)
            table = preview_text.priorities(priorities, action.priority)
        return Preview(outcome, notes, table, seen)

    def carry_out(
        self, request: HttpRequest, code: str, ids: list[int], back: str, form: Any
    ) -> None:
        action = self.action_of(code, form, up_to(request) if form else None)
        brands = self._brands_among(ids)
        done = carry_out(action, () if brands else ids, timezone.now(), brand_ids=brands)
        edited = 0
        if isinstance(action, ChangeBudgets) and action.seen:
            for rows in (self.campaigns_of(ids), Brand.objects.filter(pk__in=among(brands))):
                if action.by_field(rows.model):
                    edited = report_edits(request, action.seen, rows, done.context)
        changed = len(done.brands) or done.changed
        report_outcome(
            request,
            self.did(code, ids, done, form) if changed else "Nothing changed.",
            done,
            changed=changed,
            left=self.left(code, ids, done, edited, form),
            undo=back if self.pages[code].can_be_undone else "",
        )

    def campaigns_of(self, ids: Sequence[int]) -> QuerySet[Campaign]:
        """The campaigns that it is about: the rows, or all of the brands'."""
        if self.model is Brand:
            return Campaign.objects.filter(brand__in=among(ids))
        return Campaign.objects.filter(pk__any_of=as_array(ids))

    def _brands_among(self, ids: Sequence[int]) -> Sequence[int]:
        return ids if self.model is Brand else ()

    def ask(
        self,
        request: HttpRequest,
        code: str,
        ids: Sequence[int],
        back: str,
        form: ActionForm | None,
    ) -> HttpResponse:
        """The page; without a preview where the form has to be filled in first."""
        preview = None
        if form is None or (form.is_bound and form.is_valid()):
            preview = self.preview(code, ids, form)
        page, called = self.pages[code], self.called(ids)
        seen = preview.up_to if preview else None
        hidden = {
            IDS: ",".join(map(str, ids)),
            SEEN: form.signature() if form and preview else "",
            UP_TO: f"{seen.campaigns}.{seen.brands}.{seen.allowances}" if seen else "",
        }
        address = reverse(f"admin:ads_{self.opts.model_name}_act", args=[code])
        page_context = {
            "title": page.title.format(called),
            "yes": page.yes.format(called),
            "page": page,
            "form": form,
            # The button was pressed, but under the preview of something else.
            "why_new": form.why_new(_seen(request)) if form and DO in request.POST else "",
        }
        return self.preview_page(request, preview, address, back, hidden, ids, page_context)

    def preview_page(
        self,
        request: HttpRequest,
        preview: Preview | None,
        address: str,
        back: str,
        hidden: Mapping[str, str],
        ids: Collection[int],
        more: Mapping[str, Any],
    ) -> HttpResponse:
        """The page with a preview and the button that confirms it."""
        form = more.get("form")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            # Of one row, the way back to it stands above.
            "original": self.model._default_manager.filter(pk__in=ids).first()
            if len(ids) == 1
            else None,
            "address": address,
            "hidden": [*hidden.items(), (BACK, back)],
            "do": DO,
            "back": back,
            "headline": preview_text.headline(preview.outcome) if preview else "",
            "lines": preview_text.lines(preview.outcome) if preview else [],
            "budgets": preview.table if preview else None,
            "notes": preview.notes if preview else [],
            "media": self.media + form.media if form else self.media,
            **more,
        }
        return TemplateResponse(request, "ads/admin/action.html", context)


def up_to(request: HttpRequest) -> Seen | None:
    """The last edits that the confirmed preview took into account; None: the page does not say."""
    numbers = request.POST.get(UP_TO, "").split(".")
    if len(numbers) != len(fields(Seen)) or not all(map(is_number, numbers)):
        return None
    return Seen(*map(int, numbers))


def _is_confirmed(request: HttpRequest, form: ActionForm | None) -> bool:
    if DO not in request.POST:
        return False
    return form is None or (_seen(request) == form.signature() and up_to(request) is not None)


def _seen(request: HttpRequest) -> str:
    # Browsers send line ends of their own.
    return request.POST.get(SEEN, "").replace("\r\n", "\n")
