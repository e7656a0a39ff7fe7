"""``manage.py check_budgets``: one enforcement of every campaign."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.terminal import SHOWN, Screen, acting, count, say_held
from ads.models import Campaign
from ads.services.delivery import Enforced, Trigger, check
from ads.services.explain import switches


class Command(PreparedCommand):
    help = "Switches campaigns on and off by budgets, flights and hours, and says why."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="preview only; change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        dry_run: bool = options["dry_run"]
        now = timezone.now()
        campaigns = Campaign.objects.all()
        enforced = Enforced()
        with acting("check_budgets"):
            if dry_run:
                changes = switches.preview(campaigns, now, limit=SHOWN)
            else:
                enforced = check(now, everything=True)
                changes = switches.made(now, [Trigger.CHECK_CAMPAIGN_BUDGETS], limit=SHOWN)
        say_held(screen)
        show_switches(screen, changes)
        would = "would be " if dry_run else ""
        screen.line(
            f"{count(campaigns.count(), 'campaign')} checked: {changes.started:,} {would}started, "
            f"{changes.stopped:,} {would}paused."
        )
        if dry_run:
            screen.line("Preview: nothing was changed.")
        if enforced.failed:
            raise CommandError(
                f"{count(len(enforced.failed), 'campaign')} could not be switched "
                f"({', '.join(map(str, enforced.failed[:10]))}); see the log. The others were."
            )


def show_switches(screen: Screen, changes: switches.Switches) -> None:
    """A table of the switched campaigns and why; nothing if there are none."""
    if not changes.shown:
        return
    screen.table(
        ["campaign", "brand", "from → to", "why"],
        (
            (
                switch.campaign.name,
                switch.campaign.brand.name,
                "paused → delivers" if switch.is_active else "delivers → paused",
                " ".join(switch.reasons) or "Nothing is stopping it any more.",
            )
            for switch in changes.shown
        ),
    )
    if changes.count > len(changes.shown):
        screen.line(f"… and {changes.count - len(changes.shown):,} more.")
