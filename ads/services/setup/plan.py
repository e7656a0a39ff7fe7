"""What a setup file would change: each brand and campaign before and after."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from ads.models import Campaign
from ads.services.locks import among
from ads.services.setup.columns import BRAND, CAMPAIGN, Column
from ads.services.setup.sheet import Problem, RowsRefused


@dataclass(frozen=True, slots=True)
class Change:
    """One value of a brand or campaign, as people read it; ``old`` is "" for a new one."""

    column: str
    old: str
    new: str

    @property
    def label(self) -> str:
        return self.column.replace("_", " ").replace("ids", "IDs")

    def __str__(self) -> str:
        return f"{self.label} {f'{self.old} → ' if self.old else ''}{self.new}"


@dataclass(eq=False, slots=True)
class Target:
    """A brand, or a campaign of one, that the file names."""

    columns: Mapping[str, Column]
    #: 0 for a brand that only its campaigns name.
    line: int
    #: None until it is created.
    pk: int | None
    #: Values by column: as stored, and as the file has them.
    before: dict[str, Any]
    after: dict[str, Any]
    #: Columns that the row gives.
    given: set[str] = field(default_factory=set)
    #: Of a campaign.
    brand: "Target | None" = None
    is_new: bool = False

    @property
    def is_changed(self) -> bool:
        return self.is_new or self.before != self.after

    @property
    def naming(self) -> str:
        return "brand" if self.columns is BRAND else "campaign"

    @property
    def name(self) -> str:
        return str(self.after[self.naming])

    @property
    def currency(self) -> str:
        return str((self.brand or self).after["currency"])

    @property
    def label(self) -> str:
        return f"{self.brand.name} / {self.name}" if self.brand else self.name

    def changes(self) -> list[Change]:
        """What becomes of it; of a new one also its timezone and currency."""
        shown = {"timezone", "currency", "status"} if self.is_new else set()
        return [
            Change(name, "" if self.is_new else self._old(name), column.words(new, self.currency))
            for name, column in self.columns.items()
            if (new := self.after[name]) != self.before[name] or name in shown
        ]

    def _old(self, name: str) -> str:
        currency = str((self.brand or self).before["currency"])
        return self.columns[name].words(self.before[name], currency) or "–"

    def digest(self) -> str:
        """Differs where anything of the change does, before or after."""
        values = [
            None if self.is_new else self.pk,
            self.label,
            *self.before.values(),
            *self.after.values(),
        ]
        return hashlib.blake2s(repr(values).encode(), digest_size=6).hexdigest()


@dataclass(slots=True)
class Plan:
    #: Every row of the file, brands first.
    targets: list[Target] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    #: What is good to know, in sentences.
    notes: list[str] = field(default_factory=list)

    @property
    def changed(self) -> list[Target]:
        """Those that would change, in the order of the file."""
        return sorted((one for one in self.targets if one.is_changed), key=lambda one: one.line)

    def of(self, columns: Mapping[str, Column], *, new: bool) -> list[Target]:
        """Changed brands (BRAND), or campaigns (CAMPAIGN), that are new or that exist."""
        return [
            one
            for one in self.targets
            if one.columns is columns and one.is_changed and one.is_new is new
        ]

    def refuse_problems(self) -> None:
        """Raise RowsRefused if there are any."""
        if self.problems:
            raise RowsRefused(self.problems)

    def concerned(self) -> list[int]:
        """Ids of the campaigns that may start or stop, once what is new has its ids."""
        changed = {one.pk for one in self.changed if one.columns is CAMPAIGN and one.pk}
        brands = [one.pk for one in self.of(BRAND, new=False) if one.pk]
        regrouped = [
            one.brand.pk
            for one in self.changed
            if one.brand
            and one.brand.pk
            and one.before["budget_group"] != one.after["budget_group"]
        ]
        those = Q(brand__in=among(brands))
        if regrouped:  # they take their spend from one group to another
            those |= Q(brand__in=among(regrouped), budget_group__isnull=False)
        theirs = Campaign.objects.filter(those).order_by()
        return sorted(changed.union(theirs.values_list("pk", flat=True)))

    def told(self) -> Iterator[tuple[int, str, str, str, Change]]:
        """Every change with its line, brand, campaign ("" for a brand), and "new" or "changed"."""
        for one in self.changed:
            owner = (one.brand.name, one.name) if one.brand else (one.name, "")
            for change in one.changes():
                yield one.line, *owner, "new" if one.is_new else "changed", change

    def digests(self) -> dict[int, str]:
        """What changes, by line: two plans that do the same have the same."""
        return {one.line: one.digest() for one in self.changed}


def new_target(columns: Mapping[str, Column], line: int, name: str) -> Target:
    """One that is to be created, with what a new one has."""
    before = {key: column.default for key, column in columns.items()}
    naming = "brand" if columns is BRAND else "campaign"
    return Target(columns, line, None, before, {**before, naming: name}, is_new=True)
