"""Whatever becomes of a worker, a file is recorded once and in whole, or not at all."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection
from django.utils import timezone

from ads.models import Campaign, Spend, SpendImport, SpendTotal
from ads.services import imports
from ads.services.imports import uploads
from ads.services.imports.run import Import
from ads.services.imports.uploads import runs
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.uploads.support import (
    active,
    check,
    checked,
    confirm,
    has_file,
    record,
    recorded,
    rows,
    spent,
    status,
    upload,
)
from ads.tests.support import at_once

pytestmark = pytest.mark.django_db


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> Iterator[None]:
    """Recording fails at its very end, when all of it is in the ledger but not committed."""

    def fail(*_: Any, **__: Any) -> None:
        assert Spend.objects.exists()
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(runs, "_switched", fail)
        yield


def test_an_exception_in_the_middle_of_recording_leaves_nothing_and_it_can_be_confirmed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = active(daily_budget=1)
    one = confirm(checked(rows(campaign, 5)))

    with failing(monkeypatch, ZeroDivisionError("oops")), pytest.raises(ZeroDivisionError):
        record(one)

    assert status(one) == "checked"
    assert "ZeroDivisionError: oops" in one.error
    assert spent() == []
    assert not SpendTotal.objects.exclude(amount=0).exists()
    assert Campaign.objects.get().is_active
    assert has_file(one)
    assert record(confirm(one)) == "recorded"
    assert spent() == [5]


def test_a_worker_that_is_killed_while_recording_leaves_nothing_and_another_does_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = confirm(checked(rows(CampaignFactory.create(), 5)))

    # What a killed worker leaves: a status, and a transaction that the server rolls back.
    with failing(monkeypatch, OperationalError("gone")), pytest.raises(OperationalError):
        record(one)
    assert status(one) == "recording"
    assert spent() == []

    assert record(one) == "recorded"
    assert record(one) == "recorded"
    assert spent() == [5]


def test_a_file_that_kills_every_worker_is_given_up() -> None:
    one = upload(rows(CampaignFactory.create(), 5))
    SpendImport.objects.filter(pk=one.pk).update(status="checking", attempts=runs.ATTEMPTS)

    assert check(one) == "refused"

    one.refresh_from_db()
    assert "tried 3 times" in one.error

    other = confirm(checked(rows(CampaignFactory.create(), 5)))
    SpendImport.objects.filter(pk=other.pk).update(status="recording", attempts=runs.ATTEMPTS)
    assert record(other) == "checked"
    assert spent() == []


def test_a_file_that_takes_too_long_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    one = confirm(checked(rows(CampaignFactory.create(), 5)))

    with failing(monkeypatch, SoftTimeLimitExceeded()), pytest.raises(SoftTimeLimitExceeded):
        record(one)

    assert status(one) == "checked"
    assert "manage.py import_spend" in one.error
    assert spent() == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_record_it_once() -> None:
    one = confirm(checked(rows(CampaignFactory.create(), *range(1, 200))))

    with at_once() as start:
        for _ in range(2):
            start(lambda: record(one))

    assert status(one) == "recorded"
    assert spent() == [sum(range(1, 200))]


@pytest.mark.django_db(transaction=True)
def test_while_one_import_runs_no_other_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (upload(rows(CampaignFactory.create(), 5)) for _ in range(2))
    seen = []

    def meanwhile(*_: Any, **__: Any) -> Any:
        thread = threading.Thread(target=lambda: seen.append(in_thread(second)))
        thread.start()
        thread.join()
        return imports.preview_of(*_, **__)

    def in_thread(one: SpendImport) -> str:
        try:
            return check(one)
        finally:
            connection.close()

    with monkeypatch.context() as patch:
        patch.setattr(runs, "preview_of", meanwhile)
        assert check(first) == "checked"

    assert seen == ["uploaded"]
    second.refresh_from_db()
    assert uploads.is_behind_another(second) is False
    assert check(second) == "checked"


def test_a_message_that_comes_late_or_for_nothing_does_nothing() -> None:
    one = recorded(rows(CampaignFactory.create(), 5))

    assert check(one) == "recorded"
    assert record(one) == "recorded"
    assert uploads.check(10**9, timezone.now()) == "gone"

    assert spent() == [5]


def test_progress_is_noted_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "NOTED_EVERY", 0)
    seen = []
    staged = Import.staged

    @contextmanager
    def watched(*args: Any, progress: Any, **more: Any) -> Iterator[Import]:
        def look(count: int) -> None:
            progress(count)
            seen.append(SpendImport.objects.values_list("rows_read", "bytes_read").get())

        with staged(*args, progress=look, **more) as it:
            yield it

    one = confirm(checked(rows(CampaignFactory.create(), *[1] * 12_000)))
    monkeypatch.setattr(Import, "staged", watched)
    assert record(one) == "recorded"

    assert [read for read, _ in seen] == [5000, 10_000, 12_000]
    assert sorted(at for _, at in seen) == [at for _, at in seen]
    assert seen[-1][1] == one.size


def test_a_check_that_is_cancelled_stops_and_leaves_it_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runs, "NOTED_EVERY", 0)
    one = upload(rows(CampaignFactory.create(), *[1] * 12_000))
    read: list[int] = []

    def cancelling(*args: Any, progress: Any, **more: Any) -> Any:
        def cancel(count: int) -> None:
            if not read:
                uploads.cancel(SpendImport.objects.get(pk=one.pk), now=timezone.now())
            read.append(count)
            progress(count)

        return imports.preview_of(*args, progress=cancel, **more)

    monkeypatch.setattr(runs, "preview_of", cancelling)

    assert check(one) == "cancelled"

    assert read == [5000]
    assert not has_file(one)


def test_the_time_is_read_again_when_the_file_has_been_read() -> None:
    brand = BrandFactory.create(timezone="UTC")
    one = confirm(checked(rows(CampaignFactory.create(brand=brand), 5)))
    began = timezone.now()
    ticks = [began, began + timedelta(minutes=5), began + timedelta(minutes=6)]

    uploads.record(one.pk, iter(ticks).__next__)

    one.refresh_from_db()
    assert one.finished_at == ticks[1]
