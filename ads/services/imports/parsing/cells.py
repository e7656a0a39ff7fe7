"""Amounts and dates as files write them."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from ads.rules.money import PLACES
from ads.services.errors import InvalidSpend
from ads.services.imports import currency
from ads.services.imports.formats import BLANK, PLAIN, Format, bare
from ads.services.imports.parsing import notation
from ads.services.imports.parsing.doubts import Doubts
from ads.services.imports.plan import MICROS, Plan
from ads.services.imports.refusals import ImportRefused, Refusal
from ads.services.imports.workbooks import Day, Moment, Number
from ads.services.ledger import check_amount

#: Amounts that PostgreSQL can read as they are: twelve digits and six places at most. (There are
#: others.)
SURELY_GOOD: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")

_TOO_MANY_PLACES: Final = re.compile(rf"[+-]?[0-9]*\.[0-9]{{{PLACES + 1},}}")
_LONGEST: Final = 40
_STEP: Final = Decimal(1).scaleb(-PLACES)
# Enough for the 40 characters of an amount, so that it is rounded only once.
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)

#: Groups of three digits with the same thousands separator between them, by decimal separator.
_GROUPED: Final = {
    ".": re.compile(
        r"([+-]?)([0-9]{1,3}(?:([,' \u00a0\u2009\u202f])[0-9]{3})(?:\3[0-9]{3})*)(?:\.([0-9]+))?"
    ),
    ",": re.compile(
        r"([+-]?)([0-9]{1,3}(?:([.' \u00a0\u2009\u202f])[0-9]{3})(?:\3[0-9]{3})*)(?:,([0-9]+))?"
    ),
}
_WITH_COMMA: Final = re.compile(r"([+-]?)([0-9]+)(?:,([0-9]+))?")

#: A number with a sign of its currency before or after it.
_MARKED: Final = re.compile(
    r"\s*([-+\u2212]?)\s*([^\s0-9.,'+\u2019\u2212-]{0,4}\.?)\s*([-+\u2212]?)\s*"
    r"([0-9](?:[0-9.,'\u2019\s]*[0-9])?)\s*([^\s0-9.,'+\u2019\u2212-]{0,4})\s*"
)
_SPACE: Final = re.compile(r"\s")
_WHOLE: Final = re.compile(r"([+-]?[0-9]+)(?:\.0)?")

#: "cost_micros", "costMicros", "SPEND_IN_MICRO_DOLLAR"; not "Microsoft spend".
_MICROS: Final = re.compile(r"micros(?![a-z])|(?<![a-z])micro(?![a-z])", re.IGNORECASE)

#: Dates remembered: a year of them, and some more in an odd file.
_REMEMBERED: Final = 5000

_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBERS: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-][0-9]{4}")
_LAST_MONTH: Final = 12
_TIME_WANTED: Final = re.compile("%[HIMScrTX]")


def amounts_of(
    plan: Plan, format_: Format, column: str, sample: Sequence[str], currency_code: str
) -> "Amounts":
    """The reader for the amounts of a file; ``sample``: the first cells of their ``column``.

    A file shows its decimal sign itself, unless the plan says it; that of a plain file is a dot.
    """
    is_lenient = format_ is not PLAIN
    return Amounts(
        plan.decimal or (_shown_sign(sample) or "." if is_lenient else None),
        round_them=plan.round_amounts,
        is_lenient=is_lenient,
        is_said=plan.decimal is not None,
        unit=unit_of(plan, column),
        currency=currency_code,
    )


def unit_of(plan: Plan, column: str) -> str | None:
    """What the amounts are in: as the plan says, or the name of their column."""
    return plan.unit or (MICROS if _MICROS.search(column) else None)


def _shown_sign(sample: Sequence[str]) -> str | None:
    for text in sample:
        found = None if isinstance(text, Number) else _MARKED.fullmatch(text)
        number = _SPACE.sub(" ", found[4]).replace("\u2019", "'") if found else ""
        if sign := notation.decimal_sign(number):
            return sign
    return None


def days_of(
    plan: Plan, format_: Format, header: Sequence[str], sample: Sequence[str], titles: Sequence[str]
) -> "Days":
    """The reader for the days of a file; ``sample``: the first cells of their column.

    Whether the day or the month comes first follows from the header's language, or from a date.
    """
    seen = frozenset(map(bare, header))
    languages = format_.languages(seen) if format_.platform else {"en"}
    day_first = next((o for o in map(notation.order_of, sample) if o is not None), None)
    if languages and not languages & {"en", "ja"}:
        day_first = True
    return Days(
        plan.date_format,
        any_notation=format_ is not PLAIN,
        day_first=day_first,
        within=notation.period_of(titles),
    )


class Amounts:
    """Reads amounts of one notation; counts the rounded ones.

    Args:
        decimal: the decimal separator; None: a dot, and no thousands separator.
        round_them: round more than six decimal places instead of refusing them.
        is_lenient: admit currency signs and all kinds of spaces.
        is_said: did a person say the decimal separator?
        unit: one of :data:`ads.services.imports.plan.UNITS`; None: as they stand, unless they
            look like micros.
        currency: the code of their currency, which may be set anew before each amount is read; "":
            as their sign says.
    """

    def __init__(
        self,
        decimal: str | None,
        *,
        round_them: bool = False,
        is_lenient: bool = False,
        is_said: bool = False,
        unit: str | None = None,
        currency: str = "",
    ) -> None:
        self._decimal = decimal
        self._round_them = round_them
        self._is_lenient = is_lenient
        self._are_micros = unit == MICROS
        self.currency = currency
        self._doubts = Doubts(is_decimal_said=is_said or self._are_micros, is_unit_said=bool(unit))
        #: Rounded amounts, and the sum of their differences.
        self.rounded = 0
        self.rounded_by = Decimal(0)
        #: Cells without an amount that were read as zero.
        self.blank = 0

    def read(self, text: str) -> str | Decimal:
        """The amount, as PostgreSQL reads it.

        Raises:
            InvalidSpend, Refusal: with the remedy.
        """
        is_typed = type(text) is Number
        is_good = SURELY_GOOD.fullmatch(text) is not None
        if isinstance(text, Number) and text.sign:
            self._check_sign(text.sign, f"{text.sign}{text}")
        elif not is_good and self._is_lenient and not is_typed:
            text = self._bare(text)
            is_good = SURELY_GOOD.fullmatch(text) is not None
        if self._doubts.are_open and (self._decimal is not None or "," not in text):
            self._doubts.note(text, self.currency, is_typed=is_typed)
        if self._are_micros:
            return _from_micros(text)
        if self._decimal == "," and not is_typed:
            text = self._with_dot(text)
            is_good = SURELY_GOOD.fullmatch(text) is not None
        if is_good:
            return text
        if self._decimal == "." and (grouped := _GROUPED["."].fullmatch(text)):
            text = _joined(grouped)
        if _TOO_MANY_PLACES.fullmatch(text) and len(text) <= _LONGEST:
            return self._round(text)
        try:
            return check_amount(text)
        except InvalidSpend as error:
            remedy = self._remedy(text)
            if remedy is None:
                raise
            raise Refusal(f"amount: {text[:_LONGEST]!r} {remedy}") from error

    @property
    def as_they_stand(self) -> Callable[[str], object]:
        """Is :meth:`read` certain to return this amount as it stands, and to note nothing of it?

        Changes once enough amounts have been read to know how the file writes them.
        """
        is_known = not (self._doubts.are_open or self._are_micros or self._decimal == ",")
        return SURELY_GOOD.fullmatch if is_known else _never

    def glance(self, text: str) -> Decimal | None:
        """The amount of a row that is refused for another reason: it is not counted."""
        counted = self.rounded, self.rounded_by
        try:
            return Decimal(self.read(text))
        except (InvalidSpend, Refusal):
            return None
        finally:
            self.rounded, self.rounded_by = counted

    def check(self) -> None:
        """Refuse a file whose amounts, all read now, may mean something else.

        Raises:
            ImportRefused: with the option to say what they mean.
        """
        self._doubts.check()

    def _bare(self, text: str) -> str:
        """The number without its currency sign, with plain spaces and apostrophes."""
        found = _MARKED.fullmatch(text)
        if found is None:
            return text
        first, before, second, number, after = found.groups()
        sign = before or after
        if (before and after) or (first and second):
            return text
        if sign:
            if not currency.of_sign(sign):
                return text
            self._check_sign(sign, text)
        minus = "-" if (first or second) in {"-", "\u2212"} else ""
        return minus + _SPACE.sub(" ", number).replace("\u2019", "'")

    def _check_sign(self, sign: str, text: str) -> None:
        codes = currency.of_sign(sign)
        if not self.currency:
            self.currency = min(codes) if len(codes) == 1 else ""
        elif self.currency not in codes:
            raise Refusal(
                f"amount: {text[:_LONGEST]!r} is in {sign}, and would be recorded in "
                f"{self.currency}; export the report in that currency, or convert the amount."
            )

    def _with_dot(self, text: str) -> str:
        if grouped := _GROUPED[","].fullmatch(text):
            return _joined(grouped)
        if plain := _WITH_COMMA.fullmatch(text):
            return f"{plain[1]}{plain[2]}.{plain[3]}" if plain[3] else text
        if "." in text and "," not in text and _GROUPED["."].fullmatch(text) is None:
            raise Refusal(
                f"amount: {text[:_LONGEST]!r} has a dot, but the file was set to decimal commas; "
                'write "1234,56", or choose the decimal point (--decimal . in the command).'
            )
        return text

    def _remedy(self, text: str) -> str | None:
        text = text.strip()
        if text in BLANK and text:
            return "is a placeholder, not an amount; write 0 if nothing was spent."
        if text.endswith("%"):
            return "is a percentage, not an amount; choose the column with the amounts."
        if self._decimal == ",":
            return None
        if self._decimal is None and _GROUPED["."].fullmatch(text):
            return (
                "is not a plain decimal number: it has a thousands separator. Choose the decimal "
                "separator (--decimal . or --decimal , in the command), or write it as "
                '"1234.56".'
            )
        if "," in text and (_GROUPED[","].fullmatch(text) or _WITH_COMMA.fullmatch(text)):
            return (
                "is not a plain decimal number: it has a decimal comma. Choose the decimal comma "
                '(--decimal , in the command), or write it as "1234.56".'
            )
        return None

    def _round(self, text: str) -> Decimal:
        exact = Decimal(text)
        rounded = exact.quantize(_STEP, context=_WIDE)
        if not self._round_them and rounded != exact:
            raise Refusal(
                f"amount: {text!r} has more than {PLACES} decimal places; write at most {PLACES}, "
                f"or let them be rounded to {PLACES} (--round {PLACES} in the command)."
            )
        amount = check_amount(rounded)
        if rounded != exact:
            self.rounded += 1
            self.rounded_by = _WIDE.add(self.rounded_by, _WIDE.subtract(rounded, exact))
        return amount


def _never(_text: str) -> bool:
    return False


def _from_micros(text: str) -> Decimal:
    found = _WHOLE.fullmatch(text)
    if found is None:
        raise Refusal(
            f"amount: {text[:_LONGEST]!r} is not in micros, which are whole numbers; choose "
            "amounts as they stand (--unit units in the command)."
        )
    if len(text) > _LONGEST:
        return check_amount(text)  # which refuses it
    return check_amount(Decimal(found[1]).scaleb(-PLACES, _WIDE))


def _joined(grouped: re.Match[str]) -> str:
    sign, whole, separator, places = grouped.groups()
    digits = whole.replace(separator, "")
    return f"{sign}{digits}.{places}" if places else f"{sign}{digits}"


class Days:
    """Reads dates, and remembers them: a million rows have few different ones.

    Args:
        wanted: how dates are written, as ``strptime`` takes it; None: YYYY-MM-DD.
        any_notation: if none is wanted, admit all that can only be one day.
        day_first: in dates in numbers; None: unknown until a date shows it.
        within: a period that has all dates, if known.
    """

    def __init__(
        self,
        wanted: str | None,
        *,
        any_notation: bool = False,
        day_first: bool | None = None,
        within: tuple[date, date] | None = None,
    ) -> None:
        self._wanted = wanted
        self._any_notation = any_notation
        self._day_first = day_first
        self._within = within
        #: The dates remembered.
        self.known: dict[str, tuple[date, str]] = {}
        #: Was a midnight read as its day? And the first cell with another time of day.
        self._has_midnights = False
        self._timed = ""

    def read(self, text: str) -> tuple[date, str]:
        """The day, and its text as PostgreSQL reads it.

        Raises:
            Refusal: with the remedy.
        """
        day = self.known.get(text)
        if day is None:
            parsed = self._parse(text)
            day = parsed, parsed.isoformat()
            if len(self.known) >= _REMEMBERED:
                self.known.clear()
            self.known[text] = day
        return day

    def check(self) -> None:
        """Refuse a file, of which all dates are read now, whose midnights are hours like others.

        Raises:
            ImportRefused: with the option.
        """
        if self._has_midnights and self._timed:
            raise ImportRefused(
                f"date: the column has times of day, such as {self._timed[:40]!r}, so its rows are "
                "hours. Choose it as the hour (--map hour=… in the command)."
            )

    def _parse(self, text: str) -> date:
        shown = text[:40]
        if not text.strip():
            raise Refusal("date: it is empty.")
        wanted = None if isinstance(text, Moment) else self._wanted
        if wanted is None or not _TIME_WANTED.search(wanted):
            text = self._without_time(text)
        if isinstance(text, Day):
            return date.fromisoformat(text)
        if wanted is not None and any(c.isdecimal() and not c.isascii() for c in text):
            raise Refusal(f"date: {shown!r} has digits other than 0 to 9.")
        try:
            if wanted is not None:
                return datetime.strptime(text, wanted).date()  # noqa: DTZ007  (a calendar day)
            if _ISO.fullmatch(text):
                return date.fromisoformat(text)
            day = self._in_any_notation(text) if self._any_notation else None
        except ValueError as error:
            written = "" if wanted is None else f" written as {wanted}"
            raise Refusal(f"date: {shown!r} is not a date{written} ({error}).") from error
        if day is None:
            raise Refusal(f"date: {shown!r} is not written as YYYY-MM-DD. {_how(text)}")
        return day

    def _without_time(self, text: str) -> str:
        """The text without the midnight behind its day; notes that, or another time of day."""
        day = notation.without_midnight(text)
        if day is not text:
            self._has_midnights = True
            return Day(day) if isinstance(text, Moment) else day
        if not self._timed and notation.has_time(text):
            self._timed = text
        return text

    def _in_any_notation(self, text: str) -> date | None:
        if self._day_first is None:
            self._day_first = notation.order_of(text)
        try:
            return notation.day_of(text, day_first=self._day_first)
        except notation.Ambiguous:
            possible = {notation.day_of(text, day_first=first) for first in (True, False)}
        if self._within is not None:
            start, end = self._within
            possible = {day for day in possible if day and start <= day <= end}
            if len(possible) == 1:
                return possible.pop()
        return None


def _how(text: str) -> str:
    """The remedy for a date that is not written as YYYY-MM-DD."""
    if isinstance(text, Number):
        return "The cell is a number: give the column the format of a date in the spreadsheet."
    if notation.has_time(text):
        return (
            "It has a time of day: choose the column as the hour (--map hour=… in the command), or "
            "for entries with ids as their time (--map occurred_at=… in the command)."
        )
    numbers = _NUMBERS.fullmatch(text)
    if numbers and max(int(numbers[1]), int(numbers[2])) <= _LAST_MONTH:
        return (
            "Which is the day and which the month? Choose how the file writes dates, day first or "
            "month first (--date-format %d/%m/%Y or %m/%d/%Y in the command)."
        )
    return (
        "Choose how the file writes dates, such as day first (--date-format %d-%m-%Y in the "
        "command)."
    )
