"""Applying a file: all of it or nothing, in one transaction, enforced in it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import pghistory
from django.db import IntegrityError, OperationalError, transaction

from ads.models import Brand, Campaign
from ads.services import lock_waits, locks, references
from ads.services.actor import LONGEST, acting_as, current_actor
from ads.services.delivery import Enforced, Trigger, enforce
from ads.services.history import audit, last_changes
from ads.services.references import registry
from ads.services.setup.columns import BRAND, CAMPAIGN
from ads.services.setup.plan import Plan, Target
from ads.services.setup.planning import plan_of
from ads.services.setup.preview import counts
from ads.services.setup.sheet import SetupRefused, Sheet
from ads.services.setup.writing import write, write_labels, write_references

#: How often it is tried to get the locks, and the seconds in between.
ATTEMPTS: Final = 3
PAUSE: Final = 0.5

#: Rows that are named where something has changed meanwhile.
NAMED: Final = 10

#: Characters of a file's name that go on record.
LONGEST_FILE_NAME: Final = 60

#: New platform IDs whose waiting spend is recorded at once; the periodic task takes more.
AT_ONCE: Final = 100


class ChangedMeanwhile(SetupRefused):
    """What the file would change is no longer what was previewed: ``rows`` says where."""

    def __init__(self, rows: Sequence[str], count: int, what: str = "file") -> None:
        super().__init__(
            f"Nothing was changed: a brand or campaign in this {what} was edited after the "
            "preview. Check the new preview."
        )
        self.rows = list(rows)
        self.count = count


@dataclass(frozen=True, slots=True)
class Applied:
    #: As of :attr:`Preview.counts`.
    counts: Mapping[str, int]
    enforced: Enforced
    #: The audit's name for everything that was changed with it.
    context: UUID

    def left_behind(self) -> list[str]:
        """What is on record of its platform IDs for whoever had them before; see there."""
        saved = audit.event_model("CampaignReferenceEvent")._default_manager.order_by()
        ids = saved.filter(pgh_context=self.context).values_list("pgh_obj_id", flat=True)
        return references.left_behind(ids) if ids else []


def apply(
    sheet: Sheet,
    now: datetime,
    *,
    seen: Mapping[int, str] | None = None,
    then: Callable[[], None] | None = None,
) -> Applied:
    """Do what the file says, if it still does what was previewed.

    ``seen``: the :meth:`Plan.digests` of the preview that was confirmed; None: there was none.
    ``then``: done in the same transaction, at its end.

    Raises:
        RowsRefused: with everything that is wrong with its rows.
        ChangedMeanwhile: it would do something else by now.
        SetupRefused: somebody else keeps rows locked, or has saved the same at the same moment.
    """
    name = (
        sheet.name if len(sheet.name) <= LONGEST_FILE_NAME else f"{sheet.name[:LONGEST_FILE_NAME]}…"
    )
    of_file = f" ({sheet.what} {name})"
    actor = f"{current_actor()[: LONGEST - len(of_file)]}{of_file}"
    with acting_as(actor), pghistory.context() as context:
        for left in reversed(range(ATTEMPTS)):
            try:
                return Applied(*_apply(sheet, now, seen, then), context.id)
            except OperationalError as error:
                if not lock_waits.is_in_the_way(error):
                    raise
                if not left:
                    raise SetupRefused(
                        "Nothing was changed: somebody else is changing brands or campaigns of the "
                        f"{sheet.what}, or spend of them is being recorded. Try again in a minute."
                    ) from error
                time.sleep(PAUSE)
            except IntegrityError as error:
                why = str(error).partition("\n")[0]
                raise SetupRefused(
                    f"Nothing was changed: the {sheet.what} conflicts with what somebody else has "
                    f"saved at the same moment. Preview it again. ({why})"
                ) from error
    raise AssertionError("unreachable")


@transaction.atomic
def _apply(
    sheet: Sheet,
    now: datetime,
    seen: Mapping[int, str] | None,
    then: Callable[[], None] | None,
) -> tuple[Mapping[str, int], Enforced]:
    locks.one_at_a_time(locks.Only.SETTING_UP)
    found = plan_of(sheet)
    found.refuse_problems()
    if found.of(CAMPAIGN, new=True):
        locks.one_at_a_time(locks.Only.CREATING_CAMPAIGNS)
    locks.setup(
        found.concerned(),
        [one.pk for one in found.of(BRAND, new=False) if one.pk],
        now,
        renamed=[
            model._default_manager.filter(pk__in=locks.among(_renamed(found, columns)))
            for model, columns in ((Brand, BRAND), (Campaign, CAMPAIGN))
        ],
    )
    plan = plan_of(sheet)
    plan.refuse_problems()
    _refuse_another(plan, found.digests() if seen is None else seen, sheet.what)
    write(plan)
    added = write_references(plan)
    write_labels(plan)
    concerned = Campaign.objects.filter(pk__in=locks.among(plan.concerned()))
    enforced = enforce(concerned, now, Trigger.EDIT, lock_first=True)
    if then:
        then()

    def record() -> None:
        registry.record_waiting(now, references=added[:AT_ONCE], at_most=registry.AT_ONCE)

    if added:
        # Robust: the file is applied; the periodic task records what this could not.
        transaction.on_commit(record, robust=True)
    return counts(plan), enforced


def _renamed(plan: Plan, columns: object) -> list[int]:
    return [
        one.pk
        for one in plan.changed
        if one.pk and one.columns is columns and one.name != one.before[one.naming]
    ]


def _refuse_another(plan: Plan, seen: Mapping[int, str], what: str) -> None:
    by_line = {one.line: one for one in plan.targets}
    digests = plan.digests()
    differing = sorted(line for line in {*digests, *seen} if digests.get(line) != seen.get(line))
    if differing:
        rows = [f"line {line}: {_now(by_line.get(line))}" for line in differing[:NAMED]]
        raise ChangedMeanwhile(rows, len(differing), what)


def _now(one: Target | None) -> str:
    """What a row would do by now, and who has changed it last."""
    if one is None:
        return "it is no longer about the same campaign."
    changes = ", ".join(map(str, one.changes())) or "would change nothing now"
    if one.is_new:
        return f"{one.label} would be created: {changes}."
    row = (Brand if one.columns is BRAND else Campaign)(pk=one.pk)
    fields = {column.field for column in one.columns.values() if column.field}
    last = max(last_changes.fields_of(row, fields).values(), key=lambda it: it.at, default=None)
    return f"{one.label}: {changes}{f'; last changed by {last.actor}' if last else ''}."
