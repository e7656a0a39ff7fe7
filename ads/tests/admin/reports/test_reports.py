"""A brand's report in the console, and at the address of a share link."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ads.models import AlertMessage, Brand, Channel, ReportLink, ReportSchedule
from ads.services import reports
from ads.services.reports import links
from ads.tests.admin.pages import change, changelist, said
from ads.tests.admin.people.world import limited_to
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.log_lines import logged
from ads.tests.services.alerts.support import channel
from ads.tests.support import NOON, execute, spend_in_sql
from budget_manager.logs.web import access

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

MAY = date(2024, 5, 1)


@pytest.fixture
def acme() -> Brand:
    brand = BrandFactory.create(name="Acme", monthly_budget=100)
    spend_in_sql(CampaignFactory.create(brand=brand, name="Search"), "25", MAY)
    other = BrandFactory.create(name="Zyxel")
    spend_in_sql(CampaignFactory.create(brand=other, name="Zyxel search"), "7", MAY)
    return brand


def page_of(brand: Brand, **query: str) -> str:
    return reverse("admin:ads_brand_report", args=[brand.pk], query=query)


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def shared(brand: Brand, **given: Any) -> str:
    """The token of a new link."""
    return links.share(brand, MAY, NOON, **given)[1]


def revoke(client: Client, *rows: ReportLink) -> Any:
    """Revoke these in the list, and say yes when it asks."""
    chosen = {"action": "revoke_links", "_selected_action": [row.pk for row in rows]}
    address = changelist("ads_reportlink")
    assert "stop working for good" in text_of(client.post(address, chosen))
    return client.post(address, {**chosen, "confirmed": "yes"}, follow=True)


def test_the_report_is_reached_from_the_brands_page_and_begins_with_the_last_month(
    admin: Client, acme: Brand
) -> None:
    page = admin.get(reverse("admin:ads_brand_change", args=[acme.pk])).content.decode()

    assert f'href="{page_of(acme)}"' in page
    april, may = (
        text_of(admin.get(page_of(acme))),
        text_of(admin.get(page_of(acme, month="2024-05"))),
    )
    assert "<title>Acme, April 2024</title>" in april
    assert "Nothing was spent in this month." in april
    assert "<title>Acme, May 2024</title>" in may
    assert "<dt>Spent</dt><dd>$25.00</dd>" in may
    assert "<dt>Budget used</dt><dd>25%</dd>" in may
    assert "May 1: $25.00" in may
    for offered in ("?month=2024-05&amp;as=pdf", "?month=2024-05&amp;as=csv", "Share …"):
        assert offered in may
    assert "unfold" not in may


@pytest.mark.usefixtures("pango")
def test_it_is_downloaded_as_csv_and_pdf(admin: Client, acme: Brand) -> None:
    csv: Any = admin.get(page_of(acme, month="2024-05", **{"as": "csv"}))
    pdf = admin.get(page_of(acme, month="2024-05", **{"as": "pdf"}))

    assert b",Search,25.00,USD" in b"".join(csv.streaming_content)
    assert 'filename="acme-2024-05' in csv["Content-Disposition"]
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf["Content-Disposition"] == 'inline; filename="acme-2024-05.pdf"'
    assert pdf.content.startswith(b"%PDF-")


def test_without_weasyprint_the_page_says_how_to_save_a_pdf(
    admin: Client, acme: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "is_pdf_offered", lambda: False)

    page = text_of(admin.get(page_of(acme)))

    assert "as=pdf" not in page
    assert "To save a PDF, choose Print and then “Save as PDF”." in page


def test_a_wrong_month_and_an_invalid_timezone_are_told(admin: Client, acme: Brand) -> None:
    wrong = admin.get(page_of(acme, month="May"), follow=True)
    assert said(wrong) == ["month: May cannot be used: use YYYY-MM, such as 2026-11."]

    token = shared(acme)
    execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE ads_brand DISABLE TRIGGER USER")
    execute("UPDATE ads_brand SET timezone = 'Mars/Olympus' WHERE id = %s", [acme.pk])

    assert "Mars/Olympus" in said(admin.get(page_of(acme), follow=True))[0]
    answer = Client().get(f"/report/{token}/")
    assert (answer.status_code, "Mars" in text_of(answer)) == (404, False)


def test_a_limited_person_reports_shares_and_revokes_their_brands_alone(acme: Brand) -> None:
    zyxel = Brand.objects.get(name="Zyxel")
    client = Client()
    client.force_login(limited_to(acme))
    links.share(zyxel, MAY, NOON)
    token = shared(zyxel)

    assert client.get(page_of(acme)).status_code == 200
    assert client.get(page_of(zyxel)).status_code == 404
    form = {"brand": zyxel.pk, "month": "2024-05", "days": "30"}
    assert "Select a valid choice" in text_of(
        client.post(reverse("admin:ads_reportlink_add"), form)
    )
    assert ReportLink.objects.count() == 2
    assert "Zyxel" not in text_of(client.get(reverse("admin:ads_reportlink_changelist")))
    chosen = {"action": "revoke_links", "confirmed": "yes"}
    rows = [link.pk for link in ReportLink.objects.all()]
    client.post(changelist("ads_reportlink"), {**chosen, "_selected_action": rows})
    assert not ReportLink.objects.exclude(revoked_at=None).exists()
    # Whoever has a link may open it, as anybody may.
    assert "Zyxel search" in text_of(client.get(f"/report/{token}/"))


@pytest.mark.usefixtures("pango")
def test_a_link_is_shown_once_opens_the_report_alone_and_is_revoked(
    admin: Client, acme: Brand
) -> None:
    offered = re.search(
        r'href="(/admin/ads/reportlink/add/[^"]*)"', text_of(admin.get(page_of(acme)))
    )
    assert offered
    form = admin.get(offered[1].replace("&amp;", "&"))
    assert 'value="2024-04"' in text_of(form)

    sent = {"brand": acme.pk, "month": "2024-05", "days": "7"}
    made = admin.post(reverse("admin:ads_reportlink_add"), sent)

    assert "no-store" in made["Cache-Control"]
    address = re.search(r"http://testserver(/report/[\w-]{43}/)", text_of(made))
    assert address
    link = ReportLink.objects.get()
    assert (link.expires_at, link.created_by) == (NOON + timedelta(days=7), "olivia")
    token = address[1].split("/")[2]
    for page in ("changelist", "change"):
        arguments = [link.pk] if page == "change" else []
        shown = text_of(admin.get(reverse(f"admin:ads_reportlink_{page}", args=arguments)))
        assert "Acme, May 2024" in shown
        assert token not in shown

    visitor = Client()
    report = visitor.get(address[1])
    assert report.status_code == 200
    assert "<dd>$25.00</dd>" in text_of(report)
    for hidden in ("Zyxel", "/admin/", "olivia", "Share …", "Budget Manager"):
        assert hidden not in text_of(report)
    assert report["Cache-Control"] == "no-store"
    assert report["X-Robots-Tag"] == "noindex, nofollow"
    assert report["Referrer-Policy"] == "no-referrer"
    assert "'unsafe" not in report["Content-Security-Policy"]
    assert not visitor.cookies
    csv: Any = visitor.get(f"/report/{token}.csv")
    assert b"".join(csv.streaming_content).count(b"\r\n") == 2
    assert visitor.get(f"/report/{token}.pdf").content.startswith(b"%PDF-")
    assert visitor.post(address[1]).status_code == 405
    link.refresh_from_db()
    assert link.times_opened == 3

    assert said(revoke(admin, link)) == ["Revoked: Acme, May 2024."]

    for end in ("/", ".csv", ".pdf"):
        assert visitor.get(f"/report/{token}{end}").status_code == 404
    assert said(revoke(admin, link)) == ["Already revoked."]


def test_unknown_expired_and_revoked_links_answer_alike(acme: Brand) -> None:
    unknown = "A" * 43
    expired, revoked = shared(acme, days=1), shared(acme, days=90)
    links.revoke(ReportLink.objects.latest("pk"), NOON)

    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        answers = [Client().get(f"/report/{token}/") for token in (unknown, expired, revoked)]

    assert {answer.status_code for answer in answers} == {404}
    [content] = {answer.content for answer in answers}
    assert b"This report is not available" in content
    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("month", "2024-06", "Use a month from "),
        ("month", "", "This field is required."),
        ("days", "0", "greater than or equal to 1"),
        ("days", "367", "less than or equal to 366"),
    ],
)
def test_a_link_that_cannot_be_made_says_why(
    admin: Client, acme: Brand, field: str, value: str, told: str
) -> None:
    sent = {"brand": acme.pk, "month": "2024-05", "days": "30", field: value}

    assert told in text_of(admin.post(reverse("admin:ads_reportlink_add"), sent))
    assert not ReportLink.objects.exists()


def test_names_are_text_in_a_report(admin: Client) -> None:
    evil = "\"'><img src=x onerror=alert(1)></script>"
    brand = BrandFactory.create(name=evil)
    spend_in_sql(CampaignFactory.create(brand=brand, name=evil), "5", MAY)

    for page in (
        admin.get(page_of(brand, month="2024-05")),
        Client().get(f"/report/{shared(brand)}/"),
    ):
        assert "<img src=x" not in text_of(page)
        assert "&lt;img src=x" in text_of(page)


def test_who_may_not_share_is_not_offered_to(staff: Callable[..., Client], acme: Brand) -> None:
    viewer = staff("view_brand", "view_campaign", "view_reportlink")

    assert "Share" not in text_of(viewer.get(page_of(acme)))
    assert viewer.get(reverse("admin:ads_reportlink_add")).status_code == 403
    assert staff("view_brand").get(page_of(acme)).status_code == 404


def test_an_error_on_the_page_of_a_link_is_logged_without_its_token(
    acme: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = shared(acme)

    def fails(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(reports, "brand_month", fails)
    with logged() as log:
        answer = Client(raise_request_exception=False).get(f"/report/{token}/")

    assert answer.status_code == 500
    assert any("/report/…" in line["event"] for line in log.lines)
    assert token not in json.dumps(log.lines)


def test_the_access_log_has_no_token(acme: Brand) -> None:
    token = shared(acme)

    with logged() as log:
        for end in ("/", ".pdf", ".csv", "/?x=1"):
            access.info("Request answered", path=f"/report/{token}{end}")

    assert [line["path"] for line in log.lines][:3] == [
        "/report/…/",
        "/report/….pdf",
        "/report/….csv",
    ]
    assert token not in json.dumps(log.lines)


def test_a_scheduled_report_is_made_and_sent_at_once(
    admin: Client, acme: Brand, settings: Any
) -> None:
    settings.MAIL_SERVER = ""
    to = channel("team@example.com", "mail", name="Team")
    sent = {"brand": acme.pk, "channel": to.pk, "day_of_month": "3", "is_active": "on"}
    assert admin.post(reverse("admin:ads_reportschedule_add"), sent).status_code == 302
    schedule = ReportSchedule.objects.get()
    address = reverse("admin:ads_reportschedule_send_now", args=[schedule.pk])

    asked = text_of(admin.get(address))
    assert "is sent now, to Team." in asked
    assert "team@example.com" not in asked
    assert not AlertMessage.objects.exists()
    uid = re.search(r'name="uid" value="([^"]+)"', asked)
    assert uid
    form = {"confirmed": "yes", "uid": uid[1]}
    answer = admin.post(address, form, follow=True)
    admin.post(address, form)  # a double click

    assert said(answer) == ["The report of April 2024 is on its way."]
    assert AlertMessage.objects.get().subject == "Acme: advertising report for April 2024"
    schedule.refresh_from_db()
    assert schedule.last_month == date(2024, 4, 1)
    again = admin.post(reverse("admin:ads_reportschedule_add"), sent)
    assert "This channel is already sent the brand" in text_of(again)
    late = admin.post(reverse("admin:ads_reportschedule_add"), {**sent, "day_of_month": "29"})
    assert "Use 1 to 28" in text_of(late)

    Channel.objects.update(is_active=False)
    answer = admin.post(address, {"confirmed": "yes"}, follow=True)
    assert said(answer) == ["Team is off; switch it on, then send again."]
    ann = User.objects.create_user("ann")
    ours = channel("ann@example.com", "mail", name="Ann", account_manager=ann)
    answer = admin.post(reverse("admin:ads_reportschedule_add"), sent | {"channel": ours.pk})
    assert "Ann is told only of brands that ann looks after" in text_of(answer)
    assert ReportSchedule.objects.count() == 1


def test_a_scheduled_report_that_waits_says_so_and_why(admin: Client, acme: Brand) -> None:
    ann = User.objects.create_user("ann", is_staff=True)
    theirs = channel("ann@example.com", "mail", name="Ann's mail", account_manager=ann)
    waiting = ReportSchedule.objects.create(brand=acme, channel=theirs)
    usual = ReportSchedule.objects.create(brand=acme, channel=channel("x@example.com", "mail"))

    def states() -> list[str]:
        shown = admin.get(changelist("ads_reportschedule")).content.decode()
        badges = re.findall(r'class="ads-badge ads-\w+">([^<]+)<', shown)
        return sorted(badges)

    assert states() == ["On", "Waits"]
    why = (
        "Ann&#x27;s mail is told only of brands that ann looks after and may see, and Acme is none"
    )
    assert why in text_of(admin.get(change(waiting)))
    assert why not in text_of(admin.get(change(usual)))
    Brand.objects.filter(pk=acme.pk).update(account_manager=ann)
    assert states() == ["On", "On"]
    Channel.objects.filter(pk=theirs.pk).update(is_active=False)
    assert states() == ["Channel is off", "On"]
