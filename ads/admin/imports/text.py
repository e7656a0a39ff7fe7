"""What the pages of imports show: the progress, the figures, the switched campaigns."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.safestring import SafeString

from ads.admin.elements import NOTHING, actor_name, badge, counted
from ads.models import SpendBatch, SpendImport
from ads.models.spend import ImportStatus
from ads.rules.calendar import format_instant
from ads.rules.currencies import DEFAULT
from ads.rules.money import format_money, format_sums
from ads.services.imports import FORMATS, Sniffed, figures, sums_of, uploads

COLOURS: Final[Mapping[str, str]] = {
    ImportStatus.RECORDED: "success",
    ImportStatus.REFUSED: "warning",
    ImportStatus.CHECKED: "info",
    ImportStatus.UNMAPPED: "info",
}

#: Refused rows on the page; the rest are in the CSV.
SHOWN_PROBLEMS = 200

#: Of a file whose columns are being mapped.
SHOWN_COLUMNS = 50
SHOWN_ROWS = 5

#: Earlier uploads of the same file that are listed.
SHOWN_EARLIER = 5

#: A worker runs it, or will.
RUNNING = (
    ImportStatus.UPLOADED,
    ImportStatus.CHECKING,
    ImportStatus.CONFIRMED,
    ImportStatus.RECORDING,
)


def money(stored: Any) -> str:
    """Stored sums by currency: "$1,234.50 · €300.00"."""
    return format_sums(sums_of(stored))


def progress(upload: SpendImport) -> dict[str, Any]:
    """The progress of the running step; ``percent`` is None where it is unknown."""
    is_running = upload.status in RUNNING
    percent: int | None = None
    if not is_running:
        text = ""
    elif upload.status in (ImportStatus.UPLOADED, ImportStatus.CONFIRMED):
        is_behind = uploads.is_behind_another(upload)
        text = "Waiting for another import to finish." if is_behind else "Waiting for a worker."
    else:
        is_checking = upload.status == ImportStatus.CHECKING
        rows = counted(upload.rows_read, "row")
        if upload.bytes_read >= upload.size:
            last = "Preparing the preview." if is_checking else "Recording and enforcing budgets."
            text = f"{rows} read. {last}"
        else:
            percent = int(100 * upload.bytes_read / upload.size)
            step = "Checking" if is_checking else "Recording"
            text = f"{step}: {rows} read, {percent}% of the file."
    return {
        "status": upload.status,
        "label": status(upload),
        "is_running": is_running,
        "percent": percent,
        "text": text,
    }


def status(upload: Any) -> str:
    """The text of its status; ``upload`` as of :func:`uploads.with_waiting`."""
    if upload.is_undone:
        return "Undone"
    label = str(upload.get_status_display())
    waits = _still_waiting(upload)
    if not waits:
        return label
    if upload.all_waited:
        return f"Waits to be matched: {waits}"
    return f"{label}, {waits} waits to be matched"


def _still_waiting(upload: Any) -> str:
    """What waits to be matched; "" if nothing does."""
    sums = {each["currency"]: Decimal(each["sum"]) for each in upload.still_waiting or ()}
    return format_sums(sums)


def status_badge(upload: Any) -> SafeString:
    waits = bool(upload.still_waiting)
    colour = "warning" if waits else COLOURS.get(upload.status, "plain")
    return badge(status(upload), "plain" if upload.is_undone else colour)


def result(upload: Any) -> str:
    outcome = upload.outcome
    if upload.is_undone:
        return "undone"
    if upload.status == ImportStatus.RECORDED and outcome:
        rows = counted(outcome["rows"], "row")
        parts = [f"recorded {money(outcome['difference'])} from {rows}"]
        if outcome.get("waiting_rows"):
            waited = money(outcome["waiting_amount"])
            parts = [*parts[: outcome["rows"]], f"{waited} kept until it is matched"]
        return ", ".join(parts)
    return str(upload.get_status_display()).lower()


def facts(upload: SpendImport) -> list[tuple[str, str, str]]:
    """Who uploaded it when, and how it is read: labels, texts, and the whole of shortened texts."""
    preview = upload.preview or {}
    plan = preview.get("plan") or upload.plan
    shown = [("Uploaded", f"{format_instant(upload.created_at)} by {upload.uploaded_by}", "")]
    if upload.confirmed_at:
        at = format_instant(upload.confirmed_at)
        shown.append(("Confirmed", f"{at} by {upload.confirmed_by}", ""))
    if upload.finished_at:
        shown.append(("Finished", format_instant(upload.finished_at), ""))
    format_ = FORMATS.get(upload.format)
    shown += [
        ("Size", filesizeformat(upload.size), ""),
        ("SHA-256", f"{upload.sha256[:12]}…", upload.sha256),
        ("Format", format_.label if format_ else upload.format, ""),
        ("Source", str(plan.get("source") or NOTHING), ""),
    ]
    if sheet := plan.get("sheet"):
        shown.append(("Sheet", sheet, ""))
    if timezone := plan.get("timezone"):
        shown.append(("Timezone of the file", timezone, ""))
    if plan.get("accept_timezone"):
        shown.append(("Difference between timezones", "accepted", ""))
    if first := preview.get("first_date"):
        last = preview["last_date"]
        shown.append(("Days", first if first == last else f"{first} to {last}", ""))
    return shown


def same_files(earlier: QuerySet[SpendImport]) -> dict[str, Any]:
    """Earlier uploads of the same bytes, the first of them with their results."""
    listed = [
        {
            "file_name": other.file_name,
            "at": format_instant(other.created_at),
            "by": other.uploaded_by,
            "result": result(other),
            "link": reverse("admin:ads_spendimport_change", args=[other.pk]),
        }
        for other in earlier[:SHOWN_EARLIER]
    ]
    more = earlier.count() - SHOWN_EARLIER if len(listed) == SHOWN_EARLIER else 0
    return {"same": listed, "other_same": more}


def outcome(upload: Any) -> dict[str, Any]:
    """What it did or would do; ``upload`` with ``still_waiting``."""
    is_recorded = upload.outcome is not None
    values = upload.outcome or upload.preview
    if not values or upload.status in RUNNING:
        return {}
    switched = ("started", "stopped") if is_recorded else ("would_start", "would_stop")
    # The figures of each campaign are the preview's; they hold if as much was recorded in all.
    preview = upload.preview or {}
    shown = values["problems"][:SHOWN_PROBLEMS]
    return {
        "outcome": values,
        "questions": [
            {
                **asked,
                "more": asked["count"] - len(asked["rows"]),
                "decided": dict(asked["choices"]).get(asked["answer"]),
            }
            for asked in values.get("questions", [])
        ],
        "waited": money(values.get("waiting_amount")),
        "still_waiting": _still_waiting(upload),
        "on_record": [
            (
                each["source"],
                each["platform"] or NOTHING,
                "Day totals" if each["are_totals"] else "Entries and corrections",
                f"{each['days']:,}",
                format_money(Decimal(each["amount"]), each.get("currency", DEFAULT)),
            )
            for each in values.get("on_record", [])
        ],
        "is_recorded": is_recorded,
        "figures": figures(values, is_preview=not is_recorded),
        "problems": shown,
        "refused_count": counted(values["problem_count"], "row"),
        "more_problems": values["problem_count"] - len(shown),
        "switches": _readable(values["switches"]),
        "more_switches": sum(values[each] for each in switched) - len(values["switches"]),
        "campaigns": _readable(preview.get("campaigns", [])),
        "more_campaigns": preview.get("campaign_count", 0) - len(preview.get("campaigns", [])),
        "is_as_previewed": values["difference"] == preview.get("difference"),
        "depended": any(
            asked["code"] in ("overlap", "left_out") for asked in values.get("questions", [])
        ),
        "rows": f"{values['rows']:,}",
        "amount": money(preview.get("amount")),
        "difference": money(values["difference"]),
        "unmatched": _readable(values.get("unknown", [])),
        "more_unmatched": values.get("unknown_count", 0) - len(values.get("unknown", [])),
        "samples": _readable(values.get("samples", [])),
        "missing": _readable(values.get("missing", [])),
        "more_missing": values.get("missing_count", 0) - len(values.get("missing", [])),
        **_created(values.get("created")),
    }


def _created(created: dict[str, Any] | None) -> dict[str, Any]:
    if not created:
        return {"created": None}
    more = created["count"] - len(created["campaigns"])
    campaigns = counted(created["count"], "campaign")
    return {
        "created": {
            **created,
            "title": f"{campaigns} in {'the new brand ' if created['is_new_brand'] else ''}"
            f"{created['brand']}",
            "campaigns": _readable(created["campaigns"]),
            "more": more,
            "counted": campaigns,
        }
    }


def _readable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with their amounts and counts as people read them."""
    return [
        {
            **row,
            **{
                key: format_money(Decimal(row[key]), row.get("currency", DEFAULT))
                for key in ("amount", "difference")
                if row.get(key) is not None
            },
            **({"rows": f"{row['rows']:,}"} if "rows" in row else {}),
        }
        for row in rows
    ]


def possible(upload: SpendImport) -> dict[str, bool]:
    preview = upload.preview or {}
    has_good = bool(preview.get("rows") or preview.get("waiting_rows"))
    return {
        "can_confirm": upload.status == ImportStatus.CHECKED and has_good,
        "can_read_anew": upload.status in uploads.READABLE_ANEW,
        "can_cancel": upload.status in uploads.CANCELLABLE,
        "is_over": upload.status in (ImportStatus.RECORDED, ImportStatus.CANCELLED),
    }


def first_rows(look: Sniffed | None) -> dict[str, Any]:
    """The header and the first rows of the file; not more columns than fit."""
    if look is None:
        return {}
    return {
        "look": look,
        "header": look.header[:SHOWN_COLUMNS],
        "more_columns": max(len(look.header) - SHOWN_COLUMNS, 0),
        "rows": [row[:SHOWN_COLUMNS] for row in look.rows[:SHOWN_ROWS]],
    }


def undone(batch: SpendBatch | None) -> str:
    """When the batch was undone, by whom and why; "" where it counts."""
    undo = getattr(batch, "undone_by", None)
    if batch is None or undo is None or batch.counts:
        return ""
    return f"{format_instant(undo.recorded_at)} by {actor_name(undo.recorded_by)}: {undo.reason}"
