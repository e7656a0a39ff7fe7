"""What a brand's page shows of stopping early."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ads.models import Brand, SpendMargin, StopLag
from ads.rules.margins import USUAL_LAG
from ads.services import freshness

#: Campaigns shown.
SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Learned:
    """How long stops take on an account, or of the brand's campaigns that are on none."""

    name: str
    lag: timedelta
    #: From how many pauses it was learned; 0: the usual lag is taken.
    pauses: int


@dataclass(frozen=True, slots=True)
class Early:
    lags: Sequence[Learned]
    #: The margins of its campaigns, with them, in the order in which they stop.
    margins: Sequence[SpendMargin]


def of_brand(brand: Brand) -> Early:
    """Five queries at most."""
    sources = freshness.of_brand(brand)
    ids = [source.account_id for source in sources]
    known = {row.account_id: row for row in StopLag.objects.filter(account__in=ids)}
    lags = [_learned(source.name, known.get(source.account_id)) for source in sources]
    if not lags:
        lags = [_learned("", StopLag.objects.filter(brand=brand).first())]
    margins = SpendMargin.objects.filter(campaign__brand=brand).select_related("campaign")
    return Early(lags, list(margins.order_by("campaign__priority", "campaign__name")[:SHOWN]))


def _learned(name: str, row: StopLag | None) -> Learned:
    if row is None or row.seconds is None:
        return Learned(name, USUAL_LAG, 0)
    return Learned(name, timedelta(seconds=row.seconds), row.pauses)
