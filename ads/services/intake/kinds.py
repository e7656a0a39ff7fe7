"""How entries, and how day totals, are taken in: the steps in which they differ."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from ads.models.spend import Kind
from ads.services.campaign_lookup import CampaignGiven, Owner, Reference
from ads.services.errors import InvalidSpend, shown_value
from ads.services.intake.rows import IntakeAnswer, IntakeEntry, IntakeSender, IntakeTotal
from ads.services.ledger import (
    check_has_come_somewhere,
    day_totals,
    entries,
    read_date,
    read_instant,
)
from ads.services.references import Waiting, waiting

#: What a row says, and the same with its campaign.
V = TypeVar("V")
P = TypeVar("P")

REFUSED: Final = "refused"


class Way(Protocol[V, P]):
    """The steps for rows of one kind; one object for each time that rows are taken in."""

    def check(self, row: Any) -> V:
        """What the row says; raises InvalidSpend where that is wrong whatever its campaign."""
        ...

    def place(self, values: V, owner: Owner, given: CampaignGiven) -> P:
        """The same for its campaign, which the row called that; raises InvalidSpend if its day
        has not come there.
        """
        ...

    def check_has_come_somewhere(self, values: V) -> None:
        """Raises InvalidSpend if its day has not come anywhere."""
        ...

    def record(self, rows: Sequence[P]) -> list[IntakeAnswer]:
        """Bring them into the ledger."""
        ...

    def keep(self, rows: Sequence[Waiting[V]]) -> list[IntakeAnswer]:
        """Let them wait for their campaign."""
        ...

    def enforce(self) -> None:
        """Enforce what was crossed by what :meth:`record` has recorded."""
        ...


class Entries:
    """Entries, or corrections."""

    def __init__(self, sender: IntakeSender, now: datetime, kind: Kind) -> None:
        self._sender = sender
        self._now = now
        self._kind = kind
        self._recorded: tuple[Sequence[entries.Entry], Sequence[entries.Answer]] = ((), ())

    def check(self, row: object) -> entries.Values:
        if not isinstance(row, IntakeEntry):
            raise InvalidSpend("entries", row, "give IntakeEntry objects.")
        if self._kind == Kind.CORRECTION and row.date is None:
            raise InvalidSpend("date", row.date, "give the accounting day that was wrong.")
        return entries.check_values(
            amount=row.amount,
            description=row.description,
            external_id=row.external_id,
            day=read_date("date", row.date),
            occurred_at=read_instant("occurred_at", row.occurred_at),
            kind=self._kind,
        )

    def place(
        self,
        values: entries.Values,
        owner: Owner,
        given: CampaignGiven,  # noqa: ARG002  (an entry is the same whatever it calls its campaign)
    ) -> entries.Entry:
        return entries.place(values, owner, self._now)

    def check_has_come_somewhere(self, values: entries.Values) -> None:
        if values.date is not None:
            check_has_come_somewhere(values.date, self._now)
        elif values.occurred_at is not None:
            check_has_come_somewhere(values.occurred_at.date(), self._now, field="occurred_at")

    def record(self, rows: Sequence[entries.Entry]) -> list[IntakeAnswer]:
        answers = entries.append(rows, source=self._sender.source, now=self._now, kind=self._kind)
        self._recorded = rows, answers
        return [self._answer(answer) for answer in answers]

    def keep(self, rows: Sequence[Waiting[entries.Values]]) -> list[IntakeAnswer]:
        answers = waiting.keep_entries(
            rows, source=self._sender.source, now=self._now, kind=self._kind
        )
        return [self._answer(answer) for answer in answers]

    def enforce(self) -> None:
        entries.enforce_recorded(*self._recorded, self._now, self._kind)

    def _answer(self, answer: entries.Answer) -> IntakeAnswer:
        conflict = answer.conflict
        if conflict is None:
            return IntakeAnswer(answer.outcome, answer.entry_id)
        # Of another campaign than the one that was named, the sender may not be allowed to know.
        tell = self._sender.brand_ids is None or conflict.field != "campaign"
        return IntakeAnswer(
            answer.outcome,
            field=conflict.field,
            value=shown_value(conflict.offered),
            reason=conflict.sentence(tell_recorded=tell),
        )


class Totals:
    """Day totals."""

    def __init__(self, sender: IntakeSender, now: datetime) -> None:
        self._sender = sender
        self._now = now
        self._recorded: tuple[Sequence[day_totals.Total], Sequence[day_totals.ReportOutcome]] = (
            (),
            (),
        )

    def check(self, row: object) -> day_totals.Values:
        if not isinstance(row, IntakeTotal):
            raise InvalidSpend("totals", row, "give IntakeTotal objects.")
        return day_totals.check_values(
            day=read_date("date", row.date),
            amount=row.amount,
            observed_at=read_instant("observed_at", row.observed_at),
            now=self._now,
        )

    def place(
        self, values: day_totals.Values, owner: Owner, given: CampaignGiven
    ) -> day_totals.Total:
        known_as = given.known_as if isinstance(given, Reference) else ""
        return day_totals.place(values, owner, self._now, known_as=known_as)

    def check_has_come_somewhere(self, values: day_totals.Values) -> None:
        check_has_come_somewhere(values.date, self._now)

    def record(self, rows: Sequence[day_totals.Total]) -> list[IntakeAnswer]:
        mixed = day_totals.reported_otherwise(rows, source=self._sender.source)
        answers = {i: refused(error) for i, error in mixed.items()}
        good = [i for i in range(len(rows)) if i not in mixed]
        if good:
            posted = [rows[i] for i in good]
            outcomes = day_totals.post_each(posted, source=self._sender.source, now=self._now)
            self._recorded = posted, outcomes
            for i, one in zip(good, outcomes, strict=True):
                answers[i] = IntakeAnswer(one.outcome, difference=one.difference)
        return [answers[i] for i in range(len(rows))]

    def keep(self, rows: Sequence[Waiting[day_totals.Values]]) -> list[IntakeAnswer]:
        outcomes = waiting.keep_totals(rows, source=self._sender.source, now=self._now)
        return [IntakeAnswer(outcome) for outcome in outcomes]

    def enforce(self) -> None:
        day_totals.enforce_posted(*self._recorded, self._now)


def refused(error: InvalidSpend) -> IntakeAnswer:
    """The answer for a row that cannot be recorded."""
    return IntakeAnswer(
        REFUSED, field=error.field, value=shown_value(error.value), reason=error.reason
    )
