"""From the rows of a file to what they would change; everything that is wrong is found at once."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.contrib.auth.models import User

from ads.models import Brand, Campaign
from ads.rules.currencies import MINOR_UNITS, labelled, spelled
from ads.rules.money import typed
from ads.services import visible
from ads.services.imports import Number, is_open, order_of
from ads.services.setup import stored
from ads.services.setup.columns import (
    BRAND,
    CAMPAIGN,
    DATES,
    MONEY,
    NONE,
    BadCell,
    Column,
    dates_by,
    written_id,
)
from ads.services.setup.notes import notes_of
from ads.services.setup.plan import Plan, Target, new_target
from ads.services.setup.sheet import Line, Problem, Sheet
from ads.services.team import labels

_ID: Final = re.compile(r"[0-9]{1,18}")

_KEYS: Final = {"brand_id", "campaign_id"}

#: Decimal places of some currencies' amounts, and the digits of a thousand.
_THREE: Final = 3


def plan_of(sheet: Sheet) -> Plan:
    """What the file would change, by what is stored; a fixed number of queries."""
    planning = _Planning(sheet)
    planning.brands()
    planning.campaigns()
    planning.check()
    planning.plan.problems.sort(key=lambda one: one.line)
    return planning.plan


class _Planning:
    def __init__(self, sheet: Sheet) -> None:
        self.plan = Plan(problems=list(sheet.problems))
        self._sheet = sheet
        of_campaigns = {"campaign", "campaign_id"}
        self._brand_lines = [one for one in sheet.lines if not of_campaigns & one.cells.keys()]
        self._campaign_lines = [one for one in sheet.lines if of_campaigns & one.cells.keys()]
        #: Brands of the file and of its campaigns, by id, and by their names before and after.
        self._by_id: dict[int, Target] = {}
        self._by_name: dict[str, Target] = {}
        self._renamed: dict[str, Target] = {}
        self._schedules: dict[str, int] = {}
        self._labels: dict[str, tuple[str, int]] = {}
        self._managers: dict[str, User] | None = None
        dates = (line.cells[name] for line in sheet.lines for name in DATES if name in line.cells)
        day_first = next((order for text in dates if (order := order_of(text)) is not None), None)
        self._date = dates_by(day_first)

    def _problem(self, line: int, column: str, value: str, reason: str) -> None:
        self.plan.problems.append(Problem(line, column, value[:80], reason))

    # Brands.

    def brands(self) -> None:
        """The rows of brands, and the brands that only campaigns name."""
        ids = {pk for line in self._sheet.lines if (pk := self._key(line, "brand_id"))}
        texts = {line.cells["brand"] for line in self._sheet.lines if "brand" in line.cells}
        self._add_brands(stored.brands(ids, texts | {text.strip() for text in texts}))
        self._complete_labels(Brand, self._by_id)
        seen: dict[Target, int] = {}
        for line in self._brand_lines:
            target = self._brand_of_row(line)
            if target is None:
                continue
            if target in seen:
                self._twice(line, seen[target], "brand")
                continue
            seen[target] = target.line = line.number
            self._read(line, target)
            self.plan.targets.append(target)
            name = target.name
            other = self._renamed.get(name) or self._by_name.get(name)
            if other not in (None, target):
                self._taken(line, "brand", name, other)
            else:
                self._renamed[name] = target

    def _add_brands(self, found: list[Target]) -> None:
        for one in found:
            if one.pk not in self._by_id:
                self._by_id[one.pk or 0] = one
                self._by_name[one.name] = one

    def _brand_of_row(self, line: Line) -> Target | None:
        """The brand that a row is about; a new one where there is none of this name."""
        if "brand_id" in line.cells:
            return self._by_key(line, "brand_id", self._by_id)
        name = line.cells.get("brand", "")
        if not name:
            self._problem(line.number, "brand", "", "name the brand.")
            return None
        known = self._by_name.get(name) or self._by_name.get(name.strip())
        known = known or self._renamed.get(name.strip())
        if known is None and visible.brand_ids() is not None:
            why = "it is none of the brands that you are limited to, and you may not add one."
            self._problem(line.number, "brand", name, why)
            return None
        return known or new_target(BRAND, line.number, name.strip())

    def _key(self, line: Line, column: str) -> int | None:
        text = line.cells.get(column, "").strip().removesuffix(".0")
        return int(text) if _ID.fullmatch(text) else None

    def _by_key(self, line: Line, column: str, known: Mapping[int, Target]) -> Target | None:
        pk = self._key(line, column)
        found = known.get(pk) if pk is not None else None
        if found is None:
            what = column.removesuffix("_id")
            why = f"there is no {what} with this id. For a new {what} leave the id empty."
            self._problem(line.number, column, line.cells[column], why)
        return found

    # Campaigns.

    def campaigns(self) -> None:
        ids = {pk for line in self._campaign_lines if (pk := self._key(line, "campaign_id"))}
        by_id = self._load(ids)
        named: dict[tuple[int, str], Target] = {}
        rows = self._with_brands(by_id)
        wanted = {
            (brand.pk, name)
            for line, brand, target in rows
            if brand.pk and (target is None or line.cells.get("campaign"))
            for name in (line.cells["campaign"], line.cells["campaign"].strip())
        }
        by_id |= self._load(set(stored.campaign_ids(wanted)) - by_id.keys())
        for one in by_id.values():
            assert one.brand is not None  # noqa: S101
            named[one.brand.pk or 0, one.name] = one
        self._complete(by_id)
        seen: dict[Target, int] = {}
        after: dict[tuple[Target, str], Target] = {}
        for line, brand, identified in rows:
            target = identified or self._campaign_of_row(line, brand, named, after)
            if target in seen:
                self._twice(line, seen[target], "campaign")
                continue
            seen[target] = target.line = line.number
            self._read(line, target)
            self.plan.targets.append(target)
            other = after.get((brand, target.name)) or named.get((brand.pk or 0, target.name))
            if other not in (None, target):
                self._taken(line, "campaign", target.name, other)
            after[brand, target.name] = target

    def _campaign_of_row(
        self,
        line: Line,
        brand: Target,
        named: Mapping[tuple[int, str], Target],
        after: Mapping[tuple[Target, str], Target],
    ) -> Target:
        """The campaign of this name; a new one where the brand has none."""
        text = line.cells["campaign"]
        for name in (text, text.strip()):
            if known := named.get((brand.pk or 0, name)) or after.get((brand, name)):
                return known
        target = new_target(CAMPAIGN, line.number, text.strip())
        target.brand = brand
        return target

    def _load(self, ids: set[int]) -> dict[int, Target]:
        found = stored.campaigns(ids) if ids else []
        self._add_brands(stored.brands({brand for brand, _ in found} - self._by_id.keys(), ()))
        for brand_id, one in found:
            one.brand = self._by_id[brand_id]
        return {one.pk or 0: one for _, one in found}

    def _complete(self, campaigns: Mapping[int, Target]) -> None:
        """With their schedules and platform IDs, where the file has these columns."""
        loads: dict[str, Callable[[Any], Mapping[int, Any]]] = {
            "schedules": stored.schedules_of,
            "platform_ids": stored.references_of,
            "budget_group": stored.groups_of,
        }
        self._complete_labels(Campaign, campaigns)
        if "schedules" in self._sheet.columns:
            self._schedules = stored.schedules()
        for column, load in loads.items():
            if column in self._sheet.columns:
                values = load(campaigns.keys())
                for pk, one in campaigns.items():
                    value = values.get(pk, CAMPAIGN[column].default)
                    one.before[column] = one.after[column] = value

    def _complete_labels(self, model: labels.Model, targets: Mapping[int, Target]) -> None:
        if "labels" in self._sheet.columns:
            self._labels = self._labels or stored.every_label()
            named = labels.names_of(model, targets)
            for pk, one in targets.items():
                one.before["labels"] = one.after["labels"] = named.get(pk, ())

    def _with_brands(self, by_id: Mapping[int, Target]) -> list[tuple[Line, Target, Target | None]]:
        """Each row with its brand, and the campaign if its id says which it is."""
        rows = []
        for line in self._campaign_lines:
            target = None
            if "campaign_id" in line.cells:
                target = self._by_key(line, "campaign_id", by_id)
                if target is None:
                    continue
            brand = self._brand_of(line, target)
            if brand is not None:
                rows.append((line, brand, target))
        return rows

    def _brand_of(self, line: Line, target: Target | None) -> Target | None:
        text = line.cells.get("brand", "")
        name = text.strip()
        brand = target.brand if target else None
        if "brand_id" in line.cells:
            said = self._by_key(line, "brand_id", self._by_id)
        elif name:
            said = self._renamed.get(name) or self._by_name.get(text) or self._by_name.get(name)
        else:
            said = brand
        if said is None and not name:
            if "brand_id" not in line.cells:
                self._problem(line.number, "brand", "", "name the brand of the campaign.")
        elif brand is not None and said is not brand:
            why = (
                f"campaign {target.pk if target else ''} is of {brand.before['brand']}, and a "
                "campaign keeps its brand for life. For a new campaign leave campaign_id empty."
            )
            self._problem(line.number, "brand", name, why)
            return None
        elif said is None and "brand_id" not in line.cells:
            why = "there is no such brand."
            if visible.brand_ids() is None:
                why += " To create it, add a row for it with the campaign empty."
            self._problem(line.number, "brand", name, why)
        elif said and name and name not in (said.before["brand"].strip(), said.name.strip()):
            why = f"brand_id {said.pk} is {said.name}. Rename a brand in a row of its own."
            self._problem(line.number, "brand", name, why)
            return None
        return said

    # Cells.

    def _read(self, line: Line, target: Target) -> None:
        currency = target.brand.before["currency"] if target.brand else target.before["currency"]
        for name, text in line.cells.items():
            if name in _KEYS or (target.brand and name == "brand"):
                continue
            column = target.columns.get(name)
            if column is None:
                self._repeated(line, name, text, target)
                continue
            target.given.add(name)
            if not target.is_new and _is_same(column, target.before[name], text, currency):
                continue
            try:
                target.after[name] = self._value(name, column, text)
            except BadCell as error:
                self._problem(line.number, name, text, str(error))
        for name in MONEY:
            text = line.cells[name] if name in target.given else ""
            code, number = _named_currency(text), typed(text)[0].strip()
            if code is not None and code != target.currency:
                why = (
                    f"it is an amount in {labelled(code)}, and the brand's currency is "
                    f"{labelled(target.currency)}. Write it in {target.currency}."
                )
                self._problem(line.number, name, text, why)
            elif (
                is_open(number)
                and MINOR_UNITS.get(target.currency) != _THREE
                and target.after[name] != target.before[name]
            ):
                why = (
                    "its dot may be the decimal sign or separate thousands; write "
                    f"{number.replace('.', '')} or {number}0."
                )
                self._problem(line.number, name, text, why)
        start, end = (target.after.get(name) for name in DATES)
        if start and end and end < start:
            why = f"the flight ends before it starts ({start})."
            self._problem(line.number, "end_date", str(end), why)
        if target.after.get("stops_when_stale") and target.after["stale_after_minutes"] is None:
            why = "say in stale_after_minutes after how many minutes its campaigns are to stop."
            self._problem(line.number, "stops_when_stale", "on", why)

    def _value(self, name: str, column: Column, text: str) -> Any:
        if name == "account_manager" and visible.brand_ids() is not None:
            raise BadCell("you are limited to brands, so account managers are not yours to choose.")
        if text.strip().casefold() == NONE and column.field != "name":
            if column.none is ...:
                raise BadCell(f'it cannot be "{NONE}". To leave it as it is, leave the cell empty.')
            return column.none
        if name in DATES:
            return self._date(text)
        value = column.read(text)
        of_rows: dict[str, Callable[[Any], Any]] = {
            "schedules": self._known,
            "labels": self._known_labels,
            "account_manager": self._known_manager,
        }
        return of_rows[name](value) if name in of_rows else value

    def _known(self, given: tuple[str, ...]) -> tuple[str, ...]:
        by_name = {name.strip(): name for name in self._schedules}
        for name in given:
            if name not in by_name:
                raise BadCell(
                    f"there is no schedule {name!r}. Create it first, under Dayparting schedules."
                )
        return tuple(sorted({by_name[name] for name in given}))

    def _known_labels(self, given: tuple[str, ...]) -> tuple[str, ...]:
        for name in given:
            if name.lower() not in self._labels:
                raise BadCell(f"there is no label {name!r}. Create it first, under Labels.")
        return tuple(sorted({self._labels[name.lower()][0] for name in given}))

    def _known_manager(self, name: str) -> User:
        if self._managers is None:
            self._managers = stored.managers()
        if (user := self._managers.get(name.lower())) is None:
            raise BadCell(
                f"nobody who can log in has the user name {name!r}. Write the user name, not the "
                "full name; an administrator adds people under Users."
            )
        return user

    def _repeated(self, line: Line, name: str, text: str, target: Target) -> None:
        """A cell of the other kind of row; its brand's may be repeated in a campaign's row."""
        if target.brand and name in BRAND:
            try:
                if BRAND[name].read(text) == target.brand.after[name]:
                    return
            except BadCell:
                pass
            why = f"this belongs to the brand ({target.brand.after[name]}); change it in its row."
        else:
            why = "brands do not have this; it is only for campaign rows."
        self._problem(line.number, name, text, why)

    def _twice(self, line: Line, first: int, what: str) -> None:
        why = f"line {first} is about the same {what}; each may be in the file only once."
        if f"{what}_id" in line.cells:
            why += f" For a new {what} leave {what}_id empty."
        self._problem(line.number, what, line.cells.get(what, ""), why)
        if not any(one.line == first and one.column == what for one in self.plan.problems):
            why = f"line {line.number} is about the same {what}; each may be in the file only once."
            self._problem(first, what, "", why)

    def _taken(self, line: Line, what: str, name: str, other: Target | None) -> None:
        why = f"another {what} has this name"
        if other is not None and other.line and other.name == name:
            why += f" (line {other.line})."
        else:
            why += " at present. If it is to be renamed, do that first, in a file of its own."
        self._problem(line.number, what, name, why)

    # Across rows.

    def check(self) -> None:
        """What only the whole file shows."""
        self._check_ids()
        self._check_groups()
        self._check_currencies()
        if not self.plan.problems:
            self.plan.notes = list(notes_of(self._sheet, self.plan))

    def _check_ids(self) -> None:
        claimed: dict[Any, Target] = {}
        added = defaultdict(list)
        kept = {}
        for one in self.plan.targets:
            if one.columns is not CAMPAIGN:
                continue
            for each in one.after["platform_ids"]:
                if each in claimed:
                    where = f"line {claimed[each].line}"
                    self._problem(
                        one.line, "platform_ids", written_id(each), f"{where} has the same ID."
                    )
                claimed[each] = one
                if each not in one.before["platform_ids"]:
                    added[each].append(one)
            if one.pk and "platform_ids" in one.given:
                kept[one.pk] = set(one.after["platform_ids"])
        for each, (pk, holder) in stored.holders(added).items():
            if pk in kept and each not in kept[pk]:
                continue  # this file takes it away from there
            for one in added[each]:
                why = f"{holder} has this ID. Take it away there first, or in this file."
                self._problem(one.line, "platform_ids", written_id(each), why)

    def _check_groups(self) -> None:
        joining = [
            one
            for one in self.plan.targets
            if one.columns is CAMPAIGN
            and one.after["budget_group"] not in ("", one.before["budget_group"])
        ]
        known = stored.groups({one.brand.pk for one in joining if one.brand and one.brand.pk})
        for one in joining:
            brand, name = one.brand, one.after["budget_group"]
            if brand is not None and (brand.pk, name) not in known:
                why = (
                    f"{brand.name} has no such budget group. Create it first, under Budget groups."
                )
                self._problem(one.line, "budget_group", name, why)

    def _check_currencies(self) -> None:
        changed = {
            one.pk: one
            for one in self.plan.targets
            if one.pk and one.columns is BRAND and one.after["currency"] != one.before["currency"]
        }
        for pk in stored.with_spend(changed.keys()):
            one = changed[pk]
            why = (
                f"spend has been recorded in {one.before['currency']}, so the currency is fixed; "
                f"make another brand for {one.after['currency']}."
            )
            self._problem(one.line, "currency", one.after["currency"], why)


def _named_currency(text: str) -> str | None:
    """The currency that an amount is said to be in, by itself or by how a workbook shows it."""
    sign = text.sign if isinstance(text, Number) else ""
    return typed(text)[1] or (spelled(sign) if sign else None)


def _is_same(column: Column, value: Any, text: str, currency: str) -> bool:
    """Is the cell what an export writes for this value?"""
    if text == (cell := column.cell(value, currency)):
        return True
    return text.strip() == cell.strip()
