"""What ``manage.py import_spend`` prints."""

from collections.abc import Sequence
from typing import Final

from ads.management.terminal import Screen, count
from ads.rules.money import format_money, format_sums
from ads.services.imports import Created, Imported, Question, Refused, figures

#: How campaigns that do not exist yet are created.
_CREATE: Final = "--create-campaigns --brand NAME"

#: Of these, so many are named.
_NAMED: Final = 5


def show(screen: Screen, done: Imported, *, is_preview: bool) -> None:
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
    show_questions(screen, done.questions, done)
    for note in done.notes:
        screen.line(f"Note: {note}", "yellow")
    if done.created:
        show_created(screen, done.created, is_preview=is_preview)
    if done.unmatched_count:
        screen.line(
            f"{count(done.unmatched_count, 'unmatched campaign')}: "
            f"{format_sums(done.waiting_amount)} {'would wait' if is_preview else 'waits'} to be "
            "matched, in the console under Unmatched campaigns:"
        )
        for reference in done.unmatched:
            screen.line(f"  {reference}")
        _more(screen, done.unmatched_count - len(done.unmatched))
        if is_preview:
            screen.line(f"  To create them instead: {_CREATE}")
    show_refused(screen, done.refused)
    show_missing(screen, done.refused)
    if done.batch_id and not is_preview:
        screen.line(
            f"Recorded as batch {done.batch_id}; to take it back: "
            f'manage.py undo_batch {done.batch_id} --reason "…"'
        )


def show_created(screen: Screen, created: Created, *, is_preview: bool) -> None:
    brand = f"{created.brand} ({created.currency}, {created.timezone})"
    new = " the new brand" if created.is_new_brand else ""
    would = "Would be created" if is_preview else "Created"
    screen.line(f"{would} in{new} {brand}: {count(created.count, 'campaign')}", "bold")
    screen.table(
        ["campaign", "platform ID", "account", "amount"],
        (
            (
                each["campaign"],
                each["reference"],
                each["account"],
                format_money(each["amount"], each["currency"]),
            )
            for each in created.campaigns
        ),
        right=["amount"],
    )
    _more(screen, created.count - len(created.campaigns), indent="")
    for sentence in created.sentences:
        screen.line(f"Note: {sentence}", "yellow")


def show_missing(screen: Screen, refused: Refused) -> None:
    if missing := refused.missing:
        first = ", ".join(list(missing)[:_NAMED])
        more = f" and {len(missing) - _NAMED:,} more" if len(missing) > _NAMED else ""
        which = "This campaign does" if len(missing) == 1 else "These campaigns do"
        screen.line(f"{which} not exist: {first}{more}.")
        screen.line(f"  To create {'it' if len(missing) == 1 else 'them'}: {_CREATE}")


def show_questions(screen: Screen, questions: Sequence[Question], done: Imported) -> None:
    """Print what is asked, with the figures and answers, and what is on record for these days."""
    for each in questions:
        answer = done.answers.get(each.code, "")
        screen.line(f"{each.title}. {each.text}", "bold")
        if each.rows:
            screen.table(each.columns, each.rows, right=each.columns[-each.numbers :])
            _more(screen, each.count - len(each.rows), indent="")
        if answer in each.choices:
            screen.line(f"  Answer: {each.choices[answer]}")
        else:
            for choice, does in each.choices.items():
                screen.line(f"  {each.option(choice)}: {does}")
    if done.on_record:
        screen.table(
            ["on record for the same days", "platform", "what", "days", "amount"],
            (
                (
                    each.source,
                    each.platform,
                    "day totals" if each.are_totals else "entries and corrections",
                    f"{each.days:,}",
                    format_money(each.amount, each.currency),
                )
                for each in done.on_record
            ),
            right=["days", "amount"],
        )


def show_refused(screen: Screen, refused: Refused) -> None:
    if refused.count:
        screen.line(f"{count(refused.count, 'row')} refused:", "bold red")
        for row in refused.in_order:
            screen.line(f"  {row}")
        _more(screen, refused.count - len(refused.shown))


def _more(screen: Screen, number: int, indent: str = "  ") -> None:
    if number > 0:
        screen.line(f"{indent}… and {number:,} more.")
