"""import_spend --create-campaigns: a file brings its campaigns."""

import re
import shlex
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from ads.models import Brand, Campaign, Spend
from ads.services.history import timeline
from ads.tests.commands.import_spend.support import Write, run
from ads.tests.factories import BrandFactory
from ads.tests.support import delivers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

FACEBOOK = settings.BASE_DIR.parent / "shared" / "data" / "facebook_ads_2023-08.csv"
CREATE = ("--create-campaigns", "--brand", "Acme")
NEW = (*CREATE, "--new-brand", "USD", "America/New_York")
HEAD = "campaign,date,amount"


def written_in(page: str, file: str) -> list[str]:
    """The arguments of the command in a page of documentation that imports this file."""
    text = (settings.BASE_DIR / page).read_text().replace("\\\n", " ")
    found = re.findall(rf"manage\.py (import_spend \S*{re.escape(file)} .*--create.*)", text)
    assert found, f"{page} has no import_spend {file} --create-campaigns"
    return shlex.split(found[0])


def ran(arguments: list[str]) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def spent() -> dict[str, str]:
    sums: dict[str, object] = {}
    for name, amount in Spend.objects.values_list("campaign__name", "amount"):
        sums[name] = sums.get(name, 0) + amount  # type: ignore[operator]
    return {name: f"{amount:.2f}" for name, amount in sums.items()}


@pytest.mark.parametrize("page", ["README.md", "docs/files.md"])
def test_the_example_works_as_written_on_a_fresh_database(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(settings.BASE_DIR)
    arguments = written_in(page, "docs/example.csv")

    first, again = ran(arguments), ran(arguments)

    assert spent() == {"Spring sale": "336.45", "Brand search": "126.05"}
    assert "Campaigns created           2" in first
    assert "Created" not in again
    brand = Brand.objects.get()
    assert (brand.name, brand.currency, brand.timezone) == (
        "Northwind",
        "USD",
        "America/New_York",
    )
    assert sorted(Campaign.objects.values_list("name", "references__reference")) == [
        ("Brand search", "17403311871"),
        ("Spring sale", "17403311202"),
    ]


def test_the_readmes_output_is_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(settings.BASE_DIR)
    readme = (settings.BASE_DIR / "README.md").read_text()

    shown = readme.partition("--new-brand USD America/New_York\n")[2].partition("\n…")[0]

    said = [line.rstrip() for line in ran(written_in("README.md", "docs/example.csv")).splitlines()]
    assert shown.splitlines() == said[: len(shown.splitlines())]


def test_the_real_file_brings_its_campaigns_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not FACEBOOK.exists():
        pytest.skip(f"{FACEBOOK} is not there: the real file is not part of the repository.")
    monkeypatch.chdir(FACEBOOK.parent)

    said = ran(written_in("docs/files.md", FACEBOOK.name))

    assert spent() == {"916": "149.71", "936": "2893.37", "1178": "55662.15"}
    assert "1,143" in said


def test_a_file_of_its_shape_brings_its_campaigns_as_written(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(
        "Date,ad_id,xyz_campaign_id,fb_campaign_id,age,Spent",
        "31-08-2023,708746,916,103916,30-34,1.429999948",
        "31-08-2023,708749,916,103917,30-34,1.820000023",
        "30-08-2023,708815,936,103928,30-34,1.25",
        name=FACEBOOK.name,
    )
    monkeypatch.chdir(file.parent)

    ran(written_in("docs/files.md", FACEBOOK.name))

    assert spent() == {"916": "3.25", "936": "1.25"}


def test_a_dry_run_says_what_would_be_created_and_creates_nothing(write: Write) -> None:
    path = write(HEAD, "Spring,2024-05-15,5", "Autumn,2024-05-15,7")

    done = run(path, *NEW, "--dry-run")

    assert done["Campaigns to create"] == "2"
    assert "Would be created in the new brand Acme (USD, America/New_York): 2 camp" in done["said"]
    assert "without a budget" in done["said"]
    assert not Brand.objects.exists()
    assert not Campaign.objects.exists()
    assert not Spend.objects.exists()


def test_new_campaigns_run_and_their_history_names_the_file(write: Write) -> None:
    BrandFactory.create(name="Acme")

    done = run(write(HEAD, "Spring,2024-05-15,5", name="agency may.csv"), *CREATE)

    campaign = Campaign.objects.get()
    assert (campaign.status, campaign.daily_budget, campaign.monthly_budget) == (
        "active",
        None,
        None,
    )
    assert delivers(campaign)
    assert done["Started"] == "0"  # of those that were there before
    (created,) = [
        each.actor for each in timeline.of(campaign, limit=10).happenings if each.kind == "edits"
    ]
    assert created.startswith("command: import_spend")
    assert created.endswith(", file agency may.csv")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--create-campaigns"], "--create-campaigns: name the brand in which they are created"),
        (["--brand", "Acme", "--new-brand", "USD", "UTC"], "--new-brand: it needs --create-camp"),
        (CREATE, 'There is no brand "Acme".*--new-brand USD America/New_York'),
        ([*CREATE, "--new-brand", "XYZ", "UTC"], "new brand: 'XYZ' is not a currency code"),
        ([*CREATE, "--new-brand", "USD", "Mars"], "new brand: .*Mars"),
        (["--create-campaigns", "--brand", " ", "--new-brand", "USD", "UTC"], "must not be empty"),
        (["--create-campaigns", "--brand", "A ", "--new-brand", "USD", "UTC"], "with a space"),
    ],
)
def test_options_that_do_not_fit_are_refused_with_the_remedy(
    write: Write, arguments: list[str], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        run(write(HEAD, "Spring,2024-05-15,5"), *arguments)

    assert not Brand.objects.exists()
    assert not Campaign.objects.exists()


def test_a_new_brand_that_is_there_already_must_be_the_same(write: Write) -> None:
    BrandFactory.create(name="Acme", currency="EUR", timezone="UTC")

    with pytest.raises(CommandError, match="a brand Acme already, in EUR and UTC"):
        run(write(HEAD, "Spring,2024-05-15,5"), *NEW)

    assert not Campaign.objects.exists()


def test_a_refused_file_says_how_its_campaigns_could_be_created(write: Write) -> None:
    out = StringIO()
    with pytest.raises(CommandError, match="2 rows were refused"):
        call_command(
            "import_spend", str(write(HEAD, "A,2024-05-15,5", "B,2024-05-15,5")), stdout=out
        )

    assert "These campaigns do not exist: A, B." in out.getvalue()
    assert "To create them: --create-campaigns --brand NAME" in out.getvalue()


def test_a_new_brand_does_not_take_the_campaigns_of_others(write: Write) -> None:
    other = BrandFactory.create(name="Other")
    theirs = Campaign.objects.create(brand=other, name="Spring")

    run(write(HEAD, "Spring,2024-05-15,5", f"{theirs.pk},2024-05-15,7"), *NEW)

    assert not Spend.objects.filter(campaign=theirs).exists()
    assert Campaign.objects.filter(brand__name="Acme").count() == 2
