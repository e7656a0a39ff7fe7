"""Months of the ledger are moved into files and back; sums stay, and nothing counts twice."""

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from ads.admin.spend.correction_forms import CorrectionForm
from ads.models import (
    ArchivedId,
    ArchivedMonth,
    ArchivedSpend,
    Campaign,
    ReportedTotal,
    Spend,
    SpendBatch,
    UnknownReference,
    WaitingSpend,
)
from ads.models.access import Scope
from ads.models.spend import BatchKind, Kind
from ads.services import batches
from ads.services.batches import CannotUndo
from ads.services.campaign_lookup import Reference
from ads.services.imports import Plan
from ads.services.ledger import DayTotal, SpendEntry, record, verification
from ads.services.new_batch import NewBatch
from ads.services.references import registry
from ads.tests.api.support import Program, key_for
from ads.tests.commands.support import rows as lines
from ads.tests.commands.support import say
from ads.tests.factories import CampaignFactory
from ads.tests.services.archive.support import JANUARY, archived, correct, entry, everything, sums
from ads.tests.services.imports.support import previewed
from ads.tests.services.imports.support import recorded as imported
from ads.tests.support import NOON, execute, refused, spend_in_sql, totals

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_a_month_is_moved_into_a_file_and_back_and_every_sum_stays(
    campaigns: list[Campaign], tmp_path: Path
) -> None:
    before, kept = everything(), sums()

    said = archived(tmp_path)

    january, february = sorted(tmp_path.iterdir())
    assert [january.name, february.name] == ["spend-2024-01.csv.gz", "spend-2024-02.csv.gz"]
    assert said.startswith(f"2024-01: 8 entries (€10.250001 · $25.250002) in {january}, ")
    assert "2024-02: 3 entries (€20.00 · $40.00) in " in said
    assert set(Spend.objects.values_list("date", flat=True)) == {NOON.date()}
    assert sums() == kept
    assert verification.find_drift() == []
    assert gzip.decompress(january.read_bytes()).startswith(
        b"id,campaign_id,amount,date,occurred_at,description,source,external_id,kind,"
    )
    row = ArchivedMonth.objects.get(month=JANUARY)
    assert (row.entries, row.amounts) == (8, {"EUR": "10.250001", "USD": "25.250002"})
    assert row.sources == ["etl"]
    assert row.archived_by.startswith("command: archive_spend")

    for path in (february, january):
        say("restore_archive", str(path))

    assert everything() == before
    assert sums() == kept
    assert verification.find_drift() == []
    assert not ArchivedSpend.objects.exists()
    assert not ArchivedId.objects.exists()
    assert archived(tmp_path).startswith("2024-01: 8 entries")  # again, beside the first file
    assert len(list(tmp_path.iterdir())) == 4


def test_a_correction_of_before_reasons_were_asked_for_comes_back(
    campaigns: list[Campaign], tmp_path: Path
) -> None:
    rule = "ALTER TABLE ads_spend {} CONSTRAINT spend_correction_says_why"
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute(rule.format("DROP"))
    execute(
        "INSERT INTO ads_spend (campaign_id, amount, date, kind)"
        " VALUES (%s, -0.125, %s, 'correction')",
        [campaigns[0].pk, JANUARY],
    )
    execute(rule.format("ADD") + r" CHECK (kind <> 'correction' OR description ~ '\S') NOT VALID")
    execute("SET CONSTRAINTS ALL DEFERRED")
    archived(tmp_path)

    for path in sorted(tmp_path.iterdir()):
        say("restore_archive", str(path))

    (correction,) = Spend.objects.filter(amount="-0.125")
    assert correction.description == "No reason was given."
    assert verification.find_drift() == []


def test_a_preview_changes_nothing(campaigns: list[Campaign], tmp_path: Path) -> None:
    said = say("archive_spend", str(tmp_path), "--before", "2024-02", "--dry-run")

    assert "Preview: nothing was changed." in said
    assert ["2024-01", "8", "€10.250001 · $25.250002", "0"] in lines(said)
    assert "2024-02" not in said
    assert list(tmp_path.iterdir()) == []
    assert not ArchivedMonth.objects.exists()


def test_the_last_months_stay(campaigns: list[Campaign], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"2024-04 is too late: the last 62 days .* 2024-03 or"):
        archived(tmp_path, before="2024-04")
    with pytest.raises(CommandError, match="'2024' is not a month: write 2025-01"):
        archived(tmp_path, before="2024")
    assert archived(tmp_path, before="2023-12") == "The ledger has no entries before 2023-12.\n"


def test_nothing_is_recorded_in_an_archived_month_whoever_sends_it(
    campaigns: list[Campaign], tmp_path: Path
) -> None:
    campaign, kept = campaigns[0], sums()
    archived(tmp_path)

    answers = [
        entry(campaign, 1, "2024-01-15"),
        entry(campaign, "10.25", "2024-01-31", "0/1"),  # a retry of an archived one
        correct(campaign, -1, "2024-02-29"),
    ]
    assert [answer.outcome for answer in answers] == ["refused"] * 3
    assert {answer.field for answer in answers} == {"date"}
    assert answers[0].reason == (
        "the entries of 2024-01 are archived; record it on a later day, or have the month brought "
        "back (restore_archive)."
    )
    form = CorrectionForm(None, {"campaign": campaign.pk, "date": "2024-01-15", "amount": "-1"})
    (said,) = form.errors["date"]
    assert str(said).startswith("The entries of 2024-01 are archived; record it on a later day, or")
    total = DayTotal(campaign, "2024-02-01", 50, NOON)
    (answer,) = record([total], source="ads", now=NOON, kind=Kind.DAY_TOTAL).answers
    assert (answer.outcome, answer.field) == ("refused", "date")
    assert not ReportedTotal.objects.exists()
    with refused(r"date: 2024-01-15 is in a month whose entries are archived; .* 2024-01 back"):
        spend_in_sql(campaign, "1", JANUARY.replace(day=15))
    assert sums() == kept


def test_an_archived_id_is_recognized_on_another_day(
    campaigns: list[Campaign], tmp_path: Path
) -> None:
    campaign, kept = campaigns[0], sums()
    archived(tmp_path)
    rows = [
        SpendEntry(campaign, "10.25", external_id="0/1"),  # its sender gives no date
        SpendEntry(campaign, "7", external_id="0/5"),
    ]

    answers = record(rows, source="etl", now=NOON, keep_good=True).answers

    assert [(answer.outcome, answer.field) for answer in answers] == [
        ("refused", "external_id"),
        ("recorded", None),
    ]
    assert answers[0].reason is not None
    assert answers[0].reason.startswith(
        "it was recorded in 2024-01, whose entries are archived, so"
    )
    assert entry(campaign, 1, "2024-05-15", "0/1").outcome == "refused"
    with refused("external_id: 0/1 of etl was recorded in 2024-01, whose entries are archived"):
        execute(
            "INSERT INTO ads_spend (campaign_id, amount, date, source, external_id)"
            " VALUES (%s, 1, '2024-05-15', 'etl', '0/1') ON CONFLICT DO NOTHING",
            [campaign.pk],
        )
    other = record(rows[:1], source="another", now=NOON).answers
    assert other[0].outcome == "recorded"  # another source's ID is another ID
    assert totals(campaign)["day", NOON.date()] == Decimal("47.25")
    assert len(sums()) == len(kept)


def test_a_file_that_was_changed_is_not_brought_back(
    campaigns: list[Campaign], tmp_path: Path
) -> None:
    archived(tmp_path)
    path = tmp_path / "spend-2024-01.csv.gz"
    content = path.read_bytes()
    text = gzip.decompress(content).replace(b"10.25,", b"11.25,")
    path.write_bytes(gzip.compress(text))

    with pytest.raises(CommandError, match=r"is not as it was written \(SHA-256\)\. Use another"):
        say("restore_archive", str(path))
    path.write_bytes(content[:-20])
    with pytest.raises(CommandError, match="is not as it was written"):
        say("restore_archive", str(path))
    with pytest.raises(CommandError, match="No such file or directory"):
        say("restore_archive", str(tmp_path / "spend.csv.gz"))
    path.write_bytes(content)
    say("restore_archive", str(path))
    with pytest.raises(CommandError, match="2024-01 is in the ledger already"):
        say("restore_archive", str(path))


def test_a_directory_that_cannot_be_written_leaves_the_ledger_as_it_is(
    campaigns: list[Campaign], tmp_path: Path
) -> None:
    before = everything()
    with pytest.raises(CommandError, match=r"spend-2024-01.*: No such file or directory. Check"):
        archived(tmp_path / "missing")
    assert everything() == before
    assert not ArchivedMonth.objects.exists()


def test_entries_are_deleted_in_no_other_way(campaigns: list[Campaign], tmp_path: Path) -> None:
    archived(tmp_path, before="2024-02")
    before = everything()

    with refused("The ledger is only ever added to"):
        execute("DELETE FROM ads_spend WHERE date < '2024-03-01'")
    with refused("The ledger is only ever added to"):
        execute("UPDATE ads_archivedmonth SET is_moving = true")
        execute("DELETE FROM ads_spend")  # of other months, too
    with refused("is_moving: a month is moved within one transaction"):
        execute("UPDATE ads_archivedmonth SET is_moving = true")
        execute("SET CONSTRAINTS ALL IMMEDIATE")
    with refused("an archived month is being brought back"):
        execute("UPDATE ads_archivedmonth SET is_moving = true")
        spend_in_sql(campaigns[0], "1", NOON.date())
    with refused("fixed"):
        execute("UPDATE ads_brand SET currency = 'CHF'")
    assert everything() == before


def test_a_batch_with_archived_entries_is_not_undone(
    campaigns: list[Campaign], tmp_path: Path
) -> None:
    together = NewBatch(BatchKind.API)
    rows = [SpendEntry(campaigns[0], 1, date=day) for day in ("2024-01-05", "2024-05-15")]
    batch_id = record(rows, source="etl", now=NOON, together=together).batch_id
    archived(tmp_path)
    batch = SpendBatch.objects.get(pk=batch_id or 0)
    assert batch.archived_entries == 1

    with pytest.raises(
        CannotUndo, match=r"1 of its entries are archived. Have their months brought"
    ):
        batches.undo(batch, reason="wrong", now=NOON)

    say("restore_archive", str(tmp_path / "spend-2024-01.csv.gz"))
    batch.refresh_from_db()
    assert batch.archived_entries == 0
    assert batches.undo(batch, reason="wrong", now=NOON).figures.rows == 2
    assert verification.find_drift() == []


def test_a_file_says_which_of_its_rows_are_archived(
    campaigns: list[Campaign], tmp_path: Path
) -> None:
    archived(tmp_path)
    campaign = campaigns[0]
    file = tmp_path / "spend.csv"
    file.write_text(
        "campaign,date,amount,external_id\n"
        f"{campaign.name},2024-01-31,10.25,0/1\n"
        f"{campaign.name},2024-05-14,10.25,0/3\n"
        f"{campaign.name},2024-05-14,3,0/9\n"
    )
    arguments = [str(file), "--source", "etl"]

    with pytest.raises(CommandError, match="refused, so nothing was recorded"):
        say("import_spend", *arguments)
    for more in (["--dry-run"], []):
        said = StringIO()
        with pytest.raises(CommandError, match="2 rows refused and left out; the rest"):
            call_command("import_spend", *arguments, "--skip-bad-rows", *more, stdout=said)
        assert "the entries of 2024-01 are archived; record it on a later day" in said.getvalue()
        assert "it was recorded in 2024-02, whose entries are" in said.getvalue()

    assert totals(campaign)["day", NOON.date().replace(day=14)] == 3


def test_a_month_with_unmatched_rows_is_not_archived(
    campaigns: list[Campaign], tmp_path: Path
) -> None:
    late = SpendEntry(Reference("google_ads", "1", "7"), 5, date="2024-02-09")
    record([late], source="etl", now=NOON)

    preview = say("archive_spend", str(tmp_path), "--before", "2024-03", "--dry-run")
    with pytest.raises(
        CommandError, match=r"^2024-02: 1 unmatched row of it could not be recorded any"
    ):
        archived(tmp_path)

    assert ["2024-02", "3", "€20.00 · $40.00", "1"] in lines(preview)
    assert "A month with unmatched rows is not archived: match or discard them first." in preview
    assert [f"{month}" for month in ArchivedMonth.objects.all()] == ["2024-01"]


def test_a_file_is_not_asked_about_archived_days_that_it_leaves_out(tmp_path: Path) -> None:
    campaign = CampaignFactory.create()
    registry.add(campaign, Reference("google_ads", "", "7"))
    plan = Plan(platform="google_ads")
    header = "date,amount,campaign"
    imported([header, "2024-01-31,10,7", "2024-02-01,20,7", "2024-02-02,30,7"], plan)
    newer = [header, "2024-02-01,20,7", "2024-02-02,31,7"]
    (asked,) = previewed(newer, plan).questions
    assert (asked.code, asked.count) == ("left_out", 1)
    archived(tmp_path, before="2024-02")

    done = imported(newer, plan)

    assert (done.questions, done.recorded) == ([], 1)
    assert totals(campaign)["day", JANUARY.replace(day=31)] == 10


def test_archived_days_do_not_move_with_their_platform_id(tmp_path: Path) -> None:
    first, second = CampaignFactory.create_batch(2)
    carried = registry.add(first, Reference("google_ads", "", "7"))
    plan = Plan(platform="google_ads")
    lines = ["date,amount,campaign", "2024-01-31,10,7", "2024-02-01,20,7"]
    imported(lines, plan)
    archived(tmp_path, before="2024-02")
    carried.campaign = second
    carried.save()

    rows = [
        DayTotal(Reference("google_ads", "", "7"), day, 5, NOON)
        for day in ("2024-01-31", "2024-02-01")
    ]
    answers = record(
        rows, source="google_ads", now=NOON, kind=Kind.DAY_TOTAL, keep_good=True
    ).answers

    assert [answer.outcome for answer in answers] == ["refused", "recorded"]
    january, february = JANUARY.replace(day=31), JANUARY.replace(month=2)
    assert [totals(first)["day", day] for day in (january, february)] == [10, 0]
    assert totals(second)["day", february] == 5
    assert ("day", january) not in totals(second)


@pytest.mark.parametrize(
    ("day", "hour", "month"), [(9, 12, "2024-02"), (1, 11, "2024-01"), (1, 12, "2024-02")]
)
def test_unmatched_rows_without_a_date_count_in_each_month_that_they_may_be_of(
    campaigns: list[Campaign], tmp_path: Path, day: int, hour: int, month: str
) -> None:
    at = datetime(2024, 2, day, hour, tzinfo=UTC)
    late = SpendEntry(Reference("google_ads", "1", "7"), 5, occurred_at=at, external_id="click")
    record([late], source="etl", now=NOON)

    with pytest.raises(CommandError, match=f"^{month}: 1 unmatched row of it could not be"):
        archived(tmp_path)


def test_waiting_spend_of_an_archived_month_says_why_it_is_not_recorded(
    campaigns: list[Campaign], tmp_path: Path
) -> None:
    archived(tmp_path)
    late = SpendEntry(Reference("google_ads", "1", "7"), 5, date="2024-01-09")
    assert record([late], source="etl", now=NOON).answers[0].outcome == "waiting"

    settled = registry.match(UnknownReference.objects.get(), campaigns[0], now=NOON)

    assert (settled.recorded, settled.refused) == (0, 1)
    assert "the entries of 2024-01 are archived" in WaitingSpend.objects.get().refusal


def test_exports_lists_and_pages_say_what_is_archived(
    campaigns: list[Campaign], tmp_path: Path, admin_client: Client
) -> None:
    archived(tmp_path)
    errors = StringIO()

    call_command("export", "spend", "--from", "2024-02-10", stdout=StringIO(), stderr=errors)
    assert errors.getvalue() == (
        "Entries of 1 month (2024-02 to 2024-02) are archived, so they are not exported.\n"
    )
    every_brand = Program(key_for(scopes=(Scope.READ,)))
    answer = every_brand.get("/exports/spend.csv")
    assert answer["X-Archived-Months"] == "2024-01, 2024-02"
    younger = CampaignFactory.create()
    limited = key_for("limited", source="other", scopes=(Scope.READ,), brands=(younger.brand,))
    assert "X-Archived-Months" not in Program(limited).get("/exports/spend.csv")
    of_brand = f"/exports/spend.csv?brand={younger.brand_id}"
    assert "X-Archived-Months" not in every_brand.get(of_brand)
    for page, entries in (
        (reverse("admin:ads_spend_changelist"), "11 entries"),
        (reverse("admin:ads_campaign_change", args=[campaigns[0].pk]), "4 entries"),
    ):
        text = admin_client.get(page).content.decode()
        assert f"{entries} of January 2024 to February 2024 are archived: not in" in text
    months = admin_client.get(reverse("admin:ads_archivedmonth_changelist")).content.decode()
    assert "January 2024" in months
    assert "€10.250001 · $25.250002" in months
