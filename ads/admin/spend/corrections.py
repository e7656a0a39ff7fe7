"""The pages on which an entry, or a campaign's day, is corrected.

They preview the totals and the campaigns that start or stop; only what was previewed is recorded.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action

from ads.admin.base import ExportsCsv
from ads.admin.elements import AdminMixin, actor_name, counted, is_number, the_row
from ads.admin.spend.correction_forms import CorrectionForm
from ads.models import Brand, Campaign, Spend
from ads.models.spend import Period
from ads.rules.calendar import format_instant
from ads.rules.money import format_money, plain
from ads.services import visible
from ads.services.errors import InvalidSpend, SpendConflict
from ads.services.ledger import (
    Corrected,
    CorrectedMeanwhile,
    Correction,
    CorrectionPreview,
    Sum,
    corrections,
)

#: Of the campaigns that start or stop, so many are named.
NAMED = 5


def may_correct(request: HttpRequest) -> bool:
    return request.user.has_perm("ads.correct_spend")


class CorrectsSpend(AdminMixin[Any]):
    actions_list = [*ExportsCsv.actions_list, "new_correction"]
    actions_detail = ["correct"]
    change_form_after_template = "ads/admin/spend_entry.html"

    def has_correct_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return may_correct(request)

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)
        return [*columns, "correction_link"] if may_correct(request) else columns

    @admin.display(description="correction")
    def correction_link(self, entry: Spend) -> SafeString:
        """For people with the permission to correct it."""
        address = reverse("admin:ads_spend_correct", args=[entry.pk])
        return format_html('<a class="ads-link ads-nowrap" href="{}">Correct</a>', address)

    @action(
        description="New correction", url_path="new-correction", permissions=["view", "correct"]
    )
    def new_correction(self, request: HttpRequest) -> HttpResponse:
        """Correct a campaign's day; ``campaign`` in the address is preselected."""
        chosen = request.GET.get("campaign", "")
        campaign = None
        if is_number(chosen):
            campaigns = visible.rows(Campaign.objects.select_related("brand"))
            campaign = campaigns.filter(pk=int(chosen)).first()
        return self._correct(request, None, {"campaign": campaign})

    @action(description="Correct", url_path="correct", permissions=["view", "correct"])
    def correct(self, request: HttpRequest, object_id: str) -> HttpResponse:
        rows = visible.rows(Spend.objects.select_related("campaign__brand"))
        entry = rows.filter(pk=int(object_id)).first() if is_number(object_id) else None
        if entry is None:
            raise Http404
        left = _comes_to(entry, corrections.of_entry(entry))
        return self._correct(request, entry, {"amount": -left or None})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if entry := context.get("original"):
            made = corrections.of_entry(entry)
            zone, currency = entry.campaign.brand.timezone, entry.campaign.brand.currency
            if entry.kind == Spend.Kind.CORRECTION:
                context["recorded_by"] = _recorder(entry)
            context["corrections"] = [
                {
                    "entry": one,
                    "amount": format_money(one.amount, currency),
                    "by": _recorder(one),
                    "at": format_instant(one.created_at, zone),
                }
                for one in made
            ]
            context["comes_to"] = format_money(_comes_to(entry, made), currency)
            context["corrects"] = corrections.corrected_entry(entry)
        return super().render_change_form(request, context, *args, **kwargs)

    def _correct(
        self, request: HttpRequest, entry: Spend | None, initial: dict[str, Any]
    ) -> HttpResponse:
        form = CorrectionForm(entry, request.POST or None, initial=initial)
        now = timezone.now()
        correction = form.correction
        if correction and form.is_bound and form.is_valid() and "record" in request.POST:
            if request.POST.get("shown") == _shown(correction):
                seen = request.POST.get("seen", "")
                try:
                    done = corrections.record(
                        correction,
                        external_id=f"form-{form.token}",
                        seen=int(seen) if is_number(seen) else 0,
                        now=now,
                    )
                except (InvalidSpend, SpendConflict, CorrectedMeanwhile) as error:
                    _add(form, error)
                else:
                    return self._recorded(request, correction, done)
            else:
                form.add_error(None, "Nothing was recorded: the preview has changed.")
        made = corrections.of_entry(entry) if entry else []
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": f"Correct entry {entry.pk}" if entry else "New correction",
            "original": entry,
            "form": form,
            "media": self.media + form.media + Media(css={"all": ["ads/spend.css"]}),
            "entry": _facts(entry) if entry else [],
            "corrections": made,
            "seen": len(made),
            "shown": _shown(correction) if correction else "",
            "effect": _context(corrections.preview(correction, now)) if correction else None,
            "back": _address(entry.pk) if entry else reverse("admin:ads_spend_changelist"),
        }
        return TemplateResponse(request, "ads/admin/correction.html", context)

    def _recorded(
        self, request: HttpRequest, correction: Correction, done: Corrected
    ) -> HttpResponse:
        name = correction.campaign.name
        amount = format_money(correction.amount, correction.campaign.brand.currency)
        if done.outcome == "duplicate":
            text = "This correction had already been recorded; it was not recorded again."
            self.message_user(request, text, messages.WARNING)
        else:
            text = f"Recorded: {amount} for {name} on {correction.day}. {_switched(done)}"
            self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(_address(done.entry_id))


class CorrectsCampaign(AdminMixin[Any]):
    actions_detail = ["new_correction"]

    def has_correct_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return may_correct(request) and request.user.has_perm("ads.view_spend")

    @action(description="Correct spend", url_path="new-correction", permissions=["view", "correct"])
    def new_correction(self, request: HttpRequest, object_id: str) -> HttpResponse:
        campaign = the_row(self, request, object_id)
        address = reverse("admin:ads_spend_new_correction")
        return HttpResponseRedirect(f"{address}?campaign={campaign.pk}")


def _comes_to(entry: Spend, made: Iterable[Spend]) -> Decimal:
    total: Decimal = sum((one.amount for one in made), start=entry.amount)
    return total


def _address(pk: int) -> str:
    return reverse("admin:ads_spend_change", args=[pk])


def _shown(correction: Correction) -> str:
    """Identifies the correction that a page previews."""
    return f"{correction.campaign.pk} {correction.day} {plain(correction.amount)}"


def _add(form: CorrectionForm, error: Exception) -> None:
    names = {"description": "reason"}
    if isinstance(error, InvalidSpend) and (names.get(error.field, error.field) in form.fields):
        text = f"{error.reason[:1].upper()}{error.reason[1:]}"
        form.add_error(names.get(error.field, error.field), text)
    else:
        form.add_error(None, str(error))


def _facts(entry: Spend) -> list[dict[str, str]]:
    return [
        {"label": "Campaign", "text": f"{entry.campaign.name} of {entry.campaign.brand.name}"},
        {"label": "Accounting day", "text": str(entry.date)},
        {"label": "Amount", "text": format_money(entry.amount, entry.campaign.brand.currency)},
        {"label": "Source", "text": entry.source},
        {"label": "Description", "text": entry.description or "–"},
    ]


def _context(effect: CorrectionPreview) -> dict[str, Any]:
    outcome = effect.outcome
    return {
        "sums": [_row(one) for one in effect.sums],
        "starts": _names(outcome.starts),
        "stops": _names(outcome.stops),
    }


def _row(one: Sum) -> dict[str, str]:
    whose = f"All of {one.owner.name}" if isinstance(one.owner, Brand) else one.owner.name
    when = f"{one.start}" if one.period == Period.DAY else f"{one.start:%B %Y}"
    against = ""
    currency = (one.owner if isinstance(one.owner, Brand) else one.owner.brand).currency
    if one.budget is not None:
        against = f"of {format_money(one.budget + one.waived, currency)}"
        if one.waived:
            against += (
                f": {format_money(one.budget, currency)} budget + "
                f"{format_money(one.waived, currency)} allowed"
            )
    return {
        "whose": whose,
        "when": when,
        "before": format_money(one.before, currency),
        "after": format_money(one.after, currency),
        "against": against,
    }


def _names(kind: Any) -> str:
    """The first campaigns, and how many more there are; "" for none."""
    if not kind:
        return ""
    named = ", ".join(campaign.name for campaign in kind.first[:NAMED])
    more = kind.count - min(NAMED, len(kind.first))
    return f"{named} and {more} more" if more else named


def _switched(done: Corrected) -> str:
    words = []
    for count, what in ((done.enforced.started, "started"), (done.enforced.stopped, "stopped")):
        if count:
            words.append(f"{counted(count)} {what}")
    return f"{' and '.join(words)}." if words else "No campaign started or stopped."


def _recorder(correction: Spend) -> str:
    return actor_name(corrections.recorder(correction.recorded_by, correction.source))
