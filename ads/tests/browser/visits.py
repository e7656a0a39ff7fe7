"""What is found on a page, looked at in both themes and both widths."""

import json
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page, Request

from ads.tests import site_map
from ads.tests.browser.contexts import NARROW, WIDE

#: The Web Content Accessibility Guidelines, levels A and AA.
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
GRAVE: Final = {"serious", "critical"}

#: Tells of everything that the page's policy kept the browser from; runs before the page's scripts.
LISTEN: Final = """
window.refusedByPolicy = [];
document.addEventListener("securitypolicyviolation", event => window.refusedByPolicy.push(
    `${event.effectiveDirective}: ${event.blockedURI} ${event.sourceFile || ""}:${event.lineNumber}`
    + ` ${event.sample}`
));
"""


@dataclass(slots=True)
class Visit:
    """What one page showed."""

    status: int = 0
    policy: str | None = None
    #: What axe finds grave, in which theme.
    findings: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    #: Addresses on other hosts that the page asked for.
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    #: How many pixels wider the page is than a narrow window.
    too_wide: int = 0


class Visitor:
    """Opens pages, each once, in one tab of each context: in new ones all scripts start cold."""

    def __init__(self, *, everybody: BrowserContext, staff: BrowserContext, own: str) -> None:
        self._own = own
        self._visits: dict[site_map.Page, Visit] = {}
        self._everybody, self._staff = self._tab(everybody), self._tab(staff)
        #: What is being looked at.
        self._visit = Visit()

    def visit(self, page: site_map.Page) -> Visit:
        """Look at a page of the site; what was seen the first time is kept."""
        if page not in self._visits:
            self._visit = Visit()
            tab = self._everybody if page.name == "admin:login" else self._staff
            self._look(tab, f"{self._own}{page.url()}")
            self._visits[page] = self._visit
        return self._visits[page]

    def _tab(self, context: BrowserContext) -> Page:
        context.add_init_script(LISTEN)
        context.add_init_script(AXE_SCRIPT)
        tab = context.new_page()
        tab.on("request", self._asked)
        tab.on("pageerror", lambda error: self._visit.errors.append(error.stack or str(error)))
        return tab

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and (
            f"{parts.scheme}://{parts.netloc}" != self._own
        ):
            self._visit.foreign.append(request.url)

    def _look(self, tab: Page, url: str) -> None:
        visit = self._visit
        tab.set_viewport_size({"width": WIDE, "height": 900})
        response = tab.goto(url, wait_until="load")
        assert response is not None
        visit.status = response.status
        visit.policy = response.header_value("Content-Security-Policy")
        visit.findings += _findings(tab, "light", {"type": "tag", "values": RULES})
        _change_theme(tab, "dark")
        # Only colours differ.
        visit.findings += _findings(tab, "dark", {"type": "rule", "values": ["color-contrast"]})
        tab.set_viewport_size({"width": NARROW, "height": 900})
        visit.too_wide = tab.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        visit.refused = tab.evaluate("() => window.refusedByPolicy")


def _change_theme(page: Page, theme: str) -> None:
    page.evaluate(
        """theme => {
            document.documentElement.classList.remove("light", "dark");
            document.documentElement.classList.add(theme);
            for (const animation of document.getAnimations())
                if (animation.effect.getComputedTiming().endTime < Infinity) animation.finish();
        }""",
        theme,
    )


def _findings(page: Page, theme: str, rules: dict[str, Any]) -> list[str]:
    """One line for each element with a grave finding."""
    options = json.dumps({"runOnly": rules, "resultTypes": ["violations"]})
    found = page.evaluate(f"() => axe.run(document, {options})")
    return [
        f"{theme}: {violation['id']} at {node['target']}: "
        f"{node['failureSummary'].splitlines()[-1].strip()}: {node['html'][:200]}"
        for violation in found["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]
