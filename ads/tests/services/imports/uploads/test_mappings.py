"""Columns that were mapped by hand once are known the next time."""

import pytest

from ads.models import ColumnMapping
from ads.services.imports import uploads
from ads.services.imports.plan import Plan
from ads.services.imports.uploads import mappings
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.uploads.support import TODAY, finish, spent, upload

pytestmark = pytest.mark.django_db

HEADER = ["When", "Ad set", "Paid"]
WRITTEN = f"{TODAY:%d.%m.%Y}"


def file(amount: str) -> str:
    return f"When;Ad set;Paid\n{WRITTEN};Spring;{amount}\n"


def by_hand() -> Plan:
    return Plan(
        mapping={"date": "When", "campaign": "Ad set", "amount": "Paid"},
        date_format="%d.%m.%Y",
        decimal=",",
        source="bank",
    )


def test_a_file_that_nobody_recognises_waits_until_its_columns_are_mapped() -> None:
    CampaignFactory.create(name="Spring")
    one = upload(file("1.234,50"))
    assert (one.status, one.format) == ("unmapped", "mapped")

    uploads.read_anew(one, by_hand(), remember=False)
    finish(one)

    assert [f"{amount:f}" for amount in spent()] == ["1234.5"]
    assert not ColumnMapping.objects.exists()


def test_the_next_file_with_the_same_columns_is_read_like_the_last() -> None:
    CampaignFactory.create(name="Spring")
    uploads.read_anew(upload(file("1,5"), name="july.csv"), by_hand(), remember=True)

    one = upload(file("7,25"), name="august.csv")

    assert one.status == "uploaded"
    finish(one)
    assert [f"{amount:f}" for amount in spent()] == ["7.25"]
    assert ColumnMapping.objects.get().name == "july.csv"
    assert upload("When;Ad set;Paid;More\n1;2;3;4\n").status == "unmapped"


def test_what_is_said_at_the_upload_goes_before_what_is_remembered() -> None:
    mappings.remember(HEADER, by_hand(), name="bank")

    one = upload(file("1,5"), plan=Plan(source="other bank"))

    assert one.plan["source"] == "other bank"
    assert one.plan["decimal"] == ","


def test_mapping_it_in_another_way_replaces_what_was_remembered_but_not_its_name() -> None:
    mappings.remember(HEADER, by_hand(), name="bank")
    ColumnMapping.objects.update(name="The bank's export")

    mappings.remember(HEADER, Plan(mapping={"amount": "Ad set"}), name="other.csv")

    kept = ColumnMapping.objects.get()
    assert (kept.name, kept.plan["mapping"]) == ("The bank's export", {"amount": "Ad set"})


def test_a_brand_that_is_gone_is_no_longer_looked_in() -> None:
    brand = BrandFactory.create()
    mappings.remember(HEADER, Plan(brand_id=brand.pk, mapping={"amount": "Paid"}), name="bank")
    brand.delete()

    recalled = mappings.recall(HEADER, Plan())

    assert recalled is not None
    assert (recalled.brand_id, recalled.mapping) == (None, {"amount": "Paid"})


def test_a_header_longer_than_any_index_takes_is_remembered_too() -> None:
    header = [f"column number {number} of very many" for number in range(900)]

    mappings.remember(header, by_hand(), name="x" * 300)

    assert mappings.recall(header, Plan()) == by_hand()
    assert len(ColumnMapping.objects.get().name) == 100


@pytest.mark.parametrize(
    ("header", "row", "mapping", "date_format"),
    [
        (
            ["Date", "ad_id", "xyz_campaign_id", "Clicks", "Spent"],
            ["31-08-2023", "708746", "916", "1", "1.5"],
            {"date": "Date", "campaign": "xyz_campaign_id", "amount": "Spent"},
            "%d-%m-%Y",
        ),
        (
            ["Campaign status", "Campaign", "Cost / conv.", "Cost", "Day"],
            ["on", "A", "1", "2", "2024-05-01"],
            {"date": "Day", "campaign": "Campaign", "amount": "Cost"},
            None,
        ),
        (
            ["Tag", "Kampagne", "Ausgaben"],
            ["31.12.2023", "A", "1,5"],
            {"date": "Tag", "campaign": "Kampagne", "amount": "Ausgaben"},
            "%d.%m.%Y",
        ),
        (
            ["Date", "Advertiser Currency", "Campaign", "Cost (Adv Currency)", "Budget currency"],
            ["2026/11/24", "EUR", "A", "12.34", "100.00"],
            {
                "date": "Date",
                "campaign": "Campaign",
                "amount": "Cost (Adv Currency)",
                "currency": "Advertiser Currency",
            },
            "%Y/%m/%d",
        ),
        (["Date"], ["11/24/2026 12:00:00 AM"], {"date": "Date"}, None),
        (["Date"], ["2026-11-24T00:00:00Z"], {"date": "Date"}, None),
        (["Date"], ["11/24/2026 1:00:00 AM"], {"hour": "Date"}, None),
        (["a", "b"], ["1", "2"], {}, None),
    ],
)
def test_columns_are_suggested_by_what_they_are_often_called(
    header: list[str], row: list[str], mapping: dict[str, str], date_format: str | None
) -> None:
    suggested = mappings.suggest(header, [row], Plan())

    assert suggested == Plan(mapping=mapping, date_format=date_format)


def test_days_that_could_be_written_in_two_ways_are_read_in_the_one_that_fits_all() -> None:
    days = [["01/02/2024"], ["02/13/2024"]]

    assert mappings.suggest(["Date"], days, Plan()).date_format == "%m/%d/%Y"


def test_rounding_is_suggested_where_amounts_have_the_noise_of_binary_floats() -> None:
    assert mappings.suggest(["Spent"], [["1.429999948"]], Plan()).round_amounts
    assert not mappings.suggest(["Spent"], [["1.429999"]], Plan()).round_amounts
