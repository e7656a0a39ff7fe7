"""The Undo button of pauses, changes of budgets and priorities, and allowances."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ads.admin.actions import preview_text
from ads.admin.actions.messages import PARAMETER, report_outcome, undo_button
from ads.admin.actions.pages import DO, AsksFirst, Page, Preview, way_back
from ads.admin.elements import budget, counted
from ads.models import Brand, Campaign
from ads.models.fields import BUDGETS, CAMPAIGN_BUDGETS
from ads.rules.calendar import format_instant
from ads.services import visible
from ads.services.bulk import TakeBack, carry_out, preview_budgets, preview_limits, undo
from ads.services.delivery import bulk_allowances, preview_campaigns
from ads.services.history import audit
from ads.services.locks import among
from ads.services.team import labels

#: Rows that are not put back, so many of which are named.
NAMED = 3

PAGE = Page(
    "Undo the change of budgets",
    "Restores every budget of this change that nobody has changed since.",
    "Undo it",
    "Undone: {} restored.",
)


ALLOWANCES: Final = Page(
    "Undo the allowances",
    "Takes back every allowance that was given together and is still in force. Campaigns that have "
    "spent more than is left of their limits stop.",
    "Undo it",
    "Allowances undone for {}.",
    "waive",
)


class Undoes(AsksFirst):
    """The list of campaigns, which undoes what was done to campaigns and to brands."""

    list_before_template = "ads/admin/campaigns_before.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more: dict[str, Any] = {}
        action = _asked_for(request)
        if action and visible.rows(Campaign.objects.filter(audit.changed_in(action.pk))).exists():
            more |= {
                "changed_by": action.metadata.get("actor") or audit.NOBODY,
                "changed_at": format_instant(action.created_at),
            }
            if permitted(request, undo.changed_in(action.pk)) or (
                self.has_waive_permission(request)
                and bulk_allowances.given_in(action.pk, timezone.now()).in_force
            ):
                more["undo"] = undo_button(request, action.pk, request.get_full_path())
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def get_urls(self) -> list[Any]:
        view = require_POST(self.admin_site.admin_view(self.undo))
        return [path("undo/<uuid:context>/", view, name="ads_campaign_undo"), *super().get_urls()]

    def undo(self, request: HttpRequest, context: UUID) -> HttpResponse:
        """Undo what one action did; budgets and allowances are previewed first."""
        now = timezone.now()
        given = bulk_allowances.given_in(context, now)
        if given.in_force or given.over:
            return self._undo_allowances(request, given, now)
        every, labeled = undo.changed_in(context), _labeled(context)
        if not (every or labeled) and visible.brand_ids() is not None:
            raise Http404  # nothing of theirs was changed in it
        changed = permitted(request, every)
        relabel = [one for one in labeled if _may_change(request, one.model)]
        if not (changed or relabel) and (
            every or labeled or not self.has_switch_permission(request)
        ):
            raise PermissionDenied
        back = way_back(request, reverse("admin:ads_campaign_changelist"))
        left = [*_left(changed), *_left_labels(relabel)]
        with_labels = [_labels_of(one) for one in relabel if one.rows]
        if changed.fields & {*CAMPAIGN_BUDGETS} and DO not in request.POST:
            action = undo.PutBack(changed)
            ids, brands = action.ids(Campaign), action.ids(Brand)
            if ids or brands:
                campaigns = Campaign.objects.filter(
                    Q(pk__in=among(ids)) | Q(brand__in=among(brands))
                )
                preview = Preview(
                    preview_campaigns(campaigns, action.changes(), timezone.now()),
                    [*left, *(f"Restores {one}, too." for one in with_labels)],
                    preview_text.budgets(preview_budgets(action, campaigns, brands)),
                )
                page = {"title": PAGE.title, "yes": PAGE.yes, "page": PAGE}
                return self.preview_page(request, preview, request.path, back, {}, ids, page)
        done = undo.undo(changed, timezone.now())
        for one in relabel:
            labels.put_back(one)
        rows = [counted(len(done.brands), "brand")] if done.brands else []
        rows += [counted(done.changed)] if done.changed else []
        rows += with_labels
        if rows:
            what = PAGE.did.format(" and ".join(rows))
            report_outcome(request, what, done, changed=len(rows))
        elif not left:
            messages.info(request, "There is nothing to undo.")
        for text in left:
            messages.warning(request, text)
        return HttpResponseRedirect(back)

    def _undo_allowances(
        self, request: HttpRequest, given: bulk_allowances.Given, now: datetime
    ) -> HttpResponse:
        if not self.has_waive_permission(request):
            raise PermissionDenied
        back = way_back(request, reverse("admin:ads_campaign_changelist"))
        over = given.over[:NAMED] + (["…"] if given.over[NAMED:] else [])
        action = TakeBack(given.in_force, now)
        ids, brands = action.campaign_ids, action.brand_ids
        if given.in_force and DO not in request.POST:
            concerned = Q(pk__in=among(ids)) | Q(brand__in=among(brands))
            campaigns = Campaign.objects.filter(concerned)
            if brands:
                rows: Any = Brand.objects.filter(pk__in=among(brands))
            else:
                rows = campaigns.select_related("brand")
            preview = Preview(
                preview_campaigns(campaigns, action.changes(), now),
                over,
                preview_text.limits(preview_limits(action, rows, now)),
            )
            page = {"title": ALLOWANCES.title, "yes": ALLOWANCES.yes, "page": ALLOWANCES}
            return self.preview_page(request, preview, request.path, back, {}, ids, page)
        if given.in_force:
            done = carry_out(action, ids, now, brand_ids=brands)
            undone = [counted(len(done.brands), "brand")] if done.brands else []
            undone += [counted(done.changed)] if done.changed else []
            what = ALLOWANCES.did.format(" and ".join(undone)) if undone else "Nothing changed."
            report_outcome(request, what, done, changed=len(undone))
        for why in over:
            messages.warning(request, f"Not undone. {why}")
        return HttpResponseRedirect(back)


def permitted(request: HttpRequest, changed: undo.Changed) -> undo.Changed:
    """The part of it that this user may put back."""
    campaigns: Any = admin.site._registry[Campaign]
    brands: Any = admin.site._registry[Brand]
    may_switch = campaigns.has_switch_permission(request)
    return changed.only(
        campaigns=[
            *(["status"] if may_switch else []),
            *(undo.SETTINGS if campaigns.has_change_permission(request) else []),
        ],
        brands=[
            *(["is_active"] if may_switch else []),
            *(BUDGETS if brands.has_change_permission(request) else []),
        ],
    )


def _labeled(context: UUID) -> list[labels.Labeling]:
    models: tuple[type[Campaign], type[Brand]] = (Campaign, Brand)
    return [one for one in (labels.changed_in(model, context) for model in models) if one]


def _may_change(request: HttpRequest, model: type[Campaign] | type[Brand]) -> bool:
    pages: Any = admin.site._registry[model]
    return bool(pages.has_change_permission(request))


def _asked_for(request: HttpRequest) -> Any:
    """The audit's record of the action whose campaigns the list is to show; None: of none."""
    try:
        context = UUID(request.GET.get(PARAMETER, ""))
    except ValueError:
        return None
    return audit.context(context)


def _labels_of(one: labels.Labeling) -> str:
    """ "the labels of 3 campaigns"."""
    return f"the labels of {counted(len(one.rows), str(one.model._meta.verbose_name))}"


def _left_labels(relabel: Iterable[labels.Labeling]) -> list[str]:
    left = sum(one.left for one in relabel)
    return [f"{counted(left, 'label')} not put back, because changed again since."] if left else []


def _left(changed: undo.Changed) -> list[str]:
    left = undo.left_alone(changed)
    if not left:
        return []
    names = ", ".join(f"{one.row} ({_now(one)})" for one in left[:NAMED])
    count = len(Counter((type(one.row), one.row.pk) for one in left))
    more = " …" if len(left) > NAMED else ""
    return [f"{count:,} not put back, because changed again since: {names}{more}"]


def _now(left: undo.Left) -> str:
    """The value now, and who set it: "Active, by olivia"."""
    row: Any = left.row
    brand = row if isinstance(row, Brand) else row.brand
    if left.field in CAMPAIGN_BUDGETS:
        now = f"{left.field.replace('_', ' ')} {budget(getattr(row, left.field), brand.currency)}"
    elif left.field == "priority":
        now = f"priority {row.priority}"
    elif isinstance(row, Campaign):
        now = row.get_status_display()
    else:
        now = "on" if row.is_active else "off"
    return f"{now}, by {left.changed_by}"
