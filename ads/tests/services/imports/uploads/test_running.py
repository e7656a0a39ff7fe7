"""Checking and recording: what comes of it."""

from decimal import Decimal

import pytest

from ads.models import Campaign, DeliveryChange, Spend, SpendTotal
from ads.services.imports import uploads
from ads.services.imports.plan import Plan
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.uploads.support import (
    TODAY,
    active,
    check,
    checked,
    confirm,
    has_file,
    outcome,
    preview,
    record,
    recorded,
    rows,
    spent,
    upload,
)

pytestmark = pytest.mark.django_db


def test_a_check_says_what_would_happen_and_changes_nothing() -> None:
    campaign = active(daily_budget=10)

    one = checked(rows(campaign, "7.5", "5"))

    told = preview(one)
    assert (told["rows"], told["problem_count"]) == (2, 0)
    assert not Spend.objects.exists()
    assert not SpendTotal.objects.exclude(amount=0).exists()
    assert Campaign.objects.get().is_active
    assert has_file(one)


def test_what_is_confirmed_is_recorded_and_enforced_in_the_name_of_who_confirmed_it() -> None:
    campaign = active(daily_budget=10)
    DeliveryChange.objects.all().delete()
    one = checked(rows(campaign, "7.5", "5"), by="anna")

    confirm(one, by="ben")
    assert record(one) == "recorded"

    told = outcome(one)
    assert spent() == [Decimal("12.5")]
    assert (told["recorded"], told["difference"], told["stopped"]) == (1, {"USD": "12.5"}, 1)
    assert [switch["campaign_id"] for switch in told["switches"]] == [campaign.pk]
    assert not Campaign.objects.get().is_active
    assert [change.actor for change in DeliveryChange.objects.all()] == ["ben (import)"]
    assert (one.uploaded_by, one.confirmed_by) == ("anna", "ben")
    assert one.finished_at is not None


def test_after_recording_the_file_is_dropped_and_its_checksum_and_outcome_stay() -> None:
    one = recorded(rows(CampaignFactory.create(), 5))

    assert not has_file(one)
    assert len(one.sha256) == 64
    assert outcome(one)["rows"] == 1


def test_who_has_a_name_of_150_letters_can_import_too() -> None:
    campaign = active(daily_budget=1)
    one = confirm(checked(rows(campaign, 5)), by="x" * 150)

    assert record(one) == "recorded"

    assert DeliveryChange.objects.latest("id").actor.endswith("x (import)")


def test_a_file_that_cannot_be_read_is_refused_and_says_why() -> None:
    one = upload("campaign,date,amount\n")

    assert check(one) == "refused"

    one.refresh_from_db()
    assert "no rows below the header" in one.error
    assert has_file(one)  # it may be read in another way


def test_bad_rows_are_kept_as_csv_with_their_lines_and_reasons() -> None:
    campaign = CampaignFactory.create()
    bad = f'{campaign.name},{TODAY},x\n"=HYPERLINK(1)",{TODAY},1\n'

    one = checked(rows(campaign, 5) + bad)

    lines = b"".join(uploads.refused(one)).decode("utf-8-sig").splitlines()
    assert lines[0] == "refused in line,refused because,campaign,date,amount"
    assert lines[1].startswith("3,")
    assert lines[1].endswith(f"{campaign.name},{TODAY},x")
    assert f"'=HYPERLINK(1),{TODAY},1" in lines[2]
    assert preview(one)["problem_count"] == 2


def test_a_second_check_replaces_the_refused_rows_of_the_first() -> None:
    campaign = CampaignFactory.create()
    one = checked(rows(campaign, 5) + f"Late,{TODAY},1\n")
    assert uploads.has_refused(one)
    CampaignFactory.create(name="Late")

    uploads.read_anew(one, Plan.from_json(one.plan), remember=False)
    assert check(one) == "checked"

    assert preview(one)["problem_count"] == 0
    assert not uploads.has_refused(one)


def test_agreed_bad_rows_are_left_out_and_stay_on_record() -> None:
    campaign = CampaignFactory.create()
    one = checked(rows(campaign, 5) + f"Nobody,{TODAY},1\n")

    confirm(one, leaves_out=1)
    assert record(one) == "recorded"

    assert spent() == [5]
    assert outcome(one)["problem_count"] == 1
    assert b"Nobody" in b"".join(uploads.refused(one))


def test_bad_rows_that_nobody_agreed_to_leave_out_keep_the_whole_file_out() -> None:
    one = checked(rows(CampaignFactory.create(), 5) + f"Nobody,{TODAY},1\n")
    confirm(one, leaves_out=0)

    assert record(one) == "uploaded"  # to be checked again

    assert spent() == []
    one.refresh_from_db()
    assert "Nothing was recorded" in one.error
    assert (one.confirmed_by, one.confirmed_at, has_file(one)) == ("", None, True)


def test_with_more_bad_rows_than_were_agreed_to_nothing_is_recorded_and_it_is_checked_again() -> (
    None
):
    stays, goes = CampaignFactory.create(), CampaignFactory.create(name="Goes")
    content = rows(stays, 5) + f"Nobody,{TODAY},1\nGoes,{TODAY},2\n"
    one = confirm(checked(content), leaves_out=1)
    goes.delete()

    assert record(one) == "uploaded"
    assert check(one) == "checked"

    assert spent() == []
    assert preview(one)["problem_count"] == 2
    assert "2 rows would be refused now; 1 were confirmed to be left out." in one.error
    confirm(one, leaves_out=2)
    assert record(one) == "recorded"
    assert spent() == [5]
    one.refresh_from_db()
    assert one.error == ""
