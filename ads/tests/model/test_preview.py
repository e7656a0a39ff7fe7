"""What is foretold of an action is exactly what doing it then does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F, QuerySet
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ads.holds import Moment, Supposing, schedules_as_rules, with_holds
from ads.models import (
    Allowance,
    Brand,
    Campaign,
    CampaignSchedule,
    DaypartingSchedule,
    DaypartingWindow,
)
from ads.models.campaigns import Status
from ads.models.spend import Period
from ads.rules.dayparting import Window
from ads.services.bulk import TakeBack
from ads.services.bulk.actions import (
    Action,
    AttachSchedule,
    ChangeBudgets,
    DetachSchedule,
    SetStatus,
)
from ads.services.bulk.batches import carry_out
from ads.services.bulk.budget_changes import BudgetChange, How
from ads.services.delivery import preview
from ads.services.delivery.enforcement import Trigger, enforce
from ads.services.delivery.preview import preview_campaigns
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.model.naive import overlap
from ads.tests.model.side_by_side import clock
from ads.tests.model.strategies import AMOUNTS, BEGINNINGS, BUDGETS, FLIGHT, WINDOWS, ZONES
from ads.tests.support import at, enforce_all, execute, let_run_on, running_on, spend_in_sql

pytestmark = pytest.mark.django_db

CAMPAIGNS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["active", "active", "active", *Status.values]),
        "daily_budget": BUDGETS,
        "monthly_budget": BUDGETS,
        "starts_in": FLIGHT,
        "is_dayparting_enabled": st.booleans(),
        "schedules": st.sets(st.integers(0, 1)),
        "spent": AMOUNTS,
        "waived": st.booleans(),
        "corrected": st.booleans(),
    }
)
BRANDS = st.fixed_dictionaries(
    {
        "timezone": ZONES,
        "is_active": st.sampled_from([True, True, False]),
        "daily_budget": BUDGETS,
        "monthly_budget": BUDGETS,
        "campaigns": st.lists(CAMPAIGNS, min_size=1, max_size=3),
    }
)
SCHEDULES = st.fixed_dictionaries(
    {
        "timezone": ZONES,
        "priority": st.integers(-1, 1),
        "is_active": st.sampled_from([True, True, False]),
        "windows": WINDOWS.map(lambda windows: [] if overlap(windows) else windows),
    }
)
WORLDS = st.fixed_dictionaries(
    {
        "now": BEGINNINGS,
        "schedules": st.tuples(SCHEDULES, SCHEDULES),
        "brands": st.lists(BRANDS, min_size=1, max_size=2),
        # Whether the system has acted on all of it yet.
        "is_enforced": st.booleans(),
    }
)
CHANGES = st.none() | st.one_of(
    st.tuples(
        st.sampled_from([How.RAISE_PERCENT, How.LOWER_PERCENT]),
        st.sampled_from(["0", "0.5", "10", "33.3333", "100"]),
    ),
    st.tuples(
        st.sampled_from([How.RAISE_AMOUNT, How.LOWER_AMOUNT, How.SET]),
        st.sampled_from(["0", "0.000001", "5", "10", "25.5"]),
    ),
    st.just((How.NO_LIMIT, "0")),
).map(lambda pair: BudgetChange(pair[0], Decimal(pair[1])))

DIFFERENT = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    # Without shrinking, which takes minutes; drop this line to have a failure reduced.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@contextmanager
def a_world(plan: Any) -> Iterator[list[int]]:
    """Makes the world and takes it back; yields the ids of its two schedules."""
    with transaction.atomic():
        now = at(plan["now"])
        schedules = [_schedule(row) for row in plan["schedules"]]
        for row in plan["brands"]:
            _brand(row, schedules, now.date())
        if plan["is_enforced"]:
            enforce_all(now)
        for campaign in Campaign.objects.filter(name__endswith="waived").select_related("brand"):
            let_run_on(campaign, Period.DAY, now=now)
        for campaign in Campaign.objects.filter(name__contains="corrected"):
            execute(
                "INSERT INTO ads_spend (campaign_id, amount, date, kind, description)"
                " VALUES (%s, -1, %s, 'correction', 'refund')",
                [campaign.pk, now.date()],
            )
        yield schedules
        transaction.set_rollback(True)


def _schedule(row: Any) -> int:
    settings = {name: row[name] for name in ("timezone", "priority", "is_active")}
    schedule = ScheduleFactory.create(**settings)
    DaypartingWindow.objects.bulk_create(
        DaypartingWindow(
            schedule=schedule, day_of_week=day, start_time=clock(start), end_time=clock(end)
        )
        for day, start, end in row["windows"]
    )
    return schedule.pk


def _brand(row: Any, schedules: list[int], today: date) -> None:
    named = {name: value for name, value in row.items() if name != "campaigns"}
    brand = BrandFactory.create(**named)
    for number, planned in enumerate(row["campaigns"]):
        words = [str(number)]
        words += ["corrected"] if planned["corrected"] else []
        words += ["waived"] if planned["waived"] else []
        starts = planned["starts_in"]
        campaign = CampaignFactory.create(
            brand=brand,
            name=" ".join(words),
            start_date=None if starts is None else today + timedelta(days=starts),
            schedules=DaypartingSchedule.objects.filter(
                pk__in=[schedules[index] for index in planned["schedules"]]
            ),
            **{
                name: planned[name]
                for name in ("status", "daily_budget", "monthly_budget", "is_dayparting_enabled")
            },
        )
        spend_in_sql(campaign, str(planned["spent"]), today)


def holds(supposing: Supposing, now: Any) -> dict[int, int]:
    """The holds that each campaign would have."""
    campaigns = Campaign.objects.all()
    rows: QuerySet[Any] = with_holds(campaigns, Moment.at(now, campaigns, supposing), supposing)
    return dict(rows.values_list("pk", "hold_bits"))


def check(action: Action, now: Any) -> None:
    """Foretell, do it, compare each campaign and the counts."""
    ids = list(Campaign.objects.values_list("pk", flat=True))
    foretold = holds(action.changes(), now)
    forecast = preview_campaigns(Campaign.objects.filter(pk__in=ids), action.changes(), now)

    done = carry_out(action, ids, now)

    assert holds(Supposing(), now) == foretold
    assert dict(Campaign.objects.values_list("pk", "is_active")) == {
        pk: not bits for pk, bits in foretold.items()
    }
    assert done.outcome == forecast
    assert (done.failed, done.locked) == ((), ())
    assert forecast.count == len(ids)
    assert sum(forecast.stopped_by.values()) == forecast.stops.count
    assert sum(forecast.kept_off_by.values()) == forecast.stays_off.count


@settings(DIFFERENT, max_examples=18)
@given(
    world=WORLDS,
    plan=st.one_of(
        st.sampled_from([SetStatus(status) for status in Status if status != Status.DRAFT]),
        st.builds(ChangeBudgets, CHANGES, CHANGES),
        st.tuples(
            st.just("run on"),
            st.sampled_from([None, "0.5", "10"]),
            st.sampled_from(["day", "month"]),
        ),
        st.just(("take back",)),
        st.tuples(st.just(AttachSchedule), st.integers(0, 1), st.booleans()),
        st.tuples(st.just(DetachSchedule), st.integers(0, 1)),
    ),
)
def test_an_action_does_what_its_preview_said(world: Any, plan: Any) -> None:
    with a_world(world) as schedules:
        now = at(world["now"])
        match plan:
            case ("run on", amount, period):
                plan = running_on(now, amount, period=period)
            case ("take back",):
                plan = TakeBack(
                    list(Allowance.objects.select_related("brand", "campaign__brand")), now
                )
            case (make, index, *more):
                plan = make(schedules[index], *more)
        check(plan, now)


@DIFFERENT
@given(world=WORLDS, edit=SCHEDULES)
def test_an_edited_schedule_does_what_its_preview_said(world: Any, edit: Any) -> None:
    with a_world(world) as schedules:
        now = at(world["now"])
        (stored,) = schedules_as_rules(DaypartingSchedule.objects.filter(pk=schedules[0]))
        windows = tuple(
            Window(day, clock(start), clock(end)) for day, start, end in edit["windows"]
        )
        edited = replace(
            stored,
            timezone=edit["timezone"],
            priority=edit["priority"],
            is_active=edit["is_active"],
            windows=windows,
        )
        foretold = holds(Supposing(schedules=[edited]), now)

        DaypartingWindow.objects.filter(schedule=schedules[0]).delete()
        DaypartingSchedule.objects.filter(pk=schedules[0]).update(
            timezone=edited.timezone, priority=edited.priority, is_active=edited.is_active
        )
        for window in windows:
            DaypartingWindow.objects.create(
                schedule_id=schedules[0],
                day_of_week=window.day_of_week,
                start_time=window.start,
                end_time=window.end,
            )

        assert holds(Supposing(), now) == foretold


@DIFFERENT
@given(world=WORLDS, on=st.booleans(), change=CHANGES.filter(bool))
def test_a_brand_switched_or_with_new_budgets_does_what_its_preview_said(
    world: Any, *, on: bool, change: BudgetChange
) -> None:
    with a_world(world):
        now = at(world["now"])
        path = "brand__daily_budget"
        supposing = Supposing(
            {"brand__is_active": on, path: change.expression(path, "brand__currency")}
        )
        foretold = holds(supposing, now)

        Brand.objects.update(
            is_active=on, daily_budget=change.expression("daily_budget", "currency")
        )
        enforce(Campaign.objects.all(), now, Trigger.ACTION)

        assert holds(Supposing(), now) == foretold


def test_foretelling_takes_the_same_queries_however_many_there_are(
    django_assert_max_num_queries: Any,
) -> None:
    schedule = ScheduleFactory.create()
    CampaignFactory.create_batch(12, daily_budget=5, schedules=[schedule])
    before = list(Campaign.objects.order_by("pk").values())

    with django_assert_max_num_queries(10):
        supposing = Supposing({"daily_budget": F("daily_budget") * 2}, detached=[schedule.pk])
        forecast = preview_campaigns(
            Campaign.objects.filter(status="active"), supposing, at("2024-05-15")
        )

    assert forecast.starts.count == 12
    assert [campaign.brand.name for campaign in forecast.starts.first] == [
        f"{campaign.brand.name}" for campaign in Campaign.objects.order_by("pk")[:5]
    ]
    assert list(Campaign.objects.order_by("pk").values()) == before
    assert CampaignSchedule.objects.count() == 12


def test_many_are_foretold_in_parts_as_they_are_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = at("2024-05-15")
    for number in range(23):
        campaign = CampaignFactory.create(
            daily_budget=number % 5 * 5, status=("active", "paused", "active")[number % 3]
        )
        Campaign.objects.filter(pk=campaign.pk).update(is_active=number % 2 == 0)
    supposing = Supposing({"daily_budget": F("daily_budget") * 2, "status": "active"})
    at_once = preview_campaigns(Campaign.objects.all(), supposing, now)
    assert all((at_once.starts, at_once.stops, at_once.keeps_running, at_once.stays_off))

    for size in (1, 5, 22):
        monkeypatch.setattr(preview, "AT_A_TIME", size)
        assert preview_campaigns(Campaign.objects.all(), supposing, now) == at_once
