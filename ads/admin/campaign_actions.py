"""What is done to selected campaigns: activate, pause, let run on today."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import HttpRequest

from ads.models import Campaign
from ads.services import BudgetService, CampaignService

logger = logging.getLogger(__name__)

#: Each campaign is one transaction; many thousands would outlast the request.
AT_ONCE = 500
#: Reasons named in a message.
NAMED = 3

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Campaign]
else:
    _Admin = object


@dataclass(slots=True)
class Done:
    """What became of the campaigns of one action."""

    yes: list[Campaign] = field(default_factory=list)
    no: list[Campaign] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def each(campaigns: Iterable[Campaign], act: Callable[[Campaign], bool]) -> Done:
    """Do it to every campaign; one that fails does not keep the others from it."""
    done = Done()
    for campaign in campaigns:
        try:
            (done.yes if act(campaign) else done.no).append(campaign)
        except (ValueError, DatabaseError) as error:
            logger.exception("The action failed on campaign %s; the others go on.", campaign.pk)
            done.failed.append(f"{campaign}: {error}")
    return done


def reasons(campaigns: list[Campaign]) -> str:
    """Why the first few do not deliver: "Spring – Daily budget used up: $5.00 of $5.00."."""
    named = []
    for campaign in campaigns[:NAMED]:
        _, sentences = CampaignService.should_campaign_be_active(campaign)
        why = "; ".join(sentences) or "with the next check it delivers"
        named.append(f"{campaign} – {why}.")
    more = len(campaigns) - NAMED
    return " ".join(named) + (f" And {more} more." if more > 0 else "")


class CampaignActions(_Admin):
    """The actions on campaigns; for those who may change them, and for operators."""

    actions = ["activate", "pause", "reset_daily_spend"]

    def has_switch_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) or request.user.has_perm("ads.switch_campaign")

    def has_waive_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) or request.user.has_perm("ads.waive_spend")

    @admin.action(description="Activate", permissions=["switch"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        """Set the status to active."""
        done = self._each(request, queryset, CampaignService.activate)
        self._say(request, done.yes, "now deliver", "now delivers")
        self._say_why(request, done.no)

    @admin.action(description="Pause", permissions=["switch"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        """Set the status to paused."""
        done = self._each(request, queryset, CampaignService.pause)
        self._say(request, done.yes, "are paused", "is paused")
        if done.no:
            names = ", ".join(f"{campaign} ({campaign.state})" for campaign in done.no[:NAMED])
            self.message_user(
                request,
                f"{len(done.no)} left as they were: only drafts and active campaigns can be "
                f"paused. {names}{' …' if len(done.no) > NAMED else ''}",
                messages.WARNING,
            )

    @admin.action(description="Reset daily spend (let run on today)", permissions=["waive"])
    def reset_daily_spend(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        """Waive what was spent today; reports still show it."""
        done = self._each(request, queryset, BudgetService.reset_daily_spend)
        for campaign in done.yes:
            campaign.refresh_from_db(fields=["status", "is_active"])
        delivering = [campaign for campaign in done.yes if campaign.is_active]
        self._say(
            request,
            delivering,
            "start today from zero and deliver",
            "starts today from zero and delivers",
        )
        self._say_why(request, [campaign for campaign in done.yes if not campaign.is_active])
        self._say(
            request, done.no, "had spent nothing today", "had spent nothing today", messages.INFO
        )

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Campaign],
        act: Callable[[Campaign], bool],
    ) -> Done:
        campaigns = list(queryset.select_related("brand").order_by("pk")[: AT_ONCE + 1])
        if len(campaigns) > AT_ONCE:
            self.message_user(
                request,
                f"Nothing was done: choose at most {AT_ONCE} campaigns at a time.",
                messages.ERROR,
            )
            return Done()
        done = each(campaigns, act)
        if done.failed:
            self.message_user(
                request,
                f"{len(done.failed)} failed: {' '.join(done.failed[:NAMED])}",
                messages.ERROR,
            )
        return done

    def _say(
        self,
        request: HttpRequest,
        campaigns: list[Campaign],
        many: str,
        one: str,
        level: int = messages.SUCCESS,
    ) -> None:
        if len(campaigns) == 1:
            self.message_user(request, f"{campaigns[0]} {one}.", level)
        elif campaigns:
            self.message_user(request, f"{len(campaigns)} campaigns {many}.", level)

    def _say_why(self, request: HttpRequest, held: list[Campaign]) -> None:
        if held:
            stays = "stays off" if len(held) == 1 else "stay off"
            self.message_user(request, f"{len(held)} {stays}: {reasons(held)}", messages.WARNING)
