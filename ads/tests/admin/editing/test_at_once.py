"""Two people who save at the same moment wait for each other."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from ads.models import CampaignReference
from ads.tests.admin.editing.support import commits
from ads.tests.admin.pages import change, errors, filled_in
from ads.tests.factories import CampaignFactory
from ads.tests.support import at_once, await_blocked, execute, held_open


@commits
def test_who_saves_while_another_is_saving_waits_and_is_told(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    opened = filled_in(admin, change(campaign))
    answers: list[Any] = []
    other = "UPDATE ads_campaign SET daily_budget = 80 WHERE id = %s"

    with at_once() as start, held_open(lambda: execute(other, [campaign.pk])) as commit:
        start(
            lambda: answers.append(
                admin.post(change(campaign), {**opened, "daily_budget": "60", "name": "Mine"})
            )
        )
        await_blocked()
        commit()

    (response,) = answers
    assert "from $50.00 to $80.00" in errors(response)["daily_budget"][0]
    stored = campaign.fresh()
    assert (stored.daily_budget, stored.name) == (80, campaign.name)


@commits
def test_of_many_who_save_at_once_one_saves_and_every_other_is_told(db: None) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    browsers = []
    for number in range(6):
        client = Client()
        client.force_login(User.objects.create_superuser(f"editor {number}"))
        browsers.append((client, filled_in(client, change(campaign)), 100 + number))
    saved: list[int] = []
    told: list[int] = []

    def press_save(client: Client, opened: dict[str, Any], budget: int) -> None:
        response = client.post(change(campaign), {**opened, "daily_budget": str(budget)})
        (saved if response.status_code == 302 else told).append(budget)

    with at_once() as start:
        for browser in browsers:
            start(lambda browser=browser: press_save(*browser))

    assert (len(saved), len(told)) == (1, 5)
    assert campaign.fresh().daily_budget == saved[0]


@commits
def test_a_row_within_the_page_that_is_being_saved_elsewhere_is_waited_for(admin: Client) -> None:
    campaign = CampaignFactory.create()
    reference = CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", reference="815"
    )
    opened = filled_in(admin, change(campaign))
    answers: list[Any] = []
    other = "UPDATE ads_campaignreference SET reference = '4711' WHERE id = %s"

    with at_once() as start, held_open(lambda: execute(other, [reference.pk])) as commit:
        start(lambda: answers.append(admin.post(change(campaign), {**opened, "name": "Renamed"})))
        await_blocked()
        commit()

    assert "(ID on the platform 815 → 4711)" in errors(answers[0])["__all__"][0]
    reference.refresh_from_db()
    assert (reference.reference, campaign.fresh().name) == ("4711", campaign.name)
