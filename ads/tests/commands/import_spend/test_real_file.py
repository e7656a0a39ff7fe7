"""import_spend: a real file of an ad platform."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError

from ads.models import Brand, Campaign, Spend
from ads.tests.commands.import_spend.support import run
from ads.tests.factories import CampaignFactory
from ads.tests.support import delivers, enforce_all, totals

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
FACEBOOK = settings.BASE_DIR.parent / "shared" / "data" / "facebook_ads_2023-08.csv"

FACEBOOK_ARGUMENTS = (
    *("--map", "amount=Spent", "--map", "campaign=xyz_campaign_id", "--map", "date=Date"),
    *("--date-format", "%d-%m-%Y", "--source", "facebook"),
)

FACEBOOK_SUMS = {"916": "149.71", "936": "2893.37", "1178": "55662.15"}


@pytest.fixture
def facebook(brand: Brand) -> dict[str, Campaign]:
    if not FACEBOOK.exists():
        pytest.skip(f"{FACEBOOK} is not there: the real file is not part of the repository.")
    budgets = {"916": 149, "936": 2893.37, "1178": 60000}
    return {
        name: CampaignFactory.create(brand=brand, name=name, monthly_budget=str(budget))
        for name, budget in budgets.items()
    }


def test_the_real_file_gives_its_documented_sums_once_however_often(
    facebook: dict[str, Campaign], noon: Any
) -> None:
    for recorded in ("79 $58,705.229957", "0 $0.00"):
        done = run(FACEBOOK, *FACEBOOK_ARGUMENTS, "--round", "6", "--accept", "finer")

        assert (done["Good rows"], done["Day totals"]) == ("1,143", "85")
        assert done["Recorded"] == recorded
        month = ("month", date(2023, 8, 1))
        sums = {name: totals(campaign)[month] for name, campaign in facebook.items()}
        assert {name: str(round(s, 2)) for name, s in sums.items()} == FACEBOOK_SUMS
        noon.shift(60)


def test_the_real_file_is_refused_without_rounding(facebook: dict[str, Campaign]) -> None:
    with pytest.raises(CommandError, match="rows were refused, so nothing was recorded"):
        run(FACEBOOK, *FACEBOOK_ARGUMENTS)

    assert not Spend.objects.exists()


def test_in_its_own_month_the_real_file_pauses_campaigns_over_budget(
    facebook: dict[str, Campaign], noon: Any
) -> None:
    noon.move_to(datetime(2023, 8, 31, 12, tzinfo=UTC))
    enforce_all(datetime(2023, 8, 31, 12, tzinfo=UTC))

    done = run(FACEBOOK, *FACEBOOK_ARGUMENTS, "--round", "6", "--accept", "finer")

    # 936 spent 2893.369998…, a hair below its budget.
    assert {name: delivers(campaign) for name, campaign in facebook.items()} == {
        "916": False,
        "936": True,
        "1178": True,
    }
    assert done["Paused"] == "1"
