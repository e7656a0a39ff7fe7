"""What a setup file cannot be: everything that is wrong is said at once, and nothing is changed."""

import io

import pytest

from ads.models import Brand, Campaign, CampaignReference
from ads.services.setup import RowsRefused, SetupRefused, Sheet, preview
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.setup.support import applied, exported, problems, sheet
from ads.tests.support import NOON, spend

pytestmark = pytest.mark.django_db


@pytest.fixture
def spring() -> Campaign:
    return CampaignFactory.create(brand__name="Acme", name="Spring", daily_budget=75)


def test_every_error_is_listed_at_once_and_nothing_is_changed(spring: Campaign) -> None:
    text = (
        "brand,campaign,status,timezone,daily_budget,start_date,end_date,dayparting,schedules\n"
        "Acme,,sleeping,Mars/Olympus,75.5.5,,,,\n"
        "Acme,Spring,gone,,-5,31/31/2024,,maybe,Nights\n"
        "Nobody,X,,,,,,,\n"
        "Acme,Late,,,,2024-06-01,2024-05-01,,\n"
        "Acme,Fine,,,80,,,,\n"
    )

    assert problems(text) == [
        "line 2, status: 'sleeping': write active or paused.",
        "line 2, timezone: 'Mars/Olympus': use an IANA name, such as Europe/Berlin.",
        (
            "line 2, daily_budget: '75.5.5': it is not a plain decimal number; write plain digits "
            'with at most one dot, such as "1234.50". For no limit write "none".'
        ),
        "line 3, status: 'gone': write draft, active, paused, completed or archived.",
        (
            "line 3, daily_budget: '-5': it may not be negative; enter 0 or more. For no "
            "limit write "
            '"none".'
        ),
        (
            "line 3, start_date: '31/31/2024': there is no such date, or it can be read as two; "
            "write it as 2026-03-31."
        ),
        "line 3, dayparting: 'maybe': write on or off.",
        (
            "line 3, schedules: 'Nights': there is no schedule 'Nights'. Create it first, under "
            "Dayparting schedules."
        ),
        (
            "line 4, brand: 'Nobody': there is no such brand. To create it, add a row for it "
            "with the "
            "campaign empty."
        ),
        "line 5, end_date: '2024-05-01': the flight ends before it starts (2024-06-01).",
    ]
    with pytest.raises(RowsRefused, match="4 rows have errors"):
        applied(text)
    assert list(Campaign.objects.values_list("name", flat=True)) == ["Spring"]


def test_a_campaign_that_is_in_the_file_twice_is_refused_in_both_rows(spring: Campaign) -> None:
    text = (
        "brand,campaign_id,campaign,daily_budget\n"
        "Acme,,Spring,80\n"
        f"Acme,{spring.pk},Spring,90\n"
        "Acme,,New,1\n"
        "Acme,,New,2\n"
    )

    assert problems(text) == [
        "line 2, campaign: line 3 is about the same campaign; each may be in the file only once.",
        (
            "line 3, campaign: 'Spring': line 2 is about the same campaign; each may be in "
            "the file only once. For a new campaign leave campaign_id empty."
        ),
        "line 4, campaign: line 5 is about the same campaign; each may be in the file only once.",
        (
            "line 5, campaign: 'New': line 4 is about the same campaign; each may be in the file "
            "only once."
        ),
    ]


def test_a_brand_that_is_in_the_file_twice_is_refused() -> None:
    assert problems("brand,daily_budget\nAcme,1\nAcme,2\n") == [
        "line 2, brand: line 3 is about the same brand; each may be in the file only once.",
        "line 3, brand: 'Acme': line 2 is about the same brand; each may be in the file only once.",
    ]


def test_a_campaign_keeps_its_brand(spring: Campaign) -> None:
    BrandFactory.create(name="Other")

    [problem] = problems(f"brand,campaign_id,campaign\nOther,{spring.pk},Spring\n")

    assert problem == (
        f"line 2, brand: 'Other': campaign {spring.pk} is of Acme, and a campaign keeps its brand "
        "for life. For a new campaign leave campaign_id empty."
    )


def test_names_that_are_taken_are_refused(spring: Campaign) -> None:
    autumn = CampaignFactory.create(brand=spring.brand, name="Autumn")
    other = BrandFactory.create(name="Other")

    assert problems(
        f"brand_id,brand,campaign_id,campaign\n{other.pk},Acme,,\n,Acme,{autumn.pk},Spring\n"
    ) == [
        (
            "line 2, brand: 'Acme': another brand has this name at present. If it is to be "
            "renamed, do "
            "that first, in a file of its own."
        ),
        (
            "line 3, campaign: 'Spring': another campaign has this name at present. If it is to be "
            "renamed, do that first, in a file of its own."
        ),
    ]


def test_two_rows_cannot_take_the_same_new_name(spring: Campaign) -> None:
    autumn = CampaignFactory.create(brand=spring.brand, name="Autumn")

    assert problems(
        f"brand,campaign_id,campaign\nAcme,{spring.pk},Sale\nAcme,{autumn.pk},Sale\n"
    ) == ["line 3, campaign: 'Sale': another campaign has this name (line 2)."]


def test_the_currency_is_fixed_once_spend_is_recorded(spring: Campaign) -> None:
    BrandFactory.create(name="Empty")
    spend(spring, 5, NOON)

    assert problems("brand,currency\nEmpty,EUR\nAcme,EUR\n") == [
        (
            "line 3, currency: 'EUR': spend has been recorded in USD, so the currency is "
            "fixed; make "
            "another brand for EUR."
        )
    ]


def test_amounts_in_another_currency_are_refused(spring: Campaign) -> None:
    assert problems("brand,campaign,daily_budget\nAcme,Spring,€80\n") == [
        (
            "line 2, daily_budget: '€80': it is an amount in EUR (Euro), and the brand's "
            "currency is "
            "USD (US Dollar). Write it in USD."
        )
    ]


def test_an_amount_whose_dot_may_separate_thousands_is_refused(spring: Campaign) -> None:
    assert problems("brand,campaign,daily_budget,total_budget\nAcme,Spring,1.500,$18.415\n") == [
        (
            "line 2, daily_budget: '1.500': its dot may be the decimal sign or separate "
            "thousands; write 1500 or 1.5000."
        ),
        (
            "line 2, total_budget: '$18.415': its dot may be the decimal sign or separate "
            "thousands; write 18415 or 18.4150."
        ),
    ]
    BrandFactory.create(name="Kuwait", currency="KWD")
    Campaign.objects.update(daily_budget="1.5")
    assert problems("brand,daily_budget\nKuwait,1.500\n") == []
    assert problems("brand,campaign,daily_budget\nAcme,Spring,1.500\n") == []


def test_an_id_that_a_spreadsheet_has_rounded_is_refused(spring: Campaign) -> None:
    [problem] = problems("brand,campaign,platform_ids\nAcme,Spring,meta_ads / 1.2E+17\n")

    assert problem.startswith(
        "line 2, platform_ids: 'meta_ads / 1.2E+17': '1.2E+17' is a number that has lost its last"
    )


def test_a_platform_id_of_another_campaign_is_refused(spring: Campaign) -> None:
    CampaignFactory.create(brand=spring.brand, name="Autumn")
    CampaignReference.objects.create(campaign=spring, platform="google_ads", reference="7")

    assert problems("brand,campaign,platform_ids\nAcme,Autumn,google_ads / 7\n") == [
        (
            "line 2, platform_ids: 'google_ads / 7': Acme / Spring has this ID. Take it away there "
            "first, or in this file."
        )
    ]
    assert problems(
        "brand,campaign,platform_ids\nAcme,A,google_ads / 8\nAcme,B,google_ads / 8\n"
    ) == ["line 3, platform_ids: 'google_ads / 8': line 2 has the same ID."]


def test_what_belongs_to_the_other_kind_of_row_is_refused_unless_it_repeats_the_brand(
    spring: Campaign,
) -> None:
    text = (
        "brand,campaign,timezone,dayparting\n"
        "Acme,,,on\n"
        "Acme,Spring,UTC,\n"
        "Acme,Autumn,Europe/Paris,\n"
    )

    assert problems(text) == [
        "line 2, dayparting: 'on': brands do not have this; it is only for campaign rows.",
        "line 4, timezone: 'Europe/Paris': this belongs to the brand (UTC); change it in its row.",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "The file is empty"),
        ("campaign,daily_budget\nSpring,5\n", 'There is no column "brand"'),
        ("brand,dailybudget\nAcme,5\n", 'Did you mean "daily_budget"?'),
        ("brand,Brand\nAcme,Acme\n", 'Two columns are called "Brand"'),
        ('brand,campaign\nAcme,"Spring\n', "a quote that is opened in line 2 is never closed"),
    ],
)
def test_files_of_another_shape_are_refused(text: str, reason: str) -> None:
    with pytest.raises(SetupRefused, match=reason):
        sheet(text)


def test_other_files_are_refused_by_what_they_are() -> None:
    with pytest.raises(SetupRefused, match="This is a PDF"):
        Sheet.read(io.BytesIO(b"%PDF-1.7"), "setup.pdf")


def test_text_in_another_encoding_is_refused_with_its_line_unless_it_is_named() -> None:
    text = "brand,timezone\nAcme,UTC\nMüller,UTC\n".encode("cp1252")

    with pytest.raises(RowsRefused) as refused:
        preview(Sheet.read(io.BytesIO(text), "setup.csv"), NOON)

    assert str(refused.value.problems[0]).startswith("line 3: it is not UTF-8; save it as UTF-8")
    again = preview(Sheet.read(io.BytesIO(text), "setup.csv", encoding="cp1252"), NOON)
    assert [one.name for one in again.plan.changed] == ["Acme", "Müller"]


def test_columns_of_ones_own_are_named_and_not_read(spring: Campaign) -> None:
    file = sheet("brand,campaign,Planner,daily_budget\nAcme,Spring,Olivia,80\n")

    assert preview(file, NOON).plan.notes == ['Columns that are not read: "Planner".']


def test_a_new_name_beside_one_in_other_capitals_is_noted(spring: Campaign) -> None:
    assert preview(sheet("brand,campaign\nAcme,SPRING\n"), NOON).plan.notes == [
        (
            'Acme / SPRING (line 2) is new, and there is "Spring" already. To change that '
            "one, write "
            "its name in the same way."
        )
    ]


def test_formulas_in_names_are_harmless_in_a_file_and_come_back_as_they_are() -> None:
    names = ["=1+1", "'=1+1", "+49 campaign", "@home", "-", "'quoted'", '=HYPERLINK("x")']
    for name in names:
        CampaignFactory.create(brand__name=f"{name}!", name=name)

    text = exported()

    cells = [line.cells for line in sheet(text).lines]
    assert {one["campaign"] for one in cells if "campaign" in one} == set(names)
    assert not any(f",{start}" in text for start in "=+@")
    assert Brand.objects.count() == len(names)
