"""From what was seen to brands, campaigns and platform IDs: chosen, previewed, and then made.

What is chosen becomes a table as bulk setup reads it (:mod:`ads.services.setup`), so that it is
previewed, confirmed and made in the way of a setup file: all of it or nothing, and only what was
previewed.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ads.models import (
    Brand,
    Campaign,
    CampaignReference,
    Connection,
    PlatformAccount,
    PlatformCampaign,
)
from ads.models.campaigns import Status
from ads.rules.currencies import DEFAULT
from ads.rules.money import plain
from ads.services import setup
from ads.services.connections import lifecycle
from ads.services.connections.errors import InvalidConnection
from ads.services.connections.fits import Fit, Hours, fits, misfits
from ads.services.locks import among
from ads.services.setup import (
    Applied,
    Id,
    Line,
    Preview,
    RowsRefused,
    Sheet,
    joined,
    written_id,
)

_LONGEST: Final = 200

_COLUMNS: Final = (
    "brand", "campaign_id", "campaign", "status", "timezone", "currency", "daily_budget",
    "platform_ids",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    account: int
    is_read: bool
    #: The name of the brand of its campaigns that no campaign here is known for, made where there
    #: is none; "": they are left alone.
    brand: str = ""
    #: Whether new campaigns get the daily budgets that they have on the platform.
    with_budgets: bool = True


class ChoicesRefused(Exception):
    """What cannot be done as it was chosen: the reasons, by account ("" by key 0)."""

    def __init__(self, reasons: Mapping[int, Sequence[str]]) -> None:
        super().__init__(" ".join(text for texts in reasons.values() for text in texts))
        self.reasons = reasons


def proposed(found: Sequence[Fit]) -> list[Choice]:
    return [
        Choice(
            one.account.pk,
            is_read=one.account.is_read
            or not (one.read_by or one.also_read_by or one.account.state),
            brand=one.brand.name
            if one.brand
            else _spaced(one.account.name or one.account.remote_id),
        )
        for one in found
    ]


def preview(
    connection: Connection, choices: Sequence[Choice], *, gives_hours: Hours, now: datetime
) -> Preview:
    """What these choices would make; nothing is made.

    Raises:
        ChoicesRefused: with the reasons.
        SetupRefused: the whole of it cannot be made.
    """
    sheet, accounts = _sheet(connection, choices, gives_hours=gives_hours, now=now)
    with _rows_as_chosen(sheet, accounts):
        found = setup.preview(sheet, now)
    found.plan.notes.extend(_notes(sheet))
    ended = [one.account for one in choices if not one.is_read]
    if kept := lifecycle.caps_kept(PlatformAccount.objects.filter(pk__in=ended, is_read=True)):
        found.plan.notes.append(kept)
    return found


def apply(
    connection: Connection,
    choices: Sequence[Choice],
    *,
    seen: Mapping[int, str] | None,
    gives_hours: Hours,
    now: datetime,
) -> Applied:
    """Make what was previewed, and read the chosen accounts: both or neither.

    ``seen``: the digests of the preview that was confirmed; None: there was none.

    Raises:
        ChoicesRefused: with the reasons.
        ChangedMeanwhile: something else would be made by now.
        SetupRefused: somebody else keeps rows locked, or has saved the same at the same moment.
        InvalidConnection: another connection has begun to read one of the accounts.
    """
    sheet, accounts = _sheet(connection, choices, gives_hours=gives_hours, now=now)

    def read() -> None:
        for is_read in (False, True):
            chosen = [one.account for one in choices if one.is_read is is_read]
            lifecycle.read(chosen, is_read=is_read, now=now)

    with _rows_as_chosen(sheet, accounts):
        return setup.apply(sheet, now, seen=seen, then=read)


def _notes(sheet: Sheet) -> Iterator[str]:
    """What budgets will mean for the campaigns."""
    unlimited = sum(
        "campaign" in one.cells and "daily_budget" not in one.cells for one in sheet.lines
    )
    if unlimited:
        yield (
            f"{unlimited:,} of the new campaigns get no daily budget: nothing stops them until "
            "you give them or their brand one."
        )
    if joined_here := sum("campaign_id" in one.cells for one in sheet.lines):
        yield (
            f"{joined_here:,} that {'is' if joined_here == 1 else 'are'} already here by the same "
            "name or ID will be the same campaign: its budgets cover all its platforms together."
        )


@contextmanager
def _rows_as_chosen(sheet: Sheet, accounts: Sequence[int]) -> Iterator[None]:
    """What is wrong with a row is said of the account that it is about."""
    try:
        yield
    except RowsRefused as error:
        reasons: dict[int, list[str]] = defaultdict(list)
        for problem in error.problems:
            cells = sheet.lines[problem.line - 1].cells
            named = cells.get("campaign") or cells.get("brand") or problem.value
            reasons[accounts[problem.line - 1]].append(f"{named}: {problem.reason}")
        raise ChoicesRefused(reasons) from error


def _sheet(
    connection: Connection, choices: Sequence[Choice], *, gives_hours: Hours, now: datetime
) -> tuple[Sheet, list[int]]:
    """The choices as a table of bulk setup, and the account that each of its lines is about."""
    by_account = {one.account.pk: one for one in fits(connection)}
    chosen = [(by_account[one.account], one) for one in choices if one.account in by_account]
    brands = {
        one.name: one
        for one in Brand.objects.filter(name__in={one.brand.strip() for one in choices})
    }
    _refuse(chosen, brands, gives_hours=gives_hours, now=now)
    rows = list(_Writer(chosen, brands).rows())
    lines = [Line(number, cells) for number, (_, cells) in enumerate(rows, start=1)]
    return Sheet(connection.name, lines, _COLUMNS, what="connection"), [pk for pk, _ in rows]


def _refuse(
    chosen: Sequence[tuple[Fit, Choice]],
    brands: Mapping[str, Brand],
    *,
    gives_hours: Hours,
    now: datetime,
) -> None:
    reasons: dict[int, list[str]] = defaultdict(list)
    new: dict[str, PlatformAccount] = {}
    for fit, choice in chosen:
        account, name = fit.account, choice.brand.strip()
        if not choice.is_read:
            continue
        if fit.read_by:
            reasons[account.pk].append(
                f"{fit.read_by} reads this account. Leave it out, or switch it off there first."
            )
        if not name:
            continue
        if brand := brands.get(name):
            reasons[account.pk] += misfits(account, brand, gives_hours=gives_hours, now=now)
            continue
        first = new.setdefault(name, account)
        if (first.timezone, first.currency) != (account.timezone, account.currency):
            reasons[account.pk].append(
                f"{first} makes the brand {name!r} in {_zone(first)} and {_currency(first)}, and "
                f"this account has {_zone(account)} and {_currency(account)}. Give it another "
                "brand."
            )
    if any(reasons.values()):
        raise ChoicesRefused({pk: texts for pk, texts in reasons.items() if texts})


class _Writer:
    def __init__(self, chosen: Sequence[tuple[Fit, Choice]], brands: Mapping[str, Brand]) -> None:
        self._chosen = [
            (fit, one) for fit, one in chosen if one.is_read and one.brand.strip() and fit.new
        ]
        self._brands = brands
        ids = [one.pk for one in brands.values()]
        rows = Campaign.objects.filter(brand__in=among(ids)).order_by()
        #: Campaigns of the chosen brands by brand and name.
        self._named = {
            (brand, name): pk for brand, name, pk in rows.values_list("brand__name", "name", "pk")
        }
        #: Names that are taken, or will be.
        self._taken = set(self._named)
        #: The platform IDs that these campaigns have.
        self._ids: dict[int, list[Id]] = defaultdict(list)
        loose = {each.pk for fit, _ in chosen for each in fit.without_account.values()}
        references = CampaignReference.objects.filter(
            campaign__in=among(loose.union(self._named.values()))
        )
        columns = references.order_by("pk").values_list(
            "campaign", "platform", "account", "reference"
        )
        for pk, platform, account, reference in columns:
            self._ids[pk].append((platform, account, reference))

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Each with its account; brands first, as a setup file has them."""
        made: set[str] = set()
        for fit, choice in self._chosen:
            name, account = choice.brand.strip(), fit.account
            if name not in self._brands and name not in made:
                made.add(name)
                zone, currency = _zone(account), _currency(account)
                yield account.pk, {"brand": name, "timezone": zone, "currency": currency}
        added: dict[int, tuple[int, list[Id]]] = {}
        for fit, choice in self._chosen:
            account = fit.account
            names = Counter(_name(one) for one in fit.new)
            for one in fit.new:
                loose = fit.without_account.get(one.remote_id)
                pk = loose.pk if loose else None
                if pk is None and names[_name(one)] == 1:
                    pk = self._same_name(choice.brand.strip(), one, account.platform)
                place = (account.platform, account.remote_id, one.remote_id)
                if pk and pk not in added:
                    added[pk] = account.pk, [*self._ids[pk], place]
                else:
                    yield account.pk, self._created(choice, one, place)
        for pk, (account_pk, ids) in added.items():
            yield account_pk, {"campaign_id": str(pk), "platform_ids": joined(map(written_id, ids))}

    def _same_name(self, brand: str, one: PlatformCampaign, platform: str) -> int | None:
        """The brand's campaign of this name, unless it is another one on this platform already."""
        pk = self._named.get((brand, one.name)) or self._named.get((brand, _name(one)))
        return None if pk and any(each[0] == platform for each in self._ids[pk]) else pk

    def _created(self, choice: Choice, one: PlatformCampaign, place: Id) -> dict[str, str]:
        brand = choice.brand.strip()
        name = _name(one)
        if (brand, name) in self._taken:
            end = f" ({one.remote_id})"
            name = f"{name[: _LONGEST - len(end)]}{end}"
        self._taken.add((brand, name))
        cells = {
            "brand": brand,
            "campaign": name,
            # What is off there stays off: an active campaign would be switched on.
            "status": (Status.PAUSED if one.is_on is False else Status.ACTIVE).value,
            "platform_ids": joined([written_id(place)]),
        }
        if choice.with_budgets and one.daily_budget is not None and not one.is_budget_shared:
            cells["daily_budget"] = plain(one.daily_budget, 4)  # three may be thousands
        return cells


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _name(one: PlatformCampaign) -> str:
    return _spaced(one.name) or f"Campaign {one.remote_id}"


def _zone(account: PlatformAccount) -> str:
    return account.timezone or "UTC"


def _currency(account: PlatformAccount) -> str:
    return account.currency or DEFAULT


def known_accounts(connection: Connection, ids: Collection[str]) -> list[PlatformAccount]:
    """The accounts of the connection with these IDs on the platform.

    Raises:
        InvalidConnection: one is not listed.
    """
    found = {one.remote_id: one for one in connection.accounts.filter(remote_id__in=ids)}
    for each in ids:
        if each not in found:
            raise InvalidConnection(
                "account", f"{connection} has listed no account {each!r}; look first."
            )
    return [found[each] for each in ids]
