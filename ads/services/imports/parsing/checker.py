"""Checking rows: what the ledger would refuse is refused here, with its line."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final

from ads.services.errors import InvalidSpend
from ads.services.exports import read_back
from ads.services.imports import currency
from ads.services.imports.formats import BLANK, FORMATS, PLAIN
from ads.services.imports.parsing.brand_days import BrandDays
from ads.services.imports.parsing.campaigns import (
    Campaigns,
    References,
    Said,
    trouble_of_id,
)
from ads.services.imports.parsing.cells import amounts_of, days_of
from ads.services.imports.parsing.columns import Columns
from ads.services.imports.parsing.found import (
    MOST,
    Creatable,
    Found,
    New,
    NewCampaigns,
    Unmatched,
)
from ads.services.imports.parsing.periods import check_are_days
from ads.services.imports.parsing.typed import TypedCells
from ads.services.imports.plan import Plan
from ads.services.imports.reading import Chunk, Sniffed
from ads.services.imports.refusals import (
    REFUSED_IN,
    BadRow,
    ImportRefused,
    Missing,
    Refusal,
    Refused,
)
from ads.services.imports.workbooks import column_name
from ads.services.ledger import (
    EARLIEST,
    archived,
    check_date,
    check_day,
    check_has_come_somewhere,
    check_instant,
    check_text,
    day_of,
    in_another,
)

#: Rows shown as they were understood; characters of a cell, and cells of a row, that are shown.
SAMPLES: Final = 10
_LONGEST_SAMPLE: Final = 200
_WIDEST_SAMPLE: Final = 50

_TOTALS_LINES: Final = 20

#: External ids of fewer ASCII characters need no closer check, which a million rows would notice.
_SHORT: Final = 100

_NOT_ZERO: Final = re.compile("[1-9]")


@dataclass(frozen=True, slots=True)
class Sample:
    """A row as written in the file, and as parsed; ``reason``: why it is refused."""

    line: int
    cells: list[str]
    campaign: Found | Unmatched | None = None
    date: str | None = None
    amount: Decimal | None = None
    reason: str | None = None
    #: As the row names it; "" if it does not.
    currency: str = ""


@dataclass(frozen=True, slots=True)
class TotalsLine:
    """A line of totals in the file: where, its label, and its amount if it has one."""

    line: int
    label: str
    amount: Decimal | None
    #: Should it be the sum of all rows?
    is_comparable: bool


class Checker:
    """Turns rows into what is staged; counts what it refuses and what it rounds."""

    def __init__(
        self,
        columns: Columns,
        header: Sequence[str],
        plan: Plan,
        *,
        sniffed: Sniffed,
        now: dt.datetime,
        refused: Refused,
    ) -> None:
        self.columns = columns
        self.refused = refused
        self.samples: list[Sample] = []
        #: Lines of totals, which are no spend: how many, and the first of them.
        self.skipped = 0
        self.totals_lines: list[TotalsLine] = []
        #: The currency of all amounts, as the file names it; a column may name each row's instead.
        self.currency = currency.split_name(header[columns.amount])[1] or currency.in_titles(
            sniffed.titles
        )
        self._currencies: dict[str, str] = {}
        self._header = list(header)
        self._typed = None if sniffed.sheet is None else TypedCells(columns, self._is_no_spend)
        self._format = FORMATS[plan.format or "plain"]
        self._strips = self._format is not PLAIN
        self._blank_is_zero = self._format.platform is not None
        self._now = now
        self._now_text = now.isoformat()
        self._plan = plan
        self._titles = sniffed.titles
        rows = [row for row in sniffed.sample if len(row) == columns.width]
        amounts, days = (
            [] if at is None else [row[at].strip() for row in rows]
            for at in (columns.amount, columns.date)
        )
        column = header[columns.amount]
        self.amounts = amounts_of(plan, self._format, column, amounts, self.currency or "")
        self._days = days_of(plan, self._format, header, days, sniffed.titles)
        self.days = BrandDays(columns, header, sniffed.titles, plan, self._days, now)
        self._has_times = self.days.are_needed
        self._archived = archived.archived_months()
        #: The campaigns to be created; None: the plan creates none.
        self.new = NewCampaigns(plan, now) if plan.creates else None
        self._campaigns: Campaigns | References
        if plan.platform is None:
            self._campaigns = Campaigns(plan, now, self.new)
            self._key: Callable[[list[str]], Any] = itemgetter(columns.campaign)
        else:
            have_ids = columns.reference is not None
            self._campaigns = References(plan, now, self.new, have_ids=have_ids)
            self._key = _said_by(columns, plan)

    @property
    def knows_currency(self) -> bool:
        """Does the file name its currency, or each row its own?"""
        return self.currency is not None or self.columns.currency is not None

    def check(self, chunk: Chunk) -> tuple[list[Any], list[Any]]:
        """The rows to be recorded and those that wait, for :func:`tables.copy`."""
        waiting: list[Any] = []
        if REFUSED_IN in self._header:
            chunk.rows = [list(map(read_back, cells)) for cells in chunk.rows]
        if self._typed is not None:
            self._typed.check(chunk)
        read = self._entry if self.columns.are_entries else self._total
        campaigns = self._campaigns_of(chunk)
        plain = self._plain_totals(chunk, campaigns)
        good: list[Any] = [staged for staged in plain if staged is not None]
        for i in [i for i, staged in enumerate(plain) if staged is None]:
            line, cells, campaign = chunk.first_lines[i], chunk.rows[i], campaigns[i]
            try:
                if type(campaign) is Found:
                    staged = read(line, cells, campaign)
                    good.append(staged)
                elif i not in chunk.troubles and self._is_totals(line, cells):
                    continue
                elif type(campaign) is New:
                    staged = read(line, cells, campaign)
                    good.append(staged)
                elif type(campaign) is Unmatched:
                    staged = read(line, cells, campaign)
                    waiting.append(staged)
                elif type(campaign) is Creatable:
                    self._miss(campaign.name, cells)
                    self._refuse(chunk, i, campaign.reason)
                    continue
                else:
                    self._refuse(chunk, i, campaign or self._wrong_width(cells))
                    continue
            except (Refusal, InvalidSpend) as error:
                if not self._is_totals(line, cells):
                    self._refuse(chunk, i, str(error))
                continue
            if len(self.samples) < SAMPLES:
                self._show(line, cells, campaign, staged)
        return good, waiting

    def _plain_totals(self, chunk: Chunk, campaigns: Sequence[Any]) -> list[str | None]:
        """What :meth:`_total` makes of each row of which it has nothing to ask, note or show.

        None for the others: they are read one by one. All but a few rows of most files are plain,
        and take half of the time.
        """
        columns, named = self.columns, self.currency
        if (
            len(self.samples) < SAMPLES
            or columns.are_entries
            or self._has_times
            or self._archived
            or columns.ends is not None
            or columns.currency is not None
        ):
            return [None] * len(chunk.rows)
        at_date, at_amount = columns.date or 0, columns.amount
        day_of_text, stands = self._days.known.get, self.amounts.as_they_stand
        return [
            f"{line},{campaign.id},{day[1]},{amount},{campaign.known_as and campaign.quoted}\n"
            if type(campaign) is Found
            and (day := day_of_text(cells[at_date])) is not None
            and EARLIEST <= day[0] <= campaign.latest
            and type(amount := cells[at_amount]) is str
            and stands(amount)
            and (named is None or named == campaign.currency)
            else None
            for line, cells, campaign in zip(chunk.first_lines, chunk.rows, campaigns, strict=True)
        ]

    def notes(self) -> Iterator[str]:
        """What whoever imports the file should know of its days and its ids."""
        yield from self.days.notes()
        if isinstance(self._campaigns, References):
            yield from self._campaigns.notes()

    def check_whole(self) -> None:
        """Refuse the file, of which all rows were checked, if its figures may mean something else.

        Raises:
            ImportRefused: with the option to say what they mean.
        """
        self.amounts.check()
        if not self.columns.are_entries:
            self._days.check()
        if covered := self._format.covers(self._titles):
            raise ImportRefused(
                f"The lines above the header say that the report is {covered}, so its rows are not "
                f"days. {self._format.remedies['date']}."
            )
        if self.columns.is_start_alone and not self._plan.is_daily:
            days = {day for day, _ in self._days.known.values()}
            name = self._header[self.columns.date or 0]
            check_are_days(days, self._titles, name, self._format.remedies.get("date", ""))

    def _miss(self, name: str, cells: list[str]) -> None:
        """Count a row of a campaign that could be created, for whoever is asked about that."""
        missing = self.refused.missing
        is_header = [cell.strip() for cell in cells] == self._header
        if is_header or (name not in missing and len(missing) > MOST):
            return
        at, columns = missing.setdefault(name, Missing()), self.columns
        if not at.rows:
            named = self.currency
            if columns.currency is not None:
                with suppress(Refusal):
                    named = currency.of_cell(cells[columns.currency])
            at.currency = named or ""
        self.amounts.currency = at.currency
        text = cells[columns.amount]
        amount = self.amounts.glance(text.strip() if self._strips else text)
        at.rows += 1
        at.amount = None if at.amount is None or amount is None else at.amount + amount

    def _refuse(self, chunk: Chunk, i: int, reason: str) -> None:
        line, cells = chunk.first_lines[i], chunk.rows[i]
        if [cell.strip() for cell in cells] == self._header:
            reason = "it is the header again; were two files joined?"
        reason = chunk.troubles.get(i, reason)
        self.refused.add(BadRow(line, chunk.last_lines[i], reason, cells))
        self._show(line, cells, reason=reason)

    def _campaigns_of(self, chunk: Chunk) -> list[Any]:
        """The campaign of each row, Unmatched, or why there is none; None if it lacks the cell."""
        width, key = self.columns.width, self._key
        keys = [key(cells) if len(cells) == width else None for cells in chunk.rows]
        for i in chunk.troubles:
            keys[i] = None
        wanted = set(keys)
        wanted.discard(None)
        return list(map(self._campaigns.learn(wanted).get, keys))

    def _show(
        self,
        line: int,
        cells: list[str],
        campaign: Found | Unmatched | None = None,
        staged: Any = None,
        reason: str | None = None,
    ) -> None:
        if len(self.samples) < SAMPLES:
            values = staged.split(",") if isinstance(staged, str) else staged or [None] * 4
            day, amount = values[4:6] if isinstance(campaign, Unmatched) else values[2:4]
            amount = None if amount is None else Decimal(amount)
            cells = [cell[:_LONGEST_SAMPLE] for cell in cells[:_WIDEST_SAMPLE]]
            named = staged[-1] if isinstance(campaign, Unmatched) else ""
            self.samples.append(Sample(line, cells, campaign, day, amount, reason, named))

    def _total(self, line: int, cells: list[str], campaign: Found | Unmatched) -> Any:
        columns = self.columns
        self.amounts.currency = self._currency_of(cells, campaign)
        theirs = ""
        if self._has_times:
            is_zero = not _NOT_ZERO.search(cells[columns.amount])
            date, day, theirs = self.days.of(cells, campaign, is_zero=is_zero)
        else:
            text = cells[columns.date or 0]
            date, day = self._days.known.get(text) or self._days.read(
                text.strip() if self._strips else text
            )
        if type(campaign) is not Found or self._archived or not EARLIEST <= date <= campaign.latest:
            self._check_date(date, campaign)
        if columns.ends is not None and columns.date is not None:
            starts, _ = self._days.read(cells[columns.date].strip())
            ends, _ = self._days.read(cells[columns.ends].strip())
            if ends != starts:
                remedy = self._format.remedies.get("date", "Export the report by day")
                first, last = sorted((starts, ends))
                raise Refusal(f"date: it covers {first} to {last}, which is not one day. {remedy}.")
        text = cells[columns.amount]
        if self._strips:
            text = text.strip()
            if text in BLANK and self._blank_is_zero:
                text = self._zero(text, cells)
        amount = self.amounts.read(text)
        if isinstance(campaign, Found):  # most rows of most files: written here, for speed
            return f"{line},{campaign.id},{day},{amount},{campaign.quoted}\n"
        in_currency = self.amounts.currency
        return (line, *_names(campaign), day, amount, None, "", None, in_currency, theirs)

    def _zero(self, text: str, cells: list[str]) -> str:
        """The amount of a campaign that did not deliver, which platforms leave out."""
        at = self.columns.impressions
        delivered = "" if at is None else cells[at].strip()
        if delivered not in BLANK and delivered.strip("0"):
            raise Refusal(
                f"amount: it is {text!r}, but the row has {delivered[:20]} impressions; write the "
                "amount, or 0 if nothing was spent."
            )
        self.amounts.blank += 1
        return "0"

    def _entry(self, line: int, cells: list[str], campaign: Found | Unmatched) -> Any:
        columns = self.columns
        self.amounts.currency = self._currency_of(cells, campaign)
        text = cells[columns.amount]
        amount = self.amounts.read(text.strip() if self._strips else text)
        external_id = cells[columns.external_id or 0]
        if not (external_id.isascii() and external_id.strip() and len(external_id) < _SHORT):
            check_text("external_id", external_id, required=True)
        is_plain = "+" not in external_id and "." not in external_id and "," not in external_id
        if not is_plain and (trouble := trouble_of_id("external_id", external_id)):
            raise Refusal(trouble)
        description = "" if columns.description is None else cells[columns.description]
        if description:
            check_text("description", description)
        occurred = "" if columns.occurred_at is None else cells[columns.occurred_at]
        dated = "" if columns.date is None else cells[columns.date]
        at: dt.datetime | None = None
        day: str | None = None
        if occurred:
            at = check_instant("occurred_at", self.days.with_offset(occurred))
        if dated:
            date, day = self._days.known.get(dated) or self._days.read(
                dated.strip() if self._strips else dated
            )
            if (
                type(campaign) is not Found
                or self._archived
                or not EARLIEST <= date <= campaign.latest
            ):
                self._check_date(date, campaign)
            if self._has_times and self.days.of(cells, campaign)[2]:
                raise Refusal(
                    f"date: {date} is a day in {self.days.timezone}, and whether that is a day of "
                    "the brand is not known before the campaign is matched. Match it first, or "
                    "accept the difference (--accept-timezone in the command)."
                )
        elif at is None:
            raise Refusal("date: it is empty, and so is occurred_at; write one of them.")
        elif isinstance(campaign, Found):
            day = day_of(at, campaign.timezone, self._now).isoformat()
        else:  # its day depends on the campaign's brand
            check_has_come_somewhere(at.date(), self._now, field="occurred_at")
        if isinstance(campaign, Found):
            given = (int(bool(dated)), int(bool(at)))
            at_text = at or self._now_text
            entry = (line, campaign.id, day, amount, at_text, description, external_id, *given)
            return (*entry, campaign.known_as)
        in_currency = self.amounts.currency
        return (line, *_names(campaign), day, amount, at, description, external_id, in_currency, "")

    def _currency_of(self, cells: list[str], campaign: Found | Unmatched) -> str:
        """The currency that a row or the file names, else its brand's; "" where nobody knows."""
        named = self.currency
        if self.columns.currency is not None:
            named = self._named(cells[self.columns.currency])
        if not isinstance(campaign, Found):
            return named or ""
        if named is not None and named != campaign.currency:
            raise Refusal(f"currency: {in_another(named, campaign.currency)}")
        return campaign.currency

    def _named(self, text: str) -> str:
        """The currency that a row names, which is the file's if that names one too."""
        code = self._currencies.get(text)
        if code is None:
            code = self._currencies[text] = currency.of_cell(text)
        if self.currency not in (None, code):
            raise Refusal(
                f"currency: it is {code}, and the column of the amounts or a line above the header "
                f"says {self.currency}; make the file say one of them."
            )
        return code

    def _check_date(self, date: dt.date, campaign: Found | Unmatched) -> None:
        if isinstance(campaign, Found):
            check_date(date, campaign.timezone, self._now)
            archived.check_is_kept(date, self._archived)
        else:
            check_day(date)
            check_has_come_somewhere(date, self._now)

    def _is_totals_line(self, cells: list[str]) -> bool:
        columns = self.columns
        places = (0, columns.campaign, columns.reference, columns.date)
        return self._format.is_totals(*(_stripped(cells, at) for at in places))

    def _is_no_spend(self, cells: list[str]) -> bool:
        return self._format.is_footer(cells) or self._is_totals_line(cells)

    def _is_totals(self, line: int, cells: list[str]) -> bool:
        """Is it a line of totals? It is noted then, and is no spend."""
        if self._format.is_footer(cells):
            self.skipped += 1
            return True
        if not self._is_totals_line(cells):
            return False
        first, name, amount_text = (
            _stripped(cells, at) for at in (0, self.columns.campaign, self.columns.amount)
        )
        amount: Decimal | None = None
        with suppress(Refusal, InvalidSpend):
            amount = Decimal(self.amounts.read(amount_text))
        self.skipped += 1
        if len(self.totals_lines) < _TOTALS_LINES:
            label = first if first not in BLANK else name
            comparable = self._format.is_comparable(label)
            self.totals_lines.append(TotalsLine(line, label[:100], amount, comparable))
        return True

    def _wrong_width(self, cells: list[str]) -> str:
        if self._typed is not None:
            return (
                f"it has a value in column {column_name(len(cells) - 1)}, for which the header has "
                "no name; name the column, or clear the cell."
            )
        few = len(cells) < self.columns.width
        return f"it has {len(cells)} columns, the header has {self.columns.width}; " + (
            "was it cut off?" if few else "text that contains a comma needs quotes around it."
        )


def _stripped(cells: Sequence[str], at: int | None) -> str:
    return "" if at is None or at >= len(cells) else cells[at].strip()


def _names(campaign: Any) -> tuple[str, str, str]:
    return campaign.account, campaign.reference, campaign.name


def _said_by(columns: Columns, plan: Plan) -> Callable[[list[str]], Said]:
    """Reads how a row of a platform names its campaign."""
    at_account, at_name, at_reference = columns.account, columns.campaign, columns.reference

    def said(cells: list[str]) -> Said:
        account = "" if at_account is None else cells[at_account].strip()
        name = "" if at_name is None else cells[at_name].strip()
        reference = name if at_reference is None else cells[at_reference].strip()
        return plan.account if account in BLANK else account, reference, name

    return said
