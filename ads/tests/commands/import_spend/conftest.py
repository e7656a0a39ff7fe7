"""A file, and whose spend it tells of."""

from pathlib import Path

import pytest

from ads.models import Brand, Campaign
from ads.tests.commands.import_spend.support import Write
from ads.tests.factories import BrandFactory, CampaignFactory


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write lines (or bytes) to a file."""

    def written(*lines: str, name: str = "spend.csv") -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), newline="")
        return path

    return written


@pytest.fixture
def brand() -> Brand:
    return BrandFactory.create(name="Acme")


@pytest.fixture
def search(brand: Brand) -> Campaign:
    return CampaignFactory.create(brand=brand, name="Search", daily_budget=75)
