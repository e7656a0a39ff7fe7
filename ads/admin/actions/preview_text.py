"""What would start and stop, or did, in words: "412 will start; 38 stay off: 30 draft, 8 …"."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ads.holds import Hold
from ads.models import Campaign
from ads.models.campaign import Status
from ads.services.delivery import Forecast, Kind

#: What a number of campaigns is that this holds.
WHY: Final[Mapping[Hold | Status, str]] = {
    Status.DRAFT: "draft",
    Status.PAUSED: "paused by a user",
    Status.COMPLETED: "completed",
    Status.ARCHIVED: "archived",
    Hold.BRAND_INACTIVE: "brand switched off",
    Hold.FLIGHT: "outside the flight",
    Hold.BRAND_DAILY_BUDGET: "brand's daily budget used up",
    Hold.BRAND_MONTHLY_BUDGET: "brand's monthly budget used up",
    Hold.DAILY_BUDGET: "daily budget used up",
    Hold.MONTHLY_BUDGET: "monthly budget used up",
    Hold.DAYPARTING: "outside the hours",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a forecast."""

    label: str
    count: int
    #: Why, by reason; empty where that goes without saying.
    why: str
    first: tuple[Campaign, ...]

    @property
    def more(self) -> int:
        """How many there are besides those that are named."""
        return self.count - len(self.first)


def counted(number: int, one: str = "campaign") -> str:
    """ "1 campaign", "1,204 campaigns"."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def reasons(counts: Mapping[Hold | Status, int]) -> str:
    """ "30 daily budget used up, 8 outside the hours"; of a single reason without how many."""
    if len(counts) == 1:
        return WHY[next(iter(counts))]
    return ", ".join(f"{count:,} {WHY[why]}" for why, count in counts.items())


def lines(forecast: Forecast) -> list[Line]:
    """What becomes of them, as rows; those that there are none of are left out."""
    undecided = Kind(forecast.undecided)
    stopped_by = "" if _is_wanted(forecast.stopped_by) else reasons(forecast.stopped_by)
    rows = [
        ("Will start", forecast.starts, ""),
        ("Will stop", forecast.stops, stopped_by),
        ("Stay off", forecast.stays_off, reasons(forecast.kept_off_by)),
        ("Go on running", forecast.keeps_running, ""),
        ("Cannot be decided on", undecided, "the timezone of their brand cannot be read"),
    ]
    return [Line(label, kind.count, why, kind.first) for label, kind, why in rows if kind.count]


def headline(forecast: Forecast) -> str:
    """The forecast in one sentence."""
    return _sentence(forecast, starts="will start", stops="will stop", runs="go on running")


def outcome(forecast: Forecast) -> str:
    """The same of what was done."""
    starts = "now delivers" if forecast.starts.count == 1 else "now deliver"
    runs = "goes on running" if forecast.keeps_running.count == 1 else "go on running"
    return _sentence(forecast, starts=starts, stops="stopped", runs=runs)


def _sentence(forecast: Forecast, *, starts: str, stops: str, runs: str) -> str:
    parts = []
    if forecast.starts:
        parts.append(f"{_who(forecast, forecast.starts)} {starts}")
    if forecast.stops:
        why = "" if _is_wanted(forecast.stopped_by) else f": {reasons(forecast.stopped_by)}"
        parts.append(f"{_who(forecast, forecast.stops)} {stops}{why}")
    if forecast.stays_off:
        stay = "stays off" if forecast.stays_off.count == 1 else "stay off"
        why = reasons(forecast.kept_off_by)
        parts.append(f"{_who(forecast, forecast.stays_off)} {stay}: {why}")
    if forecast.keeps_running:
        go_on = "goes on running" if forecast.keeps_running.count == 1 else runs
        parts.append(f"{_who(forecast, forecast.keeps_running)} {go_on}")
    if forecast.undecided:
        parts.append(
            f"{forecast.undecided:,} cannot be decided on: the timezone of the brand cannot be read"
        )
    if not parts:
        return "No campaign starts or stops."
    # A list of reasons has commas of its own.
    return f"{'; '.join(parts)}."


def _who(forecast: Forecast, kind: Kind) -> str:
    """The name of a campaign that is alone, or how many."""
    if forecast.count == 1 and kind.first:
        return kind.first[0].name
    return f"{kind.count:,}"


def _is_wanted(stopped_by: Mapping[Hold | Status, int]) -> bool:
    """Is it a status, or the brand's switch, that stops them? That is what the action is for."""
    return all(isinstance(why, Status) or why == Hold.BRAND_INACTIVE for why in stopped_by)
