"""``manage.py verify_totals``: compare the totals with the ledger."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.terminal import SHOWN, Screen, acting, count
from ads.models import Brand, Campaign
from ads.rules.money import format_money
from ads.services.ledger import verification


class Command(PreparedCommand):
    help = "Compares the totals with the ledger; exits with 1 when they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--fix", action="store_true", help="correct the totals that differ, and enforce"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        with acting("verify_totals"):
            found = verification.verify(fix=options["fix"], now=timezone.now())
        if not found:
            screen.line("All totals match the ledger.")
            return
        brands = Brand.objects.in_bulk({drift.brand_id for drift in found[:SHOWN]})
        of_campaigns = {drift.campaign_id for drift in found[:SHOWN] if drift.campaign_id}
        campaigns = Campaign.objects.in_bulk(of_campaigns)
        screen.table(
            ["brand", "campaign", "period", "start", "total", "ledger", "difference"],
            (
                (
                    brands[drift.brand_id].name,
                    campaigns[drift.campaign_id].name if drift.campaign_id else "(brand total)",
                    drift.period,
                    drift.start,
                    *(
                        format_money(amount, brands[drift.brand_id].currency)
                        for amount in (drift.kept, drift.true, drift.true - drift.kept)
                    ),
                )
                for drift in found[:SHOWN]
            ),
            right=["total", "ledger", "difference"],
        )
        if len(found) > SHOWN:
            screen.line(f"… and {len(found) - SHOWN:,} more.")
        totals = count(len(found), "total")
        if not options["fix"]:
            raise CommandError(f"{totals} do not match the ledger. Correct them with --fix.")
        screen.line(f"{totals} corrected.")
