"""What is wrong with a page, looked at in both themes and both widths."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page, Request, Response

from ads.tests import site_map
from ads.tests.browser.contexts import HEIGHT, NARROW, WIDE

#: The Web Content Accessibility Guidelines, levels A and AA.
EVERYTHING: Final = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
}
COLOURS: Final = {"type": "rule", "values": ["color-contrast"]}

#: Pages whose markup and colours are others' to mend. Swagger UI's document is there as JSON, too.
NOT_OURS: Final = {"api-1:openapi-view"}

#: Tells of everything that the page's policy kept the browser from; runs before the page's scripts.
LISTEN: Final = """
window.refusedByPolicy = [];
document.addEventListener("securitypolicyviolation", event => window.refusedByPolicy.push(
    `${event.effectiveDirective}: ${event.blockedURI} ${event.sourceFile || ""}:${event.lineNumber}`
    + ` ${event.sample}`
));
"""

#: Looks for what axe finds grave.
LOOK: Final = Path(__file__).with_name("look.js").read_text()


#: What cells of lists hide for want of room; half a line is a border or a descender.
CUT_OFF: Final = """() => [...document.querySelectorAll("#result_list td, #result_list th")]
    .filter(cell => cell.checkVisibility() && getComputedStyle(cell).overflow !== "visible"
        && cell.scrollHeight > cell.clientHeight + 8)
    .map(cell => cell.innerText.slice(0, 80))"""


#: How many pixels the page is too wide, which cells are cut off, what the policy refused. Then the
#: page is hidden, so that it is not laid out once more when the window is resized for the next.
READ: Final = f"""() => {{
    const page = document.documentElement;
    const found = [page.scrollWidth - page.clientWidth, ({CUT_OFF})(), window.refusedByPolicy];
    page.style.display = "none";
    return found;
}}"""


class Tab:
    """A tab with a window of any size, which is drawn at a tenth of it, as nobody looks.

    The page is laid out in full size all the same.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self._session = context.new_cdp_session(self.page)

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "screenWidth": width, "screenHeight": height}
        self._session.send(
            "Emulation.setDeviceMetricsOverride",
            {**size, "deviceScaleFactor": 1, "mobile": False, "scale": 0.1},
        )


class Visitor:
    """Opens pages in one tab of each context: in new ones all scripts start cold."""

    def __init__(self, *, everybody: BrowserContext, staff: BrowserContext, own: str) -> None:
        self._own = own
        self._everybody, self._staff = self._tab(everybody), self._tab(staff)
        #: What is wrong with the page that is being looked at.
        self._faults: list[str] = []

    def faults_of(self, page: site_map.Page) -> list[str]:
        """What is wrong with a page of the site, a sentence each."""
        self._faults = []
        tab = self._everybody if page.name == "admin:login" else self._staff
        tab.resize(WIDE, HEIGHT)
        shown = tab.page
        response = shown.goto(f"{self._own}{page.url()}", wait_until="load")
        assert response is not None
        self._faults += _faults_of_answer(response)
        if page.name not in NOT_OURS:
            # As high as the page: what stays at the bottom of a window would lie across it.
            height = shown.evaluate("() => document.documentElement.scrollHeight")
            if height > HEIGHT:
                tab.resize(WIDE, height)
            self._faults += [f"In light, {found}" for found in shown.evaluate(LOOK, EVERYTHING)]
            _change_theme(shown, "dark")
            # Only colours differ.
            self._faults += [f"In dark, {found}" for found in shown.evaluate(LOOK, COLOURS)]
        tab.resize(NARROW, HEIGHT)
        too_wide, cut_off, refused = shown.evaluate(READ)
        if too_wide > 0:
            self._faults.append(f"It is {too_wide} pixels wider than a window of {NARROW}.")
        self._faults += [f"A cell is cut off: {text}" for text in cut_off]
        self._faults += [f"Its policy refused {what}" for what in refused]
        return self._faults

    def _tab(self, context: BrowserContext) -> Tab:
        context.add_init_script(LISTEN)
        context.add_init_script(AXE_SCRIPT)
        tab = Tab(context)
        tab.page.on("request", self._asked)
        tab.page.on(
            "pageerror", lambda error: self._note(f"Its script failed: {error.stack or error}")
        )
        return tab

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and (
            f"{parts.scheme}://{parts.netloc}" != self._own
        ):
            self._note(f"It asks another host: {request.url}")

    def _note(self, fault: str) -> None:
        self._faults.append(fault)


def _faults_of_answer(response: Response) -> Iterator[str]:
    if response.status != 200:
        yield f"It answers {response.status}."
    policy = response.header_value("Content-Security-Policy") or ""
    scripts = policy.partition("script-src")[2].partition(";")[0]
    if not scripts or "unsafe-inline" in scripts:
        yield f"Its policy lets every script run: {policy!r}"


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
