"""What the pages of connections say."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ads.admin.elements import NOTHING, ago, badge, budget, counted, span
from ads.models import Connection, PlatformAccount, PlatformCampaign
from ads.models.platforms import ConnectionState
from ads.services.connections import Choice, Fit, Hours, Looked, Tried, Trouble, fits, kinds

COLOURS: Final = {
    ConnectionState.WORKING: "success",
    ConnectionState.REFUSED: "alarm",
    ConnectionState.DISCONNECTED: "plain",
}

#: Campaigns of an account that its row names.
NAMED: Final = 5


def sentence(text: str) -> SafeString | str:
    """A cell with as many lines as it takes, also where the page is narrow."""
    return format_html('<span class="ads-many">{}</span>', text) if text else NOTHING


def state(connection: Connection) -> SafeString:
    """ "Working", in its colour."""
    found = ConnectionState(connection.state)
    return badge(found.label, COLOURS[found])


def troubles_as_read(troubles: Iterable[Trouble]) -> list[dict[str, Any]]:
    """For the overview and the lists."""
    return [
        {
            "text": one.text,
            "is_now": one.is_now,
            "link": reverse("admin:ads_connection_change", args=[one.connection.pk]),
        }
        for one in troubles
    ]


def account_row(account: PlatformAccount, now: datetime) -> dict[str, Any]:
    return {
        "link": reverse("admin:ads_platformaccount_change", args=[account.pk]),
        "name": account.name or account.remote_id,
        "id": account.remote_id,
        "of": ", ".join(part for part in (account.timezone, account.currency) if part) or NOTHING,
        "reading": reading(account),
        "fresh": freshness(account, now),
        "campaigns": f"{account.campaigns_there:,}",  # type: ignore[attr-defined]
        "problem": account.problem or account.state,
    }


def reading(account: PlatformAccount) -> SafeString:
    """Whether its spend is read, and whether that works."""
    if not account.is_read:
        return badge("Not read")
    return badge("Failing", "alarm") if account.failing_since else badge("Read", "success")


def freshness(account: PlatformAccount, now: datetime) -> SafeString | str:
    """How old the spend is that is recorded."""
    if account.fresh_until or account.answered_at:
        return ago(account.fresh_until or account.answered_at or now, now)
    return "not answered yet" if account.is_read else NOTHING


def there(campaign: PlatformCampaign) -> SafeString:
    if campaign.gone_at:
        return badge("Gone")
    if campaign.is_on is None:
        return badge("Not known")
    if not campaign.is_on:
        return badge("Off", "info")
    return badge("On, not serving", "warning") if campaign.is_serving is False else badge(
        "On", "success"
    )  # fmt: skip


def remote_budget(campaign: PlatformCampaign, currency: str) -> str:
    """ "$50.00", "shared", or a dash."""
    if campaign.is_budget_shared:
        return "shared"
    if campaign.daily_budget is None:
        return NOTHING
    return budget(campaign.daily_budget, currency or "USD")


def looked(found: Looked) -> str:
    """ "2 accounts and 31 campaigns in 3 s."."""
    text = (
        f"{counted(found.accounts, 'account')} and {counted(found.campaigns)} in "
        f"{span(found.took)}."
    )
    if found.failed:
        text += f" The campaigns of {counted(len(found.failed), 'account')} are not known."
    return text


def first_look(
    found: Sequence[Fit],
    choices: Mapping[int, Choice],
    reasons: Mapping[int, Sequence[str]],
    *,
    gives_hours: Hours,
    now: datetime,
) -> list[dict[str, Any]]:
    """The rows of the first look: an account each, what fits, and what was chosen."""
    return [
        _fit(fit, choices[fit.account.pk], reasons.get(fit.account.pk, ()), gives_hours, now)
        for fit in found
        if fit.account.pk in choices
    ]


def _fit(
    fit: Fit, choice: Choice, reasons: Sequence[str], gives_hours: Hours, now: datetime
) -> dict[str, Any]:
    account = fit.account
    is_suggested = fit.brand is not None and fit.brand.name == choice.brand
    brand = fit.brand if is_suggested else None
    named = [one.name or one.remote_id for one in fit.new[:NAMED]]
    more = len(fit.new) - len(named)
    return {
        "pk": account.pk,
        "name": account.name or account.remote_id,
        "id": account.remote_id,
        "parent": account.parent,
        "platform": kinds.name(account.platform)
        if account.platform != account.connection.platform
        else "",
        "of": ", ".join(part for part in (account.timezone, account.currency) if part)
        or "timezone and currency not known",
        "is_read": choice.is_read,
        "brand": choice.brand,
        "with_budgets": choice.with_budgets,
        "why": f"{fit.brand} {fit.why}" if is_suggested else "",
        "campaigns": counted(len(fit.campaigns))
        if fit.campaigns or not account.problem
        else "Campaigns not known",
        "known": f"{len(fit.known):,}" if fit.known else "",
        "has_budgets": any(
            one.daily_budget is not None and not one.is_budget_shared for one in fit.new
        ),
        "new": f"{', '.join(named)}{f' and {more:,} more' if more > 0 else ''}",
        "notes": [
            note
            for note in [fits.said_of_days(account, brand, gives_hours=gives_hours, now=now)]
            if note
        ],
        "troubles": list(reasons) or fits.troubles(fit, brand, gives_hours=gives_hours, now=now),
    }


def tried(found: Tried) -> list[dict[str, Any]]:
    badges = {
        True: badge("Works", "success"),
        False: badge("Does not work", "alarm"),
        None: badge("Not tried"),
    }
    return [
        {
            "what": step.what,
            "badge": badges[step.is_good],
            "text": step.text,
            "took": span(step.took) if step.is_good is not None and step.took else "",
        }
        for step in found.steps
    ]
