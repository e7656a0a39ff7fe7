"""One import, from the open file to the enforced budgets."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO, Final

from django.db import IntegrityError, transaction

from ads.models import Campaign, SpendImport
from ads.models.spend import BatchKind, OnOverlap
from ads.rules.money import add_sums
from ads.services import lock_waits, locks, messages, new_batch
from ads.services.delivery import Enforced, Trigger, enforce
from ads.services.errors import InvalidSpend, Overlap
from ads.services.imports import creation, notes, questions, recording, tables, waiting
from ads.services.imports.formats import FORMATS
from ads.services.imports.outcome import Imported
from ads.services.imports.parsing import Checker, Reader, columns
from ads.services.imports.plan import DEFAULT_SOURCE, Plan
from ads.services.imports.preview import (
    described,
    preview_enforcement,
    preview_entries,
    preview_totals,
)
from ads.services.imports.questions import Question, Unanswered
from ads.services.imports.refusals import SHOWN, ImportRefused, Refused, RefusedCsv, RowsRefused
from ads.services.ledger import check_id, check_text, overlaps, too_large, validation
from ads.services.new_batch import NewBatch
from ads.services.references import registry
from ads.services.senders import rights

#: Refused rows listed in a preview; the rest are counted.
SHOWN_PROBLEMS: Final = 1000

#: How long an import waits for each lock, such as another import's.
PATIENCE: Final = "30s"

#: For sorting and summing a million rows in memory.
WORK_MEM: Final = "256MB"


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector: rows have no cycles, and it takes a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def _sums_in_range() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise ImportRefused(f"{too_large(error)} Nothing was recorded.") from error


class Import:
    """A file that has been checked and staged, and can be recorded::

    with Import.staged(file, plan, now=now) as staged:
        imported = staged.record(now=now)
        staged.enforce_again(now=now)
    """

    def __init__(self, reader: Reader, checker: Checker, done: Imported, began: datetime) -> None:
        self.reader = reader
        self.checker = checker
        self.done = done
        self._source = reader.plan.source or DEFAULT_SOURCE
        self._observed_at = reader.plan.observed_at or began
        self._affects_now = False
        #: Is anything on record for the days of the day totals, and is it lowered?
        self._are_known = False
        self._are_lowered = False
        #: Is anything on record for campaigns that had its platform IDs before?
        self._have_moved = False
        self._overlaps: questions.Overlaps | None = None
        self._matched_since: list[int] = []

    @classmethod
    @contextmanager
    def staged(
        cls,
        file: BinaryIO,
        plan: Plan,
        *,
        now: datetime,
        progress: Callable[[int], None] = lambda _rows: None,
        sink: RefusedCsv | None = None,
        shown: int = SHOWN,
    ) -> Iterator["Import"]:
        """Check every row of ``file`` and copy the good ones into a temporary table.

        ``progress`` is called now and then with the number of rows since the last call; ``sink``
        gets every refused row, of which the first ``shown`` are kept.

        Raises:
            ImportRefused: the file or the plan cannot be used.
            RowsRefused: some rows are refused, and they are not to be skipped.
        """
        reader = Reader(file, plan)
        _check_plan(reader.plan, now)
        format_ = FORMATS[reader.sniffed.format]
        found = columns.find(reader.header, reader.plan, format_, reader.header_line)
        refused = Refused(limit=shown, sink=sink)
        if sink is not None:
            sink.begin(reader.header)
        checker = Checker(
            found,
            reader.header,
            reader.plan,
            sniffed=reader.sniffed,
            now=now,
            refused=refused,
        )
        done = Imported(are_entries=found.are_entries, refused=refused, answers=plan.answers)
        shape = tables.ENTRIES if found.are_entries else tables.TOTALS
        with tables.tables(shape):
            with _uncollected():
                for chunk in reader.chunks():
                    good, unmatched = checker.check(chunk)
                    if plan.skip_bad_rows or not refused.count:
                        tables.copy(tables.ROWS, good, shape)
                        tables.copy(tables.WAITING_ROWS, unmatched, tables.WAITING)
                    done.rows += len(good)
                    done.waiting_rows += len(unmatched)
                    progress(len(chunk.rows))
            checker.check_whole()
            if not (done.rows or done.waiting_rows or refused.count):
                raise ImportRefused("There are no rows below the header: nothing to record.")
            done.rounded, done.rounded_by = checker.amounts.rounded, checker.amounts.rounded_by
            done.skipped, done.blank = checker.skipped, checker.amounts.blank
            staged = cls(reader, checker, done, now)
            staged._refuse_bad_rows()
            yield staged

    def record(
        self,
        *,
        now: datetime,
        seen: Mapping[str, Any] | None = None,
        title: str = "",
        upload: SpendImport | None = None,
    ) -> Imported:
        """Record the staged rows and enforce the budgets they affect, in one transaction; once.

        They are one batch, which can be undone: of the file ``title``, uploaded as ``upload``.

        ``seen``: the figures of the questions, by code, that were confirmed; None: whatever they
        are, the plan's answers count.

        Raises:
            RowsRefused: external ids were recorded with other content; nothing was recorded.
            Unanswered: the plan lacks the answer to a question, or its figures are not those seen;
                nothing was recorded, and :attr:`done` is a preview.
        """
        done = self.done
        with _sums_in_range(), transaction.atomic():
            lock_waits.wait_up_to(PATIENCE)
            self._create()
            self._add_up(is_recording=True)
            self._ask()
            if self._open(done.questions, seen):
                self._refuse_bad_rows()
                self._fill_in_preview(now)
                raise Unanswered(self._open(done.questions, seen))
            lowers = self._apply_answers()
            new = NewBatch(BatchKind.IMPORT, title, upload)
            batch = new.make(source=self._source, now=now)
            with new_batch.recording(batch):
                if done.waiting_rows:  # first, as its locks are
                    self._matched_since = waiting.keep(
                        done,
                        self.checker.columns,
                        source=self._source,
                        observed_at=self._observed_at,
                        now=now,
                    )
                self._affects_now = tables.note_brands(now, self._staged, brand_id=done.created_in)
                anyway = questions.starting(now) if lowers and self._affects_now else set()
                if done.are_entries:
                    recording.record_entries(
                        done, self.checker.columns, source=self._source, now=now
                    )
                else:
                    self._refuse_bad_rows()
                    self._record_totals(now, seen)
            self._refuse_bad_rows()
            rows = done.recorded + done.unchanged + done.replaced + done.waiting_rows
            if new_batch.close(batch, rows=rows, sums=add_sums(done.difference, done.taken_back)):
                done.batch_id = batch.pk
            lock_waits.wait_as_ever()  # the sums are locked by now, and others wait for them
            started = self._enforce_created(now)
            messages.check_alerts_soon()
            if self._affects_now:
                done.enforced = enforce(tables.affected(), now, Trigger.SPEND)
            done.enforced += Enforced(failed=started.failed)
            if done.enforced.started and (done.lowered or done.replaced):
                others = questions.started(now) - anyway
                if question := questions.starts(others, others):
                    self._check(question, seen)
                    done.questions.append(question)
            self._take_notes()
        return done

    def _record_totals(self, now: datetime, seen: Mapping[str, Any] | None) -> None:
        """Post the day totals; what they lowered or overlapped with has to be what was decided."""
        done = self.done
        on_overlap = OnOverlap(done.answers["overlap"]) if self._overlaps else None
        recording.record_totals(
            done,
            source=self._source,
            now=now,
            on_overlap=on_overlap,
            are_new=not (self._are_known or done.zeroed),
            have_moved=self._have_moved,
        )
        if self._overlaps and on_overlap:
            try:
                self._overlaps.check_posted(self._source, on_overlap, done.taken_back)
            except Overlap as error:
                raise recording.overlapping(error) from error
        if done.lowered and (question := questions.lowered(self._source, posted=True)):
            self._check(question, seen)

    def _check(self, question: Question, seen: Mapping[str, Any] | None) -> None:
        """Asked once it has happened, before the commit: was it answered?"""
        if self._open([question], seen):
            raise Unanswered([question])

    def _open(
        self, asked: Iterable[Question], seen: Mapping[str, Any] | None = None
    ) -> list[Question]:
        return questions.unanswered(asked, self.done.answers, seen)

    def enforce_again(self, *, now: datetime) -> None:
        """After the commit: a running sweep may have decided on the sums before.

        And a reference may have been matched while the file was being read, or spend have waited
        for one that was created.
        """
        if self._affects_now:
            again = enforce(tables.affected(), now, Trigger.SPEND)
            self.done.enforced = self.done.enforced + again
        matched = self._matched_since + (
            self.done.created.reference_ids if self.done.created else []
        )
        if matched:
            settled = registry.record_waiting(now, references=matched)
            self.done.enforced = self.done.enforced + settled.enforced

    def preview(self, *, now: datetime) -> Imported:
        """What :meth:`record` would do; nothing is locked or changed. Once only, instead of it.

        Only where it would create campaigns, other files that create some wait meanwhile.

        Raises:
            RowsRefused: as it would.
        """
        with self.previewed(now=now) as done:
            return done

    @contextmanager
    def previewed(self, *, now: datetime) -> Iterator[Imported]:
        """:meth:`preview`, with everything as it would be inside; it is rolled back afterwards."""
        with transaction.atomic():
            lock_waits.wait_up_to(PATIENCE)
            self._create()
            self._add_up(is_recording=False)
            self._ask()
            self._fill_in_preview(now)
            yield self.done
            transaction.set_rollback(True)

    def _enforce_created(self, now: datetime) -> Enforced:
        """Start the campaigns that were created, unless something holds them already."""
        created = self.done.created
        if created is None:
            return Enforced()
        creation.count_sums(created)
        campaigns = Campaign.objects.filter(brand=created.brand_id, pk__in=locks.among(created.ids))
        enforced = enforce(campaigns, now, Trigger.EDIT)
        created.note_running(enforced.started)
        return enforced

    def _create(self) -> None:
        if self.checker.new is not None:
            self.done.created = creation.create(self.checker.new, self.reader.plan)

    def _fill_in_preview(self, now: datetime) -> None:
        done, found = self.done, self.checker.columns
        if done.waiting_rows:
            waiting.preview(done, found, source=self._source, now=now)
        if done.are_entries:
            preview_entries(done, found, source=self._source, now=now)
        else:
            self._apply_answers()
            preview_totals(done, source=self._source)
        self._refuse_bad_rows()
        preview_enforcement(done, now)
        done.on_record = overlaps.on_record(f"{self._staged} AS staged")
        self._take_notes()

    def _take_notes(self) -> None:
        self.done.totals_lines = notes.totals_lines(self.checker, self.done)
        self.done.notes = list(notes.notes(self.reader, self.checker, self.done.totals_lines))

    @property
    def _staged(self) -> str:
        return tables.ROWS if self.done.are_entries else tables.SUMMED

    def _add_up(self, *, is_recording: bool) -> None:
        tables.run("SET LOCAL work_mem = %s", [WORK_MEM])
        if self.done.waiting_rows:
            waiting.add_up(self.done, self.reader.plan.platform or "")
        if self.done.are_entries:
            tables.analyze(tables.ROWS)
        else:
            tables.add_up(self._observed_at)
            recording.leave_begun(self.done, self.checker.days.begun(), source=self._source)
            recording.refuse_too_large(self.done.refused)
            self._have_moved = recording.leave_moved(source=self._source, waits=is_recording)
            self._are_known = self._have_moved or tables.are_known()
            if self._are_known:
                recording.refuse_reported_otherwise(self.done, source=self._source)

    def _ask(self) -> None:
        """Fill in the questions; which campaigns would start is a matter of the preview."""
        if self.done.are_entries:
            return
        plan = self.reader.plan
        asked: list[Question | None] = [questions.finer(self.reader.header, self.checker.columns)]
        if self._are_known:
            self._overlaps = questions.overlap(self._source)
            asked.append(self._overlaps.question if self._overlaps else None)
            if self._have_moved:
                answer = self.done.answers.get("overlap")
                recording.take_moved(overlapping=answer not in (None, OnOverlap.SKIP))
            self._are_lowered = tables.are_lowered(self._source)
            if self._are_lowered:
                asked.append(questions.lowered(self._source))
        if self._are_known or plan.platform:
            asked.append(
                questions.left_out(
                    self._source,
                    platform=plan.platform or "",
                    observed_at=self._observed_at,
                    are_known=self._are_known,
                    lacks_rows=bool(self.done.refused.count),
                )
            )
        self.done.questions = [each for each in asked if each]

    def _apply_answers(self) -> bool:
        """Stage zeros for what is left out, if that is the answer; does it take anything back?"""
        done = self.done
        for each in done.questions:
            if each.code == "left_out" and done.answers.get("left_out") == "zero":
                done.zeroed, done.zeroed_by = questions.set_to_zero(self._observed_at)
        is_replacing = (
            self._overlaps is not None and done.answers.get("overlap") == OnOverlap.REPLACE
        )
        return self._are_lowered or is_replacing or bool(done.zeroed)

    def _refuse_bad_rows(self) -> None:
        if self.done.refused.count and not self.reader.plan.skip_bad_rows:
            raise RowsRefused(self.done.refused)


def preview_of(
    file: BinaryIO,
    plan: Plan,
    *,
    now: datetime,
    progress: Callable[[int], None] = lambda _rows: None,
    sink: RefusedCsv | None = None,
) -> dict[str, Any]:
    """What recording ``file`` would do without its bad rows; nothing is locked or changed.

    A dictionary for a page (:func:`preview.described`). ``sink`` gets every refused row.

    Raises:
        ImportRefused: the file or the plan cannot be used.
    """
    tolerant = replace(plan, skip_bad_rows=True)
    with Import.staged(
        file, tolerant, now=now, progress=progress, sink=sink, shown=SHOWN_PROBLEMS
    ) as staged:
        with staged.previewed(now=now) as done:
            values = described(staged.reader, staged.checker, done)
        values["plan"]["skip_bad_rows"] = plan.skip_bad_rows
        return values


def _check_plan(plan: Plan, now: datetime) -> None:
    try:
        source = check_text("source", plan.source, required=True)
        if plan.platform is not None:
            check_text("platform", plan.platform, required=True)
        check_id("account", plan.account)
        if plan.observed_at is not None:
            validation.check_observed_at(plan.observed_at, now)
        rights.check_open(source)
    except InvalidSpend as error:
        raise ImportRefused(str(error)) from error
