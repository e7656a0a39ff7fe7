"""import_spend: files with hours or of a named timezone."""

from typing import Any

import pytest
from django.core.management import CommandError

from ads.models import Spend
from ads.tests.commands.import_spend.support import TODAY, Write, run
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.support import ledger

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

MAPPED = ("--map", "amount=Paid", "--map", "campaign=What", "--map", "hour=When")


@pytest.fixture
def new_york() -> Any:
    return CampaignFactory.create(name="C", brand=BrandFactory.create(timezone="America/New_York"))


def test_hours_need_a_timezone_and_are_added_up(write: Write, new_york: Any) -> None:
    path = write("What,When,Paid", f"C,{TODAY} 03:00:00,10", f"C,{TODAY} 13:00:00,20")

    with pytest.raises(CommandError, match=r"has hours and does not say .*\(--timezone UTC or"):
        run(path, *MAPPED)
    assert not Spend.objects.exists()
    done = run(path, *MAPPED, "--timezone", "UTC")

    assert done["Day totals"] == "2"
    assert "The file's hours are read as those of UTC." in done["said"]
    assert "of that day it lacks the beginning" in " ".join(done["said"].split())
    assert ledger() == {("C", "2024-05-14"): 10, ("C", "2024-05-15"): 20}


def test_days_of_another_timezone_are_refused_or_accepted(write: Write, new_york: Any) -> None:
    path = write("Time Zone: Asia/Tokyo", "campaign,date,amount", f"C,{TODAY},5")

    with pytest.raises(CommandError, match="1 row was refused, so nothing was recorded"):
        run(path)
    assert not Spend.objects.exists()
    run(path, "--accept-timezone")

    assert ledger() == {("C", f"{TODAY}"): 5}


def test_a_timezone_that_does_not_exist_is_refused(write: Write) -> None:
    path = write("campaign,date,amount", f"C,{TODAY},5")

    with pytest.raises(CommandError, match="timezone: 'Mars' is not a known timezone; use an IANA"):
        run(path, "--timezone", "Mars")
