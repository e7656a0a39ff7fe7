"""An export is of one instant, however large, and leaves nothing behind."""

import tracemalloc

import pytest
from django.db import DatabaseError, connection

from ads.models import Campaign, Spend
from ads.services.exports.kinds import Kind, Wanted, choose
from ads.services.exports.stream import AT_A_TIME, Stream
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.exports.support import many_entries, read
from ads.tests.support import NOON, at_once, execute, spend

pytestmark = pytest.mark.django_db

#: An export reads in a transaction of its own; a test that is in one itself hides that.
for_real = pytest.mark.django_db(transaction=True)


@for_real
def test_what_is_recorded_meanwhile_is_not_in_it() -> None:
    campaign = CampaignFactory.create(name="Before")
    many_entries(campaign, 3 * AT_A_TIME)
    stream = Stream(choose(Kind.SPEND, Wanted(), NOON))

    def meanwhile() -> None:
        many_entries(campaign, 10)
        Campaign.objects.filter(pk=campaign.pk).update(name="After")

    with at_once() as start:
        start(meanwhile)
    rows = read(stream)

    assert len(rows) == 3 * AT_A_TIME
    assert {row["campaign"] for row in rows} == {"Before"}
    assert Spend.objects.count() == 3 * AT_A_TIME + 10


@for_real
def test_sums_and_names_of_summaries_are_of_one_instant() -> None:
    brand = BrandFactory.create()
    CampaignFactory.create_batch(2, brand=brand)
    execute(
        "INSERT INTO ads_campaign (brand_id, name, status)"
        " SELECT %s, 'Many ' || i, 'active' FROM generate_series(1, %s) AS i",
        [brand.pk, 2 * AT_A_TIME],
    )
    last = Campaign.objects.order_by("name").last()
    assert last is not None
    stream = Stream(choose(Kind.SUMMARIES, Wanted(), NOON))

    with at_once() as start:
        start(lambda: spend(last, 5, NOON))
    rows = read(stream)

    assert len(rows) == 2 * AT_A_TIME + 3
    assert {row["daily_spend"] for row in rows} == {"0.00"}


@for_real
def test_a_connection_that_is_lost_breaks_it_off() -> None:
    many_entries(CampaignFactory.create(), 5 * AT_A_TIME)
    stream = Stream(choose(Kind.SPEND, Wanted(), NOON))
    assert next(stream)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()

    with at_once() as start:
        start(lambda: execute("SELECT pg_terminate_backend(%s)", [backend]))

    with pytest.raises(DatabaseError):
        list(stream)
    connection.close()


@for_real
def test_one_that_is_not_wanted_any_more_leaves_no_transaction_open() -> None:
    many_entries(CampaignFactory.create(), 5 * AT_A_TIME)
    stream = Stream(choose(Kind.SPEND, Wanted(), NOON))
    next(stream)
    assert connection.in_atomic_block

    stream.close()

    assert not connection.in_atomic_block
    many_entries(Campaign.objects.get(), 1)  # not read-only any more


@for_real
def test_its_memory_does_not_grow_with_its_size() -> None:
    campaign = CampaignFactory.create()

    def peak() -> int:
        tracemalloc.start()
        for _ in Stream(choose(Kind.SPEND, Wanted(), NOON)):
            pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    many_entries(campaign, 2 * AT_A_TIME)
    peak()
    small = peak()
    many_entries(campaign, 18 * AT_A_TIME)

    assert peak() < 1.2 * small
