"""Brands in other currencies on the pages: own signs and places, and nothing added up across."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ads.models import Brand, Campaign, CampaignReference
from ads.services.ledger import SpendEntry, record_all
from ads.tests.admin.actions.acting import RUN_ON, ask, run, table
from ads.tests.admin.pages import (
    add,
    change,
    changelist,
    context_of,
    errors,
    filled_in,
    said,
    save,
    words,
)
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.ledger.support import entry, google, take, unknown
from ads.tests.support import enforce_all, spend, spend_in_sql

pytestmark = pytest.mark.django_db

#: Of a brand in each: budget, spend and both as they read.
SHOWN = {
    "USD": ("1500", "1200.5", "$1,200.50 of $1,500.00"),
    "EUR": ("1500", "1200.5", "€1,200.50 of €1,500.00"),
    "JPY": ("150000", "120000", "¥120,000 of ¥150,000"),
    "KWD": ("1500", "1200.125", "KWD 1,200.125 of KWD 1,500.000"),
}


@pytest.fixture
def campaigns() -> dict[str, Campaign]:
    """A campaign in each currency, whose brand has the same budgets."""
    made = {}
    for code, (budget, _, _) in SHOWN.items():
        brand = BrandFactory.create(name=f"Brand {code}", currency=code, daily_budget=budget)
        made[code] = CampaignFactory.create(
            name=f"Campaign {code}", brand=brand, daily_budget=budget, monthly_budget=budget
        )
    now = timezone.now()
    enforce_all(now)
    entries = [SpendEntry(made[code], spent) for code, (_, spent, _) in SHOWN.items()]
    record_all(entries, source="test", now=now)
    return made


def text_of(response: Any) -> str:
    """What is on the page, without its tags."""
    page = re.sub(r"<(style|script).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize("code", SHOWN)
def test_the_pages_of_a_brand_and_a_campaign_are_in_its_currency(
    admin: Client, campaigns: dict[str, Campaign], code: str
) -> None:
    for row in (campaigns[code], campaigns[code].brand):
        page = words(admin, row)

        assert SHOWN[code][2] in page
        assert code == "USD" or not re.search(r"(?<![A-Z])\$[0-9]", page)


@pytest.mark.parametrize(("code", "places"), [("JPY", 0), ("USD", 2), ("KWD", 3)])
def test_what_is_to_come_is_in_the_units_of_the_currency(
    admin: Client, campaigns: dict[str, Campaign], code: str, places: int
) -> None:
    campaign = campaigns[code]
    for days in range(1, 15):
        spend_in_sql(campaign, "5.125", timezone.now().date() - timedelta(days=days))

    for row in (campaign, campaign.brand):
        page = context_of(admin, change(row))
        _, adding_up = page["charts"]
        projected = next(one for one in adding_up.series if one.name == "Projected")
        entered = [fact["enters"] for fact in page["pace"]["facts"] if "enters" in fact]

        assert len(entered) == (row == campaign), "the campaign has a monthly budget"
        amounts = [*entered, *(str(one) for one in projected.values if one is not None)]
        assert {len(amount.partition(".")[2]) for amount in amounts} == {places}


def test_the_lists_show_each_row_in_its_currency(
    admin: Client, campaigns: dict[str, Campaign]
) -> None:
    for model in ("ads_campaign", "ads_brand", "ads_spend", "ads_spendtotal"):
        page = text_of(admin.get(changelist(model)))

        for _, _, shown in SHOWN.values():
            assert shown.partition(" of")[0] in page


def test_lists_are_in_the_order_of_amounts_within_a_currency(
    admin: Client, campaigns: dict[str, Campaign]
) -> None:
    more = CampaignFactory.create(name="More", brand=campaigns["EUR"].brand, daily_budget=1)
    spend(more, 300, timezone.now())

    rows = context_of(admin, changelist("ads_campaign"), {"o": "-6"})["cl"]
    order = [row.name for row in rows.result_list]

    assert rows.get_ordering_field_columns() == {6: "desc"}
    assert order == ["Campaign EUR", "More", "Campaign JPY", "Campaign KWD", "Campaign USD"]


def test_the_overview_adds_up_by_currency_and_never_across(
    admin: Client, campaigns: dict[str, Campaign]
) -> None:
    more = CampaignFactory.create(brand=BrandFactory.create(name="Second", currency="EUR"))
    spend(more, 300, timezone.now())

    page = admin.get(reverse("admin:index"))

    today = page.context["spend"][0]
    assert today["exact"] == "€1,500.50 · ¥120,000 · KWD 1,200.125 · $1,200.50"
    assert today["amounts"] == ["€1,500", "¥120,000", "KWD 1,200", "$1,200"]
    assert [each["of"] for each in today["budgets"]] == ["1 brand with a daily budget"] * 4
    assert today["budgets"][0]["unlimited"] == ("€300.00 spent by 1 brand without a daily budget")
    assert [each["code"] for each in page.context["currencies"]] == ["EUR", "JPY", "KWD", "USD"]
    assert page.context["by_day"].currency == page.context["months"].currency == "EUR"
    assert page.context["months"].labels == ["Brand EUR", "Second"]

    other = admin.get(reverse("admin:index"), {"currency": "KWD"})

    assert other.context["months"].labels == ["Brand KWD"]
    assert [series.name for series in other.context["by_day"].series] == ["Brand KWD"]
    assert other.context["by_day"].data["currency"] == "KWD"


def test_with_one_currency_the_overview_offers_no_other(admin: Client) -> None:
    spend(CampaignFactory.create(), 3, timezone.now())

    page = admin.get(reverse("admin:index"), {"currency": "EUR"})

    assert page.context["currencies"] == []
    assert page.context["spend"][0]["amounts"] == ["$3.00"]


def test_the_sum_of_the_ledgers_list_is_by_currency(
    admin: Client, campaigns: dict[str, Campaign]
) -> None:
    rows = context_of(admin, changelist("ads_spend"))["cl"]

    assert (rows.result_count, rows.in_all) == (
        4, "€1,200.50 · ¥120,000 · KWD 1,200.125 · $1,200.50",
    )  # fmt: skip


@pytest.mark.parametrize("typed", ["€1,200.00", "1,200 EUR", "EUR 1200", "1200", "1,200.00 €"])
def test_a_budget_is_typed_with_the_sign_or_code_of_its_brand(admin: Client, typed: str) -> None:
    campaign = CampaignFactory.create(brand=BrandFactory.create(currency="EUR"))

    save(admin, change(campaign), daily_budget=typed)

    assert campaign.fresh().daily_budget == 1200


def test_a_budget_in_another_currency_is_refused_with_both_names(admin: Client) -> None:
    brand = BrandFactory.create(currency="EUR")
    campaign = CampaignFactory.create(brand=brand)

    for row, typed in (
        (campaign, "$1,200.00"),
        (campaign, "1200 USD"),
        (brand, "US$1200"),
        (brand, "¥5"),
    ):
        (error,) = errors(save(admin, change(row), daily_budget=typed))["daily_budget"]

        assert error.startswith(f"{typed!r} is an amount in ")
        assert error.endswith("brand's currency is EUR (Euro). Enter an amount in EUR.")
        assert row.fresh().daily_budget is None


def test_a_new_campaign_is_compared_with_the_brand_that_is_chosen(admin: Client) -> None:
    brand = BrandFactory.create(currency="JPY")
    fields = {"name": "New", "brand": brand.pk, "status": "draft", "daily_budget": "$5"}

    refused = save(admin, add("ads_campaign"), **fields)
    save(admin, add("ads_campaign"), **{**fields, "daily_budget": "¥5000"})

    assert "JPY (Yen)" in errors(refused)["daily_budget"][0]
    assert Campaign.objects.get().daily_budget == 5000


def test_budgets_in_the_list_too(admin: Client, campaigns: dict[str, Campaign]) -> None:
    address = changelist("ads_campaign")
    rows = context_of(admin, address, {"edit": "budgets", "q": "Campaign EUR"})["cl"].formset
    data = {"_save": "Save", "form-0-daily_budget": "$90"}
    for form in [rows.management_form, *rows.forms]:
        for field in form:
            value = field.field.widget.format_value(field.field.prepare_value(field.value())) or ""
            data.setdefault(field.html_name, value)
            if field.field.show_hidden_initial:
                data[field.html_initial_name] = value

    refused = admin.post(f"{address}?q=Campaign EUR&edit=budgets", data)
    saved = admin.post(
        f"{address}?q=Campaign EUR", {**data, "form-0-daily_budget": "€90"}, follow=True
    )

    (error,) = refused.context["cl"].formset.forms[0].errors["daily_budget"]
    assert "the brand's currency is EUR (Euro)" in error
    assert "daily budget €1,500.00 → €90.00" in said(saved)[0]
    assert campaigns["EUR"].fresh().daily_budget == 90


def test_one_amount_is_not_set_in_several_currencies(
    admin: Client, campaigns: dict[str, Campaign]
) -> None:
    asked = ask(admin, "change_budgets", campaigns["EUR"], campaigns["JPY"])
    data = {**dict(asked.context["hidden"]), "daily_how": "set", "daily_by": "20"}

    page = admin.post(asked.context["address"], data)

    assert page.context["form"].errors["daily_by"] == [
        (
            "These budgets are in EUR and JPY, and one amount is not the same in each. Change them "
            "by percent, or choose those in one currency."
        )
    ]


def test_an_amount_is_in_the_currency_of_the_budgets(
    admin: Client, campaigns: dict[str, Campaign]
) -> None:
    asked = ask(admin, "change_budgets", campaigns["KWD"])
    data = {**dict(asked.context["hidden"]), "daily_how": "raise_amount"}

    refused = admin.post(asked.context["address"], {**data, "daily_by": "$20"})
    page = admin.post(asked.context["address"], {**data, "daily_by": "KWD 0.125"})

    assert asked.context["form"].fields["daily_by"].help_text == "Percent, or KWD a day."
    assert "KWD (Kuwaiti Dinar)" in refused.context["form"].errors["daily_by"][0]
    assert table(page) == {"Campaign KWD": [("KWD 1,500.000", "KWD 1,500.125")]}


def test_percentages_are_rounded_to_the_unit_of_each_currency(
    admin: Client, campaigns: dict[str, Campaign]
) -> None:
    Campaign.objects.update(daily_budget=Decimal("10.05"))
    Campaign.objects.filter(brand__currency="JPY").update(daily_budget=105)
    asked = ask(admin, "change_budgets", *campaigns.values())
    fields = {"daily_how": "raise_percent", "daily_by": "3.3"}

    page = admin.post(asked.context["address"], {**dict(asked.context["hidden"]), **fields})
    run(admin, "change_budgets", *campaigns.values(), **fields)

    assert table(page) == {
        "Campaign EUR": [("€10.05", "€10.38")],
        "Campaign JPY": [("¥105", "¥108")],
        "Campaign KWD": [("KWD 10.050", "KWD 10.382")],
        "Campaign USD": [("$10.05", "$10.38")],
    }
    budgets = dict(Campaign.objects.values_list("brand__currency", "daily_budget"))
    assert budgets == {
        "EUR": Decimal("10.38"), "JPY": 108, "KWD": Decimal("10.382"), "USD": Decimal("10.38"),
    }  # fmt: skip


def test_the_preview_of_budgets_adds_up_by_currency(
    admin: Client, campaigns: dict[str, Campaign]
) -> None:
    more = CampaignFactory.create(brand=campaigns["EUR"].brand, daily_budget=100)
    third = CampaignFactory.create(brand=campaigns["JPY"].brand, daily_budget=1000)
    asked = ask(admin, "change_budgets", campaigns["EUR"], more, campaigns["JPY"], third)
    fields = {"daily_how": "raise_percent", "daily_by": "10"}

    page = admin.post(asked.context["address"], {**dict(asked.context["hidden"]), **fields})

    together = page.context["budgets"]["together"]
    assert [(sums["label"], sums["cells"][0]["new"]) for sums in together] == [
        ("2 campaigns together", "€1,760.00"),
        ("2 campaigns together", "¥166,100"),
    ]


def test_letting_several_run_on_names_each_sum(
    admin: Client, campaigns: dict[str, Campaign]
) -> None:
    asked = ask(admin, "reset_daily_spend", *campaigns.values())

    page = admin.post(asked.context["address"], {**dict(asked.context["hidden"]), **RUN_ON})

    assert (
        "4 campaigns spent €1,200.50 · ¥120,000 · KWD 1,200.125 · $1,200.50 today: as much again "
        "would be allowed beyond the budgets."
    ) in page.context["notes"]


def test_one_amount_is_not_allowed_in_several_currencies(
    admin: Client, campaigns: dict[str, Campaign]
) -> None:
    asked = ask(admin, "reset_daily_spend", *campaigns.values())

    filled = {**dict(asked.context["hidden"]), **RUN_ON, "amount": "20"}
    page = admin.post(asked.context["address"], filled)

    assert "one amount is not the same in each" in page.content.decode()


def test_a_correction_is_in_the_currency_of_its_brand(
    admin: Client, campaigns: dict[str, Campaign]
) -> None:
    entry_of = campaigns["JPY"].spend.get()
    address = reverse("admin:ads_spend_correct", args=[entry_of.pk])

    page = admin.post(address, {"amount": "-¥20,000", "token": "", "look": ""})
    refused = admin.post(address, {"amount": "-$20,000", "token": "", "look": ""})

    assert "¥100,000" in text_of(page)
    assert "JPY (Yen)" in refused.context["form"].errors["amount"][0]


def test_the_currency_is_chosen_from_iso_s_list(admin: Client) -> None:
    choices = dict(context_of(admin, add("ads_brand"))["adminform"].form.fields["currency"].choices)
    assert choices["KWD"] == "KWD (Kuwaiti Dinar)"

    save(admin, add("ads_brand"), name="Tokyo", currency="JPY", daily_budget="¥5,000")
    refused = save(admin, add("ads_brand"), name="Gold", currency="XAU")

    assert Brand.objects.get().currency == "JPY"
    assert errors(refused)["currency"]


def test_the_currency_can_be_changed_until_spend_is_recorded(admin: Client) -> None:
    campaign = CampaignFactory.create()
    save(admin, change(campaign.brand), currency="EUR")
    assert campaign.brand.fresh().currency == "EUR"

    spend(campaign, 1, timezone.now())

    form = context_of(admin, change(campaign.brand))["adminform"].form
    assert form.fields["currency"].widget.attrs["disabled"]
    assert "Spend is on record: it is fixed." in words(admin, campaign.brand)
    save(admin, change(campaign.brand), currency=None, daily_budget="7")
    assert (campaign.brand.fresh().currency, campaign.brand.fresh().daily_budget) == ("EUR", 7)

    refused = admin.post(
        change(campaign.brand),
        {**filled_in(admin, change(campaign.brand)), "currency": "USD"},
        follow=True,
    )
    assert "has been recorded in EUR, so its currency is fixed" in said(refused)[0]
    assert campaign.brand.fresh().currency == "EUR"


def test_who_may_only_read_sees_the_budgets_in_their_currency(
    staff: Callable[..., Client], campaigns: dict[str, Campaign]
) -> None:
    reader = staff("view_campaign", "view_brand")

    for row in (campaigns["KWD"], campaigns["KWD"].brand):
        assert "KWD 1,500.000" in words(reader, row)


def test_the_history_tells_budgets_in_the_brands_currency(
    admin: Client, campaigns: dict[str, Campaign]
) -> None:
    save(admin, change(campaigns["JPY"]), daily_budget="100")
    spend(campaigns["JPY"], 1, timezone.now())

    page = words(admin, campaigns["JPY"])

    assert "daily budget ¥150,000 → to ¥100" in page
    assert "Daily budget used up: ¥120,001 of ¥100" in page


def test_waiting_spend_is_shown_in_its_currency_and_not_matched_to_another(
    admin: Client, campaigns: dict[str, Campaign]
) -> None:
    take(entry(google("7", name="Campaign USD"), 5, currency="EUR"))
    address = reverse("admin:ads_unknownreference_match_campaign", args=[unknown().pk])

    assert "€5.00" in text_of(admin.get(changelist("ads_unknownreference")))
    refused = admin.post(address, {"campaign": campaigns["USD"].pk}, follow=True)

    assert (
        "the amount is in EUR (Euro), and the brand's currency is USD (US Dollar)"
        in (said(refused)[0])
    )
    assert not CampaignReference.objects.exists()
