"""A file that is applied while others write: all of it or nothing, and what was confirmed."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ads.models import Campaign, CampaignReference, Spend, UnknownReference, WaitingSpend
from ads.services.campaign_lookup import Reference
from ads.services.ledger import SpendEntry, record
from ads.services.setup import ChangedMeanwhile, SetupRefused, apply, applying, preview
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.setup.support import applied, sheet
from ads.tests.support import (
    NOON,
    at_once,
    await_blocked,
    delivers,
    enforce_all,
    held_open,
    spend,
)

pytestmark = pytest.mark.django_db(transaction=True)

LOWERED = "brand,campaign,daily_budget\nAcme,Spring,50\n"


@pytest.fixture
def spring() -> Campaign:
    campaign = CampaignFactory.create(brand__name="Acme", name="Spring", daily_budget=75)
    enforce_all(NOON)
    return campaign


def test_what_is_no_longer_as_previewed_is_refused_and_told(spring: Campaign) -> None:
    file = sheet(LOWERED)
    seen = preview(file, NOON).plan.digests()
    Campaign.objects.filter(pk=spring.pk).update(daily_budget=60)

    with pytest.raises(ChangedMeanwhile) as refused:
        apply(file, NOON, seen=seen)

    assert refused.value.rows[0].startswith(
        "line 2: Acme / Spring: daily budget $60.00 → $50.00; last changed by"
    )
    assert spring.fresh().daily_budget == 60


def test_of_two_that_confirm_the_same_file_at_once_one_is_told(spring: Campaign) -> None:
    file = sheet(LOWERED)
    seen = preview(file, NOON).plan.digests()
    refused: list[ChangedMeanwhile] = []

    def confirm() -> None:
        try:
            apply(file, NOON, seen=seen)
        except ChangedMeanwhile as error:
            refused.append(error)

    with at_once() as start:
        start(confirm)
        start(confirm)

    assert [error.rows for error in refused] == [
        [
            (
                "line 2: Acme / Spring: would change nothing now; last changed by system (file "
                "setup.csv)."
            )
        ]
    ]
    assert spring.fresh().daily_budget == 50


def test_spend_that_is_being_recorded_is_waited_for_also_by_a_rename(spring: Campaign) -> None:
    text = f"campaign_id,campaign,daily_budget\n{spring.pk},Renamed,50\n"
    with (
        held_open(lambda: spend(spring, 60, NOON)) as let_commit,
        at_once() as start,
    ):
        start(lambda: applied(text))
        await_blocked()
        let_commit()

    assert spring.fresh().name == "Renamed"
    assert not delivers(spring)


@pytest.mark.usefixtures("impatient")
def test_rows_that_somebody_keeps_locked_are_given_up_and_nothing_is_changed(
    spring: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "PAUSE", 0)
    with held_open(lambda: list(Campaign.objects.select_for_update().order_by("pk"))):
        assert preview(sheet(LOWERED), NOON).outcome.count == 1  # waits for nobody
        with pytest.raises(SetupRefused, match="somebody else is changing brands or campaigns"):
            applied(LOWERED)

    assert spring.fresh().daily_budget == 75


def test_a_name_that_somebody_saves_at_the_same_moment_is_refused(spring: Campaign) -> None:
    text = "brand,campaign,daily_budget\nAcme,Spring,50\nAcme,New,1\n"

    def refused() -> None:
        with pytest.raises(SetupRefused, match="conflicts with what somebody"):
            applied(text)

    with (
        held_open(lambda: CampaignFactory.create(brand=spring.brand, name="New")) as let_commit,
        at_once() as start,
    ):
        start(refused)
        await_blocked()
        let_commit()

    assert spring.fresh().daily_budget == 75


def test_what_fails_on_the_way_leaves_nothing(
    spring: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(applying, "enforce", fail)

    with pytest.raises(RuntimeError):
        applied("brand,campaign,daily_budget\nAcme,Spring,50\nAcme,New,1\nNobody,,\n")

    assert spring.fresh().daily_budget == 75
    assert Campaign.objects.count() == 1


def test_spend_that_waits_for_a_new_platform_id_is_recorded(spring: Campaign) -> None:
    entry = SpendEntry(Reference("meta_ads", "", "7"), 20, date=NOON.date(), external_id="a")
    record([entry], source="test", now=NOON)
    assert WaitingSpend.objects.exists()

    applied("brand,campaign,platform_ids\nAcme,Spring,meta_ads / 7\n")

    assert Spend.objects.get().campaign == spring
    assert not WaitingSpend.objects.exists()
    assert not UnknownReference.objects.exists()


def test_a_preview_keeps_and_locks_nothing(spring: Campaign) -> None:
    def tables() -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT relname FROM pg_class WHERE relpersistence = 't'")
            return {name for (name,) in cursor.fetchall()}

    before = tables()
    with transaction.atomic():
        preview(sheet(LOWERED), NOON)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation"
                " WHERE pid = pg_backend_pid() AND relpersistence = 'p'"
                " AND mode <> 'AccessShareLock' AND relname LIKE 'ads\\_%'"
            )
            assert cursor.fetchone()[0] == 0

    assert tables() == before
    assert spring.fresh().daily_budget == 75


def test_the_number_of_statements_does_not_depend_on_that_of_rows() -> None:
    brand = BrandFactory.create(name="Acme")
    CampaignFactory.create_batch(60, brand=brand)

    def statements(count: int) -> tuple[int, int]:
        rows = [
            *(f"Acme,{one.name},{count}," for one in brand.campaigns.all()[:count]),
            *(f"Acme,New {count} {number},1,x / {count}.{number}" for number in range(count)),
        ]
        file = sheet("\n".join(["brand,campaign,daily_budget,platform_ids", *rows]))
        with CaptureQueriesContext(connection) as previewing:
            preview(file, NOON)
        with CaptureQueriesContext(connection) as applying_:
            apply(file, NOON)
        return len(previewing), len(applying_)

    few, many = statements(2), statements(50)

    assert many == few
    assert CampaignReference.objects.count() == 52
