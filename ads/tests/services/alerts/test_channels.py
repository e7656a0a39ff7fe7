"""What reaches a channel, from real receivers: once if all goes well, later if it does not."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
import requests
from django.conf import LazySettings
from django.contrib.auth.models import User
from standardwebhooks import Webhook

from ads.models import Alert, AlertMessage, Channel, Person, UnknownReference, WaitingSpend
from ads.services import alerts
from ads.services.alerts.channels import InvalidChannel, outbox, send_due
from ads.services.senders import encryption
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.alerts.support import (
    Receiver,
    another_rule,
    channel,
    evaluate,
    mail_server,
    receiver,
    rule,
)
from ads.tests.support import NOON, spend

pytestmark = pytest.mark.django_db

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/"

TEAMS_CONNECTOR = "webhook.office.com/webhookb2/8b799edf@abcd0000/IncomingWebhook/79d2a7ae/8b79"

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _local(settings: LazySettings) -> None:
    settings.ALERTS_TO_PRIVATE_ADDRESSES = True
    settings.SITE_URL = "https://budgets.example.com"


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def send(at: datetime = NOON) -> tuple[int, int]:
    """How many were sent, and failed."""
    done = send_due(lambda: at)
    return done.sent, done.failed


def attempt(told: Channel, uid: uuid.UUID | None = None) -> str:
    """What went wrong with a test."""
    return alerts.channels.send_test(told, lambda: NOON, uid=uid or uuid.uuid4())


def body_of(mail: EmailMessage, kind: str) -> str:
    """A part of a mail, as text."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def used(name: str = "Spring", brand: str = "Acme", amount: int = 80) -> Any:
    """A campaign that has used up most of its budget."""
    campaign = CampaignFactory.create(name=name, brand__name=brand, daily_budget=100)
    spend(campaign, amount, NOON)
    return campaign


def test_a_webhook_is_signed_and_carries_an_id_figures_and_a_link(hook: Receiver) -> None:
    told = channel(hook.url)
    rule("budget_used", told)
    campaign = used("<b>Spring</b>")
    now = datetime.now(UTC)  # the library that verifies reads the clock
    evaluate(NOON)

    assert send_due(lambda: now).sent == 1

    [(_, headers, body)] = hook.requests
    said = Webhook(told.shown_once).verify(body, headers)  # type: ignore[attr-defined]
    message = AlertMessage.objects.get()
    assert headers["webhook-id"] == f"msg_{message.uid.hex}"
    [alert] = said["data"]["alerts"]
    assert said["type"] == "alerts"
    assert alert["campaign"] == {"id": campaign.pk, "name": "<b>Spring</b>"}
    assert alert["figures"]["spent"] == "80"
    assert alert["link"] == (
        f"https://budgets.example.com/admin/ads/campaign/{campaign.pk}/change/"
    )
    assert message.state == "sent"
    assert send() == (0, 0)


def test_an_answer_of_500_is_tried_again_later_under_the_same_id(hook: Receiver) -> None:
    told = channel(hook.url)
    rule("budget_used", told)
    used()
    evaluate(NOON)
    hook.status = 500

    assert send() == (0, 1)
    assert send(NOON + timedelta(seconds=9)) == (0, 0)
    now = NOON
    while now < NOON + DAY:  # for a whole day
        now += HOUR
        assert send(now) == (0, 1)
    told.refresh_from_db()
    assert told.problem == "It answered 500."
    assert told.failing_since == NOON
    hook.status = 200
    assert send(now + HOUR) == (1, 0)

    assert len({headers["webhook-id"] for _, headers, _ in hook.requests}) == 1
    told.refresh_from_db()
    assert told.failing_since is None
    assert told.problem == ""


def test_a_message_that_nobody_received_for_three_days_is_given_up(hook: Receiver) -> None:
    rule("budget_used", channel(hook.url))
    used()
    evaluate(NOON)
    hook.status = 500
    send()

    send(NOON + 4 * DAY)

    assert AlertMessage.objects.get().state == "given_up"


def test_what_happens_while_a_channel_is_dead_is_told_together_afterwards(hook: Receiver) -> None:
    rule("budget_used", channel(hook.url))
    used()
    evaluate(NOON)
    hook.status = 500
    send()
    for name in ("Summer", "Autumn"):
        used(name, brand=name)
    evaluate(NOON)
    hook.status = 200

    assert send(NOON + HOUR) == (2, 0)

    assert [len(json.loads(body)["data"]["alerts"]) for *_, body in hook.requests] == [1, 1, 2]


def test_a_slow_receiver_has_it_once_and_delays_nobody(
    hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apprise.URLBase.socket_read_timeout", 0.3)  # four seconds by itself
    with receiver(delay=1) as slow:
        rule("budget_used", channel(slow.address, "apprise"), channel(hook.url))
        used()
        evaluate(NOON)
        assert send() == (2, 0)
    assert len(slow.requests) == 1
    sent = AlertMessage.objects.order_by("pk").values_list("state", flat=True)
    assert list(sent) == ["sent", "sent"]


def test_a_dead_channel_is_told_elsewhere_and_not_to_itself(hook: Receiver) -> None:
    with receiver(status=500) as broken:
        dead = channel(broken.url, name="Dead")
        rule("budget_used", dead)
        another_rule("channel_failing", dead, channel(hook.url))
        used()
        evaluate(NOON)
        send()
        evaluate(NOON + HOUR)
        send(NOON + HOUR)

    assert len(broken.requests) == 2  # the first message again
    [(*_, body)] = hook.requests
    [alert] = json.loads(body)["data"]["alerts"]
    assert alert["title"] == "Alerts do not reach Dead"
    assert "It answered 500." in alert["text"]


def test_mail_has_names_as_they_are_and_each_recipient_gets_one(settings: LazySettings) -> None:
    with mail_server() as (address, got):
        settings.MAIL_SERVER = address
        told = channel("ann@example.com, nobody@example.com; bob@example.com", "mail")
        rule("budget_used", told)
        used("<script>alert(1)</script> & sons")
        evaluate(NOON)

        assert send() == (0, 1)
        assert send(NOON + HOUR) == (0, 1)

    assert told.shown == "ann@example.com and 2 more"
    assert [mail["To"] for mail in got] == ["ann@example.com", "bob@example.com"]
    assert got[0]["Subject"] == (
        "<script>alert(1)</script> & sons (Acme): 80% of the budget of 2024-05-15 used"
    )
    html = body_of(got[0], "html")
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; sons" in html
    assert '<a href="https://budgets.example.com/admin/ads/campaign/' in html
    plain = body_of(got[0], "plain")
    assert "$80.00 of $100.00 spent, 80%" in plain
    assert AlertMessage.objects.get().problem == "n…@example.com: It answered 550."


def looked_after(brand: str, manager: User | None) -> Any:
    """A campaign that has used up most of its budget, of a brand of this account manager."""
    campaign = used(brand, brand)
    campaign.brand.account_manager = manager
    campaign.brand.save(update_fields=["account_manager"])
    return campaign.brand


def test_an_account_manager_gets_a_morning_mail_on_their_own_brands() -> None:
    ann, bob = (User.objects.create_user(name, is_staff=True) for name in ("ann", "bob"))
    for brand, manager in (("Acme", bob), ("Byte", ann), ("Corn", None), ("Dune", ann)):
        looked_after(brand, manager)
    daily = {"frequency": "daily", "way": "mail"}
    of_ann = channel("ann@example.com", account_manager=ann, **daily)
    team = channel("team@example.com", **daily)
    rule("budget_used", of_ann, team)
    another_rule("unmatched", of_ann, team)
    unknown = UnknownReference.objects.create(platform="google_ads", reference="1")
    WaitingSpend.objects.create(
        unknown=unknown, kind="entry", amount=5, source="etl", received_at=NOON
    )
    evaluate(NOON)
    assert send(NOON + 19 * HOUR) == (0, 0)

    assert send(NOON + 20 * HOUR) == (2, 0)  # 8:00

    mine, everybodys = AlertMessage.objects.order_by("channel")
    assert headings(mine) == ["Byte", "Dune"]
    assert mine.count == 2
    assert headings(everybodys) == [
        *("Byte (account manager: ann)", "Dune (account manager: ann)"),
        *("Acme (account manager: bob)", "Corn"),
    ]
    assert everybodys.count == 5


def headings(message: AlertMessage) -> list[str]:
    """The underlined lines of a message."""
    lines = message.text.splitlines()
    return [line for line, under in pairwise(lines) if under and set(under) == {"-"}]


def test_a_channel_of_a_person_is_told_of_nothing_that_they_may_not_see() -> None:
    ann = User.objects.create_user("ann", is_staff=True)
    seen, hidden, handed_over = (looked_after(name, ann) for name in ("Acme", "Byte", "Corn"))
    person = Person.objects.create(user=ann, every_brand=False)
    person.brands.set([seen, handed_over])
    of_ann = channel("ann@example.com", "mail", account_manager=ann, frequency="daily")
    rule("budget_used", of_ann)
    evaluate(NOON)
    handed_over.account_manager = User.objects.create_user("bob")
    handed_over.save(update_fields=["account_manager"])

    send(NOON + DAY)

    message = AlertMessage.objects.get()
    assert (message.count, "Corn" in message.text) == (1, False)
    User.objects.filter(pk=ann.pk).update(is_active=False)
    spend(seen.campaigns.get(), 20, NOON + DAY)
    spend(hidden.campaigns.get(), 80, NOON + DAY)
    spend(seen.campaigns.get(), 80, NOON + DAY)
    assert evaluate(NOON + DAY) == 2
    send(NOON + 2 * DAY)
    assert AlertMessage.objects.count() == 1


def test_without_a_mail_server_a_mail_is_kept_in_the_console() -> None:
    rule("budget_used", channel("ann@example.com", "mail"))
    used()
    evaluate(NOON)
    assert send() == (1, 0)
    message = AlertMessage.objects.get()
    assert message.state == "kept"
    assert "80% of the budget" in message.html


def test_many_alerts_at_once_are_one_message_by_brand_with_the_rest_counted() -> None:
    rule("budget_used", channel("ann@example.com", "mail"))
    for n in range(60):
        used(f"Campaign {n}", brand=f"Brand {n % 2}{n}")
    evaluate(NOON)

    assert send() == (1, 0)

    message = AlertMessage.objects.get()
    assert message.subject == "60 alerts: 60 budgets"
    assert message.text.count("80% of the budget") == 50
    assert message.text.endswith("… and 10 more. https://budgets.example.com/admin/ads/alert/")
    assert message.deliveries.count() == 60


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been posted to services on the web, which accept it."""
    bodies: list[str] = []

    def keep(*_: Any, data: Any = None, json: Any = None, **__: Any) -> requests.Response:
        bodies.append(str(data or json))
        answer = requests.Response()
        answer.status_code = 202
        answer.raw = BytesIO(b'{"requestId": "1"}')  # Opsgenie's and Jira's
        return answer

    monkeypatch.setattr(requests.Session, "request", keep)
    return bodies


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("opsgenie://8b799edf-6f98-4d3a-9be7-2862fb4e5752/", '"type": "warning"'),
        ("jira://8b799edf-6f98-4d3a-9be7-2862fb4e5752/", '"type": "warning"'),
        (f"pagerduty://{'A' * 32}@{'B' * 20}/", '"severity": "warning"'),
    ],
)
def test_services_for_people_on_call_take_it_for_something_that_has_gone_wrong(
    posted: list[str], address: str, words: str
) -> None:
    assert attempt(channel(address, "apprise")) == ""
    [body] = posted
    assert words in body
    assert '"Budget Manager"' in body  # who sends it


@pytest.mark.parametrize(
    "address",
    [
        f"ilert://{'8' * 32}/",
        f"incidentio://01{'H' * 24}/{'8' * 32}/",
        f"firehydrant://{'8' * 32}/",
        f"squadcast://{'8' * 32}/",
    ],
)
def test_a_message_of_the_same_title_is_an_alert_of_its_own(
    posted: list[str], address: str
) -> None:
    told = channel(address, "apprise")
    assert [attempt(told), attempt(told)] == ["", ""]
    first, second = posted
    assert first != second  # else it would be a repetition of the first


def test_a_service_that_takes_short_messages_has_whole_alerts_and_the_rest_counted(
    posted: list[str],
) -> None:
    host = "https://default0.5e.environment.api.powerplatform.com"
    flow = f"{host}/powerautomate/automations/direct/workflows/643e69f83c89/triggers/manual"
    services = [
        f"{flow}/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KODuebWbDGYF",
        f"https://discord.com/api/webhooks/123456789/{'a' * 68}",
        "tgram://123456789:abcdefg_hijklmnop/12315544/",
        f"pagerduty://{'A' * 32}@{'B' * 20}/",
        SLACK,  # takes long ones
    ]
    rule("budget_used", *(channel(address, "apprise") for address in services))
    brand = BrandFactory.create(name="Acme")
    for n in range(14):
        campaign = CampaignFactory.create(name=f"*Ad* {n} & more", brand=brand, daily_budget=100)
        spend(campaign, 80, NOON)
    evaluate(NOON)

    send()

    rests = []
    for message in AlertMessage.objects.order_by("channel"):
        rests.append(14 - message.text.count("80% of the budget"))
        rest = f"… and {rests[-1]} more. https://budgets.example.com/admin/ads/alert/"
        assert message.text.endswith(rest) is (rests[-1] > 0)
    assert [0 < rest < 11 for rest in rests] == [True, True, True, True, False]
    assert sorted(14 - body.count("of the budget") for body in posted) == sorted(rests)
    assert sum("admin/ads/alert/" in body for body in posted) == 4


def test_a_digest_waits_for_its_time_and_says_what_is_over_by_then(hook: Receiver) -> None:
    told = channel(
        "ann@example.com", "mail", frequency="daily", timezone="Europe/Berlin", digest_at="08:00"
    )
    rule("budget_used", told)
    used()
    evaluate(NOON)
    assert send() == (0, 0)
    alerts.evaluate(NOON + DAY / 2)  # at midnight

    eight = datetime(2024, 5, 16, 6, tzinfo=UTC)
    assert send(eight - timedelta(minutes=1)) == (0, 0)
    assert send(eight) == (1, 0)
    assert "Over since 2024-05-16 02:00 Berlin." in AlertMessage.objects.get().text


def test_what_waits_follows_the_time_that_a_channel_is_given(hook: Receiver) -> None:
    told = channel(hook.url, frequency="weekly")
    rule("budget_used", told, quiet_from="11:00", quiet_until="13:00")
    used()
    evaluate(NOON)  # a Wednesday

    alerts.channels.update(told, now=NOON, frequency="daily", digest_at=time(15))
    assert send(NOON + 2 * HOUR) == (0, 0)
    alerts.channels.update(told, now=NOON, frequency="at_once")
    assert send(NOON + HOUR - timedelta(minutes=1)) == (0, 0)
    assert send(NOON + HOUR) == (1, 0)


@pytest.mark.parametrize(
    ("quiet", "sent_at"), [((None, None), 11), (("06:00", "10:00"), 11), (("10:00", "15:00"), 15)]
)
def test_what_waits_follows_the_quiet_hours_that_a_rule_is_given(
    hook: Receiver, quiet: tuple[str | None, str | None], sent_at: int
) -> None:
    digest = channel(hook.url, frequency="daily", digest_at="09:00")
    mine = rule("budget_used", digest, quiet_from="08:00", quiet_until="20:00")
    used()
    evaluate(NOON - 4 * HOUR)
    edited = NOON - HOUR  # after the time of the digest

    mine.quiet_from, mine.quiet_until = quiet
    mine.save()
    mine.refresh_from_db()
    alerts.rule_changed(mine, edited)

    due = edited.replace(hour=sent_at)
    assert send(due - timedelta(minutes=1)) == (0, 0)
    assert send(due) == (1, 0)


def test_a_digest_whose_timezone_was_dropped_is_sent_by_utc_and_stops_no_other(
    hook: Receiver,
) -> None:
    digest = channel("ann@example.com", "mail", frequency="daily", digest_at="08:00")
    Channel.objects.filter(pk=digest.pk).update(timezone="Mars/Base")
    rule("budget_used", digest, channel(hook.url))
    used()

    assert evaluate(NOON) == 1
    assert send() == (1, 0)
    assert send(datetime(2024, 5, 16, 8, tzinfo=UTC)) == (1, 0)


def test_quiet_hours_are_by_the_clock_of_the_brand(hook: Receiver) -> None:
    rule("budget_used", channel(hook.url), quiet_from="20:00", quiet_until="07:00")
    campaign = CampaignFactory.create(brand__timezone="Asia/Tokyo", daily_budget=100)
    spend(campaign, 80, NOON)  # 21:00 in Tokyo
    evaluate(NOON)

    assert send(NOON + 9 * HOUR) == (0, 0)
    assert send(NOON + 10 * HOUR) == (1, 0)


def test_a_claim_keeps_others_away_and_runs_out(hook: Receiver) -> None:
    rule("budget_used", channel(hook.url))
    used()
    evaluate(NOON)

    [first] = outbox.claim(NOON, at_most=9)  # whoever did so dies
    assert outbox.claim(NOON + HOUR, at_most=9) == []
    Channel.objects.update(claimed_until=NOON)
    assert send(NOON + HOUR) == (1, 0)

    assert AlertMessage.objects.get().pk == first.message.pk


def test_a_channel_that_is_switched_off_forgets_what_waits(hook: Receiver) -> None:
    told = channel(hook.url)
    rule("budget_used", told)
    used()
    evaluate(NOON)
    alerts.channels.update(told, now=NOON, is_active=False)

    assert send() == (0, 0)
    alerts.channels.update(told, now=NOON, is_active=True)
    assert send() == (0, 0)


def test_what_a_webhook_did_not_receive_is_written_anew_for_people(hook: Receiver) -> None:
    told = channel(hook.url)
    rule("budget_used", told)
    used()
    evaluate(NOON)
    hook.status = 500
    assert send() == (0, 1)

    told.way = "mail"  # as a form does
    alerts.channels.update(told, now=NOON, way="mail", address="ann@example.com")

    assert send() == (1, 0)
    payload, mail = AlertMessage.objects.order_by("pk")
    assert (payload.state, mail.state) == ("given_up", "kept")
    assert mail.subject == "Spring (Acme): 80% of the budget of 2024-05-15 used"
    assert "<strong>Spring (Acme)" in mail.html


def test_a_channel_that_is_switched_on_again_has_not_failed_yet(hook: Receiver) -> None:
    rule("channel_failing")
    told = channel(hook.url, failing_since=NOON - DAY, problem="It answered 500.")
    assert evaluate(NOON) == 1
    alerts.channels.update(told, now=NOON, is_active=False)
    assert evaluate(NOON) == 0

    alerts.channels.update(told, now=NOON, is_active=True)
    evaluate(NOON + DAY)

    assert not Alert.objects.filter(resolved_at=None).exists()
    assert (told.failing_since, told.problem) == (None, "")


def test_a_test_is_sent_at_once_and_tried_once(hook: Receiver) -> None:
    told = channel(hook.url)
    hook.status = 404
    assert attempt(told) == "It answered 404."
    assert send(NOON + HOUR) == (0, 0)
    hook.status = 204
    assert attempt(told) == ""


@pytest.mark.parametrize("way", ["webhook", "apprise"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_private_addresses_are_refused_when_the_connection_is_made(
    settings: LazySettings, hook: Receiver, way: str, host: str
) -> None:
    address = hook.url if way == "webhook" else hook.address
    told = channel(address.replace("127.0.0.1", host), way)
    settings.ALERTS_TO_PRIVATE_ADDRESSES = False

    problem = attempt(told)

    assert problem.startswith("Its host is a private address")
    assert hook.requests == []


@pytest.mark.parametrize("way", ["webhook", "apprise"])
def test_redirects_are_not_followed(hook: Receiver, way: str) -> None:
    with receiver(status=307, location=hook.url) as first:
        told = channel(first.url if way == "webhook" else first.address, way)
        problem = attempt(told)
    assert problem == ("It answered 307: redirects are not followed, so enter the new address.")
    assert hook.requests == []


@pytest.mark.parametrize(
    ("way", "address", "said"),
    [
        ("mail", "ann", "'ann' is no mail address"),
        ("mail", "", "enter the address"),
        ("mail", ",".join(f"a{n}@example.com" for n in range(21)), "21 mail addresses"),
        ("apprise", "nonsense", "no address of a service that is known"),
        ("apprise", f"https://acme.{TEAMS_CONNECTOR}", "Teams has ended.*a workflow"),
        ("apprise", "syslog://", "is not supported"),
        ("apprise", "mqtt://localhost/topic", "no address of a service|is not supported"),
        ("apprise", f"{SLACK}?template=words.json", "reads a file of the server \\(template\\)"),
        ("webhook", "example.com", "begins with https://"),
        ("webhook", "ftp://example.com", "begins with https://"),
        ("webhook", "https://", "begins with https://"),
        ("webhook", "https://ann:pw@example.com", "leave out the user and password"),
    ],
)
def test_wrong_addresses_are_refused_with_a_remedy(way: str, address: str, said: str) -> None:
    with pytest.raises(InvalidChannel, match=said):
        channel(address, way)
    assert not Channel.objects.exists()


def test_http_is_refused_where_private_addresses_are(settings: LazySettings) -> None:
    settings.ALERTS_TO_PRIVATE_ADDRESSES = False
    with pytest.raises(InvalidChannel, match="http is not encrypted"):
        channel("http://example.com")


@pytest.mark.parametrize(
    ("address", "way"),
    [
        ("jsons://localhost/s3cr3t-path", "apprise"),
        ("https://localhost/s3cr3t-path", "webhook"),
    ],
)
def test_no_address_is_in_the_database_in_clear_nor_in_the_log(
    address: str, way: str, caplog: pytest.LogCaptureFixture, settings: LazySettings
) -> None:
    settings.ALERTS_TO_PRIVATE_ADDRESSES = False
    caplog.set_level("DEBUG")
    told = channel(address, way)
    secret = address.rsplit("/", 1)[1]

    told.refresh_from_db()
    row = json.dumps({name: str(value) for name, value in vars(told).items()})
    assert secret not in row
    assert encryption.unseal(told.address) == address
    problem = attempt(told)
    assert problem
    assert secret not in problem
    assert secret not in caplog.text


def test_alerts_of_several_kinds_are_counted_by_kind_in_the_subject() -> None:
    told = channel("ann@example.com", "mail")
    rule("budget_used", told)
    another_rule("unmatched", told)
    unknown = UnknownReference.objects.create(platform="google_ads", reference="1")
    WaitingSpend.objects.create(
        unknown=unknown, kind="entry", amount=5, source="etl", received_at=NOON
    )
    for name in ("A", "B"):
        used(name, brand=name)
    evaluate(NOON)
    send()
    assert AlertMessage.objects.get().subject == "3 alerts: 2 budgets, 1 unmatched spend"
    assert Alert.objects.count() == 3
