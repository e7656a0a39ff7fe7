"""A check leaves out what has not changed since the last one, and nothing else."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ads.models import Brand, Campaign, CampaignSchedule, ChangedBrand, LastCheck, SpendTotal
from ads.services import restored
from ads.services.delivery import Enforced, check, enforcement, unchanged
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, delivers, execute, held_open, spend_in_sql, switches

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
TODAY = NOON.date()


def looked_at(now: Any) -> set[int] | None:
    """The campaigns that a check would decide on; None: everything."""
    ids = unchanged.look(now).campaign_ids
    return None if ids is None else set(ids)


def settled(now: Any) -> None:
    """A check that has nothing left to do."""
    check(now)
    check(now)
    assert looked_at(now) == set()


@pytest.fixture
def campaigns() -> list[Campaign]:
    made = [CampaignFactory.create(daily_budget=10) for _ in range(3)]
    settled(NOON)
    return made


def test_the_first_check_decides_on_everything() -> None:
    CampaignFactory.create()

    assert looked_at(NOON) is None


def test_where_nothing_has_changed_nothing_is_decided_on(campaigns: list[Campaign]) -> None:
    later = NOON + MINUTE

    assert looked_at(later) == set()
    assert check(later) == Enforced()
    assert looked_at(later) == set()


def test_once_an_hour_everything_is_decided_on_however_often_checks_run(
    campaigns: list[Campaign],
) -> None:
    """So is what a superuser changes with triggers switched off."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE ads_campaign SET daily_budget = 0")

    for minutes in range(5, 60, 5):
        assert check(NOON + minutes * MINUTE) == Enforced()
    assert check(NOON + 60 * MINUTE) == Enforced(stopped=3)


def test_spend_concerns_its_brand_alone(campaigns: list[Campaign]) -> None:
    mine = campaigns[0]
    sister = CampaignFactory.create(brand=mine.brand)
    settled(NOON)

    spend_in_sql(mine, "10", TODAY)

    assert looked_at(NOON) == {mine.pk, sister.pk}
    assert check(NOON) == Enforced(stopped=1)
    assert not delivers(mine)
    assert not ChangedBrand.objects.exclude(brand_id=mine.brand_id).exists()


def test_spend_marks_nothing(campaigns: list[Campaign]) -> None:
    """Recording costs no more than it did."""
    spend_in_sql(campaigns[0], "1", TODAY)

    assert not ChangedBrand.objects.exists()


def test_what_was_switched_is_decided_on_once_more(campaigns: list[Campaign]) -> None:
    spend_in_sql(campaigns[0], "10", TODAY)
    check(NOON)

    assert looked_at(NOON) == {campaigns[0].pk}
    assert check(NOON) == Enforced()
    assert looked_at(NOON) == set()


def test_midnight_concerns_the_brands_of_the_timezone(campaigns: list[Campaign]) -> None:
    tokyo = CampaignFactory.create(brand=BrandFactory.create(timezone="Asia/Tokyo"))
    settled(NOON)
    midnight = NOON + timedelta(hours=3)

    unchanged_for_long = midnight - MINUTE
    settled(unchanged_for_long)

    assert looked_at(midnight) == {tokyo.pk}
    settled(midnight)
    assert looked_at(unchanged_for_long) == {tokyo.pk}, "the clock has gone back"


def test_a_window_that_opens_concerns_the_campaigns_of_its_schedule(
    campaigns: list[Campaign],
) -> None:
    schedule = ScheduleFactory.create(windows=[(2, "12:30", "12:45")])
    mine = CampaignFactory.create(brand=campaigns[0].brand, schedules=[schedule])
    settled(NOON)
    opens = NOON + 30 * MINUTE

    assert looked_at(opens - MINUTE) == set()
    assert looked_at(opens) == {mine.pk}
    assert check(opens) == Enforced(started=1)
    assert check(opens + MINUTE) == Enforced()
    assert check(opens + 15 * MINUTE) == Enforced(stopped=1)
    assert check(opens) == Enforced(started=1), "the clock has gone back"


def test_what_is_committed_after_the_look_is_seen_by_the_next(
    campaigns: list[Campaign], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = campaigns[0]
    find = enforcement._disagreeing

    def slow(*given: Any) -> Any:
        found = find(*given)
        spend_in_sql(mine, "10", TODAY)
        execute("UPDATE ads_campaign SET daily_budget = 5 WHERE id = %s", [campaigns[1].pk])
        return found

    with monkeypatch.context() as patched:
        patched.setattr(enforcement, "_disagreeing", slow)
        assert check(NOON) == Enforced()

    assert looked_at(NOON) == {mine.pk, campaigns[1].pk}
    assert check(NOON) == Enforced(stopped=1)


@pytest.mark.parametrize("within", [1, 2], ids=["a transaction", "a savepoint"])
def test_transactions_that_were_open_are_seen_when_they_commit(
    campaigns: list[Campaign], within: int
) -> None:
    """One within a savepoint has a number of its own, which no snapshot lists as in progress."""
    mine = campaigns[0]

    def spend() -> None:
        execute("SELECT pg_current_xact_id()")
        if within == 1:
            spend_in_sql(mine, "10", TODAY)
            return
        with transaction.atomic():
            spend_in_sql(mine, "10", TODAY)

    with held_open(spend) as commit:
        # Of a later number, so that the open ones are not simply the latest of all.
        spend_in_sql(campaigns[1], "1", TODAY)
        check(NOON)
        check(NOON)
        commit()

    assert check(NOON) == Enforced(stopped=1)
    assert not delivers(mine)


def test_what_was_seen_is_left_out_although_an_older_transaction_goes_on(
    campaigns: list[Campaign],
) -> None:
    """Such as an import, or one in another database of the server."""
    mine = campaigns[0]
    with held_open(lambda: execute("SELECT pg_current_xact_id()")):
        spend_in_sql(mine, "1", TODAY)
        assert looked_at(NOON) == {mine.pk}
        check(NOON)

        assert looked_at(NOON) == set()
        spend_in_sql(mine, "9", TODAY)
        assert check(NOON) == Enforced(stopped=1)


def test_within_a_transaction_its_own_spend_is_never_left_out(campaigns: list[Campaign]) -> None:
    """Its number does not tell what it had written by then."""
    mine = campaigns[0]
    with transaction.atomic():
        for amount, stopped in (("1", 0), ("9", 1)):
            spend_in_sql(mine, amount, TODAY)
            assert check(NOON) == Enforced(stopped=stopped)


def test_of_two_checks_at_once_neither_is_relied_on(campaigns: list[Campaign]) -> None:
    """The one that ends last may have decided at the earlier instant, by marks that are gone."""
    one, other = unchanged.look(NOON), unchanged.look(NOON + MINUTE)
    moment = enforcement.Moment.at(NOON, Campaign.objects.all())
    unchanged.remember(one, moment, again=())
    assert looked_at(NOON) == set()

    unchanged.remember(other, moment, again=())

    assert looked_at(NOON) is None


def test_a_campaign_that_could_not_be_switched_is_decided_on_again(
    campaigns: list[Campaign], request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("impatient")
    mine = campaigns[0]
    spend_in_sql(mine, "10", TODAY)
    with held_open(lambda: execute("UPDATE ads_campaign SET name = name WHERE id = %s", [mine.pk])):
        for _ in range(2):
            assert check(NOON) == Enforced(failed=(mine.pk,))

    assert check(NOON) == Enforced(stopped=1)


def test_brands_in_unknown_timezones_are_reported_by_every_check(
    campaigns: list[Campaign],
) -> None:
    mine = campaigns[0]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE ads_brand SET timezone = 'Mars/Base' WHERE id = %s", [mine.brand_id])

    for _ in range(3):
        assert check(NOON) == Enforced(failed=(mine.pk,))


def test_what_a_restore_held_back_is_started_once_an_operator_resumes(
    campaigns: list[Campaign],
) -> None:
    mine = campaigns[0]
    spend_in_sql(mine, "10", TODAY)
    check(NOON)
    restored.hold(NOON, NOON)
    execute("UPDATE ads_campaign SET daily_budget = 100 WHERE id = %s", [mine.pk])
    for _ in range(3):
        check(NOON)
    assert not delivers(mine)

    restored.resume(NOON)

    assert check(NOON) == Enforced(started=1)


def test_campaigns_of_brands_that_stop_early_are_never_left_out(campaigns: list[Campaign]) -> None:
    mine = campaigns[0]
    Brand.objects.filter(pk=mine.brand_id).update(stops_early=True)
    check(NOON)
    check(NOON)

    assert looked_at(NOON) == {mine.pk}


def _forget_what_it_saw(now: Any, patched: pytest.MonkeyPatch) -> Any:
    LastCheck.objects.all().delete()
    return now


def _another_version(now: Any, patched: pytest.MonkeyPatch) -> Any:
    patched.setattr(unchanged, "rule", lambda: "another")
    return now


def _another_database(now: Any, patched: pytest.MonkeyPatch) -> Any:
    """Such as one that a dump was restored into."""
    LastCheck.objects.update(database="7/7")
    return now


def _restored_from_the_future(now: Any, patched: pytest.MonkeyPatch) -> Any:
    LastCheck.objects.update(oldest_writer=2**40)
    return now


def _emptied_at_once(now: Any, patched: pytest.MonkeyPatch) -> Any:
    execute("TRUNCATE ads_campaignschedule")
    return now


def test_everything_is_decided_on(campaigns: list[Campaign]) -> None:
    """And once that is done, nothing again."""
    happens: dict[str, Callable[[Any, pytest.MonkeyPatch], Any]] = {
        "unknown": _forget_what_it_saw,
        "version": _another_version,
        "database": _another_database,
        "numbers": _restored_from_the_future,
        "TRUNCATE": _emptied_at_once,
        "an hour on": lambda now, _: now + unchanged.TRUSTED_FOR,
        "an hour back": lambda now, _: now - unchanged.TRUSTED_FOR,
    }
    for what, happening in happens.items():
        with pytest.MonkeyPatch.context() as patched:
            assert looked_at(happening(NOON, patched)) is None, what
        check(NOON)
        assert looked_at(NOON) == set(), what


def test_beyond_a_share_of_all_everything_is_decided_on(
    campaigns: list[Campaign], monkeypatch: pytest.MonkeyPatch
) -> None:
    spend_in_sql(campaigns[0], "1", TODAY)
    assert looked_at(NOON) == {campaigns[0].pk}

    monkeypatch.setattr(unchanged, "SHARE", 0)

    assert looked_at(NOON) is None


def test_the_hash_of_the_code_is_of_all_that_decides() -> None:
    files = {path.name for path in unchanged.code()}

    assert {"definition.py", "moments.py", "calendar.py", "enforcement.py", "brand.py"} <= files
    assert not {"test_look.py", "0001_initial.py"} & files


def test_late_spend_of_another_month_is_seen() -> None:
    """Total budgets count it."""
    mine = CampaignFactory.create(total_budget=10)
    settled(NOON)

    spend_in_sql(mine, "10", date(2023, 2, 3))

    assert check(NOON) == Enforced(stopped=1)
    assert switches(mine)[-1] == (False, ["total_budget"])


def test_a_schedule_that_is_detached_is_seen() -> None:
    mine = CampaignFactory.create(schedules=[ScheduleFactory.create()])
    settled(NOON)
    assert not delivers(mine)

    execute("DELETE FROM ads_campaignschedule WHERE campaign_id = %s", [mine.pk])

    assert not CampaignSchedule.objects.exists()
    assert check(NOON) == Enforced(started=1)


def test_spend_of_a_month_long_ago_marks_its_brand_and_its_sum_is_not_looked_at(
    campaigns: list[Campaign],
) -> None:
    """The sums of months add up for good, each on a page of its own."""
    mine, other = campaigns[:2]
    for months in range(1, 13):
        spend_in_sql(mine, "1", date(2023, months, 28))
    assert set(ChangedBrand.objects.values_list("brand_id", flat=True)) == {mine.brand_id}
    settled(NOON)

    with CaptureQueriesContext(connection) as captured:
        looked_at(NOON)
    (look,) = (one["sql"] for one in captured if "written AS" in one["sql"])
    with transaction.atomic(), connection.cursor() as cursor:
        # Of so few rows, PostgreSQL reads all if it knows how few they are.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("ANALYZE ads_spendtotal")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {look}")
        ((explained,),) = cursor.fetchall()
    of_months = SpendTotal.objects.filter(campaign=None, period="month")
    recent = of_months.exclude(start__year=2023)  # opened by saving the brands
    assert sums_read(explained[0]["Plan"]) == recent.count() == of_months.count() - 12

    spend_in_sql(other, "1", date(2024, 3, 1))  # 75 days ago, so it is marked and looked at
    spend_in_sql(other, "1", date(2024, 3, 14))
    assert looked_at(NOON) == {other.pk}


def test_an_entry_that_was_under_way_when_its_month_became_long_ago_is_seen() -> None:
    """It marks nothing, since its month was a recent one when it was recorded."""
    mine = CampaignFactory.create(total_budget=10)
    turn = datetime(2024, 7, 2, tzinfo=UTC)
    settled(turn - MINUTE)

    with held_open(lambda: spend_in_sql(mine, "10", date(2024, 4, 28))) as commit:
        check(turn)
        check(turn)
        commit()

    assert not ChangedBrand.objects.exists()
    assert looked_at(turn) == {mine.pk}
    assert check(turn) == Enforced(stopped=1)


def sums_read(plan: dict[str, Any]) -> int:
    """Rows of the sums that a plan reads, those that it leaves out included."""
    of_sums = plan.get("Relation Name") == "ads_spendtotal"
    here = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) if of_sums else 0
    return int(here) + sum(map(sums_read, plan.get("Plans", [])))
