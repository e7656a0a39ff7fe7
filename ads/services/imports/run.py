"""One import, from the open file to the enforced budgets."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, TextIO

from django.db import connection, transaction

from ads.models import Campaign
from ads.services import checking
from ads.services.enforcement import Decision, Trigger, enforce, preview
from ads.services.errors import InvalidSpend
from ads.services.imports import columns, recording, staging
from ads.services.imports.checking import Checker
from ads.services.imports.errors import ImportRefused, RowsRefused
from ads.services.imports.plan import Plan
from ads.services.imports.reading import Reader
from ads.services.imports.recording import Change, Imported

#: A million rows are sorted and added up, which PostgreSQL does in memory if it may.
WORK_MEM: Final = "256MB"

#: Switches that a dry run names; the rest are counted.
SHOWN_CHANGES: Final = 100


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's search for cycles, of which rows have none: a third of the time is its."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Import:
    """A file that has been checked and staged, and can be recorded::

    with Import.staged(file, plan, now=now) as staged:
        imported = staged.record(now=now)
        staged.enforce_again(now=now)
    """

    def __init__(self, plan: Plan, checker: Checker, done: Imported, began: datetime) -> None:
        self._plan = plan
        self._checker = checker
        self._done = done
        self._began = began
        self._concerns_now = False

    @classmethod
    @contextmanager
    def staged(
        cls,
        file: TextIO,
        plan: Plan,
        *,
        now: datetime,
        progress: Callable[[int], None] = lambda _rows: None,
    ) -> Iterator["Import"]:
        """Check every row of ``file`` and copy the good ones into a temporary table.

        ``progress`` is called now and then with the number of rows since the last time.

        Raises:
            ImportRefused: the file or the plan cannot be used.
            RowsRefused: some rows are refused, and they are not to be skipped.
        """
        try:
            checking.check_text("source", plan.source, required=True)
            if plan.observed_at is not None:
                checking.check_observed_at(plan.observed_at, now)
        except InvalidSpend as error:
            raise ImportRefused(str(error)) from error
        reader = Reader(file, delimiter=plan.delimiter)
        found = columns.find(reader.header, plan)
        checker = Checker(found, reader.header, plan, now)
        done = Imported(are_entries=found.are_entries, refused=checker.refused)
        shape = staging.ENTRIES if found.are_entries else staging.TOTALS
        with staging.table(shape):
            with _uncollected():
                for rows in reader.chunks():
                    good = list(checker.check(rows))
                    if plan.skip_bad_rows or not checker.refused.count:
                        staging.copy(good, shape)
                    done.rows += len(good)
                    progress(len(rows))
            if not done.rows and not checker.refused.count:
                raise ImportRefused("There are no rows below the header: nothing to record.")
            if checker.refused.count and not plan.skip_bad_rows:
                raise RowsRefused(checker.refused)
            done.rounded, done.rounded_by = checker.rounded, checker.rounded_by
            yield cls(plan, checker, done, now)

    def record(self, *, now: datetime, dry_run: bool = False) -> Imported:
        """Record what is staged and enforce what it concerns, in one transaction; once only.

        With ``dry_run`` all of it is taken back again, so what it says is what would happen.

        Raises:
            RowsRefused: external ids were recorded with other content; nothing was recorded.
        """
        done = self._done
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL work_mem = %s", [WORK_MEM])
            if done.are_entries:
                staging.analyze()
                recording.record_entries(done, source=self._plan.source, now=now)
            else:
                staging.add_up(self._plan.observed_at or self._began)
                recording.too_large(done.refused)
                if not done.refused.count or self._plan.skip_bad_rows:
                    recording.record_totals(done, source=self._plan.source, now=now)
            if done.refused.count and not self._plan.skip_bad_rows:
                raise RowsRefused(done.refused)
            self._concerns_now = staging.note_brands(now) > 0
            if dry_run:
                self._preview(now)
                transaction.set_rollback(True)
            elif self._concerns_now:
                done.enforced = enforce(recording.concerned(), now, Trigger.SPEND)
        return done

    def enforce_again(self, *, now: datetime) -> None:
        """After the commit: a sweep that was in flight may have decided before the spend."""
        if self._concerns_now:
            again = enforce(recording.concerned(), now, Trigger.SPEND)
            self._done.enforced = self._done.enforced + again

    def _preview(self, now: datetime) -> None:
        if not self._concerns_now:
            return
        first: list[Decision] = []
        for decision in preview(recording.concerned(), now):
            if decision.is_active:
                self._done.would_start += 1
            else:
                self._done.would_stop += 1
            if len(first) < SHOWN_CHANGES:
                first.append(decision)
        named = Campaign.objects.select_related("brand").in_bulk([d.campaign_id for d in first])
        self._done.changes = [Change(named[decision.campaign_id], decision) for decision in first]
