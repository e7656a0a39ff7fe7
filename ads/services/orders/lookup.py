"""What a campaign is doing on its platforms, and what was ordered last."""

from dataclasses import dataclass

from django.db.models.expressions import RawSQL

from ads.models import BudgetCap, Campaign, PlatformCampaign, SwitchOrder
from ads.models.platforms import MATCHED, OrderState


@dataclass(frozen=True, slots=True)
class There:
    """A campaign on one platform, as it was last seen, and the last order for it."""

    campaign: PlatformCampaign
    order: SwitchOrder | None

    @property
    def cap(self) -> BudgetCap | None:
        return getattr(self.campaign, "cap", None)

    @property
    def is_switched_by_hand(self) -> bool:
        """Was it seen to do something else than it had confirmed? Then somebody switched it."""
        order, seen = self.order, self.campaign
        return (
            order is not None
            and order.state == OrderState.CONFIRMED
            and order.settled_at is not None
            and order.settled_at < seen.seen_at
            and seen.is_on is not None
            and seen.is_on != order.is_on
        )

    @property
    def is_outstanding(self) -> bool:
        """Has the platform not done what it was told last?"""
        order, seen = self.order, self.campaign
        return (
            order is not None
            and order.state in {OrderState.PENDING, OrderState.UNKNOWN, OrderState.REFUSED}
            and seen.gone_at is None
            and seen.is_on is not None
            and seen.is_on != order.is_on
        )


def there(campaign: Campaign) -> list[There]:
    """What ``campaign`` is on its platforms; two queries, one where it is on none."""
    ids = RawSQL(  # noqa: S611  (nothing in it comes from outside)
        f"SELECT there_id FROM {MATCHED} WHERE campaign_id = %s",  # noqa: S608
        [campaign.pk],
    )
    places = PlatformCampaign.objects.filter(pk__in=ids)
    seen = list(places.select_related("account__connection", "cap"))
    if not seen:
        return []
    last = SwitchOrder.objects.filter(campaign=campaign).order_by(
        "account_id", "remote_id", "-written_at", "-pk"
    )
    orders = {
        (order.account_id, order.remote_id): order
        for order in last.distinct("account_id", "remote_id")
    }
    return [There(each, orders.get((each.account_id, each.remote_id))) for each in seen]
