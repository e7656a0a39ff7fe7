"""*Try it*: what a connection can do, seen by doing it; nothing is recorded, nothing switched."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from ads.models import Connection
from ads.platforms.interface import (
    Account,
    AccountGone,
    Confirmed,
    Connector,
    PlatformError,
    Refused,
    RemoteCampaign,
    TriesWriting,
)
from ads.rules.calendar import UnknownTimezone, format_instant, local_date
from ads.rules.money import format_money
from ads.services.connections.connectors import opened
from ads.services.connections.errors import InvalidConnection
from ads.services.connections.listing import place


@dataclass(slots=True)
class Step:
    """One thing that was tried: what came of it, in sentences, and how long it took.

    ``is_good``: None where it could not be tried.
    """

    what: str
    is_good: bool | None = True
    text: str = ""
    took: timedelta = timedelta(0)


@dataclass(slots=True)
class Tried:
    steps: list[Step] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return all(step.is_good is not False for step in self.steps)


def try_out(connection: Connection, *, account: str = "", now: datetime) -> Tried:
    """List accounts, and of one of them (by its ID there) campaigns and today's costs; and ask the
    platform whether campaigns may be switched.

    ``account`` left out is the first that is read, else the first of all.

    Raises:
        InvalidConnection: the platform is not known.
    """
    tried = Tried()
    try:
        with opened(connection, now=now) as connector:
            _try(connection, connector, account, tried, now)
    except PlatformError as error:
        step = next((step for step in tried.steps if not step.text), None)
        if step is None:
            tried.steps.append(step := Step("Credentials"))
        step.is_good, step.text = False, str(error)
    return tried


def _try(
    connection: Connection, connector: Connector, wanted: str, tried: Tried, now: datetime
) -> None:
    with _step(tried, "Accounts") as step:
        accounts = connector.accounts()
        closed = sum(bool(one.state) for one in accounts)
        step.text = f"{_counted(len(accounts), 'account')}."
        if closed:
            step.text = f"{step.text} The platform reports a problem with {closed:,} of them."
        if not accounts:
            step.is_good = False
            step.text += " The credentials work but reach no account: give them access to one."
            return
    account = _chosen(connection, accounts, wanted)
    with _step(tried, f"Campaigns of {account.name or account.id}") as step:
        campaigns = [one for one in connector.campaigns(account) if not one.is_removed]
        on = sum(bool(one.is_on) for one in campaigns)
        is_known = not campaigns or any(one.is_on is not None for one in campaigns)
        switched = f"{on:,} switched on" if is_known else "the platform does not say which are on"
        step.text = f"{_counted(len(campaigns), 'campaign')}, {switched}."
    with _step(tried, f"Costs of {account.name or account.id} today") as step:
        step.text = _costs(connector, account, now)
    with _step(tried, "Switching") as step:
        _switching(connection, connector, account, campaigns, step, now)


@contextmanager
def _step(tried: Tried, what: str) -> Iterator[Step]:
    step = Step(what)
    tried.steps.append(step)
    begun = time.monotonic()
    try:
        yield step
    finally:
        step.took = timedelta(seconds=time.monotonic() - begun)


def _chosen(connection: Connection, accounts: Sequence[Account], wanted: str) -> Account:
    by_place = {place(connection, one): one for one in accounts}
    if wanted:
        for (_, remote_id), one in by_place.items():
            if wanted in (remote_id, one.id):
                return one
        raise InvalidConnection("account", f"{connection} reaches no account {wanted!r}.")
    read = connection.accounts.filter(is_read=True).order_by("pk")
    for key in read.values_list("platform", "remote_id"):
        if key in by_place:
            return by_place[key]
    return next((one for one in by_place.values() if not one.state), next(iter(by_place.values())))


def _costs(connector: Connector, account: Account, now: datetime) -> str:
    try:
        today = local_date(now, account.timezone or "UTC")
    except UnknownTimezone as error:
        raise AccountGone(f"The account's timezone is not known here: {error}") from error
    costs = connector.costs(account, today, today, now=now)
    total = sum((row.amount for row in costs.rows), start=Decimal(0))
    amount = format_money(total, account.currency) if account.currency else f"{total:f}"
    rows = _counted(len({row.campaign for row in costs.rows}), "campaign")
    text = f"{amount} on {today} ({account.timezone or 'UTC'}), {rows} with costs."
    if costs.fresh_until:
        text += f" Contains everything until {format_instant(costs.fresh_until)}."
    if not costs.complete:
        text += " The platform says that the costs may be incomplete."
    return text


def _switching(
    connection: Connection,
    connector: Connector,
    account: Account,
    campaigns: list[RemoteCampaign],
    step: Step,
    now: datetime,
) -> None:
    """Whether campaigns may be switched, as far as that can be found out without switching one."""
    if connection.is_read_only or account.is_read_only:
        step.is_good, step.text = None, "Read only: this connection never switches campaigns."
    elif not campaigns:
        step.is_good, step.text = None, "Not tried: the account has no campaign."
    elif not isinstance(connector, TriesWriting):
        step.is_good = None
        step.text = (
            "Not tried: this platform cannot check an order without carrying it out. The first "
            "campaign that stops shows it."
        )
    else:
        answer = connector.try_writing(account, campaigns[0].id, now=now)
        step.is_good = isinstance(answer, Confirmed) or (
            False if isinstance(answer, Refused) else None
        )
        step.text = {
            True: "Campaigns may be switched: the platform checked an order and carried out none.",
            False: "",
            None: "",
        }[step.is_good] or _said(answer)


def _said(answer: object) -> str:
    if isinstance(answer, Refused):
        return f"Refused ({answer.code}): {answer.text} {answer.remedy}".rstrip()
    return str(getattr(answer, "text", answer))


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
