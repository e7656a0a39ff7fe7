"""What an ad platform can do for us."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from django.db.models import QuerySet

from ads.models import Campaign


@dataclass(frozen=True, slots=True)
class Account:
    """An account on a platform: the campaigns of one brand, and the timezone of its days."""

    brand_id: int
    name: str
    timezone: str


@dataclass(frozen=True, slots=True)
class KnownAs:
    """A campaign by what the platform itself calls it.

    ``account`` is empty where the platform's ids are unique without one; ``name`` is what it calls
    the campaign in words, for people to recognise it by.
    """

    account: str
    reference: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ObservedTotal:
    """What a campaign had cost (US dollars) on a local day when the platform was asked.

    A platform that does not keep our ids says what it knows the campaign by. Whose that is, the
    campaigns' references tell, under the platform's ``source``; as long as none does, it waits.
    """

    campaign: int | KnownAs
    date: date
    amount: Decimal
    observed_at: datetime


class AdPlatform(Protocol):
    """A platform on which campaigns run.

    Any method may fail as a network does. The caller goes on with the other accounts and asks
    again at the next tick, so a platform neither retries for long nor hides a failure.
    """

    @property
    def source(self) -> str:
        """Under which its totals are recorded; were it to change, spend would count twice."""
        ...

    def accounts(self) -> Sequence[Account]:
        """The accounts that can be asked for totals, one a brand at most."""
        ...

    def day_totals(
        self,
        account: Account,
        campaigns: QuerySet[Campaign],
        days: Collection[date],
        *,
        now: datetime,
    ) -> Iterable[ObservedTotal]:
        """What ``campaigns`` (of the account) have cost so far on each of ``days`` (local dates).

        ``days`` are today and yesterday, and those before on which the account could not be read.
        Campaigns that cost nothing on a day may be left out.
        """
        ...

    def out_of_step(self, campaigns: QuerySet[Campaign]) -> dict[int, bool]:
        """Those of ``campaigns`` that run there and should not, or the other way round.

        Ids, each with what ``is_active`` says: True is to be switched on. One query that costs
        little when nothing differs, for it is asked at every tick.
        """
        ...

    def switch(self, campaign_ids: Collection[int], *, is_on: bool, now: datetime) -> None:
        """Run these campaigns, or stop them; one that is so already stays as it is."""
        ...
