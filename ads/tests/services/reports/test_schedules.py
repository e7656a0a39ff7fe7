"""Reports that channels are sent each month: when, what, and once."""

import json
import re
import uuid
from datetime import date, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User

from ads import tasks
from ads.models import AlertMessage, Brand, Channel, Heartbeat, ReportLink, ReportSchedule
from ads.services import alerts, restored
from ads.services.reports import links, schedules
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.alerts.support import channel
from ads.tests.support import at, at_once, execute, refused, spend_in_sql

pytestmark = pytest.mark.django_db

SITE = "https://budgets.example.com"


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = SITE
    settings.MAIL_SERVER = ""


def acme(**given: Any) -> Brand:
    brand = BrandFactory.create(
        **{"name": "Acme & Co", "monthly_budget": 100, "timezone": "America/New_York", **given}
    )
    spend_in_sql(CampaignFactory.create(brand=brand), "25", date(2024, 4, 30))
    return brand


def scheduled(brand: Brand, to: Channel, *, made: str = "2024-01-01 00:00", **more: Any) -> Any:
    with time_machine.travel(at(made), tick=False):
        return ReportSchedule.objects.create(brand=brand, channel=to, **more)


def team(**more: Any) -> Channel:
    return channel("team@example.com", "mail", **more)


def sent(when: str) -> list[str]:
    """The subjects of what is handed over at a time of New York."""
    before = set(AlertMessage.objects.values_list("pk", flat=True))
    schedules.send_due(at(when, "America/New_York"))
    return list(AlertMessage.objects.exclude(pk__in=before).values_list("subject", flat=True))


def test_after_a_restore_it_waits_until_somebody_resumes() -> None:
    scheduled(acme(), team(), day_of_month=3)
    restored.hold(at("2024-04-30 02:00"), at("2024-05-02 12:00"))

    assert sent("2024-05-03 08:00") == []

    restored.resume(at("2024-05-03 15:00"))
    assert sent("2024-05-03 12:00") == ["Acme & Co: advertising report for April 2024"]


def test_it_is_sent_once_a_month_at_eight_in_the_brands_time_with_a_fresh_link() -> None:
    scheduled(acme(), team(frequency="daily"), day_of_month=3)

    assert sent("2024-05-03 07:59") == []
    assert sent("2024-05-03 08:00") == ["Acme & Co: advertising report for April 2024"]
    assert sent("2024-05-03 08:15") == []
    assert sent("2024-05-31 23:59") == []

    message = AlertMessage.objects.get()
    now = at("2024-05-03 08:00", "America/New_York")
    assert (message.state, message.next_at) == ("pending", now)
    *figures, whole = message.text.splitlines()
    assert figures == [
        "Monthly budget: $100.00", "Spent: $25.00", "Left: $75.00", "Budget used: 25%"
    ]  # fmt: skip
    found = re.fullmatch(
        rf"The whole report, until June 2, 2024: {SITE}/report/([\w-]{{43}})/", whole
    )
    assert found
    link = links.opened(found[1], now)
    assert link
    assert (link.brand.name, link.month) == ("Acme & Co", date(2024, 4, 1))
    assert f'<a href="{SITE}/report/' in message.html

    assert sent("2024-06-03 09:00") == ["Acme & Co: advertising report for May 2024"]
    assert ReportLink.objects.count() == 2


def test_a_worker_that_was_down_sends_it_late_and_never_an_older_one() -> None:
    scheduled(acme(), team(), day_of_month=1)

    assert sent("2024-05-28 12:00") == ["Acme & Co: advertising report for April 2024"]
    assert sent("2024-09-01 08:00") == ["Acme & Co: advertising report for August 2024"]


@pytest.mark.parametrize(
    ("made", "first"),
    [("2024-05-03 22:00", "April"), ("2024-05-04 05:00", "May")],  # in UTC: the 3rd, the 4th
)
def test_one_that_is_made_after_its_day_begins_with_the_next_month(made: str, first: str) -> None:
    scheduled(acme(), team(), made=made, day_of_month=3)

    subjects = [*sent("2024-05-04 08:00"), *sent("2024-06-03 08:00")]

    assert subjects[0] == f"Acme & Co: advertising report for {first} 2024"


def test_nothing_is_sent_to_what_is_off_or_of_a_brand_without_a_timezone() -> None:
    scheduled(acme(), team(), is_active=False)
    scheduled(acme(name="Bolt"), team(is_active=False))
    lost = acme(name="Lost")
    scheduled(lost, team())
    execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE ads_brand DISABLE TRIGGER USER")
    execute("UPDATE ads_brand SET timezone = 'Mars/Olympus' WHERE id = %s", [lost.pk])

    assert sent("2024-05-20 12:00") == []
    assert not ReportLink.objects.exists()


def test_a_webhook_gets_the_figures_and_the_link() -> None:
    hook = channel("https://hooks.example.com/reports", "webhook")
    brand = acme()
    scheduled(brand, hook)

    sent("2024-05-03 08:00")

    told = json.loads(AlertMessage.objects.get().text)
    assert told["type"] == "report"
    link = told["data"].pop("link")
    assert link.startswith(f"{SITE}/report/")
    assert link in told["data"].pop("text")
    assert told["data"] == {
        "brand": {"id": brand.pk, "name": "Acme & Co"},
        "month": "2024-04",
        "budget": "100.00",
        "spent": "25.00",
        "currency": "USD",
    }


def test_one_that_a_webhook_did_not_get_is_written_anew_for_people() -> None:
    scheduled(acme(), hook := channel("https://hooks.example.com/reports", "webhook"))
    scheduled(acme(name="Bolt"), team())
    assert len(sent("2024-05-03 08:00")) == 2
    payload, mail = AlertMessage.objects.order_by("pk")
    link = json.loads(payload.text)["data"]["link"]

    now = at("2024-05-03 12:00")
    alerts.channels.update(hook, now=now, way="mail", address="ann@example.com")

    payload.refresh_from_db()
    own = f"{SITE}{mail.text[mail.text.index('/report/') :]}"
    assert payload.text.replace(link, own) == mail.text
    assert payload.html.replace(link, own) == mail.html
    assert payload.state == "pending"


def test_without_an_address_of_the_installation_there_is_no_link(
    settings: Any,
) -> None:
    settings.SITE_URL = ""
    scheduled(acme(), team())

    assert len(sent("2024-05-03 08:00")) == 1
    assert "report/" not in AlertMessage.objects.get().text
    assert not ReportLink.objects.exists()


def test_one_that_fails_stops_no_other_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken, fine = scheduled(acme(), team()), scheduled(acme(name="Bolt"), team())
    made = schedules.brand_month

    def fails(brand: Brand, month: date, now: datetime) -> Any:
        if brand.pk == broken.brand_id:
            raise RuntimeError("out of order")
        return made(brand, month, now)

    monkeypatch.setattr(schedules, "brand_month", fails)
    now = at("2024-05-03 08:00", "America/New_York")
    with time_machine.travel(now, tick=False):
        assert tasks.send_reports() == {"sent": 1, "failed": 1}
        assert "Scheduled report" in Heartbeat.objects.get(task="send_reports").last_error
        monkeypatch.setattr(schedules, "brand_month", made)
        assert tasks.send_reports() == {"sent": 1, "failed": 0}
    fine.refresh_from_db()
    assert fine.last_month == date(2024, 4, 1)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_send_it_once() -> None:
    scheduled(acme(), team())
    now = at("2024-05-03 08:00", "America/New_York")

    with at_once() as start:
        for _ in range(4):
            start(lambda: schedules.send_due(now))

    assert (AlertMessage.objects.count(), ReportLink.objects.count()) == (1, 1)


def test_a_brand_and_channel_have_one_schedule_on_a_day_of_every_month() -> None:
    brand, to = acme(), team()
    scheduled(brand, to)

    with refused("report_schedule_is_one_per_brand_and_channel"):
        scheduled(brand, to)
    with refused("report_schedule_day_is_in_every_month"):
        scheduled(brand, team(), day_of_month=29)


def told_of_by(user: User, *brands: Brand) -> Channel:
    """A channel of an account manager who looks after these brands."""
    Brand.objects.filter(pk__in=[brand.pk for brand in brands]).update(account_manager=user)
    return channel("ann@example.com", "mail", name=f"{user}'s", account_manager=user)


def test_a_channel_of_an_account_manager_is_sent_reports_of_their_brands_alone() -> None:
    ann = User.objects.create_user("ann", is_staff=True)
    brand = acme()
    theirs = told_of_by(ann, acme(name="Bolt"))
    waiting = scheduled(brand, theirs)

    assert sent("2024-05-03 08:00") == []
    with pytest.raises(schedules.NotTold, match="ann's is told only of brands that ann looks"):
        schedules.send_now(waiting, at("2024-05-03 08:00"), uid=uuid.uuid4())
    waiting.refresh_from_db()
    assert waiting.last_month is None
    assert not ReportLink.objects.exists()
    Brand.objects.filter(pk=brand.pk).update(account_manager=ann)
    assert sent("2024-05-04 08:00") == ["Acme & Co: advertising report for April 2024"]


def test_a_report_of_a_brand_that_is_handed_over_meanwhile_is_not_sent() -> None:
    brand = acme()
    scheduled(brand, told_of_by(User.objects.create_user("ann", is_staff=True), brand))
    assert len(sent("2024-05-03 08:00")) == 1
    Brand.objects.filter(pk=brand.pk).update(account_manager=None)

    now = at("2024-05-03 08:01", "America/New_York")
    assert alerts.channels.send_due(lambda: now).sent == 0

    message = AlertMessage.objects.get()
    assert message.state == "given_up"
    assert message.problem.startswith("The channel is no longer told of everything in it.")


def test_a_report_that_is_asked_for_twice_is_written_once() -> None:
    one, uid, now = scheduled(acme(), team()), uuid.uuid4(), at("2024-05-03 12:00")

    assert schedules.send_now(one, now, uid=uid) == date(2024, 4, 1)
    assert schedules.send_now(one, now, uid=uid) == date(2024, 4, 1)

    assert (AlertMessage.objects.count(), ReportLink.objects.count()) == (1, 1)


def test_a_report_is_not_sent_by_hand_to_a_channel_that_is_off() -> None:
    one = scheduled(acme(), team(name="Ops", is_active=False))
    with pytest.raises(alerts.channels.ChannelIsOff, match="Ops is off"):
        schedules.send_now(one, at("2024-05-03 12:00"), uid=uuid.uuid4())
    one.refresh_from_db()
    assert one.last_month is None
    assert not AlertMessage.objects.exists()
