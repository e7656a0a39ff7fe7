"""Existing platform IDs are brought into one spelling; nothing is lost and nothing is guessed."""

import json
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from ads import checks
from ads.models import Campaign, CampaignReference, ReportedTotal, Spend, SpendTotal
from ads.models.spend import UnknownReference, WaitingSpend, known_as
from ads.services import references
from ads.services.campaign_lookup import Reference
from ads.services.history import audit
from ads.services.ledger import verification
from ads.services.references import registry
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import recorded
from ads.tests.services.ledger.support import ANY, limited_to, outcomes, take, total
from ads.tests.support import NOON

pytestmark = pytest.mark.django_db

ID = "120210000000001234"
SPELLINGS = [f"{ID}.0", f"'{ID}", f'="{ID}"', "120,210,000,000,001,234", f"c:{ID}", ID]

spelling = import_module("ads.migrations.0020_reference_spelling")


def upgrade() -> str:
    """What the migration says."""
    run = spelling.Spelling(connection)
    run.all()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS spelling_known_as, spelling_total, spelling_unknown,"
                       " spelling_name")  # fmt: skip
    return "\n".join(run.report)


def write(row: Any, **columns: str) -> Any:
    """Have the row as a version before this wrote it."""
    with connection.cursor() as cursor:
        for name, value in columns.items():
            sql = f"UPDATE {row._meta.db_table} SET {name} = %s WHERE id = %s"
            cursor.execute(sql, [value, row.pk])
    return row


def had(campaign: Campaign, reference: str, account: str = "", platform: str = "meta_ads") -> Any:
    """A platform ID that the campaign had before this."""
    made = CampaignReference.objects.create(
        campaign=campaign, platform=platform, reference=f"new {CampaignReference.objects.count()}"
    )
    return write(made, reference=reference, account=account)


def reported(campaign: Campaign, reference: str, amount: object, **more: Any) -> Any:
    """A day total that was reported before this, under a reference as it was written."""
    at = Reference("meta_ads", "", "before")
    registry.add(campaign, at)
    (answer,) = take(total(at, amount, **more)).answers
    assert not answer.error
    campaign.references.filter(reference="before").delete()
    row = ReportedTotal.objects.get(known_as=at.known_as)
    return write(row, known_as=known_as("meta_ads", "", reference))


def waits(reference: str, amount: object, name: str = "", **more: Any) -> Any:
    """A day total that waited before this, under a reference as it was written."""
    sender = more.pop("sender", ANY)
    at = Reference("meta_ads", "", "before", name)
    take(total(at, amount, **more), sender=sender)
    return write(UnknownReference.objects.get(reference="before"), reference=reference)


def all_ids() -> list[tuple[int, str, str, str]]:
    rows = CampaignReference.objects.values_list("campaign", "platform", "account", "reference")
    return sorted(rows)


def everything() -> list[Any]:
    tables = (CampaignReference, UnknownReference, WaitingSpend, ReportedTotal, Spend, SpendTotal)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_spellings_of_one_campaign_are_joined_and_it_is_said_and_kept() -> None:
    campaign = CampaignFactory.create(name="Spring")
    for text in SPELLINGS:
        had(campaign, text)
    had(campaign, "55", account="123-456-7890", platform="google_ads")
    had(campaign, "Summer 2024.0")

    said = upgrade()

    assert all_ids() == [
        (campaign.pk, "google_ads", "1234567890", "55"),
        (campaign.pk, "meta_ads", "", ID),
        (campaign.pk, "meta_ads", "", "Summer 2024.0"),
    ]
    assert f"joined: 1 (meta_ads / {ID}, in 6 ways)." in said
    assert "Platform IDs of campaigns, spelled anew: 1." in said
    events: Any = audit.event_model("CampaignReferenceEvent")
    gone = events._default_manager.filter(pgh_label="delete").select_related("pgh_context")
    assert {event.reference for event in gone} == set(SPELLINGS) - {ID}
    assert {audit.actor(event) for event in gone} == {spelling.ACTOR}
    assert "\n".join(gone[0].pgh_context.metadata["report"]) == said


def test_an_id_of_two_campaigns_is_left_apart_and_its_spend_waits_until_somebody_decides() -> None:
    one = CampaignFactory.create(name="A", brand__name="Acme")
    other = CampaignFactory.create(name="B", brand=one.brand)
    had(one, "55", account="123-456-7890")
    had(other, "55", account="1234567890")
    given = Reference("meta_ads", "123-456-7890", "55")

    said = upgrade()

    assert "Platform IDs of several campaigns, left apart." in said
    assert f'meta_ads / 1234567890 / 55 of campaign {other.pk} ("B" of Acme)' in said
    assert f'meta_ads / 123-456-7890 / 55 of campaign {one.pk} ("A" of Acme)' in said
    assert CampaignReference.objects.count() == 2
    assert outcomes(take(total(given, 5))) == ["waiting"]
    apart = references.apart()["meta_ads / 1234567890 / 55"]
    assert [reference.campaign for reference in apart] == [one, other]
    (warning,) = checks.check_platform_ids(databases=["default"])
    assert "Whose is platform ID meta_ads / 1234567890 / 55? A of Acme" in str(warning)

    apart[0].delete()
    apart[1].full_clean()
    apart[1].save()
    references.registry.record_waiting(NOON)

    assert (references.whose(), checks.check_platform_ids(databases=["default"])) == ([], [])
    assert Spend.objects.get().campaign == other


def test_two_spellings_of_two_campaigns_are_left_apart_though_neither_is_the_new_one() -> None:
    one, other = CampaignFactory.create(), CampaignFactory.create()
    had(one, f"'{ID}")
    had(other, f"{ID}.0")
    before = all_ids()

    assert "left apart" in upgrade()
    assert all_ids() == before


def test_a_total_kept_by_an_old_spelling_is_known_when_it_comes_again() -> None:
    campaign = CampaignFactory.create(name="P4 Prospecting")
    had(campaign, f"'{ID}")
    reported(campaign, f"'{ID}", 300)

    said = upgrade()

    assert "Day totals, now under the new spelling: 1." in said
    for text in SPELLINGS:
        answer = take(total(Reference("meta_ads", "", text), 300)).answers[0]
        assert (answer.outcome, answer.difference) == ("unchanged", Decimal(0))
    assert Spend.objects.get().amount == 300


def test_the_same_file_again_is_a_duplicate_after_the_upgrade() -> None:
    campaign = CampaignFactory.create(name="P4 Prospecting")
    had(campaign, ID)
    had(campaign, f"{ID}.0")
    write(reported(campaign, f"{ID}.0", 300, date=date(2024, 4, 30)), source="meta_ads")
    header = "Reporting starts,Reporting ends,Campaign name,Campaign ID,Amount spent (USD)"
    file = [header, f"2024-04-30,2024-04-30,P4 Prospecting,{ID}.0,300.00"]

    upgrade()
    done = recorded(file, now=NOON + timedelta(hours=1))

    assert (done.unchanged, done.recorded) == (1, 0)
    assert SpendTotal.objects.get(campaign=campaign, period="day").amount == 300


def test_totals_of_one_day_in_two_spellings_count_as_before_and_the_next_report_corrects() -> None:
    campaign = CampaignFactory.create()
    had(campaign, ID)
    first = reported(campaign, f"'{ID}", 300, observed_at=NOON - timedelta(hours=1))
    reported(campaign, ID, 290)

    said = upgrade()

    row = ReportedTotal.objects.get()
    assert (row.known_as, row.amount) == (known_as("meta_ads", "", ID), Decimal(590))
    assert row.observed_at == NOON
    assert f"meta_ads / {ID}: 1 days, {first.date} to {first.date}" in said
    assert SpendTotal.objects.get(campaign=campaign, period="day").amount == 590
    assert not verification.find_drift()

    take(total(Reference("meta_ads", "", ID), 290, observed_at=NOON + timedelta(hours=1)),
         now=NOON + timedelta(hours=1))  # fmt: skip

    assert SpendTotal.objects.get(campaign=campaign, period="day").amount == 290


def test_a_replaced_total_stays_replaced_and_one_that_counts_beside_it_counts() -> None:
    campaign = CampaignFactory.create()
    had(campaign, ID)
    write(reported(campaign, f"'{ID}", 0), replaced_by="other")
    upgrade()
    assert ReportedTotal.objects.get().replaced_by == "other"

    reported(campaign, f"{ID}.0", 10)
    upgrade()
    row = ReportedTotal.objects.get()
    assert (row.amount, row.replaced_by) == (10, "")


def test_what_waits_is_joined_the_newest_counts_and_nothing_is_lost() -> None:
    waits(f"'{ID}", 300, observed_at=NOON - timedelta(hours=1))
    waits(ID, 290, "Spring")
    waits(f"c:{ID}", 7, date=date(2024, 4, 30))

    said = upgrade()

    unknown = UnknownReference.objects.get()
    assert (unknown.reference, unknown.name) == (ID, "Spring")
    assert f"Unmatched campaigns, written in several ways and joined: 1 (meta_ads / {ID}" in said
    rows = WaitingSpend.objects.order_by("amount")
    assert {row.unknown for row in rows} == {unknown}
    kept = [(row.amount, bool(row.discarded_at)) for row in rows]
    assert kept == [(7, False), (290, False), (300, True)]
    assert rows[2].discarded_because == "A newer day total waits under the same ID."
    assert rows[2].discarded_by == spelling.ACTOR

    campaign = CampaignFactory.create()
    references.registry.match(unknown, campaign, now=NOON)
    assert sum(Spend.objects.values_list("amount", flat=True)) == 297


def test_what_waits_of_one_report_is_added_up() -> None:
    waits(f"'{ID}", 300)
    waits(f"{ID}.0", 25)

    upgrade()

    counting = WaitingSpend.objects.get(discarded_at=None)
    assert counting.amount == 325
    assert WaitingSpend.objects.exclude(discarded_at=None).get().amount in (300, 25)


def test_senders_that_are_limited_to_brands_are_not_joined_with_others() -> None:
    brand = CampaignFactory.create().brand
    waits(f"'{ID}", 1)
    waits(f"{ID}.0", 2, sender=limited_to(brand))

    upgrade()

    assert list(UnknownReference.objects.values_list("reference", flat=True)) == [ID, ID]
    assert WaitingSpend.objects.filter(discarded_at=None).count() == 2


def test_what_waited_under_an_old_spelling_of_a_known_id_is_recorded_once() -> None:
    campaign = CampaignFactory.create()
    had(campaign, ID)
    reported(campaign, ID, 300)
    waits(f"'{ID}", 300)

    upgrade()
    references.registry.record_waiting(timezone.now())

    assert not WaitingSpend.objects.exists()
    assert Spend.objects.get().amount == 300


def test_again_it_changes_nothing_and_says_nothing_but_what_is_still_apart() -> None:
    one, other = CampaignFactory.create(), CampaignFactory.create()
    for text in SPELLINGS:
        had(one, text)
        reported(one, text, 5, date=date(2024, 4, 1 + SPELLINGS.index(text)))
    waits("'77", 3)
    waits("77", 4)
    upgrade()
    before = everything()

    assert upgrade() == ""
    assert everything() == before

    had(one, "'99")
    had(other, "99")
    assert "left apart" in upgrade()
    before = everything()
    assert "left apart" in upgrade()
    assert everything() == before


def test_without_anything_to_do_nothing_is_written() -> None:
    campaign = CampaignFactory.create()
    had(campaign, "8u94t", account="F107MZ2X")
    reported(campaign, "Brand, 1,234 reasons", 5)
    before = everything()

    assert upgrade() == ""
    assert everything() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT metadata FROM pghistory_context")
        assert "spelling" not in json.dumps(cursor.fetchall())
