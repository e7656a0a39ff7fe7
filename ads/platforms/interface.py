"""What a connector to an ad platform implements, and the errors that it raises.

A connector speaks one platform's protocol and knows no rule of ours: it says what the platform
says, in the shapes below. It is made for one connection, used by one process, and closed after use.

Every call reaches a network, within the timeout that the connector was made with, and raises a
:class:`PlatformError`. It neither retries for long nor hides a failure: the caller asks again at
the next tick. **No text here may hold a secret**: connectors build texts from codes and from the
platform's message, never from an address, a header or a request.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol, runtime_checkable

from ads.rules.texts import storable


def without(secrets: Iterable[str], text: str) -> str:
    """The text without any of these secrets. The longest go first, as one may hold another."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


class PlatformError(Exception):
    """A platform did not do what was asked: a sentence for people, and what to do about it."""

    def __init__(self, text: str, *, remedy: str = "") -> None:
        text = storable(text)
        super().__init__(f"{text} {remedy}".rstrip())
        self.text = text
        self.remedy = remedy


class CredentialsRefused(PlatformError):
    """Revoked, expired, or without a permission: nothing works until somebody connects again."""


class OutOfQuota(PlatformError):
    """Too many requests: ask again after ``retry_after``, or at a later tick where it is None."""

    def __init__(
        self, text: str, *, retry_after: timedelta | None = None, remedy: str = ""
    ) -> None:
        super().__init__(text, remedy=remedy)
        self.retry_after = retry_after


class Unreachable(PlatformError):
    """No answer, half of one, or one that says the platform is down: the next tick asks again."""


class UnreadableAnswer(PlatformError):
    """An answer that is not what the platform documents; nothing of it is used."""


class AccountGone(PlatformError):
    """The account does not exist any more, is closed, or is not one of this connection's."""


class _Said:
    """What a platform said: texts that can be stored, whatever it sent."""

    __slots__: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, str) and (text := storable(value)) is not value:
                object.__setattr__(self, name, text)


@dataclass(frozen=True, slots=True)
class Account(_Said):
    """An account on a platform.

    Args:
        id: as the platform writes it in its reports, in the spelling of
            :func:`ads.rules.platform_ids.spelled`.
        timezone: IANA name of the timezone of its days; "" where the platform does not say.
        currency: ISO 4217 code; "" where the platform does not say.
        parent: the ID of the manager account or business that it was found under, or "".
        state: what is wrong with it in the platform's words, such as "suspended"; "" if nothing is.
        platform: the code of the platform that it is on, if that is not the connector's own, as for
            a warehouse of several platforms' reports.
        is_read_only: this connection can switch nothing there, so nothing is ordered through it.
        is_closed: it cannot be opened, so only its ID and its state are known.
    """

    id: str
    name: str
    timezone: str = ""
    currency: str = ""
    parent: str = ""
    state: str = ""
    platform: str = ""
    is_read_only: bool = False
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class RemoteCampaign(_Said):
    """A campaign as it is on the platform.

    Args:
        is_on: the platform's own switch: what :meth:`Connector.switch` sets; None where it is not
            known (a warehouse).
        is_serving: whether it really delivers there; None where the platform does not say.
        status: both in the platform's words, such as "ENABLED, budget constrained".
        daily_budget: in the account's currency; None if it has none or one of another period.
        is_budget_shared: other campaigns spend from the same budget.
        is_removed: deleted or archived there; it cannot be switched on again.
    """

    id: str
    name: str
    is_on: bool | None
    is_serving: bool | None = None
    status: str = ""
    daily_budget: Decimal | None = None
    is_budget_shared: bool = False
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class Cost(_Said):
    """What a campaign has cost on a day, or in an hour, of its account's timezone.

    ``hour`` is the local hour at which it begins, 0 to 23; None: the whole day. An hour that the
    clock repeats is one row, or two of the same ``hour``, as the platform reports it.
    """

    campaign: str
    date: date
    amount: Decimal
    hour: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Costs:
    """An account's costs.

    Args:
        rows: costs of zero may be left out.
        asked_at: when the platform was asked; the rows are what was known there then.
        fresh_until: up to when all that happened is contained, if the platform says so.
        complete: campaigns and days that are left out cost nothing. False where the answer may
            lack some, such as a sample or a report that was not final.
        complete_days: the first and the last day of which that is so; None: of all that were asked
            for. A warehouse is loaded up to yesterday, say, and was begun last month.
        note: what people should know about the amounts; "" if nothing.
    """

    rows: Sequence[Cost]
    asked_at: datetime
    fresh_until: datetime | None = None
    complete: bool = True
    complete_days: tuple[date, date] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Confirmed(_Said):
    """Done, and seen: what the platform said when it was read back."""

    status: str


@dataclass(frozen=True, slots=True)
class Refused(_Said):
    """The platform said no, and asking again will not help: its code and its words."""

    code: str
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Unknown(_Said):
    """No answer, or what was read back does not show it (yet): look again later."""

    text: str


SwitchAnswer = Confirmed | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Changed(_Said):
    """Nothing was told: the campaign has another daily budget there than was expected."""

    found: Decimal


CapAnswer = SwitchAnswer | Changed


class Connector(Protocol):
    """One connection to one platform.

    ``now`` is passed where a connector has to know the time: how old an answer is, what today is.
    """

    @property
    def platform(self) -> str:
        """As references and sources name it, such as ``google_ads``."""
        ...

    @property
    def gives_hours(self) -> bool:
        """Whether ``costs(by_hour=True)`` works."""
        ...

    def accounts(self) -> Sequence[Account]:
        """Every account that has campaigns; those of managers included, managers not."""
        ...

    def campaigns(self, account: Account) -> Sequence[RemoteCampaign]:
        """Every campaign of the account, whatever its status; removed ones may be left out."""
        ...

    def costs(
        self, account: Account, since: date, until: date, *, now: datetime, by_hour: bool = False
    ) -> Costs:
        """The costs of every campaign from ``since`` to ``until``, both included.

        Days are those of the account's timezone. All rows or an error: half an answer is none.
        """
        ...

    def account_totals(
        self, account: Account, since: date, until: date, *, now: datetime
    ) -> Mapping[date, Decimal]:
        """What the platform says that the whole account cost on each day, not added up from
        campaigns; days without cost may be left out.
        """
        ...

    def switch(
        self, account: Account, orders: Mapping[str, bool], *, now: datetime
    ) -> Mapping[str, SwitchAnswer]:
        """Run (True) or stop (False) campaigns, and read back what became of each.

        One answer for each ID; one that is refused holds up no other. What is so already is
        confirmed.

        Raises:
            CredentialsRefused, OutOfQuota, AccountGone: the platform has not heard any of them.
            PlatformError: any other; it may have.
        """
        ...

    def set_cap(
        self,
        account: Account,
        campaign: str,
        amount: Decimal,
        *,
        is_expected: Callable[[Decimal], bool],
        now: datetime,
    ) -> CapAnswer:
        """Set the campaign's own daily budget on the platform; a shared budget is refused.

        The budget is read first. One that is neither ``amount`` nor ``is_expected`` was set by
        people, and stays.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class Metered(Protocol):
    """A connector whose platform allows so many requests a day."""

    @property
    def operations_per_day(self) -> int | None:
        """How many a day the connection may make; None: not known, or not limited."""
        ...

    @property
    def operations(self) -> int:
        """How many this connector has made."""
        ...


@runtime_checkable
class TriesWriting(Protocol):
    """A connector that finds out whether it may write without changing anything."""

    def try_writing(self, account: Account, campaign: str, *, now: datetime) -> SwitchAnswer:
        """Have the platform check an order for this campaign, and not carry it out."""
        ...


@runtime_checkable
class KnowsItsEnd(Protocol):
    """A connector whose platform says when its credentials end."""

    def expires_at(self) -> datetime | None:
        """When they end; None: never, or not known."""
        ...


@runtime_checkable
class ChangesCredentials(Protocol):
    """A connector whose platform renews credentials as they are used."""

    @property
    def changed_credentials(self) -> Mapping[str, str]:
        """Those that have changed since the connector was made, by name; mostly none."""
        ...


@dataclass(frozen=True, slots=True)
class Credential:
    """A field of a platform's credentials: what people paste, or OAuth brings.

    ``is_secret``: typed as a password and never shown again; others are shown.
    """

    name: str
    label: str
    help_text: str
    is_secret: bool = False
    is_required: bool = True
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class OAuth:
    """Where *Connect* leads to (RFC 6749 with PKCE, RFC 7636), and what it brings.

    Args:
        authorize_url, token_url: HTTPS, or that of a stand-in.
        scopes: joined by spaces.
        extra: further parameters of the authorization address, such as ``access_type``.
        token: the credential's name into which the refresh token (or, where the platform gives
            none, the long-lived access token) goes.
        client_id, client_secret: names of the settings variables of the installation's own app.
        exchange: the grant type, which is also the parameter, with which the token is exchanged for
            one that lasts; "": it lasts already.
    """

    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    token: str
    client_id: str
    client_secret: str
    extra: Mapping[str, str]
    exchange: str = ""


class Platform(Protocol):
    """A kind of platform: a module ``ads.platforms.<code>`` offers one as ``PLATFORM``.

    It is imported without the platform's libraries, which ``connect`` imports.
    """

    code: str
    name: str
    credentials: Sequence[Credential]
    oauth: OAuth | None
    #: How late it usually reports, for people: "usually within 3 hours".
    usual_lag: str
    #: How many times a campaign's daily budget it may spend on one day, by its own documentation.
    #: None: it has no budgets that could be set.
    overspend: Decimal | None

    def connect(
        self, credentials: Mapping[str, str], *, timeout: timedelta, endpoint: str = ""
    ) -> Connector:
        """A connector with these credentials; no call that takes longer than ``timeout``.

        ``endpoint``: the address of a stand-in; "" is the platform's own.

        Raises:
            PlatformError: the credentials cannot be used, by the name of the field.
        """
        ...
