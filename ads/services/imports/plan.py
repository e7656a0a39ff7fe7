"""The plan for reading and recording a file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Final, Self

from ads.models.spend import OnOverlap
from ads.rules.calendar import UnknownTimezone, zone
from ads.rules.currencies import UnknownCurrency, check_currency
from ads.services.errors import InvalidSpend
from ads.services.imports.refusals import ImportRefused
from ads.services.ledger import check_text

#: The fields of a row. ``reference`` is the campaign's id on the platform.
FIELDS: Final = (
    "amount",
    "campaign",
    "date",
    "description",
    "external_id",
    "occurred_at",
    "reference",
    "account",
    "currency",
    "hour",
    "timezone",
)

#: The same for every file. A report is often downloaded again as "spend (1).csv"; if the file name
#: were the source, all of it would count twice.
DEFAULT_SOURCE: Final = "import"

#: Ways to name a campaign; ``auto`` accepts either and refuses what could be both.
CAMPAIGN_BY: Final = ("auto", "id", "name")

#: Decimal separators; the other sign may then be a thousands separator.
DECIMAL_SIGNS: Final = (".", ",")

#: The answers to each question that a file may raise (:mod:`ads.services.imports.questions`).
ANSWERS: Final[Mapping[str, tuple[str, ...]]] = {
    "overlap": tuple(OnOverlap.values),
    "finer": ("accept",),
    "lowered": ("accept",),
    "left_out": ("zero", "keep"),
    "starts": ("accept",),
}
MICROS: Final = "micros"

#: What amounts are in: units of their currency, as they stand, or millionths of one.
UNITS: Final = ("units", MICROS)


#: For :attr:`Plan.brand_id`: look for campaigns in no brand, as a new one has none yet.
NOWHERE: Final = 0


@dataclass(frozen=True, slots=True)
class NewBrand:
    """A brand that a file brings with its campaigns; one that is there already must be the same.

    Raises:
        ImportRefused: there cannot be such a brand; with the field and the remedy.
    """

    name: str
    #: Its ISO 4217 code, and the IANA name of its timezone.
    currency: str
    timezone: str

    def __post_init__(self) -> None:
        try:
            check_text("brand", self.name, required=True)
            check_currency(self.currency)
            zone(self.timezone)
        except (InvalidSpend, UnknownCurrency, UnknownTimezone) as error:
            raise ImportRefused(f"new brand: {error}") from error
        if self.name != self.name.strip():
            raise ImportRefused(
                f"new brand: {self.name!r} begins or ends with a space; leave it out."
            )


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read and record one file. None always means: as detected, or as usual in its format.

    Args:
        source: duplicates are detected per source. None: the platform, or "import" for a file of
            no platform.
        format: a code of :data:`ads.services.imports.formats.FORMATS`.
        encoding: of the file, such as "cp1252".
        delimiter: what separates the columns.
        sheet: of a workbook, by its name. None: the only one with a report, else with rows.
        header_line: the line that names the columns, from 1.
        mapping: column by field (:data:`FIELDS`), where the names differ.
        date_format: as ``strptime`` takes it.
        decimal: one of :data:`DECIMAL_SIGNS`; the other one may then be a thousands separator.
            Without it a plain file has a decimal point and no thousands separator; other files
            show theirs, or are refused.
        unit: one of :data:`UNITS`. Without it amounts are read as they stand, and refused if they
            look like micros.
        is_daily: each row is one day, though its only column of days is called a start.
        platform: whose ids (or names) the campaigns have in the file; spend of references that no
            campaign has waits to be matched. Formats of a platform imply theirs.
        account: the account on the platform, if no column has it.
        timezone: the IANA name of the timezone of the file's days and hours; None: as the file
            says, else its days are the brands'.
        accept_timezone: count the days of another timezone as the brand's days of the same date,
            and an hour in which the brand's day begins on the day in which the hour begins.
        brand_id: look for campaigns only in this brand; :data:`NOWHERE`: in none.
        campaign_by: one of :data:`CAMPAIGN_BY`. With ``name``, rows of a platform whose id is
            unmatched may be matched by the campaign's name.
        round_amounts: round amounts with more than six decimal places (half to even) to six.
        skip_bad_rows: record the others.
        observed_at: the time of the day totals (aware); None: when the import began.
        answers: to the questions that the file raises, by code (:data:`ANSWERS`). Nothing is
            recorded while one has none.
        create_in: the id of the brand in which campaigns that do not exist yet are created.
        new_brand: the same, for a brand that is created with them.
    """

    source: str | None = None
    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_line: int | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None
    decimal: str | None = None
    unit: str | None = None
    is_daily: bool = False
    platform: str | None = None
    account: str = ""
    timezone: str | None = None
    accept_timezone: bool = False
    brand_id: int | None = None
    campaign_by: str = "auto"
    round_amounts: bool = False
    skip_bad_rows: bool = False
    observed_at: datetime | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    create_in: int | None = None
    new_brand: NewBrand | None = None

    def __post_init__(self) -> None:
        for name in self.mapping:
            if name not in FIELDS:
                raise ImportRefused(
                    f'There is no field "{name}" to map. Fields: {", ".join(FIELDS)}.'
                )
        if self.delimiter is not None and (
            len(self.delimiter) != 1 or self.delimiter in '"\r\n\x00'
        ):
            raise ImportRefused(
                f"delimiter: {self.delimiter!r} cannot separate columns; give one character."
            )
        if self.header_line is not None and self.header_line < 1:
            raise ImportRefused(
                f"header line: {self.header_line} cannot be the header; lines count from 1."
            )
        if self.date_format is not None:
            _check_format(self.date_format)
        if self.decimal is not None and self.decimal not in DECIMAL_SIGNS:
            raise ImportRefused(f"decimal separator: {self.decimal!r} cannot be used; give . or ,")
        if self.timezone is not None:
            try:
                zone(self.timezone)
            except UnknownTimezone as error:
                raise ImportRefused(str(error)) from error
        if self.unit is not None and self.unit not in UNITS:
            raise ImportRefused(f"unit: {self.unit!r} cannot be used; give {' or '.join(UNITS)}.")
        if self.campaign_by not in CAMPAIGN_BY:
            raise ImportRefused(
                f"campaign by: {self.campaign_by!r} cannot be used; give one of "
                f"{', '.join(CAMPAIGN_BY)}."
            )
        for code, answer in self.answers.items():
            if answer not in ANSWERS.get(code, ()):
                raise ImportRefused(
                    f"{code}: {answer!r} is not an answer; give one of "
                    f"{', '.join(ANSWERS.get(code, ANSWERS))}."
                )

        self._check_creation()

    def _check_creation(self) -> None:
        if self.create_in is not None and self.new_brand is not None:
            raise ImportRefused("create campaigns: choose a brand or name a new one, not both.")
        inside = NOWHERE if self.new_brand else self.create_in
        if self.creates and self.brand_id not in (None, inside):
            raise ImportRefused(
                "create campaigns: the file is read for another brand. Create them in that brand, "
                "or read the file for all brands."
            )

    @property
    def creates(self) -> bool:
        return self.create_in is not None or self.new_brand is not None

    def as_json(self) -> dict[str, Any]:
        """As JSON; :meth:`from_json` reads it."""
        values = asdict(self)
        if self.observed_at is not None:
            values["observed_at"] = self.observed_at.isoformat()
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The plan of :meth:`as_json`; missing values are the defaults."""
        known = {each.name for each in fields(cls)}
        given = {name: value for name, value in values.items() if name in known}
        if given.get("observed_at"):
            given["observed_at"] = datetime.fromisoformat(given["observed_at"])
        if given.get("new_brand"):
            given["new_brand"] = NewBrand(**given["new_brand"])
        return cls(**given)


def _check_format(text: str) -> None:
    example = datetime(2023, 12, 31)  # noqa: DTZ001  (a calendar day)

    def is_understood(text: str) -> bool:
        return datetime.strptime(example.strftime(text), text).date() == example.date()  # noqa: DTZ007

    is_whole = False
    try:
        is_whole = is_understood(text)
    except ValueError as error:
        # Python 3.15 raises it for a day without a year, too.
        try:
            is_understood(f"{text} %Y")
        except ValueError:
            raise ImportRefused(f"date format: {text!r} cannot be used: {error}.") from error
    if not is_whole:
        raise ImportRefused(
            f"date format: {text!r} lacks the day, month or year; write for example %d-%m-%Y."
        )
