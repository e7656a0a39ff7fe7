"""Amounts against a budget, as bars: the amount, the budget, and how much of it is used."""

from decimal import Decimal
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from ads.rules.money import NEARLY_USED_UP, format_money, is_used_up, percent_used

CALM: Final = "calm"
WARNING: Final = "warning"
USED_UP: Final = "used-up"

#: Higher shares are shown as ">999%".
MOST: Final = 999


def level(spent: Decimal, limit: Decimal | None) -> str:
    """How near its limit an amount is: ``calm``, ``warning`` from 80 %, or ``used-up``."""
    if is_used_up(spent, limit):
        return USED_UP
    return WARNING if (percent_used(spent, limit) or 0) >= NEARLY_USED_UP else CALM


def spend_bar(
    spent: Decimal, limit: Decimal | None, currency: str, *, follows_amount: bool = False
) -> SafeString:
    """Spend beside its limit: "$64.20 of $75.00", a bar, "85%".

    The text says everything that the bar and its colour do. Without a budget there is no bar. After
    a large amount (``follows_amount``) the text begins with "of $75.00".
    """
    of = SafeString("")
    if limit is not None:
        of = format_html(
            '<span class="ads-quiet ads-nowrap">of {}</span>', format_money(limit, currency)
        )
    if follows_amount and limit is not None:
        words = of
    else:
        words = format_html(
            '<span class="ads-spend-amount">{}</span> {}', format_money(spent, currency), of
        )
    return format_html(
        '<span class="ads-spend"><span class="ads-spend-words">{}</span> {}</span>',
        words,
        spend_track(spent, limit),
    )


def spend_track(spent: Decimal, limit: Decimal | None) -> SafeString:
    if limit is None:
        return format_html('<span class="ads-spend-under ads-quiet">{}</span>', "no limit")
    percent, colour = percent_used(spent, limit), level(spent, limit)
    if percent is None and colour == USED_UP:
        return format_html(
            '<span class="ads-spend-under ads-spend-{}"><span class="ads-spend-share">{}</span>'
            "</span>",
            colour,
            "nothing runs",
        )
    return format_html(
        '<span class="ads-spend-under ads-spend-{}">'
        '<span class="ads-spend-track" aria-hidden="true"><span style="width:{}%"></span></span> '
        '<span class="ads-spend-share">{}{}</span></span>',
        colour,
        min(percent or 0, 100),
        f">{MOST}%" if percent and percent > MOST else f"{percent or 0}%",
        # For screen readers; others see a full bar.
        format_html('<span class="ads-unseen">{}</span>', " used up") if colour == USED_UP else "",
    )
