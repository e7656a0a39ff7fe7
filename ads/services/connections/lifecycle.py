"""Connecting: made, renewed, made read-only, and disconnected; and which accounts are read."""

import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from ads.models import Connection, PlatformAccount
from ads.models.platforms import ConnectionState
from ads.platforms import SIMULATED
from ads.platforms.interface import Platform, PlatformError
from ads.rules.calendar import format_instant
from ads.services import caps, locks, orders
from ads.services import platform_credentials as credentials
from ads.services.connections import connectors, entered, kinds
from ads.services.connections.errors import InvalidConnection
from ads.services.platforms import account_of, ask_soon

#: Seconds for setting daily budgets back while somebody waits for the page.
PUT_BACK_FOR: Final = 20


@dataclass(frozen=True, slots=True)
class Disconnected:
    accounts: int
    orders: int
    #: Campaigns that keep the daily cap that was set there, as it could not be taken back.
    caps: int

    @property
    def left(self) -> str:
        """What people have to do themselves; "" if nothing."""
        return _kept(self.caps, "as the original budget could not be restored")


def add(
    *,
    platform: str,
    name: str,
    given: Mapping[str, str],
    is_read_only: bool = False,
    expires_at: datetime | None = None,
    now: datetime,
) -> Connection:
    """Make a connection with these credentials; the platform is not asked yet.

    Raises:
        InvalidConnection: with the field and the remedy.
    """
    kind = kinds.platform(platform)
    usable = _usable(kind, given, expires_at, now)
    made = Connection(
        name=name.strip(),
        platform=kind.code,
        source=kind.code,
        is_read_only=is_read_only,
        credentials=credentials.sealed(usable),
        expires_at=expires_at,
    )
    check_name(made.name)
    with transaction.atomic():
        locks.one_at_a_time(
            locks.Only.SAVING_SENDERS
        )  # a sender of the same source cannot be saved meanwhile
        try:
            made.full_clean(exclude=["credentials"])
        except ValidationError as error:
            field, texts = next(iter(error.message_dict.items()))
            raise InvalidConnection(field, texts[0]) from error
        made.save()
    return made


def check_name(name: str, *, but: int | None = None) -> None:
    """Refuse a name that is missing or that another connection (than ``but``) has.

    Raises:
        InvalidConnection: for the field "name".
    """
    if not name:
        raise InvalidConnection("name", "give the connection a name.")
    others = Connection.objects.filter(name=name)
    if (others if but is None else others.exclude(pk=but)).exists():
        raise InvalidConnection("name", f"another connection is called {name!r}; choose another.")


def renew(
    connection: Connection,
    *,
    given: Mapping[str, str],
    expires_at: datetime | None = None,
    now: datetime,
) -> None:
    """Give a connection other credentials; a disconnected one is connected again.

    Its accounts stay as they are; after disconnecting none is read.

    Raises:
        InvalidConnection: with the field and the remedy.
    """
    usable = _usable(kinds.platform(connection.platform), given, expires_at, now)
    with transaction.atomic():
        present = _locked(connection)
        present.credentials = credentials.sealed(usable)
        present.state = ConnectionState.WORKING
        present.problem = ""
        present.expires_at = expires_at
        present.disconnected_at = None
        present.save(
            update_fields=[
                "credentials", "state", "problem", "expires_at", "disconnected_at", "updated_at",
            ]
        )  # fmt: skip


def disconnect(connection: Connection, *, now: datetime) -> Disconnected:
    """Forget the credentials; accounts are no longer read, and nothing more is told.

    The ledger, and campaigns on the platform, stay as they are; but daily budgets there that were
    lowered are set back before, within :data:`PUT_BACK_FOR`.

    Raises:
        InvalidConnection: it is the simulated platform's, which a setting keeps connected.
    """
    if connection.platform == SIMULATED:
        raise InvalidConnection(
            "", "The simulated platform is disconnected by the setting SIMULATED_PLATFORM=false."
        )
    accounts = PlatformAccount.objects.filter(connection=connection)
    with transaction.atomic():  # so that no cap is set any more while they are taken back
        _locked(connection)
        read = accounts.filter(is_read=True).update(is_read=False, updated_at=now)
        withdrawn = orders.let_go(accounts, now)
    left = _put_back(connection, now)
    with transaction.atomic():
        present = _locked(connection)
        present.credentials = ""
        present.state = ConnectionState.DISCONNECTED
        present.problem = ""
        present.expires_at = None
        present.disconnected_at = present.disconnected_at or now
        present.save(
            update_fields=[
                "credentials", "state", "problem", "expires_at", "disconnected_at", "updated_at",
            ]
        )  # fmt: skip
    return Disconnected(read, withdrawn, left)


def set_read_only(connection: Connection, *, is_read_only: bool, now: datetime) -> bool:
    """From now on campaigns are never switched there, or are again; False if it was so already."""
    with transaction.atomic():
        present = _locked(connection)
        if present.is_read_only is is_read_only:
            return False
        present.is_read_only = is_read_only
        present.save(update_fields=["is_read_only", "updated_at"])
        if is_read_only:
            orders.let_go(PlatformAccount.objects.filter(connection=present), now)
    return True


def caps_kept(accounts: QuerySet[PlatformAccount]) -> str:
    """What stays on the platforms of accounts that are told nothing any more; "" if nothing."""
    return _kept(caps.left(accounts), "as nothing is told there any more")


def rename(connection: Connection, *, name: str) -> None:
    """Call it something else.

    Raises:
        InvalidConnection: for the field "name".
    """
    check_name(name.strip(), but=connection.pk)
    connection.name = name.strip()
    connection.save(update_fields=["name", "updated_at"])


def read(ids: Collection[int], *, is_read: bool, now: datetime) -> int:
    """Read these accounts, at once and from now on, or no longer; how many have changed.

    Raises:
        InvalidConnection: another connection reads one of them, or theirs is disconnected.
    """
    with transaction.atomic():
        changing = PlatformAccount.objects.filter(pk__in=locks.among(ids)).exclude(is_read=is_read)
        rows = list(changing.order_by("pk").select_for_update(of=("self",), no_key=True))
        if is_read:
            refuse_second_reader(rows)
            for one in rows:
                if one.connection.state == ConnectionState.DISCONNECTED:
                    raise InvalidConnection(
                        "", f"{one.connection} is disconnected; renew its credentials first."
                    )
        accounts = PlatformAccount.objects.filter(pk__in=[one.pk for one in rows])
        if is_read:
            ask_soon([one.pk for one in rows])
            return accounts.update(is_read=True, read_since=now, failing_since=None, updated_at=now)
        orders.let_go(accounts, now)
        return accounts.update(is_read=False, updated_at=now)


def refuse_second_reader(accounts: Collection[PlatformAccount]) -> None:
    """Refuse to read an account that another connection reads: its spend would count twice.

    Raises:
        InvalidConnection: naming both.
    """
    for one, other in second_readers(accounts).items():
        if one.source != other.source:
            continue  # its days overlap, and are recorded where nothing else is
        raise InvalidConnection(
            "", f"{one} is read by {other.connection} already; switch it off there first."
        )


def second_readers(
    accounts: Collection[PlatformAccount],
) -> dict[PlatformAccount, PlatformAccount]:
    """Accounts that another connection reads, each with that one's; one query.

    One of the same source comes before others, such as a warehouse that has the account too.
    """
    others = PlatformAccount.objects.filter(
        is_read=True,
        platform__in={one.platform for one in accounts},
        remote_id__in=[one.remote_id for one in accounts],
    ).exclude(connection__in={one.connection_id for one in accounts})
    found: dict[tuple[str, ...], PlatformAccount] = {}
    for one in others.select_related("connection").order_by("-pk"):
        found[one.platform, one.remote_id] = found[one.platform, one.remote_id, one.source] = one
    readers = {
        one: found.get((one.platform, one.remote_id, one.source))
        or found.get((one.platform, one.remote_id))
        for one in accounts
    }
    return {one: reader for one, reader in readers.items() if reader}


def _kept(count: int, why: str) -> str:
    if not count:
        return ""
    whose = "One campaign keeps" if count == 1 else f"{count:,} campaigns keep"
    return (
        f"{whose} the daily cap on the platform, {why}. The list of daily caps says what the "
        "original budget was."
    )


def _usable(
    kind: Platform, given: Mapping[str, str], expires_at: datetime | None, now: datetime
) -> dict[str, str]:
    """What was entered, if the platform's connector can be made with it."""
    usable = entered.checked(kind, given)
    if expires_at is not None and expires_at <= now:
        raise InvalidConnection(
            "expires_at", f"{format_instant(expires_at)} is in the past; get new credentials."
        )
    try:
        kinds.connector(kind.code, usable).close()
    except PlatformError as error:
        names = {text: one.name for one in kind.credentials for text in (one.name, one.label)}
        field, colon, reason = str(error).partition(": ")
        if colon and field in names:
            raise InvalidConnection(names[field], reason) from error
        raise InvalidConnection("", str(error)) from error
    return usable


def _put_back(connection: Connection, now: datetime) -> int:
    """Take back daily caps on the platform; how many are left there."""
    accounts = PlatformAccount.objects.filter(connection=connection)
    if not caps.left(accounts):
        return 0
    begun = time.monotonic()
    with (
        suppress(PlatformError, InvalidConnection),
        connectors.opened(connection, now=now) as connector,
    ):
        capped = accounts.filter(campaigns__cap__isnull=False)
        for one in capped.select_related("connection").distinct():
            caps.put_back(
                one.pk,
                connector,
                account_of(one),
                now,
                is_late=lambda: time.monotonic() - begun > PUT_BACK_FOR,
            )
    return caps.left(accounts)


def _locked(connection: Connection) -> Connection:
    return Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
