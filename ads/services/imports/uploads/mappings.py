"""How an uploaded file is to be read: as detected, as remembered of its header, or as suggested."""

import hashlib
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from ads.models import Brand, ColumnMapping, SpendImport
from ads.models.spend import ImportPart
from ads.rules.currencies import MINOR_UNITS
from ads.services import visible
from ads.services.imports.formats import USUAL, bare
from ads.services.imports.parsing import Sniffed, has_time, look_at, without_midnight
from ads.services.imports.plan import Plan
from ads.services.imports.refusals import OutOfTurn
from ads.services.imports.uploads import parts, storable

BY_HAND: Final = "mapped"

#: The parts of a plan that are remembered. The others are detected, or differ by file.
REMEMBERED: Final = (
    "format",
    "source",
    "mapping",
    "date_format",
    "decimal",
    "unit",
    "is_daily",
    "platform",
    "account",
    "timezone",
    "brand_id",
    "campaign_by",
    "round_amounts",
)

#: Date formats, as ``strptime`` takes them; the unambiguous first, then the more usual.
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

#: What people who are limited to brands do not learn from a mapping that somebody else made.
_OF_BRANDS: Final = frozenset({"brand_id", "account", "source"})

#: Usual column names by field; the first column that matches counts.
_OFTEN: Final = {
    "date": re.compile(r"\b(date|day|datum|tag|fecha|dia)\b", re.IGNORECASE),
    "amount": re.compile(
        r"(amount.?spent|\bspen[dt]\b|\bcosts?\b|\bamount\b|betrag|kosten|ausgaben|\bcoste\b)",
        re.IGNORECASE,
    ),
    "campaign": re.compile(r"(campaign|kampagne|campaña)", re.IGNORECASE),
    "currency": re.compile(r"(currency|währung|devise|moneda|divisa|valuta|moeda)", re.IGNORECASE),
}
_UTC: Final = re.compile(r"(?:Z|\+00:?00)\Z")
_TOO_LONG: Final = re.compile(r"[0-9]+[.,][0-9]{7,}")
_RATHER_NOT: Final = re.compile(r"(per|/|ctr|cpc|cpm|type|status|budget|objective)", re.IGNORECASE)


def look(upload: SpendImport, plan: Plan) -> Sniffed:
    """Detect how the file is to be read; the plan overrides.

    Raises:
        OutOfTurn: its file is no longer stored.
        ImportRefused: it cannot be read like that at all.
    """
    if not parts.is_kept(upload.pk, ImportPart.FILE):
        raise OutOfTurn("The file is no longer stored. Upload it again.")
    raw = parts.PartsFile(upload.pk, ImportPart.FILE, name=upload.file_name)
    with io.BufferedReader(raw) as file:
        return look_at(file, plan)


def proposed(look: Sniffed, plan: Plan) -> Plan:
    """The plan to offer for a file that looks like this: the remembered one, or a suggestion."""
    if look.format != BY_HAND or plan.mapping:
        return plan
    return recall(look.header, plan) or suggest(look.header, look.rows, plan)


def remember(header: Sequence[str], plan: Plan, *, name: str) -> ColumnMapping:
    values_of = plan.as_json()
    values = {
        "header": storable.json(list(header)),
        "plan": storable.json({field: values_of[field] for field in REMEMBERED}),
    }
    kept, _ = ColumnMapping.objects.update_or_create(
        header_sha256=_checksum(header),
        defaults=values,
        create_defaults={**values, "name": name[:_LONGEST_NAME]},
    )
    return kept


def recall(header: Sequence[str], plan: Plan) -> Plan | None:
    """``plan``, completed with the remembered mapping of this header; None: there is none."""
    kept = ColumnMapping.objects.filter(header_sha256=_checksum(header)).first()
    if kept is None:
        return None
    default = Plan()
    values = {
        name: value
        for name, value in kept.plan.items()
        if name in REMEMBERED and getattr(plan, name) == getattr(default, name)
    }
    if visible.brand_ids() is not None:
        values = {name: value for name, value in values.items() if name not in _OF_BRANDS}
    elif values.get("brand_id") and not Brand.objects.filter(pk=values["brand_id"]).exists():
        del values["brand_id"]
    return replace(plan, **values)


def suggest(header: Sequence[str], rows: Sequence[Sequence[str]], plan: Plan) -> Plan:
    """``plan`` with the likely columns, date format and rounding.

    Amounts with more decimals than money has are probably binary floats.
    """
    mapping = dict(plan.mapping)
    for field, often in _OFTEN.items():
        found = [name for name in header if bare(name) in USUAL[field]]
        others = [name for name in header if often.search(name.replace("_", " "))]
        found += sorted(others, key=lambda name: _RATHER_NOT.search(name) is not None)
        if field == "currency":  # amounts may be called so, too: "Revenue (Adv Currency)"
            found = [name for name in found if set(_cells(header, rows, name)) & MINOR_UNITS.keys()]
        if found and field not in mapping and found[0] not in mapping.values():
            mapping[field] = found[0]
    if "hour" not in mapping and _has_hours(_cells(header, rows, mapping.get("date"))):
        mapping["hour"] = mapping.pop("date")
    days, amounts = (_cells(header, rows, mapping.get(field)) for field in ("date", "amount"))
    return replace(
        plan,
        mapping=mapping,
        date_format=plan.date_format or _way_of(days),
        round_amounts=plan.round_amounts or any(_TOO_LONG.fullmatch(text) for text in amounts),
    )


def _cells(header: Sequence[str], rows: Sequence[Sequence[str]], name: str | None) -> list[str]:
    if name is None or name not in header:
        return []
    at = list(header).index(name)
    return [row[at] for row in rows if len(row) > at and row[at]]


def _has_hours(texts: Sequence[str]) -> bool:
    """Are these days with hours, and not all of them midnights?"""
    midnights = [text for text in texts if without_midnight(said := _UTC.sub("", text)) != said]
    return len(midnights) < len(texts) and all(map(has_time, texts))


def _way_of(days: Sequence[str]) -> str | None:
    """The format that all of these have; None: that of a plan without one, or it may be two."""
    fitting = {way: read for way in DATE_FORMATS if days and (read := _read(days, way))}
    if len(set(fitting.values())) != 1 or DATE_FORMATS[0] in fitting:
        return None
    return next(iter(fitting))


def _read(days: Sequence[str], way: str) -> tuple[datetime, ...]:
    """All of these, read in this way; empty if one cannot be."""
    try:
        return tuple(datetime.strptime(day, way) for day in days)  # noqa: DTZ007  (calendar days)
    except ValueError:
        return ()


def _checksum(header: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(header)).encode("utf-8", "backslashreplace")).hexdigest()
