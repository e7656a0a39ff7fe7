"""What is allowed beyond budgets at an instant, in SQL.

``SpendTotal.waived`` is the sum of the allowances in force. One that ends before its period ("until
18:00") stays in it until the clock takes it out, a minute at most; from its end on it is left out
here, so that every decision is right at its own instant.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Case, F, OuterRef, Subquery, Sum, When
from django.db.models.functions import Coalesce

from ads.models import Allowance
from ads.models.fields import MoneyField

#: The same as :func:`waived_at` for SQL that is written by hand: of a row ``total`` of the sums, at
#: the instant ``{now}``.
WAIVED_AT: Final = """
    CASE WHEN total.waived = 0 THEN 0 ELSE total.waived - coalesce((
         SELECT sum(one.amount) FROM ads_allowance AS one
          WHERE one.until <= {now} AND one.undone_at IS NULL AND one.ended_at IS NULL
            AND one.brand_id = total.brand_id
            AND one.campaign_id IS NOT DISTINCT FROM total.campaign_id
            AND one.period = total.period AND one.start = total.start), 0) END
"""


def has_ended(now: datetime) -> bool:
    """Has any allowance ended by ``now`` that the clock has yet to take out? One small query."""
    return Allowance.objects.ended(now).exists()


def still_counted(at: Any, **owner_and_period: Any) -> Coalesce:
    """How much of ``waived`` has ended by ``at``: an instant, or an expression of the outer query.

    ``owner_and_period``: the columns of the allowances, such as ``campaign=OuterRef("pk")``.
    """
    ended = Allowance.objects.ended(at).filter(**owner_and_period).order_by().values("period")
    total = ended.annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(total), Decimal(0), output_field=MoneyField())


def waived_at(now: datetime, *, of_brands: bool | None = None) -> Any:
    """What ``waived`` of sums, of brands, of campaigns, or of both, is at ``now``.

    Sums of which nothing was ever waived are not looked at twice.
    """
    if of_brands is None:
        brands, campaigns = waived_at(now, of_brands=True), waived_at(now, of_brands=False)
        return Case(When(campaign=None, then=brands), default=campaigns)
    owner: dict[str, Any] = {"campaign": OuterRef("campaign")}
    if of_brands:
        owner = {"campaign": None, "brand": OuterRef("brand")}
    ended = still_counted(now, **owner, period=OuterRef("period"), start=OuterRef("start"))
    return Case(
        When(waived=0, then=Decimal(0)), default=F("waived") - ended, output_field=MoneyField()
    )
