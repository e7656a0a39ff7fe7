"""What ``manage.py import_spend`` says of what it did."""

from ads.holds import Hold
from ads.management.commands._terminal import Screen, count
from ads.rules.money import format_usd
from ads.services.imports import BadRow, Imported, Refused


def show(screen: Screen, done: Imported, *, dry_run: bool) -> None:
    """What an import did, or would do: its figures, whom it switches, what waits or is refused."""
    figures: list[tuple[str, str, str]] = [("rows read", f"{done.rows + done.waiting:,}", "")]
    if done.are_entries:
        figures += [
            ("recorded", f"{done.recorded:,}", format_usd(done.difference)),
            ("duplicates", f"{done.duplicates:,}", ""),
            ("of zero", f"{done.zero:,}", ""),
        ]
    else:
        figures += [
            ("day totals", f"{done.items:,}", ""),
            ("recorded", f"{done.recorded:,}", format_usd(done.difference)),
            ("of them lowered", f"{done.lowered:,}", format_usd(done.lowered_by)),
            ("unchanged", f"{done.unchanged:,}", ""),
            ("older than known", f"{done.older:,}", ""),
        ]
    if done.waiting:
        figures.append(("waiting", f"{done.waiting:,}", format_usd(done.waiting_amount)))
    if done.skipped:
        figures.append(("lines of totals", f"{done.skipped:,}", ""))
    figures.append(("refused", f"{done.refused.count:,}", ""))
    if done.rounded:
        figures.append(("rounded", f"{done.rounded:,}", f"{_plain(done.rounded_by)} in sum"))
    if dry_run:
        figures.append(("would pause", f"{done.would_stop:,}", ""))
        figures.append(("would start", f"{done.would_start:,}", ""))
    else:
        figures.append(("paused", f"{done.enforced.stopped:,}", ""))
        figures.append(("started", f"{done.enforced.started:,}", ""))
    title = "Dry run: nothing was changed." if dry_run else "Imported."
    screen.table(
        ["what", "count", "US dollars"], figures, title=title, right=["count", "US dollars"]
    )
    if done.changes:
        screen.table(
            ["campaign", "brand", "would", "why"],
            (
                (
                    change.campaign.name,
                    change.campaign.brand.name,
                    "start" if change.decision.is_active else "pause",
                    ", ".join(Hold(hold).label for hold in change.decision.holds),
                )
                for change in done.changes
            ),
        )
        more = done.would_start + done.would_stop - len(done.changes)
        if more:
            screen.line(f"… and {more:,} more.")
    if done.waiting_references:
        screen.line(
            f"No campaign is known by {count(done.waiting_references, 'reference')}. Their spend "
            f"{'would wait' if dry_run else 'waits'} to be matched, in the admin under Unknown "
            "references:"
        )
        for reference in done.waiting_under:
            screen.line(f"  {reference}")
        if done.waiting_references > len(done.waiting_under):
            screen.line(f"  … and {done.waiting_references - len(done.waiting_under):,} more.")
    show_refused(screen, done.refused)


def show_refused(screen: Screen, refused: Refused) -> None:
    """The first rows that were refused, in the order of the file."""
    if not refused.count:
        return
    rows: list[BadRow] = sorted(refused.shown, key=lambda row: row.first_line)
    screen.line(f"{count(refused.count, 'row')} refused:", "bold red")
    for row in rows:
        screen.line(f"  {row}")
    if refused.count > len(rows):
        screen.line(f"  … and {refused.count - len(rows):,} more.")


def _plain(amount: object) -> str:
    return f"{amount:+f}"


def was(dry_run: bool) -> str:
    """What is said of the rest: it was, or would be."""
    return "would be" if dry_run else "was"
