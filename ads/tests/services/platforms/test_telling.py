"""Platforms are told which campaigns to run and to stop, and one that fails holds up no other."""

from datetime import timedelta
from typing import Any

import pytest

from ads.models import Campaign, PlatformAccount, PlatformCampaign
from ads.platforms.interface import Refused, Unknown, Unreachable
from ads.services.platforms import sync_platforms
from ads.tests.factories import CampaignFactory
from ads.tests.platforms.doubles import NOON, Scripted, account, connection, known_as

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def there(its: PlatformAccount, reference: str, *, is_on: bool) -> Campaign:
    """A campaign that is to run, and that runs on the platform or not."""
    campaign = CampaignFactory.create()
    known_as(campaign, reference, account=its.remote_id)
    PlatformCampaign.objects.create(
        account=its, remote_id=reference, is_on=is_on, seen_at=NOON - MINUTE
    )
    return campaign


def decided(campaign: Campaign, *, is_active: bool) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(is_active=is_active)


def test_one_id_that_is_refused_holds_up_no_other_and_stops_come_first(platform: Scripted) -> None:
    its = account(connection())
    decided(there(its, "7", is_on=False), is_active=True)
    for reference in ("8", "9"):
        decided(there(its, reference, is_on=True), is_active=False)
    decided(there(its, "10", is_on=True), is_active=True)
    platform.answers = {"8": Refused("404", "There is no such campaign.")}

    synced = sync_platforms(NOON)

    assert (synced.started, synced.stopped, synced.errors) == (1, 1, ())
    assert platform.switched == [("1", {"8": False, "9": False}), ("1", {"7": True})]
    rows = PlatformCampaign.objects.order_by("remote_id").values_list("remote_id", "is_on")
    assert dict(rows) == {"7": True, "8": True, "9": False, "10": True}

    platform.answers = {"8": Unknown("No answer.")}
    assert sync_platforms(NOON + MINUTE).stopped == 0
    platform.answers = {}
    assert sync_platforms(NOON + MINUTE).stopped == 1


def test_an_account_that_cannot_be_told_holds_up_no_other(platform: Scripted) -> None:
    of = connection()
    for n in ("1", "2"):
        decided(there(account(of, n), "7", is_on=True), is_active=False)

    def down() -> None:
        raise Unreachable("No answer.")

    platform.before["switch 1"] = down

    synced = sync_platforms(NOON)

    assert (synced.stopped, synced.errors) == (1, ("Account 1 (scripted): No answer.",))
    assert platform.switched == [("2", {"7": False})]


def test_nothing_is_told_by_connections_that_only_read_or_do_not_work(platform: Scripted) -> None:
    useless: list[dict[str, Any]] = [{"is_read_only": True}, {"state": "refused"}]
    for n, given in enumerate(useless):
        its = account(connection(f"Connection {n}", **given), str(n))
        decided(there(its, "7", is_on=True), is_active=False)
    its = account(connection("Not read"), "9", is_read=False)
    decided(there(its, "7", is_on=True), is_active=False)

    assert sync_platforms(NOON).stopped == 0
    assert platform.switched == []
