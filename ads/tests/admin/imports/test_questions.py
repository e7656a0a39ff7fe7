"""The page of an import asks before it records; what waits is said there and on the overview."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from ads.models import Campaign, SpendImport, UnknownReference
from ads.services import BudgetService
from ads.services.imports import uploads
from ads.services.imports.plan import Plan
from ads.services.references import registry
from ads.tests.admin.imports.pages import UPLOAD, check, confirm, page, sent
from ads.tests.admin.pages import changelist
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.questions.cases import NOW, Case, each_case
from ads.tests.services.imports.support import case, ledger
from ads.tests.services.imports.uploads import support
from ads.tests.services.imports.uploads.support import TODAY, active, rows, spent
from ads.tests.support import delivers

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def that_evening(operator: User) -> Iterator[Client]:
    """The operator's browser on the evening of the public files' last day."""
    with time_machine.travel(NOW, tick=False):
        client = Client()
        client.force_login(operator)
        yield client


def asked(client: Client, content: str | bytes, **options: str) -> tuple[SpendImport, str]:
    """A checked file, and its page."""
    one = sent(client, content, **options)
    check(one)
    return one, page(client, one)


def answer(client: Client, one: SpendImport, **answers: str) -> str:
    """Confirmed with these answers and recorded by the worker; its page afterwards."""
    fields = {f"answer-{code}": given for code, given in answers.items()}
    confirm(client, one, **fields)
    uploads.record(one.pk, timezone.now)
    one.refresh_from_db()
    return page(client, one)


def test_an_overlap_is_asked_with_its_figures_and_recorded_as_chosen(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring")
    support.recorded(rows(campaign, 150), plan=Plan(source="etl"))

    one, shown = asked(admin, rows(campaign, 90))

    assert "Overlap: other sources have reported these days" in shown
    assert "$150.00 by etl. The file (source import) says $90.00." in shown
    assert "On record for the same campaigns and days" in shown
    assert 'name="answer-overlap" value="replace" form="record" required' in shown
    shown = answer(admin, one, overlap="replace")
    assert "<b>Decided:</b> Replace: source import counts from now on" in shown
    assert "<dt>Overlaps, taken back</dt>" in shown
    assert sum(spent()) == 90


def test_nothing_is_recorded_without_an_answer(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring")
    support.recorded(rows(campaign, 150), plan=Plan(source="etl"))
    one, _ = asked(admin, rows(campaign, 90))

    for fields in ({}, {"answer-overlap": "both"}, {"answer-lowered": "accept"}):
        confirm(admin, one, **fields)
        one.refresh_from_db()
        assert one.status == "checked"
        assert "choose an answer. Nothing was recorded." in page(admin, one)

    assert spent() == [150]


def test_who_may_only_look_sees_the_question_and_no_control(
    admin: Client, staff: Callable[..., Client]
) -> None:
    campaign = CampaignFactory.create(name="Spring")
    support.recorded(rows(campaign, 150))
    one, _ = asked(admin, rows(campaign, 90))

    shown = page(staff("view_spendimport"), one)

    assert "Lower than on record" in shown
    assert 'name="answer-lowered"' not in shown


def report(campaign: Campaign, amount: int, *, observed_at: datetime) -> None:
    """Another report of the same source."""
    BudgetService.report_day_total(
        campaign, TODAY, amount, source="import", observed_at=observed_at
    )


def test_figures_that_changed_since_the_preview_are_asked_about_anew(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring")
    support.recorded(rows(campaign, 100))
    one, _ = asked(admin, rows(campaign, 50))
    report(campaign, 200, observed_at=datetime.fromisoformat(one.plan["observed_at"]))

    shown = answer(admin, one, lowered="accept")

    assert one.status == "uploaded"
    assert "Nothing was recorded: the preview has changed since it was confirmed" in shown
    assert sum(spent()) == 200
    check(one)
    assert "from $200.00 on record to $50.00" in page(admin, one)
    answer(admin, one, lowered="accept")
    assert (one.status, sum(spent())) == ("recorded", 50)


def test_a_newer_report_since_the_preview_stays(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring")
    support.recorded(rows(campaign, 100))
    one, _ = asked(admin, rows(campaign, 50))
    report(campaign, 200, observed_at=timezone.now())

    shown = answer(admin, one, lowered="accept")

    assert "<dt>Older than on record</dt><dd>1" in shown
    assert sum(spent()) == 200


def test_a_campaign_that_would_start_since_the_preview_is_asked_about_anew(admin: Client) -> None:
    campaign = active(name="Spring", daily_budget=90)
    support.recorded(rows(campaign, 100))
    one, _ = asked(admin, rows(campaign, 95))
    Campaign.objects.filter(pk=campaign.pk).update(daily_budget=99)

    answer(admin, one)

    campaign.refresh_from_db()
    assert (one.status, campaign.is_active, sum(spent())) == ("uploaded", False, 100)
    check(one)
    assert "Recording would start 1 campaign that is paused" in page(admin, one)
    answer(admin, one, starts="accept")
    campaign.refresh_from_db()
    assert (one.status, campaign.is_active, sum(spent())) == ("recorded", True, 95)


@pytest.mark.parametrize(
    ("answers", "status", "left"),
    [
        ({"overlap": "skip"}, "recorded", 120),
        ({"overlap": "replace"}, "uploaded", 120),
        ({"overlap": "replace", "starts": "accept"}, "recorded", 60),
    ],
)
def test_a_start_that_depends_on_the_other_answers_needs_a_yes_only_with_them(
    admin: Client, answers: dict[str, str], status: str, left: int
) -> None:
    campaign = active(name="Spring", daily_budget=100)
    support.recorded(rows(campaign, 120), plan=Plan(source="etl"))
    one, shown = asked(admin, rows(campaign, 60))
    assert "Recording could start 1 campaign that is paused" in shown
    assert 'name="answer-starts" value="accept" form="record">' in shown

    shown = answer(admin, one, **answers)

    assert (one.status, sum(spent())) == (status, left)
    assert delivers(campaign) is (left == 60)
    assert ("<b>Decided:</b> Start it" in shown) is (left == 60)


def test_what_a_newer_report_leaves_out_is_named_and_set_to_zero(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring")
    head, line = rows(campaign, 60).splitlines()
    support.recorded(f"{head}\n{line}\nSpring,{YESTERDAY},55\n")

    one, shown = asked(admin, f"{head}\n{line}\n")

    assert "Left out by this file" in shown
    assert f">{YESTERDAY}</td>" in shown
    shown = answer(admin, one, left_out="zero")
    assert "<dt>Left out, set to zero</dt>" in shown
    assert ledger() == {("Spring", str(TODAY)): 60, ("Spring", str(YESTERDAY)): 0}


def test_the_page_says_that_the_accounts_total_is_more_than_the_rows(that_evening: Client) -> None:
    CampaignFactory.create(name="P7 Search brand")

    _, shown = asked(that_evening, case("25-google-account-total-exceeds.csv"), format="google_ads")

    assert "has a total of $163.20, but the rows add up to $100.00" in shown


WAITS = f"campaign,date,amount\nNobody,{TODAY},30\n"


def test_an_import_whose_money_all_waits_says_so_until_it_is_matched(admin: Client) -> None:
    BrandFactory.create()
    one, shown = asked(admin, WAITS, platform="tv")
    assert "Keep until it is matched" in shown

    shown = answer(admin, one)

    assert "Waits to be matched: $30.00" in shown
    assert "Waits to be matched: $30.00" in admin.get(changelist(UPLOAD)).content.decode()
    assert "$30.00 of this file waits" in shown
    overview = admin.get("/admin/").content.decode()
    assert "<b>$30.00</b> of spend waits to be matched (1 unmatched campaign)" in overview
    registry.match(UnknownReference.objects.get(), CampaignFactory.create(), now=timezone.now())
    shown = page(admin, one)
    assert 'ads-success">Recorded<' in shown
    assert "$30.00 of this file waited." in shown
    assert "waits to be matched" not in admin.get("/admin/").content.decode()


def test_an_import_of_which_some_waits_says_how_much(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring")
    one, _ = asked(admin, f"{WAITS}{campaign.name},{TODAY},5\n", platform="tv")

    shown = answer(admin, one)

    assert "Recorded, $30.00 waits to be matched" in shown
    assert spent() == [Decimal(5)]


@pytest.mark.parametrize("kind", ["totals", "entries"])
def test_spend_waits_on_the_import_that_reported_it_last(admin: Client, kind: str) -> None:
    BrandFactory.create()
    content = WAITS
    if kind == "entries":
        content = f"campaign,date,amount,external_id\nNobody,{TODAY},30,x\n"
    first, _ = asked(admin, content, platform="tv")
    answer(admin, first)
    second, _ = asked(admin, content, platform="tv")

    answer(admin, second)

    waiting = {"totals": second, "entries": first}[kind]
    for one in (first, second):
        label = "Waits to be matched: $30.00" if one == waiting else 'ads-success">Recorded<'
        assert label in page(admin, one)


@each_case
def test_the_page_asks_as_is_right_of_each_reported_shape(that_evening: Client, of: Case) -> None:
    campaign = of.campaign_made()
    before, after = of.contents
    one, _ = asked(that_evening, before, format=of.format)
    answer(that_evening, one)
    assert sum(spent()) == Decimal(of.first)

    one, shown = asked(that_evening, after, format=of.format)

    was_active = delivers(campaign)
    questions = one.preview["questions"] if one.preview else []
    assert tuple(each["code"] for each in questions) == of.asks
    for each in questions:
        assert each["title"] in shown
    if of.asks:
        answer(that_evening, one)
        assert (one.status, sum(spent())) == ("checked", Decimal(of.first))
        assert delivers(campaign) is was_active
    answer(that_evening, one, **of.answers)
    assert (one.status, sum(spent())) == ("recorded", Decimal(of.second))
