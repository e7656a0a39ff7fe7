"""``manage.py undo_batch``: takes back what was recorded together."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.terminal import Screen, acting, check_enforced, count, say_held
from ads.models import SpendBatch
from ads.rules.money import format_money, format_sums
from ads.services import batches
from ads.services.batches import BatchFigures, CannotUndo, UndoPreview, called
from ads.services.errors import InvalidSpend


class Command(PreparedCommand):
    help = (
        "Undoes a batch as a whole: an import, a match, a request of the API or a webhook. Each of "
        "its entries gets a correction, day totals go back to what they were before, and what "
        "that starts or stops is enforced. A batch is undone once; refused where later records "
        "stand on it. import_spend prints the batch's number; the console lists them under "
        "Recorded batches."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("batch", type=int, help="the number of the batch")
        parser.add_argument("--reason", help="why; stays on record. Required without --dry-run")
        parser.add_argument("--dry-run", action="store_true", help="show a preview; change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        batch = SpendBatch.objects.select_related("undoes").filter(pk=options["batch"]).first()
        if batch is None:
            raise CommandError(
                f"There is no batch {options['batch']}. The console lists them under Recorded "
                "batches."
            )
        now = timezone.now()
        with acting("undo_batch"):
            say_held(screen)
            if options["dry_run"]:
                _show_preview(screen, batches.preview(batch, now=now))
                return
            if not options["reason"]:
                raise CommandError("--reason is missing: say why the batch is undone.")
            try:
                done = batches.undo(batch, reason=options["reason"], now=now)
            except InvalidSpend as error:
                raise CommandError(f"--reason: {error.reason}") from error
            except CannotUndo as error:
                raise CommandError(str(error)) from error
        _show(screen, done.figures, f"Batch {batch.pk} was undone, by batch {done.batch.pk}.")
        screen.line(
            f"{count(done.enforced.started, 'campaign')} started, "
            f"{count(done.enforced.stopped, 'campaign')} paused."
        )
        check_enforced("Undone", done.enforced.failed)


def _show(screen: Screen, figures: BatchFigures, title: str) -> None:
    rows = [
        ("Entries taken back", f"{figures.rows:,}", format_sums(figures.change)),
        ("Campaigns", f"{figures.campaigns:,}", ""),
    ]
    if figures.replaced:
        rows.append(
            ("Replaced totals back", f"{figures.replaced:,}", format_sums(figures.taken_back))
        )
    if figures.waiting:
        rows.append(("Waiting rows taken back", f"{figures.waiting:,}", ""))
    screen.table(["what", "count", "amount"], rows, title=title, right=["count", "amount"])


def _show_preview(screen: Screen, preview: UndoPreview) -> None:
    title = f"Preview of undoing {called(preview.batch)}: nothing was changed."
    _show(screen, preview.figures, title)
    for note in preview.notes:
        screen.line(note)
    if preview.in_the_way:
        raise CommandError("It cannot be undone. " + " ".join(map(str, preview.in_the_way)))
    if preview.changes:
        screen.table(
            ["campaign", "brand", "changes by"],
            (
                (campaign.name, campaign.brand.name, format_money(by, campaign.brand.currency))
                for campaign, by in preview.changes
            ),
            right=["changes by"],
        )
    if preview.switches:
        screen.table(
            ["campaign", "brand", "would"],
            (
                (campaign.name, campaign.brand.name, "start" if each.is_active else "pause")
                for campaign, each in preview.switches
            ),
        )
    screen.line(
        f"{count(preview.would_start, 'campaign')} would start, "
        f"{count(preview.would_stop, 'campaign')} would pause."
    )
