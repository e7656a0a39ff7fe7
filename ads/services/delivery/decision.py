"""What becomes of a campaign, and why."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from ads.holds import Hold


class Named(NamedTuple):
    """The names of a campaign and its brand, and the brand's currency."""

    campaign: str
    brand_id: int
    brand: str
    currency: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A campaign to switch, and which way."""

    campaign_id: int
    is_active: bool
    holds: list[Hold]
    #: Spend and limits (None: no limit) by the fields of DeliveryChange.
    figures: dict[str, Decimal | None]
    named: Named
    #: Of the group's budget among the figures; "" without a group.
    group_period: str = ""
    #: What is still spent before the stop takes effect, if that is why; see DeliveryChange.
    on_its_way: Decimal | None = None
