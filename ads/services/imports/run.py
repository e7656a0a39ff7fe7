"""One import, from the open file to the enforced budgets."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO, Final

from django.db import connection, transaction

from ads.models import Campaign
from ads.services import checking
from ads.services.enforcement import Decision, Trigger, enforce, preview
from ads.services.errors import InvalidSpend
from ads.services.imports import columns, recording, staging
from ads.services.imports.checking import Checker
from ads.services.imports.errors import ImportRefused, Refused, RefusedSink, RowsRefused
from ads.services.imports.formats import FORMATS
from ads.services.imports.plan import DEFAULT_SOURCE, Plan
from ads.services.imports.preview import Preview
from ads.services.imports.previewing import SHOWN_PROBLEMS, foresee
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


@contextmanager
def _staged(
    file: BinaryIO,
    plan: Plan,
    *,
    now: datetime,
    progress: Callable[[int], None],
    refused: Refused,
) -> Iterator[tuple[Reader, Checker, Imported]]:
    try:
        if plan.source is not None:
            checking.check_text("source", plan.source, required=True)
        if plan.observed_at is not None:
            checking.check_observed_at(plan.observed_at, now)
    except InvalidSpend as error:
        raise ImportRefused(str(error)) from error
    reader = Reader(file, plan)
    format_ = FORMATS[reader.sniffed.format]
    found = columns.find(reader.header, reader.plan, format_, reader.header_line)
    if refused.sink is not None:
        refused.sink.begin(reader.header)
    checker = Checker(found, reader.header, reader.plan, now=now, refused=refused)
    done = Imported(are_entries=found.are_entries, refused=refused)
    shape = staging.ENTRIES if found.are_entries else staging.TOTALS
    with staging.tables(shape):
        with _uncollected():
            for chunk in reader.chunks():
                checked = checker.check(chunk)
                staging.copy(checked.good, shape)
                staging.copy_waiting(checked.waiting)
                done.rows += len(checked.good)
                done.waiting += len(checked.waiting)
                progress(len(chunk.rows))
        if not (done.rows or done.waiting or refused.count):
            raise ImportRefused("There are no rows below the header: nothing to record.")
        done.rounded, done.rounded_by = checker.amounts.rounded, checker.amounts.rounded_by
        done.skipped = checker.skipped
        yield reader, checker, done


class Import:
    """A file that has been checked and staged, and can be recorded::

    with Import.staged(file, plan, now=now) as staged:
        imported = staged.record(now=now)
        staged.enforce_again(now=now)
    """

    def __init__(self, reader: Reader, checker: Checker, done: Imported, began: datetime) -> None:
        #: How the file is read, with nothing left open.
        self.plan = reader.plan
        self._source = reader.plan.source or DEFAULT_SOURCE
        self._reader = reader
        self._checker = checker
        self._done = done
        self._began = began
        self._concerns_now = False

    @classmethod
    @contextmanager
    def staged(
        cls,
        file: BinaryIO,
        plan: Plan,
        *,
        now: datetime,
        progress: Callable[[int], None] = lambda _rows: None,
        sink: RefusedSink | None = None,
    ) -> Iterator["Import"]:
        """Check every row of ``file`` and copy the good ones into a temporary table.

        ``progress`` is called now and then with the number of rows since the last time; ``sink``
        gets every row that is refused.

        Raises:
            ImportRefused: the file or the plan cannot be used.
            RowsRefused: some rows are refused, and they are not to be skipped.
        """
        with _staged(file, plan, now=now, progress=progress, refused=Refused(sink=sink)) as made:
            reader, checker, done = made
            if checker.refused.count and not plan.skip_bad_rows:
                raise RowsRefused(checker.refused)
            yield cls(reader, checker, done, now)

    def record(self, *, now: datetime, dry_run: bool = False) -> Imported:
        """Record what is staged and enforce what it concerns, in one transaction; once only.

        With ``dry_run`` all of it is taken back again, so what it says is what would happen.

        Raises:
            RowsRefused: external ids were recorded with other content; nothing was recorded.
        """
        done = self._done
        if done.waiting:
            raise ImportRefused("Some rows are of campaigns that nobody knows.")
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL work_mem = %s", [WORK_MEM])
            if done.are_entries:
                staging.analyze()
                recording.record_entries(done, source=self._source, now=now)
            else:
                staging.add_up(self.plan.observed_at or self._began)
                recording.too_large(done.refused)
                if not done.refused.count or self.plan.skip_bad_rows:
                    recording.record_totals(done, source=self._source, now=now)
            if done.refused.count and not self.plan.skip_bad_rows:
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


def preview_of(
    file: BinaryIO,
    plan: Plan,
    *,
    now: datetime,
    progress: Callable[[int], None] = lambda _rows: None,
    sink: RefusedSink | None = None,
) -> Preview:
    """What recording ``file`` would do; nothing is locked or changed.

    Rows that are refused are part of the answer; ``sink`` gets all of them.

    Raises:
        ImportRefused: the file or the plan cannot be used.
    """
    refused = Refused(limit=SHOWN_PROBLEMS, sink=sink)
    with _staged(file, plan, now=now, progress=progress, refused=refused) as made:
        return foresee(*made, now=now)
