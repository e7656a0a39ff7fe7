"""SQL that is put together once decides on each campaign and at each instant as if made for it."""

import gc
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, Q, QuerySet, Value

from ads.holds import Moment, as_array, compiled
from ads.holds.budget_sums import GroupFigures
from ads.models import Campaign
from ads.services.delivery import check, preview_switches
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


def test_a_condition_that_reads_the_instant_is_never_reused_unnoticed() -> None:
    CampaignFactory.create()
    moment = Moment.at(NOON, Campaign.objects.all())

    def created_before(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[Campaign, Any]:
        at = Value(moment.now, output_field=DateTimeField())
        return campaigns.filter(created_at__lt=at).values_list("pk")

    with pytest.raises((TypeError, ValidationError)):
        compiled.rows(created_before, moment)


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
