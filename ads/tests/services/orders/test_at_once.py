"""Decisions, answers and looks at a platform at the same time, on real connections."""

from functools import partial

import pytest

from ads.models import Campaign, PlatformAccount, PlatformCampaign, SwitchOrder
from ads.platforms.interface import Account, RemoteCampaign
from ads.services import orders
from ads.services.delivery import lifecycle
from ads.services.platforms import campaigns
from ads.tests.factories import CampaignFactory, PlatformAccountFactory
from ads.tests.services.orders.scripted import Scripted, on_platform
from ads.tests.support import NOON, at_once, await_blocked, enforce_all, held_open

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 12
ROUNDS = 6


def test_the_last_decision_is_told_whatever_happens_meanwhile() -> None:
    account = PlatformAccountFactory.create()
    its = Account(account.remote_id, account.name)
    ours = [CampaignFactory.create() for _ in range(MANY)]
    enforce_all(NOON)
    for number, campaign in enumerate(ours):
        on_platform(campaign, str(number), account)

    def decide(part: list[Campaign]) -> None:
        for turn in range(ROUNDS):
            for campaign in part if turn % 2 else reversed(part):
                row = Campaign.objects.get(pk=campaign.pk)
                switch = lifecycle.pause if turn % 2 == 0 else lifecycle.activate
                switch(row, now=NOON)

    def tell() -> None:
        for _ in range(ROUNDS * 3):
            orders.tell(account.pk, lambda _: (Scripted(), its), lambda: NOON)

    def look() -> None:
        for _ in range(ROUNDS * 3):
            there = PlatformCampaign.objects.filter(account=account).order_by("-remote_id")
            seen = [
                RemoteCampaign(pk, "", is_on)
                for pk, is_on in there.values_list("remote_id", "is_on")
            ]
            campaigns.keep(account, seen, NOON)
            orders.put_right(account.pk, NOON)

    with at_once() as start:
        for work in (partial(decide, ours[:6]), partial(decide, ours[6:]), tell, tell, look):
            start(work)
    PlatformAccount.objects.update(telling_until=None)
    orders.tell(account.pk, lambda _: (Scripted(), its), lambda: NOON)

    assert all(row.is_active for row in Campaign.objects.all())
    assert all(row.is_on for row in PlatformCampaign.objects.all())
    assert not SwitchOrder.objects.filter(state__in=["pending", "unknown"]).exists()


def test_an_order_is_not_told_again_beside_the_decision_that_follows_it() -> None:
    campaign = CampaignFactory.create()
    enforce_all(NOON)
    on_platform(campaign, "1")
    lifecycle.pause(campaign, now=NOON)
    SwitchOrder.objects.update(state="refused")
    order = SwitchOrder.objects.get()
    said: list[bool] = []

    with held_open(lambda: lifecycle.activate(campaign, now=NOON)) as commit, at_once() as start:
        start(lambda: said.append(orders.tell_again(order, NOON)))
        await_blocked()
        commit()

    assert said == [False]
    found = SwitchOrder.objects.order_by("pk").values_list("is_on", "state")
    assert list(found) == [(False, "refused"), (True, "pending")]
