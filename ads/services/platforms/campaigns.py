"""The accounts of connections, and the campaigns of accounts, as they were last seen."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Greatest

from ads.models import PlatformAccount, PlatformCampaign
from ads.platforms.interface import Connector, RemoteCampaign
from ads.rules.platform_ids import spelled
from ads.services import locks, orders
from ads.services.platforms.access import account_of

_BATCH: Final = 2000

#: What a platform says of a campaign; the columns of the same names.
_SAID: Final = ("name", "is_on", "is_serving", "status", "daily_budget", "is_budget_shared")

#: What the answer to an order shows too.
_OF_SWITCH: Final = ("is_on", "is_serving", "status", "seen_at")


def refresh(
    account: PlatformAccount, connector: Connector, now: datetime, *, only_changes: bool = False
) -> None:
    """Ask which campaigns the account has, and keep them; those that are missing are gone.

    Where one does something else than was decided, that is put right. ``only_changes``: of those
    that are as they were, it is not noted that they were seen again.
    """
    keep(account, connector.campaigns(account_of(account)), now, only_changes=only_changes)
    orders.put_right(account.pk, now)


@transaction.atomic
def keep(
    account: PlatformAccount,
    seen: Sequence[RemoteCampaign],
    now: datetime,
    *,
    only_changes: bool = False,
) -> None:
    locks.account(account.pk)
    known = {row.remote_id: row for row in PlatformCampaign.objects.filter(account=account)}
    rows = {(row := _row(account, each, now)).remote_id: row for each in seen}
    for remote_id, row in rows.items():
        before = known.get(remote_id)
        if before is not None and row.gone_at is not None:
            row.gone_at = before.gone_at or now
        # Told and read back since this look began, which shows what was before.
        if before is not None and before.budget_seen_at and before.budget_seen_at >= now:
            row.daily_budget, row.budget_seen_at = before.daily_budget, before.budget_seen_at
        if before is not None and before.seen_at > now:
            for name in _OF_SWITCH:
                setattr(row, name, getattr(before, name))
    changed = [
        row
        for remote_id, row in rows.items()
        if remote_id not in known or _differs(row, known[remote_id])
    ]
    PlatformCampaign.objects.bulk_create(
        sorted(changed, key=lambda row: row.remote_id),
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["account", "remote_id"],
        update_fields=[*_SAID, "seen_at", "budget_seen_at", "gone_at"],
    )
    mine = PlatformCampaign.objects.filter(account=account)
    if not only_changes:
        same = [row.pk for key, row in known.items() if key in rows]
        mine.filter(pk__in=same).update(
            seen_at=Greatest("seen_at", Value(now)),
            budget_seen_at=Greatest("budget_seen_at", Value(now)),
        )
    missing = [row.pk for key, row in known.items() if key not in rows and row.gone_at is None]
    mine.filter(pk__in=missing).update(gone_at=now)


def _row(account: PlatformAccount, each: RemoteCampaign, now: datetime) -> PlatformCampaign:
    return PlatformCampaign(
        account=account,
        remote_id=spelled(each.id),
        name=each.name[:200],
        is_on=each.is_on,
        is_serving=each.is_serving,
        status=each.status[:200],
        daily_budget=each.daily_budget,
        is_budget_shared=each.is_budget_shared,
        seen_at=now,
        budget_seen_at=now,
        gone_at=now if each.is_removed else None,
    )


def _differs(row: PlatformCampaign, known: PlatformCampaign) -> bool:
    return any(getattr(row, name) != getattr(known, name) for name in (*_SAID, "gone_at"))
