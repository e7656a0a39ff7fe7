"""The pages on which unmatched campaigns are matched, or their waiting spend is discarded.

Before matching, they show what will be recorded and which budgets that would use up; afterwards,
the result.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.enums import ActionVariant

from ads.admin.elements import AdminMixin, is_number, the_row, with_words
from ads.admin.references.forms import (
    CampaignForm,
    DiscardForm,
    NewCampaignForm,
    OverlapForm,
    named,
)
from ads.admin.references.text import (
    brand_names,
    days,
    facts,
    on_record,
    overlaps,
    rows,
    settled,
    settled_many,
    started,
    taken,
)
from ads.models import Campaign, UnknownReference
from ads.rules.money import format_sums, sums_by_currency
from ads.services import visible
from ads.services.errors import InvalidReference
from ads.services.ledger import OnOverlap
from ads.services.references import registry, takes, unmatched

#: References that are matched by name, or discarded, at a time.
AT_ONCE = 500
#: Campaigns or brands offered on a page of a search.
OFFERED = 20
LIST = "admin:ads_unknownreference_changelist"


class MatchingPages(AdminMixin[UnknownReference]):
    """Matching requires the permission to add platform IDs; discarding, to change references."""

    actions_list = ["match_by_name"]
    actions_detail = ["match_campaign", "match_new", "discard"]

    def has_match_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return request.user.has_perm("ads.add_campaignreference")

    def has_match_new_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return self.has_match_permission(request) and request.user.has_perm("ads.add_campaign")

    def has_discard_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return request.user.has_perm("ads.change_unknownreference")

    def get_urls(self) -> list[Any]:
        candidates = self.admin_site.admin_view(self.candidates)
        name = "ads_unknownreference_candidates"
        return [path("<int:object_id>/candidates/", candidates, name=name), *super().get_urls()]

    def candidates(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The results of a search for a campaign, or a brand, of this reference."""
        if not (self.has_view_permission(request) and self.has_match_permission(request)):
            raise PermissionDenied
        unknown = self._unknown(request, object_id)
        words = request.GET.get("term", "").split()
        found: QuerySet[Any]
        if request.GET.get("of") == "brands":
            found = unmatched.brands(unknown).filter(with_words(words, "name")).order_by("name")
        else:
            found = unmatched.candidates(unknown).filter(with_words(words, "name", "brand__name"))
            found = found.order_by("name", "brand__name")
        page: Any = Paginator(found, OFFERED).get_page(request.GET.get("page"))
        return JsonResponse(
            {
                "results": [{"id": str(row.pk), "text": named(row)} for row in page],
                "pagination": {"more": page.has_next()},
            }
        )

    @action(
        description="Match to a campaign",
        url_path="match",
        permissions=["view", "match"],
        variant=ActionVariant.PRIMARY,
    )
    def match_campaign(self, request: HttpRequest, object_id: str) -> HttpResponse:
        unknown = self._unknown(request, object_id)
        if request.method == "POST":
            form = CampaignForm(unknown, request.POST)
        elif "campaign" in request.GET:
            form = CampaignForm(unknown, request.GET)
        else:
            suggested = unmatched.suggestions([unknown]).get(unknown.pk)
            form = CampaignForm(unknown, initial={"campaign": suggested})
        campaign = form.cleaned_data["campaign"] if form.is_bound and form.is_valid() else None
        context: dict[str, Any] = {"title": f"Match {unknown}", "form": form, "campaign": campaign}
        if campaign:
            context["other_days"] = unmatched.of_other_days(unknown, campaign)
            overlap = unmatched.overlaps([(unknown, campaign)]).get(unknown.pk)
            choice = OverlapForm(request.POST if request.method == "POST" else None)
            if request.method == "POST" and (overlap is None or choice.is_valid()):
                on_overlap = choice.cleaned_data["on_overlap"] if overlap else None
                try:
                    done = registry.match(
                        unknown, campaign, now=timezone.now(), on_overlap=on_overlap
                    )
                except InvalidReference as error:
                    return self._refused(request, error)
                return self._matched(request, unknown, campaign, done)
            context["used_up"] = unmatched.used_up_by(unknown, campaign, timezone.now())
            context["on_record"] = on_record(unmatched.on_record(unknown, campaign))
            context |= self._loses(unknown, campaign, overlap)
            if overlap:
                context |= {"overlap": overlaps(overlap), "choice": choice}
        return self._page(request, unknown, context)

    @action(
        description="Match to a new campaign",
        url_path="match-new",
        permissions=["view", "match_new"],
    )
    def match_new(self, request: HttpRequest, object_id: str) -> HttpResponse:
        unknown = self._unknown(request, object_id)
        form = NewCampaignForm(unknown, request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                campaign, done = unmatched.match_new(
                    unknown, **form.cleaned_data, now=timezone.now()
                )
            except ValidationError as error:
                form.add_errors(error)
            except InvalidReference as error:
                return self._refused(request, error)
            else:
                return self._matched(request, unknown, campaign, done)
        context = {"title": f"Match {unknown} to a new campaign", "form": form, "is_new": True}
        return self._page(request, unknown, context | self._loses(unknown))

    def _loses(
        self,
        unknown: UnknownReference,
        campaign: Campaign | None = None,
        overlap: unmatched.Overlaps | None = None,
    ) -> dict[str, Any]:
        lost = takes([(unknown, campaign)], now=timezone.now())
        return {"taken": taken(lost, unknown, overlap=overlap), "started": started(lost)}

    @action(
        description="Match by name",
        url_path="match-by-name",
        permissions=["view", "match"],
        icon="join_inner",
    )
    def match_by_name(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            pairs = self._selected(request)
            for level, text in settled_many(unmatched.match_each(pairs, now=timezone.now())):
                self.message_user(request, text, level)
            return HttpResponseRedirect(reverse(LIST))
        waiting = unmatched.having(self.get_queryset(request).order_by("pk"), "waiting")
        return self._by_name(request, list(waiting.exclude(name="")[:AT_ONCE]))

    @admin.action(description="Match by name", permissions=["match"])
    def match_selected(
        self, request: HttpRequest, queryset: QuerySet[UnknownReference]
    ) -> HttpResponse | None:
        chosen = self._chosen(request, queryset)
        return self._by_name(request, chosen) if chosen else None

    def _by_name(self, request: HttpRequest, unknown: list[UnknownReference]) -> HttpResponse:
        suggested = unmatched.suggestions(unknown)
        waits = unmatched.waits(list(suggested))
        matches = [(one, suggested[one.pk]) for one in unknown if one.pk in suggested]
        overlapping = unmatched.overlaps(matches)
        lost = takes(matches, now=timezone.now())
        pairs = [
            {
                "unknown": one.pk,
                "value": f"{one.pk}:{suggested[one.pk].pk}",
                "reference": str(one),
                "campaign": suggested[one.pk],
                "rows": f"{waits[one.pk].rows:,}",
                "amount": format_sums(waits[one.pk].sums),
                "days": days(waits[one.pk], suggested[one.pk]),
                "overlap": overlaps(overlapping[one.pk]) if one.pk in overlapping else "",
                "taken": taken(lost, one, overlap=overlapping.get(one.pk)),
            }
            for one in unknown
            if one.pk in suggested and waits[one.pk].rows
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": "Match by name",
            "pairs": pairs,
            "left": len(unknown) - len(pairs),
            "choices": OnOverlap.choices if overlapping else (),
            "started": started(lost),
            "back": reverse(LIST),
            "address": reverse("admin:ads_unknownreference_match_by_name"),
        }
        return TemplateResponse(request, "ads/admin/match_by_name.html", context)

    def _selected(
        self, request: HttpRequest
    ) -> list[tuple[UnknownReference, Campaign, OnOverlap | None]]:
        """The selected pairs of which both still exist, each with the choice about its overlap."""
        ids = []
        for value in request.POST.getlist("pair")[:AT_ONCE]:
            unknown, _, campaign = value.partition(":")
            if is_number(unknown) and is_number(campaign):
                ids.append((int(unknown), int(campaign)))
        unknowns = self.get_queryset(request).in_bulk([unknown for unknown, _ in ids])
        possible = visible.rows(Campaign.objects.select_related("brand"))
        campaigns = possible.in_bulk([pk for _, pk in ids])
        return [
            (unknowns[unknown], campaigns[campaign], self._choice(request, unknown))
            for unknown, campaign in ids
            if unknown in unknowns and campaign in campaigns
        ]

    def _choice(self, request: HttpRequest, unknown_id: int) -> OnOverlap | None:
        chosen = request.POST.get(f"on_overlap-{unknown_id}", "")
        return OnOverlap(chosen) if chosen in OnOverlap else None

    def _page(
        self, request: HttpRequest, unknown: UnknownReference, context: dict[str, Any]
    ) -> HttpResponse:
        waits = unmatched.waits([unknown.pk])[unknown.pk]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": unknown,
            "media": context["form"].media,
            "facts": facts(unknown, waits, brand_names([unknown]), context.get("campaign")),
            "rows": rows(waits.rows),
            "suggested": unmatched.suggestions([unknown]).get(unknown.pk),
            "may_make": self.has_match_new_permission(request),
            "back": reverse("admin:ads_unknownreference_change", args=[unknown.pk]),
            **context,
        }
        return TemplateResponse(request, "ads/admin/match.html", context)

    def _matched(
        self, request: HttpRequest, unknown: UnknownReference, campaign: Campaign, done: Any
    ) -> HttpResponse:
        still = unmatched.waits([unknown.pk])[unknown.pk]
        level, text = settled(unknown, campaign, done, still)
        self.message_user(request, text, level)
        if done.refused:
            address = reverse("admin:ads_unknownreference_change", args=[unknown.pk])
        else:
            address = reverse(LIST)
        return HttpResponseRedirect(address)

    def _refused(self, request: HttpRequest, error: InvalidReference) -> HttpResponse:
        self.message_user(request, f"Nothing was matched. {error}", messages.ERROR)
        return HttpResponseRedirect(reverse(LIST))

    @action(
        description="Discard",
        url_path="discard",
        permissions=["view", "discard"],
        variant=ActionVariant.DANGER,
    )
    def discard(self, request: HttpRequest, object_id: str) -> HttpResponse:
        unknown = self._unknown(request, object_id)
        back = reverse("admin:ads_unknownreference_change", args=[unknown.pk])
        return self._discard(request, [unknown], back) or HttpResponseRedirect(reverse(LIST))

    @admin.action(description="Discard", permissions=["discard"])
    def discard_selected(
        self, request: HttpRequest, queryset: QuerySet[UnknownReference]
    ) -> HttpResponse | None:
        chosen = self._chosen(request, queryset)
        return self._discard(request, chosen, reverse(LIST)) if chosen else None

    def _discard(
        self, request: HttpRequest, unknown: list[UnknownReference], back: str
    ) -> HttpResponse | None:
        form = DiscardForm(request.POST if "because" in request.POST else None)
        if form.is_valid():
            because = form.cleaned_data["because"]
            discarded = unmatched.discard_each(unknown, because=because, now=timezone.now())
            self.message_user(request, f"{rows(discarded)} discarded.", messages.SUCCESS)
            return None
        waits = unmatched.waits([one.pk for one in unknown]).values()
        amount = format_sums(sums_by_currency(pair for each in waits for pair in each.sums.items()))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": "Discard",
            "text": f"{rows(sum(each.rows for each in waits))} ({amount} in all) will never be "
            "recorded. Later spend under the same platform ID waits again.",
            "rows": unknown,
            "form": form,
            "yes": "Discard",
            "back": back,
            "hidden": [
                ("action", "discard_selected"),
                *((ACTION_CHECKBOX_NAME, one.pk) for one in unknown),
            ],
        }
        return TemplateResponse(request, "ads/admin/confirm.html", context)

    def _chosen(
        self, request: HttpRequest, queryset: QuerySet[UnknownReference]
    ) -> list[UnknownReference]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        chosen = list(queryset.order_by("pk")[: AT_ONCE + 1])
        if len(chosen) > AT_ONCE:
            text = f"Nothing was done: select at most {AT_ONCE} unmatched campaigns at a time."
            self.message_user(request, text, messages.ERROR)
            return []
        return chosen

    def _unknown(self, request: HttpRequest, object_id: str | int) -> UnknownReference:
        return the_row(self, request, str(object_id))
