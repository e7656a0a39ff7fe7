"""Checking rows: what the ledger would refuse is refused here, with its line.

The rules are the ledger's own. Where a million rows make it worth while, a cheap question comes
first, to which "yes" means that the rule would say yes too.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final

from ads.services.errors import InvalidSpend
from ads.services.imports import currency
from ads.services.imports.errors import BadRow, Refusal, Refused
from ads.services.imports.formats import FORMATS, NOTHING
from ads.services.imports.parsing.amounts import Amounts
from ads.services.imports.parsing.campaigns import Campaigns, Found
from ads.services.imports.parsing.columns import Columns
from ads.services.imports.parsing.dates import Days
from ads.services.imports.parsing.reader import Chunk
from ads.services.imports.parsing.references import References, Said
from ads.services.imports.parsing.rows import Checked, Row, Sample, TotalsLine
from ads.services.imports.plan import Plan
from ads.services.ledger import (
    EARLIEST,
    LONGEST,
    check_date,
    check_day,
    check_has_come_somewhere,
    check_instant,
    check_text,
    day_of,
    read_instant,
)

#: Rows that are shown as they were understood.
SAMPLES: Final = 10

_TOTALS_LINES: Final = 20


class Checker:
    """Turns rows into what is staged; counts what it refuses and what it rounds."""

    def __init__(
        self,
        columns: Columns,
        header: Sequence[str],
        plan: Plan,
        *,
        now: dt.datetime,
        refused: Refused,
    ) -> None:
        self.refused = refused
        self.samples: list[Sample] = []
        self.totals_lines: list[TotalsLine] = []
        #: Lines of totals, which are no spend.
        self.skipped = 0
        #: Does the file say in which currency it is?
        self.knows_currency = columns.currency is not None or bool(
            currency.currency_of(header[columns.amount])
        )
        self.columns = columns
        self._header = list(header)
        self._format = FORMATS[plan.format or "plain"]
        self._now = now
        self._now_text = now.isoformat()
        decimal = plan.decimal or ("." if self._format.parts_thousands else None)
        self.amounts = Amounts(decimal, round_them=plan.round_amounts)
        self._days = Days(plan.date_format, self._format.date_formats)
        self._campaigns: Campaigns | References
        if plan.platform is None:
            self._campaigns = Campaigns(plan, now)
            self._key: Callable[[list[str]], Any] = itemgetter(columns.campaign)
        else:
            have_ids = columns.reference is not None
            self._campaigns = References(plan, self._format, now, have_ids=have_ids)
            self._key = said_by(columns, plan)

    def check(self, chunk: Chunk) -> Checked:
        """What to stage of these rows, in the order of the columns of :mod:`staging`."""
        campaigns = self._campaigns_of(chunk)
        checked = Checked([])
        rest: Sequence[int] = range(len(chunk.rows))
        if len(self.samples) >= SAMPLES:
            surely = self._sure_entries if self.columns.are_entries else self._sure_totals
            rest = surely(chunk, campaigns, checked)
        for i in rest:
            self._check(chunk, i, campaigns[i], checked)
        return checked

    def _campaigns_of(self, chunk: Chunk) -> list[Any]:
        """Of each row its campaign, Waiting, or why there is none; None: it has no such cell."""
        width, key = self.columns.width, self._key
        keys = [key(cells) if len(cells) == width else None for cells in chunk.rows]
        for i in chunk.troubles:
            keys[i] = None
        known: dict[Any, Any] = self._campaigns.learn({each for each in keys if each is not None})
        return [None if each is None else known[each] for each in keys]

    def _sure_totals(self, chunk: Chunk, campaigns: list[Any], checked: Checked) -> list[int]:
        """Day totals about which there is no doubt; the others' places in the chunk."""
        columns, days = self.columns, self._days.known
        fullmatch = self.amounts.surely_good.fullmatch
        at_amount, at_date = columns.amount, columns.date or 0
        at_currency, at_ends = columns.currency, columns.ends
        good: list[Any] = checked.good
        rest = []
        for i, (line, cells, campaign) in enumerate(
            zip(chunk.first_lines, chunk.rows, campaigns, strict=True)
        ):
            if (
                type(campaign) is Found
                and (day := days.get(cells[at_date])) is not None
                and day[0] <= campaign.latest
                and fullmatch(amount := cells[at_amount])
                and (at_currency is None or cells[at_currency] == currency.ONLY)
                and (at_ends is None or cells[at_ends] == cells[at_date])
            ):
                good.append(f"{line},{campaign.id},{day[1]},{amount},{campaign.quoted}\n")
            else:
                rest.append(i)
        return rest

    def _sure_entries(self, chunk: Chunk, campaigns: list[Any], checked: Checked) -> list[int]:
        """Entries about which there is no doubt; the others' places in the chunk."""
        columns, days = self.columns, self._days.known
        fullmatch = self.amounts.surely_good.fullmatch
        at_amount, at_date, at_id = columns.amount, columns.date, columns.external_id or 0
        at_currency, described = columns.currency, columns.description
        good: list[Any] = checked.good
        if at_date is None or columns.occurred_at is not None:
            return list(range(len(chunk.rows)))
        rest = []
        for i, (line, cells, campaign) in enumerate(
            zip(chunk.first_lines, chunk.rows, campaigns, strict=True)
        ):
            if (
                type(campaign) is Found
                and (day := days.get(cells[at_date])) is not None
                and day[0] <= campaign.latest
                and fullmatch(amount := cells[at_amount])
                and len(external_id := cells[at_id]) <= LONGEST["external_id"]
                and external_id.strip()
                and (at_currency is None or cells[at_currency] == currency.ONLY)
                and (described is None or len(cells[described]) <= LONGEST["description"])
            ):
                text = "" if described is None else cells[described]
                good.append(
                    (line, campaign.id, day[1], amount, self._now_text, text, external_id, 1, 0)
                )
            else:
                rest.append(i)
        return rest

    def _check(self, chunk: Chunk, i: int, campaign: Any, checked: Checked) -> None:
        row = Row(chunk.first_lines[i], chunk.rows[i], campaign)
        trouble = chunk.troubles.get(i)
        if trouble is None and self._is_totals(row):
            return
        try:
            staged = self._staged(row, trouble)
        except (Refusal, InvalidSpend) as error:
            row.reason = self._header_again(row.cells) or str(error)
            self.refused.add(BadRow(row.line, chunk.last_lines[i], row.reason, row.cells))
        else:
            into: list[Any] = checked.good if isinstance(campaign, Found) else checked.waiting
            into.append(staged)
        if len(self.samples) < SAMPLES:
            self.samples.append(row.as_sample())

    def _staged(self, row: Row, trouble: str | None) -> Any:
        if trouble is None and len(row.cells) != self.columns.width:
            trouble = self._wrong_width(row.cells)
        if trouble is None and isinstance(row.campaign, str):
            trouble = row.campaign
        if trouble is None and self.columns.currency is not None:
            trouble = currency.trouble_of_cell(row.cells[self.columns.currency])
        if trouble is not None:
            raise Refusal(trouble)
        return self._entry(row) if self.columns.are_entries else self._total(row)

    def _total(self, row: Row) -> Any:
        day = self._day(row, row.cells[self.columns.date or 0])
        if self.columns.ends is not None:
            self._check_ends(row.cells, row.date)
        text = row.cells[self.columns.amount]
        amount = row.amount = self.amounts.read(text.strip() if self._format.platform else text)
        if isinstance(row.campaign, Found):
            return f"{row.line},{row.campaign.id},{day},{amount},{row.campaign.quoted}\n"
        return (*row.waiting(), day, amount, None, "", None)

    def _entry(self, row: Row) -> tuple[Any, ...]:
        columns, cells = self.columns, row.cells
        amount = row.amount = self.amounts.read(cells[columns.amount])
        external_id = cells[columns.external_id or 0]
        check_text("external_id", external_id, required=True)
        description = "" if columns.description is None else cells[columns.description]
        if description:
            check_text("description", description)
        occurred = "" if columns.occurred_at is None else cells[columns.occurred_at]
        dated = "" if columns.date is None else cells[columns.date]
        at = _instant(occurred) if occurred else None
        if dated:
            day = self._day(row, dated)
        elif at is None:
            raise Refusal("date: it is empty, and so is occurred_at; write one of them.")
        else:
            row.date = self._day_of(at, row.campaign)
            day = row.date.isoformat()
        if not isinstance(row.campaign, Found):
            # Which day it is, where none is given, depends on the campaign's brand.
            return (*row.waiting(), day if dated else None, amount, at, description, external_id)
        at_text = at.isoformat() if at else self._now_text
        return (
            row.line, row.campaign.id, day, amount, at_text, description, external_id,
            int(bool(dated)), int(bool(at)),
        )  # fmt: skip

    def _day(self, row: Row, text: str) -> str:
        text = text.strip() if self._format.platform else text
        row.date, written = self._days.read(text)
        if not isinstance(row.campaign, Found):
            check_day(row.date)
            check_has_come_somewhere(row.date, self._now)
        elif not EARLIEST <= row.date <= row.campaign.latest:
            check_date(row.date, row.campaign.timezone, self._now)
        return written

    def _day_of(self, instant: dt.datetime, campaign: object) -> dt.date:
        """The accounting day of an instant; in UTC where nobody knows the brand yet."""
        if isinstance(campaign, Found):
            return day_of(instant, campaign.timezone, self._now)
        check_has_come_somewhere(instant.date(), self._now, field="occurred_at")
        return instant.date()

    def _check_ends(self, cells: list[str], begins: dt.date | None) -> None:
        text = cells[self.columns.ends or 0].strip()
        ends, _ = self._days.read(text)
        if ends != begins:
            remedy = self._format.remedies["date"]
            raise Refusal(f"date: it covers {begins} to {ends}, and not one day. {remedy}.")

    def _is_totals(self, row: Row) -> bool:
        """Is it a line of totals? It is noted then, and is no spend."""
        if self._format.platform is None:
            return False
        columns, cells = self.columns, row.cells
        first = cells[0].strip()
        name = _cell(cells, columns.campaign)
        reference = _cell(cells, columns.reference)
        if not self._format.is_totals(first, name, reference, self._has_day(cells)):
            return False
        try:
            amount: Decimal | None = Decimal(self.amounts.read(_cell(cells, columns.amount)))
        except (Refusal, InvalidSpend):
            amount = None
        self.skipped += 1
        if len(self.totals_lines) < _TOTALS_LINES:
            label = first if first not in NOTHING else name
            comparable = self._format.is_comparable(label)
            self.totals_lines.append(TotalsLine(row.line, label[:100], amount, comparable))
        return True

    def _has_day(self, cells: list[str]) -> bool:
        try:
            self._days.read(_cell(cells, self.columns.date))
        except Refusal:
            return False
        return True

    def _wrong_width(self, cells: list[str]) -> str:
        few = len(cells) < self.columns.width
        return f"it has {len(cells)} columns, the header has {self.columns.width}; " + (
            "was it cut off?" if few else "a comma inside a text needs quotes around the text."
        )

    def _header_again(self, cells: list[str]) -> str | None:
        if [cell.strip() for cell in cells] == self._header:
            return "it is the header again; were two files joined?"
        return None


def said_by(columns: Columns, plan: Plan) -> Callable[[list[str]], Said]:
    """Reads what a row of a platform says of its campaign."""
    at_account, at_name, at_reference = columns.account, columns.campaign, columns.reference

    def said(cells: list[str]) -> Said:
        account = "" if at_account is None else cells[at_account].strip()
        name = "" if at_name is None else cells[at_name].strip()
        reference = name if at_reference is None else cells[at_reference].strip()
        return plan.account if account in NOTHING else account, reference, name

    return said


def _cell(cells: list[str], at: int | None) -> str:
    return "" if at is None or at >= len(cells) else cells[at].strip()


def _instant(text: str) -> dt.datetime:
    return check_instant("occurred_at", read_instant("occurred_at", text))
