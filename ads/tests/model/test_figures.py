"""Every place that names a figure names the one that the ledger adds up to, to the cent.

One world with what makes figures differ: late spend and spend ahead of time, corrections, restated
day totals, months in files, archived campaigns, allowances, groups, total budgets, and brands of
three currencies on both sides of a month's turn.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
import time_machine
from django.test import Client

from ads.holds import budget_sums
from ads.models import Brand, BudgetGroup, Campaign, Spend
from ads.models.spend import Kind
from ads.rules.money import format_money, format_sums, plain
from ads.services import overview, pacing, receipts, reports
from ads.services.exports import kinds
from ads.services.exports.kinds import Wanted, choose
from ads.services.ledger import DayTotal, SpendEntry, record, summaries
from ads.tests.admin.pages import changelist, context_of, words
from ads.tests.api.support import Program, key_for
from ads.tests.commands.support import say
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory
from ads.tests.model.naive import DAY, Allowed, Owner, World, local_date, start_of
from ads.tests.services.exports.support import rows_of
from ads.tests.support import at, enforce_all, let_run_on, spend_in_sql

pytestmark = pytest.mark.django_db

#: It is June in Berlin and in Kiritimati, and May in America.
NOW: Final = at("2024-06-01 02:30")
#: The months before this are in files.
KEPT: Final = date(2024, 3, 1)
FIRST: Final = date(2024, 2, 10)
ZONES: Final = (
    ("Europe/Berlin", "EUR"),
    ("Pacific/Kiritimati", "JPY"),
    ("America/Los_Angeles", "USD"),
)
PERIODS: Final = (("day", "daily"), ("month", "monthly"))


@pytest.fixture(scope="module")
def world(module_db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with time_machine.travel(NOW, tick=False):
        world = World()
        for zone, currency in ZONES:
            add_brand(world, zone, currency)
        enforce_all(NOW)
        chance = random.Random(7)
        for number in range(30):
            for campaign in Campaign.objects.select_related("brand").order_by("pk"):
                happen(chance, campaign, number)
            if number == 15:
                let_some_run_on(world)
                Campaign.objects.filter(name="old").update(status="archived")
        enforce_all(NOW)
        pacing.refresh(NOW)
        world.ledger = list(Spend.objects.values_list("campaign", "date", "amount"))
        say("archive_spend", str(tmp_path_factory.mktemp("months")), "--before", f"{KEPT:%Y-%m}")
        yield world


@pytest.fixture
def program() -> Program:
    return Program(key_for())


def add_brand(world: World, zone: str, currency: str) -> None:
    """A brand with budgets of every kind."""
    budgets: dict[str, Any] = {"daily_budget": Decimal(400), "monthly_budget": Decimal(3000)}
    brand = BrandFactory.create(name=zone, timezone=zone, currency=currency, **budgets)
    world.brands[brand.pk] = {"timezone": zone, "currency": currency, **budgets}
    group = BudgetGroupFactory.create(
        brand=brand, daily_budget=100, monthly_budget=900, total_budget=1500, start_date=FIRST
    )
    world.groups[group.pk] = {"start_date": FIRST}
    for given in (
        {"name": "search", "budget_group": group, "daily_budget": Decimal(50)},
        {"name": "shop", "budget_group": group, "monthly_budget": Decimal(300)},
        {"name": "flight", "total_budget": Decimal(200), "start_date": date(2024, 4, 20)},
        {"name": "old"},
    ):
        campaign = CampaignFactory.create(brand=brand, **given)
        world.campaigns[campaign.pk] = {
            "daily_budget": None,
            "monthly_budget": None,
            "start_date": None,
            **given,
            "brand": brand.pk,
            "budget_group": group.pk if "budget_group" in given else None,
        }


def happen(chance: random.Random, campaign: Campaign, number: int) -> None:
    """Something is recorded: from tomorrow's spend back to that of four months ago."""
    ago = chance.choice([-1, 0, 0, 0, 1, 2, 3, 20, 40, 70, 110])
    day = local_date(NOW, campaign.brand.timezone) - timedelta(days=ago)
    amount = Decimal(chance.randrange(1, 40_000_000)).scaleb(-6)
    how = chance.choice(["entry", "entry", "sql", Kind.DAY_TOTAL, Kind.CORRECTION])
    if how == "sql":
        spend_in_sql(campaign, str(amount), day)
    elif how == Kind.DAY_TOTAL:
        total = DayTotal(campaign, day, amount, NOW + timedelta(seconds=number))
        record([total], source="etl", now=NOW, kind=Kind.DAY_TOTAL)
    elif how == Kind.CORRECTION:
        taken = SpendEntry(campaign, -amount / 4, "Refunded", date=day)
        record([taken], source="people", now=NOW, kind=Kind.CORRECTION)
    else:
        record([SpendEntry(campaign, amount, date=day)], source="etl", now=NOW)


def let_some_run_on(world: World) -> None:
    for campaign in Campaign.objects.filter(name="search").select_related("brand"):
        for owner, period, amount in (
            (campaign, "day", Decimal("20.5")),
            (campaign.brand, "day", None),
            (campaign.brand, "month", Decimal(77)),
        ):
            kind = "campaign" if owner is campaign else "brand"
            start = start_of(period, local_date(NOW, campaign.brand.timezone))
            given = let_run_on(owner, period, now=NOW, amount=amount)
            world.allowances.append(Allowed((kind, owner.pk), period, start, given))


def owners(world: World) -> list[Owner]:
    return [*(("brand", pk) for pk in world.brands), *(("campaign", pk) for pk in world.campaigns)]


def row_of(owner: Owner) -> Any:
    kind, pk = owner
    return (Brand if kind == "brand" else Campaign).objects.get(pk=pk)


def owner_in(row: dict[str, str]) -> Owner:
    """Whose a row of an export is."""
    of_brand = not row["campaign_id"]
    return ("brand", int(row["brand_id"])) if of_brand else ("campaign", int(row["campaign_id"]))


def present(world: World, owner: Owner) -> dict[str, Any]:
    """An owner's spend and limit of its present day and month, as summaries call them."""
    kind, pk = owner
    row = world.brands[pk] if kind == "brand" else world.campaigns[pk]
    figures: dict[str, Decimal | None] = {}
    for period, word in PERIODS:
        key = owner, period, start_of(period, local_date(NOW, world.zone_of(owner)))
        budget = row[f"{word}_budget"]
        figures[f"{word}_spend"] = world.spent(*key)
        figures[f"{word}_limit"] = None if budget is None else budget + world.allowed(*key, NOW)
    return figures


def currency_of(world: World, owner: Owner) -> str:
    kind, pk = owner
    of: str = world.brands[pk if kind == "brand" else world.campaigns[pk]["brand"]]["currency"]
    return of


def test_the_exports_add_up_to_the_ledger(world: World) -> None:
    totals = {
        (owner_in(row), row["period"], date.fromisoformat(row["start"])): Decimal(row["amount"])
        for row in rows_of(choose(kinds.Kind.TOTALS, Wanted(), NOW))
    }
    entries: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for row in rows_of(choose(kinds.Kind.SPEND, Wanted(), NOW)):
        entries[int(row["campaign_id"]), row["date"]] += Decimal(row["amount"])

    assert totals == world.totals()
    kept = [row for row in world.ledger if row[1] >= KEPT]
    assert len(kept) < len(world.ledger)
    expected: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for campaign, day, amount in kept:
        expected[campaign, str(day)] += amount
    assert entries == expected


def test_summaries_in_python_files_and_the_api_say_the_same(world: World, program: Program) -> None:
    exported = {owner_in(row): row for row in rows_of(choose(kinds.Kind.SUMMARIES, Wanted(), NOW))}
    sums = world.totals()

    for owner in owners(world):
        kind, pk = owner
        summed = summaries.of_brand if kind == "brand" else summaries.of_campaign
        in_python: Any = summed(row_of(owner), NOW)
        tomorrow = local_date(NOW, world.zone_of(owner)) + DAY
        told = program.get(f"/{kind}s/{pk}/summary?from={FIRST}&to={tomorrow}").json()
        for name, amount in present(world, owner).items():
            said = None if amount is None else plain(amount)
            assert (in_python[name], told[name]) == (amount, said), (owner, name)
            assert exported[owner][name] == (said or ""), (owner, name)
        days = {one["date"]: one["spend"] for one in told["by_day"] if one["spend"] != "0.00"}
        assert days == {
            str(start): plain(amount)
            for (whose, period, start), amount in sums.items()
            if (whose, period) == (owner, "day") and start >= FIRST and amount
        }
        paced = program.get(f"/{kind}s/{pk}").json()["pace"]
        assert paced["spent"] == told["monthly_spend"]


def test_the_lists_and_the_pages_say_the_same(world: World, admin_client: Client) -> None:
    brands, campaigns, entries = map(changelist, ("ads_brand", "ads_campaign", "ads_spend"))
    listed = {row.pk: row.figures for row in context_of(admin_client, brands)["cl"].result_list}
    rows = admin_client.get(campaigns).content.decode()
    first = min(world.brands)

    for owner in owners(world):
        kind, pk = owner
        figures, currency = present(world, owner), currency_of(world, owner)
        if kind == "brand":
            assert {name: listed[pk][name] for name in figures} == figures
        else:
            assert format_money(figures["monthly_spend"], currency) in rows
        if kind == "brand" or world.campaigns[pk]["brand"] == first:
            read = words(admin_client, row_of(owner))
            for name, amount in figures.items():
                assert amount is None or format_money(amount, currency) in read, (owner, name)
    for pk in world.brands:
        ledger = context_of(admin_client, entries, {"campaign__brand__id__exact": pk})["cl"]
        months = {start for _, period, start in world.totals() if period == "month"}
        spent = (world.spent(("brand", pk), "month", month) for month in months if month >= KEPT)
        sums = {currency_of(world, ("brand", pk)): sum(spent, Decimal(0))}
        assert ledger.in_all == format_sums(sums)


def test_the_overview_adds_up_its_brands(world: World) -> None:
    for currency in {currency for _, currency in ZONES}:
        money = overview.spend.money(NOW, currency)
        those = [pk for pk, brand in world.brands.items() if brand["currency"] == currency]
        for (_, word), sums in zip(PERIODS, (money.today, money.month), strict=True):
            (found,) = (one for one in sums if one.currency == currency)
            figures = [present(world, ("brand", pk)) for pk in those]
            assert found.amount == sum(one[f"{word}_spend"] for one in figures)
            assert found.budget == sum(one[f"{word}_limit"] for one in figures)
        assert {row.pk: row.month_spend for row in money.months} == {
            pk: present(world, ("brand", pk))["monthly_spend"] for pk in those
        }
        for pk, _, amounts in money.by_day.brands:
            assert amounts == [world.spent(("brand", pk), "day", day) for day in money.by_day.days]


def test_groups_and_total_budgets_count_from_their_first_day(
    world: World, admin_client: Client
) -> None:
    for group in BudgetGroup.objects.select_related("brand"):
        today = local_date(NOW, group.brand.timezone)
        members = {pk for pk, row in world.campaigns.items() if row["budget_group"] == group.pk}
        read = words(admin_client, group)
        for one in budget_sums.of_groups([(group.pk, today)])[group.pk, today].budgets:
            spent = world.spent_since(members, FIRST)
            if one.period != "total":
                start = start_of(one.period, today)
                spent = sum(
                    (world.spent(("campaign", pk), one.period, start) for pk in members), Decimal(0)
                )
            assert one.spent == spent
            assert format_money(spent, group.brand.currency) in read
    for campaign in Campaign.objects.filter(total_budget__isnull=False).select_related("brand"):
        spent = world.spent_since({campaign.pk}, campaign.start_date)
        assert format_money(spent, campaign.brand.currency) in words(admin_client, campaign)


def test_every_part_of_a_clients_report_adds_up_to_its_month(world: World) -> None:
    for brand in Brand.objects.all():
        owner = "brand", brand.pk
        for month in reports.months_of(brand, NOW):
            report = reports.brand_month(brand, month, NOW)
            spent = world.spent(owner, "month", month)
            rows = rows_of(reports.spend_by_day(brand, month))
            assert report.spent == spent
            assert sum(row.spent for row in report.campaigns) == spent
            assert sum(amount for _, amount in report.days) == spent, (brand, month)
            assert sum(Decimal(row["spend"]) for row in rows) == spent
            assert report.limit == brand.monthly_budget + world.allowed(owner, "month", month, NOW)


def test_receipts_come_to_what_their_periods_did(world: World, program: Program) -> None:
    exported = {row["id"]: row for row in rows_of(choose(kinds.Kind.RECEIPTS, Wanted(), NOW))}
    told = {
        one["id"]: one
        for pk in world.campaigns
        for one in program.get(f"/campaigns/{pk}/receipts?from={KEPT}").json()["receipts"]
    }
    reported = {
        one.change.pk: one
        for brand in Brand.objects.all()
        for month in (date(2024, 5, 1), date(2024, 6, 1))
        for one in reports.brand_month(brand, month, NOW).receipts.receipts
    }

    assert len(exported) == len(told) == len(reported) > len(ZONES)
    stopped = 0
    for pk, one in reported.items():
        said = told[pk]
        assert (said["limit"], said["spent"], said["over"]) == tuple(
            plain(amount) for amount in (one.limit, one.spent, one.over)
        )
        row = exported[str(pk)]
        assert [row[name] for name in ("limit", "spent", "over")] == [
            said[name] for name in ("limit", "spent", "over")
        ]
        if one.change == one.change.campaign.delivery_changes.latest("pk"):  # not started since
            stopped += 1
            assert one.spent == came_to(world, one)
    assert stopped > len(ZONES)


def came_to(world: World, one: receipts.Receipt) -> Decimal:
    brand, campaign, group = one.owner
    mine = {pk for pk, row in world.campaigns.items() if row["brand"] == brand}
    if campaign is not None:
        mine = {campaign}
    elif group is not None:
        mine = {pk for pk in mine if world.campaigns[pk]["budget_group"] == group}
    if one.period == "total":
        return world.spent_since(mine, one.start)
    assert one.start is not None
    return sum((world.spent(("campaign", pk), one.period, one.start) for pk in mine), Decimal(0))
