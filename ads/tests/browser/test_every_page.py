"""What holds on every page: it opens, everybody can read it, and nothing comes from elsewhere."""

import pytest

from ads.tests import site_map
from ads.tests.browser.visits import Visitor

pytestmark = pytest.mark.django_db

EVERY_PAGE = pytest.mark.parametrize("page", site_map.pages(), ids=str)


def test_every_address_is_known_to_be_a_page_or_none() -> None:
    assert site_map.undecided() == []


#: Pages whose markup and colours are others' to mend.
NOT_OURS = {"api-1:openapi-view": "Swagger UI's; the same document is there as JSON."}


@EVERY_PAGE
def test_a_page_opens_without_an_error(visitor: Visitor, page: site_map.Page) -> None:
    visit = visitor.visit(page)

    assert visit.status == 200
    assert visit.errors == [], visit.errors


@EVERY_PAGE
def test_everybody_can_read_a_page_in_light_and_dark(visitor: Visitor, page: site_map.Page) -> None:
    if page.name in NOT_OURS:
        pytest.skip(NOT_OURS[page.name])

    found = visitor.visit(page).findings

    assert not found, "\n".join(found)


@EVERY_PAGE
def test_a_page_fits_a_narrow_window(visitor: Visitor, page: site_map.Page) -> None:
    assert visitor.visit(page).too_wide <= 0


@EVERY_PAGE
def test_a_page_asks_no_other_host_for_anything(visitor: Visitor, page: site_map.Page) -> None:
    assert visitor.visit(page).foreign == []


@EVERY_PAGE
def test_a_page_works_within_its_policy(visitor: Visitor, page: site_map.Page) -> None:
    visit = visitor.visit(page)

    assert visit.policy is not None
    assert "unsafe-inline" not in visit.policy.split("script-src", 1)[1].split(";", 1)[0]
    assert visit.refused == []
