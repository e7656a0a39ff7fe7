"""One import, from the open file to the enforced budgets."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO, Final

from django.db import connection, transaction

from ads.services.delivery import Trigger, enforce
from ads.services.errors import InvalidSpend
from ads.services.imports.errors import SHOWN, ImportRefused, Refused, RefusedSink, RowsRefused
from ads.services.imports.formats import FORMATS
from ads.services.imports.parsing import Checker, Reader, columns
from ads.services.imports.plan import DEFAULT_SOURCE, Plan
from ads.services.imports.preview import SHOWN_PROBLEMS, Preview
from ads.services.imports.preview_builder import described
from ads.services.imports.staging import Imported, recording, tables, waiting
from ads.services.imports.staging import preview as foreseeing
from ads.services.ledger import validation
from ads.services.references import registry
from ads.services.senders import rights

#: A million rows are sorted and added up, which PostgreSQL does in memory if it may.
WORK_MEM: Final = "256MB"


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

    def __init__(self, reader: Reader, checker: Checker, done: Imported, began: datetime) -> None:
        #: How the file is read, with nothing left open.
        self.plan = reader.plan
        self.reader = reader
        self.checker = checker
        self.done = done
        self._source = reader.plan.source or DEFAULT_SOURCE
        self._observed_at = reader.plan.observed_at or began
        self._concerns_now = False
        self._carried_by_now: list[int] = []

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
        shown: int = SHOWN,
    ) -> Iterator["Import"]:
        """Check every row of ``file`` and copy the good ones into a temporary table.

        ``progress`` is called now and then with the number of rows since the last time; ``sink``
        gets every row that is refused, of which the first ``shown`` are kept.

        Raises:
            ImportRefused: the file or the plan cannot be used.
            RowsRefused: some rows are refused, and they are not to be skipped.
        """
        _check_plan(plan, now)
        reader = Reader(file, plan)
        _check_source(reader.plan.source or DEFAULT_SOURCE)
        format_ = FORMATS[reader.sniffed.format]
        found = columns.find(reader.header, reader.plan, format_, reader.header_line)
        refused = Refused(limit=shown, sink=sink)
        if sink is not None:
            sink.begin(reader.header)
        checker = Checker(found, reader.header, reader.plan, now=now, refused=refused)
        done = Imported(are_entries=found.are_entries, refused=refused)
        shape = tables.ENTRIES if found.are_entries else tables.TOTALS
        with tables.tables(shape):
            with _uncollected():
                for chunk in reader.chunks():
                    checked = checker.check(chunk)
                    if plan.skip_bad_rows or not refused.count:
                        tables.copy(checked.good, shape)
                        tables.copy_waiting(checked.waiting)
                    done.rows += len(checked.good)
                    done.waiting += len(checked.waiting)
                    progress(len(chunk.rows))
            if not (done.rows or done.waiting or refused.count):
                raise ImportRefused("There are no rows below the header: nothing to record.")
            done.rounded, done.rounded_by = checker.amounts.rounded, checker.amounts.rounded_by
            done.skipped = checker.skipped
            staged = cls(reader, checker, done, now)
            staged._refuse_bad_rows()
            yield staged

    def record(self, *, now: datetime) -> Imported:
        """Record what is staged and enforce what it concerns, in one transaction; once only.

        Raises:
            RowsRefused: external ids were recorded with other content; nothing was recorded.
        """
        done = self.done
        with transaction.atomic(), _in_memory():
            self._add_up()
            if done.waiting:  # first, as its locks are
                self._carried_by_now = waiting.keep(
                    done,
                    self.checker.columns,
                    source=self._source,
                    observed_at=self._observed_at,
                    now=now,
                )
            if done.are_entries:
                recording.record_entries(done, self.checker.columns, source=self._source, now=now)
            else:
                self._refuse_bad_rows()
                recording.record_totals(done, source=self._source, now=now)
            self._refuse_bad_rows()
            self._concerns_now = tables.note_brands(now) > 0
            if self._concerns_now:
                done.enforced = enforce(recording.concerned(), now, Trigger.SPEND)
        return done

    def enforce_again(self, *, now: datetime) -> None:
        """After the commit: a sweep that was in flight may have decided before the spend.

        And somebody may have matched a reference while the file was being read.
        """
        if self._concerns_now:
            again = enforce(recording.concerned(), now, Trigger.SPEND)
            self.done.enforced = self.done.enforced + again
        if self._carried_by_now:
            settled = registry.record_waiting(now, references=self._carried_by_now)
            self.done.enforced = self.done.enforced + settled.enforced

    def foresee(self, *, now: datetime) -> Imported:
        """What :meth:`record` would do; nothing is locked or changed. Instead of it, once only.

        Raises:
            RowsRefused: as it would.
        """
        done, found = self.done, self.checker.columns
        with transaction.atomic(), _in_memory():
            self._add_up()
            if done.waiting:
                waiting.foresee(done, found, source=self._source, now=now)
            if done.are_entries:
                foreseeing.foresee_entries(done, found, source=self._source, now=now)
            else:
                foreseeing.foresee_totals(done, source=self._source)
            self._refuse_bad_rows()
            foreseeing.foresee_switches(done, now)
        return done

    def _add_up(self) -> None:
        if self.done.waiting:
            waiting.add_up(self.done, self.plan.platform or "")
        if self.done.are_entries:
            tables.analyze()
        else:
            tables.add_up(self._observed_at)
            recording.refuse_too_large(self.done.refused)
            recording.refuse_reported_otherwise(self.done, source=self._source)

    def _refuse_bad_rows(self) -> None:
        if self.done.refused.count and not self.plan.skip_bad_rows:
            raise RowsRefused(self.done.refused)


@contextmanager
def _in_memory() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = %s", [WORK_MEM])
    yield


def preview_of(
    file: BinaryIO,
    plan: Plan,
    *,
    now: datetime,
    progress: Callable[[int], None] = lambda _rows: None,
    sink: RefusedSink | None = None,
) -> Preview:
    """What recording ``file`` would do, bad rows left out; nothing is locked or changed.

    ``sink`` gets all rows that are refused.

    Raises:
        ImportRefused: the file or the plan cannot be used.
    """
    tolerant = replace(plan, skip_bad_rows=True)
    with Import.staged(
        file, tolerant, now=now, progress=progress, sink=sink, shown=SHOWN_PROBLEMS
    ) as staged:
        staged.foresee(now=now)
        preview = described(staged.reader, staged.checker, staged.done)
        preview.plan = replace(staged.plan, skip_bad_rows=plan.skip_bad_rows)
        return preview


def _check_source(source: str) -> None:
    try:
        rights.check_open(source)
    except InvalidSpend as error:
        raise ImportRefused(str(error)) from error


def _check_plan(plan: Plan, now: datetime) -> None:
    try:
        if plan.source is not None:
            validation.check_text("source", plan.source, required=True)
        if plan.observed_at is not None:
            validation.check_observed_at(plan.observed_at, now)
        for field in ("platform", "account"):
            value = getattr(plan, field)
            if value is not None:
                validation.check_text(field, value, required=field == "platform")
    except InvalidSpend as error:
        raise ImportRefused(str(error)) from error
