"""What holds on every page: it opens, everybody can read it, and nothing comes from elsewhere."""

import pytest

from ads.tests import site_map
from ads.tests.browser.visits import Visitor

pytestmark = pytest.mark.django_db


def test_every_address_is_known_to_be_a_page_or_none() -> None:
    assert site_map.undecided() == []


@pytest.mark.parametrize("page", site_map.pages(), ids=str)
def test_a_page_runs_by_itself_and_everybody_can_read_it(
    visitor: Visitor, page: site_map.Page
) -> None:
    """Without an error, on a phone, in the dark, within its policy, with nothing from elsewhere."""
    faults = visitor.faults_of(page)

    assert not faults, "\n".join(faults)
