"""Each task notes when it last ran, and when it last succeeded."""

from datetime import UTC, datetime, timedelta

import pytest

from ads.models import Heartbeat
from ads.services.operations import heartbeats

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def noted(task: str = "check") -> Heartbeat:
    return Heartbeat.objects.get(task=task)


def test_a_run_that_ends_well_notes_when_and_how_many_it_switched() -> None:
    with heartbeats.beat("check", NOW) as run:
        run.changed = 3

    beat = noted()
    assert beat.last_run_at == beat.last_success_at == NOW
    assert beat.last_changed == 3
    assert beat.last_duration is not None
    assert timedelta(0) <= beat.last_duration < timedelta(seconds=5)
    assert (beat.last_failure_at, beat.last_error) == (None, "")


def test_an_exception_is_noted_and_goes_on_and_the_last_success_stays_known() -> None:
    with heartbeats.beat("check", NOW) as run:
        run.changed = 3

    with pytest.raises(ConnectionError), heartbeats.beat("check", LATER):
        raise ConnectionError("no answer from 10.0.0.7")

    beat = noted()
    assert (beat.last_success_at, beat.last_changed) == (NOW, 3)
    assert beat.last_run_at == beat.last_failure_at == LATER
    assert beat.last_error == "ConnectionError: no answer from 10.0.0.7"


def test_a_run_in_which_something_failed_has_run_but_not_succeeded() -> None:
    with heartbeats.beat("check", NOW) as run:
        run.changed = 3
    with heartbeats.beat("check", LATER) as run:
        run.changed = 5
        run.errors += ["Account A: no answer.", "Account B: refused."]

    beat = noted()
    assert beat.last_success_at == NOW
    assert beat.last_run_at == beat.last_failure_at == LATER
    assert beat.last_changed == 5
    assert beat.last_error == "Account A: no answer.\nAccount B: refused."


def test_the_next_clean_run_clears_the_error_and_remembers_when_it_was() -> None:
    with heartbeats.beat("check", NOW) as run:
        run.errors.append("Account A: no answer.")
    with heartbeats.beat("check", LATER):
        pass

    beat = noted()
    assert beat.last_run_at == LATER
    assert (beat.last_success_at, beat.last_failure_at, beat.last_error) == (LATER, NOW, "")


def test_every_task_has_a_row_of_its_own_however_often_it_runs() -> None:
    for now in (NOW, LATER):
        for task in ("check", "update"):
            with heartbeats.beat(task, now):
                pass

    assert list(Heartbeat.objects.values_list("task", "last_success_at")) == [
        ("check", LATER),
        ("update", LATER),
    ]


def test_an_endless_error_is_cut() -> None:
    with pytest.raises(ValueError, match="x"), heartbeats.beat("check", NOW):
        raise ValueError("x" * 100_000)

    assert len(noted().last_error) == heartbeats.LONGEST_ERROR
