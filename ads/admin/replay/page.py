"""A brand's page "What if"."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from ads.admin.base import may_view, row_to_view
from ads.admin.elements import AdminMixin, counted
from ads.admin.replay.form import ReplayForm
from ads.holds import Hold
from ads.models import Brand, Campaign
from ads.rules.calendar import UnknownTimezone, format_instant, local_date
from ads.rules.money import format_money
from ads.services.replay import InvalidScenario, Replayed, replay

#: Rows of a table on the page; the command shows the same.
MOST: Final = 200

#: A page that takes longer than about ten seconds is pressed again.
MOST_CAMPAIGN_DAYS: Final = 10_000


class ReplayPage(AdminMixin[Brand]):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:object_id>/what-if/", view(self.what_if), name="ads_brand_what_if"),
            *super().get_urls(),
        ]

    def what_if(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """The form, and after it is sent what the replay came to. Changes nothing."""
        if not may_view(request, Campaign):
            raise Http404
        brand: Brand = row_to_view(self, request, object_id)
        now = timezone.now()
        back = reverse("admin:ads_brand_change", args=[brand.pk])
        try:
            today = local_date(now, brand.timezone)
        except UnknownTimezone as error:
            self.message_user(request, str(error), "ERROR")
            return HttpResponseRedirect(back)
        form = ReplayForm(brand, today, request.POST or None)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": f"What if: {brand.name}",
            "original": brand,
            "form": form,
            "media": self.media + form.media,
            **_result(form, brand, now),
        }
        return TemplateResponse(request, "ads/admin/what_if.html", context)


def _result(form: ReplayForm, brand: Brand, now: datetime) -> dict[str, Any]:
    if not form.is_bound or not form.is_valid():
        return {}
    try:
        found = replay(brand, form.scenario(), now, most=MOST_CAMPAIGN_DAYS)
    except InvalidScenario as error:
        form.refuse(error)
        return {}
    return {"summary": _summary(found), **_tables(found)}


def _summary(found: Replayed) -> list[str]:
    money = found.money
    difference = found.replayed - found.recorded
    said = [f"{money(found.replayed)} would have been spent, "]
    if difference:
        more = "more" if difference > 0 else "less"
        said[0] += f"{money(abs(difference))} {more} than on record."
    else:
        said[0] += "as much as on record."
    if found.estimated:
        said.append(
            f"{money(found.estimated)} of it is an estimate: the campaigns were "
            "off at those times, and would have gone on spending as in the hours in which they ran."
        )
    over = sum((one.over for one in found.campaigns), Decimal(0))
    said.append(
        f"{counted(len(found.stops), 'stop')}. Daily budgets of campaigns would have been "
        f"overspent by {money(over)}, "
        f"the brand's by {money(found.over)}."
    )
    left = sum((one.unspent for one in found.campaigns), Decimal(0))
    if left or found.unspent:
        said.append(
            "On the days on which campaigns would have stopped early, "
            f"{money(left)} of their daily budgets would have been left unspent, "
            f"and {money(found.unspent)} of the brand's."
        )
    return said


def _tables(found: Replayed) -> dict[str, Any]:
    brand, money = found.brand, found.money
    changed = sorted(
        found.campaigns, key=lambda one: (-abs(one.replayed - one.recorded), one.campaign.name)
    )
    return {
        "campaigns": [
            {
                "campaign": one.campaign,
                "recorded": format_money(one.recorded, brand.currency),
                "replayed": money(one.replayed),
                "estimated": money(one.estimated) if one.estimated else "",
                "over": money(one.over) if one.over else "",
                "stops": one.stops,
            }
            for one in changed[:MOST]
        ],
        "more_campaigns": max(len(changed) - MOST, 0),
        "stops": [
            {
                "campaign": stop.campaign,
                "at": format_instant(stop.at, brand.timezone),
                "until": format_instant(stop.until, brand.timezone) if stop.until else "",
                "why": ", ".join(str(Hold(code).label) for code in stop.holds),
            }
            for stop in found.stops[:MOST]
        ],
        "more_stops": max(len(found.stops) - MOST, 0),
        "days": [
            (day, format_money(recorded, brand.currency), money(replayed))
            for day, recorded, replayed in found.days
        ],
    }
