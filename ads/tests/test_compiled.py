"""SQL that is put together once decides on each campaign and at each instant as if made for it."""

import gc
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import DateTimeField, Q, QuerySet, Value

from ads.holds import Moment, as_array, compiled, with_holds
from ads.holds.budget_sums import GroupFigures
from ads.models import Campaign
from ads.models.spend import Period
from ads.services.delivery import check, preview_switches
from ads.services.delivery.allowances import Terms, allow
from ads.services.delivery.decision import _evaluated
from ads.services.locks import among
from ads.tests.factories import BudgetGroupFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, spend, spend_in_sql

pytestmark = pytest.mark.django_db

OFFICE_HOURS = [(2, "09:00", "17:00")]


def the_same_either_way(campaigns: list[Campaign], now: Any) -> list[tuple[int, bool]]:
    """What is to switch, by ids and by a queryset that is built for these alone."""
    ids = [campaign.pk for campaign in campaigns]
    by_ids = list(preview_switches(ids, now))
    assert by_ids == list(preview_switches(Campaign.objects.filter(pk__in=ids), now))
    return [(decision.campaign_id, decision.is_active) for decision in by_ids]


def test_each_campaign_is_decided_on_at_each_instant_as_if_alone() -> None:
    spent = CampaignFactory.create(daily_budget=10)
    spend(spent, 10, NOON)
    lawful = CampaignFactory.create(schedules=[ScheduleFactory.create(windows=OFFICE_HOURS)])
    free = CampaignFactory.create()
    Campaign.objects.update(is_active=True)

    for campaigns, now, expected in (
        ([spent, lawful, free], NOON, [spent]),
        ([spent, lawful, free], NOON + timedelta(hours=6), [spent, lawful]),
        ([spent, free], NOON + timedelta(days=1), []),
        ([lawful], NOON + timedelta(days=1), [lawful]),
        ([spent], NOON, [spent]),
    ):
        stops = [(campaign.pk, False) for campaign in expected]
        assert the_same_either_way(campaigns, now) == stops


def test_the_sql_for_one_campaign_serves_another_and_a_later_instant_of_the_day() -> None:
    compiled._sql.cache_clear()
    first, second = CampaignFactory.create_batch(2)
    list(preview_switches([first.pk], NOON))
    before = compiled._sql.cache_info()

    list(preview_switches([second.pk], NOON + timedelta(minutes=5)))
    list(preview_switches([first.pk], NOON + timedelta(days=1)))

    after = compiled._sql.cache_info()
    assert (after.hits - before.hits, after.misses - before.misses) == (1, 1)


def test_the_sql_for_campaigns_of_a_group_serves_while_its_budget_is_not_used_up() -> None:
    compiled._sql.cache_clear()
    group = BudgetGroupFactory.create(daily_budget=10)
    first, second = CampaignFactory.create_batch(2, brand=group.brand, budget_group=group)
    Campaign.objects.update(is_active=True)
    found = []
    for campaign, amount in ((first, 4), (second, 5), (first, 1), (second, 1)):
        spend_in_sql(campaign, str(amount), NOON.date())
        found.append(the_same_either_way([campaign], NOON))

    assert found == [[], [], [(first.pk, False)], [(second.pk, False)]]
    used = compiled._sql.cache_info()
    assert (used.hits, used.misses) == (2, 2)


def test_the_figures_of_groups_are_not_kept_with_the_sql() -> None:
    compiled._sql.cache_clear()
    group = BudgetGroupFactory.create(daily_budget=10)
    CampaignFactory.create(brand=group.brand, budget_group=group)

    check(NOON)

    gc.collect()
    assert compiled._sql.cache_info().currsize > 0
    assert [each for each in gc.get_objects() if isinstance(each, GroupFigures)] == []


def test_sql_with_thousands_of_ids_is_not_kept() -> None:
    compiled._sql.cache_clear()
    campaign = CampaignFactory.create(daily_budget=10)
    moment = Moment.at(NOON, Campaign.objects.all())
    many = replace(moment, reached_totals=[campaign.pk, *range(-10_000, 0)])

    for now in (moment, many):
        compiled.sql(_evaluated, now)

    assert compiled._sql.cache_info().currsize == 1


def test_sql_that_reads_the_instant_serves_another_with_that_instant() -> None:
    compiled._sql.cache_clear()
    campaign = CampaignFactory.create()
    moment = Moment.at(NOON, Campaign.objects.all())

    later = replace(moment, now=NOON + timedelta(hours=1))
    found = [compiled.rows(_at, each, [campaign.pk]) for each in (moment, later)]

    assert found == [[(NOON,)], [(later.now,)]]
    assert compiled._sql.cache_info().currsize == 1


def test_an_allowance_that_ends_is_out_at_its_end_with_the_same_sql() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend(campaign, 10, NOON)
    an_hour = NOON + timedelta(hours=1)
    allow(campaign, Terms(Period.DAY, Decimal(5), an_hour, "x"), now=NOON)
    compiled._sql.cache_clear()
    moment = Moment.at(NOON, Campaign.objects.all())

    ends = Value(NOON, output_field=DateTimeField())
    limits = [
        compiled.rows(_limit, replace(moment, now=now, allowances_end=ends), [campaign.pk])
        for now in (NOON, an_hour - timedelta(seconds=1), an_hour)
    ]

    assert limits == [[(Decimal(15),)], [(Decimal(15),)], [(Decimal(10),)]]
    assert compiled._sql.cache_info().currsize == 1


@pytest.mark.parametrize(
    "compute",
    [
        lambda now: now - timedelta(minutes=5),
        lambda now: now + timedelta(minutes=5),
        lambda now: NOON - now,
        lambda now: now.astimezone(UTC),
        lambda now: now.date(),
        lambda now: now > NOON,
    ],
)
def test_sql_in_which_the_instant_was_computed_with_is_refused(
    compute: Callable[[datetime], Any],
) -> None:
    moment = Moment.at(NOON, Campaign.objects.all())

    def computed(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[Campaign, Any]:
        return campaigns.annotate(at=Value(str(compute(moment.now)))).values_list("at")

    with pytest.raises(TypeError, match="the instant as a parameter"):
        compiled.rows(computed, moment)


def _at(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[Campaign, Any]:
    # Django copies expressions now and then.
    at = deepcopy(Value(moment.now, output_field=DateTimeField()))
    return campaigns.annotate(at=at).values_list("at")


def _limit(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[Campaign, Any]:
    evaluated: QuerySet[Any] = with_holds(campaigns, moment)
    return evaluated.values_list("daily_limit")


def test_a_moment_and_the_sums_are_of_the_campaigns_alone_however_they_are_chosen() -> None:
    here = CampaignFactory.create(brand__timezone="Europe/Berlin", daily_budget=10)
    there = CampaignFactory.create(brand__timezone="Asia/Tokyo", daily_budget=20)
    spend_in_sql(here, "12", NOON.date())
    spend_in_sql(there, "23", NOON.date())
    Campaign.objects.update(is_active=True)
    every, both = Campaign.objects.order_by("pk"), as_array([here.pk, there.pk])
    berlin, tokyo = ("Europe/Berlin", Decimal(12)), ("Asia/Tokyo", Decimal(23))

    for campaigns, expected in (
        (every.filter(pk__any_of=as_array([here.pk])), [berlin]),
        (every.filter(pk__any_of=both), [berlin, tokyo]),
        (every.filter(pk__any_of=both, name=there.name), [tokyo]),
        (every.filter(pk__any_of=both).exclude(pk=here.pk), [tokyo]),
        (every.exclude(pk__any_of=as_array([here.pk])), [tokyo]),
        (every.filter(~Q(pk__any_of=as_array([here.pk]))), [tokyo]),
        (every.filter(Q(pk__any_of=as_array([here.pk])) | Q(pk=there.pk)), [berlin, tokyo]),
        (every.filter(brand__pk__any_of=as_array([there.brand_id])), [tokyo]),
        (every.filter(pk__in=among([there.pk])), [tokyo]),
    ):
        zones = [zone for those in Moment.at(NOON, campaigns).dates.values() for zone in those]
        assert sorted(zones) == sorted(zone for zone, _ in expected)
        stops = preview_switches(campaigns, NOON)
        assert [stop.figures["daily_spend"] for stop in stops] == [spent for _, spent in expected]
