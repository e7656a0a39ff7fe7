"""Who follows the delivery changes misses none, and sees each once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from ads.models import Campaign, DeliveryChange
from ads.services.delivery import lifecycle
from ads.services.history.feed import BEGINNING, Followed, Position, follow
from ads.tests.factories import CampaignFactory
from ads.tests.support import at_once, await_blocked, execute, held_open

pytestmark = [pytest.mark.real_clock, pytest.mark.django_db(transaction=True)]


def switch(campaign: Campaign) -> None:
    """The campaign starts, or stops: one delivery change."""
    act = lifecycle.pause if campaign.status == "active" else lifecycle.activate
    act(campaign, now=timezone.now())


def paused_campaign() -> Campaign:
    campaign = CampaignFactory.create(status="paused")
    assert not DeliveryChange.objects.filter(campaign=campaign).exists()
    return campaign


def followed(after: Position = BEGINNING, limit: int = 100) -> Followed:
    return follow(DeliveryChange.objects.all(), after, limit=limit)


def ids(told: Followed) -> list[int]:
    return [change.pk for change in told.changes]


def all_ids() -> list[int]:
    return list(DeliveryChange.objects.order_by("id").values_list("pk", flat=True))


def test_changes_come_in_pages_and_each_once() -> None:
    campaign = paused_campaign()
    for _ in range(5):
        switch(campaign)

    first = followed(limit=2)
    second = followed(first.position, limit=2)
    third = followed(second.position, limit=2)

    assert [first.has_more, second.has_more, third.has_more] == [True, True, False]
    assert ids(first) + ids(second) + ids(third) == all_ids()
    assert followed(third.position) == Followed([], third.position, has_more=False)


def test_a_change_that_is_committed_late_is_not_skipped() -> None:
    early, late = paused_campaign(), paused_campaign()

    with held_open(lambda: switch(early)) as commit:
        switch(late)  # has the higher id, and is committed first
        meanwhile = followed()
        commit()
    afterwards = followed(meanwhile.position)

    assert ids(meanwhile) == []
    assert [change.campaign_id for change in afterwards.changes] == [early.pk, late.pk]
    assert ids(afterwards) == all_ids()


def test_changes_before_an_open_transaction_are_shown_at_once() -> None:
    before, during = paused_campaign(), paused_campaign()
    switch(before)

    with held_open(lambda: switch(during)) as commit:
        assert [change.campaign_id for change in followed().changes] == [before.pk]
        commit()

    assert ids(followed()) == all_ids()


def test_an_open_transaction_that_has_begun_but_not_written_holds_nothing_up() -> None:
    first, second = paused_campaign(), paused_campaign()

    with held_open(lambda: execute("UPDATE ads_brand SET daily_budget = 10")):
        switch(first)
        assert [change.campaign_id for change in followed().changes] == [first.pk]
    position = followed().position
    switch(second)

    assert [change.campaign_id for change in followed(position).changes] == [second.pk]


def test_a_transaction_that_writes_after_the_question_comes_with_the_next() -> None:
    early, late = paused_campaign(), paused_campaign()
    switch(early)

    def begin_then_write() -> None:
        execute("SELECT pg_current_xact_id()")
        switch(late)

    with held_open(begin_then_write) as commit:
        position = followed().position
        commit()

    assert [change.campaign_id for change in followed(position).changes] == [late.pk]


def test_what_was_rolled_back_is_never_shown() -> None:
    campaign = paused_campaign()

    with transaction.atomic():
        switch(campaign)
        transaction.set_rollback(True)

    assert ids(followed()) == []


@pytest.mark.parametrize("was_ahead", [False, True])
def test_writers_at_once_and_a_follower_who_keeps_asking(
    was_ahead: bool, request: pytest.FixtureRequest
) -> None:
    if was_ahead:
        request.getfixturevalue("clock_was_ahead")
    campaigns = [paused_campaign() for _ in range(6)]
    seen: list[int] = []
    position = followed().position

    def write(campaign: Campaign) -> None:
        for _ in range(8):
            with transaction.atomic():
                switch(campaign)
                execute("SELECT pg_sleep(random() * 0.02)")

    with at_once() as start:
        running = [start(lambda campaign=campaign: write(campaign)) for campaign in campaigns]
        while not all(future.done() for future in running):
            told = followed(position, limit=7)
            seen += ids(told)
            position = told.position
    while (told := followed(position, limit=7)).changes:
        seen += ids(told)
        position = told.position

    assert len(seen) == len(set(seen)) == 48
    assert sorted(seen) == all_ids()[was_ahead:]


@contextmanager
def another_role_of_its_own() -> Iterator[str]:
    """A role of which others may not see when its transactions began."""
    role = f"follower_{connection.settings_dict['NAME']}"
    execute(f"CREATE ROLE {role}")
    execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    try:
        yield role
    finally:
        execute("RESET ROLE")
        execute(f"DROP OWNED BY {role}")
        execute(f"DROP ROLE {role}")


def test_a_writer_that_hides_when_it_began_holds_everything_up_until_it_has_ended() -> None:
    before, during = paused_campaign(), paused_campaign()
    switch(before)

    with another_role_of_its_own() as role:
        with held_open(lambda: switch(during)) as commit:
            execute(f"SET ROLE {role}")
            assert ids(followed()) == []
            commit()
        assert [change.campaign_id for change in followed().changes] == [before.pk, during.pk]


def test_another_role_s_long_transaction_that_switches_nothing_holds_nothing_up() -> None:
    campaign = paused_campaign()
    switch(campaign)

    with (
        another_role_of_its_own() as role,
        held_open(lambda: execute("UPDATE ads_brand SET daily_budget = 10")),
    ):
        execute(f"SET ROLE {role}")
        assert [change.campaign_id for change in followed().changes] == [campaign.pk]


@pytest.fixture
def clock_was_ahead() -> DeliveryChange:
    """A change that was recorded while the database's clock was a month ahead."""
    ahead = timezone.now() + timedelta(days=30)
    return DeliveryChange.objects.create(
        campaign=paused_campaign(), at=ahead, is_active=True, trigger="edit", actor="x",
        recorded_at=ahead,
    )  # fmt: skip


def test_a_clock_that_was_set_back_writes_nothing_before_the_last_change_and_hides_nothing(
    clock_was_ahead: DeliveryChange,
) -> None:
    before = followed()
    campaign = paused_campaign()

    switch(campaign)
    first = followed(before.position)
    switch(campaign)
    second = followed(first.position)

    assert ids(before) == [clock_was_ahead.pk]
    assert ids(first) + ids(second) == all_ids()[1:]
    assert [len(ids(told)) for told in (first, second)] == [1, 1]
    recorded = [told.changes[0].recorded_at for told in (before, first, second)]
    assert recorded == sorted(set(recorded))


def test_after_the_clock_was_set_back_a_change_that_is_committed_late_is_not_skipped(
    clock_was_ahead: DeliveryChange,
) -> None:
    position = followed().position
    early, late = paused_campaign(), paused_campaign()

    with held_open(lambda: switch(early)) as commit:
        switch(late)  # at the same instant, as neither saw the other
        meanwhile = followed(position)
        commit()

    assert ids(meanwhile) == []
    afterwards = followed(meanwhile.position)
    assert [change.campaign_id for change in afterwards.changes] == [early.pk, late.pk]


def test_it_can_be_begun_at_an_instant() -> None:
    campaign = paused_campaign()
    switch(campaign)
    since = timezone.now()
    switch(campaign)

    told = followed(Position(since, 0))

    assert [change.is_active for change in told.changes] == [False]
    assert followed(Position(datetime(9998, 1, 1, tzinfo=UTC), 0)).changes == []


def test_it_never_waits_for_a_lock() -> None:
    campaign = paused_campaign()

    with held_open(lambda: switch(campaign)) as commit, at_once() as start:
        start(lambda: switch(campaign))
        await_blocked()
        assert ids(followed()) == []
        commit()

    assert ids(followed()) == all_ids()


def test_who_follows_something_quiet_moves_on_with_the_clock_and_misses_nothing() -> None:
    campaign = paused_campaign()
    beginning = timezone.now()
    long_ago = Position(beginning - timedelta(days=30), 0)

    moved = followed(long_ago)
    again = followed(moved.position)
    switch(campaign)

    assert moved.changes == [] == again.changes
    assert beginning - timedelta(minutes=20) <= moved.position.recorded_at
    assert moved.position.recorded_at <= timezone.now() - timedelta(minutes=10)
    assert again.position.recorded_at - moved.position.recorded_at in (
        timedelta(0),
        timedelta(minutes=10),  # the clock has just got there
    )
    assert ids(followed(again.position)) == all_ids()


def test_a_page_that_is_not_the_last_moves_on_to_its_last_row_only() -> None:
    campaign = paused_campaign()
    for _ in range(2):
        switch(campaign)

    first = followed(Position(timezone.now() - timedelta(days=30), 0), limit=1)

    assert first.position == Position(first.changes[0].recorded_at, first.changes[0].pk)
