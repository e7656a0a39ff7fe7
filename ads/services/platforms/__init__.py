"""Asking ad platforms what was spent, account by account, and telling them what to run."""

from ads.services.platforms import accounts, campaigns, quota
from ads.services.platforms.access import (
    account_of,
    connect,
    connect_with,
    connected,
    held_by,
    keep_changed,
)
from ads.services.platforms.accounts import list_accounts
from ads.services.platforms.asking import Asked, ask
from ads.services.platforms.due import LIMIT, SOFT_LIMIT, HandedOut, ask_soon, hand_out, to_ask
from ads.services.platforms.errors import connection_refused, sentence
from ads.services.platforms.matching import matched
from ads.services.platforms.reconciliation import in_short, reconcile, to_reconcile, unresolved
from ads.services.platforms.telling import (
    Synced,
    cap,
    hand_out_caps,
    hand_out_orders,
    sync_platforms,
    tell,
)
