"""Nothing is lost when Redis is gone, a worker is killed, or nobody comes back."""

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from ads import tasks
from ads.models import SpendImport
from ads.services.imports import uploads
from ads.services.imports.uploads import queue
from ads.tests.factories import CampaignFactory
from ads.tests.redis_away import without_redis
from ads.tests.services.imports.uploads.support import (
    checked,
    confirm,
    has_file,
    recorded,
    rows,
    spent,
    statuses,
    upload,
)
from ads.tests.tasks.worker import running_workers

pytestmark = [pytest.mark.real_clock, pytest.mark.django_db]
#: What is sent is sent when it is committed.
committing = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    """No message of a test before, none for one after."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete("imports")
    yield
    client.delete("imports")


def waiting_messages() -> int:
    return int(redis.Redis.from_url(settings.REDIS_URL).llen("imports"))


def later() -> dict[str, int]:
    """What the periodic task does when the next minute has passed."""
    return uploads.continue_all(timezone.now() + 2 * queue.PATIENCE)


@committing
def test_an_upload_and_a_confirmation_send_one_message_each() -> None:
    one = upload(rows(CampaignFactory.create(), 5))
    assert waiting_messages() == 1

    uploads.check(one.pk, timezone.now())
    confirm(one)

    assert waiting_messages() == 2


@committing
def test_without_redis_an_upload_is_kept_and_taken_up_when_redis_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with without_redis(), caplog.at_level(logging.WARNING):
        one = upload(rows(CampaignFactory.create(), 5))
        assert "could not be handed to a worker" in caplog.text
        assert later()["sent"] == 0
    assert statuses([one]) == ["uploaded"]
    assert waiting_messages() == 0

    assert later()["sent"] == 1

    assert waiting_messages() == 1


@committing
def test_without_redis_a_confirmation_is_kept_and_taken_up_when_redis_is_back() -> None:
    one = checked(rows(CampaignFactory.create(), 5))
    with without_redis():
        confirm(one)
    assert statuses([one]) == ["confirmed"]

    assert later()["sent"] == 1

    uploads.record(one.pk, timezone.now)
    assert spent() == [5]


@pytest.mark.parametrize("status", ["checking", "recording"])
def test_what_a_killed_worker_has_left_is_taken_up_again(status: str) -> None:
    upload(rows(CampaignFactory.create(), 5))
    SpendImport.objects.update(status=status)
    assert uploads.continue_all(timezone.now())["sent"] == 0  # it may just be slow

    assert later()["sent"] == 1


@pytest.mark.parametrize("status", ["unmapped", "checked", "recorded", "refused", "cancelled"])
def test_what_waits_for_people_or_is_over_is_not_sent(status: str) -> None:
    upload(rows(CampaignFactory.create(), 5))
    SpendImport.objects.update(status=status)

    assert later()["sent"] == 0


@committing
def test_one_that_ends_sends_the_one_that_has_waited_longest() -> None:
    first, second = (upload(rows(CampaignFactory.create(), 5)) for _ in range(2))
    redis.Redis.from_url(settings.REDIS_URL).delete("imports")

    uploads.check(second.pk, timezone.now())

    assert waiting_messages() == 1
    assert statuses([first, second]) == ["uploaded", "checked"]


@pytest.mark.parametrize(
    ("status", "after"),
    [("unmapped", "cancelled"), ("checked", "cancelled"), ("refused", "refused")],
)
def test_a_file_that_nobody_confirms_is_dropped_after_a_week_and_stays_on_record(
    status: str, after: str
) -> None:
    one = upload(rows(CampaignFactory.create(), 5))
    SpendImport.objects.update(status=status)
    almost = timezone.now() + queue.KEPT - timedelta(minutes=1)
    assert uploads.continue_all(almost)["dropped"] == 0
    assert has_file(one)

    assert uploads.continue_all(almost + timedelta(minutes=2))["dropped"] == 1

    assert not has_file(one)
    assert statuses([one]) == [after]
    assert uploads.continue_all(almost + timedelta(minutes=3))["dropped"] == 0


def test_what_was_recorded_is_left_alone_by_pruning() -> None:
    one = recorded(rows(CampaignFactory.create(), 5) + "Nobody,2026-01-01,1\n", leaves_out=1)
    before = SpendImport.objects.values().get()

    uploads.continue_all(timezone.now() + 2 * queue.KEPT)

    assert SpendImport.objects.values().get() == before
    assert uploads.has_refused(one)


@committing
def test_a_worker_checks_and_records_what_is_uploaded_and_confirmed(tmp_path: Path) -> None:
    campaign = CampaignFactory.create(daily_budget=1)

    with running_workers(tmp_path / "worker.log", "worker"):
        one = upload(rows(campaign, 5))
        await_status(one, "checked")
        confirm(one)
        await_status(one, "recorded")

    assert spent() == [5]


def await_status(one: SpendImport, wanted: str) -> None:
    for _ in range(600):
        if statuses([one]) == [wanted]:
            return
        time.sleep(0.1)
    raise AssertionError(f"{statuses([one])}, not {wanted}")


def test_the_periodic_task_takes_up_what_waits() -> None:
    upload(rows(CampaignFactory.create(), 5))
    SpendImport.objects.update(updated_at=timezone.now() - 2 * queue.PATIENCE)

    assert tasks.continue_imports() == {"sent": 1, "dropped": 0}
