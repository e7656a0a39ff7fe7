"""``manage.py verify_totals``: compares the running sums with the ledger."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ads.management.commands._terminal import SHOWN, Screen, acting, count
from ads.models import Brand, Campaign
from ads.rules.money import format_usd
from ads.services.ledger import verification


class Command(BaseCommand):
    help = "Compares the running sums with the ledger; exits with 1 when they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--fix", action="store_true", help="add the sums that differ up again, and enforce"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        with acting("verify_totals"):
            found = verification.verify(fix=options["fix"], now=timezone.now())
        if not found:
            screen.line("Every sum is what the ledger adds up to.")
            return
        shown = found[:SHOWN]
        brands = Brand.objects.in_bulk({drift.brand_id for drift in shown})
        campaigns = Campaign.objects.in_bulk({d.campaign_id for d in shown if d.campaign_id})
        screen.table(
            ["brand", "campaign", "period", "start", "kept", "true", "difference"],
            (
                (
                    brands[drift.brand_id].name,
                    campaigns[drift.campaign_id].name if drift.campaign_id else "(the brand's own)",
                    drift.period,
                    drift.start,
                    format_usd(drift.kept),
                    format_usd(drift.true),
                    format_usd(drift.true - drift.kept),
                )
                for drift in shown
            ),
            right=["kept", "true", "difference"],
        )
        if len(found) > len(shown):
            screen.line(f"… and {len(found) - len(shown):,} more.")
        differ = count(len(found), "sum")
        if not options["fix"]:
            raise CommandError(f"{differ} not what the ledger adds up to. Repair with --fix.")
        screen.line(f"{differ} repaired.")
