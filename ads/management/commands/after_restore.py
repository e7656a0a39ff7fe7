"""``manage.py after_restore``: what a restored database is missing, and letting campaigns start."""

from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.terminal import SHOWN, Screen, acting, count, instant
from ads.models import Campaign
from ads.rules.calendar import InvalidDate, parse_instant
from ads.services import restored
from ads.services.delivery import preview_switches
from ads.services.ledger import latest_of_sources


class Command(PreparedCommand):
    help = (
        "After a restore nothing is started, because spend since the backup is missing. Shows how "
        "old each source's spend is and what would start; --resume lets it start."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        either = parser.add_mutually_exclusive_group()
        either.add_argument("--resume", action="store_true", help="let campaigns start again")
        either.add_argument(
            "--hold",
            metavar="INSTANT",
            help="the database was restored by other means (a base backup, a replica), as of this "
            "instant, such as 2026-11-28T14:00:00+00:00: start nothing until --resume",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        screen, now = Screen(self.stdout, no_color=options["no_color"]), timezone.now()
        with acting("after_restore"):
            if options["hold"]:
                held = restored.hold(_instant(options["hold"], now), now)
                screen.line(f"{held}: nothing is started until after_restore --resume.")
            elif options["resume"]:
                if not restored.resume(now):
                    raise CommandError("Nothing is held back: there is nothing to resume.")
                screen.line("Campaigns start at the next check, or now with check_budgets.")
            else:
                _show(screen, now)


def _show(screen: Screen, now: datetime) -> None:
    held = restored.held()
    if held is None:
        screen.line("Nothing is held back.")
        return
    screen.line(f"{held} ({instant(held.restored_at)}, {held.restored_by}). Nothing is started.")
    screen.table(
        ["source", "latest day", "recorded"],
        ((source, day, instant(at)) for source, day, at in latest_of_sources()),
    )
    switches = preview_switches(Campaign.objects.all(), now, may_start=True)
    starts = [each for each in switches if each.is_active]
    campaigns = Campaign.objects.select_related("brand").in_bulk(
        [each.campaign_id for each in starts[:SHOWN]]
    )
    screen.line(
        f"{count(len(starts), 'campaign')} would start with --resume{':' if starts else '.'}"
    )
    if starts:
        screen.table(
            ["brand", "campaign"],
            ((campaign.brand.name, campaign.name) for campaign in campaigns.values()),
        )
    if len(starts) > SHOWN:
        screen.line(f"… and {len(starts) - SHOWN:,} more.")
    screen.line("Send what is missing first, then run after_restore --resume.")


def _instant(text: str, now: datetime) -> datetime:
    try:
        at = parse_instant(text)
    except InvalidDate as error:
        raise CommandError(f"--hold: {error}") from error
    if at > now:
        raise CommandError(f"--hold: {instant(at)} is in the future; give when the backup is of.")
    return at
