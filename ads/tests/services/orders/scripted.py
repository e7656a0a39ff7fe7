"""A platform on which campaigns are switched as a test says, and what it was told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from ads.models import Campaign, CampaignReference, PlatformAccount, PlatformCampaign
from ads.platforms.interface import (
    Account,
    CapAnswer,
    Confirmed,
    Costs,
    PlatformError,
    RemoteCampaign,
    SwitchAnswer,
)
from ads.tests.factories import PlatformAccountFactory
from ads.tests.support import NOON


@dataclass
class Scripted:
    """See :class:`ads.platforms.interface.Connector`; it confirms whatever it is told."""

    platform: str = "scripted"
    gives_hours: bool = False
    #: By ID, what it answers instead; the answers of one ID in turn, the last for good. None: not a
    #: word about it.
    answers: dict[str, list[SwitchAnswer | None]] = field(default_factory=dict)
    #: Raised once, by the next call.
    fails: PlatformError | None = None
    #: Called once while it is being told, before it answers.
    meanwhile: Callable[[], object] | None = None
    told: list[dict[str, bool]] = field(default_factory=list)
    is_closed: bool = False

    def accounts(self) -> list[Account]:
        raise NotImplementedError

    def campaigns(self, account: Account) -> list[RemoteCampaign]:
        raise NotImplementedError

    def costs(
        self, account: Account, since: date, until: date, *, now: datetime, by_hour: bool = False
    ) -> Costs:
        raise NotImplementedError

    def account_totals(
        self, account: Account, since: date, until: date, *, now: datetime
    ) -> Mapping[date, Decimal]:
        raise NotImplementedError

    def switch(
        self,
        account: Account,  # noqa: ARG002
        orders: Mapping[str, bool],
        *,
        now: datetime,  # noqa: ARG002
    ) -> Mapping[str, SwitchAnswer]:
        self.told.append(dict(orders))
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        error, self.fails = self.fails, None
        if error is not None:
            raise error
        answers = {pk: self._answer(pk, is_on=is_on) for pk, is_on in orders.items()}
        return {pk: answer for pk, answer in answers.items() if answer is not None}

    def _answer(self, remote_id: str, *, is_on: bool) -> SwitchAnswer | None:
        scripted = self.answers.get(remote_id)
        if not scripted:
            return Confirmed("ENABLED" if is_on else "PAUSED")
        return scripted.pop(0) if len(scripted) > 1 else scripted[0]

    def set_cap(
        self,
        account: Account,
        campaign: str,
        amount: Decimal,
        *,
        is_expected: Callable[[Decimal], bool],
        now: datetime,
    ) -> CapAnswer:
        raise NotImplementedError

    def close(self) -> None:
        self.is_closed = True


def on_platform(
    campaign: Campaign,
    remote_id: str,
    account: PlatformAccount | None = None,
    *,
    is_on: bool = True,
) -> PlatformAccount:
    """Put ``campaign`` on an account there, under this ID."""
    account = account or PlatformAccountFactory.create()
    CampaignReference.objects.create(
        campaign=campaign,
        platform=account.platform,
        account=account.remote_id,
        reference=remote_id,
    )
    PlatformCampaign.objects.create(account=account, remote_id=remote_id, is_on=is_on, seen_at=NOON)
    return account
