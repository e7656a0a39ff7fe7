"""import_spend: a file brings its campaigns."""

import pytest
from django.conf import settings

from ads.models import Brand, Campaign
from ads.tests.commands.import_spend.support import run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_x():
    f = settings.BASE_DIR / "docs/example.csv"
    print(
        run(
            f,
            "--create-campaigns",
            "--brand",
            "N",
            "--new-brand",
            "USD",
            "America/New_York",
            "--dry-run",
        )["said"]
    )
    assert not Brand.objects.exists()
    print(
        run(f, "--create-campaigns", "--brand", "N", "--new-brand", "USD", "America/New_York")[
            "said"
        ]
    )
    print(
        run(f, "--create-campaigns", "--brand", "N", "--new-brand", "USD", "America/New_York")[
            "said"
        ]
    )
    print(list(Campaign.objects.values_list("name", "is_active", "status")))
    FB = settings.BASE_DIR.parent / "shared" / "data" / "facebook_ads_2023-08.csv"
    a = (
        "--map",
        "amount=Spent",
        "--map",
        "campaign=xyz_campaign_id",
        "--map",
        "date=Date",
        "--round",
        "6",
        "--accept",
        "finer",
    )
    try:
        print(run(FB, *a)["said"])
    except Exception as e:
        print(e)
    print(
        run(FB, *a, "--create-campaigns", "--brand", "Facebook", "--new-brand", "USD", "UTC")[
            "said"
        ]
    )
    assert 0
