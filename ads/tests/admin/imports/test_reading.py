"""How an uploaded file is read, and what is no file of spend."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ads.models import ColumnMapping, Spend, SpendImport
from ads.services.imports.plan import Plan
from ads.tests.admin.imports.pages import OPTIONS, UPLOAD, address, check, read_form, send, sent
from ads.tests.admin.pages import add, change, changelist, filled_in
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.uploads import support
from ads.tests.services.imports.uploads.support import TODAY, checked, rows, spent


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
        ("header_line", "900", "Line 900 was chosen as the header"),
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

    assert "lacks the day, month or year" in answer.content.decode()


def test_what_amounts_are_in_is_asked_and_chosen_on_the_page(admin: Client) -> None:
    CampaignFactory.create(name="Spring")
    one = sent(admin, f"campaign,date,amount\nSpring,{TODAY},11100000\n")
    check(one)
    assert one.status == "refused"
    assert "The amounts may be in micros" in one.error
    assert "--unit" not in one.error

    admin.post(address(one, "read"), {**read_form(admin, one), "unit": "micros"})
    support.finish(one)

    assert [f"{amount:f}" for amount in spent()] == ["11.1"]


def test_that_each_row_is_a_day_is_asked_and_said_on_the_page(admin: Client) -> None:
    CampaignFactory.create(name="Spring")
    one = sent(admin, f"Reporting starts,Campaign name,Amount spent (USD)\n{TODAY},Spring,3.10\n")
    check(one)
    assert one.status == "refused"
    assert "If each row is one day, say so." in one.error

    admin.post(address(one, "read"), {**read_form(admin, one), "is_daily": "on"})
    support.finish(one)

    assert [f"{amount:f}" for amount in spent()] == ["3.1"]


def test_a_file_of_many_platforms_is_mapped_with_a_suggestion_or_its_format_chosen(
    admin: Client,
) -> None:
    CampaignFactory.create(name="Spring")
    one = sent(admin, f"Campaign name,Day,Amount spent (USD)\nSpring,{TODAY},3.10\n")
    assert one.status == "unmapped"
    shown = admin.get(address(one, "read")).content.decode()
    assert "By its columns this may be a Meta Ads Manager export" in shown
    assert "--format" not in shown
    form = read_form(admin, one)
    assert (form["column_date"], form["column_amount"]) == ("Day", "Amount spent (USD)")

    admin.post(address(one, "read"), {**form, "format": "meta_ads"})
    support.finish(one)

    assert [f"{amount:f}" for amount in spent()] == ["3.1"]
    assert support.preview(one)["plan"]["source"] == "meta_ads"
    # The answer is remembered for the next file with the same columns.
    again = sent(admin, f"Campaign name,Day,Amount spent (USD)\nSpring,{TODAY},3.50\n")
    assert (again.status, again.format) == ("uploaded", "meta_ads")
    support.finish(again)
    assert [f"{amount:f}" for amount in spent()] == ["3.1", "0.4"]
    kept = filled_in(admin, change(ColumnMapping.objects.get()))
    assert kept["format"] == "meta_ads"


def test_a_file_with_more_columns_than_a_table_has_is_refused_at_once(admin: Client) -> None:
    """Offering 50,000 columns in nine lists took half a minute."""
    header = ",".join(f"c{i:05}" for i in range(50_000))

    answer = send(admin, f"{header}\n{header}\n")

    assert "more than 1,000 columns" in answer.context["form"].errors["file"][0]
    assert not SpendImport.objects.exists()


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


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\n\n  \n", "The file is empty"),
        (b"PK\x03\x04 and so on", "The workbook is damaged or was cut off"),
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
        assert "larger than 1000\xa0bytes" in answer.context["form"].errors["file"][0]
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
