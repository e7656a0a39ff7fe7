"""``manage.py explain``: why a campaign runs or not, until when, its figures and history."""

from datetime import datetime
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.terminal import Screen, called, campaign_named, instant
from ads.models import Campaign
from ads.rules.calendar import UnknownTimezone
from ads.rules.money import format_money
from ads.services import restored
from ads.services.explain import conditions, explanation
from ads.services.history import switched_by, timeline
from ads.services.ledger import summaries
from ads.services.operations import say_clock

#: Newest entries of the history shown.
CHANGES: Final = 20


class Command(PreparedCommand):
    help = "Says why a campaign runs or not, until when, and what it has spent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("campaign", help="its name, Brand/Name, or id")

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        say_clock()
        now = timezone.now()
        campaign = campaign_named(options["campaign"])
        try:
            explained = explanation.explain(campaign, now)
        except UnknownTimezone as error:
            raise CommandError(f"Brand {campaign.brand.name}: {error}") from error
        _show_state(screen, campaign, explained)
        _show_figures(screen, campaign, now)
        _show_history(screen, campaign)


def _show_state(screen: Screen, campaign: Campaign, explained: explanation.Explanation) -> None:
    zone = campaign.brand.timezone
    screen.line(called(campaign), "bold")
    state = explained.state
    if (kind := explained.campaign.state) not in state:
        state += f" ({kind[:1].lower()}{kind[1:]})"
    delivers = "delivers" if explained.campaign.is_active else "does not deliver"
    screen.line(f"State: {state}. It {delivers}.")
    if campaign.is_active != explained.delivers:
        will = "start" if explained.delivers else "stop"
        when = "at the next check" if campaign.is_active else restored.when_it_starts()
        screen.line(f"It will {will} {when}.", "yellow")
    screen.table(
        ["hold", "applies", "why", "until"],
        (
            (
                one.hold.label,
                "yes" if one.applies else "no",
                one.sentence,
                instant(one.until, zone) if one.until else "someone acts" if one.applies else "",
            )
            for one in conditions.of(explained)
        ),
    )
    if explained.holds:
        expected = instant(explained.returns_at, zone) if explained.returns_at else "none scheduled"
        screen.line(f"Expected return: {expected}")
    else:
        screen.line("Nothing is stopping it.")


def _show_figures(screen: Screen, campaign: Campaign, now: datetime) -> None:
    rows = []
    for owner, summary in (
        ("campaign", summaries.of_campaign(campaign, now)),
        ("brand", summaries.of_brand(campaign.brand, now)),
    ):
        for period in ("daily", "monthly"):
            figures: Any = summary
            shown = [
                "no limit" if amount is None else format_money(amount, figures["currency"])
                for amount in (
                    figures[f"{period}_{name}"]
                    for name in ("spend", "budget", "waived", "remaining")
                )
            ]
            rows.append(
                (
                    owner,
                    "today" if period == "daily" else "this month",
                    *shown,
                )
            )
    screen.line()
    screen.table(
        ["whose", "when", "spent", "budget", "allowed", "remaining"],
        rows,
        right=["spent", "budget", "allowed", "remaining"],
    )


def _show_history(screen: Screen, campaign: Campaign) -> None:
    screen.line()
    screen.table(
        ["when", "what", "why", "by"],
        (
            (
                instant(one.at, campaign.brand.timezone),
                one.title,
                "; ".join([*one.reasons, *map(str, one.changes)]),
                switched_by(one.actor, one.trigger),
            )
            for one in timeline.of(campaign, limit=CHANGES).happenings
        ),
    )
