"""Importing spend in the admin: upload, look, confirm; what a page says, how far it is."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ads.models import CampaignReference, Spend, SpendImport
from ads.services.imports import uploads
from ads.services.imports.refusals import without_options
from ads.tests.admin.imports.pages import UPLOAD, address, check, confirm, page, sent
from ads.tests.admin.pages import change, changelist
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.uploads import support
from ads.tests.services.imports.uploads.support import TODAY, checked, recorded, rows, spent


def test_a_file_is_uploaded_checked_confirmed_and_recorded(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring")

    one = sent(admin, rows(campaign, "1234.5", "5"))
    assert (one.uploaded_by, one.status, spent()) == ("olivia", "uploaded", [])
    assert "Waiting for a worker" in page(admin, one)

    check(one)
    shown = page(admin, one)
    assert "Preview" in shown
    assert "Plain: campaign, date, amount" in shown
    assert "$1,239.50" in shown
    assert "Record spend" in shown
    assert spent() == []

    assert confirm(admin, one).headers["Location"] == change(one)
    uploads.record(one.pk, timezone.now)
    shown = page(admin, one)
    assert "Result" in shown
    assert "$1,239.50" in shown
    assert "Record spend" not in shown
    assert [f"{amount:f}" for amount in spent()] == ["1239.5"]


def test_the_preview_names_campaigns_that_would_stop_and_the_page_afterwards_those_that_did(
    admin: Client,
) -> None:
    campaign = CampaignFactory.create(name="Spring", daily_budget=5)
    type(campaign).objects.update(is_active=True)
    one = sent(admin, rows(campaign, 9))

    check(one)
    shown = page(admin, one)
    assert "Campaigns that would pause or start" in shown
    assert f'href="{change(campaign)}"' in shown
    assert "Daily budget" in shown

    confirm(admin, one)
    uploads.record(one.pk, timezone.now)
    shown = page(admin, one)
    assert "Paused and started campaigns" in shown
    assert "<td>paused</td>" in shown


def test_bad_rows_are_shown_with_their_lines_downloaded_and_left_out_if_one_agrees(
    admin: Client,
) -> None:
    campaign = CampaignFactory.create()
    one = sent(admin, rows(campaign, 5) + f"=HYPERLINK(1),{TODAY},1\n{campaign.name},{TODAY},x\n")
    check(one)

    shown = page(admin, one)
    assert "Leave out 2 rows and record the rest" in shown
    assert ">3</td>" in shown
    assert ">4</td>" in shown
    answer: Any = admin.get(address(one, "refused"))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="refused rows of spend.csv"'
    assert answer.streaming
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert f"'=HYPERLINK(1),{TODAY},1\r\n" in text

    confirm(admin, one, leaves_out=2)
    uploads.record(one.pk, timezone.now)
    assert spent() == [5]
    assert "2 rows left out" in page(admin, one)
    assert admin.get(address(one, "refused")).status_code == 200


def test_what_each_campaign_got_stands_on_the_page_afterwards_too(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring")
    one = sent(admin, rows(campaign, "1234.5", "5"))
    check(one)
    confirm(admin, one)
    uploads.record(one.pk, timezone.now)

    shown = page(admin, one)
    assert "By campaign" in shown
    assert f'href="{change(campaign)}">Spring</a>' in shown
    assert "New in the ledger" in shown

    # Somebody else recorded part of it between the check and the recording.
    one.refresh_from_db()
    outcome = {**(one.outcome or {}), "difference": "5"}
    SpendImport.objects.filter(pk=one.pk).update(outcome=outcome)
    shown = page(admin, one)
    assert "In the file" in shown
    assert "New in the ledger" not in shown
    assert "Other spend was recorded between the preview and this import" in shown


def test_reasons_are_in_the_words_of_the_page_and_name_no_options_of_a_command(
    admin: Client,
) -> None:
    campaign = CampaignFactory.create()
    one = sent(admin, f"campaign,date,amount\n{campaign.name},{TODAY},1.1234567\n")
    check(one)

    answer: Any = admin.get(address(one, "refused"))
    everything = page(admin, one) + b"".join(answer.streaming_content).decode()
    assert "or let them be rounded to 6" in everything
    assert "--round" not in everything
    assert "in the command" not in everything

    columns = sent(admin, f"nobody,knows,this\n1,{TODAY},2\n")
    check(columns)
    shown = page(admin, columns) + admin.get(address(columns, "read")).content.decode()
    assert "in the command" not in shown


@pytest.mark.parametrize(
    ("reason", "on_a_page"),
    [
        ("Say so (--decimal , in the command).", "Say so."),
        ("Something else? (See --delimiter in the command.)", "Something else?"),
        ("or write ids and choose ids (--campaign-by id).", "or write ids and choose ids."),
        ("no campaign is called Sale (new)", "no campaign is called Sale (new)"),
    ],
)
def test_what_only_the_command_says_is_left_out_of_a_reason(reason: str, on_a_page: str) -> None:
    assert without_options(reason) == on_a_page


def test_a_file_of_bad_rows_alone_offers_nothing_to_record(admin: Client) -> None:
    one = sent(admin, f"campaign,date,amount\nNobody,{TODAY},1\n")

    check(one)

    shown = page(admin, one)
    assert "record the rest" not in shown
    assert "Change how the file is read" in shown

    head = "Campaign ID,Campaign,Day,Cost,Currency code\n"
    waits = sent(admin, f"{head}9,Nobody,{TODAY},1,USD\n8,Nobody,{TODAY},x,USD\n")
    check(waits)

    assert "Leave out 1 row and keep the rest until it is matched" in page(admin, waits)


def test_campaigns_that_nobody_knows_are_named_and_their_rows_wait(admin: Client) -> None:
    known = CampaignFactory.create(name="Spring")
    CampaignReference.objects.create(campaign=known, platform="google_ads", reference="11")
    one = sent(
        admin,
        "Report\nAugust\nDay,Campaign,Campaign ID,Currency code,Cost\n"
        f'{TODAY},Spring,11,USD,"1,000.50"\n{TODAY},Autumn,22,USD,7.25\n'
        "Total: Campaigns,,,USD,1007.75\n",
    )
    assert one.format == "google_ads"

    check(one)

    shown = page(admin, one)
    assert "Google Ads report" in shown
    assert "Unmatched campaigns" in shown
    assert "Autumn" in shown
    assert "$1,000.50" in shown
    confirm(admin, one)
    uploads.record(one.pk, timezone.now)
    assert [f"{amount:f}" for amount in spent()] == ["1000.5"]
    assert "Waiting spend" in page(admin, one)


def test_the_same_file_again_says_when_by_whom_and_what_came_of_it(admin: Client) -> None:
    content = rows(CampaignFactory.create(), 5)
    first = recorded(content, name="monday.csv")

    again = sent(admin, content, name="tuesday.csv")

    shown = page(admin, again)
    assert "The same file was uploaded before" in shown
    assert "monday.csv" in shown
    assert "by anna: recorded $5.00 from 1 row" in shown
    assert "uploaded before" not in page(admin, first)


def test_cancelling_ends_it(admin: Client) -> None:
    one = sent(admin, rows(CampaignFactory.create(), 5))

    admin.post(address(one, "cancel"))

    shown = page(admin, one)
    assert "Cancelled by olivia." in shown
    assert "Import another file" in shown


@pytest.mark.parametrize(
    ("status", "read", "percent", "text"),
    [
        ("uploaded", 0, None, "Waiting for a worker."),
        ("checking", 0.405, 40, "Checking: 1,000 rows read, 40% of the file."),
        ("checking", 1, None, "1,000 rows read. Preparing the preview."),
        ("recording", 0.999, 99, "Recording: 1,000 rows read, 99% of the file."),
        ("recording", 1, None, "1,000 rows read. Recording and enforcing budgets."),
    ],
)
def test_the_bar_says_how_far_it_is(
    admin: Client, status: str, read: float, percent: int | None, text: str
) -> None:
    one = checked(rows(CampaignFactory.create(), *[1] * 200))
    SpendImport.objects.update(status=status, bytes_read=int(read * one.size), rows_read=1000)

    progress = json.loads(admin.get(address(one, "progress")).content)

    assert progress["is_running"] is True
    assert (progress["percent"], progress["text"]) == (percent, text)
    shown = page(admin, one)
    assert text in shown
    assert ' value="' in shown.split("<progress")[1].split(">")[0] or percent is None


def test_one_that_waits_for_another_says_so(admin: Client) -> None:
    first, second = (checked(rows(CampaignFactory.create(), 1)) for _ in range(2))
    SpendImport.objects.filter(pk=first.pk).update(status="recording")
    SpendImport.objects.filter(pk=second.pk).update(status="confirmed")

    assert "Waiting for another import to finish." in page(admin, second)


def test_pages_work_without_scripts_and_have_none_in_them(admin: Client) -> None:
    one = sent(admin, rows(CampaignFactory.create(), 1))

    shown = page(admin, one)

    assert '<noscript><meta http-equiv="refresh"' in shown
    assert "ads/imports.js" in shown
    check(one)
    assert "http-equiv" not in page(admin, one)


def test_a_long_list_does_not_load_what_each_would_do(admin: Client) -> None:
    for _ in range(3):
        recorded(rows(CampaignFactory.create(), 5))
    admin.get(changelist(UPLOAD))

    with CaptureQueriesContext(connection) as captured:
        shown = admin.get(changelist(UPLOAD)).content.decode()

    assert shown.count("$5.00") == 3
    assert not [query for query in captured if '"ads_spendimport"."preview",' in query["sql"]]
    assert len(captured) <= 10


def test_the_brand_can_be_chosen(admin: Client) -> None:
    ours, theirs = BrandFactory.create(), BrandFactory.create()
    for brand in (ours, theirs):
        CampaignFactory.create(brand=brand, name="Spring")

    one = sent(admin, f"campaign,date,amount\nSpring,{TODAY},5\n", brand_id=str(ours.pk))
    support.finish(one)

    assert Spend.objects.get().campaign.brand == ours
    assert settings.IMPORT_MAX_BYTES == 512 << 20
