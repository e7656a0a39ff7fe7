"""Receipts and switch orders in words."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.safestring import SafeString

from ads.admin.elements import badge
from ads.models import BudgetCap, Campaign, SwitchOrder
from ads.models.platforms import OrderState
from ads.rules.calendar import format_instant
from ads.rules.money import format_money
from ads.services import freshness, receipts
from ads.services.orders import There, there
from ads.services.receipts import Receipt

#: Receipts on a campaign's page.
FEW: Final = 5

_SECOND: Final = timedelta(seconds=1)
_TONES: Final = {
    OrderState.CONFIRMED: "success",
    OrderState.REFUSED: "alarm",
    OrderState.UNKNOWN: "warning",
    OrderState.PENDING: "warning",
}


def row_of(receipt: Receipt) -> dict[str, Any]:
    """A receipt for the template ``ads/admin/receipts.html``."""
    campaign = receipt.change.campaign
    currency, zone = campaign.brand.currency, campaign.brand.timezone
    return {
        "change": receipt.change,
        "campaign": campaign,
        "at": format_instant(receipt.decided_at, zone, seconds=True),
        "budget": receipt.budget.hold.label,
        "limit": format_money(receipt.limit, currency),
        "spent": format_money(receipt.spent, currency),
        "over": "" if receipt.is_kept else format_money(receipt.over, currency),
        "cost_by": receipt.cost_by.label if receipt.cost_by else "",
        "steps": steps(receipt),
    }


def steps(receipt: Receipt) -> str:
    """The instants as the time from each to the next: "reported, known 2 s later, …"."""
    zone = receipt.change.campaign.brand.timezone
    said: list[str] = []
    before: datetime | None = None
    for word, at in (
        ("spent", receipt.spent_at),
        ("reported", receipt.reported_at),
        ("recorded", receipt.known_at),
        ("decided", receipt.decided_at),
        ("told", receipt.told_at),
        ("confirmed", receipt.confirmed_at),
    ):
        if at is None:
            continue
        if before is None:
            said.append(f"{word} {format_instant(at, zone, seconds=True)}")
        else:
            said.append(f"{word} {_later(at - before)}")
        before = at
    if receipt.refusals:
        said.append(f"refused: {' '.join(receipt.refusals)}")
    elif receipt.orders and receipt.confirmed_at is None:
        said.append("not confirmed")
    elif not receipt.orders:
        said.append("on no connected platform")
    return ", ".join(said)


def _later(span: timedelta) -> str:
    if span < _SECOND:
        return "at once"
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    if not hours:
        parts.append(f"{seconds} s" if seconds else "")
    return f"{' '.join(filter(None, parts))} later"


def last_receipts(campaign: Campaign, now: datetime) -> list[dict[str, Any]]:
    changes = receipts.pauses().filter(campaign=campaign, at__lte=now)
    last = changes.select_related("campaign__brand", "campaign__budget_group").order_by(
        "-at", "-pk"
    )[:FEW]
    return [row_of(receipt) for receipt in receipts.receipts_of(last)]


def on_platforms(campaign: Campaign) -> list[dict[str, Any]]:
    """What the campaign is doing on its platforms, for the campaign's page."""
    zone = campaign.brand.timezone
    return [_there(each, zone) for each in there(campaign)]


def _there(one: There, zone: str) -> dict[str, Any]:
    seen, order = one.campaign, one.order
    return {
        "account": freshness.account_name(seen.account),
        "name": seen.name,
        "reference": seen.remote_id,
        "state": badge("Gone")
        if seen.gone_at
        else badge("Unknown")
        if seen.is_on is None
        else badge("On", "success")
        if seen.is_on
        else badge("Off"),
        "status": seen.status,
        "by_hand": one.is_switched_by_hand,
        "outstanding": _outstanding(one) if one.is_outstanding else "",
        "seen": format_instant(seen.seen_at, zone),
        "order": order_badge(order) if order else "",
        "told": told(order, zone) if order else "",
        "is_read_only": seen.account.connection.is_read_only,
        "cap": cap_badge(one.cap) if one.cap else "",
        "capped": capped(one.cap, zone) if one.cap else "",
    }


def cap_badge(cap: BudgetCap) -> SafeString:
    """ "Cap: confirmed"."""
    way = "Restore" if cap.is_restoring else "Cap"
    state = OrderState(cap.state)
    return badge(f"{way}: {state.label.lower()}", _TONES.get(state, "plain"))


def budget_there(cap: BudgetCap, amount: Decimal | None) -> str | None:
    """A daily budget on the platform, in the account's currency."""
    return None if amount is None else format_money(amount, cap.place.account.currency)


def capped(cap: BudgetCap, zone: str) -> str:
    """ "$75.00 a day, confirmed 4 Mar 14:05. The original budget is $200.00."."""
    amount, own = budget_there(cap, cap.amount), budget_there(cap, cap.original)
    if cap.state == OrderState.REFUSED:
        return cap.answer
    if cap.state == OrderState.WITHDRAWN:
        return f"The original budget of {own} a day was not restored. {cap.answer}"
    if cap.is_restoring:
        return f"The original budget of {own} a day is being restored. {cap.answer}".rstrip()
    if cap.state == OrderState.CONFIRMED and cap.settled_at:
        since = format_instant(cap.settled_at, zone)
        return f"{amount} a day, confirmed {since}. The original budget is {own}."
    return f"{amount} a day. The original budget is {own}. {cap.answer}".rstrip()


def _outstanding(one: There) -> str:
    """ "Still on at Google Ads, Acme US: told, not confirmed yet. It did not answer."."""
    account, order = freshness.account_name(one.campaign.account), one.order
    label = OrderState(order.state).label.lower() if order else ""
    said = f"{order.answer.rstrip('. ')}." if order and order.answer else ""
    return f"Still {'on' if one.campaign.is_on else 'off'} at {account}: {label}. {said}".rstrip()


def order_badge(order: SwitchOrder) -> SafeString:
    """ "Stop: confirmed"."""
    way = "Run" if order.is_on else "Stop"
    state = OrderState(order.state)
    return badge(f"{way}: {state.label.lower()}", _TONES.get(state, "plain"))


def told(order: SwitchOrder, zone: str) -> str:
    """When it was written, and what became of it, in the platform's words."""
    written = format_instant(order.written_at, zone, seconds=True)
    if order.settled_at and order.state == OrderState.CONFIRMED:
        return f"{written}, confirmed {_later(order.settled_at - order.written_at)}"
    return f"{written}. {order.answer}".rstrip(". ") + "."
