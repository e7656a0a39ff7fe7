"""What is logged of requests and logins, and how a request joins the tasks that it queues."""

import json
from typing import Any

import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django_celery_beat.models import PeriodicTask

from ads.models import Campaign
from ads.services.operations import periodic_tasks
from ads.tests.api.support import Program, key_for
from ads.tests.factories import CampaignFactory
from ads.tests.log_lines import logged
from ads.tests.tasks.support import make_beat_rows
from budget_manager.celery import app

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
CLIENT = {"X-Forwarded-For": "203.0.113.66, 198.51.100.7"}


def test_a_failed_login_names_who_tried_and_from_where_but_no_password() -> None:
    typed = "olivia\n" + "x" * 100

    with logged() as log, override_settings(TRUSTED_PROXY_COUNT=1):
        Client().post(LOGIN, {"username": typed, "password": "correct horse"}, headers=CLIENT)

    line = log.only("Login failed")
    assert (line["level"], line["address"]) == ("warning", "198.51.100.7")
    assert line["username"] == typed[:40]
    assert len(line["request_id"]) == 32
    assert "correct horse" not in log.text


def test_a_login_that_succeeds_is_no_failed_one() -> None:
    user = User.objects.create_superuser("olivia")
    user.set_password("correct horse")
    user.save()

    with logged() as log:
        answer = Client().post(
            LOGIN, {"username": "olivia", "password": "correct horse"}, headers=CLIENT
        )

    assert answer.status_code == 302
    assert log.those("Login failed") == []


def test_a_refused_key_is_logged_with_the_address_and_without_the_key() -> None:
    key = key_for()

    with logged() as log:
        Program(key[:-3] + "abc").get("/key", {"X-Request-ID": "seven"})

    line = log.only("API key refused")
    assert (line["address"], line["request_id"]) == ("127.0.0.1", "seven")
    assert key[3:-3] not in log.text
    assert "This is not a key of this system." in line["reason"]


def test_every_answer_has_an_id_which_its_lines_and_its_switches_carry(
    django_capture_on_commit_callbacks: Any,
) -> None:
    campaign = CampaignFactory.create(daily_budget=1)
    Campaign.objects.update(is_active=True)
    row = {"campaign": campaign.pk, "amount": 2, "external_id": "1"}
    program = Program(key_for(scopes=("spend:write",)))

    with logged() as log, django_capture_on_commit_callbacks(execute=True):
        answer = program.post(
            "/spend/entries", {"entries": [row]}, headers={"X-Request-ID": "seven"}
        )

    assert (answer.status_code, answer["X-Request-ID"]) == (200, "seven")
    line = log.only("Campaign stopped")
    assert (line["actor"], line["trigger"]) == ("key: ETL", "spend")
    page = Client().get(LOGIN)
    assert len(page["X-Request-ID"]) == 32
    assert Client().get("/nowhere", headers={"X-Request-ID": "eight"})["X-Request-ID"] == "eight"


def headers_of_the_only_task() -> dict[str, Any]:
    queues: Any = redis.Redis.from_url(settings.REDIS_URL)
    waiting = [body for name in app.amqp.queues for body in queues.lrange(name, 0, -1)]
    (message,) = map(json.loads, waiting)
    headers: dict[str, Any] = message["headers"]
    return headers


def test_a_task_that_a_request_queues_carries_its_id() -> None:
    make_beat_rows()
    task = PeriodicTask.objects.get(task="ads.tasks.check_campaign_budgets")
    client = Client()
    client.force_login(User.objects.create_superuser("olivia"))
    queues = redis.Redis.from_url(settings.REDIS_URL)
    queues.flushdb()

    client.post(
        "/admin/django_celery_beat/periodictask/",
        {"action": "run_tasks", "_selected_action": [task.pk]},
        headers={"X-Request-ID": "seven"},
    )

    assert headers_of_the_only_task()["request_id"] == "seven"
    # Without a request there is none to carry.
    queues.flushdb()
    periodic_tasks.start(task)
    assert "request_id" not in headers_of_the_only_task()
