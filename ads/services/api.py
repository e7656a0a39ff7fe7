"""The Python API for scripts and shells.

It reads the clock, once a call, and passes it on. Everything below takes ``now``.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone

from ads.holds import schedules_as_rules
from ads.models import (
    Allowance,
    Brand,
    Campaign,
    CampaignReference,
    DaypartingSchedule,
    Spend,
    SpendBatch,
)
from ads.models.spend import Kind, Period
from ads.rules import dayparting
from ads.rules.allowances import Terms
from ads.services import batches, campaign_lookup
from ads.services.batches import Undone, UndoPreview
from ads.services.campaign_lookup import Reference
from ads.services.delivery import allowances, lifecycle
from ads.services.explain import explanation
from ads.services.ledger import (
    Answer,
    DayTotal,
    OnOverlap,
    Recorded,
    SpendEntry,
    record,
    record_all,
    record_one,
    summaries,
)
from ads.services.operations import require_clock
from ads.services.references import registry


def _now() -> datetime:
    """The time for what changes something.

    Raises:
        ClockDiffers: this process's clock and the database's differ too much.
    """
    require_clock()
    return timezone.now()


class BudgetService:
    """Recording spend; spend and remaining budgets."""

    @staticmethod
    def record_spend(
        campaign: Campaign,
        amount: object,
        description: str = "",
        *,
        date: date | None = None,
        occurred_at: datetime | None = None,
        source: str = "manual",
        external_id: str | None = None,
    ) -> Spend:
        """Record one entry; when it returns, every campaign that had to stop has stopped.

        Args:
            campaign: the campaign, whatever its status: the money was spent.
            amount: in the brand's currency: a Decimal, an int or plain decimal text; zero or
                more, at most six places. Zero leaves the ledger as it is.
            description: what it was for.
            date: the accounting day; left out, the brand's local date of ``occurred_at``.
            occurred_at: an instant (aware); left out, now.
            source: who reports it.
            external_id: the source's own id of it; the same id again is recorded once.

        Returns:
            The ledger entry; with a repeated ``external_id``, the one recorded first. For an
            amount of zero, one that was not saved (``pk`` is None).

        Raises:
            InvalidSpend: the amount, the date or a text cannot be recorded.
            SpendConflict: ``external_id`` had been recorded with other content.
        """
        entry = SpendEntry(campaign, amount, description, date, occurred_at, external_id)
        return record_one(entry, source=source, now=_now())

    @staticmethod
    def record_batch(entries: Sequence[SpendEntry], *, source: str) -> list[Answer]:
        """Record many entries in one transaction, all or none; answers in the same order.

        Raises:
            InvalidSpend, SpendConflict: as :meth:`record_spend`; then nothing was recorded.
        """
        return list(record_all(entries, source=source, now=_now()).answers)

    @staticmethod
    def record_correction(
        campaign: Campaign, amount: object, description: str, *, date: date
    ) -> Spend:
        """Correct the ledger by an entry that may be negative and says why.

        Args:
            campaign: whose spend is corrected.
            amount: in the brand's currency, negative to take spend back.
            description: why; required.
            date: the accounting day that was wrong.

        Raises:
            InvalidSpend: the amount, the date or the description cannot be recorded.
        """
        entry = SpendEntry(campaign, amount, description, date)
        return record_one(entry, source="correction", now=_now(), kind=Kind.CORRECTION)

    @staticmethod
    def preview_undo(batch: SpendBatch) -> UndoPreview:
        """What :meth:`undo_batch` would do; nothing is changed."""
        return batches.preview(batch, now=timezone.now())

    @staticmethod
    def undo_batch(batch: SpendBatch, reason: str) -> Undone:
        """Take back an import, a match or a request as a whole, by corrections, once.

        Raises:
            InvalidSpend: ``reason`` is missing or too long.
            CannotUndo: later records stand on it, or it was undone before; nothing was changed.
        """
        return batches.undo(batch, reason=reason, now=_now())

    @staticmethod
    def report_day_total(
        campaign: Campaign,
        date: date,
        amount: object,
        *,
        source: str,
        observed_at: datetime,
        on_overlap: OnOverlap | None = None,
    ) -> Answer:
        """Record what ``source`` observed ``campaign`` to have cost so far on ``date``.

        The ledger gets the difference to what that source has reported for that day. An older
        observation never overrides a newer one.

        Args:
            campaign: the campaign, whatever its status.
            date: the accounting day.
            amount: what it has cost so far: a Decimal, an int or plain decimal text; zero or more.
            source: who reports it.
            observed_at: when it looked (aware).
            on_overlap: what becomes of it if another source has reported the day: both count
                (``ADD``), the other's is taken back (``REPLACE``), or it is not recorded
                (``SKIP``). Once it counts, later reports need it no more.

        Raises:
            InvalidSpend: the amount, the date, ``source`` or ``observed_at`` cannot be recorded.
            Overlap: another source has reported the day, and ``on_overlap`` is None.
        """
        total = DayTotal(campaign, date, amount, observed_at)
        (answer,) = BudgetService.report_day_totals([total], source=source, on_overlap=on_overlap)
        return answer

    @staticmethod
    def report_day_totals(
        totals: Sequence[DayTotal], *, source: str, on_overlap: OnOverlap | None = None
    ) -> list[Answer]:
        """Record many day totals in one transaction, all or none; answers in the same order.

        Raises:
            InvalidSpend, Overlap: as :meth:`report_day_total`; then nothing was recorded.
        """
        now = _now()
        recorded = record_all(
            totals, source=source, now=now, kind=Kind.DAY_TOTAL, on_overlap=on_overlap
        )
        return list(recorded.answers)

    @staticmethod
    def take_entries(
        rows: Sequence[SpendEntry], *, source: str, keep_good: bool = False
    ) -> Recorded:
        """Record many entries in one transaction, with an answer for each instead of an exception.

        Spend under a platform ID that no campaign has waits until one does.

        Args:
            rows: the entries.
            source: who reports them.
            keep_good: record the good entries although others are bad; else all or none.

        Raises:
            InvalidSpend: ``source`` cannot be recorded.
        """
        return record(rows, source=source, now=_now(), keep_good=keep_good)

    @staticmethod
    def take_corrections(
        rows: Sequence[SpendEntry], *, source: str, keep_good: bool = False
    ) -> Recorded:
        """The same for corrections, which must have a day and a reason."""
        now = _now()
        return record(rows, source=source, now=now, kind=Kind.CORRECTION, keep_good=keep_good)

    @staticmethod
    def take_day_totals(
        rows: Sequence[DayTotal],
        *,
        source: str,
        keep_good: bool = False,
        on_overlap: OnOverlap | None = None,
    ) -> Recorded:
        """The same for day totals; ``on_overlap`` as for :meth:`report_day_total`."""
        now = _now()
        return record(
            rows,
            source=source,
            now=now,
            kind=Kind.DAY_TOTAL,
            keep_good=keep_good,
            on_overlap=on_overlap,
        )

    @staticmethod
    def get_brand_summary(brand: Brand) -> summaries.BrandSummary:
        """A brand's spend, budgets, limits and what is left of them, in its own day and month."""
        return summaries.of_brand(brand.fresh(), timezone.now())

    @staticmethod
    def get_campaign_summary(campaign: Campaign) -> summaries.CampaignSummary:
        """The same for a campaign, in its brand's day and month."""
        return summaries.of_campaign(campaign, timezone.now())

    @staticmethod
    def get_daily_spend(owner: Brand | Campaign) -> Decimal:
        """What a brand or a campaign has spent today (its brand's day)."""
        return summaries.figures(owner, Period.DAY, timezone.now()).amount

    @staticmethod
    def get_monthly_spend(owner: Brand | Campaign) -> Decimal:
        """What a brand or a campaign has spent this month."""
        return summaries.figures(owner, Period.MONTH, timezone.now()).amount

    @staticmethod
    def get_daily_remaining(owner: Brand | Campaign) -> Decimal | None:
        """What is left of today's limit, at least zero; None without a budget."""
        return summaries.figures(owner.fresh(), Period.DAY, timezone.now()).remaining

    @staticmethod
    def get_monthly_remaining(owner: Brand | Campaign) -> Decimal | None:
        """What is left of the month's limit, at least zero; None without a budget."""
        return summaries.figures(owner.fresh(), Period.MONTH, timezone.now()).remaining

    @staticmethod
    def is_budget_available(owner: Brand | Campaign) -> bool:
        """Is neither the daily nor the monthly budget used up? Leaves its brand's out."""
        now = timezone.now()
        fresh = owner.fresh()
        return all(summaries.figures(fresh, period, now).is_available for period in Period)

    @staticmethod
    def reset_daily_spend(owner: Brand | Campaign) -> bool:
        """Allow today what was spent so far, so that it runs on; False: there was nothing.

        Spend stays as it is; the limit is raised.
        """
        return BudgetService.let_run_on(owner, reason="reset_daily_spend") is not None

    @staticmethod
    def reset_monthly_spend(owner: Brand | Campaign) -> bool:
        """The same for this month."""
        reason = "reset_monthly_spend"
        return BudgetService.let_run_on(owner, period=Period.MONTH, reason=reason) is not None

    @staticmethod
    def let_run_on(
        owner: Brand | Campaign,
        amount: object = None,
        *,
        reason: str,
        period: str = Period.DAY,
        until: datetime | str | None = None,
    ) -> Allowance | None:
        """Let a brand or a campaign spend more than its budget in its current day or month.

        Args:
            owner: whose limit is raised; a brand's is that of all its campaigns together.
            amount: beyond the budget, in its currency: a Decimal, an int or plain decimal text;
                left out, what has been spent so far.
            reason: why; required.
            period: ``"day"`` or ``"month"``: which budget.
            until: when it ends: an aware datetime, or text such as "18:00" (in the brand's
                timezone); left out, the end of the day or month.

        Returns:
            The allowance; None where nothing has been spent that counts, and no amount is given.

        Raises:
            InvalidAllowance: a value cannot be used; ``field`` names it.
            UnknownTimezone: the brand's timezone is invalid.
        """
        terms = Terms.given(period, amount, until, reason)
        return allowances.allow(owner, terms, now=_now())

    @staticmethod
    def undo_allowance(allowance: Allowance) -> None:
        """Take an allowance back; campaigns over what is left of their limits stop.

        Raises:
            AllowanceOver: it has ended, or has been undone.
        """
        allowances.undo(allowance, now=_now())


class CampaignService:
    """Which campaigns run, and why others do not."""

    @staticmethod
    def should_campaign_be_active(campaign: Campaign) -> tuple[bool, list[str]]:
        """May it deliver now, and if not, why: one sentence for each hold."""
        reasons = explanation.reasons(campaign, timezone.now())
        return not reasons, reasons

    @staticmethod
    def explain(campaign: Campaign) -> explanation.Explanation:
        """Every hold that applies now: code, sentence, when it lifts; and when all are gone."""
        return explanation.explain(campaign, timezone.now())

    @staticmethod
    def activate(campaign: Campaign) -> bool:
        """Set the status to active. True: it delivers now; False: it is archived, or on hold."""
        return lifecycle.activate(campaign, now=_now())

    @staticmethod
    def pause(campaign: Campaign) -> bool:
        """Set the status to paused. True: it is; False: it is completed or archived."""
        return lifecycle.pause(campaign, now=_now())

    @staticmethod
    def get_active_campaigns(brand: Brand) -> QuerySet[Campaign]:
        """The brand's campaigns that deliver now."""
        return brand.campaigns.filter(is_active=True)

    @staticmethod
    def add_reference(
        campaign: Campaign, platform: str, reference: str, *, account: str = ""
    ) -> CampaignReference:
        """Give the campaign a platform ID, if it has not; returns it.

        Its waiting spend is recorded when the transaction commits.

        Raises:
            InvalidReference: a part cannot be used, or another campaign has it.
        """
        return registry.add(campaign, Reference(platform, account, reference))

    @staticmethod
    def find_by_reference(platform: str, reference: str, *, account: str = "") -> Campaign | None:
        """The campaign with this platform ID, if any."""
        wanted = Reference(platform, account, reference)
        owner = campaign_lookup.by_reference([wanted]).get(wanted)
        return owner and Campaign.objects.select_related("brand").get(pk=owner.campaign_id)


class DaypartingService:
    """Schedules and their hours."""

    @staticmethod
    def is_active_now(schedule: DaypartingSchedule) -> bool:
        """Is it switched on, valid on its local date, and has it a window open now?"""
        (rule,) = schedules_as_rules(DaypartingSchedule.objects.filter(pk=schedule.pk))
        return dayparting.is_open([rule], timezone.now())

    @staticmethod
    def next_opening(campaign: Campaign) -> datetime | None:
        """When the campaign's schedules next let it run (UTC; now if they do); None: never."""
        schedules = schedules_as_rules(DaypartingSchedule.objects.filter(campaigns=campaign))
        return dayparting.next_opening(schedules, timezone.now())
