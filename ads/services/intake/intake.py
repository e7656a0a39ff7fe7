"""Taking rows in: check each, find the campaigns of all, record or keep them, enforce.

::

    without a query:           check each row
    one query a way of naming: find the campaigns
    in one transaction:        lock the unknown references, and look again who carries them
                               record the rows whose campaign is known
                               keep the others
                               enforce what was crossed
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic

from django.db import IntegrityError, transaction

from ads.services import campaign_lookup, locks
from ads.services.campaign_lookup import CampaignGiven, CampaignNamed, Owner, Reference
from ads.services.errors import InvalidSpend, ReportedOtherwise
from ads.services.intake.kinds import REFUSED, P, V, Way, refused
from ads.services.intake.rows import Intake, IntakeAnswer, IntakeSender
from ads.services.ledger import StaleTimezoneError, check_text
from ads.services.references import Waiting, waiting

#: What is wrong with a row.
_BAD = frozenset({REFUSED, "conflict"})

_NOT_RECORDED = IntakeAnswer("not_recorded")

#: The constraint that a sum breaks which has become too large.
_TOO_LARGE = "spend_total_amount_is_in_range"


def take(
    rows: Sequence[object],
    way: Callable[[IntakeSender, datetime], Way[V, P]],
    *,
    sender: IntakeSender,
    now: datetime,
    keep_good: bool,
) -> Intake:
    """Take rows in, all or none, or with ``keep_good`` those that are good; one transaction.

    A row may be an InvalidSpend, and is then refused as that says.

    Raises:
        InvalidSpend: the sender's source cannot be recorded.
    """
    check_text("source", sender.source, required=True)
    try:
        return _Batch(rows, way(sender, now), sender, now, keep_good=keep_good).take()
    except (StaleTimezoneError, ReportedOtherwise, IntegrityError):
        # A brand has moved, a campaign is gone, or a day was reported in another way since it was
        # looked up: look again.
        pass
    batch = _Batch(rows, way(sender, now), sender, now, keep_good=keep_good)
    try:
        return batch.take()
    except IntegrityError as error:
        if _TOO_LARGE not in str(error):
            raise
        return batch.too_large()


class _TakenBack(Exception):
    """All or none was asked for, and a row turned out to be bad."""


class _Batch(Generic[V, P]):
    def __init__(
        self,
        rows: Sequence[object],
        way: Way[V, P],
        sender: IntakeSender,
        now: datetime,
        *,
        keep_good: bool,
    ) -> None:
        self._rows = rows
        self._way = way
        self._sender = sender
        self._now = now
        self._keep_good = keep_good
        self._answers: list[IntakeAnswer] = [_NOT_RECORDED] * len(rows)
        self._is_bad = False
        #: Rows by their positions: with their campaigns, and those whose reference nobody carries.
        self._known: list[tuple[int, P]] = []
        self._unknown: list[tuple[int, Reference, V]] = []

    def take(self) -> Intake:
        self._place(self._check())
        if self._is_bad and not self._keep_good:
            return self._nothing_recorded()
        if not self._known and not self._unknown:
            return Intake(self._answers, is_recorded=True)
        try:
            with transaction.atomic():
                self._record()
        except _TakenBack:
            return self._nothing_recorded()
        return Intake(self._answers, is_recorded=True)

    def too_large(self) -> Intake:
        """The answer where a sum would have become larger than it may be."""
        error = InvalidSpend(
            "amount",
            None,
            "with all of these, the day or month of a campaign or brand would come to "
            "1,000,000,000,000,000 US dollars or more; check the amounts.",
        )
        self._answers = [
            answer if answer.outcome in _BAD else refused(error) for answer in self._answers
        ]
        return Intake(self._answers, is_recorded=False)

    def _check(self) -> list[tuple[int, CampaignGiven, V]]:
        checked = []
        for i, row in enumerate(self._rows):
            try:
                if isinstance(row, InvalidSpend):
                    raise row
                values = self._way.check(row)
                checked.append((i, _check_given(getattr(row, "campaign", None)), values))
            except InvalidSpend as error:
                self._refuse(i, error)
        return checked

    def _place(self, rows: list[tuple[int, CampaignGiven, V]]) -> None:
        found = _find((given for _, given, _ in rows), self._sender)
        for i, given, values in rows:
            owner = found.get(given)
            try:
                if owner is not None:
                    self._known.append((i, self._way.place(values, owner, given)))
                elif isinstance(given, Reference):
                    self._way.check_has_come_somewhere(values)
                    self._unknown.append((i, given, values))
                else:
                    raise _no_such_campaign(given)
            except InvalidSpend as error:
                self._refuse(i, error)

    def _record(self) -> None:
        kept = self._await_references() if self._unknown else {}
        if self._known:
            recorded = self._way.record([row for _, row in self._known])
            self._answer((i for i, _ in self._known), recorded)
        if self._unknown:
            answers = self._way.keep(
                [
                    Waiting(kept[reference], reference, values)
                    for _, reference, values in self._unknown
                ]
            )
            self._answer((i for i, _, _ in self._unknown), answers)
        if self._is_bad and not self._keep_good:
            raise _TakenBack
        if kept:
            waiting.forget_empty(kept.values())
        self._way.enforce()

    def _await_references(self) -> dict[Reference, int]:
        """Lock the unknown references, and see who carries them by now.

        Matching takes the same locks: a row that is about to wait is seen by it, or sees it here.
        """
        references = {reference: reference for _, reference, _ in self._unknown}
        kept = locks.unknown_references(references, self._sender.brand_ids, self._now)
        found = campaign_lookup.by_reference(references, self._sender.brand_ids)
        if found:
            unknown, self._unknown = self._unknown, []
            for i, reference, values in unknown:
                if (owner := found.get(reference)) is None:
                    self._unknown.append((i, reference, values))
                    continue
                try:
                    self._known.append((i, self._way.place(values, owner, reference)))
                except InvalidSpend as error:
                    self._refuse(i, error)
        return kept

    def _answer(self, positions: Iterable[int], answers: Sequence[IntakeAnswer]) -> None:
        for i, answer in zip(positions, answers, strict=True):
            self._answers[i] = answer
            if answer.outcome in _BAD:
                self._is_bad = True

    def _refuse(self, i: int, error: InvalidSpend) -> None:
        self._answers[i] = refused(error)
        self._is_bad = True

    def _nothing_recorded(self) -> Intake:
        answers = [answer if answer.outcome in _BAD else _NOT_RECORDED for answer in self._answers]
        return Intake(answers, is_recorded=False)


def _check_given(given: object) -> CampaignGiven:
    """How a row names its campaign, if it does."""
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, CampaignNamed):
        check_text("brand", given.brand, required=True)
        check_text("campaign", given.name, required=True)
        return given
    if isinstance(given, Reference):
        check_text("platform", given.platform, required=True)
        check_text("account", given.account)
        check_text("reference", given.reference, required=True)
        check_text("name", given.name)
        return given
    raise InvalidSpend(
        "campaign", given, "give its id, the names of its brand and its own, or a reference."
    )


def _find(given: Iterable[CampaignGiven], sender: IntakeSender) -> dict[Any, Owner]:
    """The campaigns that the sender may know of; one query for each way of naming them."""
    wanted = set(given)
    brands = sender.brand_ids
    return {
        **campaign_lookup.by_id({one for one in wanted if isinstance(one, int)}, brands),
        **campaign_lookup.by_name(
            {one for one in wanted if isinstance(one, CampaignNamed)}, brands
        ),
        **campaign_lookup.by_reference(
            {one for one in wanted if isinstance(one, Reference)}, brands
        ),
    }


def _no_such_campaign(given: int | CampaignNamed) -> InvalidSpend:
    if isinstance(given, int):
        return campaign_lookup.no_such_id(given)
    return InvalidSpend("campaign", given, "there is no campaign of this name in this brand.")
