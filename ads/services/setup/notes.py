"""What is good to know about the changes of a file, in sentences."""

from collections.abc import Iterable, Iterator
from typing import Final

from ads.services.setup import stored
from ads.services.setup.columns import BRAND, CAMPAIGN, MONEY
from ads.services.setup.plan import Plan, Target
from ads.services.setup.sheet import Sheet

#: Brands and campaigns that a note names.
NAMED: Final = 5


def notes_of(sheet: Sheet, plan: Plan) -> Iterator[str]:
    """Each of them; at most three queries."""
    yield from sheet.notes
    if sheet.ignored:
        listed = ", ".join(f'"{name}"' for name in sheet.ignored)
        yield f"Columns that are not read: {listed}."
    changed = [one for one in plan.changed if not one.is_new]
    if renamed := [one for one in changed if one.name != one.before[one.naming]]:
        yield f"Renamed: {_names(renamed)}."
    if unlimited := [one for one in changed if _loses_a_limit(one)]:
        yield f"A budget is taken away, so there is no limit: {_names(unlimited)}."
    idle = [
        one
        for one in plan.changed
        if one.columns is CAMPAIGN
        and one.after["schedules"]
        and one.after["schedules"] != one.before["schedules"]
        and not one.after["dayparting"]
    ]
    if idle:
        yield f"Dayparting is off, so schedules make no difference: {_names(idle)}."
    for one, other in [*_alike_brands(plan), *_alike_campaigns(plan)][:NAMED]:
        yield (
            f'{one.label} (line {one.line}) is new, and there is "{other}" already. To change that '
            "one, write its name in the same way."
        )


def _loses_a_limit(one: Target) -> bool:
    return any(one.after.get(name) is None and one.before.get(name) is not None for name in MONEY)


def _names(targets: Iterable[Target]) -> str:
    listed = list(targets)
    more = f" and {len(listed) - NAMED:,} more" if len(listed) > NAMED else ""
    return f"{', '.join(one.label for one in listed[:NAMED])}{more}"


def _alike_brands(plan: Plan) -> Iterator[tuple[Target, str]]:
    """New brands whose names differ from another's in capitals alone, and the other's name."""
    new = plan.of(BRAND, new=True)
    alike = stored.alike_brands(one.name for one in new) if new else {}
    for one in new:
        if one.name.lower() in alike:
            yield one, alike[one.name.lower()]


def _alike_campaigns(plan: Plan) -> Iterator[tuple[Target, str]]:
    """The same of campaigns, within their brands."""
    wanted = {
        (one.brand.pk, one.name): one
        for one in plan.of(CAMPAIGN, new=True)
        if one.brand and one.brand.pk
    }
    found = stored.campaigns(stored.campaign_ids(wanted, alike=True)) if wanted else []
    alike = {(brand, one.name.lower()): one.name for brand, one in found}
    for (brand, name), one in wanted.items():
        if (brand, name.lower()) in alike:
            yield one, alike[brand, name.lower()]
