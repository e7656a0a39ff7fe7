"""What the pages of imports say: how far one has come, its figures, whom it switches."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from ads.admin.elements import NOTHING
from ads.models import SpendImport
from ads.models.imports import ImportStatus
from ads.rules.money import format_usd
from ads.services.imports import CANCELLABLE, FORMATS, READABLE_ANEW, Sniffed

COLOURS = {
    ImportStatus.RECORDED: "success",
    ImportStatus.REFUSED: "warning",
    ImportStatus.CHECKED: "info",
    ImportStatus.UNMAPPED: "info",
}

#: Refused rows on the page; the rest are in the CSV.
SHOWN_PROBLEMS = 200

#: Of a file whose columns are mapped.
SHOWN_COLUMNS = 50
SHOWN_ROWS = 5

#: A worker is at it, or is to be.
ON_THE_WAY = (
    ImportStatus.UPLOADED,
    ImportStatus.CHECKING,
    ImportStatus.CONFIRMED,
    ImportStatus.RECORDING,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure under a heading; ``usd`` what it comes to."""

    label: str
    text: str
    usd: str = ""


def usd(text: str | None) -> str:
    """An amount that is kept as text: "$1,234.50"."""
    return format_usd(Decimal(text or 0))


def figures(told: dict[str, Any], *, is_recorded: bool) -> list[Figure]:
    """The figures of an outcome, or of what it would be; zeros only where they say something."""
    new = "Recorded" if is_recorded else "Would be recorded"
    shown = [Figure("Good rows", f"{good_rows(told):,}")]
    if told["are_entries"]:
        shown.append(
            Figure(new, count(told["recorded"], "entry", "entries"), usd(told["difference"]))
        )
        optional = [("Recorded before", "duplicates", ""), ("Of zero", "zero", "")]
    else:
        shown.append(Figure("Day totals", f"{told['items']:,}"))
        shown.append(Figure(new, f"{told['recorded']:,}", usd(told["difference"])))
        optional = [
            ("Of them lowered", "lowered", "lowered_by"),
            ("Unchanged", "unchanged", ""),
            ("Older than known", "older", ""),
        ]
    optional += [
        ("Waiting to be matched", "waiting_rows", "waiting_amount"),
        ("Lines of totals, left out", "skipped", ""),
        ("Rounded", "rounded", "rounded_by"),
    ]
    shown += [
        Figure(label, f"{told[key]:,}", usd(told[amount]) if amount else "")
        for label, key, amount in optional
        if told.get(key)
    ]
    shown.append(Figure("Refused", f"{told['problem_count']:,}"))
    return shown


def good_rows(told: dict[str, Any]) -> int:
    """Rows in which nothing is wrong; those that wait to be matched are some of them."""
    return int(told["rows"]) + int(told.get("waiting_rows", 0))


def count(number: int, one: str, many: str = "") -> str:
    """ "1 row", "2 rows"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def progress(upload: SpendImport, *, is_behind: bool) -> dict[str, Any]:
    """How far the running step is, for the bar; ``is_behind`` another that runs first.

    ``percent`` is None where nobody can say.
    """
    percent: int | None = None
    if upload.status in (ImportStatus.UPLOADED, ImportStatus.CONFIRMED):
        text = (
            "It comes after another import that is running."
            if is_behind
            else "Waiting for a worker."
        )
    else:
        done = "Checking" if upload.status == ImportStatus.CHECKING else "Recording"
        read = upload.bytes_read / upload.size if upload.size else 1
        percent = min(int(100 * read), 100)
        text = f"{done}: {count(upload.rows_read, 'row')} read, {percent} % of the file."
        if percent == 100:  # noqa: PLR2004
            percent = None
            text = f"{count(upload.rows_read, 'row')} read. " + (
                "Working out what they would do."
                if upload.status == ImportStatus.CHECKING
                else "Recording them and deciding who may deliver."
            )
    return {
        "status": upload.status,
        "label": upload.get_status_display(),
        "is_on_the_way": upload.status in ON_THE_WAY,
        "percent": percent,
        "text": text if upload.status in ON_THE_WAY else "",
    }


def came_of_it(upload: SpendImport) -> str:
    """What became of an import, in a few words."""
    told = upload.outcome
    if upload.status == ImportStatus.RECORDED and told:
        return f"recorded {usd(told['difference'])} from {count(told['rows'], 'row')}"
    return upload.get_status_display().lower()


def size(number: int) -> str:
    """Bytes as people read them."""
    for unit, step in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if number >= step:
            return f"{number / step:,.1f}".removesuffix(".0") + f" {unit}"
    return count(number, "byte")


def facts(upload: SpendImport) -> list[dict[str, str]]:
    """Whose it is, since when, and how it is read."""
    read = upload.preview or {}
    plan = read.get("plan") or upload.plan
    shown = [
        ("Uploaded", f"{upload.created_at:%-d %b %Y, %H:%M} UTC by {upload.uploaded_by}", ""),
    ]
    if upload.confirmed_at:
        at = f"{upload.confirmed_at:%-d %b %Y, %H:%M} UTC"
        shown.append(("Confirmed", f"{at} by {upload.confirmed_by}", ""))
    if upload.finished_at:
        shown.append(("Finished", f"{upload.finished_at:%-d %b %Y, %H:%M} UTC", ""))
    shown += [
        ("Size", size(upload.size), ""),
        ("SHA-256", f"{upload.sha256[:12]}…", upload.sha256),
        ("Format", FORMATS[upload.format].label if upload.format in FORMATS else upload.format, ""),
        ("Source", str(plan.get("source") or NOTHING), ""),
    ]
    if first := read.get("first_date"):
        last = read["last_date"]
        shown.append(("Days", first if first == last else f"{first} to {last}", ""))
    return [{"label": label, "text": text, "title": title} for label, text, title in shown]


def same_files(others: QuerySet[SpendImport], named: int) -> dict[str, Any]:
    """Earlier uploads of the same bytes, the first ``named`` of them with what became of them."""
    found = list(others[: named + 1])
    return {
        "same": [
            {
                "file_name": other.file_name,
                "at": f"{other.created_at:%-d %b %Y, %H:%M}",
                "by": other.uploaded_by,
                "became": came_of_it(other),
                "link": reverse("admin:ads_spendimport_change", args=[other.pk]),
            }
            for other in found[:named]
        ],
        "other_same": others.count() - named if len(found) > named else 0,
    }


def told(upload: SpendImport) -> dict[str, Any]:
    """What it did or would do."""
    is_recorded = upload.outcome is not None
    what = upload.outcome or upload.preview
    if not what or upload.status in ON_THE_WAY:
        return {}
    switched = ("started", "stopped") if is_recorded else ("would_start", "would_stop")
    # What each campaign was to get is told by the check; it holds if as much was recorded in all.
    checked = upload.preview or {}
    shown = what["problems"][:SHOWN_PROBLEMS]
    return {
        "told": what,
        "is_recorded": is_recorded,
        "figures": figures(what, is_recorded=is_recorded),
        "problems": shown,
        "refused_count": count(what["problem_count"], "row"),
        "more_problems": what["problem_count"] - len(shown),
        "switches": _linked(what["switches"]),
        "more_switches": sum(what[each] for each in switched) - len(what["switches"]),
        "campaigns": _linked(checked.get("campaigns", [])),
        "is_as_checked": what["difference"] == checked.get("difference"),
        "rows": f"{what['rows']:,}",
        "amount": usd(checked.get("amount")),
        "difference": usd(what["difference"]),
        "unknown": [_in_usd(row) for row in what.get("unknown", [])],
        "samples": [_in_usd(row) for row in what.get("samples", [])],
        "more_campaigns": checked.get("campaign_count", 0) - len(checked.get("campaigns", [])),
        "more_unknown": what.get("unknown_count", 0) - len(what.get("unknown", [])),
    }


def _linked(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Campaigns with the address of their page."""
    return [
        {
            **_in_usd(row),
            "link": reverse("admin:ads_campaign_change", args=[row["campaign_id"]]),
        }
        for row in rows
    ]


def _in_usd(row: dict[str, Any]) -> dict[str, Any]:
    """Its amounts, and counts, as people read them."""
    amounts = ("amount", "difference")
    shown = {name: usd(row[name]) for name in amounts if row.get(name) is not None}
    if "rows" in row:
        shown["rows"] = f"{row['rows']:,}"
    return {**row, **shown}


def possible(upload: SpendImport) -> dict[str, bool]:
    """What may be done to it now."""
    return {
        "can_confirm": upload.status == ImportStatus.CHECKED and _has_good(upload.preview),
        "can_read_anew": upload.status in READABLE_ANEW,
        "can_cancel": upload.status in CANCELLABLE,
        "is_over": upload.status in (ImportStatus.RECORDED, ImportStatus.CANCELLED),
    }


def _has_good(preview: dict[str, Any] | None) -> bool:
    return bool(preview and (preview["rows"] or preview["waiting_rows"]))


def first_rows(look: Sniffed | None) -> dict[str, Any]:
    """The header and the first rows as they stand in the file; not more columns than fit."""
    if look is None:
        return {}
    return {
        "look": look,
        "header": look.header[:SHOWN_COLUMNS],
        "more_columns": max(len(look.header) - SHOWN_COLUMNS, 0),
        "rows": [row[:SHOWN_COLUMNS] for row in look.rows[:SHOWN_ROWS]],
    }
