"""The interface of an ad platform."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from django.db.models import QuerySet

from ads.models import Campaign


@dataclass(frozen=True, slots=True)
class Account:
    """An account on a platform: one brand's campaigns, the timezone of its days, its currency.

    ``currency`` is an ISO 4217 code, or "" where the platform does not say. Totals of an account in
    another currency than its brand's are refused.
    """

    brand_id: int
    name: str
    timezone: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class KnownAs:
    """A campaign by its ID on the platform.

    ``account`` is empty where the platform's IDs are unique without one; ``name`` is the campaign's
    name there, for people to recognise.
    """

    account: str
    reference: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ObservedTotal:
    """A campaign's cost on a local day at ``observed_at``.

    Platforms that do not keep our IDs give their own, which is matched with the campaigns'
    references under the platform's ``source``; the total waits until one matches.
    """

    campaign: int | KnownAs
    date: date
    amount: Decimal
    observed_at: datetime
    #: Of its account.
    currency: str = ""


class AdPlatform(Protocol):
    """A platform on which campaigns run.

    Any method may fail like a network. The caller continues with the other accounts and asks again
    at the next tick, so a platform neither retries for long nor hides a failure.
    """

    @property
    def source(self) -> str:
        """The source of its totals in the ledger; changing it would count spend twice."""
        ...

    def accounts(self) -> Sequence[Account]:
        """The accounts that have totals, at most one per brand."""
        ...

    def day_totals(
        self,
        account: Account,
        campaigns: QuerySet[Campaign],
        days: Collection[date],
        *,
        now: datetime,
    ) -> Iterable[ObservedTotal]:
        """The costs so far of the account's ``campaigns`` on each of ``days`` (local dates).

        ``days`` are today and yesterday, and earlier ones for which the account did not answer.
        Campaigns without cost may be left out.
        """
        ...

    def out_of_step(self, campaigns: QuerySet[Campaign]) -> dict[int, bool]:
        """Those of ``campaigns`` whose state there differs from ``is_active``.

        IDs with ``is_active``: True is to be switched on. It is called at every tick, so it should
        cost little when nothing differs.
        """
        ...

    def switch(self, campaign_ids: Collection[int], *, is_on: bool, now: datetime) -> None:
        """Run or stop these campaigns; those already so stay unchanged."""
        ...
