"""A file brings campaigns that do not exist yet: which, under what name, and all or nothing."""

from decimal import Decimal
from typing import Any

import pytest

from ads.models import Brand, Campaign, CampaignReference, Spend, UnknownReference
from ads.services.imports import creation
from ads.services.imports.parsing import found
from ads.services.imports.plan import NOWHERE, NewBrand, Plan
from ads.services.imports.refusals import ImportRefused
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.support import (
    case,
    ledger,
    previewed,
    recorded,
    refused,
    waiting,
)
from ads.tests.support import NOON, at, delivers, enforce_all, spend

pytestmark = pytest.mark.django_db

DAY = NOON.date()
GOOGLE = "Day,Campaign,Campaign ID,Customer ID,Currency code,Cost"
PLAIN = "campaign,date,amount"
NEW = Plan(new_brand=NewBrand("Acme", "USD", "America/New_York"))


@pytest.fixture
def acme() -> Brand:
    return BrandFactory.create(name="Acme")


def row(name: str, reference: object, amount: object = 10, *, account: str = "1", **of: str) -> str:
    return f"{DAY},{name},{reference},{account},{of.get('currency', 'USD')},{amount}"


def into(brand: Brand, **plan: Any) -> Plan:
    return Plan(create_in=brand.pk, **plan)


def names() -> list[str]:
    return list(Campaign.objects.order_by("name").values_list("name", flat=True))


def test_they_get_the_files_platform_ids_and_are_active_without_budgets(acme: Brand) -> None:
    done = recorded([GOOGLE, row("Spring", 77, 10)], into(acme))

    (campaign,) = Campaign.objects.all()
    assert (campaign.brand, campaign.name, campaign.status) == (acme, "Spring", "active")
    assert (campaign.daily_budget, campaign.monthly_budget) == (None, None)
    assert delivers(campaign)
    known = CampaignReference.objects.values_list("platform", "account", "reference")
    assert list(known) == [("google_ads", "1", "77")]
    assert ledger() == {("Spring", str(DAY)): 10}
    assert done.created is not None
    assert done.created.count == 1
    assert "without a budget" in done.created.sentences[0]


def test_the_brand_is_created_with_its_currency_and_timezone() -> None:
    recorded([GOOGLE, row("Spring", 77)], NEW)

    brand = Brand.objects.get()
    assert (brand.name, brand.currency, brand.timezone) == ("Acme", "USD", "America/New_York")


def test_the_same_file_again_creates_nothing(acme: Brand) -> None:
    lines = [GOOGLE, row("Spring", 77), row("Autumn", 78)]
    recorded(lines, into(acme))

    again = recorded(lines, into(acme))

    assert again.created is None
    assert again.recorded == 0
    assert names() == ["Autumn", "Spring"]


def test_the_preview_says_what_would_happen_and_nothing_has(acme: Brand) -> None:
    preview = previewed([GOOGLE, row("Spring", 77, 12), row("Autumn", 78, 30)], into(acme))

    assert preview.created.count == 2
    assert [(c.campaign, c.account, c.reference, c.amount) for c in preview.created.campaigns] == [
        ("Autumn", "1", "78", Decimal(30)),
        ("Spring", "1", "77", Decimal(12)),
    ]
    assert {c.campaign_id for c in (*preview.created.campaigns, *preview.campaigns)} == {None}
    assert [(c.campaign, c.brand) for c in preview.campaigns] == [
        ("Autumn", "Acme"),
        ("Spring", "Acme"),
    ]
    assert preview.difference == {"USD": 42}
    assert (preview.would_start, preview.waiting_rows) == (0, 0)
    assert preview.samples[0].campaign == "Spring"
    assert not Campaign.objects.exists()


def test_a_brands_budget_that_is_used_up_keeps_them_from_running() -> None:
    brand = BrandFactory.create(name="Acme", daily_budget=100)
    other = CampaignFactory.create(brand=brand, name="Other")
    enforce_all(NOON)
    lines = [GOOGLE, row("Spring", 77, 100)]

    preview = previewed(lines, into(brand))
    done = recorded(lines, into(brand))

    held = "1 of them does not run: a budget of the brand is used up"
    assert held in preview.created.sentences[-1]
    assert done.created is not None
    assert held in done.created.sentences[-1]
    assert (preview.would_stop, done.enforced.stopped, done.enforced.started) == (1, 1, 0)
    assert not delivers(other)
    assert not delivers(Campaign.objects.get(name="Spring"))


def test_a_lowering_that_starts_others_does_not_ask_about_new_campaigns(acme: Brand) -> None:
    old = CampaignFactory.create(brand=acme, name="Old", daily_budget=50)
    CampaignReference.objects.create(
        campaign=old, platform="google_ads", account="1", reference="76"
    )
    recorded([GOOGLE, row("Old", 76, 60)])
    lines = [GOOGLE, row("Old", 76, 59), row("Spring", 77)]

    preview = previewed(lines, into(acme))
    done = recorded(lines, into(acme))

    assert preview.questions == []
    assert done.created is not None


def test_two_campaigns_of_one_name_are_told_apart(acme: Brand) -> None:
    done = recorded(
        [
            GOOGLE,
            row("Sale", 77),
            row("Sale", 78),
            row("Sale", 78, account="2"),
            row("Spring", 79),
        ],
        into(acme),
    )

    assert names() == ["Sale (2 / 78)", "Sale (77)", "Sale (78)", "Spring"]
    assert done.created is not None
    assert any(each.startswith("3 have a name") for each in done.created.sentences)
    assert any("2 accounts (1, 2)" in each for each in done.created.sentences)


def test_long_and_empty_names_become_names(acme: Brand) -> None:
    long = "x" * 250
    recorded(
        [GOOGLE, row(long, 77), row(long + "y", 78), row("", 79), row("Two\tparts", 80)],
        into(acme),
    )

    found = names()
    assert "79" in found
    assert "Two parts" in found
    assert [len(name) for name in found if name.startswith("x")] == [200, 200]
    assert sorted(name[-4:] for name in found if name.startswith("x")) == ["(77)", "(78)"]


def test_one_with_the_name_of_a_campaign_of_the_brand_waits_to_be_matched(acme: Brand) -> None:
    CampaignFactory.create(brand=acme, name="Spring")
    lines = [GOOGLE, row("Spring", 77, 5), row("Autumn", 78, 6)]

    preview = previewed(lines, into(acme))
    done = recorded(lines, into(acme))

    assert [each.suggested for each in preview.unknown] == ["Acme / Spring"]
    assert any('"Spring", as an unmatched one is' in note for note in done.notes)
    assert waiting() == {("1", "77", str(DAY)): 5}
    assert ledger() == {("Autumn", str(DAY)): 6}
    assert names() == ["Autumn", "Spring"]


def test_one_of_that_name_with_another_id_in_the_account_is_another_one(acme: Brand) -> None:
    known = CampaignFactory.create(brand=acme, name="Spring")
    CampaignReference.objects.create(
        campaign=known, platform="google_ads", account="1", reference="70"
    )

    recorded([GOOGLE, row("Spring", 77)], into(acme))

    assert names() == ["Spring", "Spring (77)"]


def test_the_name_of_a_campaign_of_another_brand_is_free(acme: Brand) -> None:
    CampaignFactory.create(name="Spring")

    recorded([GOOGLE, row("Spring", 77)], into(acme))

    assert Campaign.objects.filter(brand=acme, name="Spring").exists()
    assert waiting() == {}


def test_campaigns_that_are_known_may_be_of_any_brand(acme: Brand) -> None:
    other = CampaignFactory.create(name="Known")
    CampaignReference.objects.create(
        campaign=other, platform="google_ads", account="1", reference="70"
    )

    recorded([GOOGLE, row("Known", 70, 3), row("Spring", 77, 4)], into(acme))

    assert ledger() == {("Known", str(DAY)): 3, ("Spring", str(DAY)): 4}


def test_a_file_of_no_platform_brings_campaigns_by_their_names(acme: Brand) -> None:
    lines = [PLAIN, f"Spring,{DAY},5", f"916,{DAY},7", f"Spring,{DAY},1"]

    recorded(lines, into(acme))
    again = recorded(lines, into(acme))

    assert ledger() == {("Spring", str(DAY)): 6, ("916", str(DAY)): 7}
    assert again.created is None
    assert not CampaignReference.objects.exists()


@pytest.mark.parametrize("name", ["x" * 201, " Spring", "Spring ", "  "])
def test_what_can_be_no_name_is_refused_in_a_file_of_no_platform(acme: Brand, name: str) -> None:
    assert "campaign: " in refused([PLAIN, f"{name},{DAY},5"], into(acme))
    assert not Campaign.objects.exists()


def test_rows_by_our_own_ids_bring_no_campaigns(acme: Brand) -> None:
    said = refused([PLAIN, f"4711,{DAY},5"], into(acme, campaign_by="id"))

    assert "none with the id '4711'" in said


def test_the_offer_names_what_a_file_of_no_platform_lacks() -> None:
    lines = [PLAIN, f"Spring,{DAY},5", f"Spring,{DAY},1", f"Autumn,{DAY},x", f" Bad,{DAY},1", PLAIN]

    preview = previewed(lines)

    assert [(each.name, each.rows, each.amount) for each in preview.missing] == [
        ("Spring", 2, Decimal(6)),
        ("Autumn", 1, None),
    ]
    assert preview.missing_count == 2
    assert preview.problem_count == 5


def test_lines_of_totals_and_bad_rows_bring_no_campaign(acme: Brand) -> None:
    lines = [GOOGLE, row("Spring", 77), row("Bad", 78, "x"), "Total: Account,--,--,--,USD,10"]

    done = recorded(lines, into(acme, skip_bad_rows=True))

    assert names() == ["Spring"]
    assert (done.skipped, done.refused.count) == (1, 1)


def test_a_bad_row_leaves_no_campaign_behind(acme: Brand) -> None:
    refused([GOOGLE, row("Spring", 77), row("Bad", 78, "x")], into(acme))

    assert not Campaign.objects.exists()


def test_what_fails_after_the_ledger_takes_the_campaigns_back(
    acme: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the power is gone")

    monkeypatch.setattr("ads.services.imports.run.enforce", fail)
    with pytest.raises(RuntimeError):
        recorded([GOOGLE, row("Spring", 77)], into(acme))

    assert not Campaign.objects.exists()
    assert not CampaignReference.objects.exists()
    assert not Spend.objects.exists()


def test_the_file_must_be_in_the_brands_currency() -> None:
    brand = BrandFactory.create(currency="EUR")

    said = refused([GOOGLE, row("Spring", 77)], into(brand))

    assert "USD" in said
    assert "EUR" in said
    assert not Campaign.objects.exists()


def test_hours_count_on_the_new_brands_days() -> None:
    lines = ["stat_time_hour,Campaign name,Campaign ID,Cost"]
    lines += ["2024-05-14 03:00:00,Spring,77,10", "2024-05-14 12:00:00,Spring,77,20"]
    plan = Plan(
        new_brand=NEW.new_brand,
        timezone="UTC",
        platform="tiktok_ads",
        mapping={
            "hour": "stat_time_hour",
            "campaign": "Campaign name",
            "reference": "Campaign ID",
            "amount": "Cost",
        },
    )

    recorded(lines, plan)

    assert ledger() == {("Spring", "2024-05-13"): 10, ("Spring", "2024-05-14"): 20}


def test_entries_bring_campaigns_too(acme: Brand) -> None:
    lines = [f"{PLAIN},external_id", f"Spring,{DAY},5,a", f"Spring,{DAY},6,b"]

    recorded(lines, into(acme))
    again = recorded(lines, into(acme))

    assert ledger() == {("Spring", str(DAY)): 11}
    assert again.duplicates == 2


def test_spend_that_waits_already_is_recorded_and_counts_once(acme: Brand) -> None:
    before = f"{DAY.replace(day=1)},Spring,77,1,USD,8"
    recorded([GOOGLE, before, row("Spring", 77, 5)], now=NOON)
    assert waiting()

    done = recorded([GOOGLE, row("Spring", 77, 5)], into(acme), enforces_again=True)

    assert done.created is not None
    assert any(each.startswith("Spend waits for 1 of them") for each in done.created.sentences)
    assert ledger() == {("Spring", str(DAY)): 5, ("Spring", "2024-05-01"): 8}
    assert waiting() == {}
    assert not UnknownReference.objects.exists()


def test_a_file_may_bring_only_so_many(acme: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found, "MOST", 2)

    assert "more than 2 campaigns" in refused(
        [GOOGLE, *(row(f"C{i}", i) for i in range(1, 4))], into(acme)
    )
    assert not Campaign.objects.exists()


def test_those_that_spent_most_are_listed_first_and_the_rest_counted(
    acme: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(creation, "SHOWN", 2)

    preview = previewed([GOOGLE, *(row(f"C{i}", i, i) for i in range(1, 5))], into(acme))

    assert [each.campaign for each in preview.created.campaigns] == ["C4", "C3"]
    assert preview.created.count == 4


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"create_in": 1, "new_brand": NEW.new_brand}, "choose a brand or name a new one"),
        ({"create_in": 1, "brand_id": 2}, "read for another brand"),
        ({"new_brand": NEW.new_brand, "brand_id": 2}, "read for another brand"),
    ],
)
def test_a_plan_creates_in_one_brand(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ImportRefused, match=reason):
        Plan(**values)


def test_a_plan_survives_being_stored() -> None:
    plan = Plan(new_brand=NEW.new_brand, brand_id=NOWHERE)

    assert Plan.from_json(plan.as_json()) == plan


def test_a_brand_that_is_gone_or_has_changed_refuses_the_file(acme: Brand) -> None:
    assert "no longer there" in refused([GOOGLE, row("Spring", 77)], Plan(create_in=acme.pk + 1))
    BrandFactory.create(name="Other", currency="EUR")
    plan = Plan(new_brand=NewBrand("Other", "USD", "UTC"))

    assert "a brand Other already, in EUR" in refused([GOOGLE, row("Spring", 77)], plan)
    assert not Campaign.objects.exists()


def test_a_new_brand_that_somebody_has_created_meanwhile_is_one_that_is_there() -> None:
    brand = BrandFactory.create(name="Acme", currency="USD", timezone="America/New_York")
    CampaignFactory.create(brand=brand, name="Spring")

    recorded([GOOGLE, row("Spring", 77, 5), row("Autumn", 78, 6)], NEW)

    assert names() == ["Autumn", "Spring"]
    assert waiting() == {("1", "77", str(DAY)): 5}


@pytest.mark.parametrize(
    ("name", "timezone", "amount"),
    [
        ("03-microsoft-preamble-footer.csv", "America/Los_Angeles", "80.00"),
        ("06-amazon-dollar.csv", "UTC", "1024.64"),
        ("21-german-google.csv", "Europe/Berlin", "1216.90"),
        ("24-google-dollar-signs.csv", "UTC", "337.55"),
    ],
)
def test_the_files_of_public_shapes_bring_their_campaigns(
    name: str, timezone: str, amount: str
) -> None:
    plan = Plan(new_brand=NewBrand("Acme", "USD", timezone))

    done = recorded(case(name), plan, now=at("2026-11-28 12:00"))

    assert done.created is not None
    assert list(done.difference.values()) == [Decimal(amount)]
    assert not waiting()


def test_spend_by_hand_goes_on_for_a_campaign_of_a_file(acme: Brand) -> None:
    recorded([GOOGLE, row("Spring", 77)], into(acme))
    campaign = Campaign.objects.get()
    campaign.daily_budget = Decimal(15)
    campaign.save()
    assert delivers(campaign)

    spend(campaign, 5, NOON)

    assert not delivers(campaign)
