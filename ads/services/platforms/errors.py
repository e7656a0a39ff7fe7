"""What a platform's errors do to an account and its connection.

Texts of platforms are shown, because connectors keep secrets out of them. Those of other exceptions
are not: a token in an address would be shown with them.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db.models.functions import Coalesce

from ads.models import Connection, PlatformAccount
from ads.platforms.interface import AccountGone, CredentialsRefused, OutOfQuota, PlatformError
from ads.services.platforms.windows import TICK

logger = structlog.stdlib.get_logger(__name__)

#: An account that goes on failing is asked again after half of the time that it has failed for, and
#: after this at the latest; one that is gone after this.
LONGEST_WAIT: Final = timedelta(minutes=15)
GONE_WAIT: Final = timedelta(hours=1)

_HALF: Final = 2


def sentence(error: Exception) -> str:
    """What may be shown of an error, and stored."""
    if isinstance(error, PlatformError):
        return str(error)
    return f"Asking failed unexpectedly ({type(error).__name__}); see the log."


def account_failed(account: PlatformAccount, error: Exception, now: datetime) -> None:
    """Note why the account could not be read, and when it is asked again."""
    if isinstance(error, CredentialsRefused):
        connection_refused(account.connection, error, now)
        return
    since = account.failing_since or now
    if isinstance(error, OutOfQuota):
        retry_at = now + (error.retry_after or TICK)
    elif isinstance(error, AccountGone):
        retry_at = now + GONE_WAIT
    else:
        retry_at = now + min((now - since) / _HALF, LONGEST_WAIT)
    PlatformAccount.objects.filter(pk=account.pk).update(
        problem=sentence(error),
        failing_since=Coalesce("failing_since", since),
        retry_at=retry_at,
        updated_at=now,
    )
    say = logger.warning if isinstance(error, PlatformError) else logger.exception
    say("An account could not be read", account=str(account), error=sentence(error))


def connection_refused(connection: Connection, error: CredentialsRefused, now: datetime) -> None:
    """Its accounts are not asked again until somebody connects again; said once."""
    # Not those that somebody has entered while these were still being tried.
    same = Connection.objects.filter(pk=connection.pk, credentials=connection.credentials)
    refused = same.filter(state=Connection.State.WORKING).update(
        state=Connection.State.REFUSED, problem=sentence(error), updated_at=now
    )
    if refused:
        logger.error(
            "A platform refuses its credentials", connection=connection.name, error=sentence(error)
        )
