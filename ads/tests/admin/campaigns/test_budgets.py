"""Budgets edited in the list of campaigns."""

import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ads.models import Campaign
from ads.services import BudgetService
from ads.services.bulk import budget_edits
from ads.services.bulk.budget_edits import ChangedMeanwhile, Edit
from ads.tests.admin.actions.acting import plain, table
from ads.tests.admin.pages import changelist, context_of, said
from ads.tests.factories import BrandFactory, CampaignFactory

CAMPAIGNS = changelist("ads_campaign")


def shown(client: Client, **query: str) -> dict[str, str]:
    """What a browser would send from the list if nobody touched it."""
    formset = context_of(client, CAMPAIGNS, {"edit": "budgets", **query})["cl"].formset
    data = {"_save": "Save"}
    for form in [formset.management_form, *formset.forms]:
        for field in form:
            value = field.field.widget.format_value(field.field.prepare_value(field.value())) or ""
            data[field.html_name] = value
            if field.field.show_hidden_initial:
                data[field.html_initial_name] = value
    return data


def row_of(data: dict[str, str], campaign: Campaign) -> str:
    """The prefix of a campaign's fields."""
    (name,) = (
        name for name, value in data.items() if name.endswith("-id") and value == str(campaign.pk)
    )
    return name.removesuffix("-id")


def entered(data: dict[str, str], campaign: Campaign, **budgets: str) -> dict[str, str]:
    """The same with what somebody entered for one campaign."""
    row = row_of(data, campaign)
    assert {f"{row}-{name}" for name in budgets} <= data.keys()
    return {**data, **{f"{row}-{name}": value for name, value in budgets.items()}}


def budgets(campaign: Campaign) -> Any:
    fresh = campaign.fresh()
    return fresh.daily_budget, fresh.monthly_budget


def errors(response: Any) -> dict[str, dict[str, list[str]]]:
    """The errors by campaign and field."""
    assert response.status_code == 200
    forms = response.context["cl"].formset.forms
    return {form.instance.name: form.errors for form in forms if form.errors}


@pytest.fixture
def spring(db: None) -> Campaign:
    return CampaignFactory.create(name="Spring", daily_budget=75, monthly_budget=1500)


@pytest.fixture
def autumn(spring: Campaign) -> Campaign:
    return CampaignFactory.create(name="Autumn", brand=spring.brand, daily_budget=20)


def test_what_was_changed_is_saved_and_said(
    admin: Client, spring: Campaign, autumn: Campaign
) -> None:
    data = entered(shown(admin), spring, daily_budget="90")
    data = entered(data, autumn, daily_budget="", monthly_budget="300.50")

    response = admin.post(f"{CAMPAIGNS}?q=", data, follow=True)

    (message,) = said(response)
    assert plain(message) == (
        "2 campaigns changed: Autumn: daily budget $20.00 → no limit; "
        "Autumn: monthly budget no limit → $300.50; Spring: daily budget $75.00 → $90.00."
    )
    assert budgets(spring) == (90, 1500)
    assert budgets(autumn) == (None, Decimal("300.5"))
    assert LogEntry.objects.count() == 2


def test_saving_an_untouched_list_changes_nothing_and_says_so(
    admin: Client, spring: Campaign, autumn: Campaign
) -> None:
    before = (spring.fresh().updated_at, autumn.fresh().updated_at)

    response = admin.post(CAMPAIGNS, shown(admin), follow=True)

    assert said(response) == ["Nothing was changed."]
    assert (spring.fresh().updated_at, autumn.fresh().updated_at) == before
    assert not LogEntry.objects.exists()


def test_a_raised_budget_starts_the_campaign_at_once(
    admin: Client, spring: Campaign, django_capture_on_commit_callbacks: Any
) -> None:
    BudgetService.record_spend(spring, Decimal(80))
    assert not spring.fresh().is_active

    with django_capture_on_commit_callbacks(execute=True):
        admin.post(CAMPAIGNS, entered(shown(admin), spring, daily_budget="100"))

    assert spring.fresh().is_active


def test_the_list_shows_the_state_it_was_saved_in(admin: Client, spring: Campaign) -> None:
    address = f"{CAMPAIGNS}?o=-7&rows=25"

    data = entered(shown(admin), spring, daily_budget="100")
    response = admin.post(f"{address}&edit=budgets", data)

    # By daily budget, which is one place further where the boxes of actions are shown again.
    assert (response.status_code, response["Location"]) == (302, f"{CAMPAIGNS}?o=-8&rows=25")


@pytest.mark.parametrize(
    ("given", "said_beside"),
    [
        ("1,50", "Daily budget: '1,50' cannot be used"),
        ("-$10", "Daily budget: '-$10' cannot be used: it may not be negative"),
        ("$", "'$' cannot be used"),
        ("1e3", "an exponent is not accepted"),
        ("-5", "enter 0 or more"),
        ("0.0000001", "round it to 6 or fewer"),
        ("9999999999999", "enter a smaller amount"),
    ],
)
def test_what_is_no_amount_is_refused_beside_the_field_and_nothing_is_saved(
    admin: Client, spring: Campaign, autumn: Campaign, given: str, said_beside: str
) -> None:
    data = entered(shown(admin), spring, daily_budget=given, monthly_budget="2000")
    data = entered(data, autumn, daily_budget="30")

    response = admin.post(CAMPAIGNS, data)

    (message,) = errors(response)["Spring"]["daily_budget"]
    assert message.startswith("Daily budget: ")
    assert said_beside in message
    assert list(errors(response)) == ["Spring"]
    assert message in unescape(response.content.decode())
    assert budgets(spring) == (75, 1500)
    assert budgets(autumn) == (20, None)


def test_what_is_wrong_with_a_budget_is_read_out_with_its_field(
    admin: Client, spring: Campaign
) -> None:
    response = admin.post(CAMPAIGNS, entered(shown(admin), spring, monthly_budget="much"))

    page = response.content.decode()
    described_by = re.findall(r'aria-describedby="([^"]*_error)"', page)
    assert len(described_by) == 1
    (error,) = re.findall(rf'id="{described_by[0]}"[^>]*>(.*?)</div>', page, re.DOTALL)
    assert errors(response)["Spring"]["monthly_budget"][0] in unescape(error)


def test_a_refused_list_shows_what_was_posted_beside_its_own_rows(
    admin: Client, spring: Campaign, autumn: Campaign
) -> None:
    data = entered(shown(admin), autumn, daily_budget="x")
    # By now the list is in another order, and another campaign is on its first page.
    CampaignFactory.create(name="Another", brand=spring.brand, daily_budget=1)

    response = admin.post(f"{CAMPAIGNS}?o=-1", data)

    page = response.context["cl"]
    assert [row.name for row in page.result_list] == ["Autumn", "Spring"]
    assert [form.instance.pk for form in page.formset.forms] == [row.pk for row in page.result_list]


def test_a_budget_that_somebody_else_changed_is_not_overwritten_unknowingly(
    admin: Client, spring: Campaign
) -> None:
    data = entered(shown(admin), spring, daily_budget="90")
    Campaign.objects.filter(pk=spring.pk).update(daily_budget=80)

    refused = admin.post(CAMPAIGNS, data)

    (message,) = errors(refused)["Spring"]["daily_budget"]
    assert message == (
        "Daily budget: someone outside the console changed it from $75.00 to $80.00 meanwhile. "
        "Save again to make it $90.00."
    )
    assert budgets(spring) == (80, 1500)

    form = refused.context["cl"].formset.forms[0]
    again = {**data, form["daily_budget"].html_initial_name: "80.00"}
    assert form["daily_budget"].value() == "90"
    assert (
        '<input type="hidden" name="initial-form-0-daily_budget" value="80.00">'
        in refused.content.decode()
    )
    admin.post(CAMPAIGNS, again)

    assert budgets(spring) == (90, 1500)


def test_what_nobody_touched_is_not_written_back_over_somebody_elses_change(
    admin: Client, spring: Campaign, autumn: Campaign
) -> None:
    data = entered(shown(admin), autumn, daily_budget="30")
    Campaign.objects.filter(pk=spring.pk).update(daily_budget=80, name="Spring sale")
    Campaign.objects.filter(pk=autumn.pk).update(monthly_budget=400, status="paused")

    response = admin.post(CAMPAIGNS, data, follow=True)

    (message,) = said(response)
    assert plain(message) == "1 campaign changed: Autumn: daily budget $20.00 → $30.00."
    assert budgets(spring) == (80, 1500)
    assert (autumn.fresh().status, *budgets(autumn)) == ("paused", 30, 400)


def test_the_same_change_by_two_people_is_no_conflict(admin: Client, spring: Campaign) -> None:
    data = entered(shown(admin), spring, daily_budget="90")
    Campaign.objects.filter(pk=spring.pk).update(daily_budget=90)

    assert said(admin.post(CAMPAIGNS, data, follow=True)) == ["Nothing was changed."]


def test_a_change_in_the_last_moment_is_not_overwritten(spring: Campaign, autumn: Campaign) -> None:
    edits = [
        Edit(campaign, "daily_budget", seen, Decimal(90))
        for campaign, seen in ((spring, Decimal(75)), (autumn, Decimal(21)))
    ]

    with pytest.raises(ChangedMeanwhile, match="Autumn: someone else has changed"):
        budget_edits.apply(edits)

    assert budgets(spring) == (75, 1500)
    assert budgets(autumn) == (20, None)


def test_a_campaign_deleted_meanwhile_is_told(
    admin: Client, spring: Campaign, autumn: Campaign
) -> None:
    data = entered(shown(admin), spring, daily_budget="90")
    autumn.delete()

    response = admin.post(CAMPAIGNS, data, follow=True)

    assert said(response) == [
        "Nothing was saved: a campaign of this page has been deleted since you opened it."
    ]
    assert budgets(spring) == (75, 1500)


@pytest.mark.parametrize("permissions", [["view_campaign"], ["view_campaign", "switch_campaign"]])
def test_who_may_not_edit_reads_the_budgets_and_saves_nothing(
    admin: Client, staff: Callable[..., Client], spring: Campaign, permissions: list[str]
) -> None:
    data = entered(shown(admin), spring, daily_budget="90")
    reader = staff(*permissions)

    page = reader.get(CAMPAIGNS)

    assert page.context["cl"].formset is None
    assert "$1,500.00" in page.content.decode()
    assert "form-0-daily_budget" not in page.content.decode()
    assert reader.post(CAMPAIGNS, data).status_code == 403
    assert budgets(spring) == (75, 1500)


def test_where_a_campaign_is_chosen_in_a_popup_nothing_is_edited(
    admin: Client, spring: Campaign
) -> None:
    page = admin.get(CAMPAIGNS, {"_popup": "1"})

    assert page.context["cl"].formset is None
    assert "$75.00" in page.content.decode()


def test_a_page_of_untouched_budgets_is_saved_without_a_query_for_each(admin: Client) -> None:
    brand = BrandFactory.create()
    CampaignFactory.create_batch(40, brand=brand, daily_budget=5)
    last = CampaignFactory.create(brand=brand, name="Zebra", daily_budget=5)
    data = entered(shown(admin), last, daily_budget="6")

    with CaptureQueriesContext(connection) as captured:
        admin.post(CAMPAIGNS, data)

    assert budgets(last) == (6, None)
    assert len(captured) < 25, [query["sql"] for query in captured]


@pytest.mark.parametrize("given", ["1,200", "$1,200.00", "$ 1200", "+1,200.0", "$1200."])
def test_amounts_are_understood_as_people_type_them(
    admin: Client, spring: Campaign, given: str
) -> None:
    admin.post(CAMPAIGNS, entered(shown(admin), spring, daily_budget=given))

    assert budgets(spring) == (1200, 1500)


def test_budgets_are_text_until_somebody_chooses_to_edit_them(
    admin: Client, spring: Campaign
) -> None:
    reading = admin.get(CAMPAIGNS, {"q": "Spring"})
    assert reading.context["cl"].formset is None
    assert 'href="?edit=budgets&amp;q=Spring">Edit budgets' in reading.content.decode()

    editing = admin.get(CAMPAIGNS, {"q": "Spring", "edit": "budgets"})

    page = editing.content.decode()
    assert editing.context["cl"].formset.forms
    assert 'class="ads-button ads-cancel" href="?q=Spring"' in page
    assert 'name="_selected_action"' not in page, "an action would lose what was typed"


def test_saved_budgets_can_be_undone(admin: Client, spring: Campaign, autumn: Campaign) -> None:
    data = entered(shown(admin), spring, daily_budget="90", monthly_budget="")
    (message,) = said(admin.post(CAMPAIGNS, entered(data, autumn, daily_budget="30"), follow=True))
    address = message.partition('action="')[2].partition('"')[0]

    preview = admin.post(address)
    assert table(preview) == {
        "Autumn": [("$30.00", "$20.00"), ("", "no limit")],
        "Spring": [("$90.00", "$75.00"), ("no limit", "$1,500.00")],
    }
    assert budgets(spring) == (90, None)
    (undone,) = said(admin.post(address, {"do": "1"}, follow=True))

    assert plain(undone).startswith("Undone: 2 campaigns restored.")
    assert (budgets(spring), budgets(autumn)) == ((75, 1500), (20, None))
