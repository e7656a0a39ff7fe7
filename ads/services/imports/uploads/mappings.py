"""How files were mapped by hand, remembered by their header; and what a new header may mean."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from ads.models import Brand, ColumnMapping
from ads.services.imports.plan import Plan
from ads.services.imports.uploads import storable

#: Of a plan. The rest is seen by looking at each file, or is its own.
REMEMBERED: Final = (
    "source",
    "mapping",
    "date_format",
    "decimal",
    "platform",
    "account",
    "brand_id",
    "campaign_by",
    "round_amounts",
)

#: Ways to write a day, as ``strptime`` takes them; the unmistakable first, then the more usual.
DATE_FORMATS: Final = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d %b %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d.%m.%y",
    "%m/%d/%y",
)

_LONGEST_NAME: Final = 100

#: What columns are often called, by field; of several the earlier column counts.
_OFTEN: Final = {
    "date": re.compile(r"\b(date|day|datum|tag|fecha|dia)\b", re.IGNORECASE),
    "amount": re.compile(
        r"(amount.?spent|\bspen[dt]\b|\bcosts?\b|\bamount\b|betrag|kosten|ausgaben|\bcoste\b)",
        re.IGNORECASE,
    ),
    "campaign": re.compile(r"(campaign|kampagne|campaña)", re.IGNORECASE),
}
_TOO_LONG: Final = re.compile(r"[0-9]+[.,][0-9]{7,}")
_RATHER_NOT: Final = re.compile(r"(per|/|ctr|cpc|cpm|type|status|budget|objective)", re.IGNORECASE)


def remember(header: Sequence[str], plan: Plan, *, name: str) -> ColumnMapping:
    """Read files with this header like that from now on, unless somebody says otherwise."""
    told = plan.as_json()
    values = {
        "header": storable.json(list(header)),
        "plan": storable.json({field: told[field] for field in REMEMBERED}),
    }
    kept, _ = ColumnMapping.objects.update_or_create(
        header_sha256=_checksum(header),
        defaults=values,
        create_defaults={**values, "name": name[:_LONGEST_NAME]},
    )
    return kept


def recall(header: Sequence[str], plan: Plan) -> Plan | None:
    """``plan`` with what is remembered of files with this header, where it leaves that open.

    None: nobody has mapped such a file yet.
    """
    kept = ColumnMapping.objects.filter(header_sha256=_checksum(header)).first()
    if kept is None:
        return None
    return with_remembered(plan, kept.plan)


def with_remembered(plan: Plan, remembered: dict[str, Any]) -> Plan:
    """``plan``, and what was remembered where the plan leaves it open."""
    open_by = {field.name: getattr(Plan(), field.name) for field in fields(Plan)}
    values = {
        name: value
        for name, value in remembered.items()
        if name in REMEMBERED and getattr(plan, name) == open_by[name]
    }
    if values.get("brand_id") and not Brand.objects.filter(pk=values["brand_id"]).exists():
        del values["brand_id"]
    return replace(plan, **values)


def suggest(header: Sequence[str], rows: Sequence[Sequence[str]], plan: Plan) -> Plan:
    """``plan`` with what the file's look makes likely: columns, and how days are written.

    Amounts with more decimals than money has are likely to be noise of binary floats.
    """
    mapping = dict(plan.mapping)
    for field, often in _OFTEN.items():
        found = [name for name in header if often.search(name.replace("_", " "))]
        found.sort(key=lambda name: _RATHER_NOT.search(name) is not None)
        if found and field not in mapping and found[0] not in mapping.values():
            mapping[field] = found[0]
    days, amounts = (_cells(header, rows, mapping.get(field)) for field in ("date", "amount"))
    return replace(
        plan,
        mapping=mapping,
        date_format=plan.date_format or _way_of(days),
        round_amounts=plan.round_amounts or any(_TOO_LONG.fullmatch(text) for text in amounts),
    )


def _cells(header: Sequence[str], rows: Sequence[Sequence[str]], name: str | None) -> list[str]:
    """What stands in the column of this name; nothing if there is none."""
    if name is None or name not in header:
        return []
    at = list(header).index(name)
    return [row[at] for row in rows if len(row) > at and row[at]]


def _way_of(days: Sequence[str]) -> str | None:
    """The first way in which all of these are days; None: as a plan without one reads them."""
    for way in DATE_FORMATS:
        if days and all(_is_day(day, way) for day in days):
            return None if way == DATE_FORMATS[0] else way
    return None


def _is_day(text: str, way: str) -> bool:
    try:
        datetime.strptime(text, way)  # noqa: DTZ007  (a calendar day)
    except ValueError:
        return False
    return True


def _checksum(header: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(header)).encode("utf-8", "backslashreplace")).hexdigest()
