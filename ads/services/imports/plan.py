"""How a file is to be read and recorded, as its owner says."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Final, Self

from ads.services.imports.errors import ImportRefused

#: What a row can say. ``reference`` is the platform's id of the campaign.
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
)

#: The same for every file. A report is often downloaded again under another name ("spend (1).csv");
#: if the name of the file were the source, all of it would be counted twice.
DEFAULT_SOURCE: Final = "import"

#: Ways to name a campaign; ``auto`` takes either and refuses what could be both.
CAMPAIGN_BY: Final = ("auto", "id", "name")

#: Signs that can stand before the decimals; the other one may then part the thousands.
DECIMAL_SIGNS: Final = (".", ",")


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read and record one file. None always means: as the file looks, or its format says.

    Args:
        source: who says so; what makes importing again record nothing twice. None: the platform,
            or "import" for a file of no platform.
        format: a code of :data:`ads.services.imports.formats.FORMATS`.
        encoding: of the file, such as "cp1252".
        delimiter: what separates the columns.
        header_line: the line that names the columns, from 1.
        mapping: column by field (:data:`FIELDS`), where they are not called the same.
        date_format: as ``strptime`` takes it.
        decimal: one of :data:`DECIMAL_SIGNS`; given, the thousands may be parted by the other.
            Without it a plain file has a dot and nothing between the thousands.
        platform: whose ids (or names) the campaigns are called by; references that no campaign
            carries then wait to be matched. Formats of a platform know theirs.
        account: the account on the platform, where no column says it.
        brand_id: look for campaigns of this brand alone.
        campaign_by: one of :data:`CAMPAIGN_BY`. With ``name``, rows of a platform whose id is
            unknown may be matched by the campaign's name.
        round_amounts: round amounts with more than six decimal places (half to even) to six.
        skip_bad_rows: record the others.
        observed_at: when the day totals were true (aware); None: when the import began.
    """

    source: str | None = None
    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_line: int | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None
    decimal: str | None = None
    platform: str | None = None
    account: str = ""
    brand_id: int | None = None
    campaign_by: str = "auto"
    round_amounts: bool = False
    skip_bad_rows: bool = False
    observed_at: datetime | None = None

    def __post_init__(self) -> None:
        for name in self.mapping:
            if name not in FIELDS:
                raise ImportRefused(
                    f'There is no field "{name}" to map. Fields: {", ".join(FIELDS)}.'
                )
        if self.delimiter is not None and (
            len(self.delimiter) != 1 or self.delimiter in '"\r\n\x00'
        ):
            raise ImportRefused(f"{self.delimiter!r} cannot separate columns; give one character.")
        if self.header_line is not None and self.header_line < 1:
            raise ImportRefused(
                f"Line {self.header_line} cannot be the header; lines count from 1."
            )
        if self.date_format is not None:
            _check_format(self.date_format)
        if self.decimal is not None and self.decimal not in DECIMAL_SIGNS:
            raise ImportRefused(f"{self.decimal!r} cannot stand before decimals; give . or ,")
        if self.campaign_by not in CAMPAIGN_BY:
            raise ImportRefused(
                f"{self.campaign_by!r} is no way to name campaigns; give one of "
                f"{', '.join(CAMPAIGN_BY)}."
            )

    def as_json(self) -> dict[str, Any]:
        """As JSON can hold it; :meth:`from_json` makes the plan of it again."""
        values = asdict(self)
        if self.observed_at is not None:
            values["observed_at"] = self.observed_at.isoformat()
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The plan that was written down; what was not is as the file looks."""
        known = {each.name for each in fields(cls)}
        given = {name: value for name, value in values.items() if name in known}
        if given.get("observed_at"):
            given["observed_at"] = datetime.fromisoformat(given["observed_at"])
        return cls(**given)


def _check_format(text: str) -> None:
    example = datetime(2023, 12, 31)  # noqa: DTZ001  (a day of the calendar, nowhere)
    try:
        understood = datetime.strptime(example.strftime(text), text).date()  # noqa: DTZ007
    except ValueError as error:
        raise ImportRefused(f"{text!r} is no date format: {error}.") from error
    if understood != example.date():
        raise ImportRefused(
            f"{text!r} does not tell day, month and year; write for example %d-%m-%Y."
        )
