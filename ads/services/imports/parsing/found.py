"""What a row's campaign is: known, unmatched, or new, to be created when it is recorded."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from ads.models import Brand, Campaign
from ads.services import visible
from ads.services.campaign_lookup import Reference
from ads.services.errors import InvalidSpend
from ads.services.imports.plan import NewBrand, Plan
from ads.services.imports.refusals import ImportRefused
from ads.services.ledger import check_text, latest_date

#: Campaigns that one file may bring.
MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Found:
    """A campaign; ``latest`` is the last accounting day that it may have spend on.

    ``known_as``: as :attr:`ads.models.ReportedTotal.known_as`.
    """

    id: int
    timezone: str
    currency: str
    latest: date
    known_as: str = ""

    @property
    def quoted(self) -> str:
        """``known_as`` as a cell of CSV."""
        return '"' + self.known_as.replace('"', '""') + '"' if self.known_as else ""


@dataclass(frozen=True, slots=True)
class New(Found):
    """A campaign to be created; its id is a number below zero."""

    brand: str = ""
    name: str = ""
    #: As the platform knows it; None in a file of no platform.
    known_by: Reference | None = None


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A reference that no campaign has: its spend waits to be matched."""

    account: str
    reference: str
    name: str


@dataclass(frozen=True, slots=True)
class Creatable:
    """A name that no campaign has, in a file of no platform: why its rows are refused."""

    name: str
    reason: str


class NewCampaigns:
    """Numbers the campaigns that do not exist yet, each once, however often it is named.

    Raises:
        ImportRefused: there is no brand as the plan says, or its timezone is invalid.
    """

    def __init__(self, plan: Plan, now: datetime) -> None:
        self.into: Brand | NewBrand
        if plan.new_brand is not None:
            self.into = plan.new_brand
            brand = Brand.objects.filter(name=self.into.name).first()
        else:
            brand = visible.rows(Brand.objects.filter(pk=plan.create_in or 0)).first()
            if brand is None:
                raise ImportRefused("create campaigns: the brand is no longer there.")
            self.into = brand
        #: None while there is no such brand.
        self.brand_id: int | None = None
        if brand is not None:
            self.check(brand)
            self.brand_id = brand.pk
        try:
            self._latest = latest_date(self.into.timezone, now)
        except InvalidSpend as error:
            raise ImportRefused(f"{error} (brand {self.into.name})") from error
        self._platform = plan.platform
        self._numbered: dict[str, New] = {}
        #: Names that unmatched campaigns share with campaigns of the brand, probably the same ones.
        self.shared: set[str] = set()

    def check(self, brand: Brand) -> None:
        """Refuse a brand of this name with another currency or timezone than the rows are read in.

        Raises:
            ImportRefused: with both, and the remedy.
        """
        wanted = self.into
        if (brand.currency, brand.timezone) != (wanted.currency, wanted.timezone):
            raise ImportRefused(
                f"new brand: there is a brand {brand.name} already, in {brand.currency} and "
                f"{brand.timezone}, and the file is read in {wanted.currency} and "
                f"{wanted.timezone}. Create the campaigns in that brand, or give the new one "
                "another name."
            )

    @property
    def numbered(self) -> Collection[New]:
        """All of them; those without a good row are not created."""
        return self._numbered.values()

    def of(self, unknown: Collection[Reference], *, have_ids: bool) -> dict[Reference, New]:
        """The new campaigns with these references.

        Without those whose name a campaign of the brand has: they are to be matched. Unless that
        one is known in the same account by another id, so that it is another one.
        """
        accounts = self._accounts_of({each.name for each in unknown})
        new: dict[Reference, New] = {}
        for each in unknown:
            known_in = accounts.get(each.name)
            if known_in is None or (have_ids and each.account in known_in):
                name = each.name or each.reference
                new[each] = self._number(each.known_as, each.known_as, name, each)
            else:
                self.shared.add(each.name)
        return new

    def named(self, name: str) -> New:
        """The new campaign of this name, in a file of no platform."""
        return self._number(name, "", name, None)

    def _accounts_of(self, names: set[str]) -> dict[str, set[str]]:
        """The brand's campaigns of these names, and the platform's accounts that know them."""
        found: dict[str, set[str]] = defaultdict(set)
        held = {name for name in names if name and "\x00" not in name}
        rows = Campaign.objects.filter(brand=self.brand_id, name__in=held).order_by()
        for name, platform, account in rows.values_list(
            "name", "references__platform", "references__account"
        ):
            found[name] |= {account} if platform == self._platform else set()
        return found

    def _number(self, key: str, known_as: str, name: str, reference: Reference | None) -> New:
        if key not in self._numbered:
            if len(self._numbered) >= MOST:
                raise ImportRefused(
                    f"The file has more than {MOST:,} campaigns that do not exist yet, which is "
                    "the most that one file may bring. Split it."
                )
            self._numbered[key] = New(
                -len(self._numbered) - 1,
                self.into.timezone,
                self.into.currency,
                self._latest,
                known_as,
                self.into.name,
                name,
                reference,
            )
        return self._numbered[key]


def trouble_of_name(name: str) -> str:
    """Why no campaign may have this name, as it stands in the file; "" if one may."""
    try:
        check_text("campaign", name, required=True)
    except InvalidSpend as error:
        return error.reason
    if name != name.strip():
        return "it begins or ends with a space; leave that out."
    return ""
