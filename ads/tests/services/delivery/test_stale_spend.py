"""A brand may ask to stop while its spend is older than it allows."""

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from ads.holds import Moment
from ads.models import Brand, Campaign, CampaignReference, Connection, PlatformAccount
from ads.models.platforms import PlatformCampaign
from ads.platforms.interface import Cost
from ads.services import connections, freshness
from ads.services.delivery import preview_switches
from ads.services.explain import conditions, explanation
from ads.services.orders import There, lookup
from ads.services.platforms import ask, matching
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.platforms import doubles
from ads.tests.platforms.doubles import TODAY
from ads.tests.support import NOON, delivers, enforce_all, spend, switches

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def platform(monkeypatch: pytest.MonkeyPatch, settings: Any) -> doubles.Scripted:
    settings.SIMULATED_PLATFORM = False
    return doubles.offer(monkeypatch)


def strict_brand(**given: Any) -> Brand:
    return BrandFactory.create(**{"stale_after_minutes": 60, "stops_when_stale": True, **given})


def account(remote_id: str = "1", heard_at: Any = NOON, **given: Any) -> PlatformAccount:
    of = Connection.objects.get_or_create(
        name="Agency", defaults={"platform": "scripted", "source": "scripted"}
    )[0]
    return doubles.account(of, remote_id, **{"answered_at": heard_at, **given})


def referring(brand: Brand, account: str = "1", reference: str = "7") -> Campaign:
    campaign = CampaignFactory.create(brand=brand)
    CampaignReference.objects.create(
        campaign=campaign, platform="scripted", account=account, reference=reference
    )
    return campaign


def test_it_stops_when_a_source_is_older_and_returns_when_the_source_reports(
    platform: doubles.Scripted,
) -> None:
    its = account(month_answered_at=NOON, week_answered_at=NOON)
    strict, lenient = referring(strict_brand()), referring(BrandFactory.create(), reference="8")
    enforce_all(NOON + HOUR)
    assert [delivers(strict), delivers(lenient)] == [True, True]

    enforce_all(NOON + HOUR + MINUTE)

    assert [delivers(strict), delivers(lenient)] == [False, True]
    assert switches(strict)[-1] == (False, ["stale_spend"])
    explained = explanation.explain(strict, NOON + HOUR + MINUTE)
    (held,) = explained.holds
    assert (held.code, held.lifts_at) == ("stale_spend", None)
    assert (
        held.sentence
        == "Spend of Scripted platform, Account 1 is 1 h 1 min old, and 1 h is allowed"
    )
    assert explained.state == "Spend too old"
    assert explained.returns_at is None

    platform.costs_of["1"] = [Cost("7", TODAY, 0)]  # type: ignore[arg-type]
    ask(its.pk, NOON + HOUR + 2 * MINUTE)

    assert delivers(strict)
    assert switches(strict)[-1] == (True, [])


def test_each_source_of_a_campaign_counts_and_only_its_own() -> None:
    brand = strict_brand()
    account("1"), account("2", NOON - 2 * HOUR), account("3", NOON - 2 * HOUR)
    both, fresh = referring(brand, "1"), referring(brand, "1", "8")
    CampaignReference.objects.create(campaign=both, platform="scripted", account="2", reference="9")
    without = CampaignFactory.create(brand=brand)

    enforce_all(NOON)

    assert [delivers(both), delivers(fresh), delivers(without)] == [False, True, True]


def test_a_platform_id_without_an_account_is_of_the_account_that_has_the_campaign() -> None:
    brand = strict_brand()
    old = account("1", NOON - 2 * HOUR)
    there, nowhere = referring(brand, "", "7"), referring(brand, "", "8")
    PlatformCampaign.objects.create(account=old, remote_id="7", is_on=True, seen_at=NOON)

    enforce_all(NOON)

    assert [delivers(there), delivers(nowhere)] == [False, True]
    assert list(freshness.of_campaigns([there.pk, nowhere.pk])) == [there.pk]
    assert [source.account_id for source in freshness.of_brand(brand)] == [old.pk]


@pytest.mark.parametrize("seed", range(4))
def test_every_place_agrees_on_the_accounts_of_a_campaign(seed: int) -> None:
    """What is recorded, switched, held, shown and warned about goes by one rule."""
    random = Random(seed)
    old = NOON - 2 * HOUR
    accounts = {remote_id: account(remote_id, old) for remote_id in ("1", "2")}
    of = Connection.objects.create(name="S", platform="simulated", source="simulated")
    simulated = PlatformAccount.objects.create(
        connection=of, platform="simulated", source="simulated", remote_id="UTC USD",
        timezone="UTC", currency="USD", answered_at=old,
    )  # fmt: skip
    there = {(a, r) for a in accounts for r in "789" if random.random() < 0.6}
    for remote_id, reference in there:
        PlatformCampaign.objects.create(
            account=accounts[remote_id], remote_id=reference, is_on=True, seen_at=NOON
        )
    brands = [strict_brand(), strict_brand()]
    campaigns = [CampaignFactory.create(brand=random.choice(brands)) for _ in range(6)]
    places = [(a, r) for a in ("", "1", "2") for r in "789"]
    ids = [(random.choice(campaigns), *place) for place in random.sample(places, 5)]
    CampaignReference.objects.bulk_create(
        CampaignReference(campaign=campaign, platform="scripted", account=a, reference=r)
        for campaign, a, r in ids
    )
    named = {(a, r) for _, a, r in ids}
    expected = {campaign.pk: set[int]() for campaign in campaigns}
    for campaign, a, r in ids:
        having = [a] if a else [each for each, its in there - named if its == r]
        expected[campaign.pk] |= {accounts[each].pk for each in having}
    for pks in expected.values():
        pks.update(set() if pks else {simulated.pk})

    found = freshness.of_campaigns(expected)
    assert {pk: {one.account_id for one in its} for pk, its in found.items()} == expected
    for brand in brands:
        its = {pk for one in campaigns if one.brand == brand for pk in expected[one.pk]}
        assert {one.account_id for one in freshness.of_brand(brand)} == its
    for remote_id, one in accounts.items():
        mine = {pk for pk, pks in expected.items() if one.pk in pks}
        owners = matching.matched(one, []).owners.values()
        assert {owner.campaign_id for owner in owners} == mine
        told = any(str(one.name) in text for text in freshness.problems(NOON))
        assert told is bool(mine)
        switched = {pk for pk in mine if one in [its.campaign.account for its in orders_of(pk)]}
        assert switched == {
            campaign.pk
            for campaign, a, r in ids
            if (remote_id, r) in there
            and a in ("", remote_id)
            and (a or (remote_id, r) not in named)
        }
    PlatformAccount.objects.filter(pk=accounts["1"].pk).update(answered_at=NOON)
    enforce_all(NOON)
    fresh = {accounts["1"].pk}
    assert {one.pk for one in campaigns if delivers(one)} == {
        pk for pk, pks in expected.items() if pks <= fresh
    }


def orders_of(pk: int) -> list[There]:
    return lookup.there(Campaign.objects.get(pk=pk))


@pytest.mark.parametrize(
    ("given", "stops"),
    [
        ({"answered_at": NOON, "fresh_until": NOON - 2 * HOUR}, True),
        ({"answered_at": NOON - 2 * HOUR, "fresh_until": NOON}, True),
        ({"answered_at": NOON - HOUR, "fresh_until": NOON - HOUR}, False),
        ({"answered_at": None}, True),
        ({"answered_at": NOON - 2 * HOUR, "is_read": False}, False),
    ],
)
def test_its_age_is_that_of_what_the_answer_contained(given: Any, stops: bool) -> None:
    its = account(**given)
    PlatformAccount.objects.filter(pk=its.pk).update(created_at=NOON - 3 * HOUR)
    campaign = referring(strict_brand())

    enforce_all(NOON)

    assert delivers(campaign) is not stops


@pytest.mark.parametrize("answered", [None, NOON - 24 * HOUR])
def test_an_account_that_is_read_from_now_on_has_as_long_to_answer_as_any(answered: Any) -> None:
    """Its campaigns would stop until then, though nothing is late."""
    its = account(heard_at=answered, is_read=False, failing_since=answered)
    PlatformAccount.objects.filter(pk=its.pk).update(created_at=NOON - 48 * HOUR)
    brand = strict_brand()
    campaign = referring(brand)
    connections.lifecycle.read([its.pk], is_read=True, now=NOON)

    enforce_all(NOON + HOUR)
    assert delivers(campaign)
    assert freshness.stale_of_brand(brand, NOON + HOUR) is None
    assert freshness.stale_of_campaign(campaign, NOON + HOUR) is None
    assert freshness.problems(NOON + HOUR) == []

    enforce_all(NOON + HOUR + MINUTE)
    assert not delivers(campaign)
    stale = freshness.stale_of_brand(brand, NOON + HOUR + MINUTE)
    assert stale is not None
    said = "has reported no spend since it was connected at" if answered is None else ""
    since = (
        "12:00 UTC, 1 h 1 min ago" if answered is None else "2024-05-14 12:00 UTC, 25 h 1 min ago"
    )
    assert said in stale.sentence
    assert since in stale.sentence
    (problem,) = freshness.problems(NOON + HOUR + MINUTE)
    assert ("25 h 1 min" if answered else "1 h 1 min") in problem


def test_the_hold_names_the_source_that_is_too_old_and_none_that_is_read_from_now_on() -> None:
    account("1", NOON - 2 * HOUR), account("2", NOON - 24 * HOUR, read_since=NOON)
    campaign = referring(strict_brand())
    CampaignReference.objects.create(
        campaign=campaign, platform="scripted", account="2", reference="9"
    )

    (held,) = explanation.explain(campaign, NOON).holds

    assert "Account 1 is 2 h old" in held.sentence


def test_an_account_that_never_answered_is_said_to_have_reported_nothing() -> None:
    its = account(heard_at=None)
    PlatformAccount.objects.filter(pk=its.pk).update(created_at=NOON - 2 * HOUR)
    brand = strict_brand(stops_when_stale=False)
    referring(brand)

    sources = freshness.of_brand(brand)
    stale = freshness.stale_of_brand(brand, NOON)

    assert freshness.as_of(sources, "UTC") == (
        "Scripted platform, Account 1 has not reported yet. "
        "Scripted platform reports usually within 3 hours."
    )
    assert stale is not None
    assert stale.sentence == (
        "Scripted platform, Account 1 has reported no spend since it was connected at 2024-05-15 "
        "10:00 UTC, 2 h ago; 1 h is allowed."
    )
    (problem,) = freshness.problems(NOON)
    assert problem.endswith("no spend since it was connected 2 h ago, longer than 1 brand allows.")


def test_a_connection_that_is_disconnected_is_no_source_and_a_refused_one_is() -> None:
    account(heard_at=NOON - 2 * HOUR)
    campaign = referring(strict_brand())
    Connection.objects.update(state="refused")
    enforce_all(NOON)
    assert not delivers(campaign)

    Connection.objects.update(state="disconnected", disconnected_at=NOON)
    enforce_all(NOON)
    assert delivers(campaign)


def test_the_simulated_platform_is_a_source_too() -> None:
    brand = strict_brand(timezone="Asia/Tokyo")
    campaign = CampaignFactory.create(brand=brand)
    of = Connection.objects.create(name="S", platform="simulated", source="simulated")
    PlatformAccount.objects.create(
        connection=of, platform="simulated", source="simulated", remote_id="Asia/Tokyo USD",
        timezone="Asia/Tokyo", currency="USD", answered_at=NOON - 2 * HOUR,
    )  # fmt: skip

    enforce_all(NOON)

    assert not delivers(campaign)
    (source,) = freshness.of_brand(brand)
    assert freshness.as_of([source], "Asia/Tokyo") == (
        "As of 2024-05-15 19:00 Tokyo. Simulated platform reports at once."
    )


def test_conditions_say_how_old_spend_is_and_may_be() -> None:
    campaign = referring(strict_brand())

    def said() -> str:
        explained = explanation.explain(campaign, NOON)
        return "".join(c.sentence for c in conditions.of(explained) if c.hold == "stale_spend")

    assert said() == "Spend: at most 1 h old, but no ad platform reports it"
    account(heard_at=NOON - 10 * MINUTE)
    assert said() == "Spend: 10 min old (Scripted platform, Account 1), 1 h allowed"
    Brand.objects.update(stops_when_stale=False)
    assert said().endswith("1 h allowed; older spend does not stop it")
    Brand.objects.update(stale_after_minutes=None)
    assert said() == ""


def test_a_warning_estimates_what_has_been_spent_since(platform: doubles.Scripted) -> None:
    brand = strict_brand(stops_when_stale=False)
    its = account(heard_at=None, month_answered_at=NOON, week_answered_at=NOON)
    campaign, other = referring(brand), referring(brand, reference="8")
    enforce_all(NOON - 6 * HOUR)
    spend(campaign, 100, NOON - 2 * HOUR)  # by hand: no rate of the platform's
    for hours in range(1, 5):
        platform.costs_of["1"] = [
            Cost("7", NOON.date(), hours * 3),  # type: ignore[arg-type]
            Cost("8", NOON.date(), hours * 9),  # type: ignore[arg-type]
        ]
        ask(its.pk, NOON - (4 - hours) * HOUR)
    assert freshness.stale_of_campaign(campaign, NOON + HOUR) is None

    at = NOON + 2 * HOUR
    stale = freshness.stale_of_campaign(campaign, at)
    assert stale is not None
    # In the last six hours $9, and of the $3 of the day's first nine hours those of three: $10.
    assert stale.sentence == (
        "Scripted platform, Account 1 last reported spend as of 2024-05-15 12:00 UTC, 2 h ago; "
        "1 h is allowed. About $3.33 has probably been spent since."
    )
    of_brand = freshness.stale_of_brand(brand, at)
    assert of_brand is not None
    assert of_brand.estimate == Decimal("13.33")

    Campaign.objects.filter(pk=other.pk).update(status="paused")
    enforce_all(NOON + HOUR)
    of_brand = freshness.stale_of_brand(brand, at)
    assert of_brand is not None
    assert of_brand.estimate == Decimal("8.33")  # the other stopped after an hour
    assert freshness.problems(at) == [
        "Scripted platform, Account 1 last reported spend 2 h ago, longer than 1 brand allows."
    ]
    assert freshness.problems(NOON + HOUR) == []


def test_the_estimate_is_of_the_time_in_which_the_campaign_ran(
    platform: doubles.Scripted,
) -> None:
    brand = strict_brand(stops_when_stale=False)
    its = account(heard_at=None)
    campaign = referring(brand)
    enforce_all(NOON - 12 * HOUR)
    platform.costs_of["1"] = [Cost("7", NOON.date(), Decimal(120))]
    ask(its.pk, NOON)  # $10 an hour

    def estimate(hours: float) -> Decimal | None:
        stale = freshness.stale_of_campaign(campaign, NOON + hours * HOUR)
        return stale.estimate if stale else None

    for hours, status in ((1, "paused"), (5, "active"), (6, "paused")):
        Campaign.objects.filter(pk=campaign.pk).update(status=status)
        enforce_all(NOON + hours * HOUR)
        if status == "active":
            assert estimate(5.5) == 15
    assert estimate(8) == 20  # two hours of eight
    Campaign.objects.filter(pk=campaign.pk).update(status="active")
    enforce_all(NOON + 8 * HOUR)
    assert estimate(9) == 30


def test_the_estimate_of_a_brand_counts_each_campaign_from_its_own_last_report(
    platform: doubles.Scripted,
) -> None:
    brand = strict_brand(stops_when_stale=False)
    one, two = account("1", None), account("2", None)
    referring(brand)
    other = referring(brand, account="2", reference="8")
    enforce_all(NOON - 12 * HOUR)
    platform.costs_of["1"] = [Cost("7", NOON.date(), Decimal(120))]
    platform.costs_of["2"] = [Cost("8", NOON.date(), Decimal(150))]
    ask(one.pk, NOON)  # $10 an hour
    for hours, status in ((1, "paused"), (2, "active")):
        Campaign.objects.filter(pk=other.pk).update(status=status)
        enforce_all(NOON + hours * HOUR)
    ask(two.pk, NOON + 3 * HOUR)  # as much

    stale = freshness.stale_of_brand(brand, NOON + 5 * HOUR)

    assert stale is not None
    assert stale.estimate == 50 + 20


@pytest.mark.parametrize(("currency", "said"), [("JPY", "¥3"), ("KWD", "KWD 3.333")])
def test_the_estimate_has_the_digits_of_the_currency(
    platform: doubles.Scripted, currency: str, said: str
) -> None:
    brand = strict_brand(stops_when_stale=False, currency=currency)
    its = account(heard_at=None, currency=currency)
    campaign = referring(brand)
    enforce_all(NOON - 6 * HOUR)
    platform.costs_of["1"] = [Cost("7", NOON.date(), Decimal(20))]
    ask(its.pk, NOON)

    stale = freshness.stale_of_campaign(campaign, NOON + 2 * HOUR)

    assert stale is not None
    assert f" About {said} has probably been spent since." in stale.sentence


def test_what_is_first_read_of_yesterday_is_no_rate_of_the_moment(
    platform: doubles.Scripted,
) -> None:
    brand = strict_brand(stops_when_stale=False)
    its = account(heard_at=None)
    campaign = referring(brand)
    enforce_all(NOON - 6 * HOUR)
    platform.costs_of["1"] = [
        Cost("7", (NOON - 24 * HOUR).date(), Decimal(900)),
        Cost("7", NOON.date(), Decimal(24)),
    ]
    ask(its.pk, NOON)

    stale = freshness.stale_of_campaign(campaign, NOON + 2 * HOUR)

    assert stale is not None
    assert stale.estimate == 4  # $24 in twelve hours, for two


def test_stopping_needs_a_time_and_no_time_is_too_short() -> None:
    brand = BrandFactory.create()
    for changes in ({"stops_when_stale": True}, {"stale_after_minutes": 4}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Brand.objects.filter(pk=brand.pk).update(**changes)


def test_brands_that_did_not_ask_cost_no_query() -> None:
    campaign = referring(BrandFactory.create())
    account(heard_at=NOON - 5 * HOUR)

    with CaptureQueriesContext(connection) as queries:
        explanation.explain(campaign, NOON)
    before = len(queries)
    Brand.objects.update(stale_after_minutes=60)
    with CaptureQueriesContext(connection) as queries:
        explanation.explain(campaign, NOON)

    assert len(queries) == before + 2


def test_a_check_asks_about_age_only_where_something_is_too_old() -> None:
    referring(strict_brand())
    its = account()

    def said_in(now: Any) -> bool:
        with CaptureQueriesContext(connection) as queries:
            enforce_all(now)
        checks = [query["sql"] for query in queries if "ads_spendtotal" in query["sql"]]
        assert checks
        return any("make_interval" in sql for sql in checks)

    assert not said_in(NOON)
    assert said_in(NOON + 2 * HOUR)
    Brand.objects.update(stops_when_stale=False)
    PlatformAccount.objects.filter(pk=its.pk).update(answered_at=NOON)
    assert not said_in(NOON + 2 * HOUR)


def test_a_decision_on_some_asks_only_about_their_sources() -> None:
    account("1"), account("2", NOON - 2 * HOUR)
    fresh, old = referring(strict_brand(), "1"), referring(strict_brand(), "2", "8")
    Campaign.objects.update(is_active=True)

    for campaign, is_stale in ((fresh, False), (old, True), (fresh, False)):
        mine = Campaign.objects.filter(pk=campaign.pk)
        assert Moment.at(NOON, mine).stale is is_stale
        for given in (mine, [campaign.pk]):
            stops = [one.campaign_id for one in preview_switches(given, NOON)]
            assert stops == ([campaign.pk] if is_stale else [])
    assert Moment.at(NOON, Campaign.objects.all()).stale is True
