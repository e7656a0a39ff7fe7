"""What ``manage.py import_spend`` prints."""

from ads.management.commands._terminal import Screen, count
from ads.services.imports import Imported, Refused, figures


def show(screen: Screen, done: Imported, *, is_preview: bool) -> None:
    """Print what an import did or would do."""
    switched = (
        [("Would pause", done.would_stop), ("Would start", done.would_start)]
        if is_preview
        else [("Paused", done.enforced.stopped), ("Started", done.enforced.started)]
    )
    screen.table(
        ["what", "count", "amount"],
        [
            *figures(done.as_dict(), is_preview=is_preview),
            *((label, f"{number:,}", "") for label, number in switched),
        ],
        title="Preview: nothing was changed." if is_preview else "Imported.",
        right=["count", "amount"],
    )
    if done.switches:
        screen.table(
            ["campaign", "brand", "would", "holds"],
            (
                (
                    each["campaign"],
                    each["brand"],
                    "start" if each["is_active"] else "pause",
                    ", ".join(each["holds"]),
                )
                for each in done.switches
            ),
        )
        _more(screen, done.would_start + done.would_stop - len(done.switches), indent="")
    if done.unmatched_count:
        screen.line(
            f"{count(done.unmatched_count, 'unmatched campaign')}: the spend "
            f"{'would wait' if is_preview else 'waits'} to be matched, in the admin under "
            "Unmatched campaigns:"
        )
        for reference in done.unmatched:
            screen.line(f"  {reference}")
        _more(screen, done.unmatched_count - len(done.unmatched))
    show_refused(screen, done.refused)


def show_refused(screen: Screen, refused: Refused) -> None:
    """Print the first refused rows, in the order of the file."""
    if refused.count:
        screen.line(f"{count(refused.count, 'row')} refused:", "bold red")
        for row in refused.in_order:
            screen.line(f"  {row}")
        _more(screen, refused.count - len(refused.shown))


def _more(screen: Screen, number: int, indent: str = "  ") -> None:
    if number > 0:
        screen.line(f"{indent}… and {number:,} more.")
