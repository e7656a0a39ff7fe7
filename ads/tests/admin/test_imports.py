"""Importing spend in the admin: upload, look, confirm; who may, and what a page says."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ads.models import CampaignReference, ColumnMapping, Spend, SpendImport
from ads.services import uploads
from ads.services.imports import Plan
from ads.tests.admin.pages import add, change, changelist, filled_in, said
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.uploads import support
from ads.tests.uploads.support import TODAY, checked, recorded, rows, spent

UPLOAD = "ads_spendimport"
#: The parts of the form that browsers always send.
OPTIONS = {"campaign_by": "auto"}


def address(one: SpendImport, page: str) -> str:
    return reverse(f"admin:ads_spendimport_{page}", args=[one.pk])


def send(client: Client, content: str | bytes, name: str = "spend.csv", **options: str) -> Any:
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(name, data)
    return client.post(add(UPLOAD), {"file": file, **OPTIONS, **options})


def sent(client: Client, content: str | bytes, **options: str) -> SpendImport:
    answer = send(client, content, **options)
    assert answer.status_code == 302, answer.context["form"].errors
    return SpendImport.objects.latest("pk")


def page(client: Client, one: SpendImport) -> str:
    return str(client.get(change(one)).content.decode())


def check(one: SpendImport) -> None:
    uploads.check(one.pk, timezone.now())
    one.refresh_from_db()


def confirm(client: Client, one: SpendImport, **fields: Any) -> Any:
    seen = {"checks": one.checks, "leaves_out": 0, **fields}
    return client.post(address(one, "confirm"), seen)


# The whole way -----------------------------------------------------------------------------------


def test_a_file_is_uploaded_checked_confirmed_and_recorded(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring")

    one = sent(admin, rows(campaign, "1234.5", "5"))
    assert (one.uploaded_by, one.status, spent()) == ("olivia", "uploaded", [])
    assert "Waiting for a worker" in page(admin, one)

    check(one)
    shown = page(admin, one)
    assert "What it would do" in shown
    assert "Plain: campaign, date, amount" in shown
    assert "$1,239.50" in shown
    assert "Record it" in shown
    assert spent() == []

    assert confirm(admin, one).headers["Location"] == change(one)
    uploads.record(one.pk, timezone.now)
    shown = page(admin, one)
    assert "What it did" in shown
    assert "$1,239.50" in shown
    assert "Record it" not in shown
    assert [f"{amount:f}" for amount in spent()] == ["1239.5"]


def test_the_preview_names_campaigns_that_would_stop_and_the_page_afterwards_those_that_did(
    admin: Client,
) -> None:
    campaign = CampaignFactory.create(name="Spring", daily_budget=5)
    type(campaign).objects.update(is_active=True)
    one = sent(admin, rows(campaign, 9))

    check(one)
    shown = page(admin, one)
    assert "Campaigns that would be switched" in shown
    assert f'href="{change(campaign)}"' in shown
    assert "Daily budget" in shown

    confirm(admin, one)
    uploads.record(one.pk, timezone.now)
    shown = page(admin, one)
    assert "Campaigns that were switched" in shown
    assert "stopped" in shown


def test_bad_rows_are_shown_with_their_lines_downloaded_and_left_out_if_one_agrees(
    admin: Client,
) -> None:
    campaign = CampaignFactory.create()
    one = sent(admin, rows(campaign, 5) + f"=HYPERLINK(1),{TODAY},1\n{campaign.name},{TODAY},x\n")
    check(one)

    shown = page(admin, one)
    assert "Leave out the 2 rows and record the rest" in shown
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


def test_a_file_of_bad_rows_alone_offers_nothing_to_record(admin: Client) -> None:
    one = sent(admin, f"campaign,date,amount\nNobody,{TODAY},1\n")

    check(one)

    shown = page(admin, one)
    assert "record the rest" not in shown
    assert "Change how it is read" in shown


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
    assert "Campaigns that nobody knows yet" in shown
    assert "Autumn" in shown
    assert "$1,000.50" in shown
    confirm(admin, one)
    uploads.record(one.pk, timezone.now)
    assert [f"{amount:f}" for amount in spent()] == ["1000.5"]
    assert "Some of it waits" in page(admin, one)


def test_the_same_file_again_says_when_by_whom_and_what_came_of_it(admin: Client) -> None:
    content = rows(CampaignFactory.create(), 5)
    first = recorded(content, name="monday.csv")

    again = sent(admin, content, name="tuesday.csv")

    shown = page(admin, again)
    assert "This very file was uploaded before" in shown
    assert "monday.csv" in shown
    assert "by anna: recorded $5.00 from 1 row" in shown
    assert "uploaded before" not in page(admin, first)


def test_cancelling_ends_it(admin: Client) -> None:
    one = sent(admin, rows(CampaignFactory.create(), 5))

    admin.post(address(one, "cancel"))

    shown = page(admin, one)
    assert "Cancelled by olivia." in shown
    assert "Import another file" in shown


# How it is read ---------------------------------------------------------------------------------


def read_form(client: Client, one: SpendImport) -> dict[str, Any]:
    """What a browser would send of the page on which it is said how a file is read."""
    data: dict[str, Any] = {}
    for field in client.get(address(one, "read")).context["form"]:
        value = field.value()
        if field.name == "observed_at":
            halves = field.subwidgets[0].data["subwidgets"]
            data |= {half["name"]: half["value"] for half in halves}
        elif value is True:
            data[field.html_name] = "on"
        elif value not in (None, False):
            data[field.html_name] = value
    return data


def test_columns_that_nobody_recognises_are_mapped_by_hand_and_remembered(admin: Client) -> None:
    CampaignFactory.create(name="Spring")
    content = f"When;Ad set;Paid\n{TODAY:%d.%m.%Y};Spring;1.234,50\n"

    answer = send(admin, content, name="bank.csv")
    one = SpendImport.objects.get()
    assert answer.headers["Location"] == address(one, "read")
    shown = admin.get(address(one, "read")).content.decode()
    assert all(text in shown for text in ("Ad set", "1.234,50", "Detected: Semicolon"))

    mapped = {
        **read_form(admin, one),
        "column_date": "When",
        "column_campaign": "Ad set",
        "column_amount": "Paid",
        "date_format": "%d.%m.%Y",
        "decimal": ",",
    }
    assert admin.post(address(one, "read"), mapped).headers["Location"] == change(one)
    support.finish(one)

    assert [f"{amount:f}" for amount in spent()] == ["1234.5"]
    again = sent(admin, f"When;Ad set;Paid\n{TODAY:%d.%m.%Y};Spring;2000,00\n")
    assert again.status == "uploaded"
    support.finish(again)
    assert [f"{amount:f}" for amount in spent()] == ["1234.5", "765.5"]


def test_the_page_is_sent_back_as_it_came_and_changes_nothing(admin: Client) -> None:
    one = sent(admin, rows(CampaignFactory.create(), 5))
    check(one)
    before = Plan.from_json(one.plan)

    assert admin.post(address(one, "read"), read_form(admin, one)).status_code == 302

    one.refresh_from_db()
    assert Plan.from_json(one.plan) == before
    assert one.status == "uploaded"
    assert not ColumnMapping.objects.exists()


def test_looking_again_reads_it_as_the_form_says_and_changes_nothing(admin: Client) -> None:
    one = sent(admin, "campaign,date,amount\nCafé,2026-01-01,1\n".encode("cp1252"))
    before = SpendImport.objects.values().get()
    assert "Caf�" in admin.get(address(one, "read")).content.decode()

    data = {**OPTIONS, "encoding": "cp1252", "look": "1"}
    shown = admin.post(address(one, "read"), data).content.decode()

    assert "Café" in shown
    assert SpendImport.objects.values().get() == before


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("header_line", "900", "Line 900 is to be the header"),
        ("date_format", "other", ""),
        ("brand_id", "0", "valid choice"),
        ("column_amount", "Nope", "valid choice"),
    ],
)
def test_a_form_that_cannot_be_meant_says_so(
    admin: Client, field: str, value: str, sentence: str
) -> None:
    one = checked(rows(CampaignFactory.create(), 5))

    answer = admin.post(address(one, "read"), {**OPTIONS, field: value})

    if sentence:
        assert answer.status_code == 200
        assert sentence in answer.content.decode()
        one.refresh_from_db()
        assert one.status == "checked"
    else:
        assert answer.status_code == 302


def test_another_way_to_write_dates_is_checked(admin: Client) -> None:
    one = checked(rows(CampaignFactory.create(), 5))
    data = {**OPTIONS, "date_format": "other", "other_date_format": "%d-%m"}

    answer = admin.post(address(one, "read"), data)

    assert "does not tell day, month and year" in answer.content.decode()


def test_a_remembered_mapping_is_edited_and_forgotten_in_the_admin(admin: Client) -> None:
    one = sent(admin, f"When;Ad set;Paid\n{TODAY};Spring;1\n")
    admin.post(
        address(one, "read"),
        {**OPTIONS, "column_date": "When", "column_campaign": "Ad set", "column_amount": "Paid",
         "remember": "on"},
    )  # fmt: skip
    kept = ColumnMapping.objects.get()
    assert kept.name in admin.get(changelist("ads_columnmapping")).content.decode()

    data = filled_in(admin, change(kept))
    assert data["column_amount"] == "Paid"
    admin.post(change(kept), {**data, "name": "The bank", "decimal": ","})

    kept.refresh_from_db()
    assert (kept.name, kept.plan["decimal"]) == ("The bank", ",")
    assert kept.plan["mapping"] == {"date": "When", "campaign": "Ad set", "amount": "Paid"}
    admin.post(reverse("admin:ads_columnmapping_delete", args=[kept.pk]), {"post": "yes"})
    assert not ColumnMapping.objects.exists()


# What is no file of spend -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\n\n  \n", "The file is empty"),
        (b"PK\x03\x04 and so on", "Excel workbook (.xlsx) or a ZIP archive"),
        (b"%PDF-1.7 and so on", "This is a PDF"),
        (b"\x1f\x8b\x08 and so on", "compressed file"),
        (b"<html><body>Log in</body></html>", "web page"),
    ],
)
def test_what_is_no_csv_is_said_beside_the_field_and_nothing_is_kept(
    admin: Client, content: bytes, sentence: str
) -> None:
    answer = send(admin, content)

    assert answer.status_code == 200
    assert any(sentence in error for error in answer.context["form"].errors["file"])
    assert not SpendImport.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        "campaign,date,amount\nSpring,2026-01-01,1".encode("utf-16")[:-1],
        b"campaign,date,amount\n\x00\x00\x00\n",
        b'campaign,date,amount\n"Spring,2026-01-01,1\n' * 3,
        b"," * 100_000,
        b"campaign,date,amount\n" + b"\xff\xfe\xfd" * 50,
        "campaign,date,amount\n=HYPERLINK(1),٢٠٢٦-01-01,1_000\n".encode(),
        b"\x00" * 5000,
        b"campaign,date,amount",
    ],
)
def test_whatever_is_uploaded_its_pages_open_and_say_what_is_wrong(
    admin: Client, content: bytes
) -> None:
    CampaignFactory.create(name="Spring")

    answer = send(admin, content)

    assert answer.status_code in (200, 302)
    for one in SpendImport.objects.all():
        admin.post(address(one, "read"), read_form(admin, one))
        check(one)
        assert one.status in ("refused", "checked", "unmapped")
        assert admin.get(change(one)).status_code == 200
        assert admin.get(address(one, "read")).status_code == 200
        assert one.error or one.preview
    assert not Spend.objects.exists()


def test_a_file_that_is_too_large_is_said_beside_the_field_and_nothing_is_kept(
    admin: Client, settings: Any
) -> None:
    settings.IMPORT_MAX_BYTES = 1000
    slightly = send(admin, b"x" * 1001)
    far = send(admin, b"x" * (2 << 20), source="bank")

    for answer in (slightly, far):
        assert answer.status_code == 200
        assert "larger than 1,000 bytes" in answer.context["form"].errors["file"][0]
    assert far.context["form"]["source"].value() == "bank"
    assert not SpendImport.objects.exists()


def test_no_file_at_all_is_said(admin: Client) -> None:
    answer = admin.post(add(UPLOAD), OPTIONS)

    assert answer.context["form"].errors["file"] == ["Choose a file."]


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "../../a.csv", 'ü 支出 ".csv', "a;b.csv"])
def test_files_with_odd_names_are_shown_and_downloaded(admin: Client, name: str) -> None:
    one = sent(admin, f"campaign,date,amount\nNobody,{TODAY},1\n", name=name)
    check(one)

    assert admin.get(change(one)).status_code == 200
    answer = admin.get(address(one, "refused"))
    assert answer.status_code == 200
    assert "\n" not in answer["Content-Disposition"]
    assert len(one.file_name) <= 255


# Who may ------------------------------------------------------------------------------------------


def test_who_may_only_look_sees_everything_and_does_nothing(
    staff: Callable[..., Client],
) -> None:
    viewer = staff("view_spendimport")
    one = checked(rows(CampaignFactory.create(), 5) + f"Nobody,{TODAY},1\n")

    assert viewer.get(changelist(UPLOAD)).status_code == 200
    assert viewer.get(address(one, "progress")).status_code == 200
    assert viewer.get(address(one, "refused")).status_code == 200
    shown = viewer.get(change(one)).content.decode()
    assert "record the rest" not in shown
    assert "Cancel the import" not in shown
    assert [
        viewer.get(add(UPLOAD)).status_code,
        send(viewer, "campaign,date,amount\n").status_code,
        viewer.get(address(one, "read")).status_code,
        viewer.post(address(one, "read"), OPTIONS).status_code,
        confirm(viewer, one, leaves_out=1).status_code,
        viewer.post(address(one, "cancel")).status_code,
    ] == [403] * 6
    one.refresh_from_db()
    assert one.status == "checked"
    assert SpendImport.objects.count() == 1


def test_who_may_add_imports_does_all_of_it(staff: Callable[..., Client]) -> None:
    importer = staff("add_spendimport")

    one = sent(importer, rows(CampaignFactory.create(), 5))
    check(one)
    assert confirm(importer, one).status_code == 302

    one.refresh_from_db()
    assert one.status == "confirmed"
    assert importer.get(changelist(UPLOAD)).status_code == 200


def test_others_see_nothing_of_it(staff: Callable[..., Client]) -> None:
    other = staff("view_campaign", "view_spend")
    one = checked(rows(CampaignFactory.create(), 5) + f"Nobody,{TODAY},1\n")

    for url in (
        changelist(UPLOAD),
        add(UPLOAD),
        change(one),
        *(address(one, name) for name in ("progress", "refused", "read")),
    ):
        assert other.get(url).status_code == 403
        assert Client().get(url).status_code == 302
    assert confirm(other, one).status_code == 403


def test_what_changes_something_is_not_done_by_following_a_link(admin: Client) -> None:
    one = checked(rows(CampaignFactory.create(), 5))

    assert admin.get(address(one, "confirm")).status_code == 405
    assert admin.get(address(one, "cancel")).status_code == 405

    one.refresh_from_db()
    assert one.status == "checked"


def test_a_form_of_another_site_uploads_and_confirms_nothing(operator: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)
    one = checked(rows(CampaignFactory.create(), 5))

    assert send(client, rows(CampaignFactory.create(), 5)).status_code == 403
    assert confirm(client, one).status_code == 403

    assert SpendImport.objects.count() == 1


def test_two_people_confirm_and_the_second_is_told(admin: Client) -> None:
    one = checked(rows(CampaignFactory.create(), 5))
    confirm(admin, one)

    answer = admin.post(
        address(one, "confirm"), {"checks": one.checks, "leaves_out": 0}, follow=True
    )

    assert "Nothing was done" in said(answer)[0]


@pytest.mark.parametrize("fields", [{"checks": "x"}, {"leaves_out": "-1"}, {"checks": ""}])
def test_a_confirmation_that_no_page_sends_is_refused(
    admin: Client, fields: dict[str, str]
) -> None:
    one = checked(rows(CampaignFactory.create(), 5))

    assert confirm(admin, one, **fields).status_code == 400

    one.refresh_from_db()
    assert one.status == "checked"


def test_an_import_that_does_not_exist_is_not_found(admin: Client) -> None:
    one = SpendImport(pk=10**6)

    for name in ("change", "progress", "refused", "read"):
        assert admin.get(address(one, name)).status_code == 404
    assert admin.post(address(one, "confirm"), {"checks": 1, "leaves_out": 0}).status_code == 404


def test_nobody_deletes_an_import(admin: Client) -> None:
    one = recorded(rows(CampaignFactory.create(), 5))

    answer = admin.post(reverse("admin:ads_spendimport_delete", args=[one.pk]), {"post": "yes"})

    assert answer.status_code == 403
    assert SpendImport.objects.exists()


# The bar ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "read", "percent", "text"),
    [
        ("uploaded", 0, None, "Waiting for a worker."),
        ("checking", 0.405, 40, "Checking: 1,000 rows read, 40 % of the file."),
        ("checking", 1, None, "1,000 rows read. Working out what they would do."),
        ("recording", 0.999, 99, "Recording: 1,000 rows read, 99 % of the file."),
        ("recording", 1, None, "1,000 rows read. Recording them and deciding who may deliver."),
    ],
)
def test_the_bar_says_how_far_it_is(
    admin: Client, status: str, read: float, percent: int | None, text: str
) -> None:
    one = checked(rows(CampaignFactory.create(), *[1] * 200))
    SpendImport.objects.update(status=status, bytes_read=int(read * one.size), rows_read=1000)

    told = json.loads(admin.get(address(one, "progress")).content)

    assert told["is_on_the_way"] is True
    assert (told["percent"], told["text"]) == (percent, text)
    shown = page(admin, one)
    assert text in shown
    assert ' value="' in shown.split("<progress")[1].split(">")[0] or percent is None


def test_one_that_waits_for_another_says_so(admin: Client) -> None:
    first, second = (checked(rows(CampaignFactory.create(), 1)) for _ in range(2))
    SpendImport.objects.filter(pk=first.pk).update(status="recording")
    SpendImport.objects.filter(pk=second.pk).update(status="confirmed")

    assert "It comes after another import" in page(admin, second)


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
