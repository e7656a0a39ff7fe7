"""The pages of setup by file: upload, the preview of every change, confirming, downloading."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from ads.admin.setup.pages import PERMISSIONS
from ads.models import Brand, Campaign
from ads.tests.admin.pages import context_of
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.workbooks.support import workbook
from ads.tests.services.ledger.support import google, known_as, take, total
from ads.tests.support import delivers

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "admin:ads_campaign_set_up_by_file"


def upload(client: Client, text: str, name: str = "May.csv", page: str = PAGE, **more: str) -> Any:
    file = SimpleUploadedFile(name, text.encode())
    return client.post(reverse(page), {"file": file, **more})


def confirm(client: Client, response: Any, button: str = "apply") -> Any:
    kept = response.context["kept"]
    assert kept
    return client.post(reverse(PAGE), {"kept": kept, button: "1"}, follow=True)


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


@pytest.fixture
def spring() -> Campaign:
    return CampaignFactory.create(brand__name="Acme", name="Spring", daily_budget=75)


def test_a_file_is_previewed_and_nothing_is_changed_before_it_is_confirmed(
    admin: Client, spring: Campaign
) -> None:
    page = upload(admin, "brand,campaign,daily_budget\nAcme,Spring,90\nAcme,New,10\n")

    html = page.content.decode()
    assert "1 new campaign, 1 campaign changed." in html
    assert "$75.00" in html
    assert "$90.00" in html
    assert spring.fresh().daily_budget == 75
    after = confirm(admin, page)

    [message] = said(after)
    assert message.startswith("May.csv: 1 new campaign, 1 campaign changed. ")
    assert spring.fresh().daily_budget == 90
    assert delivers(Campaign.objects.get(name="New"))
    shown = context_of(admin, message.partition('href="')[2].partition('"')[0])["cl"].result_list
    assert {row.name for row in shown} == {"Spring", "New"}


def test_a_file_that_moves_an_id_says_what_is_on_record_for_whoever_had_it(
    admin: Client, spring: Campaign
) -> None:
    winter = CampaignFactory.create(brand=spring.brand, name="Winter")
    known_as(winter, google("7"))
    take(total(google("7"), 60))
    text = "brand,campaign,platform_ids\nAcme,Winter,none\nAcme,Spring,google_ads / 123 / 7\n"

    after = confirm(admin, upload(admin, text))

    assert spring.references.get().reference == "7"
    assert said(after)[1].startswith("google_ads / 123 / 7 was the ID of Winter (Acme) before")


def test_the_brands_list_has_the_page_too(admin: Client) -> None:
    page = upload(admin, "brand\nAcme\n", page="admin:ads_brand_set_up_by_file")

    assert "1 new brand." in page.content.decode()
    lists = [admin.get(reverse(f"admin:ads_{it}_changelist")) for it in ("brand", "campaign")]
    for each in lists:
        assert "Set up by file" in each.content.decode()
        assert "Download setup file" in each.content.decode()


def test_every_error_is_shown_with_its_line_column_value_and_remedy(
    admin: Client, spring: Campaign
) -> None:
    page = upload(admin, "brand,campaign,daily_budget\nAcme,Spring,1.2.3\nNobody,X,\n")

    assert page.context["problem_title"] == "2 errors in 2 rows of May.csv"
    assert page.context["problems"] == [
        {
            "line": 2,
            "column": "daily_budget",
            "value": "1.2.3",
            "reason": "It is not a plain decimal number; write plain digits with at most one dot, "
            'such as "1234.50". For no limit write "none".',
        },
        {
            "line": 3,
            "column": "brand",
            "value": "Nobody",
            "reason": "There is no such brand. To create it, add a row for it with the campaign "
            "empty.",
        },
    ]
    assert not page.context["kept"]


def test_a_file_that_is_none_is_refused_beside_its_field(admin: Client) -> None:
    page = upload(admin, "%PDF-1.7", name="setup.pdf")

    assert "This is a PDF" in page.context["form"].errors["file"][0]


def test_a_workbook_is_uploaded_as_a_csv_is(admin: Client, spring: Campaign) -> None:
    content = workbook(["campaign_id", "daily_budget"], [spring.pk, 90.5])
    file = SimpleUploadedFile("May.xlsx", content)

    page = admin.post(reverse(PAGE), {"file": file})

    assert "$90.50" in page.content.decode()
    confirm(admin, page)
    assert spring.fresh().daily_budget == Decimal("90.5")
    again = upload(admin, "brand\nAcme\n", name="May.xlsx")
    assert "it is not a workbook" in again.context["form"].errors["file"][0]


def test_a_file_that_changes_nothing_cannot_be_confirmed(admin: Client, spring: Campaign) -> None:
    page = upload(admin, "brand,campaign,daily_budget\nAcme,Spring,75\n")

    assert "Nothing changes; 1 row is as stored." in page.content.decode()
    assert not page.context["kept"]


def test_what_has_changed_since_the_preview_is_told_and_nothing_is_applied(
    admin: Client, spring: Campaign
) -> None:
    other = CampaignFactory.create(brand=spring.brand, name="Other", daily_budget=5)
    text = "brand,campaign,daily_budget\nAcme,Spring,90\nAcme,Other,6\n"
    page = upload(admin, text)
    spring.daily_budget = 80
    spring.save()

    again = confirm(admin, page)

    assert again.context["meanwhile"]["rows"] == [
        (
            "line 2: Acme / Spring: daily budget $80.00 → $90.00; last changed by someone "
            "outside the "
            "console."
        )
    ]
    assert (spring.fresh().daily_budget, other.fresh().daily_budget) == (80, 5)
    confirm(admin, again)
    assert (spring.fresh().daily_budget, other.fresh().daily_budget) == (90, 6)


def test_a_preview_that_is_tampered_with_is_refused(admin: Client, spring: Campaign) -> None:
    kept = upload(admin, "brand,campaign,daily_budget\nAcme,Spring,90\n").context["kept"]

    page = admin.post(reverse(PAGE), {"kept": kept[:-3] + "abc", "apply": "1"})

    assert "Upload the file again." in page.context["form"].errors["file"][0]
    assert spring.fresh().daily_budget == 75


def test_all_changes_are_downloaded_as_a_file(admin: Client, spring: Campaign) -> None:
    page = upload(admin, "brand,campaign,daily_budget\nAcme,Spring,90\n")

    file = confirm(admin, page, "changes").getvalue().decode("utf-8-sig")

    assert list(csv.DictReader(io.StringIO(file))) == [
        {
            "line": "2",
            "brand": "Acme",
            "campaign": "Spring",
            "what": "changed",
            "column": "daily_budget",
            "before": "$75.00",
            "after": "$90.00",
        }
    ]


def test_what_a_list_shows_is_downloaded_and_read_back(admin: Client, spring: Campaign) -> None:
    CampaignFactory.create(brand__name="Other", name="=1+1")
    BrandFactory.create(name="Empty")

    def rows(model: str, query: str = "") -> list[tuple[str, str]]:
        response = admin.get(f"{reverse(f'admin:ads_{model}_download_setup')}?{query}")
        text = response.getvalue().decode("utf-8-sig")
        assert "Nothing changes" in upload(admin, text).content.decode()
        return [(row["brand"], row["campaign"]) for row in csv.DictReader(io.StringIO(text))]

    acme, other = [("Acme", ""), ("Acme", "Spring")], [("Other", ""), ("Other", "'=1+1")]
    assert rows("campaign") == [*acme, *other]
    assert rows("campaign", "q=Spring") == acme
    assert rows("brand") == [*acme, ("Empty", ""), *other]


def test_a_brand_may_be_set_up_by_those_who_may_do_all_that_a_file_can(
    staff: Callable[..., Client],
) -> None:
    needed = ["add_brand", *(name.partition(".")[2] for name in PERMISSIONS)]
    views = ["view_brand", "view_campaign"]
    for missing in needed:
        client = staff(*views, *(name for name in needed if name != missing))
        assert upload(client, "brand\nAcme\n").status_code == 403
        assert client.get(reverse("admin:ads_campaign_download_setup")).status_code == 403

    client = staff(*views, *needed)
    confirm(client, upload(client, "brand\nAcme\n"))

    assert Brand.objects.get().name == "Acme"
