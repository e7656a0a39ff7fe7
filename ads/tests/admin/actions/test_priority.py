"""Changing the priority of many campaigns: told before and after, undone, and filtered by."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ads.models import Campaign
from ads.tests.admin.actions.acting import ask, plain, table
from ads.tests.admin.pages import act, change, changelist, confirm, context_of, said, save
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import enforce_all

pytestmark = pytest.mark.django_db

CODE = "change_priority"


@pytest.fixture
def campaigns() -> list[Campaign]:
    """Two of a brand that stops early, of which one has the priority, and another; running."""
    acme = BrandFactory.create(name="Acme", stops_early=True)
    found = [
        CampaignFactory.create(brand=acme, name="Search"),
        CampaignFactory.create(brand=acme, name="Brand", priority=5),
        CampaignFactory.create(brand__name="Bolt", name="Video", priority=-1),
    ]
    enforce_all(timezone.now())
    return found


def priorities() -> dict[str, int]:
    return dict(Campaign.objects.values_list("name", "priority"))


def undo_address(message: str) -> str:
    return message.partition('action="')[2].partition('"')[0]


def test_the_priority_of_many_is_changed_after_a_preview_and_undone(
    admin: Client, campaigns: list[Campaign]
) -> None:
    asked = ask(admin, CODE, *campaigns)
    assert asked.context["headline"] == ""

    data = dict(asked.context["hidden"]) | {"priority": "5"}
    preview = admin.post(asked.context["address"], data)
    assert preview.context["headline"] == "3 keep running."
    assert table(preview) == {"Video": [("-1", "5")], "Search": [("0", "5")]}
    not_yet = "the priority counts once that is switched on, on the brand's page."
    assert preview.context["notes"] == [
        "1 campaign left unchanged: with this priority already.",
        f"1 campaign is of a brand that does not stop early: {not_yet}",
    ]
    assert priorities() == {"Search": 0, "Brand": 5, "Video": -1}

    (message,) = said(confirm(admin, asked, priority="5"))
    assert plain(message) == (
        "Changed the priority of 2 campaigns. 3 keep running. "
        "1 campaign left unchanged: with this priority already."
    )
    assert priorities() == {"Search": 5, "Brand": 5, "Video": 5}
    save(admin, change(campaigns[2]), priority="7")

    *_, done, left = said(admin.post(undo_address(message), follow=True))
    assert plain(done) == "Undone: 1 campaign restored. Search keeps running."
    assert left == "1 not put back, because changed again since: Video (priority 7, by olivia)"
    assert priorities() == {"Search": 0, "Brand": 5, "Video": 7}


def test_it_is_in_the_history_and_undone_from_there_beside_budgets(
    admin: Client, campaigns: list[Campaign]
) -> None:
    first = campaigns[0]
    confirm(admin, ask(admin, "change_budgets", first), daily_how="set", daily_by="10")
    confirm(admin, ask(admin, CODE, *campaigns), priority="5")

    told = context_of(admin, change(first))["happenings"]

    priority, budget = [row for row in told if row["undo"]]
    assert [str(one) for one in priority["happening"].changes] == ["priority: 0 → 5"]
    assert "Undo this change of 2 campaigns" in priority["undo"]
    assert [str(one) for one in budget["happening"].changes] == ["daily budget: – → $10.00"]
    admin.post(undo_address(priority["undo"]))
    assert priorities() == {"Search": 0, "Brand": 5, "Video": -1}
    assert first.fresh().daily_budget == 10


def test_the_priority_is_changed_and_put_back_by_who_may_change_campaigns(
    admin: Client, staff: Callable[..., Client], campaigns: list[Campaign]
) -> None:
    operator = staff("view_campaign", "switch_campaign")
    (message,) = said(confirm(admin, ask(admin, CODE, *campaigns), priority="5"))

    assert "lines" not in act(operator, "ads_campaign", CODE, campaigns).context
    assert operator.post(undo_address(message)).status_code == 403
    assert priorities() == {"Search": 5, "Brand": 5, "Video": 5}


@pytest.mark.parametrize("priority", ["", "1.5", "40000", "high"])
def test_what_is_no_priority_is_refused(
    admin: Client, campaigns: list[Campaign], priority: str
) -> None:
    asked = ask(admin, CODE, *campaigns)

    data = dict(asked.context["hidden"]) | {"priority": priority, "do": "1"}
    page = admin.post(asked.context["address"], data)

    assert page.context["form"].errors["priority"]
    assert priorities() == {"Search": 0, "Brand": 5, "Video": -1}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"priority_from": "0"}, {"Search", "Brand"}),
        ({"priority_to": "0"}, {"Search", "Video"}),
        ({"priority_from": "5", "priority_to": "5"}, {"Brand"}),
        ({"priority_from": "99999"}, set()),
        ({"priority_from": "high", "priority_to": "1e3"}, {"Search", "Brand", "Video"}),
    ],
)
def test_the_list_is_filtered_by_a_range_of_priorities(
    admin: Client, campaigns: list[Campaign], query: dict[str, Any], names: set[str]
) -> None:
    shown = context_of(admin, changelist("ads_campaign"), query)["cl"]

    assert {row.name for row in shown.result_list} == names
