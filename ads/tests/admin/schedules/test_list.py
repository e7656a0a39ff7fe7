"""The list of schedules: what each does now, its week in words, and who uses it."""

from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from ads.tests.admin.pages import changelist, context_of
from ads.tests.admin.schedules.windows import Triple
from ads.tests.factories import CampaignFactory, ScheduleFactory

ALWAYS: list[Triple] = [(day, "00:00", "00:00") for day in range(7)]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Wednesday, 19:00 in Tokyo."""
    with time_machine.travel("2026-01-21T10:00:00Z", tick=False):
        yield


def listed(admin: Client) -> list[str]:
    """The rows as they are read."""
    page = admin.get(changelist("ads_daypartingschedule")).content.decode()
    table = page[page.index('id="result_list"') :]
    rows = table[: table.index("</table>")].split("<tr")[2:]
    return [" ".join(strip_tags(f"<tr{row}".replace("<", " <")).split()) for row in rows]


def test_a_row_says_what_the_schedule_does_now_and_its_week_in_words(admin: Client) -> None:
    evenings = ScheduleFactory.create(
        name="A", timezone="Asia/Tokyo", windows=[(day, "18:05", "23:00") for day in range(7)]
    )
    ScheduleFactory.create(name="B", windows=[(day, "22:00", "06:00") for day in (0, 3)])
    ScheduleFactory.create(name="C", windows=ALWAYS, valid_until="2026-01-20")
    ScheduleFactory.create(name="D", windows=ALWAYS, is_active=False)
    ScheduleFactory.create(name="E", priority=9)
    ScheduleFactory.create(name="F", windows=ALWAYS[:1], valid_from="2026-02-02")
    CampaignFactory.create_batch(2, schedules=[evenings])

    rows = listed(admin)

    assert [row[row.index(name) :] for row, name in zip(rows, "ABCDEF", strict=True)] == [
        "A Open until today 23:00 Every day 18:05–23:00 2 Asia/Tokyo Wed 19:00 0",
        "B Closed opens tomorrow 22:00 Mon, Thu 22:00–06:00 (+1 day) none UTC Wed 10:00 0",
        "C Not in force never opens Every day, all day until 2026-01-20 none UTC Wed 10:00 0",
        "D Not in force never opens Every day, all day not active none UTC Wed 10:00 0",
        "E Closed never opens none: always closed none UTC Wed 10:00 9",
        "F Not in force opens 2 Feb 00:00 Mon, all day from 2026-02-02 none UTC Wed 10:00 0",
    ]


def test_the_number_of_campaigns_leads_to_them(admin: Client) -> None:
    schedule = ScheduleFactory.create(windows=ALWAYS)
    CampaignFactory.create(name="Has it", schedules=[schedule])
    CampaignFactory.create(name="Has none")

    address = f"{changelist('ads_campaign')}?dayparting_schedules__id__exact={schedule.pk}"
    assert address in admin.get(changelist("ads_daypartingschedule")).content.decode()

    shown = context_of(admin, address)["cl"].result_list
    assert [campaign.name for campaign in shown] == ["Has it"]


def test_the_list_takes_the_same_few_queries_however_long_it_is(admin: Client) -> None:
    counts = []
    for number in range(2):
        for schedule in [ScheduleFactory.create(windows=ALWAYS) for _ in range(1 + 4 * number)]:
            CampaignFactory.create(schedules=[schedule])
        with CaptureQueriesContext(connection) as queries:
            admin.get(changelist("ads_daypartingschedule"))
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 20, counts
