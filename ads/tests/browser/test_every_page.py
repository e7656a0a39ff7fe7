"""What holds on pages of every look: each opens, can be read, and has nothing from elsewhere."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser

from ads.tests import site_map
from ads.tests.browser.visits import COLOURS, LOOK, Visitor

pytestmark = pytest.mark.django_db

FAINT = '<p style="color: #999">Spend</p>'
CLEAR = '<p style="color: #000">Spend</p>'
#: Nobody can tell what stands behind the text in it.
COVERED = '<div style="position: relative">{}<i style="position: absolute; inset: 0"></i></div>'

Look = Callable[..., list[str]]


@pytest.fixture
def look(browser: Browser) -> Iterator[Look]:
    """What is found in a page of these elements, one after the other in one tab."""
    context = browser.new_context()
    context.add_init_script(AXE_SCRIPT)
    context.route("**", lambda route: route.fulfill(content_type="text/html", body=""))
    tab = context.new_page()
    tab.goto("http://a.test/")

    def look_at(*elements: str) -> list[str]:
        tab.evaluate("html => { document.body.innerHTML = html; }", "".join(elements))
        found: list[str] = tab.evaluate(LOOK, COLOURS)
        return found

    yield look_at
    context.close()


def test_every_address_is_known_to_be_a_page_or_none() -> None:
    assert site_map.undecided() == []


@pytest.mark.parametrize("page", site_map.looks(), ids=str)
def test_a_page_runs_by_itself_and_everybody_can_read_it(
    visitor: Visitor, page: site_map.Page
) -> None:
    """Without an error, on a phone, in the dark, within its policy, with nothing from elsewhere."""
    faults = visitor.faults_of(page)

    assert not faults, "\n".join(faults)


def test_a_faint_text_is_found_on_each_page_wherever_it_stands(look: Look) -> None:
    assert look(CLEAR) == []

    for page in ([CLEAR, FAINT], [f"<section><div>{FAINT}</div></section>"]):
        (found,) = look(*page)
        assert "insufficient color contrast" in found


def test_a_text_that_was_checked_on_one_background_is_checked_on_another(look: Look) -> None:
    assert look(CLEAR) == []

    (found,) = look(f'<div style="background: #222">{CLEAR}</div>')

    assert "insufficient color contrast" in found


def test_where_the_first_text_cannot_be_told_the_others_of_its_look_are_checked(look: Look) -> None:
    covered, open_to_view = COVERED.format(FAINT), f'<div style="position: relative">{FAINT}</div>'

    assert look(covered) == []
    (found,) = look(covered, open_to_view)

    assert "insufficient color contrast" in found
