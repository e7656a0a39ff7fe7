"""The pages of alerts: rules that warn, channels whose secrets are shown once, the bell."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ads.models import Alert, AlertMessage, AlertRule, Channel
from ads.services import alerts
from ads.services.senders import encryption
from ads.tests.admin.pages import change, filled_in
from ads.tests.factories import CampaignFactory
from ads.tests.services.alerts.support import channel, evaluate, receiver, rule
from ads.tests.support import NOON, spend

pytestmark = pytest.mark.django_db

RULE = {
    "name": "Mine",
    "kind": "budget_used",
    "is_active": "on",
    "thresholds": "80%, 100",
    "owners": "",
    "period": "",
}
CHANNEL = {
    "name": "Ops",
    "way": "webhook",
    "sends_to": "https://hooks.example.com/s3cr3t",
    "is_active": "on",
    "frequency": "at_once",
    "digest_at": "08:00",
    "timezone": "UTC",
}


@pytest.fixture(autouse=True)
def _noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def text(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]


def test_a_rule_says_what_it_would_have_raised_and_warns_of_too_many(admin: Client) -> None:
    AlertRule.objects.all().delete()
    for n in range(21):
        one = CampaignFactory.create(name=f"Campaign {n}", daily_budget=100)
        spend(one, 90, NOON)

    answer = admin.post(reverse("admin:ads_alertrule_add"), RULE, follow=True)

    made = AlertRule.objects.get()
    assert made.thresholds == [80, 100]
    assert "The rule matches a lot: 21 alerts in 30 days, 21 of them on 2024-05-15." in text(answer)
    page = text(admin.get(reverse("admin:ads_alertrule_preview", args=[made.pk])))
    assert "21 alerts, with the budgets of today." in page
    assert "80% of the daily budget used ($90.00 of $100.00)" in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"thresholds": ""}, "Give at least one percent, such as 80."),
        ({"thresholds": "eighty"}, "is not a percent; enter whole numbers such as 80, 100."),
        ({"thresholds": "0"}, "Enter percents from 1 to 1000."),
        ({"owners": "brand", "period": "total"}, "Brands have no total budget; choose day"),
        ({"kind": "projected", "owners": "group"}, "Budget groups are not projected; choose"),
        ({"quiet_from": "20:00"}, "Give both times of the quiet hours"),
    ],
)
def test_a_wrong_rule_is_refused_beside_its_field(
    admin: Client, wrong: dict[str, str], said: str
) -> None:
    before = AlertRule.objects.count()
    answer = admin.post(reverse("admin:ads_alertrule_add"), RULE | wrong)
    assert said in text(answer)
    assert AlertRule.objects.count() == before


def test_a_webhooks_secret_is_shown_once_and_its_address_never(admin: Client) -> None:
    made = rule("unmatched")
    given = CHANNEL | {"rules": [made.pk]}
    answer = admin.post(reverse("admin:ads_channel_add"), given)

    stored = Channel.objects.get(name="Ops")
    secret = encryption.unseal(stored.secret)
    assert secret.startswith("whsec_")
    assert secret in text(answer)
    assert "no-store" in answer["Cache-Control"]
    assert list(stored.rules.all()) == [made]
    page = text(admin.get(reverse("admin:ads_channel_change", args=[stored.pk])))
    assert "https://hooks.example.com/…" in page
    assert "s3cr3t" not in page
    assert secret not in page

    form = filled_in(admin, change(stored)) | {"rules": [made.pk]}
    assert form["sends_to"] == ""
    admin.post(change(stored), form | {"name": "Operations"})
    stored.refresh_from_db()
    assert stored.name == "Operations"
    assert encryption.unseal(stored.address) == CHANNEL["sends_to"]


def test_a_new_rule_tells_the_channels_that_are_active_unless_it_is_said_otherwise(
    admin: Client,
) -> None:
    on, off = channel("https://hooks.example.com/1"), channel("https://hooks.example.com/2")
    Channel.objects.filter(pk=off.pk).update(is_active=False)

    form = filled_in(admin, reverse("admin:ads_alertrule_add"))

    assert form["channels"] == [on.pk]
    admin.post(reverse("admin:ads_alertrule_add"), RULE)
    assert not AlertRule.objects.get(name="Mine").channels.exists()


def test_a_rule_without_quiet_hours_any_more_sends_what_waits(admin: Client) -> None:
    told = channel("https://hooks.example.com/1")
    mine = rule("budget_used", told, quiet_from="11:00", quiet_until="13:00")
    spend(CampaignFactory.create(daily_budget=100), 90, NOON)
    assert evaluate(NOON) == 1

    form = filled_in(admin, change(mine)) | {"quiet_from": "", "quiet_until": ""}
    assert admin.post(change(mine), form).status_code == 302

    assert told.deliveries.get().due_at == NOON


def test_a_channel_of_a_person_says_so_and_keeps_its_user_from_being_deleted(
    admin: Client,
) -> None:
    ann = User.objects.create_user("ann", is_staff=True)
    User.objects.create_user("api", is_staff=False)
    page = text(admin.get(reverse("admin:ads_channel_add")))
    assert f'<option value="{ann.pk}">ann</option>' in page
    assert ">api</option>" not in page

    mail = {"way": "mail", "sends_to": "ann@example.com", "account_manager": ann.pk}
    admin.post(reverse("admin:ads_channel_add"), CHANNEL | mail)

    assert Channel.objects.get().account_manager == ann
    assert "those of ann" in text(admin.get(reverse("admin:ads_channel_changelist")))
    assert "ann" in text(admin.get(change(Channel.objects.get())))
    page = text(admin.get(reverse("admin:auth_user_delete", args=[ann.pk])))
    assert "would require deleting the following protected related objects" in page
    admin.post(
        change(Channel.objects.get()),
        filled_in(admin, change(Channel.objects.get())) | {"account_manager": ""},
    )
    assert Channel.objects.get().account_manager is None


def test_a_wrong_address_is_refused_and_not_shown_again(admin: Client) -> None:
    wrong = CHANNEL | {"sends_to": "https://ann:hunter2@example.com"}
    page = text(admin.post(reverse("admin:ads_channel_add"), wrong))
    assert "Leave out the user and password; webhooks are signed instead." in page
    assert "hunter2" not in page


def test_no_channel_becomes_a_webhook(admin: Client) -> None:
    mail = channel("ann@example.com", "mail", name="Ops")
    form = filled_in(admin, change(mail)) | {"rules": [], "way": "webhook"}
    answer = admin.post(change(mail), form | {"sends_to": "https://hooks.example.com"})
    assert "A webhook has a secret of its own; add a new channel instead." in text(answer)
    mail.refresh_from_db()
    assert mail.way == "mail"


def test_a_test_says_whether_it_was_received(admin: Client, settings: LazySettings) -> None:
    settings.ALERTS_TO_PRIVATE_ADDRESSES = True
    with receiver(status=500) as hook:
        address = reverse("admin:ads_channel_send_test", args=[channel(hook.url).pk])
        admin.get(address)
        assert hook.requests == []
        said = text(admin.post(address, {"confirmed": "yes"}, follow=True))
        assert "The test was not received. It answered 500." in said
        hook.status = 200
        said = text(admin.post(address, {"confirmed": "yes"}, follow=True))
        assert "The test was received." in said
    assert AlertMessage.objects.count() == 2


def test_a_test_that_is_confirmed_twice_is_sent_once(admin: Client, settings: LazySettings) -> None:
    settings.ALERTS_TO_PRIVATE_ADDRESSES = True
    with receiver() as hook:
        address = reverse("admin:ads_channel_send_test", args=[channel(hook.url).pk])
        uid = re.search(r'name="uid" value="([^"]+)"', text(admin.get(address)))
        assert uid
        for _ in range(2):
            said = text(admin.post(address, {"confirmed": "yes", "uid": uid[1]}, follow=True))
            assert "The test was received." in said
    assert len(hook.requests) == 1


def test_a_channel_that_is_off_is_sent_no_test(admin: Client) -> None:
    off = channel("https://hooks.example.com", name="Ops", is_active=False)
    address = reverse("admin:ads_channel_send_test", args=[off.pk])
    said = text(admin.post(address, {"confirmed": "yes"}, follow=True))
    assert "The test was not received. Ops is off; switch it on, then send again." in said
    assert not AlertMessage.objects.exists()


def test_a_channel_that_some_do_not_receive_says_so(admin: Client) -> None:
    partly = channel("ann@example.com, bob@example.com", "mail", name="Ops")
    Channel.objects.update(problem="b…@example.com: It answered 550.")
    assert "Not to all" in text(admin.get(reverse("admin:ads_channel_changelist")))
    assert "b…@example.com: It answered 550." in text(admin.get(change(partly)))


def test_the_bell_counts_what_nobody_has_acknowledged(admin: Client) -> None:
    rule("budget_used")
    campaign = CampaignFactory.create(name="<i>Spring</i>", brand__name="Acme", daily_budget=100)
    spend(campaign, 80, NOON)
    evaluate(NOON)
    page = text(admin.get(reverse("admin:ads_brand_changelist")))
    assert "Alerts: 1 not acknowledged" in page
    assert "&lt;i&gt;Spring&lt;/i&gt; (Acme): 80% of the budget of 2024-05-15 used" in page

    alert = Alert.objects.get()
    admin.post(
        reverse("admin:ads_alert_changelist"),
        {"action": "acknowledge", "_selected_action": [alert.pk]},
    )

    alert.refresh_from_db()
    assert alert.acknowledged_by == "olivia"
    assert alert.resolved_at is None
    assert "not acknowledged" not in text(admin.get(reverse("admin:ads_brand_changelist")))


def test_the_page_of_an_alert_leads_whoever_may_see_it_to_its_rule_and_acknowledges(
    admin: Client, staff: Callable[..., Client]
) -> None:
    rule("budget_used")
    campaign = CampaignFactory.create(name="Spring", brand__name="Acme", daily_budget=100)
    spend(campaign, 80, NOON)
    evaluate(NOON)
    alert = Alert.objects.get()
    page = text(admin.get(change(alert)))
    head = 'truncate"> Spring (Acme): 80% of the budget of 2024-05-15 used </a>'
    assert head in " ".join(page.split())
    assert "Acknowledge</button>" in page
    assert change(alert.rule) in page
    to_viewer = text(staff("view_alert").get(change(alert)))
    assert alert.rule.name in to_viewer
    assert not any(shown in to_viewer for shown in (change(alert.rule), "Acknowledge</button>"))

    admin.post(
        reverse("admin:ads_alert_changelist"),
        {"action": "acknowledge", "_selected_action": [alert.pk]},
    )

    assert "Acknowledge</button>" not in text(admin.get(change(alert)))


def test_every_link_of_an_alert_leads_to_a_page(admin: Client) -> None:
    paths = {alerts.texts.ALL, *alerts.texts.PAGES.values()}
    assert {path: admin.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)
