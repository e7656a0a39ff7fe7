"""The pages on which an unknown reference is matched to a campaign.

Before it is done they show what will be recorded, and what that would use up; afterwards, what
became of it.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.enums import ActionVariant

from ads.admin.elements import is_number
from ads.admin.references.discard import AT_ONCE, LIST, DiscardsReferences
from ads.admin.references.matching_forms import CampaignForm, NewCampaignForm, named
from ads.admin.references.matching_text import brand_names, days, facts, rows, settled, settled_many
from ads.models import Campaign, UnknownReference
from ads.rules.money import format_usd
from ads.services.errors import InvalidReference
from ads.services.references import registry, unmatched

OFFERED = 20


class MatchingPages(DiscardsReferences):
    """Matching needs the right to add references to campaigns."""

    actions_list = ["match_by_name"]
    actions_detail = ["match_campaign", "match_new", "discard"]

    def has_match_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return request.user.has_perm("ads.add_campaignreference")

    def has_match_new_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return self.has_match_permission(request) and request.user.has_perm("ads.add_campaign")

    def get_urls(self) -> list[Any]:
        candidates = self.admin_site.admin_view(self.candidates)
        name = "ads_unknownreference_candidates"
        return [path("<int:object_id>/candidates/", candidates, name=name), *super().get_urls()]

    def candidates(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What the search for a campaign, or a brand, of this reference offers."""
        if not (self.has_view_permission(request) and self.has_match_permission(request)):
            raise PermissionDenied
        unknown = self._unknown(request, object_id)
        term = request.GET.get("term", "")
        found: QuerySet[Any]
        if request.GET.get("of") == "brands":
            found = unmatched.brands(unknown).filter(name__icontains=term).order_by("name")
        else:
            found = unmatched.candidates(unknown).filter(
                Q(name__icontains=term) | Q(brand__name__icontains=term)
            )
            found = found.order_by("name", "brand__name")
        page: Any = Paginator(found, OFFERED).get_page(request.GET.get("page"))
        return JsonResponse(
            {
                "results": [{"id": str(row.pk), "text": named(row)} for row in page],
                "pagination": {"more": page.has_next()},
            }
        )

    @action(  # type: ignore[untyped-decorator]
        description="Match to a campaign",
        url_path="match",
        permissions=["view", "match"],
        variant=ActionVariant.PRIMARY,
    )
    def match_campaign(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Choose the campaign, see what would be recorded, then do it."""
        unknown = self._unknown(request, object_id)
        if request.method == "POST":
            form = CampaignForm(unknown, request.POST)
            if form.is_valid():
                campaign = form.cleaned_data["campaign"]
                try:
                    done = registry.match(unknown, campaign, now=timezone.now())
                except InvalidReference as error:
                    return self._refused(request, error)
                return self._matched(request, unknown, campaign, done)
        elif "campaign" in request.GET:
            form = CampaignForm(unknown, request.GET)
        else:
            form = CampaignForm(unknown, initial={"campaign": self._suggested(unknown)})
        campaign = form.cleaned_data["campaign"] if form.is_bound and form.is_valid() else None
        context: dict[str, Any] = {"title": f"Match {unknown}", "form": form, "campaign": campaign}
        if campaign:
            context["used_up"] = unmatched.used_up_by(unknown, campaign, timezone.now())
        return self._page(request, "ads/admin/match.html", unknown, context)

    @action(  # type: ignore[untyped-decorator]
        description="Match to a new campaign",
        url_path="match-new",
        permissions=["view", "match_new"],
    )
    def match_new(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make the campaign and match it."""
        unknown = self._unknown(request, object_id)
        form = NewCampaignForm(unknown, request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                campaign, done = unmatched.match_new(
                    unknown, **form.cleaned_data, now=timezone.now()
                )
            except ValidationError as error:
                _add(form, error)
            except InvalidReference as error:
                return self._refused(request, error)
            else:
                return self._matched(request, unknown, campaign, done)
        context = {"title": f"Match {unknown} to a new campaign", "form": form, "is_new": True}
        return self._page(request, "ads/admin/match.html", unknown, context)

    @action(  # type: ignore[untyped-decorator]
        description="Match by name",
        url_path="match-by-name",
        permissions=["view", "match"],
        icon="join_inner",
    )
    def match_by_name(self, request: HttpRequest) -> HttpResponse:
        """Show all that have the name of one campaign alone, then match those that are ticked."""
        waiting = unmatched.having(self.get_queryset(request).order_by("pk"), "waiting")
        if request.method == "POST":
            pairs = self._ticked(request)
            for level, text in settled_many(unmatched.match_each(pairs, now=timezone.now())):
                self.message_user(request, text, level)
            return HttpResponseRedirect(reverse(LIST))
        return self._by_name(request, list(waiting.exclude(name="")[:AT_ONCE]))

    @admin.action(description="Match by name", permissions=["match"])
    def match_selected(
        self, request: HttpRequest, queryset: QuerySet[UnknownReference]
    ) -> HttpResponse | None:
        """The same page for those that are selected."""
        chosen = self._chosen(request, queryset)
        return self._by_name(request, chosen) if chosen else None

    def _by_name(self, request: HttpRequest, unknown: list[UnknownReference]) -> HttpResponse:
        suggested = unmatched.suggestions(unknown)
        waits = unmatched.waits(list(suggested))
        pairs = [
            {
                "value": f"{one.pk}:{suggested[one.pk].pk}",
                "reference": str(one),
                "campaign": suggested[one.pk],
                "rows": f"{waits[one.pk].rows:,}",
                "usd": format_usd(waits[one.pk].amount),
                "days": days(waits[one.pk]),
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
            "back": reverse(LIST),
            "address": reverse("admin:ads_unknownreference_match_by_name"),
        }
        return TemplateResponse(request, "ads/admin/match_by_name.html", context)

    def _ticked(self, request: HttpRequest) -> list[tuple[UnknownReference, Campaign]]:
        """The pairs that were ticked, as far as both are still there."""
        ids = []
        for value in request.POST.getlist("pair")[:AT_ONCE]:
            unknown, _, campaign = value.partition(":")
            if is_number(unknown) and is_number(campaign):
                ids.append((int(unknown), int(campaign)))
        unknowns = self.get_queryset(request).in_bulk([unknown for unknown, _ in ids])
        campaigns = Campaign.objects.select_related("brand").in_bulk([pk for _, pk in ids])
        return [
            (unknowns[unknown], campaigns[campaign])
            for unknown, campaign in ids
            if unknown in unknowns and campaign in campaigns
        ]

    def _suggested(self, unknown: UnknownReference) -> Campaign | None:
        return unmatched.suggestions([unknown]).get(unknown.pk)

    def _page(
        self,
        request: HttpRequest,
        template: str,
        unknown: UnknownReference,
        context: dict[str, Any],
    ) -> HttpResponse:
        waits = unmatched.waits([unknown.pk])[unknown.pk]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": unknown,
            "media": context["form"].media,
            "facts": facts(unknown, waits, brand_names([unknown])),
            "rows": rows(waits.rows),
            "suggested": self._suggested(unknown),
            "may_make": self.has_match_new_permission(request),
            "back": reverse("admin:ads_unknownreference_change", args=[unknown.pk]),
            **context,
        }
        return TemplateResponse(request, template, context)

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


def _add(form: forms.Form, error: ValidationError) -> None:
    """The model's errors beside the fields they are about."""
    for message in error.messages:
        field, colon, text = message.partition(": ")
        if colon and field in form.fields:
            form.add_error(field, text[:1].upper() + text[1:])
        else:
            form.add_error(None, message)
